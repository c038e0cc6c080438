/* A filter as SQL: that SQLite takes what is large or deep, what each tier knows, and what errors say.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_sql.h"
#include "sql_set.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static char nothing[] = "", wifi[] = "wifi", web[] = "web", one[] = "1";
static const fz_dictionary_zone zones[] = {{1, nothing, nothing, one, wifi, true},
                                           {4, nothing, nothing, nothing, web, false}};
static const char *const labels[] = {"", "Rome", NULL};

static char *sql_of(const char *text, const fz_dialect *dialect, fz_tier tier, GError **error)
{
    g_autoptr(fz_filter) filter = fz_filter_parse(text, FZ_FILTER_OF_FLOWS, error);
    g_autoptr(fz_dictionary) dictionary = fz_dictionary_new(zones, G_N_ELEMENTS(zones));
    const fz_filter_names names = {dictionary, labels, labels};
    GString *sql = g_string_new(NULL);

    if (*error || !fz_filter_sql(sql, filter, text, &names, dialect, tier, error))
        return g_string_free(sql, TRUE);
    return g_string_free(sql, FALSE);
}

/* Which of three rows SQLite finds by the filter, a bit each; -1 if it does not take the statement. */
static int picked_by(const char *text)
{
    static const char rows[] = "CREATE TABLE r AS SELECT 1 AS bit, x'0a000000' AS sip, x'ffffffff' AS dip, 1 AS sport, "
                               "2 AS dport, 1 AS sip_zone, 4 AS dip_zone UNION ALL "
                               "SELECT 2, x'0a000001', x'0a030d40', 3, 0, 4, 0 UNION ALL SELECT "
                               "4, x'0a0000000000000000000000000000ff', x'0b000000', 65535, 7, 2, 5";
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = sql_of(text, &fz_dialect_sqlite, FZ_TIER_DETAILS, &error);
    sqlite3 *db;
    sqlite3_stmt *statement = NULL;
    int found = -1;

    assert_null(error);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
    g_autofree char *query = g_strconcat("SELECT COALESCE(SUM(bit), 0) FROM (SELECT bit FROM r WHERE ", sql, ")", NULL);
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        found = sqlite3_column_int(statement, 0);
    else
        print_message("%s\n", sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return found;
}

static int found_by(const char *text)
{
    const int picked = picked_by(text);

    return picked < 0 ? picked : __builtin_popcount((unsigned)picked);
}

/* Every second address, so that none can be put together with the next. Seconds of work, not minutes: of constants of
 * comparisons SQLite would compare each with all others. */
static void a_hundred_thousand_addresses_are_taken(void **state)
{
    g_autoptr(GString) text = g_string_new("src ip in [10.0.0.0");
    const clock_t begin = clock();

    (void)state;
    for (unsigned i = 1; i < 60000; i++)
        g_string_append_printf(text, ",10.%u.%u.%u", i * 2 >> 16, i * 2 >> 8 & 255, i * 2 & 255);
    g_string_append(text, "]");
    assert_int_equal(found_by(text->str), 1);
    g_string_assign(text, "ip in [10.3.0.0");
    for (unsigned i = 1; i < 65536; i++)
        g_string_append_printf(text, ",9.%u.%u.0/25", i >> 8, i & 255);
    g_string_append(text, ",10.3.13.0/24]");
    assert_int_equal(found_by(text->str), 1);
    assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
}

static void what_is_wide_and_deep_is_taken(void **state)
{
    g_autoptr(GString) text = g_string_new("port 1");

    (void)state;
    for (unsigned i = 1; i < FZ_FILTER_TESTS_MAX; i++)
        g_string_append_printf(text, " or not port %u", i + 100);
    assert_int_equal(found_by(text->str), 3);
    /* Deep, and wide at each depth, in either order. */
    for (int order = 0; order < 2; order++) {
        g_string_assign(text, "port 1");
        for (unsigned depth = 0; depth < 14; depth++) {
            const char *word = depth % 2 ? "and" : "or";
            g_autoptr(GString) level = g_string_new("zone wifi");
            for (unsigned i = 0; i < 70; i++)
                g_string_append_printf(level, " %s ip in [10.%u.0.0/16, 2001:db8::%u]", word, i, i);
            g_autofree char *inner = g_strdup(text->str);
            if (order)
                g_string_printf(text, "(%s) %s %s", inner, word, level->str);
            else
                g_string_printf(text, "%s %s (%s)", level->str, word, inner);
        }
        assert_int_not_equal(found_by(text->str), -1);
    }
}

/* How the tests of a filter are divided between the two sides of each "and" and "or". */
typedef enum shape { LEFT, RIGHT, ENDS, HALVES, ANY, SHAPES } shape;

/* Appends a filter of so many tests, of "and" inside of "or" and the other way round; returns the rows it picks. */
static int append_random(GString *text, GRand *dice, shape form, int tests, bool is_or)
{
    static const char *const words[] = {"src port 1", "src port != 3", "dst port in [0, 7]", "port 1-65535"};
    static const int picks[] = {1, 5, 6, 7};
    const int first[SHAPES] = {tests - 1, 1, g_rand_boolean(dice) ? 1 : tests - 1, tests / 2, 0};

    if (tests == 1) {
        const int which = g_rand_int_range(dice, 0, G_N_ELEMENTS(words));
        g_string_append(text, words[which]);
        return picks[which];
    }
    const bool negated = g_rand_int_range(dice, 0, 16) == 0;
    const int left = form == ANY ? g_rand_int_range(dice, 1, tests) : first[form];
    g_string_append(text, negated ? "not (" : "(");
    const int a = append_random(text, dice, form, left, is_or == negated);
    g_string_append(text, is_or ? " or " : " and ");
    const int b = append_random(text, dice, form, tests - left, is_or == negated);
    g_string_append_c(text, ')');
    const int picked = is_or ? a | b : a & b;
    return negated ? 7 & ~picked : picked;
}

static void what_is_deep_is_answered(void **state)
{
    const guint32 seed = g_random_int();

    (void)state;
    print_message("seed %u\n", seed);
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    for (int i = 0; i < 40 * SHAPES; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        const int tests = g_rand_boolean(dice) ? 900 : g_rand_int_range(dice, 2, 900);
        const int picked = append_random(text, dice, (shape)(i % SHAPES), tests, g_rand_boolean(dice));
        assert_int_equal(picked_by(text->str), picked);
    }
}

/* Two sides that are as deep: none of them can be left to the end. */
static void what_is_deep_on_both_sides_is_taken(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);

    (void)state;
    for (int side = 0; side < 8; side++) {
        GString *deep = g_string_new("src port 3");
        for (int i = 0; i < 120; i++) {
            g_string_prepend_c(deep, '(');
            g_string_append_printf(deep, ") %s src port %d", i % 2 ? "and" : "or", i % 4 ? 3 : 1);
        }
        g_string_append_printf(text, "%s(", side % 2 ? " and (" : side ? " or (" : "");
        g_string_append_printf(text, "%s)", deep->str);
        g_string_free(deep, TRUE);
    }
    for (int side = 1; side < 8; side++)
        g_string_append_c(text, ')');
    assert_int_not_equal(picked_by(text->str), -1);
}

