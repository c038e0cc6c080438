/* The cross table: what people see of it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const fz_answer_manner people = {.utc = true, .utf8 = true, .width = 80};

static void expect(const fz_answer_manner *manner, const fz_matrix *matrix, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    fz_matrix_print(out, manner, matrix);
    (void)fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static const char *const clients[] = {"wifi",    "office",     "(internet)", "lab",
                                      "servers", "other (11)", "(no zone)",  "all"};
static const char *const servers[] = {"(internet)", "cloud",      "search",    "mirror",
                                      "social",     "other (11)", "(no zone)", "all"};

/* The mock-up's. */
static const int64_t cells[] = {
    6260000, 1100000, 686000,  1410000, 10100,    344000,  1210,    9820000, 4350000, 475000,  264000,  0,       545000,
    53400,   120,     5690000, 2800000, 19500,    713000,  203,     2780,    691000,  150000,  4370000, 990000,  438000,
    80800,   0,       73200,   225000,  41200,    1850000, 390000,  1070000, 18500,   0,       0,       243000,  33200,
    1750000, 3360000, 226000,  29000,   41400,    402000,  1950000, 68500,   6090000, 1960000, 23800,   16500,   11000,
    31600,   350000,  1840000, 4230000, 20100000, 3350000, 1810000, 1460000, 1070000, 3860000, 2140000, 33800000};
static const fz_matrix mock_up = {.corner = "client ↓ server →",
                                  .rows = clients,
                                  .columns = servers,
                                  .row_count = G_N_ELEMENTS(clients),
                                  .column_count = G_N_ELEMENTS(servers),
                                  .cells = cells,
                                  .unit = "Bytes"};

static void a_matrix_is_as_people_read_it(void **state)
{
    (void)state;
    assert_int_equal(fz_matrix_fits(&people, strlen("(internet)")), 8);
    expect(&people, &mock_up,
           "    client ↓ server →\n"
           "              (internet)          search          social       (no zone)\n"
           "                           cloud          mirror      other (11)             all\n"
           "    wifi           6.26M   1.10M    686k   1.41M   10.1k    344k   1.21k   9.82M\n"
           "    office         4.35M    475k    264k       ·    545k   53.4k     120   5.69M\n"
           "    (internet)     2.80M   19.5k    713k     203   2.78k    691k    150k   4.37M\n"
           "    lab             990k    438k   80.8k       ·   73.2k    225k   41.2k   1.85M\n"
           "    servers         390k   1.07M   18.5k       ·       ·    243k   33.2k   1.75M\n"
           "    other (11)     3.36M    226k   29.0k   41.4k    402k   1.95M   68.5k   6.09M\n"
           "    (no zone)      1.96M   23.8k   16.5k   11.0k   31.6k    350k   1.84M   4.23M\n"
           "    all            20.1M   3.35M   1.81M   1.46M   1.07M   3.86M   2.14M   33.8M\n"
           "    Bytes: k thousand, M million, · none.\n");
}

/* Names of any bytes, shortened; integers; no blocks and dots where the locale has none. */
static void a_matrix_of_odd_names(void **state)
{
    static const char *const rows[] = {"a name that is longer than a column may be", "\033[2J", "all"};
    static const char *const columns[] = {"\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac", "b",
                                          "\xff\xfe", "all"};
    static const int64_t few[] = {1234567, 0, -5,           1234562,      0, 0, 999999999999, 999999999999,
                                  1234567, 0, 999999999994, 1000001234561};
    fz_answer_manner manner = {.exact = true, .width = 106};
    fz_matrix matrix = {.corner = "client",
                        .rows = rows,
                        .columns = columns,
                        .row_count = 3,
                        .column_count = 4,
                        .cells = few,
                        .unit = "Packets"};

    (void)state;
    assert_int_equal(fz_matrix_fits(&manner, 40), 4);
    expect(
        &manner, &matrix,
        "    client\n"
        "                             東京東京東京東京東京                              \\xff\\xfe\n"
        "                                                                   b                                   all\n"
        "    a name that is longer...            1,234,567                  -                 -5          1,234,562\n"
        "    \\x1b[2J                                     -                  -    999,999,999,999    999,999,999,999\n"
        "    all                                 1,234,567                  -    999,999,999,994  1,000,001,234,561\n"
        "    Packets: - none.\n");
    manner = (fz_answer_manner){.exact = true, .utf8 = true, .width = 60};
    assert_int_equal(fz_matrix_fits(&manner, 40), 1);
    expect(&manner, &matrix,
           "    client\n"
           "                       東京東京東京…        \\xff\\xfe\n"
           "                                           b             all\n"
           "    a name that is longer…     1.23M       ·      -5   1.23M\n"
           "    \\x1b[2J                        ·       ·   1.00T   1.00T\n"
           "    all                        1.23M       ·   1.00T   1.00T\n"
           "    Packets: M million, T trillion, · none.\n");
}

/* The brightest blue is the largest factor of ten; sums have none. */
static void shades_are_factors_of_ten(void **state)
{
    static const char *const titles[] = {"a", "b", "all"};
    static const int64_t few[] = {123456, 99999, 223455, 99, 0, 99, 123555, 99999, 223554};
    fz_answer_manner manner = {.utf8 = true, .width = 80, .colour = true, .colours256 = true};
    fz_matrix matrix = {.corner = "client",
                        .rows = titles,
                        .columns = titles,
                        .row_count = 3,
                        .column_count = 3,
                        .cells = few,
                        .unit = "Bytes"};

    (void)state;
    expect(&manner, &matrix,
           "    \033[2mclient\033[0m\n"
           "\033[2m                a             all\033[0m\n"
           "\033[2m                        b\033[0m\n"
           "    \033[1ma\033[0m    \033[38;5;231;48;5;21m    123k\033[0m\033[38;5;231;48;5;20m    100k\033[0m    223k\n"
           "    \033[1mb\033[0m    \033[38;5;231;48;5;17m      99\033[0m       ·      99\n"
           "    all      124k    100k    224k\n"
           "    \033[2mBytes: k thousand, · none.\033[0m\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_is_as_people_read_it),
        cmocka_unit_test(a_matrix_of_odd_names),
        cmocka_unit_test(shades_are_factors_of_ten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
