/* Escapes: HTML, SVG, JSON, fragments.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "escape.h"

#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ELLIPSIS "\u2026"

/* What stands for a character that would be markup; NULL: it is none. */
static const char *entity_of(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void append_html(GString *to, const char *text, size_t size)
{
    for (const char *at = text; at < text + size; at++) {
        const char *entity = entity_of(*at);

        if (entity)
            g_string_append(to, entity);
        else
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
    g_string_append(to, ELLIPSIS);
}

char *fz_escape_shorten(const char *text, size_t most)
{
    char *safe = fz_text_table(text);
    size_t size = 0, end = 0; /* of the markup up to here; where the ellipsis has room */

    for (const char *at = safe; *at; at += g_utf8_skip[(guchar)*at]) {
        const char *entity = entity_of(*at);

        if (size + strlen(ELLIPSIS) <= most)
            end = (size_t)(at - safe);
        size += entity ? strlen(entity) : (size_t)g_utf8_skip[(guchar)*at];
    }
    if (size <= most)
        return safe;
    safe[end] = '\0';
    char *cut = g_strconcat(safe, ELLIPSIS, NULL);
    g_free(safe);
    return cut;
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

/* Beyond this no drawing reaches. */
#define FAR 1e9

static void append_coordinate(GString *to, double number)
{
    const long long tenths = isfinite(number) ? llround(CLAMP(number, -FAR, FAR) * 10) : 0, size = llabs(tenths);

    char text[32]; /* most of a drawing is coordinates: quicker than into a string of its own */

    if (size % 10)
        g_snprintf(text, sizeof text, "%s%lld.%lld", tenths < 0 ? "-" : "", size / 10, size % 10);
    else
        g_snprintf(text, sizeof text, "%s%lld", tenths < 0 ? "-" : "", size / 10);
    g_string_append(to, text);
}

/* The columns after a point; -1: none are given. Moves on. */
static int take_columns(const char **at, va_list *values)
{
    if (**at != '.')
        return -1;
    if ((*at)[1] == '*') {
        *at += 2;
        return va_arg(*values, int);
    }
    char *end;
    const long columns = strtol(*at + 1, &end, 10);
    *at = end;
    return (int)columns;
}

/* Appends the value of the conversion at `at`; returns what follows it. */
static const char *append_value(GString *to, const char *at, va_list *values)
{
    const int columns = take_columns(&at, values);
    const size_t size = strspn(at, "lz"); /* all of these are 64 bits */

    switch (at[size]) {
    case 's':
        if (columns > 0)
            fz_escape_html_cut(to, va_arg(*values, const char *), (size_t)columns);
        else
            fz_escape_html(to, va_arg(*values, const char *));
        break;
    case 'f':
        append_coordinate(to, va_arg(*values, double));
        break;
    case 'd':
        g_string_append_printf(to, "%" PRId64, size ? va_arg(*values, int64_t) : va_arg(*values, int));
        break;
    case 'u':
        g_string_append_printf(to, "%" PRIu64, size ? va_arg(*values, uint64_t) : va_arg(*values, unsigned));
        break;
    case '%':
        g_string_append_c(to, '%');
        break;
    default:
        g_error("fz_markup: no such conversion: %s", at);
    }
    return at + size + 1;
}

void fz_markup(GString *to, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    for (const char *at = format; *at;) {
        const size_t plain = strcspn(at, "%");

        g_string_append_len(to, at, (gssize)plain);
        at += plain;
        if (*at)
            at = append_value(to, at + 1, &values);
    }
    va_end(values);
}
