/* The schema of all dialects, and SQLite's expressions against C.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_field.h"
#include "schema.h"
#include "statement.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const fz_dialect *const dialects[] = {&fz_dialect_sqlite, &fz_dialect_mariadb, &fz_dialect_mysql,
                                             &fz_dialect_mysql57, &fz_dialect_singlestore};

static size_t count_of(const char *text, char wanted)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == wanted;
    return count;
}

static void inserts_have_a_parameter_for_each_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++) {
        for (fz_table table = 0; table < FZ_TABLE_COUNT; table++) {
            g_autofree char *sql = fz_statement_insert(dialects[i], table);
            g_autofree char *names = fz_statement_columns(dialects[i], table);
            size_t columns = count_of(names, ',') + 1, own = fz_tables[table].count;
            assert_int_equal(count_of(sql, '?'), columns);
            if (fz_table_is_of_rows(table)) {
                (void)fz_row_columns(table, &own);
                own += dialects[i]->row_id_count;
            } else if (fz_tables[table].id && !fz_type_is_assigned(fz_tables[table].id_type)) {
                own++;
            }
            assert_int_equal(columns, own);
        }
    }
}

static const char *statement_of(char **statements, const char *what)
{
    for (char **statement = statements; *statement; statement++) {
        if (strstr(*statement, what))
            return *statement;
    }
    fail_msg("nothing makes %s", what);
    return NULL;
}

static void every_stored_field_is_a_column_of_every_dialect(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++) {
        g_auto(GStrv) statements = fz_schema_ddl(dialects[i]);
        const char *table = statement_of(statements, "fz_flow (");
        for (size_t field = 0; field < fz_field_count; field++) {
            if (!fz_fields[field].column)
                continue;
            g_autofree char *column = g_strdup_printf(", %s ", fz_fields[field].column);
            assert_non_null(strstr(table, column));
        }
    }
}

/* All placeholders of templates are replaced. */
static void no_statement_has_a_placeholder_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++) {
        g_auto(GStrv) statements = fz_schema_ddl(dialects[i]);
        for (char **statement = statements; *statement; statement++)
            assert_null(strchr(*statement, '@'));
    }
}

static void partitions_by_day_are_possible_with_innodb(void **state)
{
    g_auto(GStrv) statements = fz_schema_ddl(&fz_dialect_mariadb);

    (void)state;
    assert_non_null(strstr(statement_of(statements, "fz_flow ("), "PRIMARY KEY (day, load_id, row_no)"));
    assert_non_null(strstr(statement_of(statements, "fz_flow ("), "ENGINE=InnoDB"));
    assert_non_null(strstr(statement_of(statements, "fz_packet ("), "PARTITION BY RANGE (day)"));
}

/* Values that `get` returns give the same row when they are `set`. */
static void a_ledger_row_comes_back_as_it_went(void **state)
{
    fz_run run;
    fz_run_init(&run);
    run.engine = FZ_ENGINE_SCAN;
    run.key = FZ_KEY_IP;
    run.layers = FZ_LAYERS_ALL;
    run.interval_s = 300;
    run.max_flows = 1000000;
    run.vlan = true;
    run.first_us = -5;
    run.first_bytes = 60;
    run.octets = FZ_OCTETS_IP;
    run.packets = true;
    char **const texts[] = {&run.source, &run.sensor, &run.location, &run.filter, &run.program, &run.folder};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(*texts[i]);
        *texts[i] = g_strdup_printf("text %d", (int)i);
    }
    fz_load_row load = {
        .identity = "id",
        .run = &run,
        .totals = {{1, 2}, {3, 4}, {5, 6}, {7, 8}, .records = 9, .packets = 14, .cut_short = true},
        .file = {11, 12, 13},
        .start_us = 15,
        .end_us = 16,
        .loaded_us = 10,
        .minutes = 17,
    };
    fz_loaded loaded;
    const fz_table_shape *ledger = &fz_tables[FZ_TABLE_LOAD];

    (void)state;
    fz_loaded_init(&loaded);
    for (size_t i = 0; i < ledger->count; i++) {
        fz_column_set(&ledger->columns[i], &loaded, fz_column_get(&ledger->columns[i], &load));
    }
    const char *const back[] = {loaded.run.source, loaded.run.sensor,  loaded.run.location,
                                loaded.run.filter, loaded.run.program, loaded.run.folder};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_string_equal(*texts[i], back[i]);
    assert_int_equal(loaded.run.engine, FZ_ENGINE_SCAN);
    assert_int_equal(loaded.run.key, FZ_KEY_IP);
    assert_int_equal(loaded.run.layers, FZ_LAYERS_ALL);
    assert_int_equal(loaded.run.interval_s, 300);
    assert_int_equal(loaded.run.max_flows, 1000000);
    assert_true(loaded.run.vlan);
    assert_int_equal(loaded.run.first_us, -5);
    assert_int_equal(loaded.run.first_bytes, 60);
    assert_memory_equal(&loaded.totals.counted, &load.totals.counted, 4 * sizeof(fz_count));
    assert_int_equal(loaded.totals.records, 9);
    assert_true(loaded.totals.cut_short);
    assert_false(loaded.totals.changed);
    assert_int_equal(loaded.totals.packets, 14);
    assert_int_equal(loaded.run.octets, FZ_OCTETS_IP);
    assert_true(loaded.run.packets);
    assert_int_equal(loaded.start_us, 15);
    assert_int_equal(loaded.end_us, 16);
    assert_int_equal(loaded.loaded_us, 10);
    assert_int_equal(loaded.minutes, 17);
    assert_false(loaded.merged);
    assert_int_equal(loaded.dropped, 0);
    assert_memory_equal(&loaded.file, &load.file, sizeof load.file);
    fz_loaded_clear(&loaded);
    fz_run_clear(&run);
}

