/* The SQLite store: values kept exactly, transactions, and each fault with one clear line.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "store.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static const char identity[] = "0123456789012345678901234567890123456789012345678901234567890123";
static char *folder, *path, *address;
static fz_patience patience; /* of the stores that are opened from now on */

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("flowzone-sqlite-XXXXXX", NULL);
    path = g_build_filename(folder, "net.db", NULL);
    address = g_strconcat("sqlite:", path, NULL);
    patience = (fz_patience){.seconds = 0};
    return !folder;
}

static int remove_folder(void **state)
{
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);

    (void)state;
    g_unlink(journal);
    g_unlink(path);
    g_rmdir(path);
    int left = g_rmdir(folder);
    g_free(folder);
    g_free(path);
    g_free(address);
    return left;
}

static fz_store *open_or_fail(void)
{
    g_autoptr(GError) error = NULL;
    fz_store *store = fz_store_open(address, &patience, &error);

    if (!store)
        fail_msg("%s", error->message);
    return store;
}

static void assert_open_refused(const char *to, const char *why)
{
    g_autoptr(GError) error = NULL;

    assert_null(fz_store_open(to, &patience, &error));
    if (!strstr(error->message, why))
        fail_msg("expected \"%s\" in: %s", why, error->message);
    assert_null(strchr(error->message, '\n'));
}

/* The first row that a query answers, columns between bars. */
static char *ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    GString *answer = g_string_new(NULL);

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    if (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            g_string_append_printf(answer, "%s%s", i ? "|" : "", text ? (const char *)text : "NULL");
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return g_string_free(answer, FALSE);
}

static void assert_answer(const char *sql, const char *expected)
{
    g_autofree char *answer = ask(sql);

    assert_string_equal(answer, expected);
}

static void run_sql(const char *sql)
{
    g_free(ask(sql));
}

static const fz_record extreme = {
    .start_us = INT64_MIN / 2,
    .end_us = INT64_MAX,
    .packets = {1, UINT64_C(1) << 60},
    .bytes = {UINT64_C(5) << 32, 2},
    .ip_bytes = {3, 4},
    .zone = {UINT32_MAX, 0},
    .addr = {{255, 0, 128, 1}, {10, 0, 0, 2}},
    .port = {65535, 0},
    .tcp_flags = {0xfff, 0},
    .vlan = 4095,
    .protocol = 255,
    .family = FZ_IPV4,
    .end_reason = FZ_END_FORCED,
};

/* One load of `count` copies of a record, up to but without commit. */
static int64_t load_rows(fz_store *store, fz_run *run, const fz_record *record, size_t count)
{
    fz_load_row load = {.identity = identity, .run = run, .totals.records = count};
    int64_t load_id;

    assert_true(store->ops->begin(store, NULL));
    assert_true(store->ops->insert_load(store, &load, &load_id, NULL));
    for (size_t i = 0; i < count; i++)
        assert_true(store->ops->rows(store, load_id, i + 1, record, 1, NULL));
    assert_true(store->ops->finish_load(store, load_id, &load, count, NULL));
    return load_id;
}

static void extreme_values_are_kept_exactly(void **state)
{
    fz_store *store = open_or_fail();
    fz_run run;

    (void)state;
    fz_run_init(&run);
    load_rows(store, &run, &extreme, 1);
    assert_true(store->ops->commit(store, NULL));
    fz_store_close(store);
    assert_answer("SELECT load_id, row_no, start_us, end_us, sip_packets, dip_packets, sip_bytes, sip_zone, dip_zone, "
                  "hex(sip), hex(dip), sport, sip_tcp_flags, vlan, protocol, end_reason FROM fz_flow",
                  "1|1|-4611686018427387904|9223372036854775807|1|1152921504606846976|21474836480|4294967295|0|"
                  "FF008001|0A000002|65535|4095|4095|255|4");
    assert_answer("SELECT sip, dip, bytes, packets FROM netflow_table",
                  "255.0.128.1|10.0.0.2|21474836482|1152921504606846977");
    fz_run_clear(&run);
}

