/* The process that writes, with a real store, and sources that lie to it: nothing of theirs is kept, and it ends in
 * bounded time and memory. SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The store is a SQLite file; FZ_STORE=ADDRESS names another one, empty, which then holds one load of two rows. */
#include "outcome.h"
#include "store.h"
#include "writer.h"

#include "stretched.h"
#include "write.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* Seconds of waiting that those are granted who are silent, and seconds after which a test has hung. */
enum { SILENCE_S = 2, HANG_S = 20, RECORDS_MAX = 200000, MEMORY_KIB = 700 * 1024 };

static char *folder, *path, *address;
static const fz_load_manner manner = {.wait_s = 60};
static fz_confine confine = {.who = "test"};

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("flowzone-writer-XXXXXX", NULL);
    path = g_build_filename(folder, "net.db", NULL);
    address = g_getenv("FZ_STORE") ? g_strdup(g_getenv("FZ_STORE")) : g_strconcat("sqlite:", path, NULL);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    g_unlink(path);
    int left = g_rmdir(folder); /* fails if a journal was left */
    g_free(folder);
    g_free(path);
    g_free(address);
    return left;
}

/* Replies of a writer that an attacker controls: they go through this. */
static void (*spoil)(char *reply, size_t size);
static pid_t ours;

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (!spoil || getpid() == ours || size < sizeof(fz_load_report))
        return syscall(SYS_write, fd, bytes, size);
    g_autofree char *reply = g_memdup2(bytes, size);
    spoil(reply, size);
    return syscall(SYS_write, fd, reply, size);
}

/* What a good reader sends; liars send parts of it. */
static char oslo[] = "Oslo", seven[] = "7", dmz[] = "dmz";
static const fz_zone rows[] = {{.prefix = {{FZ_IPV4, {10}}, 8}, .location = oslo, .number = seven, .name = dmz}};
static const fz_zones zones = {rows, 1};
static const fz_record records[2] = {{.end_us = 1,
                                      .packets = {1, 1},
                                      .bytes = {60, 60},
                                      .zone = {1, 0},
                                      .addr = {{10, 1}, {10, 2}},
                                      .family = FZ_IPV4,
                                      .end_reason = FZ_END_FORCED},
                                     {.packets = {1, 0},
                                      .bytes = {90, 0},
                                      .addr = {{0x20, 1}, {0x20, 2}},
                                      .family = FZ_IPV6,
                                      .end_reason = FZ_END_FORCED}};
static const fz_totals totals = {.counted = {3, 210}, .records = 2};

static bool send_run(fz_pipe_sender *sender, const fz_zones *dictionary)
{
    fz_run run;
    fz_run_init(&run);
    g_free(run.source);
    run.source = g_strdup("day.pcap");
    bool sent = fz_pipe_send_head(sender, &run, dictionary, NULL);
    fz_run_clear(&run);
    return sent;
}

static void send_good(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    send_run(sender, &zones);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
    fz_pipe_send_end(sender, &totals, NULL, NULL);
}

static void send_record(fz_pipe_sender *sender, const fz_record *record)
{
    send_run(sender, &zones);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, record, 1, NULL);
    fz_pipe_send_end(sender, &(fz_totals){.counted = {6, 420}, .records = 3}, NULL, NULL);
}

static void zone_out_of_range(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    fz_record bad = records[0];
    bad.zone[1] = UINT32_MAX;
    send_record(sender, &bad);
}

static void no_family(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    fz_record bad = records[0];
    bad.family = 0;
    send_record(sender, &bad);
}

static void totals_of_another(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    send_run(sender, &zones);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
    fz_pipe_send_end(sender, &(fz_totals){.counted = {3, 211}, .records = 2}, NULL, NULL);
}

/* It would have no identity. */
static void no_digest_of_a_run_without_a_source(fz_pipe_sender *sender, int fd)
{
    fz_run run;
    (void)fd;
    fz_run_init(&run);
    fz_pipe_send_head(sender, &run, &zones, NULL);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
    fz_pipe_send_end(sender, &totals, NULL, NULL);
    fz_run_clear(&run);
}

