/* The zone table: CSV rows `location,prefix,number,name`, and which of them labels an address.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone.h"

#include "csv.h"
#include "prefixmap.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - zone - error - quark, fz_zone_error)

static const char *const column_names[FZ_ZONE_COLUMNS] = {"location", "prefix", "number", "name"};

enum { IPV4, IPV6, FAMILIES };

struct fz_zone_table {
    fz_zone *rows; /* those kept, then those of other locations */
    uint32_t kept, count;
    GStringChunk *texts; /* every text of the rows, once */
    fz_prefixmap *map[FAMILIES];
    unsigned references;
};

/* One row before it is checked: any bytes, with a NUL behind each text. */
struct record {
    unsigned line;
    const char *text[FZ_ZONE_COLUMNS];
    size_t size[FZ_ZONE_COLUMNS];
};

/* The prefixes of one location, ids counting the rows of the file from 1. */
struct location {
    char *name;
    GArray *spans[FAMILIES]; /* of fz_span; NULL where there are none */
};

struct problem {
    unsigned line;
    bool is_error;
    char *message;
};

/* A file as it is read. */
struct reading {
    const char *name;
    fz_csv csv;
    GArray *rows; /* of fz_zone */
    GStringChunk *texts;
    GPtrArray *locations; /* of struct location, in order of appearance; the first one is "" */
    GHashTable *by_name;  /* of struct location */
    GArray *problems;     /* of struct problem */
    unsigned errors, warnings;
};

/* Problems */

static void problem_clear(void *data)
{
    g_free(((struct problem *)data)->message);
}

