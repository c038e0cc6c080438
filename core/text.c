/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <stdbool.h>
#include <string.h>

char *fz_text_csv(const char *text)
{
    bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
    if (strpbrk(text, ",\"\r\n") == NULL)
        return g_strconcat(formula ? "'" : "", text, NULL);
    GString *quoted = g_string_new(formula ? "\"'" : "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"')
            g_string_append_c(quoted, '"');
        g_string_append_c(quoted, *text);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

char *fz_text_json(const char *text)
{
    GString *quoted = g_string_new("\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_printf(quoted, "\\%c", *text);
        else if ((unsigned char)*text < 0x20 || *text == 0x7f)
            g_string_append_printf(quoted, "\\u%04x", (unsigned char)*text);
        else
            g_string_append_c(quoted, *text);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

char *fz_text_table(const char *text)
{
    GString *safe = g_string_new(NULL);
    while (*text != '\0') {
        gunichar c = g_utf8_get_char_validated(text, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(safe, "\\x%02x", (unsigned char)*text++);
            continue;
        }
        if (g_unichar_isprint(c))
            g_string_append_unichar(safe, c);
        else if (c < 0x80)
            g_string_append_printf(safe, "\\x%02x", c);
        else
            g_string_append_printf(safe, "\\u{%x}", c);
        text += g_utf8_skip[(guchar)*text];
    }
    return g_string_free(safe, FALSE);
}

size_t fz_text_width(const char *text)
{
    size_t width = 0;
    for (; *text >= ' ' && *text <= '~'; text++)
        width++;
    for (; *text != '\0'; text += g_utf8_skip[(guchar)*text]) {
        gunichar c = g_utf8_get_char(text);
        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}