/* A frame of the right kind whose size is no record's. */
static void half_a_record(fz_pipe_sender *sender, int fd)
{
    uint32_t head[2] = {0x465a0003, sizeof(fz_record) / 2};
    send_run(sender, &zones);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
    fz_write_all(fd, head, sizeof head, NULL);
    fz_write_all(fd, records, sizeof *records / 2, NULL);
}

static void records_for_ever(fz_pipe_sender *sender, int fd)
{
    g_autofree fz_record *many = g_new(fz_record, 1000);
    (void)fd;
    for (int i = 0; i < 1000; i++)
        many[i] = records[0];
    send_run(sender, &zones);
    while (fz_pipe_send_rows(sender, FZ_ROW_FLOW, many, 1000, NULL))
        continue;
}

static void positions_for_ever(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    send_run(sender, &zones);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
    for (uint64_t position = 0; fz_pipe_send_position(sender, position, NULL); position++)
        continue;
}

/* As many zones as the dictionary may have, with more text than it may have. */
static void a_million_zones(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    char text[FZ_ZONE_TEXT_MAX + 1];
    fz_zone *many = g_new(fz_zone, FZ_ZONE_ROWS_MAX);
    memset(text, 'x', FZ_ZONE_TEXT_MAX);
    text[FZ_ZONE_TEXT_MAX] = '\0';
    for (unsigned i = 0; i < FZ_ZONE_ROWS_MAX; i++)
        many[i] = (fz_zone){.prefix = {{FZ_IPV4, {10}}, 8}, .location = text, .number = text, .name = text};
    send_run(sender, &(fz_zones){many, FZ_ZONE_ROWS_MAX});
    g_free(many);
}

static void silence(fz_pipe_sender *sender, int fd)
{
    (void)sender, (void)fd;
    pause();
}

static void silence_behind_records(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    send_run(sender, &zones);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
    pause();
}

/* Always another byte just before patience ends. */
static void a_drip(fz_pipe_sender *sender, int fd)
{
    const uint32_t head[2] = {0x465a0003, sizeof(fz_record)};
    send_run(sender, &zones);
    fz_write_all(fd, head, sizeof head, NULL);
    for (size_t i = 0; i < sizeof *records && fz_write_all(fd, (const char *)records + i, 1, NULL); i++)
        g_usleep(G_USEC_PER_SEC);
}

static void hangs_up(fz_pipe_sender *sender, int fd)
{
    (void)fd;
    send_run(sender, &zones);
    fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 2, NULL);
}

static void is_killed(fz_pipe_sender *sender, int fd)
{
    hangs_up(sender, fd);
    (void)raise(SIGKILL);
}

static void finds_a_fault(fz_pipe_sender *sender, int fd)
{
    hangs_up(sender, fd);
    fz_pipe_send_fault(sender, "day.flow", "day.flow: at byte 7: \033]0;owned\a");
}

static void other_bytes(fz_pipe_sender *sender, int fd)
{
    (void)sender;
    g_autofree uint8_t *noise = g_malloc(1 << 20);
    memset(noise, 0xa5, 1 << 20);
    fz_write_all(fd, noise, 1 << 20, NULL);
}

typedef struct liar {
    const char *name;
    void (*work)(fz_pipe_sender *sender, int fd);
    const char *line; /* a part of what is to be said */
} liar;

static const liar liars[] = {
    {"zone out of range", zone_out_of_range, "not in the dictionary"},
    {"no family", no_family, "neither IPv4 nor IPv6"},
    {"totals of another", totals_of_another, "count 211 bytes"},
    {"no digest", no_digest_of_a_run_without_a_source, "neither a source nor a digest"},
    {"half a record", half_a_record, "unexpected frame"},
    {"records for ever", records_for_ever, "more rows than"},
    {"positions for ever", positions_for_ever, "does not follow rows"},
    {"a million zones", a_million_zones, "too much text"},
    {"silence", silence, "abandoned"},
    {"silence behind records", silence_behind_records, "abandoned"},
    {"a drip", a_drip, "abandoned"},
    {"hangs up", hangs_up, "nothing was loaded"},
    {"is killed", is_killed, "was killed by signal 9"},
    {"finds a fault", finds_a_fault, "at byte 7: \\x1b]0;owned\\x07"},
    {"other bytes", other_bytes, "too large"},
};