/* Keeps a problem of a line (0: of the whole file), unless there are too many of its kind. */
static void add_problem(struct reading *reading, bool is_error, unsigned line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void add_problem(struct reading *reading, bool is_error, unsigned line, const char *format, ...)
{
    unsigned *count = is_error ? &reading->errors : &reading->warnings;
    va_list arguments;

    if (++*count > FZ_ZONE_PROBLEMS_MAX)
        return;

    GString *message = g_string_new(reading->name);

    if (line > 0)
        g_string_append_printf(message, ":%u", line);
    g_string_append(message, ": ");
    va_start(arguments, format);
    g_string_append_vprintf(message, format, arguments);
    va_end(arguments);

    struct problem problem = {line, is_error, g_string_free(message, FALSE)};

    g_array_append_val(reading->problems, problem);
}

/* Says how many of a kind were too many to keep. */
static void add_rest(struct reading *reading, bool is_error, unsigned count)
{
    if (count > FZ_ZONE_PROBLEMS_MAX) {
        struct problem rest = {0, is_error,
                               g_strdup_printf("%s: %u more %s", reading->name, count - FZ_ZONE_PROBLEMS_MAX,
                                               is_error ? "errors" : "warnings")};

        g_array_append_val(reading->problems, rest);
    }
}

#define add_error(reading, line, ...) add_problem(reading, true, line, __VA_ARGS__)
#define add_warning(reading, line, ...) add_problem(reading, false, line, __VA_ARGS__)

/* Problems of the whole file, without a line, come last. */
static int problem_compare(const void *a, const void *b)
{
    unsigned left = ((const struct problem *)a)->line - 1, right = ((const struct problem *)b)->line - 1;

    return (left > right) - (left < right);
}

/* A text in quotes, cut where it is long. */
static char *quote(const char *text)
{
    enum { SHOWN = 60 };
    g_autofree char *head = NULL;

    if (g_utf8_strlen(text, -1) <= SHOWN)
        return g_strdup_printf("\"%s\"", text);
    head = g_utf8_substring(text, 0, SHOWN);
    return g_strdup_printf("\"%s...\"", head);
}

/* Rows */

/* What is wrong with a text, NULL when nothing is: it must be UTF-8 without control characters, as it goes into CSV,
 * terminals and databases. */
static char *text_fault(unsigned column, const char *text, size_t size)
{
    const char *name = column_names[column];
    size_t left = size;

    if (size > FZ_ZONE_TEXT_MAX)
        return g_strdup_printf("the %s has %zu bytes; expected at most %u", name, size, FZ_ZONE_TEXT_MAX);
    for (const char *at = text; left > 0;) {
        gunichar character = g_utf8_get_char_validated(at, (gssize)left);
        size_t length;

        /* GLib takes a NUL for the end of a text, not for a character. */
        if (*at == '\0')
            character = 0;
        if ((gint32)character < 0) {
            g_autofree char *before = g_strndup(text, (size_t)(at - text)), *shown = quote(before);

            return g_strdup_printf("the %s isn't UTF-8: byte 0x%02x behind %s", name, (unsigned)(uint8_t)*at, shown);
        }
        if (fz_text_is_control(character))
            return g_strdup_printf("control character U+%04X in the %s%s", character, name,
                                   character == '\n' ? "; is a closing quote missing?" : "");
        length = (size_t)g_unichar_to_utf8(character, NULL);
        at += length;
        left -= length;
    }
    return NULL;
}

static char *prefix_fault(const char *text, fz_prefix *prefix)
{
    const char *fault;
    g_autofree char *shown = NULL;

    if (fz_prefix_parse(text, prefix, &fault))
        return NULL;
    shown = quote(text);
    return g_strdup_printf("%s is not a prefix: %s", shown, fault);
}

static const char *name_fault(const char *text, size_t size)
{
    return strspn(text, " ") == size ? "the name is missing" : NULL;
}

char *fz_zone_field_fault(fz_zone_column column, const char *text, size_t size)
{
    char mended[FZ_PREFIX_TEXT_SIZE], *fault = text_fault(column, text, size);
    fz_prefix prefix;

    if (fault)
        return fault;
    if (column == FZ_ZONE_NAME)
        return g_strdup(name_fault(text, size));
    if (column != FZ_ZONE_PREFIX)
        return NULL;
    fault = prefix_fault(text, &prefix);
    if (!fault && fz_prefix_mask(&prefix))
        fault = g_strdup_printf("%s has host bits set; did you mean %s?", text, fz_prefix_print(&prefix, mended));
    return fault;
}

static bool is_header(const fz_csv *csv)
{
    if (csv->fields != FZ_ZONE_COLUMNS)
        return false;
    for (unsigned i = 0; i < FZ_ZONE_COLUMNS; i++)
        if (g_ascii_strcasecmp(fz_csv_field(csv, i), column_names[i]) != 0)
            return false;
    return true;
}

static void location_free(void *data)
{
    struct location *location = data;

    for (unsigned i = 0; i < FAMILIES; i++)
        if (location->spans[i])
            g_array_unref(location->spans[i]);
    g_free(location);
}

static struct location *find_location(struct reading *reading, const char *name)
{
    struct location *location = g_hash_table_lookup(reading->by_name, name);

    if (!location) {
        location = g_new0(struct location, 1);
        location->name = g_string_chunk_insert_const(reading->texts, name);
        g_ptr_array_add(reading->locations, location);
        g_hash_table_insert(reading->by_name, location->name, location);
    }
    return location;
}

static unsigned family_of(const fz_prefix *prefix)
{
    return prefix->addr.family == FZ_IPV6 ? IPV6 : IPV4;
}

static void add_row(struct reading *reading, const fz_prefix *prefix, const struct record *record)
{
    fz_zone row = {.prefix = *prefix, .line = record->line};
    struct location *location = find_location(reading, record->text[FZ_ZONE_LOCATION]);
    GArray **spans = &location->spans[family_of(prefix)];
    fz_span span = fz_span_of(prefix, reading->rows->len + 1);

    row.location = g_string_chunk_insert_const(reading->texts, location->name);
    row.number = g_string_chunk_insert_const(reading->texts, record->text[FZ_ZONE_NUMBER]);
    row.name = g_string_chunk_insert_const(reading->texts, record->text[FZ_ZONE_NAME]);
    g_array_append_val(reading->rows, row);
    if (!*spans)
        *spans = g_array_new(FALSE, FALSE, sizeof(fz_span));
    g_array_append_val(*spans, span);
}

/* Checks a record and makes it a row; host bits are cleared, with a warning. */
static void take_record(struct reading *reading, const struct record *record)
{
    const char *text = record->text[FZ_ZONE_PREFIX];
    char mended[FZ_PREFIX_TEXT_SIZE];
    g_autofree char *fault = NULL;
    const char *missing;
    fz_prefix prefix;
    bool masked = false;

    for (unsigned column = 0; column < FZ_ZONE_COLUMNS && !fault; column++)
        fault = text_fault(column, record->text[column], record->size[column]);
    if (!fault)
        fault = prefix_fault(text, &prefix);
    if (fault) {
        add_error(reading, record->line, "%s", fault);
        return;
    }
    masked = fz_prefix_mask(&prefix);
    if (masked)
        add_warning(reading, record->line, "%s has host bits set; using %s", text, fz_prefix_print(&prefix, mended));
    missing = name_fault(record->text[FZ_ZONE_NAME], record->size[FZ_ZONE_NAME]);
    if (missing)
        add_error(reading, record->line, "%s", missing);
    else
        add_row(reading, &prefix, record);
}

/* Makes the record of the file at hand a row. */
static void take_line(struct reading *reading)
{
    const fz_csv *csv = &reading->csv;
    struct record record = {.line = csv->line};

    if (csv->fields != FZ_ZONE_COLUMNS) {
        add_error(reading, csv->line, "%u field%s; expected %u: location,prefix,number,name", csv->fields,
                  csv->fields == 1 ? "" : "s", FZ_ZONE_COLUMNS);
        return;
    }
    for (unsigned column = 0; column < FZ_ZONE_COLUMNS; column++) {
        record.text[column] = fz_csv_field(csv, column);
        record.size[column] = csv->size[column];
    }
    take_record(reading, &record);
}

static bool is_full(struct reading *reading, unsigned line)
{
    if (reading->rows->len < FZ_ZONE_ROWS_MAX)
        return false;
    add_error(reading, line, "more than %u rows", FZ_ZONE_ROWS_MAX);
    return true;
}

static void read_records(struct reading *reading)
{
    fz_csv *csv = &reading->csv;

    for (bool first = true; fz_csv_next(csv); first = false) {
        if (csv->fault) {
            add_error(reading, csv->fault_line, "%s", csv->fault);
        } else if (!(first && is_header(csv))) {
            if (is_full(reading, csv->line))
                return;
            take_line(reading);
        }
    }
}

static void read_rows(struct reading *reading, const fz_zone_texts *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct record record = {.line = (unsigned)i + 1};

        if (is_full(reading, record.line))
            return;
        for (unsigned column = 0; column < FZ_ZONE_COLUMNS; column++) {
            record.text[column] = rows[i].text[column] ? rows[i].text[column] : "";
            record.size[column] = strlen(record.text[column]);
        }
        take_record(reading, &record);
    }
}