static void a_rolled_back_load_leaves_nothing(void **state)
{
    fz_store *store = open_or_fail();
    fz_run run;

    (void)state;
    fz_run_init(&run);
    load_rows(store, &run, &extreme, 10);
    store->ops->rollback(store);
    fz_store_close(store);
    assert_answer("SELECT (SELECT count(*) FROM fz_flow), (SELECT count(*) FROM fz_load)", "0|0");
    fz_run_clear(&run);
}

static void removing_a_load_leaves_its_neighbours(void **state)
{
    fz_store *store = open_or_fail();
    const fz_hour hour = {.sensor = "", .location = "", .flows = 1};
    fz_run run;
    int64_t ids[3];

    (void)state;
    fz_run_init(&run);
    assert_true(store->ops->begin(store, NULL));
    for (int i = 0; i < 3; i++) {
        g_autofree char *other = g_strdup_printf("%064d", i);
        fz_load_row load = {.identity = other, .run = &run};
        assert_true(store->ops->insert_load(store, &load, &ids[i], NULL));
        assert_true(store->ops->rows(store, ids[i], 1, &extreme, 1, NULL));
        assert_true(store->ops->add(store, ids[i], FZ_TABLE_HOUR, &hour, 1, NULL));
    }
    assert_true(store->ops->remove(store, ids[1], NULL));
    assert_true(store->ops->commit(store, NULL));
    fz_store_close(store);
    assert_answer("SELECT group_concat(load_id) FROM fz_flow", "1,3");
    assert_answer("SELECT group_concat(load_id) FROM fz_hour", "1,3");
    assert_answer("SELECT group_concat(load_id) FROM fz_load", "1,3");
    fz_run_clear(&run);
}

static void the_ledger_refuses_an_identity_twice(void **state)
{
    fz_store *store = open_or_fail();
    g_autoptr(GError) error = NULL;
    fz_run run;
    fz_load_row load = {.identity = identity, .run = &run};
    int64_t load_id;

    (void)state;
    fz_run_init(&run);
    assert_true(store->ops->begin(store, NULL));
    assert_true(store->ops->insert_load(store, &load, &load_id, NULL));
    assert_false(store->ops->insert_load(store, &load, &load_id, &error));
    assert_true(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE));
    store->ops->rollback(store);
    fz_store_close(store);
    fz_run_clear(&run);
}

static void missing_rows_are_noticed_before_commit(void **state)
{
    fz_store *store = open_or_fail();
    g_autoptr(GError) error = NULL;
    fz_run run;
    fz_load_row load = {.identity = identity, .run = &run};

    (void)state;
    fz_run_init(&run);
    int64_t load_id = load_rows(store, &run, &extreme, 3);
    assert_false(store->ops->finish_load(store, load_id, &load, 4, &error));
    assert_non_null(strstr(error->message, "3 rows were loaded into fz_flow, expected 4"));
    store->ops->rollback(store);
    fz_store_close(store);
    fz_run_clear(&run);
}

/* A trigger drops a row in the middle, and the last row is still inserted. */
static void a_row_lost_on_the_way_is_noticed(void **state)
{
    fz_store_close(open_or_fail());
    run_sql("CREATE TRIGGER swallow BEFORE INSERT ON fz_flow WHEN NEW.sport = 7 BEGIN SELECT RAISE(IGNORE); END");
    fz_store *store = open_or_fail();
    g_autoptr(GError) error = NULL;
    fz_record records[] = {extreme, extreme, extreme};
    fz_run run;
    fz_load_row load = {.identity = identity, .run = &run};
    int64_t load_id;

    (void)state;
    fz_run_init(&run);
    records[1].port[FZ_INITIATOR] = 7;
    assert_true(store->ops->begin(store, NULL));
    assert_true(store->ops->insert_load(store, &load, &load_id, NULL));
    assert_true(store->ops->rows(store, load_id, 1, records, 3, NULL));
    assert_false(store->ops->finish_load(store, load_id, &load, 3, &error));
    assert_non_null(strstr(error->message, "2 rows were loaded into fz_flow, expected 3"));
    store->ops->rollback(store);
    fz_store_close(store);
    fz_run_clear(&run);
}