/* A process that sends what `work` does, as a source. */
static fz_source start_source(void (*work)(fz_pipe_sender *sender, int fd), bool silent)
{
    fz_source source;
    const fz_input input = {.name = "day.flow", .fd = -1, .size = 1000};
    if (!fz_source_fork(&source, &input, false, NULL))
        fail_msg("no process");
    if (source.pid == 0) {
        (void)signal(SIGPIPE, SIG_IGN);
        work(fz_pipe_sender_new(source.records), source.records);
        _exit(0);
    }
    source.limits = (fz_pipe_limits){.rows = RECORDS_MAX, .silence_s = silent ? SILENCE_S : HANG_S};
    return source;
}

/* Gives it to the writer, and measures. */
static fz_outcome load_source(fz_writer *writer, void (*work)(fz_pipe_sender *sender, int fd), bool silent,
                              fz_load_report *report)
{
    fz_source source = start_source(work, silent);
    gint64 begin = g_get_monotonic_time();
    assert_true(fz_writer_give(writer, &source, NULL));
    fz_outcome end = fz_writer_take(writer, &source, report);
    gint64 took_us = g_get_monotonic_time() - begin;
    if (took_us > stretched_us(HANG_S))
        fail_msg("took %.1f s", (double)took_us / G_USEC_PER_SEC);
    return end;
}

/* Rows of all tables that a load fills. */
static int count_rows(void)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    static const char sql[] = "SELECT (SELECT count(*) FROM fz_load) + (SELECT count(*) FROM fz_flow) + (SELECT "
                              "count(*) FROM fz_hour) + (SELECT count(*) FROM fz_zone)";
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

static void lie(const liar *one, fz_writer *writer)
{
    fz_load_report report;
    fz_outcome end = load_source(writer, one->work, strcmp(one->line, "abandoned") == 0, &report);
    g_autofree char *line = fz_outcome_describe(&report);
    print_message("%s: %s\n", one->name, line);
    if (end != FZ_OUTCOME_INPUT && end != FZ_OUTCOME_GONE)
        fail_msg("%s: end %d: %s", one->name, (int)end, line);
    if (!strstr(line, one->line) || strpbrk(line, "\n\033"))
        fail_msg("%s: expected \"%s\", came: %s", one->name, one->line, line);
    if (!g_getenv("FZ_STORE") && count_rows() != 0)
        fail_msg("%s: something was kept", one->name);
}

/* The last source is honest: if anything of the others had been kept, its capture would be loaded already. */
static void no_liar_gets_anything_kept(void **state)
{
    (void)state;
    fz_load_report report;
    fz_writer *writer = fz_writer_new(address, &manner, &confine);
    for (size_t i = 0; i < G_N_ELEMENTS(liars); i++)
        lie(&liars[i], writer);
    if (load_source(writer, send_good, false, &report) != FZ_OUTCOME_LOADED)
        fail_msg("the truth was not taken: %s", report.text);
    assert_int_equal(report.totals.records, 2);
    fz_writer_free(writer);
    if (!g_getenv("FZ_STORE"))
        assert_int_equal(count_rows(), 1 + 2 + 2 + 1); /* two rows of the rollup: their zones differ */
}

/* All but the outcome, the first four bytes, which stays what it was. */
static void fill_with_letters(char *reply, size_t size)
{
    memset(reply + 4, 'x', size - 4);
}

/* The texts only: what else is there is sound. */
static void fill_texts(char *reply, size_t size)
{
    const size_t begin = offsetof(fz_load_report, store), end = offsetof(fz_load_report, remarks);
    (void)size;
    memset(reply + begin, '\033', end - begin);
}

/* A byte that is neither true nor false, in one after the other. */
static size_t bool_at;
static void spoil_bool(char *reply, size_t size)
{
    (void)size;
    reply[bool_at] = 0x55;
}

