/* How commands ask.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"

#include "atomic_file.h"
#include "command.h"
#include "conf.h"
#include "exit.h"
#include "flowfile_source.h"
#include "grouping.h"
#include "input.h"
#include "log.h"
#include "outcome.h"
#include "page.h"
#include "picture.h"
#include "scan.h"
#include "store_place.h"
#include "text.h"
#include "writer.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Captures that are read at a time; the seconds until a store is asked again. */
enum { AT_ONCE = 2, AGAIN_S = 2 };

/* How a database of SQLite 3 begins, a NUL at its end (sqlite.org/fileformat2.html, section 1.3.1). */
static const char SQLITE_MAGIC[] = "SQLite format 3";

bool fz_ask_set_format(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    static const char *const names[] = {"table", "csv", "json"};
    fz_question *question = fz_setting_member(settings, setting);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], value) == 0) {
            question->manner.format = (fz_answer_format)i;
            return true;
        }
    return fz_setting_refuse(setting, value, "table, csv or json", error);
}

bool fz_ask_set_measure(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    fz_measure *measure = fz_setting_member(settings, setting);
    const int index = fz_name_index(fz_measure_names, FZ_MEASURE_FLOWS + 1, value);

    if (index < 0)
        return fz_setting_refuse(setting, value, "bytes, packets or flows", error);
    *measure = (fz_measure)index;
    return true;
}

void fz_ask_clear(fz_ask *ask)
{
    g_free(ask->from);
    g_free(ask->question.where);
    g_free(ask->question.having);
    fz_options_clear(&ask->options);
    fz_namer_free(ask->namer);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool begins_with(const fz_input *input, const char *bytes, size_t count)
{
    char found[128];

    return input->seekable && count <= sizeof found && pread(input->fd, found, count, input->start) == (ssize_t)count &&
           memcmp(found, bytes, count) == 0;
}

/* A report, which may lie in the folder that it is of. */
static bool is_report(const char *path)
{
    fz_input input;

    if (!fz_input_open(&input, path, NULL))
        return false;
    const bool is_one = begins_with(&input, FZ_PAGE_BEGIN, strlen(FZ_PAGE_BEGIN)) ||
                        begins_with(&input, FZ_PICTURE_BEGIN, strlen(FZ_PICTURE_BEGIN));
    fz_input_close(&input);
    return is_one;
}

/* What is asked, expanded: the files of folders in the order of their names, but for reports. */
static bool add_folder(GPtrArray *paths, const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *name;

    if (!dir)
        return false;
    while ((name = g_dir_read_name(dir)))
        if (*name != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        struct stat about;
        char *path = g_build_filename(folder, g_ptr_array_index(names, i), NULL);

        if (stat(path, &about) == 0 && S_ISREG(about.st_mode) && !is_report(path))
            g_ptr_array_add(paths, path);
        else
            g_free(path);
        g_free(g_ptr_array_index(names, i));
    }
    return true;
}

static GPtrArray *expand(char **given, unsigned count, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < count; i++) {
        struct stat about;

        if (strcmp(given[i], "-") == 0 || stat(given[i], &about) != 0 || !S_ISDIR(about.st_mode))
            g_ptr_array_add(paths, g_strdup(given[i]));
        else if (!add_folder(paths, given[i], error))
            return NULL;
    }
    if (paths->len == 0) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                    "%s: no files in this folder; folders inside are not read", given[0]);
        return NULL;
    }
    return g_steal_pointer(&paths);
}

/* Flow files begin with an IPFIX message (RFC 7011 section 3.1: version 10). The rest is for processes that are locked.
 */
static bool is_flow_file(const fz_input *input)
{
    return begins_with(input, "\0\n", 2);
}

static bool start_source(fz_ask *ask, const char *path, fz_source *source, GError **error)
{
    fz_input input;

    if (!fz_input_open(&input, path, error))
        return false;
    if (begins_with(&input, SQLITE_MAGIC, sizeof SQLITE_MAGIC)) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE, "%s: is a store: --from sqlite:%s", path, path);
        fz_input_close(&input);
        return false;
    }
    g_autofree char *folder = fz_source_folder(&input);
    fz_options options = ask->options;
    options.folder = folder;
    const bool is_flows = is_flow_file(&input);
    const bool started = is_flows ? fz_flowfile_source_start(source, &input, NULL, &ask->confine, error)
                                  : fz_scan_start(source, &input, &options, &ask->confine, AT_ONCE, error);
    if (started && !is_flows && input.seekable && input.start == 0) { /* so that its packets can be found */
        source->capture_bytes = input.opened.size;
        source->written_ns = input.opened.written_ns;
    }
    fz_input_close(&input);
    return started;
}