static void errors_name_what_the_store_has(void **state)
{
    static const char *const cases[][2] = {
        {"port 1 or zone wfii",
         "filter: the store has no zone 'wfii'; did you mean 'wifi'?\n  port 1 or zone wfii\n            ^~~~~~~~~"},
        {"number 77", "filter: the store has no number '77'; it has '1'\n  number 77\n  ^~~~~~~~~"},
        {"sensor rome", "filter: the store has no sensor 'rome'; did you mean 'Rome'?\n  sensor rome\n  ^~~~~~~~~~~"},
        {"location x", "filter: the store has no location 'x'; it has 'Rome'\n  location x\n  ^~~~~~~~~~"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(sql_of(cases[i][0], &fz_dialect_sqlite, FZ_TIER_DETAILS, &error));
        assert_string_equal(error->message, cases[i][1]);
    }
}

static void tiers_know_what_they_have(void **state)
{
    static const struct {
        const char *text, *tiers; /* details, hours, hosts, minutes */
    } cases[] = {
        {"zone wifi", "dhy-m"},
        {"src zone wifi", "dhy--"},
        {"service https and proto 6", "dh---"},
        {"port 443", "d----"},
        {"sensor a or location b", "dhyam"},
        {"source a", "d---m"},
        {"cross or inside", "dhy-m"},
        {"not in", "dhy--"},
        {"bytes > 1", "d----"},
        {"zone a and (zone b or not ip 10.0.0.1)", "d----"},
        {"", "dhyam"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(fz_filter) filter = fz_filter_parse(cases[i].text, FZ_FILTER_OF_FLOWS, NULL);
        for (fz_tier tier = FZ_TIER_DETAILS; tier <= FZ_TIER_MINUTES; tier++)
            assert_int_equal(fz_filter_fits(filter, tier), cases[i].tiers[tier] != '-');
    }
}

static void having_is_of_the_sums(void **state)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autoptr(fz_filter) filter =
        fz_filter_parse("peers > 3 and not (src bytes <= 1k or rate != 5)", FZ_FILTER_OF_SUMS, NULL);

    (void)state;
    fz_filter_having(sql, filter, &fz_dialect_sqlite);
    assert_string_equal(
        sql->str,
        "((peers > 3) AND NOT (client_bytes <= 1000) AND NOT (duration_us > 0 AND bytes * 8e6 <> 5e0 * duration_us))");
    assert_true(fz_filter_asks(filter, FZ_TERM_PEERS));
    assert_false(fz_filter_asks(filter, FZ_TERM_FLOWS));
}

static void sets_join_what_touches(void **state)
{
    g_autoptr(fz_sql_set) set = fz_sql_set_new();
    g_autoptr(GString) sql = g_string_new(NULL);

    (void)state;
    fz_sql_set_append(sql, set, &fz_dialect_sqlite, "a");
    assert_string_equal(sql->str, "1 = 0");
    g_string_truncate(sql, 0);
    fz_sql_set_add(set, 9, 9);
    fz_sql_set_add(set, 3, 5);
    fz_sql_set_add(set, 4, 4);
    fz_sql_set_add(set, 6, 7);
    fz_sql_set_add(set, G_MAXUINT64, G_MAXUINT64);
    fz_sql_set_append(sql, set, &fz_dialect_sqlite, "a");
    assert_string_equal(sql->str, "(a IN (9, 18446744073709551615) OR a BETWEEN 3 AND 7)");
}

static void texts_are_words_or_digits(void **state)
{
    static const char *const cases[][2] = {{"log.pcap_1-2", "'log.pcap_1-2'"},
                                           {"", "CAST(x'' AS TEXT)"},
                                           {"';\\", "CAST(x'273b5c' AS TEXT)"},
                                           {"é", "CAST(x'c3a9' AS TEXT)"}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) sql = g_string_new(NULL);
        fz_sql_text(sql, &fz_dialect_sqlite, cases[i][0]);
        assert_string_equal(sql->str, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_addresses_are_taken),
        cmocka_unit_test(what_is_wide_and_deep_is_taken),
        cmocka_unit_test(what_is_deep_is_answered),
        cmocka_unit_test(what_is_deep_on_both_sides_is_taken),
        cmocka_unit_test(errors_name_what_the_store_has),
        cmocka_unit_test(tiers_know_what_they_have),
        cmocka_unit_test(having_is_of_the_sums),
        cmocka_unit_test(sets_join_what_touches),
        cmocka_unit_test(texts_are_words_or_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
