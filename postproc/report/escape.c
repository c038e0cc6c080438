/* Escapes: HTML, SVG, JSON, fragments.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "escape.h"

#include "text.h"

#include <string.h>

static void append_html(GString *to, const char *text, size_t size)
{
    for (const char *at = text; at < text + size; at++)
        switch (*at) {
        case '&':
            g_string_append(to, "&amp;");
            break;
        case '<':
            g_string_append(to, "&lt;");
            break;
        case '>':
            g_string_append(to, "&gt;");
            break;
        case '"':
            g_string_append(to, "&quot;");
            break;
        case '\'':
            g_string_append(to, "&#39;");
            break;
        default:
            g_string_append_c(to, *at);
        }
}

void fz_escape_html(GString *to, const char *text)
{
    g_autofree char *safe = fz_text_table(text ? text : "");

    append_html(to, safe, strlen(safe));
}

void fz_escape_html_cut(GString *to, const char *text, size_t most)
{
    g_autofree char *safe = fz_text_table(text ? text : "");
    const char *at = safe;

    if (fz_text_width(safe) <= most) {
        append_html(to, safe, strlen(safe));
        return;
    }
    for (size_t width = 1; *at; at += g_utf8_skip[(guchar)*at]) {
        const gunichar c = g_utf8_get_char(at);
        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (width > most)
            break;
    }
    append_html(to, safe, (size_t)(at - safe));
    g_string_append(to, "\u2026");
}

/* Above U+FFFF, two halves (RFC 8259 section 7). */
static void append_unit(GString *to, gunichar c)
{
    enum { PLANE = 0x10000, HIGH = 0xd800, LOW = 0xdc00, HALF_BITS = 10, HALF_MASK = 0x3ff };

    if (c >= PLANE)
        g_string_append_printf(to, "\\u%04x\\u%04x", HIGH + ((c - PLANE) >> HALF_BITS),
                               LOW + ((c - PLANE) & HALF_MASK));
    else
        g_string_append_printf(to, "\\u%04x", c);
}

void fz_escape_json(GString *to, const char *text)
{
    g_autofree char *safe = fz_text_table(text ? text : "");

    g_string_append_c(to, '"');
    for (const char *at = safe; *at; at += g_utf8_skip[(guchar)*at])
        if ((guchar)*at >= 0x80 || strchr("<>&'", *at))
            append_unit(to, g_utf8_get_char(at));
        else if (*at == '"' || *at == '\\')
            g_string_append_printf(to, "\\%c", *at);
        else
            g_string_append_c(to, *at);
    g_string_append_c(to, '"');
}

void fz_escape_fragment(GString *to, const char *text)
{
    g_autofree char *safe = fz_text_table(text ? text : "");
    g_autofree char *escaped = g_uri_escape_string(safe, NULL, FALSE);

    g_string_append(to, escaped);
}
