/* Rows as text for a MySQL server, and all statements for SingleStore.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_text.h"

#include "schema.h"
#include "statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const fz_record ipv4 = {
    .start_us = 1700000000000001,
    .end_us = 1700000000999999,
    .packets = {1, 2},
    .bytes = {UINT64_C(5000000000), 4},
    .ip_bytes = {5, 6},
    .zone = {7, 0},
    .addr = {{10, 0, 0, 1}, {192, 168, 255, 9}},
    .port = {40000, 443},
    .tcp_flags = {0x1b, 0xfff},
    .vlan = 4094,
    .protocol = 6,
    .family = FZ_IPV4,
    .end_reason = FZ_END_FORCED,
    .opened = FZ_OPENED_PORT,
};

static const fz_row_ids ids = {.day = -19675, .load_id = 3, .row_no = 9};

static void a_line_has_every_field_in_order(void **state)
{
    g_autoptr(GString) text = g_string_new("x");
    (void)state;
    fz_mysql_text_line(text, &fz_dialect_singlestore, FZ_TABLE_FLOW, &ids, &ipv4);
    assert_string_equal(
        text->str, "x3\t9\t1700000000000001\t0a000001\tc0a8ff09\t7\t0\t1700000000999999\t40000\t443\t6\t4094\t1\t2\t"
                   "5000000000\t4\t5\t6\t27\t4095\t4\t5\n");
}

static void a_table_by_days_has_the_day_first(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    (void)state;
    fz_mysql_text_line(text, &fz_dialect_mariadb, FZ_TABLE_FLOW, &ids, &ipv4);
    assert_true(g_str_has_prefix(text->str, "-19675\t3\t9\t1700000000000001\t"));
}

static const fz_packet_row packet = {
    .frame = 12,
    .time_us = -1,
    .bytes = 60,
    .ip_bytes = 46,
    .zone = {7, 0},
    .addr = {{10, 0, 0, 1}, {192, 168, 255, 9}},
    .eth = {{0, 1, 2, 3, 4, 0xff}, {1, 2, 3, 4, 5, 6}},
    .port = {40000, 443},
    .tcp_flags = 0x12,
    .vlan = 4094,
    .time_ns = 999,
    .protocol = 6,
    .family = FZ_IPV4,
    .has = FZ_HAS_ETH | FZ_HAS_PORTS | FZ_HAS_TCP | FZ_HAS_VLAN,
};

static void a_packet_has_nothing_where_it_has_no_header(void **state)
{
    const fz_packet_row bare = {.frame = 13, .time_us = 5, .bytes = 14};
    g_autoptr(GString) text = g_string_new(NULL);
    (void)state;
    fz_mysql_text_line(text, &fz_dialect_singlestore, FZ_TABLE_PACKET, &ids, &packet);
    assert_string_equal(text->str,
                        "3\t9\t12\t-1\t999\t60\t46\t7\t0\t0001020304ff\t010203040506\t0a000001\tc0a8ff09\t6\t"
                        "40000\t443\t18\t4094\t15\n");
    g_string_truncate(text, 0);
    fz_mysql_text_line(text, &fz_dialect_singlestore, FZ_TABLE_PACKET, &ids, &bare);
    assert_string_equal(text->str, "3\t9\t13\t5\t0\t14\t\\N\t0\t0\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t0\n");
    g_string_truncate(text, 0);
    fz_mysql_text_tuple(text, &fz_dialect_singlestore, FZ_TABLE_PACKET, &ids, &bare);
    assert_string_equal(text->str, "(3,9,13,5,0,14,NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0)");
}

static void a_tuple_has_the_same_values(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    (void)state;
    fz_mysql_text_tuple(text, &fz_dialect_singlestore, FZ_TABLE_FLOW, &ids, &ipv4);
    assert_string_equal(text->str,
                        "(3,9,1700000000000001,x'0a000001',x'c0a8ff09',7,0,1700000000999999,40000,443,6,4094,1,2,"
                        "5000000000,4,5,6,27,4095,4,5)");
}

/* The longest values there are: nothing is cut, nothing written past the row. */
static void extremes_are_written_out(void **state)
{
    fz_record record;
    g_autoptr(GString) text = g_string_new(NULL);
    (void)state;
    memset(&record, 0xff, sizeof record);
    record.family = FZ_IPV6;
    record.start_us = INT64_MIN;
    record.end_us = INT64_MAX;
    const fz_row_ids most = {.day = INT64_MIN, .load_id = INT64_MAX, .row_no = UINT64_MAX};
    fz_mysql_text_line(text, &fz_dialect_mariadb, FZ_TABLE_FLOW, &most, &record);
    g_auto(GStrv) cells = g_strsplit(g_strchomp(text->str), "\t", -1);
    assert_string_equal(cells[0], "-9223372036854775808");
    assert_string_equal(cells[1], "9223372036854775807");
    assert_string_equal(cells[2], "18446744073709551615");
    assert_string_equal(cells[3], "-9223372036854775808");
    assert_string_equal(cells[4], "ffffffffffffffffffffffffffffffff");
    assert_string_equal(cells[6], "4294967295");
    assert_string_equal(cells[9], "65535");
    assert_string_equal(cells[12], "65535");
    size_t count;
    (void)fz_stored_fields(&count);
    assert_int_equal(g_strv_length(cells), count + 3);
}