/* The days of the ledger, which begin at midnight before 1970 too. */
static void a_capture_is_of_the_day_of_its_first_frame(void **state)
{
    (void)state;
    assert_int_equal(fz_day_of(0), 0);
    assert_int_equal(fz_day_of(-1), -1);
    assert_int_equal(fz_day_of(INT64_C(86399999999)), 0);
    assert_int_equal(fz_day_of(INT64_C(86400000000)), 1);
    assert_int_equal(fz_day_of(INT64_C(-86400000000)), -1);
    assert_int_equal(fz_day_of(INT64_C(-86400000001)), -2);
}

static void append_statement(GString *sql, char *statement)
{
    g_string_append_printf(sql, "%s;\n", statement);
    g_free(statement);
}

/* SingleStore's is in test_mysql_text.c, with more statements. */
static void the_sql_of_each_dialect_is_as_checked(void **state)
{
    static const char *const names[] = {"sqlite", "mariadb", "mysql", "mysql57"};
    g_autofree char *unit = g_path_get_dirname(__FILE__), *tests = g_path_get_dirname(unit);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GString) sql = g_string_new(NULL);
        g_auto(GStrv) statements = fz_schema_ddl(dialects[i]);
        g_autofree char *file = g_strconcat(names[i], ".sql", NULL), *expected = NULL;
        g_autofree char *path = g_build_filename(tests, "golden", file, NULL);

        for (size_t at = 0; statements[at]; at++)
            append_statement(sql, g_strdup(statements[at]));
        for (fz_table table = 0; table < FZ_TABLE_COUNT; table++)
            append_statement(sql, fz_statement_insert(dialects[i], table));
        append_statement(sql, fz_statement_find(dialects[i]));
        append_statement(sql, fz_statement_finish(dialects[i]));
        if (g_getenv("FZ_WRITE_GOLDEN"))
            assert_true(g_file_set_contents(path, sql->str, -1, NULL));
        assert_true(g_file_get_contents(path, &expected, NULL, NULL));
        assert_string_equal(sql->str, expected);
    }
}

static void zones_that_differ_in_one_text_have_other_digests(void **state)
{
    char texts[][4] = {"", "a", "b", "ab", "a "};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    int zones = 0;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(texts); j++) {
            for (size_t k = 0; k < G_N_ELEMENTS(texts); k++) {
                fz_zone zone = {.prefix = {.addr = {.family = FZ_IPV6}, .length = 64},
                                .location = texts[i],
                                .number = texts[j],
                                .name = texts[k]};
                fz_zone_row row;
                fz_zone_row_init(&row, &zone);
                assert_string_equal(row.prefix, "::/64");
                g_hash_table_add(seen, g_strdup(row.digest));
                zones++;
            }
        }
    }
    assert_int_equal(g_hash_table_size(seen), zones);
}

