/* A page of any zones, names, sums and times: XML where it is SVG, no markup out of a name, nothing that steers, and
 * the same bytes every time. SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings.h"
#include "heat_map.h"
#include "page.h"
#include "picture.h"
#include "sankey.h"
#include "text.h"
#include "time_chart.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

enum { TALKS_MOST = 200, NAMES_MOST = 90, GAPS_MOST = 20 };

/* The input, byte by byte; zeros after its end. */
typedef struct fuzz_input {
    const uint8_t *data;
    size_t size, at;
} fuzz_input;

static uint8_t take_byte(fuzz_input *input)
{
    return input->at < input->size ? input->data[input->at++] : 0;
}

static int64_t take_number(fuzz_input *input)
{
    uint64_t number = 0;

    for (unsigned bytes = take_byte(input) % 9; bytes > 0; bytes--)
        number = number << 8 | take_byte(input);
    return (int64_t)number;
}

static int64_t take_amount(fuzz_input *input)
{
    return take_number(input) & INT64_MAX;
}

/* A text up to the next zero. The caller frees. */
static char *take_text(fuzz_input *input)
{
    const size_t size = strnlen((const char *)input->data + input->at, input->size - input->at);
    char *text = g_strndup((const char *)input->data + input->at, size);

    input->at += MIN(size + 1, input->size - input->at);
    return text;
}

static void take_talks(fuzz_input *input, fz_overview *overview)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = take_byte(input) % NAMES_MOST; i > 0; i--)
        g_ptr_array_add(names, i % 3 ? g_strdup_printf("zone %u", i) : take_text(input));
    g_ptr_array_add(names, take_text(input));
    for (unsigned i = 0; i < TALKS_MOST && input->at < input->size; i++) {
        const char *client = g_ptr_array_index(names, take_byte(input) % names->len);
        const char *server = g_ptr_array_index(names, take_byte(input) % names->len);
        const int64_t time_us = take_number(input);
        const fz_overview_sum sum = {take_amount(input), 1 + take_byte(input), take_byte(input)};
        static const fz_overview_sum nothing; /* as of a store whose sums lack what its details have */
        const bool lost = sum.packets == UINT8_MAX;
        const guint pair = fz_overview_add_pair(overview, client, *server ? server : NULL, lost ? &nothing : &sum);

        fz_overview_add_bytes(overview, pair, time_us, sum.bytes);
    }
}

static fz_overview *take_overview(fuzz_input *input)
{
    fz_overview *made = fz_overview_new();
    const uint8_t flags = take_byte(input);
    const int64_t from_us = take_number(input), to_us = take_number(input);

    made->utc = flags & 1;
    made->compared = flags & 2;
    made->title = flags & 4 ? take_text(input) : NULL;
    made->policy = flags & 8 ? take_text(input) : NULL;
    made->where = flags & 16 ? take_text(input) : NULL;
    made->now.captures = take_byte(input);
    made->now.range = flags & 32 ? (fz_range){MIN(from_us, to_us), MAX(from_us, to_us)} : FZ_RANGE_ALL;
    made->before.range = made->now.range;
    made->covered[0] = MIN(from_us, to_us);
    made->covered[1] = MAX(from_us, to_us);
    if (flags & 64)
        fz_overview_set_time(made, MIN(from_us, to_us), MAX(from_us, to_us));
    for (unsigned i = take_byte(input) % GAPS_MOST; i > 0; i--) {
        const int64_t times[] = {take_number(input), take_number(input)};
        const fz_gap gap = {MIN(times[0], times[1]), MAX(times[0], times[1])};
        g_array_append_val(made->gaps, gap);
    }
    take_talks(input, made);
    fz_overview_settle(made);
    for (guint i = 0; i < made->pairs->len; i++) {
        fz_overview_pair *pair = &g_array_index(made->pairs, fz_overview_pair, i);
        pair->before = made->compared ? take_amount(input) : -1;
        if (take_byte(input) & 1)
            pair->denied = (fz_overview_sum){pair->sum.bytes, pair->sum.flows / 2 + 1, 1};
    }
    return made;
}

/* Every drawing, and the lists beside them. */
static char *draw(const fz_overview *overview)
{
    GString *drawings = g_string_new("<all>");

    for (fz_drawing_width width = FZ_DRAWING_WIDE; width <= FZ_DRAWING_NARROW; width++) {
        (void)fz_sankey_draw(drawings, overview, width);
        (void)fz_time_chart_draw(drawings, overview, width);
        (void)fz_heat_map_draw(drawings, overview, width);
    }
    fz_time_chart_multiples(drawings, overview);
    fz_heat_map_key(drawings, overview);
    fz_picture_print(drawings, overview);
    g_string_append(drawings, "</all>");
    return g_string_free(drawings, FALSE);
}

/* Elements and attributes that drawings have; no others came out of a name. */
static void require_known(GMarkupParseContext *context, const char *name, const char **attributes, const char **values,
                          void *user, GError **error)
{
    static const char *const elements[] = {"all",  "svg", "title", "desc", "g",    "path", "rect",
                                           "text", "ul",  "li",    "b",    "span", "p",    NULL};

    (void)context;
    (void)user;
    (void)error;
    REQUIRE(g_strv_contains(elements, name));
    for (; *attributes; attributes++, values++) {
        REQUIRE(!g_str_has_prefix(*attributes, "on") && strcmp(*attributes, "style") != 0 &&
                strcmp(*attributes, "href") != 0);
        REQUIRE(!strstr(*values, "nan") || strcmp(*attributes, "aria-label") == 0);
    }
}

static void require_xml(const char *drawings)
{
    static const GMarkupParser parser = {require_known, NULL, NULL, NULL, NULL};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, NULL, NULL);

    REQUIRE(g_markup_parse_context_parse(context, drawings, -1, NULL));
    REQUIRE(g_markup_parse_context_end_parse(context, NULL));
    g_markup_parse_context_free(context);
}

/* Lines of text alone, with no character that steers. */
static void require_text(const char *page)
{
    REQUIRE(g_utf8_validate(page, -1, NULL));
    for (const char *line = page, *end; *line; line = end + (*end != '\0')) {
        end = line + strcspn(line, "\n");
        REQUIRE(fz_text_find_control(line, (size_t)(end - line)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size, 0};
    g_autoptr(fz_overview) overview = take_overview(&input);
    g_autofree char *drawings = draw(overview);

    require_text(drawings);
    require_xml(drawings);
    fz_findings_add(overview);
    g_autoptr(GString) page = g_string_new(NULL);
    fz_page_print(page, overview);
    require_text(page->str);
    return 0;
}