static void only_a_whole_load_counts(void **state)
{
    (void)state;
    assert_true(fz_mysql_text_all_loaded("Records: 3  Deleted: 0  Skipped: 0  Warnings: 0", 3));
    assert_false(fz_mysql_text_all_loaded("Records: 3  Deleted: 0  Skipped: 0  Warnings: 0", 4));
    assert_false(fz_mysql_text_all_loaded("Records: 3  Deleted: 1  Skipped: 0  Warnings: 0", 3));
    assert_false(fz_mysql_text_all_loaded("Records: 3  Deleted: 0  Skipped: 1  Warnings: 0", 3));
    assert_false(fz_mysql_text_all_loaded("Records: 3  Deleted: 0  Skipped: 0  Warnings: 5", 3));
    assert_false(fz_mysql_text_all_loaded("Records: 3  Deleted: 0  Skipped: 0  Warnings: 0 ", 3));
    assert_false(fz_mysql_text_all_loaded("Records: 3  Deleted: 0  Skipped: 0", 3));
    assert_false(fz_mysql_text_all_loaded("", 0));
    assert_false(fz_mysql_text_all_loaded(NULL, 0));
}

static void append_statement(GString *sql, char *statement)
{
    g_string_append_printf(sql, "%s;\n", statement);
    g_free(statement);
}

/* All statements that SingleStore gets from templates, against a file that was checked against its documented grammar.
 */
static void singlestore_gets_its_keywords_in_quotes(void **state)
{
    static const char *const statements[][2] = {
        {"", ""},
        {"COMMIT", "COMMIT"},
        {"SELECT hour, h.hour, `hour`, hours, an_hour, @time FROM fz_hour", //
         "SELECT `hour`, h.hour, `hour`, hours, an_hour, @time FROM fz_hour"},
        {"UPDATE t SET state='it\\'s time', day=1", "UPDATE t SET `state`='it\\'s time', `day`=1"},
        {"SELECT '', engine, 'engine", "SELECT '', `engine`, 'engine"},
        {"SELECT TIMESTAMPADD(DAY, day, '1970-01-01')", "SELECT TIMESTAMPADD(DAY, `day`, '1970-01-01')"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(statements); i++) {
        g_autofree char *spelled = fz_mysql_text_spell(statements[i][0]);
        assert_string_equal(spelled, statements[i][1]);
    }
}

static void a_missing_node_is_no_fault_of_the_statement(void **state)
{
    (void)state;
    assert_true(fz_mysql_text_lacks_node(1735, "Unable to connect to leaf @127.0.0.1:3307 with user distributed"));
    assert_true(fz_mysql_text_lacks_node(2261, "Leaf Error (127.0.0.1:3307): Query aborted"));
    assert_true(fz_mysql_text_lacks_node(1777, "Partition flowzone:3 has no master instance."));
    /* MySQL's own numbers, as a leaf sends them. */
    assert_false(fz_mysql_text_lacks_node(1264, "Leaf Error (127.0.0.1:3307): Out of range value for column 'vlan'"));
    assert_false(fz_mysql_text_lacks_node(1062, "Leaf Error (127.0.0.1:3307): Duplicate entry 'x' for key 'PRIMARY'"));
    assert_false(fz_mysql_text_lacks_node(1706, "Feature 'XA' is not supported by SingleStore."));
}

static void singlestore_sql_is_as_checked(void **state)
{
    const fz_dialect *dialect = &fz_dialect_singlestore;
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autofree char *unit = g_path_get_dirname(__FILE__), *tests = g_path_get_dirname(unit);
    g_autofree char *path = g_build_filename(tests, "golden", "singlestore.sql", NULL);
    g_autofree char *expected = NULL;
    g_auto(GStrv) ddl = fz_schema_ddl(dialect);
    (void)state;
    for (size_t i = 0; ddl[i]; i++)
        append_statement(sql, g_strdup(ddl[i]));
    append_statement(sql, fz_statement_insert(dialect, FZ_TABLE_META));
    append_statement(sql, fz_statement_insert(dialect, FZ_TABLE_LOAD));
    append_statement(sql, fz_statement_insert_id(dialect, FZ_TABLE_LOAD));
    append_statement(sql, fz_statement_find(dialect));
    append_statement(sql, fz_statement_insert(dialect, FZ_TABLE_ZONE));
    for (fz_table table = FZ_TABLE_MINUTE; table < FZ_TABLE_COUNT; table++)
        append_statement(sql, fz_statement_insert(dialect, table));
    append_statement(sql, fz_mysql_text_load_data(dialect, FZ_TABLE_FLOW, "token", NULL));
    append_statement(sql, fz_mysql_text_load_data(dialect, FZ_TABLE_PACKET, "token", NULL));
    if (g_getenv("FZ_WRITE_GOLDEN"))
        assert_true(g_file_set_contents(path, sql->str, -1, NULL));
    assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    assert_string_equal(sql->str, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_every_field_in_order),
        cmocka_unit_test(a_table_by_days_has_the_day_first),
        cmocka_unit_test(a_packet_has_nothing_where_it_has_no_header),
        cmocka_unit_test(a_tuple_has_the_same_values),
        cmocka_unit_test(extremes_are_written_out),
        cmocka_unit_test(only_a_whole_load_counts),
        cmocka_unit_test(singlestore_gets_its_keywords_in_quotes),
        cmocka_unit_test(a_missing_node_is_no_fault_of_the_statement),
        cmocka_unit_test(singlestore_sql_is_as_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