static void zones_keep_their_ids_and_are_never_doubled(void **state)
{
    char texts[][8] = {"", "web", "qa, du\"", "web "};
    const fz_zone rows[] = {
        {.prefix = {.addr = {.family = FZ_IPV4, .bytes = {10}}, .length = 8}, 0, texts[0], texts[0], texts[1]},
        {.prefix = {.addr = {.family = FZ_IPV4, .bytes = {10}}, .length = 8}, 0, texts[0], texts[0], texts[3]},
        {.prefix = {.addr = {.family = FZ_IPV6}, .length = 0}, 0, texts[1], texts[0], texts[2]},
    };
    const fz_zones all = {.rows = rows, .count = 3}, last = {.rows = rows + 2, .count = 1};
    fz_store *store = open_or_fail();
    uint32_t ids[3], again[3];

    (void)state;
    assert_true(store->ops->begin(store, NULL));
    assert_true(store->ops->zones(store, &all, ids, NULL));
    assert_true(store->ops->zones(store, &last, again, NULL));
    assert_int_equal(again[0], ids[2]);
    assert_true(store->ops->commit(store, NULL));
    fz_store_close(store);
    assert_answer("SELECT count(*), min(zone_id), max(zone_id) FROM fz_zone", "3|1|3");
    assert_answer("SELECT location, prefix, number, name FROM fz_zone WHERE zone_id = 3", "web|::/0||qa, du\"");
}

static int64_t begin_load(fz_store *store, fz_run *run)
{
    fz_load_row load = {.identity = identity, .run = run, .start_us = 1, .end_us = 2, .minutes = -1};
    int64_t load_id;

    assert_true(store->ops->begin(store, NULL));
    assert_true(store->ops->insert_load(store, &load, &load_id, NULL));
    return load_id;
}

/* Rows of one capture, of many, and one that is taken off again. */
static void views_add_up_the_addresses_of_one_capture_and_of_many(void **state)
{
    fz_store *store = open_or_fail();
    const fz_host host = {
        .hour = 90000, .addr = {10, 0, 0, 1}, .family = FZ_IPV4, .flows = 1, .packets = {3, 2}, .bytes = {30, 20}};
    const fz_host_day days[] = {
        {.day = 0,
         .sensor = "",
         .location = "",
         .addr = {10, 0, 0, 1},
         .family = FZ_IPV4,
         .flows = 4,
         .packets = {1, 1},
         .bytes = {5, 6}},
        {.day = -1, .sensor = "", .location = "", .addr = {9}, .family = FZ_IPV4, .flows = 4, .bytes = {7, 7}},
        {.day = -1,
         .sensor = "",
         .location = "",
         .addr = {9},
         .family = FZ_IPV4,
         .part = 1,
         .flows = -UINT64_C(4),
         .bytes = {-UINT64_C(7), -UINT64_C(7)}},
    };
    fz_run run;

    (void)state;
    fz_run_init(&run);
    int64_t load_id = begin_load(store, &run);
    assert_true(store->ops->add(store, load_id, FZ_TABLE_HOST, &host, 1, NULL));
    assert_true(store->ops->add(store, 0, FZ_TABLE_HOST_DAY, days, G_N_ELEMENTS(days), NULL));
    assert_true(store->ops->commit(store, NULL));
    fz_store_close(store);
    assert_answer(
        "SELECT count(*), ip, flows, packets_sent, packets_received, bytes_sent, bytes_received, first_day, last_day "
        "FROM fz_talkers",
        "1|10.0.0.1|5|4|3|35|26|1970-01-01|1970-01-02");
    assert_answer("SELECT count(*) FROM fz_hosts WHERE day = '1969-12-31'", "0");
    assert_answer("SELECT day, ip, bytes_sent, flows FROM fz_hosts WHERE day_no = 1", "1970-01-02|10.0.0.1|30|1");
    fz_run_clear(&run);
}