/* Checks of the whole file */

static const fz_zone *row_of(const struct reading *reading, uint32_t id)
{
    return &g_array_index(reading->rows, fz_zone, id - 1);
}

/* Tells every prefix that stands twice in a location. The sort is stable: of equals, the first is the one first in the
 * file. */
static void check_duplicates(struct reading *reading, const struct location *location, GArray *spans)
{
    const fz_span *first = NULL;
    char prefix[FZ_PREFIX_TEXT_SIZE];

    g_array_sort(spans, fz_span_compare);
    for (uint32_t i = 0; i < spans->len; i++) {
        const fz_span *span = &g_array_index(spans, fz_span, i);

        if (!first || fz_span_compare(first, span) != 0) {
            first = span;
            continue;
        }

        const fz_zone *row = row_of(reading, span->id);
        g_autofree char *name = quote(location->name);

        add_error(reading, row->line, "%s stands twice %s%s; first in line %u", fz_prefix_print(&row->prefix, prefix),
                  *location->name ? "in location " : "without a location", *location->name ? name : "",
                  row_of(reading, first->id)->line);
    }
}

/* How far the rows without a location reach over those with one: their ranges, and a tree of the shortest prefix in any
 * run of neighbouring ranges. Lengths count from 1; 0 is a range without prefix. */