static void a_bool_that_is_none_is_refused(void **state)
{
    static const size_t bools[] = {offsetof(fz_load_report, totals.cut_short), offsetof(fz_load_report, totals.changed),
                                   offsetof(fz_load_report, before.cut_short),
                                   offsetof(fz_load_report, before.changed)};
    (void)state;
    ours = getpid();
    spoil = spoil_bool;
    for (size_t i = 0; i < G_N_ELEMENTS(bools); i++) {
        fz_load_report report;
        bool_at = bools[i];
        fz_writer *writer = fz_writer_new(address, &manner, &confine);
        assert_int_equal(load_source(writer, send_good, false, &report), FZ_OUTCOME_GONE);
        fz_writer_free(writer);
    }
    spoil = NULL;
}

static bool is_settled(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL && !strchr(text, '\033');
}

static bool are_settled(const fz_load_report *report)
{
    return is_settled(report->store, sizeof report->store) && is_settled(report->text, sizeof report->text) &&
           is_settled(report->reader_note, sizeof report->reader_note) &&
           is_settled(report->writer_note, sizeof report->writer_note);
}

static void a_writer_that_somebody_owns_is_not_read_beyond_its_texts(void **state)
{
    static void (*const ways[])(char *reply, size_t size) = {fill_with_letters, fill_texts};
    (void)state;
    ours = getpid();
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        fz_load_report report;
        fz_ledger_question question = {.capture_bytes = 1, .identity = "none"};
        spoil = ways[i];
        fz_writer *writer = fz_writer_new(address, &manner, &confine);
        load_source(writer, send_good, false, &report);
        assert_true(are_settled(&report));
        assert_true((unsigned)report.outcome < FZ_OUTCOMES);
        assert_true(fz_writer_ask(writer, &question, 1, NULL));
        fz_writer_answer(writer, &question, 1, &report);
        assert_true((unsigned)question.answer <= FZ_LEDGER_SAME_DIFFERS);
        assert_string_equal(question.identity, "none");
        assert_true(are_settled(&report));
        fz_writer_free(writer);
    }
    spoil = NULL;
}

static void take_number(const char *const *cells, void *user)
{
    *(int64_t *)user = g_ascii_strtoll(cells[0], NULL, 10);
}

/* Work: the number that a query answers; it is printed too. */
static bool ask_number(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error)
{
    bool done = store->ops->look(store, error) && store->ops->query(store, user, 1, 1, take_number, &numbers[0], error);

    store->ops->rollback(store);
    printf("%d\n", (int)numbers[0]);
    return done;
}

/* Work: a statement. */
static bool run_statement(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error)
{
    (void)numbers;
    return store->ops->run(store, user, error);
}

static bool fail_badly(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error)
{
    (void)store, (void)user, (void)numbers;
    g_set_error(error, G_FILE_ERROR, 0, "no \033[31mred\nin here");
    return false;
}

static bool kill_itself(fz_store *store, void *user, int64_t numbers[FZ_WRITER_NUMBERS], GError **error)
{
    (void)store, (void)user, (void)numbers, (void)error;
    return raise(SIGKILL) == 0;
}

static void assert_fails(fz_writer *writer, fz_writer_work_fn work, char *sql, const char *why)
{
    g_autoptr(GError) error = NULL;

    assert_false(fz_writer_work(writer, work, sql, NULL, &error));
    print_message("%s\n", error->message);
    if (!strstr(error->message, why) || strpbrk(error->message, "\n\033"))
        fail_msg("expected \"%s\" in: %s", why, error->message);
}

static int64_t number_of(fz_writer *writer, char *sql)
{
    int64_t numbers[FZ_WRITER_NUMBERS] = {-1};
    g_autoptr(GError) error = NULL;

    if (!fz_writer_work(writer, ask_number, sql, numbers, &error))
        fail_msg("%s", error->message);
    return numbers[0];
}

static char flows[] = "SELECT count(*) FROM fz_flow", nonsense[] = "SELECT 1 FROM fz_nothing",
            deletes[] = "DELETE FROM fz_flow";

