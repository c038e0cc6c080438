/* Rows of cells: order, widths, forms.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rowset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const fz_rowset_column columns[] = {
    {"name", "Name", FZ_ROWSET_TEXT},
    {"packets", "Packets", FZ_ROWSET_COUNT},
    {"share", "%", FZ_ROWSET_PERCENT},
    {"note", "Note", FZ_ROWSET_TEXT},
};

static void add(fz_rowset *rowset, uint64_t weight, const char *name, double percent, const char *note)
{
    fz_rowset_cell *cells = fz_rowset_add(rowset, weight);

    cells[0].text = g_strdup(name);
    cells[1].count = weight;
    cells[2].percent = percent;
    cells[3].text = g_strdup(note);
}

/* Two of one weight, one that is cut off, one that is wide. */
static fz_rowset *some_rows(void)
{
    fz_rowset *rowset = fz_rowset_new(columns, G_N_ELEMENTS(columns));

    add(rowset, 7, "b", 1, "x,y");
    add(rowset, 1, "light", 0, "");
    add(rowset, UINT64_MAX, "\u6771\u4eac", 99.995, "");
    add(rowset, 7, "a", 0.5, "\u202e\"q\"");
    fz_rowset_sort(rowset, 3);
    return rowset;
}

static void heavy_rows_come_first_and_the_rest_is_cut_off(void **state)
{
    g_autoptr(fz_rowset) rowset = some_rows();

    (void)state;
    assert_int_equal(fz_rowset_count(rowset), 3);
    assert_string_equal(fz_rowset_get(rowset, 0)[0].text, "\u6771\u4eac");
    assert_string_equal(fz_rowset_get(rowset, 1)[0].text, "a");
    assert_string_equal(fz_rowset_get(rowset, 2)[0].text, "b");
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    g_autoptr(fz_rowset) rowset = some_rows();
    g_autoptr(GString) out = g_string_new(NULL);

    (void)state;
    fz_rowset_print_table(rowset, "> ", out);
    assert_string_equal(out->str, "> Name               Packets       %  Note\n"
                                  "> \u6771\u4eac  18446744073709551615  100.00  \n"
                                  "> a                        7    0.50  \\u{202e}\"q\"\n"
                                  "> b                        7    1.00  x,y\n");
}

static void csv_and_json_quote_what_they_must(void **state)
{
    g_autoptr(fz_rowset) rowset = some_rows();
    g_autoptr(GString) csv = g_string_new(NULL), json = g_string_new(NULL);

    (void)state;
    fz_rowset_print_csv(rowset, csv);
    assert_string_equal(csv->str, "name,packets,share,note\n"
                                  "\u6771\u4eac,18446744073709551615,100.00,\n"
                                  "a,7,0.50,\"\u202e\"\"q\"\"\"\n"
                                  "b,7,1.00,\"x,y\"\n");
    fz_rowset_print_json(rowset, json);
    assert_string_equal(json->str,
                        "{\"name\":\"\u6771\u4eac\",\"packets\":18446744073709551615,\"share\":100.00,\"note\":\"\"}\n"
                        "{\"name\":\"a\",\"packets\":7,\"share\":0.50,\"note\":\"\\u202e\\\"q\\\"\"}\n"
                        "{\"name\":\"b\",\"packets\":7,\"share\":1.00,\"note\":\"x,y\"}\n");
}

static void no_rows_leave_the_titles(void **state)
{
    g_autoptr(fz_rowset) rowset = fz_rowset_new(columns, G_N_ELEMENTS(columns));
    g_autoptr(GString) out = g_string_new(NULL);

    (void)state;
    fz_rowset_sort(rowset, 0);
    fz_rowset_print_table(rowset, "", out);
    assert_string_equal(out->str, "Name  Packets  %  Note\n");
    fz_rowset_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heavy_rows_come_first_and_the_rest_is_cut_off),
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(csv_and_json_quote_what_they_must),
        cmocka_unit_test(no_rows_leave_the_titles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