struct cover {
    GArray *ranges;
    uint8_t *shortest; /* leaves from ranges->len on, the parent of n is n / 2 */
};

static void cover_init(struct cover *cover, const struct reading *reading, GArray *ranges)
{
    uint32_t count = ranges->len;

    cover->ranges = ranges;
    cover->shortest = g_new0(uint8_t, 2 * (size_t)count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = g_array_index(ranges, fz_range, i).id;

        cover->shortest[count + i] = id ? row_of(reading, id)->prefix.length + 1 : 0;
    }
    for (size_t i = count - 1; i > 0; i--)
        cover->shortest[i] = MIN(cover->shortest[2 * i], cover->shortest[2 * i + 1]);
}

/* The shortest prefix between the ranges from..to, both included. */
static unsigned cover_shortest(const struct cover *cover, size_t from, size_t to)
{
    unsigned shortest = UINT8_MAX;

    from += cover->ranges->len;
    to += cover->ranges->len + 1;
    for (; from < to; from = (from + 1) / 2, to /= 2) {
        if (from % 2 == 1)
            shortest = MIN(shortest, cover->shortest[from]);
        if (to % 2 == 1)
            shortest = MIN(shortest, cover->shortest[to - 1]);
    }
    return shortest;
}

/* True if longer prefixes without a location leave nothing of range `i` of a location to its row. */
static bool cover_hides(const struct cover *cover, const struct reading *reading, const GArray *ranges, uint32_t i)
{
    const fz_range *range = &g_array_index(ranges, fz_range, i);
    size_t from = fz_ranges_find(cover->ranges, range->first), to = cover->ranges->len - 1;

    if (i + 1 < ranges->len) {
        fz_point end = range[1].first;

        to = fz_ranges_find(cover->ranges, end);
        if (fz_point_compare(g_array_index(cover->ranges, fz_range, to).first, end) == 0)
            to--;
    }
    return cover_shortest(cover, from, to) > row_of(reading, range->id)->prefix.length + 1u;
}

/* Marks the rows that label at least one address in a run for their own location. */
static void mark_alive(const struct reading *reading, const GArray *ranges, const struct cover *cover, bool *alive)
{
    for (uint32_t i = 0; i < ranges->len; i++) {
        uint32_t id = g_array_index(ranges, fz_range, i).id;

        if (id != 0 && !alive[id - 1])
            alive[id - 1] = !cover || !cover_hides(cover, reading, ranges, i);
    }
}

static void check_family(struct reading *reading, unsigned family, bool *alive)
{
    struct cover cover = {NULL, NULL};

    for (unsigned i = 0; i < reading->locations->len; i++) {
        struct location *location = reading->locations->pdata[i];
        GArray *spans = location->spans[family], *ranges;

        if (!spans)
            continue;
        check_duplicates(reading, location, spans);
        ranges = fz_ranges_new((const fz_span *)(void *)spans->data, spans->len);
        mark_alive(reading, ranges, cover.ranges ? &cover : NULL, alive);
        if (i == 0)
            cover_init(&cover, reading, g_array_ref(ranges));
        g_array_unref(ranges);
    }
    if (cover.ranges)
        g_array_unref(cover.ranges);
    g_free(cover.shortest);
}

static void check_rows(struct reading *reading)
{
    g_autofree bool *alive = g_new0(bool, reading->rows->len);
    char prefix[FZ_PREFIX_TEXT_SIZE];

    for (unsigned family = 0; family < FAMILIES; family++)
        check_family(reading, family, alive);
    /* What is missing or stands twice would be taken for shadows, or hide them. */
    if (reading->errors > 0)
        return;
    for (uint32_t i = 0; i < reading->rows->len; i++) {
        const fz_zone *row = row_of(reading, i + 1);

        if (!alive[i])
            add_warning(reading, row->line, "%s labels no address: longer prefixes cover all of it",
                        fz_prefix_print(&row->prefix, prefix));
    }
    if (reading->rows->len == 0)
        add_warning(reading, 0, "no rows: nothing will be labelled");
}

