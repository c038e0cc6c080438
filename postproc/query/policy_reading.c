/* Reads a policy: its rules, and what is wrong with them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "csv.h"
#include "policy_private.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum policy_column { ACTION, CLIENT, SERVER, SERVICE, COMMENT, COLUMNS } policy_column;

static const struct {
    const char *name;
    size_t most; /* bytes */
} columns[COLUMNS] = {
    {"action", FZ_POLICY_TEXT_MAX},  {"client", FZ_POLICY_TEXT_MAX},     {"server", FZ_POLICY_TEXT_MAX},
    {"service", FZ_POLICY_TEXT_MAX}, {"comment", FZ_POLICY_COMMENT_MAX},
};

typedef struct policy_problem {
    unsigned line; /* 0: of the whole file */
    bool is_error;
    char *message;
} policy_problem;

typedef struct policy_reading {
    fz_policy *policy;
    GArray *problems; /* of policy_problem */
    unsigned errors, warnings;
} policy_reading;

static void clear_problem(void *problem)
{
    g_free(((policy_problem *)problem)->message);
}

static void free_rule(void *data)
{
    fz_policy_rule *rule = data;

    g_free(rule->client);
    g_free(rule->server);
    g_free(rule->service);
    g_free(rule->comment);
    g_free(rule);
}