static void another_schema_is_refused_by_name(void **state)
{
    g_autoptr(GError) older = NULL, newer = NULL, foreign = NULL;

    (void)state;
    assert_true(fz_schema_check("x.db", 1, FZ_SCHEMA_VERSION, "flowzone 0.1.0", NULL));
    assert_false(fz_schema_check("x.db", 1, FZ_SCHEMA_VERSION - 1, "flowzone 0.1.0", &older));
    assert_non_null(strstr(older->message, "flowzone upgrade"));
    assert_false(fz_schema_check("x.db", 1, FZ_SCHEMA_VERSION + 1, "flowzone 9.9", &newer));
    assert_null(strstr(newer->message, "upgrade"));
    assert_true(g_error_matches(newer, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA));
    assert_non_null(strstr(newer->message, "flowzone 9.9"));
    assert_false(fz_schema_check("x.db", 0, 0, NULL, &foreign));
    assert_non_null(strstr(foreign->message, "x.db"));
}

static void a_store_of_an_older_program_is_brought_up_to_date(void **state)
{
    const fz_column *columns = fz_tables[FZ_TABLE_META].columns;

    (void)state;
    assert_true(fz_schema_is_old("flowzone 0.1.0"));
    assert_true(fz_schema_is_old("flowzone 0.1.0 (views 1)"));
    assert_true(fz_schema_is_old(NULL));
    assert_false(fz_schema_is_old("flowzone 9.9 (views 4294967295)"));
    assert_string_equal(columns[1].name, "program");
    assert_false(fz_schema_is_old(fz_column_get(&columns[1], NULL).text));
}

/* SQLite's expressions, run by SQLite */

static sqlite3 *db;

static sqlite3_stmt *prepare_template(const char *pattern)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    sqlite3_stmt *statement;

    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c == '@')
            g_string_append(sql, "a");
        else
            g_string_append_c(sql, *c);
    }
    g_string_append(sql, " FROM (SELECT ? AS a)");
    if (sqlite3_prepare_v2(db, sql->str, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    return statement;
}

static int open_db(void **state)
{
    (void)state;
    return sqlite3_open(":memory:", &db);
}

static int close_db(void **state)
{
    (void)state;
    return sqlite3_close(db);
}

static void check_addr(sqlite3_stmt *statement, const fz_addr *addr)
{
    char expected[FZ_ADDR_TEXT_SIZE];

    sqlite3_reset(statement);
    sqlite3_bind_blob(statement, 1, addr->bytes, (int)fz_family_bits(addr->family) / 8, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), fz_addr_print(addr, expected));
}

static void sqlite_prints_addresses_of_all_shapes_as_c_does(void **state)
{
    static const char *const shapes[] = {
        "0.0.0.0",
        "255.255.255.255",
        "10.0.0.1",
        "::",
        "::1",
        "1::",
        "1:0:1:0:1:0:1:0",
        "0:1:0:1:0:1:0:1",
        "1:0:0:1::1",
        "1:0:0:0:1:0:0:1",
        "0:0:1::",
        "2001:db8:0:1:1:1:1:1",
        "fe80::",
        "::1.2.3.4",
        "::ffff:1.2.3.4",
        "::ffff:0:1.2.3.4",
        "64:ff9b::1.2.3.4",
        "::0.0.1.2",
        "::1:0:0:0",
        "::ffff:0.0.0.0",
        "0:0:0:0:1::",
        "1:1:1:1:1:1:1:0",
        "0:1:1:1:1:1:1:1",
        "::1:1:1:1:1",
        "100:10:1:1000:f:0:0:f",
    };
    sqlite3_stmt *statement = prepare_template(fz_dialect_sqlite.addr);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        fz_addr addr;
        assert_true(fz_addr_parse(shapes[i], &addr));
        check_addr(statement, &addr);
    }
    sqlite3_finalize(statement);
}

static void sqlite_prints_random_addresses_as_c_does(void **state)
{
    const guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    sqlite3_stmt *statement = prepare_template(fz_dialect_sqlite.addr);

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 20000; i++) {
        fz_addr addr = {.family = i % 8 == 0 ? FZ_IPV4 : FZ_IPV6};
        guint32 zero_groups = g_rand_int(random);
        for (unsigned at = 0; at < fz_family_bits(addr.family) / 8; at++) {
            if (addr.family == FZ_IPV4 || (zero_groups >> (at / 2) & 1) == 0)
                addr.bytes[at] = (uint8_t)(g_rand_int(random) >> (g_rand_int(random) % 9));
        }
        check_addr(statement, &addr);
    }
    sqlite3_finalize(statement);
}