static void check_location(struct reading *reading, const char *location)
{
    enum { NAMED = 5 };
    g_autoptr(GString) known = g_string_new(NULL);
    g_autofree char *wanted = NULL;

    if (g_hash_table_contains(reading->by_name, location))
        return;
    for (unsigned i = 1; i < reading->locations->len && i <= NAMED; i++) {
        const struct location *other = reading->locations->pdata[i];
        g_autofree char *name = quote(other->name);

        g_string_append_printf(known, "%s%s", i == 1 ? "; the file has " : ", ", name);
    }
    if (reading->locations->len > NAMED + 1)
        g_string_append_printf(known, " and %u more", reading->locations->len - 1 - NAMED);
    wanted = quote(location);
    add_error(reading, 0, "no row has the location %s%s", wanted, known->str);
}

/* The table */

/* Of equal prefixes the last one in the array wins: the rows of the location come behind those without one. */
static fz_prefixmap *make_map(const fz_zone_table *table, uint8_t family)
{
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(fz_span)), ranges = NULL;

    for (int with_location = 0; with_location < 2; with_location++)
        for (uint32_t i = 0; i < table->kept; i++) {
            const fz_zone *row = &table->rows[i];
            fz_span span = fz_span_of(&row->prefix, i + 1);

            if (row->prefix.addr.family == family && (*row->location != '\0') == with_location)
                g_array_append_val(spans, span);
        }
    g_array_sort(spans, fz_span_compare);
    ranges = fz_ranges_new((const fz_span *)(void *)spans->data, spans->len);
    return fz_prefixmap_new(ranges);
}

static fz_zone_table *table_new(struct reading *reading, const char *location)
{
    fz_zone_table *table = g_new0(fz_zone_table, 1);
    uint32_t next = 0;

    table->references = 1;
    table->count = reading->rows->len;
    table->rows = g_new(fz_zone, table->count);
    for (int keep = 1; keep >= 0; keep--) {
        for (uint32_t i = 0; i < table->count; i++) {
            const fz_zone *row = row_of(reading, i + 1);
            bool kept = *row->location == '\0' || strcmp(row->location, location) == 0;

            if (kept == keep)
                table->rows[next++] = *row;
        }
        if (keep)
            table->kept = next;
    }
    table->texts = g_steal_pointer(&reading->texts);
    table->map[IPV4] = make_map(table, FZ_IPV4);
    table->map[IPV6] = make_map(table, FZ_IPV6);
    return table;
}

static void reading_init(struct reading *reading, const char *name, const char *text, size_t size)
{
    *reading = (struct reading){.name = name};
    fz_csv_init(&reading->csv, text, size);
    reading->rows = g_array_new(FALSE, FALSE, sizeof(fz_zone));
    reading->texts = g_string_chunk_new(4096);
    reading->locations = g_ptr_array_new_with_free_func(location_free);
    reading->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    reading->problems = g_array_new(FALSE, FALSE, sizeof(struct problem));
    g_array_set_clear_func(reading->problems, problem_clear);
    find_location(reading, "");
}

static void reading_clear(struct reading *reading)
{
    fz_csv_clear(&reading->csv);
    g_array_unref(reading->rows);
    g_hash_table_unref(reading->by_name);
    g_ptr_array_unref(reading->locations);
    g_array_unref(reading->problems);
    if (reading->texts)
        g_string_chunk_free(reading->texts);
}

/* Checks what was read and puts the problems in order. NULL with the first error in `error`. */
static fz_zone_table *make_table(struct reading *reading, const char *location, GError **error)
{
    if (reading->errors == 0 && location)
        check_location(reading, location);
    add_rest(reading, true, reading->errors);
    add_rest(reading, false, reading->warnings);
    g_array_sort(reading->problems, problem_compare);
    for (unsigned i = 0; i < reading->problems->len; i++) {
        const struct problem *problem = &g_array_index(reading->problems, struct problem, i);

        if (problem->is_error) {
            g_set_error_literal(error, FZ_ZONE_ERROR, FZ_ZONE_ERROR_SYNTAX, problem->message);
            return NULL;
        }
    }
    return table_new(reading, location ? location : "");
}

