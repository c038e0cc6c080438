/* The table of fields, and what documents say of them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool overlap(const fz_field *a, const fz_field *b)
{
    return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* Every byte of a record but family and the reserved ones belongs to exactly one field, sums aside. */
static void fields_cover_the_record(void **state)
{
    (void)state;
    uint8_t covered[sizeof(fz_record)] = {0};
    for (size_t i = 0; i < fz_field_count; i++) {
        const fz_field *field = &fz_fields[i];
        assert_true(field->offset + field->size <= sizeof(fz_record));
        if (field->kind == FZ_FIELD_SUM)
            continue;
        for (size_t at = field->offset; at < (size_t)field->offset + field->size; at++)
            covered[at]++;
    }
    for (size_t at = 0; at < sizeof covered; at++) {
        bool beside = at == offsetof(fz_record, family) || at >= offsetof(fz_record, reserved);
        if (covered[at] != !beside)
            fail_msg("byte %zu of fz_record is in %u fields", at, covered[at]);
    }
}

static void fields_are_named_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < fz_field_count; i++)
        for (size_t j = 0; j < i; j++) {
            const fz_field *a = &fz_fields[i], *b = &fz_fields[j];
            assert_string_not_equal(a->name, b->name);
            if (a->element && b->element)
                assert_string_not_equal(a->element, b->element);
            if (a->column && b->column)
                assert_string_not_equal(a->column, b->column);
            if (a->kind != FZ_FIELD_SUM && b->kind != FZ_FIELD_SUM && a->size > 0 && b->size > 0)
                assert_false(overlap(a, b));
        }
}

static void fields_fit_their_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < fz_field_count; i++) {
        const fz_field *field = &fz_fields[i];
        assert_non_null(field->meaning);
        assert_int_equal(field->kind == FZ_FIELD_TIME, field->element_us != NULL);
        switch (field->kind) {
        case FZ_FIELD_TIME:
            assert_int_equal(field->size, 8);
            break;
        case FZ_FIELD_ADDR:
            assert_int_equal(field->size, 16);
            assert_non_null(field->element6);
            break;
        case FZ_FIELD_ZONE:
            assert_int_equal(field->size, 4);
            break;
        case FZ_FIELD_SUM:
            assert_int_equal(field->size, 16);
            assert_null(field->element);
            assert_null(field->column);
            break;
        case FZ_FIELD_OPENED:
            assert_int_equal(field->size, 1);
            break;
        case FZ_FIELD_UINT:
            assert_true(field->size == 1 || field->size == 2 || field->size == 4 || field->size == 8);
            break;
        default:
            assert_int_equal(field->size, 0);
            assert_null(field->element);
        }
    }
}

static void csv_begins_with_the_columns_of_the_blog(void **state)
{
    (void)state;
    static const char *const names[] = {"timestamp", "sip",      "dip",       "bytes",
                                        "packets",   "location", "sip_infos", "dip_infos"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        assert_string_equal(fz_fields[i].name, names[i]);
}

/* A text without what roff and Markdown have around words. The caller frees. */
static char *plain(const char *text)
{
    g_autoptr(GRegex) marks = g_regex_new("\\\\f[A-Z]|^\\.[A-Z]+ |T\\{\n|\nT\\}|[`*]", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *bare = g_regex_replace_literal(marks, text, -1, 0, "", 0, NULL);
    g_auto(GStrv) parts = g_strsplit(bare, "\\-", -1);

    return g_strstrip(g_strdelimit(g_strjoinv("-", parts), "\n", ' '));
}

/* A document's text, and of it what stands between two others. The caller frees. */
static char *part_of(const char *path, const char *from, const char *to)
{
    g_autofree char *whole_path = g_build_filename(FZ_SOURCE, path, NULL), *text = NULL;

    if (!g_file_get_contents(whole_path, &text, NULL, NULL))
        fail_msg("%s cannot be read", path);
    const char *begin = strstr(text, from), *end = begin ? strstr(begin + strlen(from), to) : NULL;
    if (!end)
        fail_msg("%s has no part from \"%s\" to \"%s\"", path, from, to);
    return g_strndup(begin + strlen(from), (gsize)(end - begin) - strlen(from));
}

/* What a document says of a field begins with the field's meaning; the first letter may be a capital. */
static void assert_means(const char *path, const fz_field *field, const char *text)
{
    g_autofree char *said = plain(text);
    size_t length = strlen(field->meaning);

    if (g_ascii_strncasecmp(said, field->meaning, 1) != 0 || strncmp(said + 1, field->meaning + 1, length - 1) != 0)
        fail_msg("%s says of %s \"%s\", expected \"%s\"", path, field->name, said, field->meaning);
}

/* Every row of a part that a pattern finds is a field, in the order of fz_fields: its name, and what it says. Hands
 * each to `check`, if there is one. Fields that `skipped` finds have no row. */
static void assert_rows(const char *path, const char *part, const char *pattern, bool (*skipped)(const fz_field *),
                        void (*check)(const fz_field *field, const GMatchInfo *row))
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_DOTALL, 0, NULL);
    g_autoptr(GMatchInfo) row = NULL;

    assert_non_null(regex);
    g_regex_match(regex, part, 0, &row);
    for (size_t i = 0; i < fz_field_count; i++) {
        const fz_field *field = &fz_fields[i];
        if (skipped && skipped(field))
            continue;
        if (!g_match_info_matches(row))
            fail_msg("%s has no row for %s", path, field->name);
        g_autofree char *name = g_match_info_fetch_named(row, "name"), *text = g_match_info_fetch_named(row, "text");
        if (strcmp(name, field->name) != 0)
            fail_msg("%s has a row for %s where %s belongs", path, name, field->name);
        assert_means(path, field, text);
        if (check)
            check(field, row);
        g_match_info_next(row, NULL);
    }
    assert_false(g_match_info_matches(row));
}