static void a_temporary_store_is_loaded_and_asked(void **state)
{
    fz_load_report report;
    fz_writer *writer = fz_writer_new_for("sqlite:/nowhere/net.db", FZ_WRITER_TEMPORARY, &manner, &confine);

    (void)state;
    assert_int_equal(number_of(writer, flows), 0);
    assert_int_equal(load_source(writer, no_family, false, &report), FZ_OUTCOME_INPUT);
    assert_int_equal(load_source(writer, send_good, false, &report), FZ_OUTCOME_LOADED);
    assert_int_equal(load_source(writer, send_good, false, &report), FZ_OUTCOME_ALREADY);
    assert_int_equal(number_of(writer, flows), 2);
    assert_fails(writer, fail_badly, NULL, "no \\x1b[31mred");
    assert_int_equal(number_of(writer, flows), 2); /* the same process */
    assert_fails(writer, ask_number, nonsense, "temporary store: no such table: fz_nothing");
    assert_fails(writer, kill_itself, NULL, "the process that works on the store was killed by signal 9");
    assert_int_equal(number_of(writer, flows), 0); /* another one */
    fz_writer_free(writer);
}

static void a_store_that_is_read_is_not_made_or_changed(void **state)
{
    fz_load_report report;
    g_autofree char *missing = g_strdup_printf("sqlite:%s/missing.db", folder);
    fz_writer *writer = fz_writer_new_for(missing, FZ_WRITER_READS, &manner, &confine);

    (void)state;
    assert_fails(writer, ask_number, flows, "missing.db: No such file or directory");
    assert_false(g_file_test(missing + strlen("sqlite:"), G_FILE_TEST_EXISTS));
    fz_writer_free(writer);
    writer = fz_writer_new(address, &manner, &confine);
    load_source(writer, send_good, false, &report);
    fz_writer_free(writer);
    writer = fz_writer_new_for(address, FZ_WRITER_READS, &manner, &confine);
    assert_int_equal(number_of(writer, flows), 2);
    if (!g_getenv("FZ_STORE"))
        assert_fails(writer, run_statement, deletes, "the database or its folder is read-only");
    assert_int_equal(number_of(writer, flows), 2);
    fz_writer_free(writer);
}

/* Puts the file `at` in place of standard output; returns the one that was there. */
static int redirect(const char *at)
{
    int fd = open(at, O_CREAT | O_RDWR | O_TRUNC, 0600), before = dup(STDOUT_FILENO);

    fflush(stdout);
    assert_true(fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
    close(fd);
    return before;
}

static void put_back(int before)
{
    fflush(stdout);
    assert_int_equal(dup2(before, STDOUT_FILENO), STDOUT_FILENO);
    close(before);
}

static void what_work_prints_arrives_or_is_missed(void **state)
{
    g_autofree char *printed = g_build_filename(folder, "printed", NULL), *text = NULL;
    g_autoptr(GError) error = NULL;
    fz_writer *writer = fz_writer_new_for(NULL, FZ_WRITER_TEMPORARY, &manner, &confine);

    (void)state;
    int before = redirect(printed);
    bool done = fz_writer_work(writer, ask_number, flows, NULL, NULL);
    put_back(before);
    assert_true(done && g_file_get_contents(printed, &text, NULL, NULL));
    assert_string_equal(text, "0\n");
    g_unlink(printed);
    fz_writer_free(writer);
    writer = fz_writer_new_for(NULL, FZ_WRITER_TEMPORARY, &manner, &confine);
    before = redirect("/dev/full");
    done = fz_writer_work(writer, ask_number, flows, NULL, &error);
    put_back(before);
    assert_false(done);
    assert_string_equal(error->message, "cannot write the output: No space left on device");
    fz_writer_free(writer);
}

/* Runs last: measures the largest process so far, writer or source. */
static void memory_has_a_bound(void **state)
{
    (void)state;
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    print_message("at most %ld KiB\n", usage.ru_maxrss);
#if !defined(__SANITIZE_ADDRESS__)
    assert_true(usage.ru_maxrss < MEMORY_KIB);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_liar_gets_anything_kept),
        cmocka_unit_test(a_writer_that_somebody_owns_is_not_read_beyond_its_texts),
        cmocka_unit_test(a_bool_that_is_none_is_refused),
        cmocka_unit_test(a_temporary_store_is_loaded_and_asked),
        cmocka_unit_test(a_store_that_is_read_is_not_made_or_changed),
        cmocka_unit_test(what_work_prints_arrives_or_is_missed),
        cmocka_unit_test(memory_has_a_bound),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
