/* The table of fields of a row of packets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Every byte of a row but family, has and the reserved ones belongs to exactly one field. */
static void fields_cover_the_row(void **state)
{
    (void)state;
    uint8_t covered[sizeof(fz_packet_row)] = {0};
    for (size_t i = 0; i < fz_packet_field_count; i++) {
        const fz_packet_field *field = &fz_packet_fields[i];
        assert_true(field->offset + field->size <= sizeof(fz_packet_row));
        for (size_t at = field->offset; at < (size_t)field->offset + field->size; at++)
            covered[at]++;
    }
    for (size_t at = 0; at < sizeof covered; at++) {
        bool beside = at == offsetof(fz_packet_row, family) || at >= offsetof(fz_packet_row, has);
        if (covered[at] != !beside)
            fail_msg("byte %zu of fz_packet_row is in %u fields", at, covered[at]);
    }
}

static void fields_are_named_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < fz_packet_field_count; i++)
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(fz_packet_fields[i].name, fz_packet_fields[j].name);
            if (fz_packet_fields[i].column && fz_packet_fields[j].column)
                assert_string_not_equal(fz_packet_fields[i].column, fz_packet_fields[j].column);
        }
}

static void the_blogs_columns_come_first(void **state)
{
    (void)state;
    static const char *const names[] = {"frame_number", "frame_time", "frame_time_epoch", "ip_len",  "eth_src",
                                        "eth_dst",      "ip_src",     "ip_dst",           "ip_proto"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        assert_string_equal(fz_packet_fields[i].name, names[i]);
}

static void rows_have_what_they_say(void **state)
{
    (void)state;
    const fz_packet_row none = {.frame = 1}, all = {.family = FZ_IPV4, .has = 15}, no_port = {.family = FZ_IPV6};
    size_t had = 0;
    for (size_t i = 0; i < fz_packet_field_count; i++) {
        const fz_packet_field *field = &fz_packet_fields[i];
        assert_int_equal(fz_packet_row_has(&none, field), field->needs == 0);
        assert_int_equal(fz_packet_row_has(&no_port, field), field->needs == 0 || field->needs == FZ_NEEDS_IP);
        had += fz_packet_row_has(&all, field);
    }
    assert_int_equal(had, fz_packet_field_count);
}

/* The manual has a paragraph for each, in their order, which begins with its meaning. */
static void the_manual_says_what_fields_mean(void **state)
{
    (void)state;
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(FZ_SOURCE "/packaging/man/flowzone-tap.7", &text, NULL, NULL));
    const char *at = strstr(text, ".SH COLUMNS OF PACKETS\n");
    assert_non_null(at);
    for (size_t i = 0; i < fz_packet_field_count; i++) {
        const fz_packet_field *field = &fz_packet_fields[i];
        g_autofree char *head = g_strdup_printf(".B %s\n", field->name);
        at = strstr(at, ".TP\n");
        assert_non_null(at);
        at += strlen(".TP\n");
        if (!g_str_has_prefix(at, head))
            fail_msg("no %s where it belongs", field->name);
        at += strlen(head);
        if (g_ascii_strncasecmp(at, field->meaning, strlen(field->meaning)) != 0)
            fail_msg("of %s another meaning than \"%s\"", field->name, field->meaning);
    }
    const char *end = strstr(at, ".PP\n"), *more = strstr(at, ".TP\n");
    assert_true(end && (!more || end < more));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_cover_the_row),
        cmocka_unit_test(fields_are_named_once),
        cmocka_unit_test(the_blogs_columns_come_first),
        cmocka_unit_test(rows_have_what_they_say),
        cmocka_unit_test(the_manual_says_what_fields_mean),
    };
    return cmocka_run_group_tests_name("packet_field", tests, NULL, NULL);
}
