/* Names beside drawings: whatever they are, they keep to their room.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drawing_parts.h"

#define ACUTE "\xcc\x81"
#define HAN "\xe6\xbc\xa2"
#define SHCHA "\xd0\xa9"
#define BASMALA "\xef\xb7\xbd"

/* The element of a name in a room; valid until the next call. */
static const part *name_in(const char *name, double room)
{
    static GPtrArray *parts;
    g_autoptr(GString) text = g_string_new(NULL);
    const fz_drawing_label label = {.x = 10, .y = 20, .room = room};

    if (parts)
        g_ptr_array_unref(parts);
    fz_drawing_name(text, &label, name);
    parts = parts_read(text->str);
    return g_ptr_array_index(parts, 1); /* the first one is around all */
}

static void names_are_cut_by_their_width(void **state)
{
    static const struct {
        const char *name, *shown;
    } rows[] = {
        {"cloud", "cloud"},
        {"a name of some length", "a name of som\u2026"},
        {"iiiiiiiiiiiiiiiiiiii", "iiiiiiiiiiiiiiiiiiii"},                   /* 20 narrow letters are short */
        {"WWWWWWWWWWWWWWWWWWWW", "WWWWWWW\u2026"},                          /* and 8 wide ones long */
        {HAN HAN HAN HAN HAN HAN HAN HAN, HAN HAN HAN HAN HAN HAN HAN HAN}, /* of one em each */
        {HAN HAN HAN HAN HAN HAN HAN HAN HAN HAN, HAN HAN HAN HAN HAN HAN HAN HAN "\u2026"},
        {"e" ACUTE "te" ACUTE, "e" ACUTE "te" ACUTE},
        {"Ze" ACUTE ACUTE ACUTE ACUTE "llo", "Ze" ACUTE ACUTE "\u2026"}, /* marks would reach the line above */
        {"a\nb\xff", "a\\x0ab\\xff"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_string_equal(name_in(rows[i].name, 124)->text->str, rows[i].shown);
}

/* Letters whose width is not known are pressed into the room, if they could be longer. */
static void unknown_letters_are_fitted(void **state)
{
    (void)state;
    assert_string_equal(part_word(name_in("cloud", 124), "textLength"), "");
    assert_string_equal(part_word(name_in(SHCHA SHCHA SHCHA, 124), "textLength"), "");
    assert_true(part_number(name_in(SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA, 124), "textLength") <=
                124);
    assert_true(part_number(name_in(SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA SHCHA, 124), "textLength") >
                80);
    assert_true(part_number(name_in(BASMALA, 124), "textLength") > 0);
    assert_true(part_number(name_in(BASMALA, 124), "textLength") < 20);
}

static void all_keep_to_their_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(odd_names); i++)
        for (int room = 60; room < 200; room += 7)
            assert_true(part_number(name_in(odd_names[i], room), "textLength") <= room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_cut_by_their_width),
        cmocka_unit_test(unknown_letters_are_fitted),
        cmocka_unit_test(all_keep_to_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
