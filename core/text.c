/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <glib.h>

char *fz_text_visible(const char *text)
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