/* Checks what was read, tells the problems, and clears the reading. */
static fz_zone_table *finish_reading(struct reading *reading, const char *location, fz_zone_problem problem, void *user,
                                     GError **error)
{
    fz_zone_table *table;

    check_rows(reading);
    table = make_table(reading, location, error);
    for (unsigned i = 0; problem && i < reading->problems->len; i++) {
        const struct problem *told = &g_array_index(reading->problems, struct problem, i);

        problem(told->is_error, told->message, user);
    }
    reading_clear(reading);
    return table;
}

static fz_zone_table *parse(const char *name, const char *text, size_t size, const char *location,
                            fz_zone_problem problem, void *user, GError **error)
{
    struct reading reading;

    reading_init(&reading, name, text, size);
    read_records(&reading);
    return finish_reading(&reading, location, problem, user, error);
}

/* Tables of tables */

/* What a row must share with another to be replaced by it. */
static char *key_of(const fz_zone *row)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];

    return g_strdup_printf("%s %s", fz_prefix_print(&row->prefix, prefix), row->location);
}

/* Adds the rows whose keys are not taken, and takes those. */
static void merge_rows(struct reading *reading, const fz_zone_table *table, GHashTable *taken)
{
    for (uint32_t i = 0; table && i < table->count; i++) {
        const fz_zone *row = &table->rows[i];
        struct record record = {.line = row->line, .text = {row->location, NULL, row->number, row->name}};

        if (g_hash_table_add(taken, key_of(row)))
            add_row(reading, &row->prefix, &record);
    }
}

fz_zone_table *fz_zone_table_merge(const char *name, const fz_zone_table *over, const fz_zone_table *under,
                                   const char *location, GError **error)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct reading reading;
    fz_zone_table *table;

    reading_init(&reading, name, NULL, 0);
    merge_rows(&reading, over, taken);
    merge_rows(&reading, under, taken);
    table = make_table(&reading, location, error);
    reading_clear(&reading);
    return table;
}

/* Files */

static bool fail_read(const char *path, const char *why, GError **error)
{
    g_set_error(error, FZ_ZONE_ERROR, FZ_ZONE_ERROR_READ, "%s: %s", path, why);
    return false;
}

#define TOO_LARGE "is over 256 MiB, too large for a CSV file of zones"
G_STATIC_ASSERT(FZ_ZONE_FILE_MAX == 256u << 20);

/* A pipe or a device might never end, or block: only regular files are read. */
static bool check_regular(int fd, const char *path, GError **error)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return fail_read(path, g_strerror(errno), error);
    if (S_ISDIR(status.st_mode))
        return fail_read(path, "is a directory; expected a CSV file of zones", error);
    if (!S_ISREG(status.st_mode))
        return fail_read(path, "is not a regular file; expected a CSV file of zones", error);
    if (status.st_size > (off_t)FZ_ZONE_FILE_MAX)
        return fail_read(path, TOO_LARGE, error);
    return true;
}

static bool read_to_end(int fd, const char *path, GByteArray *bytes, GError **error)
{
    uint8_t block[65536];
    ssize_t size;

    while ((size = read(fd, block, sizeof block)) != 0) {
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fail_read(path, g_strerror(errno), error);
        if (bytes->len + (size_t)size > FZ_ZONE_FILE_MAX)
            return fail_read(path, TOO_LARGE, error);
        g_byte_array_append(bytes, block, (guint)size);
    }
    return true;
}

static GByteArray *read_file(const char *path, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool good;

    if (fd < 0) {
        fail_read(path, g_strerror(errno), error);
        return NULL;
    }
    good = check_regular(fd, path, error) && read_to_end(fd, path, bytes, error);
    close(fd);
    return good ? g_steal_pointer(&bytes) : NULL;
}

fz_zone_table *fz_zone_table_check(const char *path, const char *location, fz_zone_problem problem, void *user,
                                   GError **error)
{
    g_autoptr(GByteArray) bytes = read_file(path, error);

    if (!bytes)
        return NULL;
    return parse(path, (const char *)bytes->data, bytes->len, location, problem, user, error);
}