static void check_time(sqlite3_stmt *statement, int64_t time_us)
{
    char expected[FZ_TIME_TEXT_SIZE];

    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, time_us);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), fz_time_print(time_us, expected));
}

static void sqlite_prints_times_of_all_ages_as_c_does(void **state)
{
    const int64_t last = INT64_C(253402300799999999), first = INT64_C(-62167219200000000); /* years 0 to 9999 */
    const int64_t times[] = {0,
                             1,
                             -1,
                             -1000000,
                             -999999,
                             1700000000123456,
                             INT64_C(2147483648000000),
                             last,
                             first,
                             last + 1,
                             first - 1,
                             last + 1000000,
                             first - 1000000,
                             INT64_C(-52695014400000000), /* 1 March 300, which was no leap year */
                             INT64_MAX,
                             INT64_MIN + 1,
                             INT64_MIN};
    const guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    sqlite3_stmt *statement = prepare_template(fz_dialect_sqlite.time);

    (void)state;
    print_message("seed %u\n", seed);
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        check_time(statement, times[i]);
    for (int i = 0; i < 20000; i++) {
        check_time(statement, (int64_t)g_rand_double_range(random, (double)first, (double)last));
        check_time(statement, (int64_t)((uint64_t)g_rand_int(random) << 32 | g_rand_int(random)));
    }
    sqlite3_finalize(statement);
}

static void sqlite_takes_the_whole_schema_twice(void **state)
{
    g_auto(GStrv) statements = fz_schema_ddl(&fz_dialect_sqlite);

    (void)state;
    for (int i = 0; i < 2; i++) {
        for (char **statement = statements; *statement; statement++) {
            if (sqlite3_exec(db, *statement, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sqlite3_errmsg(db), *statement);
        }
    }
}

static void the_view_of_packets_begins_with_the_columns_of_csv(void **state)
{
    sqlite3_stmt *view, *table;

    (void)state;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT * FROM fz_packets", -1, &view, NULL), SQLITE_OK);
    assert_true(sqlite3_column_count(view) > (int)fz_packet_field_count);
    for (size_t i = 0; i < fz_packet_field_count; i++) {
        const char *column = fz_packet_fields[i].column;
        g_autofree char *query = g_strdup_printf("SELECT %s FROM fz_packet", column ? column : "1");
        assert_string_equal(sqlite3_column_name(view, (int)i), fz_packet_fields[i].name);
        assert_int_equal(sqlite3_prepare_v2(db, query, -1, &table, NULL), SQLITE_OK);
        sqlite3_finalize(table);
    }
    sqlite3_finalize(view);
}

static void the_view_begins_with_the_columns_of_csv(void **state)
{
    sqlite3_stmt *statement;

    (void)state;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT * FROM netflow_table", -1, &statement, NULL), SQLITE_OK);
    assert_true(sqlite3_column_count(statement) > (int)fz_field_count);
    for (size_t i = 0; i < fz_field_count; i++)
        assert_string_equal(sqlite3_column_name(statement, (int)i), fz_fields[i].name);
    sqlite3_finalize(statement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserts_have_a_parameter_for_each_column),
        cmocka_unit_test(every_stored_field_is_a_column_of_every_dialect),
        cmocka_unit_test(no_statement_has_a_placeholder_left),
        cmocka_unit_test(partitions_by_day_are_possible_with_innodb),
        cmocka_unit_test(a_ledger_row_comes_back_as_it_went),
        cmocka_unit_test(a_capture_is_of_the_day_of_its_first_frame),
        cmocka_unit_test(the_sql_of_each_dialect_is_as_checked),
        cmocka_unit_test(zones_that_differ_in_one_text_have_other_digests),
        cmocka_unit_test(another_schema_is_refused_by_name),
        cmocka_unit_test(a_store_of_an_older_program_is_brought_up_to_date),
        cmocka_unit_test(sqlite_prints_addresses_of_all_shapes_as_c_does),
        cmocka_unit_test(sqlite_prints_random_addresses_as_c_does),
        cmocka_unit_test(sqlite_prints_times_of_all_ages_as_c_does),
        cmocka_unit_test(sqlite_takes_the_whole_schema_twice),
        cmocka_unit_test(the_view_of_packets_begins_with_the_columns_of_csv),
        cmocka_unit_test(the_view_begins_with_the_columns_of_csv),
    };
    return cmocka_run_group_tests(tests, open_db, close_db);
}