static void hours_and_minutes_are_shown_with_their_capture(void **state)
{
    fz_store *store = open_or_fail();
    const fz_hour hour = {.hour = -3600, .sensor = "s", .location = "", .flows = 1, .bytes = {1, 2}};
    const fz_minute_sum minute = {.minute = -60, .packets = 3, .bytes = 4};
    fz_run run;

    (void)state;
    fz_run_init(&run);
    int64_t load_id = begin_load(store, &run);
    assert_true(store->ops->add(store, load_id, FZ_TABLE_HOUR, &hour, 1, NULL));
    assert_true(store->ops->add(store, 0, FZ_TABLE_HOUR, &hour, 1, NULL));
    assert_true(store->ops->add(store, load_id, FZ_TABLE_MINUTE, &minute, 1, NULL));
    assert_true(store->ops->commit(store, NULL));
    fz_store_close(store);
    assert_answer(
        "SELECT time, bytes, capture_start_us, capture_end_us, day, day_no, load_id FROM fz_hours WHERE load_id = 0",
        "1969-12-31 23:00:00.000000|3|-3600000000|-1|1969-12-31|-1|0");
    assert_answer("SELECT sum(bytes), count(*) FROM fz_hours WHERE hour_s = -3600", "6|2");
    assert_answer("SELECT minute, packets, bytes, minute_s, capture_end_us, day FROM fz_minutes",
                  "1969-12-31 23:59:00.000000|3|4|-60|2|1970-01-01");
    fz_run_clear(&run);
}

static void packets_have_nothing_where_they_have_no_header(void **state)
{
    fz_store *store = open_or_fail();
    const fz_packet_row packets[] = {
        {.frame = 1, .time_us = -1, .time_ns = 7, .bytes = 60},
        {.frame = 2,
         .time_us = 1000000,
         .bytes = 90,
         .ip_bytes = 76,
         .addr = {{10, 0, 0, 1}, {10, 0, 0, 2}},
         .eth = {{0, 1, 2, 0xab, 0xcd, 0xef}},
         .port = {0, 53},
         .protocol = 17,
         .family = FZ_IPV4,
         .has = FZ_HAS_ETH | FZ_HAS_PORTS},
    };
    fz_run run;

    (void)state;
    fz_run_init(&run);
    int64_t load_id = begin_load(store, &run);
    assert_true(store->ops->packets(store, load_id, 1, packets, G_N_ELEMENTS(packets), NULL));
    fz_load_row load = {.identity = identity, .run = &run, .minutes = -1, .totals.packets = 3};
    g_autoptr(GError) error = NULL;
    assert_false(store->ops->finish_load(store, load_id, &load, 0, &error));
    assert_non_null(strstr(error->message, "2 rows were loaded into fz_packet, expected 3"));
    load.totals.packets = 2;
    assert_true(store->ops->finish_load(store, load_id, &load, 0, NULL));
    assert_true(store->ops->commit(store, NULL));
    fz_store_close(store);
    assert_answer(
        "SELECT frame_time, frame_time_epoch, ip_len, eth_src, ip_src, ip_proto, sport, tcp_flags, vlan, frame_len "
        "FROM fz_packets WHERE frame_number = 1",
        "1969-12-31 23:59:59.999999007|-1.0e-06|NULL|NULL|NULL|NULL|NULL|NULL|NULL|60");
    assert_answer(
        "SELECT frame_time, frame_time_epoch, ip_len, eth_src, eth_dst, ip_src, ip_dst, ip_proto, sport, dport, "
        "tcp_flags, vlan, row_no FROM fz_packets WHERE frame_number = 2",
        "1970-01-01 "
        "00:00:01.000000000|1.0|76|00:01:02:ab:cd:ef|00:00:00:00:00:00|10.0.0.1|10.0.0.2|17|0|53|NULL|NULL|2");
    fz_run_clear(&run);
}

static void space_can_be_given_back(void **state)
{
    (void)state;
    fz_store_close(open_or_fail());
    assert_answer("PRAGMA auto_vacuum", "2");
    assert_answer("PRAGMA page_size", "8192");
}

static void wrong_addresses_are_told(void **state)
{
    (void)state;
    assert_open_refused("sqlite:", "expected sqlite:PATH");
    assert_open_refused("sqlite::memory:", "expected sqlite:PATH");
    assert_open_refused("flowzone.db", "not a store address: expected sqlite:PATH or mysql:");
    assert_open_refused("oracle:x", "not a store address");
    assert_open_refused("sqlite:/nowhere/at/all.db",
                        "/nowhere/at/all.db: the folder /nowhere/at: No such file or directory");
}