/* Holds warnings back until the table is known to be good. */
static void collect_warning(bool is_error, const char *message, void *user)
{
    if (!is_error)
        g_ptr_array_add(user, g_strdup(message));
}

static void tell_warnings(const GPtrArray *warnings, fz_zone_warning warn, void *user)
{
    for (unsigned i = 0; warn && i < warnings->len; i++)
        warn(warnings->pdata[i], user);
}

fz_zone_table *fz_zone_table_parse(const char *name, const char *text, size_t size, const char *location,
                                   fz_zone_warning warn, void *user, GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    fz_zone_table *table = parse(name, text, size, location, collect_warning, warnings, error);

    if (table)
        tell_warnings(warnings, warn, user);
    return table;
}

fz_zone_table *fz_zone_table_new(const char *name, const fz_zone_texts *rows, size_t count, const char *location,
                                 fz_zone_warning warn, void *user, GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    struct reading reading;
    fz_zone_table *table;

    reading_init(&reading, name, NULL, 0);
    read_rows(&reading, rows, count);
    table = finish_reading(&reading, location, collect_warning, warnings, error);
    if (table)
        tell_warnings(warnings, warn, user);
    return table;
}

fz_zone_table *fz_zone_table_read(const char *path, const char *location, fz_zone_warning warn, void *user,
                                  GError **error)
{
    g_autoptr(GByteArray) bytes = read_file(path, error);

    if (!bytes)
        return NULL;
    return fz_zone_table_parse(path, (const char *)bytes->data, bytes->len, location, warn, user, error);
}

fz_zone_table *fz_zone_table_ref(fz_zone_table *table)
{
    if (table)
        table->references++;
    return table;
}

void fz_zone_table_free(fz_zone_table *table)
{
    if (!table || --table->references > 0)
        return;
    fz_prefixmap_free(table->map[IPV4]);
    fz_prefixmap_free(table->map[IPV6]);
    g_string_chunk_free(table->texts);
    g_free(table->rows);
    g_free(table);
}

uint32_t fz_zone_table_count(const fz_zone_table *table)
{
    return table ? table->kept : 0;
}

const fz_zone *fz_zone_table_get(const fz_zone_table *table, uint32_t id)
{
    return id >= 1 && id <= fz_zone_table_count(table) ? &table->rows[id - 1] : NULL;
}

uint32_t fz_zone_lookup4(const fz_zone_table *table, uint32_t addr)
{
    return table ? fz_prefixmap_find4(table->map[IPV4], addr) : 0;
}

uint32_t fz_zone_lookup6(const fz_zone_table *table, const uint8_t addr[16])
{
    return table ? fz_prefixmap_find6(table->map[IPV6], addr) : 0;
}

uint32_t fz_zone_lookup(const fz_zone_table *table, const fz_addr *addr)
{
    uint32_t addr4;

    if (addr->family == FZ_IPV6)
        return fz_zone_lookup6(table, addr->bytes);
    if (addr->family != FZ_IPV4)
        return 0;
    memcpy(&addr4, addr->bytes, sizeof addr4);
    return fz_zone_lookup4(table, GUINT32_FROM_BE(addr4));
}

fz_zones fz_zone_table_rows(const fz_zone_table *table)
{
    return table ? (fz_zones){table->rows, table->kept} : (fz_zones){NULL, 0};
}

fz_zones fz_zone_table_others(const fz_zone_table *table)
{
    return table ? (fz_zones){table->rows + table->kept, table->count - table->kept} : (fz_zones){NULL, 0};
}

char *fz_zone_infos(const fz_zone *zone)
{
    char prefix[FZ_PREFIX_TEXT_SIZE];

    return g_strdup_printf("%s, %s, %s", fz_prefix_print(&zone->prefix, prefix), zone->number, zone->name);
}

bool fz_zone_same(const fz_zone *a, const fz_zone *b)
{
    return a == b || (strcmp(a->number, b->number) == 0 && strcmp(a->name, b->name) == 0);
}