static void add_problem(policy_reading *reading, bool is_error, unsigned line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void add_problem(policy_reading *reading, bool is_error, unsigned line, const char *format, ...)
{
    unsigned *count = is_error ? &reading->errors : &reading->warnings;
    va_list arguments;

    if (++*count > FZ_POLICY_PROBLEMS_MAX)
        return;
    GString *message = g_string_new(reading->policy->name);
    if (line > 0)
        g_string_append_printf(message, ":%u", line);
    g_string_append(message, ": ");
    va_start(arguments, format);
    g_string_append_vprintf(message, format, arguments);
    va_end(arguments);
    const policy_problem problem = {line, is_error, g_string_free(message, FALSE)};
    g_array_append_val(reading->problems, problem);
}

/* A text in quotes, cut if it is long. The caller frees. */
static char *quote(const char *text)
{
    enum { SHOWN = 60 };

    if (g_utf8_strlen(text, -1) <= SHOWN)
        return g_strdup_printf("\"%s\"", text);
    g_autofree char *head = g_utf8_substring(text, 0, SHOWN);
    return g_strdup_printf("\"%s...\"", head);
}

/* Adds an error unless a text may go to terminals, files and stores. */
static bool is_text(policy_reading *reading, unsigned line, policy_column column, const char *text, size_t size)
{
    const char *name = columns[column].name, *bad;

    if (size > columns[column].most) {
        add_problem(reading, true, line, "the %s has %zu bytes; expected at most %zu", name, size,
                    columns[column].most);
        return false;
    }
    if (!g_utf8_validate_len(text, size, &bad)) {
        add_problem(reading, true, line, "the %s isn't UTF-8: byte 0x%02x at %td", name, (unsigned)(uint8_t)*bad,
                    bad - text + 1);
        return false;
    }
    const gunichar control = fz_text_find_control(text, size);
    if (control == 0)
        return true;
    add_problem(reading, true, line, "control character U+%04X in the %s%s", control, name,
                control == '\n' ? "; is a closing quote missing?" : "");
    return false;
}

/* What was found in place of what was expected. */
static bool refuse(policy_reading *reading, unsigned line, const char *text, const char *expected)
{
    g_autofree char *shown = quote(text);

    add_problem(reading, true, line, "%s is not %s", shown, expected);
    return false;
}

static bool read_rule(policy_reading *reading, const fz_csv *csv, const char *const *texts, fz_policy_rule *rule)
{
    static const char *const actions[] = {"deny", "allow"};
    const bool allow = g_ascii_strcasecmp(texts[ACTION], actions[1]) == 0;

    if (!allow && g_ascii_strcasecmp(texts[ACTION], actions[0]) != 0)
        return refuse(reading, csv->line, texts[ACTION],
                      "an action; a row is action,client,server,service,comment, with allow or deny in front");
    for (policy_column column = CLIENT; column <= SERVICE; column++)
        if (strspn(texts[column], " ") == strlen(texts[column])) {
            add_problem(reading, true, csv->line, "the %s is missing; * is any", columns[column].name);
            return false;
        }
    if (!fz_policy_service_read(texts[SERVICE], &rule->what))
        return refuse(reading, csv->line, texts[SERVICE],
                      "a service; expected *, https, tcp/443, tcp/8000-8100, udp/53 or icmp");
    rule->line = csv->line;
    rule->allow = allow;
    rule->client = strcmp(texts[CLIENT], "*") == 0 ? NULL : g_strdup(texts[CLIENT]);
    rule->server = strcmp(texts[SERVER], "*") == 0 ? NULL : g_strdup(texts[SERVER]);
    rule->service = g_strdup(texts[SERVICE]);
    rule->comment = g_strdup(texts[COMMENT]);
    return true;
}

static void take_line(policy_reading *reading, const fz_csv *csv)
{
    const char *texts[COLUMNS] = {[COMMENT] = ""};

    if (csv->fields != COLUMNS && csv->fields != COMMENT) {
        add_problem(reading, true, csv->line, "%u field%s; expected 4 or 5: action,client,server,service,comment",
                    csv->fields, fz_text_plural(csv->fields));
        return;
    }
    for (unsigned column = 0; column < csv->fields; column++) {
        texts[column] = fz_csv_field(csv, column);
        if (!is_text(reading, csv->line, column, texts[column], csv->size[column]))
            return;
    }
    fz_policy_rule *rule = g_new0(fz_policy_rule, 1);
    if (read_rule(reading, csv, texts, rule))
        g_ptr_array_add(reading->policy->rules, rule);
    else
        free_rule(rule);
}

static bool is_header(const fz_csv *csv)
{
    if (csv->fields != COLUMNS && csv->fields != COMMENT)
        return false;
    for (unsigned i = 0; i < csv->fields; i++)
        if (g_ascii_strcasecmp(fz_csv_field(csv, i), columns[i].name) != 0)
            return false;
    return true;
}

static void read_lines(policy_reading *reading, const char *text, size_t size)
{
    fz_csv csv;

    fz_csv_init(&csv, text, size);
    for (bool first = true; fz_csv_next(&csv); first = false) {
        if (csv.fault) {
            add_problem(reading, true, csv.fault_line, "%s", csv.fault);
        } else if (!(first && is_header(&csv))) {
            if (reading->policy->rules->len == FZ_POLICY_RULES_MAX) {
                add_problem(reading, true, csv.line, "more than %d rules", FZ_POLICY_RULES_MAX);
                break;
            }
            take_line(reading, &csv);
        }
    }
    fz_csv_clear(&csv);
}

/* Warns of rules that no conversation reaches. */
static void find_covered(policy_reading *reading)
{
    const GPtrArray *rules = reading->policy->rules;

    for (guint i = 1; i < rules->len; i++) {
        const fz_policy_rule *rule = g_ptr_array_index(rules, i);

        for (guint k = 0; k < i; k++) {
            const fz_policy_rule *earlier = g_ptr_array_index(rules, k);

            if (!fz_policy_rule_covers(earlier, rule))
                continue;
            g_autofree char *shown = fz_policy_rule_print(earlier);
            add_problem(reading, false, rule->line, "never used: line %u has all of it, %s", earlier->line, shown);
            break;
        }
    }
    if (rules->len == 0 && reading->errors == 0)
        add_problem(reading, false, 0, "no rules: nothing is allowed but what stays inside of a zone");
}

/* Problems of the whole file, without a line, come last. */
static int compare_problems(const void *a, const void *b)
{
    const unsigned left = ((const policy_problem *)a)->line - 1, right = ((const policy_problem *)b)->line - 1;

    return (left > right) - (left < right);
}

static void add_rest(policy_reading *reading, bool is_error, unsigned count)
{
    if (count <= FZ_POLICY_PROBLEMS_MAX)
        return;
    const policy_problem rest = {0, is_error,
                                 g_strdup_printf("%s: %u more %s", reading->policy->name,
                                                 count - FZ_POLICY_PROBLEMS_MAX, is_error ? "errors" : "warnings")};
    g_array_append_val(reading->problems, rest);
}

/* Tells the problems in order. False with the first error, if there is one. */
static bool tell(policy_reading *reading, fz_policy_problem problem, void *user, GError **error)
{
    bool good = true;

    add_rest(reading, true, reading->errors);
    add_rest(reading, false, reading->warnings);
    g_array_sort(reading->problems, compare_problems);
    for (guint i = 0; i < reading->problems->len; i++) {
        const policy_problem *found = &g_array_index(reading->problems, policy_problem, i);

        if (problem)
            problem(found->is_error, found->message, user);
        if (found->is_error && good)
            g_set_error_literal(error, FZ_POLICY_ERROR, FZ_POLICY_ERROR_SYNTAX, found->message);
        good = good && !found->is_error;
    }
    return good;
}

fz_policy *fz_policy_parse(const char *name, const char *text, size_t size, fz_policy_problem problem, void *user,
                           GError **error)
{
    g_autoptr(fz_policy) policy = g_new0(fz_policy, 1);
    policy_reading reading = {.policy = policy, .problems = g_array_new(FALSE, FALSE, sizeof(policy_problem))};

    g_array_set_clear_func(reading.problems, clear_problem);
    policy->name = g_strdup(name);
    policy->rules = g_ptr_array_new_with_free_func(free_rule);
    read_lines(&reading, text, size);
    find_covered(&reading);
    const bool good = tell(&reading, problem, user, error);
    g_array_unref(reading.problems);
    return good ? g_steal_pointer(&policy) : NULL;
}

static bool fail_read(const char *path, const char *why, GError **error)
{
    g_set_error(error, FZ_POLICY_ERROR, FZ_POLICY_ERROR_READ, "%s: %s", path, why);
    return false;
}

/* A pipe or a device might never end, or block: only regular files are read. */
static bool read_all(int fd, const char *path, GByteArray *bytes, GError **error)
{
    struct stat status;
    uint8_t block[65536];
    ssize_t size;

    if (fstat(fd, &status) != 0)
        return fail_read(path, g_strerror(errno), error);
    if (!S_ISREG(status.st_mode))
        return fail_read(path, "is not a regular file; expected a CSV file of rules", error);
    while ((size = read(fd, block, sizeof block)) != 0) {
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fail_read(path, g_strerror(errno), error);
        if (bytes->len + (size_t)size > FZ_POLICY_FILE_MAX)
            return fail_read(path, "is over 16 MiB, too large for a policy", error);
        g_byte_array_append(bytes, block, (guint)size);
    }
    return true;
}

fz_policy *fz_policy_read(const char *path, fz_policy_problem problem, void *user, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        fail_read(path, g_strerror(errno), error);
        return NULL;
    }
    const bool good = read_all(fd, path, bytes, error);
    close(fd);
    return good ? fz_policy_parse(path, (const char *)bytes->data, bytes->len, problem, user, error) : NULL;
}