static void a_folder_is_no_database(void **state)
{
    (void)state;
    assert_int_equal(g_mkdir(path, 0700), 0);
    assert_open_refused(address, "a directory, expected a SQLite database");
}

static void a_text_is_no_database(void **state)
{
    (void)state;
    g_autofree char *text = g_strnfill(5000, 'x');
    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_open_refused(address, "not a SQLite database");
    g_autofree char *after = NULL;
    assert_true(g_file_get_contents(path, &after, NULL, NULL));
    assert_string_equal(after, text);
}

static void a_damaged_database_is_refused(void **state)
{
    g_autofree char *bytes = NULL;
    gsize size;

    (void)state;
    fz_store_close(open_or_fail());
    assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    memset(bytes + 100, 0xff, 3000);
    assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    assert_open_refused(address, "malformed");
}

static void a_read_only_database_is_refused(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* root writes anywhere; the system test does this as another user */
    fz_store_close(open_or_fail());
    assert_int_equal(g_chmod(path, 0400), 0);
    assert_open_refused(address, "read-only");
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    fz_store_close(open_or_fail());
    run_sql("UPDATE fz_meta SET schema_version = 99, program = 'flowzone 9.9'");
    assert_open_refused(address, "schema version 99, made by flowzone 9.9");
}

static void an_older_store_gets_the_views_of_today(void **state)
{
    (void)state;
    fz_store_close(open_or_fail());
    run_sql("UPDATE fz_meta SET program = 'flowzone 0.1.0'");
    run_sql("DROP VIEW netflow_table");
    run_sql("DROP VIEW fz_hours");
    run_sql("CREATE VIEW fz_hours AS SELECT 1 AS old");
    fz_store_close(open_or_fail());
    assert_answer("SELECT count(*) FROM pragma_table_info('fz_hours') WHERE name IN ('time', 'sensor', 'old')", "2");
    assert_answer("SELECT count(*) FROM netflow_table", "0");
    run_sql("DROP VIEW fz_hours");
    run_sql("CREATE VIEW fz_hours AS SELECT 1 AS mine");
    fz_store_close(open_or_fail()); /* once */
    assert_answer("SELECT mine FROM fz_hours", "1");
}

static void an_older_schema_is_refused_with_what_helps(void **state)
{
    (void)state;
    fz_store_close(open_or_fail());
    run_sql("UPDATE fz_meta SET schema_version = 3, program = 'flowzone of old'");
    assert_open_refused(address, "schema version 3, made by flowzone of old; this is flowzone ");
    assert_open_refused(address, "flowzone upgrade --to");
    assert_answer("SELECT schema_version FROM fz_meta", "3");
}

static void a_foreign_schema_is_refused(void **state)
{
    (void)state;
    run_sql("CREATE TABLE fz_flow (x)");
    assert_open_refused(address, "does it belong to another program?");
    assert_answer("SELECT count(*) FROM sqlite_master", "1");
}

static void tables_of_others_beside_ours_are_welcome(void **state)
{
    (void)state;
    run_sql("CREATE TABLE notes (text)");
    fz_store_close(open_or_fail());
    fz_store_close(open_or_fail());
    assert_answer("SELECT count(*) FROM notes", "0");
}

static int told;

static void count_told(const char *message)
{
    assert_non_null(strstr(message, "locked by another program: waiting"));
    told++;
}

static void a_locked_database_is_waited_for_and_told_once(void **state)
{
    fz_store *holder = open_or_fail();
    g_autoptr(GError) error = NULL;

    (void)state;
    patience = (fz_patience){.seconds = 2, .tell = count_told};
    fz_store *store = open_or_fail();
    assert_true(holder->ops->begin(holder, NULL));
    told = 0;
    assert_false(store->ops->begin(store, &error));
    assert_non_null(strstr(error->message, "locked by another program for 2 s"));
    assert_int_equal(told, 1);
    holder->ops->rollback(holder);
    assert_true(store->ops->begin(store, NULL));
    store->ops->rollback(store);
    fz_store_close(store);
    fz_store_close(holder);
}

