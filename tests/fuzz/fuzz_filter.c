/* Any text as a filter: a tree that its print reads back as the same, or one error that shows its place. What it
 * becomes in SQL has no byte of its texts outside of literals, and no literal ends early. SPDX-License-Identifier:
 * GPL-2.0-or-later */
#include "filter_display.h"
#include "filter_sql.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

static void require_same(const char *text, fz_filter_place place)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(fz_filter) filter = fz_filter_parse(text, place, &error);

    REQUIRE(!filter || !error);
    if (error)
        REQUIRE(*error->message && g_utf8_validate(error->message, -1, NULL));
    if (!filter)
        return;
    g_autofree char *printed = fz_filter_print(filter);
    g_autoptr(fz_filter) again = fz_filter_parse(printed, place, &error);
    /* Print adds parentheses: it may be one too deep. */
    if (error && strstr(error->message, "inside each other"))
        return;
    REQUIRE(again);
    g_autofree char *reprinted = fz_filter_print(again);
    REQUIRE(strcmp(printed, reprinted) == 0);
}

/* Words and operators of conditions; every literal is of hexadecimal digits, or of letters, digits and "._-". */
static void require_plain(const char *sql)
{
    bool quoted = false;

    for (const char *at = sql; *at != '\0'; at++) {
        if (*at == '\'')
            quoted = !quoted;
        else if (quoted)
            REQUIRE(g_ascii_isalnum(*at) || strchr("._-!", *at));
        else
            REQUIRE(g_ascii_isalnum(*at) || (strchr("._ (),=<>*&+-", *at) && strncmp(at, "--", 2) != 0));
    }
    REQUIRE(!quoted);
}

/* Every name of the filter is one of the store's. */
static void collect(const fz_filter *filter, GPtrArray *names)
{
    if (!filter)
        return;
    collect(filter->left, names);
    collect(filter->right, names);
    for (guint i = 0; filter->kind == FZ_FILTER_TEST && i < filter->test.values->len; i++) {
        char *text = g_array_index(filter->test.values, fz_filter_value, i).text;
        if (text)
            g_ptr_array_add(names, text);
    }
}

static void require_sql(const char *text, const fz_filter *filter, const fz_dialect *dialect, GPtrArray *names)
{
    static char nothing[] = "";
    g_autoptr(GArray) zones = g_array_new(FALSE, FALSE, sizeof(fz_dictionary_zone));
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i + 1 < names->len; i++) {
        const fz_dictionary_zone zone = {2 * i + 1, nothing, nothing, names->pdata[i], names->pdata[i], i % 2 == 0};
        g_array_append_val(zones, zone);
    }
    g_autoptr(fz_dictionary) dictionary =
        fz_dictionary_new((const fz_dictionary_zone *)(const void *)zones->data, zones->len);
    const char *const *labels = (const char *const *)(const void *)names->pdata;
    const fz_filter_names known = {dictionary, labels, labels};
    for (fz_tier tier = FZ_TIER_DETAILS; tier <= FZ_TIER_MINUTES; tier++) {
        if (!fz_filter_fits(filter, tier))
            continue;
        g_string_truncate(sql, 0);
        if (fz_filter_sql(sql, filter, text, &known, dialect, tier, &error))
            require_plain(sql->str);
        else
            REQUIRE(error && g_utf8_validate(error->message, -1, NULL));
        g_clear_error(&error);
    }
}

static void require_outputs(const char *text)
{
    static const fz_dialect *const dialects[] = {&fz_dialect_sqlite, &fz_dialect_mariadb, &fz_dialect_mysql57,
                                                 &fz_dialect_singlestore};
    g_autoptr(GError) error = NULL;
    g_autoptr(fz_filter) filter = fz_filter_parse(text, FZ_FILTER_OF_FLOWS, NULL);
    g_autoptr(fz_filter) having = fz_filter_parse(text, FZ_FILTER_OF_SUMS, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GString) sql = g_string_new(NULL);

    fz_filter_having(sql, having, &fz_dialect_sqlite);
    require_plain(sql->str);
    if (!filter)
        return;
    collect(filter, names);
    g_ptr_array_add(names, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++)
        require_sql(text, filter, dialects[i], names);
    g_autofree char *display = fz_filter_display(filter, text, &error);
    REQUIRE(!display == !!error);
    for (const char *at = display ? display : ""; *at != '\0'; at++)
        REQUIRE(g_ascii_isprint(*at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);

    require_same(text, FZ_FILTER_OF_FLOWS);
    require_same(text, FZ_FILTER_OF_SUMS);
    require_outputs(text);
    return 0;
}