static void the_manual_of_the_tap_says_what_fields_mean(void **state)
{
    static const char path[] = "packaging/man/flowzone-tap.7";
    g_autofree char *part = part_of(path, ".SH COLUMNS\n", ".PP\n");

    (void)state;
    assert_rows(path, part, "^\\.TP\n\\.B (?<name>[^\n]*)\n(?<text>.*?)(?=^\\.TP|\\z)", NULL, NULL);
}

static void check_type(const fz_field *field, const GMatchInfo *row)
{
    g_autofree char *type = g_match_info_fetch_named(row, "type");
    const char *expected = field->kind == FZ_FIELD_TIME                                  ? "date"
                           : field->kind != FZ_FIELD_UINT && field->kind != FZ_FIELD_SUM ? "text"
                           : field->size == 1                                            ? "u8"
                           : field->size == 2                                            ? "u16"
                                                                                         : "count";

    assert_string_equal(type, expected);
}

static void the_manual_of_stores_says_what_fields_mean(void **state)
{
    static const char path[] = "packaging/man/flowzone-store.7";
    g_autofree char *part = part_of(path, ".SS netflow_table\n", ".TE\n");

    (void)state;
    assert_rows(path, part, "^(?<name>[a-z_]+)\t(?<type>[a-z0-9]+)\t(?<text>T\\{\n.*?\nT\\}|[^\n]*)\n", NULL,
                check_type);
}

static bool is_in_no_flow_file(const fz_field *field)
{
    return !field->element;
}

static void check_elements(const fz_field *field, const GMatchInfo *row)
{
    g_autofree char *said = g_match_info_fetch_named(row, "element"), *elements = plain(said);
    g_autofree char *bytes = g_match_info_fetch_named(row, "bytes"), *rest = g_match_info_fetch_named(row, "rest");
    g_autofree char *both =
        field->element6 ? g_strdup_printf("%s or %s", field->element, field->element6) : g_strdup(field->element);
    g_autofree char *size = field->element6 ? g_strdup("4, 16") : g_strdup_printf("%u", field->size);
    g_autofree char *below = field->element_us
                                 ? g_strdup_printf("| *%s* | 2 | 0 to 999 microseconds to add |\n", field->element_us)
                                 : g_strdup("");

    assert_string_equal(elements, both);
    assert_string_equal(bytes, size);
    assert_string_equal(rest, below);
}

static void the_format_of_flow_files_says_what_fields_mean(void **state)
{
    static const char path[] = "core/FORMAT.md";
    g_autofree char *part = part_of(path, "|---|---|---|\n| flowStart", "\n\n");
    g_autofree char *rows = g_strconcat("| flowStart", part, "\n", NULL);

    (void)state;
    assert_rows(path, rows,
                "^\\| (?<element>[^|]*) \\| (?<bytes>[^|]*) \\| `(?<name>[a-z_]+)`: (?<text>[^|]*) \\|\n"
                "(?<rest>(?:\\| [^|]* \\| [^|]* \\| [^`|][^|]* \\|\n)?)",
                is_in_no_flow_file, check_elements);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_cover_the_record),
        cmocka_unit_test(fields_are_named_once),
        cmocka_unit_test(fields_fit_their_kinds),
        cmocka_unit_test(csv_begins_with_the_columns_of_the_blog),
        cmocka_unit_test(the_manual_of_the_tap_says_what_fields_mean),
        cmocka_unit_test(the_manual_of_stores_says_what_fields_mean),
        cmocka_unit_test(the_format_of_flow_files_says_what_fields_mean),
    };

    return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
