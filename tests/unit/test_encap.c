/* The table of encapsulations: its rows, and that every encapsulation of this libwiretap has one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "encap.h"
#include "headers.h"
#include "unwalked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <wiretap/pcap-encap.h>
#include <wiretap/wtap.h>

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

/* A walked row has a walk, and no other has. */
static void the_class_is_that_of_the_walk(void **state)
{
    static const uint8_t nothing[1];
    (void)state;
    for (int encap = 0; encap < wtap_get_num_encap_types(); encap++) {
        const fz_encap *row = fz_encap_find(wtap_encap_name(encap));
        fz_layer layer = {FZ_LAYER_LINK_TYPE, 0};
        fz_packet packet;
        const fz_verdict verdict = fz_headers_frame(row->linktype, nothing, 0, 0, &packet, &layer);
        print_message("%s\n", row->name);
        assert_int_equal(verdict == FZ_FRAME_UNWALKED, row->class == FZ_ENCAP_FULL_ONLY && row->linktype >= 0);
        assert_true(row->class != FZ_ENCAP_WALKED || row->linktype >= 0);
        assert_int_equal(fz_encap_only_dissected(row->linktype), verdict == FZ_FRAME_UNWALKED);
        assert_true(*row->source != '\0');
    }
}

/* FORMAT.md lists what is not walked, by number and name. */
static void what_is_full_only_is_documented(void **state)
{
    g_autofree char *text = NULL;
    (void)state;
    assert_true(g_file_get_contents(FZ_FORMAT, &text, NULL, NULL));
    for (int encap = 0; encap < wtap_get_num_encap_types(); encap++) {
        const fz_encap *row = fz_encap_find(wtap_encap_name(encap));
        g_autofree char *words = row->linktype >= 0 ? g_strdup_printf("%d (`%s`)", row->linktype, row->name)
                                                    : g_strdup_printf("`%s`", row->name);
        print_message("%s\n", words);
        assert_int_equal(strstr(text, words) != NULL, row->class == FZ_ENCAP_FULL_ONLY);
    }
}

static void unwalked_frames_are_counted_by_layer(void **state)
{
    static const uint8_t fcoe[16] = {[12] = 0x89, [13] = 0x06};
    static const char *const lines[] = {
        "link type 143: no walk; 2 frames counted as not IP; the full engine dissects them",
        "link type cosine: no walk; 1 frame counted as not IP; the full engine dissects it",
        "EtherType 0x8906: no walk; 1 frame counted as not IP; the full engine dissects it",
    };
    fz_unwalked *unwalked = fz_unwalked_new();
    fz_packet packet;
    (void)state;
    fz_unwalked_frame(unwalked, fz_encap_find("ether"), fcoe, sizeof fcoe, sizeof fcoe, &packet);
    fz_unwalked_frame(unwalked, fz_encap_find("docsis"), fcoe, sizeof fcoe, sizeof fcoe, &packet);
    fz_unwalked_frame(unwalked, fz_encap_find("cosine"), fcoe, sizeof fcoe, sizeof fcoe, &packet);
    fz_unwalked_frame(unwalked, fz_encap_find("docsis"), fcoe, sizeof fcoe, sizeof fcoe, &packet);
    fz_unwalked_frame(unwalked, fz_encap_find("json"), fcoe, sizeof fcoe, sizeof fcoe, &packet);
    g_auto(GStrv) told = fz_unwalked_lines(unwalked);
    assert_int_equal(g_strv_length(told), G_N_ELEMENTS(lines));
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        const char *wanted = lines[i];
        assert_true(g_strv_contains((const char *const *)told, wanted));
    }
    fz_unwalked_free(unwalked);
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
        cmocka_unit_test(the_class_is_that_of_the_walk),
        cmocka_unit_test(what_is_full_only_is_documented),
        cmocka_unit_test(unwalked_frames_are_counted_by_layer),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