/* One of the files, whose reader is running. */
typedef struct reading {
    fz_source source;
    bool started;
} reading;

/* Of a capture that is loaded, as its flow file beside it is. */
static bool is_twin(fz_outcome outcome)
{
    return outcome == FZ_OUTCOME_DIFFERS || outcome == FZ_OUTCOME_FEWER || outcome == FZ_OUTCOME_OTHER;
}

/* Returns how many of the files are loaded. */
static unsigned load_all(fz_ask *ask, fz_writer *writer, GPtrArray *paths)
{
    g_autofree reading *readings = g_new0(reading, paths->len);
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    unsigned loaded = 0, started = 0, i;
    bool final = false;

    for (i = 0; i < paths->len && !final; i++) {
        for (; started < paths->len && started < i + AT_ONCE; started++) {
            g_autoptr(GError) fault = NULL;

            readings[started].started =
                start_source(ask, g_ptr_array_index(paths, started), &readings[started].source, &fault);
            if (!readings[started].started)
                fz_say(ask->who, "%s", fault->message);
        }
        if (!readings[i].started)
            continue;
        const fz_outcome outcome = fz_writer_load(writer, &readings[i].source, report);
        readings[i].started = false;
        if (is_twin(outcome))
            fz_say(ask->who, "%s: of the same capture as a file before it; left out",
                   (const char *)g_ptr_array_index(paths, i));
        else
            fz_outcome_say(report, ask->who, g_ptr_array_index(paths, i), true);
        loaded += !fz_outcome_is_failure(outcome);
        final = fz_outcome_is_final(outcome);
    }
    for (; i < started; i++)
        if (readings[i].started) {
            fz_source_end end = fz_source_stop(&readings[i].source);
            fz_source_end_clear(&end);
        }
    return loaded;
}

static void fail_memory(const fz_ask *ask, GError **error)
{
    enum { MIB = 20, OF_GIB = 1024 };
    const uint64_t mib = ask->memory_bytes >> MIB;
    g_autofree char *limit = ask->memory_bytes == UINT64_MAX ? g_strdup("")
                             : mib % OF_GIB == 0 ? g_strdup_printf(" (limit %" G_GUINT64_FORMAT " GiB)", mib / OF_GIB)
                                                 : g_strdup_printf(" (limit %" G_GUINT64_FORMAT " MiB)", mib);

    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                "not enough memory for this question%s: narrow it with --since or --where", limit);
}

static bool work(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error)
{
    const fz_ask *ask = user;
    g_autoptr(GError) fault = NULL;
    bool found = false;

    const bool done = store->ops->limit(store, ask->question.limit_s, &fault) &&
                      fz_question_answer(store, &ask->question, ask->temporary, &found, &fault);
    numbers[0] =
        done ? (found ? FZ_EXIT_FOUND : FZ_EXIT_OK)
        : fault->domain == FZ_FILTER_ERROR || g_error_matches(fault, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE)
            ? FZ_EXIT_USAGE
            : FZ_EXIT_FAILED;
    if (!done && numbers[0] == FZ_EXIT_USAGE) { /* an answer too: the store is as it should be */
        fz_say_lines(ask->who, fault->message);
        return true;
    }
    if (g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_MEMORY))
        fail_memory(ask, error);
    else if (!done)
        g_propagate_error(error, g_steal_pointer(&fault));
    return done;
}

static void tell(const char *message)
{
    fz_say("flowzone", "%s", message);
}

static bool serve_names(void *namer)
{
    return fz_namer_serve(namer, FZ_NAMING_TABLE_S);
}

/* Lets the writer's process ask for names. */
static void attend(fz_ask *ask, fz_writer *writer)
{
    g_autoptr(GError) fault = NULL;
    const int theirs = fz_namer_open(ask->namer, &fault);

    if (fault)
        fz_say(ask->who, "%s", fault->message);
    ask->question.names = MAX(theirs, 0);
    if (theirs >= 0)
        fz_writer_attend(writer, &(fz_writer_side){theirs, fz_namer_descriptor(ask->namer), serve_names, ask->namer});
}