/* An open finds the store locked, and waits, which it tells; then the file is deleted, and perhaps replaced. */
static bool another_comes;
static gint waits;

static void note_wait(const char *message)
{
    (void)message;
    g_atomic_int_set(&waits, 1);
}

static void *remove_file(void *holder)
{
    while (!g_atomic_int_get(&waits))
        g_usleep(10000);
    assert_int_equal(g_unlink(path), 0);
    assert_true(!another_comes || g_file_set_contents(path, "", 0, NULL));
    assert_int_equal(sqlite3_close(holder), SQLITE_OK); /* rolls back */
    return NULL;
}

static void assert_removed_while_it_waits(const char *why)
{
    sqlite3 *holder;

    assert_int_equal(sqlite3_open(path, &holder), SQLITE_OK);
    assert_int_equal(sqlite3_exec(holder, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    patience = (fz_patience){.seconds = 600, .tell = note_wait};
    g_atomic_int_set(&waits, 0);
    GThread *remover = g_thread_new("remover", remove_file, holder);
    assert_open_refused(address, why);
    g_thread_join(remover);
}

static void a_new_file_that_is_removed_meanwhile_takes_no_rows(void **state)
{
    (void)state;
    assert_removed_while_it_waits("net.db: No such file or directory");
    assert_int_equal(access(path, F_OK), -1);
    another_comes = true;
    assert_removed_while_it_waits("net.db: removed while it was being opened");
    fz_store_close(open_or_fail());
}

static void assert_no_room(const struct rlimit *limit)
{
    const struct rlimit none = {0, limit->rlim_max};

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    g_autoptr(GError) error = NULL;
    assert_null(fz_store_open(address, &patience, &error));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, limit), 0);
    assert_non_null(error);
}

static void what_has_no_room_from_the_first_leaves_no_file(void **state)
{
    struct rlimit limit;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_no_room(&limit);
    assert_int_equal(access(path, F_OK), -1);
    assert_true(g_file_set_contents(path, "", 0, NULL)); /* it was there before, and stays */
    assert_no_room(&limit);
    assert_int_equal(access(path, F_OK), 0);
}

static void a_store_in_a_hurry_does_not_wait_for_a_lock(void **state)
{
    g_autoptr(GError) error = NULL;

    (void)state;
    patience = (fz_patience){.seconds = 600};
    fz_store *holder = open_or_fail(), *store = open_or_fail();
    assert_true(holder->ops->begin(holder, NULL));
    assert_true(store->ops->hurry(store, true, NULL));
    assert_false(store->ops->begin(store, &error));
    assert_true(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY));
    assert_true(holder->ops->commit(holder, NULL));
    assert_true(store->ops->begin(store, NULL));
    store->ops->rollback(store);
    fz_store_close(store);
    fz_store_close(holder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(extreme_values_are_kept_exactly),
        TEST(a_rolled_back_load_leaves_nothing),
        TEST(removing_a_load_leaves_its_neighbours),
        TEST(the_ledger_refuses_an_identity_twice),
        TEST(missing_rows_are_noticed_before_commit),
        TEST(a_row_lost_on_the_way_is_noticed),
        TEST(zones_keep_their_ids_and_are_never_doubled),
        TEST(views_add_up_the_addresses_of_one_capture_and_of_many),
        TEST(hours_and_minutes_are_shown_with_their_capture),
        TEST(packets_have_nothing_where_they_have_no_header),
        TEST(space_can_be_given_back),
        TEST(wrong_addresses_are_told),
        TEST(a_folder_is_no_database),
        TEST(a_text_is_no_database),
        TEST(a_damaged_database_is_refused),
        TEST(a_read_only_database_is_refused),
        TEST(a_newer_schema_is_refused),
        TEST(an_older_store_gets_the_views_of_today),
        TEST(an_older_schema_is_refused_with_what_helps),
        TEST(a_foreign_schema_is_refused),
        TEST(tables_of_others_beside_ours_are_welcome),
        TEST(a_locked_database_is_waited_for_and_told_once),
        TEST(a_store_in_a_hurry_does_not_wait_for_a_lock),
        TEST(a_new_file_that_is_removed_meanwhile_takes_no_rows),
        TEST(what_has_no_room_from_the_first_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
