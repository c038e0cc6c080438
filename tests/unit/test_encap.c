/* The table of encapsulations: what its rows say, and that this libwiretap has none without a row.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "encap.h"
#include "headers.h"

#include "../../plugin/compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_encapsulation_has_a_row(void **state)
{
    (void)state;
    for (int encap = 0; encap < wtap_get_num_encap_types(); encap++) {
        print_message("%d %s\n", encap, wtap_encap_name(encap));
        assert_non_null(fz_encap_find(wtap_encap_name(encap)));
    }
}

static void the_map_knows_every_number(void **state)
{
    fz_encaps map;
    (void)state;
    assert_true(wtap_get_num_encap_types() < FZ_ENCAPS);
    fz_encaps_fill(&map, wtap_encap_name, wtap_get_num_encap_types());
    for (int encap = 0; encap < wtap_get_num_encap_types(); encap++)
        assert_ptr_equal(fz_encaps_find(&map, encap), fz_encap_find(wtap_encap_name(encap)));
    assert_string_equal(fz_encaps_find(&map, WTAP_ENCAP_ETHERNET)->name, "ether");
    assert_int_equal(fz_encaps_find(&map, WTAP_ENCAP_ETHERNET)->linktype, 1);
}

static void what_has_no_row_is_full_only(void **state)
{
    static const int numbers[] = {-1, FZ_ENCAPS - 1, FZ_ENCAPS, INT32_MAX, INT32_MIN};
    fz_encaps map;
    (void)state;
    fz_encaps_fill(&map, wtap_encap_name, wtap_get_num_encap_types());
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        const fz_encap *row = fz_encaps_find(&map, numbers[i]);
        assert_int_equal(row->class, FZ_ENCAP_FULL_ONLY);
        assert_int_equal(row->linktype, -1);
    }
    assert_null(fz_encap_find("carrier-pigeon"));
}

/* All LINKTYPE_ numbers that wiretap takes for one encapsulation lead to that row: enc has two, raw IP has three. */
static void numbers_of_one_encapsulation_are_one_row(void **state)
{
    static const struct {
        int number, linktype;
    } cases[] = {{13, 109}, {109, 109}, {12, 101}, {14, 101}, {101, 101}, {9, 9}, {50, 9}, {112, 104}, {11, 100}};
    fz_encaps map;
    (void)state;
    fz_encaps_fill(&map, wtap_encap_name, wtap_get_num_encap_types());
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(fz_encaps_find(&map, wtap_pcap_encap_to_wtap_encap(cases[i].number))->linktype,
                         cases[i].linktype);
}

static int begin(void **state)
{
    (void)state;
    wtap_init(FALSE);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encapsulation_has_a_row),
        cmocka_unit_test(the_map_knows_every_number),
        cmocka_unit_test(what_has_no_row_is_full_only),
        cmocka_unit_test(numbers_of_one_encapsulation_are_one_row),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