static int ask_writer(fz_ask *ask, fz_writer *writer, GError **error)
{
    int64_t numbers[FZ_WRITER_NUMBERS] = {0};

    g_autoptr(GError) fault = NULL;

    const bool done = fz_writer_work(writer, work, ask, numbers, &fault);
    fz_namer_keep(ask->namer);
    if (done)
        return (int)numbers[0];
    if (g_error_matches(fault, FZ_WRITER_ERROR, FZ_WRITER_ERROR_OUTPUT))
        fz_command_die_of_pipe();
    if (g_error_matches(fault, FZ_WRITER_ERROR, FZ_WRITER_ERROR_MEMORY))
        fail_memory(ask, error);
    else
        g_propagate_error(error, g_steal_pointer(&fault));
    return FZ_EXIT_FAILED;
}

static void warn(const char *message, void *user)
{
    const fz_ask *ask = user;

    fz_say(ask->who, "%s", message);
}

static int ask_files(fz_ask *ask, char **given, unsigned count, GError **error)
{
    const fz_load_manner manner = {.quiet = true, .wait_s = ask->wait_s, .tell_wait = tell};
    g_autoptr(GPtrArray) paths = expand(given, count, error);

    if (!paths)
        return FZ_EXIT_USAGE;
    ask->options.format = fz_format_by_name("ipfix");
    if (!fz_options_finish(&ask->options, error))
        return FZ_EXIT_USAGE;
    if (!fz_options_read_zones(&ask->options, warn, ask, error))
        return FZ_EXIT_FAILED;
    ask->temporary = true;
    fz_writer *writer = fz_writer_new_for(NULL, FZ_WRITER_TEMPORARY, &manner, &ask->confine);
    attend(ask, writer);
    const unsigned loaded = load_all(ask, writer, paths);
    int status = loaded > 0 ? ask_writer(ask, writer, error) : FZ_EXIT_FAILED;
    fz_writer_free(writer);
    return status == FZ_EXIT_OK && loaded < paths->len ? FZ_EXIT_SOME : status;
}

static int ask_once(fz_ask *ask, const char *to, GError **error)
{
    const fz_load_manner manner = {.quiet = true, .wait_s = ask->wait_s, .tell_wait = tell};
    fz_writer *writer = fz_writer_new_for(to, FZ_WRITER_READS, &manner, &ask->confine);

    attend(ask, writer);
    const int status = ask_writer(ask, writer, error);

    fz_writer_free(writer);
    return status;
}

/* Where the store is: what was named, else what batch fills, else the usual place. A file's path will do. NULL, with
 * an error, if none was named and none is there. */
static char *find_store(const fz_ask *ask, GError **error)
{
    static const char sqlite[] = "sqlite:";

    if (ask->from)
        return fz_store_find(ask->from, NULL) || !g_file_test(ask->from, G_FILE_TEST_EXISTS)
                   ? g_strdup(ask->from)
                   : g_strconcat(sqlite, ask->from, NULL);
    char *of_conf = fz_conf_value(FZ_CONF_FILE, "batch", "to");
    if (of_conf || g_file_test(&FZ_DEFAULT_STORE[strlen(sqlite)], G_FILE_TEST_EXISTS))
        return of_conf ? of_conf : g_strdup(FZ_DEFAULT_STORE);
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                "no store, %s, in this folder yet: name a capture or a folder, or a store with --from",
                &FZ_DEFAULT_STORE[strlen(sqlite)]);
    return NULL;
}

/* Over and over, until a signal ends this process: a terminal always shows the last answer alone. */
static int ask_store(fz_ask *ask, GError **error)
{
    g_autofree char *to = find_store(ask, error);
    int status;

    if (!to)
        return FZ_EXIT_USAGE;
    ask->names = (fz_name_store){.to = to, .confine = &ask->confine};
    const fz_name_shelf shelf = fz_name_store_shelf(&ask->names);
    fz_namer_share(ask->namer, &shelf);
    do {
        if (ask->follow && isatty(STDOUT_FILENO)) {
            fputs("\033[H\033[J", stdout);
            (void)fflush(stdout);
        }
        status = ask_once(ask, to, error);
    } while (ask->follow && (status == FZ_EXIT_OK || status == FZ_EXIT_FOUND) && sleep(AGAIN_S) == 0);
    return status;
}

static int64_t microseconds(int64_t seconds)
{
    return seconds == G_MININT64 || seconds == G_MAXINT64 ? seconds : seconds * G_USEC_PER_SEC;
}

