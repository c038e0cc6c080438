/* Records of a CSV text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* All records of a text as "line:field|field;", faults as "line!;". */
static char *read_all(const char *text, size_t size)
{
    GString *all = g_string_new(NULL);
    fz_csv csv;

    fz_csv_init(&csv, text, size);
    while (fz_csv_next(&csv)) {
        g_string_append_printf(all, "%u", csv.fault ? csv.fault_line : csv.line);
        for (unsigned i = 0; !csv.fault && i < MIN(csv.fields, FZ_CSV_FIELDS); i++) {
            assert_int_equal(strlen(fz_csv_field(&csv, i)), csv.size[i]);
            g_string_append_printf(all, "%c%s", i == 0 ? ':' : '|', fz_csv_field(&csv, i));
        }
        g_string_append(all, csv.fault ? "!;" : ";");
    }
    fz_csv_clear(&csv);
    return g_string_free(all, FALSE);
}

static void assert_reads(const char *text, const char *expected)
{
    g_autofree char *all = read_all(text, strlen(text));

    assert_string_equal(all, expected);
}

static void fields_end_at_commas_and_lines(void **state)
{
    (void)state;

    assert_reads("a,b\nc,d\n", "1:a|b;2:c|d;");
    assert_reads("a,b\r\nc,d\r\n", "1:a|b;2:c|d;");
    assert_reads("a,b", "1:a|b;");
    assert_reads(",\n", "1:|;");
    assert_reads("a,", "1:a|;");
    assert_reads(" a , b \n", "1: a | b ;");
}

static void a_lone_carriage_return_is_text(void **state)
{
    (void)state;

    assert_reads("a\rb,c\r", "1:a\rb|c\r;");
}

static void quoted_fields_hold_commas_quotes_and_lines(void **state)
{
    (void)state;

    assert_reads("\"a,b\",\"c\"\"d\",\"\"\n", "1:a,b|c\"d|;");
    assert_reads("\"\"\"\",x\n", "1:\"|x;");
    assert_reads("x,\"a\nb\",y\nz\n", "1:x|a\nb|y;3:z;");
    assert_reads("\"a\r\nb\"\r\n\"c\"", "1:a\r\nb;3:c;");
    assert_reads("\"# no comment\"\n", "1:# no comment;");
}

static void comments_blank_lines_and_bom_are_skipped(void **state)
{
    (void)state;

    assert_reads("# a,\"b\n\n   \n\t# c\na\n", "5:a;");
    assert_reads("\r\n#\r\na\r\n", "3:a;");
    assert_reads("\xef\xbb\xbf"
                 "a\n",
                 "1:a;");
    assert_reads("\xef\xbb\xbf# a\nb", "2:b;");
    assert_reads("", "");
    assert_reads("\n\n", "");
    assert_reads("#", "");
    assert_reads("  ", "");
    assert_reads("a#b\n", "1:a#b;");
}

static void a_quote_out_of_place_is_a_fault_of_its_line_alone(void **state)
{
    (void)state;

    assert_reads("a\"b,c\nd\n", "1!;2:d;");
    assert_reads("\"a\"b,c\nd\n", "1!;2:d;");
    assert_reads("\"a\nb\"c\nd\n", "2!;3:d;");
}

static void an_open_quote_is_a_fault_of_its_line_alone(void **state)
{
    (void)state;

    assert_reads("a\n\"b,c\nd\n", "1:a;2!;3:d;");
    assert_reads("\"", "1!;");
    assert_reads("a\n\"b\"\"\nc\n", "1:a;2!;3:c;");
    assert_reads("a\n\"b\"\"\nc\"\"\nd\n", "1:a;2!;3!;4:d;");
    assert_reads("\"a\nb\",\"c\nd\n", "2!;3:d;");
}

static void more_fields_than_are_kept_are_counted(void **state)
{
    (void)state;

    fz_csv csv;
    const char *text = "0,1,2,3,4,5,6,7,8,9,\"10\",\n";

    fz_csv_init(&csv, text, strlen(text));
    assert_true(fz_csv_next(&csv));
    assert_int_equal(csv.fields, 12);
    assert_string_equal(fz_csv_field(&csv, 7), "7");
    assert_false(fz_csv_next(&csv));
    fz_csv_clear(&csv);
}

static void a_text_without_bytes_may_be_null(void **state)
{
    (void)state;

    g_autofree char *all = read_all(NULL, 0);

    assert_string_equal(all, "");
}

static void nul_bytes_belong_to_their_field(void **state)
{
    (void)state;

    fz_csv csv;

    fz_csv_init(&csv, "a\0b,c\n", 6);
    assert_true(fz_csv_next(&csv));
    assert_int_equal(csv.fields, 2);
    assert_int_equal(csv.size[0], 3);
    assert_memory_equal(fz_csv_field(&csv, 0), "a\0b", 4);
    assert_string_equal(fz_csv_field(&csv, 1), "c");
    fz_csv_clear(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_end_at_commas_and_lines),
        cmocka_unit_test(a_lone_carriage_return_is_text),
        cmocka_unit_test(quoted_fields_hold_commas_quotes_and_lines),
        cmocka_unit_test(comments_blank_lines_and_bom_are_skipped),
        cmocka_unit_test(a_quote_out_of_place_is_a_fault_of_its_line_alone),
        cmocka_unit_test(an_open_quote_is_a_fault_of_its_line_alone),
        cmocka_unit_test(more_fields_than_are_kept_are_counted),
        cmocka_unit_test(a_text_without_bytes_may_be_null),
        cmocka_unit_test(nul_bytes_belong_to_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