/* The filters' syntax, before anything is started. */
static bool check_filters(const fz_ask *ask)
{
    static const fz_filter_place places[] = {FZ_FILTER_OF_FLOWS, FZ_FILTER_OF_SUMS};
    const char *const texts[] = {ask->question.where, ask->question.having};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) fault = NULL;
        g_autoptr(fz_filter) filter = texts[i] ? fz_filter_parse(texts[i], places[i], &fault) : NULL;

        if (filter || !fault)
            continue;
        fz_say_lines(ask->who, fault->message);
        return false;
    }
    return true;
}

static fz_answer_manner manner_at(int fd, const fz_answer_manner *asked)
{
    fz_answer_manner manner = fz_answer_manner_of(fd);

    manner.format = asked->format;
    manner.exact = asked->exact;
    manner.utc = asked->utc;
    return manner;
}

int fz_ask_run(fz_ask *ask, char **paths, unsigned count, GError **error)
{
    ask->question.aside = manner_at(STDERR_FILENO, &ask->question.manner);
    ask->question.manner = manner_at(STDOUT_FILENO, &ask->question.manner);
    ask->question.range = (fz_range){microseconds(ask->since_s), microseconds(ask->until_s)};
    if (ask->since_s >= ask->until_s) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE, "--since must be before --until");
        return FZ_EXIT_USAGE;
    }
    if (!check_filters(ask))
        return FZ_EXIT_USAGE;
    if (ask->from && count > 0) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                    "%s: expected captures and flow files, or --from, not both", paths[0]);
        return FZ_EXIT_USAGE;
    }
    if (ask->follow && count > 0) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                    "%s: expected --follow with a store, which captures are loaded into", paths[0]);
        return FZ_EXIT_USAGE;
    }
    ask->memory_bytes = fz_confine_memory(&ask->confine);
    ask->namer = fz_namer_new(&ask->naming, &ask->confine);
    return count > 0 ? ask_files(ask, paths, count, error) : ask_store(ask, error);
}

/* Of a file that may not exist, or "-". */
static bool is_file(const char *path, const struct stat *file)
{
    struct stat about;
    const int got = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &about) : stat(path, &about);

    return got == 0 && about.st_dev == file->st_dev && about.st_ino == file->st_ino;
}

static bool is_one_of(char *const *paths, const struct stat *file)
{
    while (paths && *paths && !is_file(*paths, file))
        paths++;
    return paths && *paths;
}

/* Whether the answer would take the place of what is asked: what cannot be found here fails later. */
static bool reads(const fz_ask *ask, const char *out, char **given, unsigned count)
{
    struct stat file;
    g_autofree char *store = count > 0 ? NULL : find_store(ask, NULL);

    if (store && fz_store_place_has(store, out))
        return true;
    if (stat(out, &file) != 0 || !S_ISREG(file.st_mode))
        return false;
    if (is_one_of(ask->own, &file) || (ask->options.zones && is_file(ask->options.zones, &file)))
        return true;
    g_autoptr(GPtrArray) paths = count > 0 ? expand(given, count, NULL) : NULL;
    for (guint i = 0; paths && i < paths->len; i++)
        if (is_file(g_ptr_array_index(paths, i), &file))
            return true;
    return store && !ask->from && is_file(FZ_CONF_FILE, &file);
}

int fz_ask_run_into(fz_ask *ask, const char *out, char **paths, unsigned count, GError **error)
{
    if (!out || strcmp(out, "-") == 0)
        return fz_ask_run(ask, paths, count, error);
    if (reads(ask, out, paths, count))
        return fz_command_usage(error, "--out=%s: is what is read", out);
    ask->question.out = out;
    fz_atomic_file *file = fz_atomic_file_new(out, error);
    int status = FZ_EXIT_FAILED;

    if (!file)
        return FZ_EXIT_FAILED;
    const int before = dup(STDOUT_FILENO);
    if (before >= 0 && dup2(fz_atomic_file_fd(file), STDOUT_FILENO) == STDOUT_FILENO) {
        status = fz_ask_run(ask, paths, count, error);
        (void)dup2(before, STDOUT_FILENO);
    } else {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE, "too many open files");
    }
    if (before >= 0)
        close(before);
    if ((status == FZ_EXIT_OK || status == FZ_EXIT_SOME || status == FZ_EXIT_FOUND) &&
        !fz_atomic_file_commit(file, error))
        status = FZ_EXIT_FAILED;
    fz_atomic_file_free(file);
    return status;
}
