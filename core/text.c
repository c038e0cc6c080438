/* Texts for CSV, JSON and terminals.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <stdbool.h>
#include <string.h>

bool fz_text_is_control(gunichar character)
{
    if (character < 0x80)
        return character < 0x20 || character == 0x7f;
    return g_unichar_iscntrl(character) || character == 0x61c || (character >= 0x200e && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
}

gunichar fz_text_find_control(const char *text, size_t size)
{
    for (const char *at = text; at < text + size; at += g_utf8_skip[(guchar)*at]) {
        gunichar character = g_utf8_get_char(at);

        if (fz_text_is_control(character))
            return character;
    }
    return 0;
}

char *fz_text_csv(const char *text)
{
    bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]);

    if (!strpbrk(text, ",\"\r\n"))
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

    for (const char *next; *text != '\0'; text = next) {
        gunichar c = g_utf8_get_char_validated(text, -1);

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_unichar(quoted, 0xfffd);
            next = text + 1;
            continue;
        }
        next = text + g_utf8_skip[(guchar)*text];
        if (c == '"' || c == '\\')
            g_string_append_printf(quoted, "\\%c", *text);
        else if (fz_text_is_control(c)) /* none is beyond four digits */
            g_string_append_printf(quoted, "\\u%04x", c);
        else
            g_string_append_unichar(quoted, c);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

/* GLib takes separators of lines and paragraphs for printable. */
static bool is_printable(gunichar character)
{
    return g_unichar_isprint(character) && !fz_text_is_control(character);
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
        if (is_printable(c))
            g_string_append_unichar(safe, c);
        else if (c < 0x80)
            g_string_append_printf(safe, "\\x%02x", c);
        else
            g_string_append_printf(safe, "\\u{%x}", c);
        text += g_utf8_skip[(guchar)*text];
    }
    return g_string_free(safe, FALSE);
}

char *fz_text_name(const char *bytes)
{
    GString *name = g_string_new(NULL);

    for (const char *next; *bytes != '\0'; bytes = next) {
        gunichar c = g_utf8_get_char_validated(bytes, -1);
        bool valid = c != (gunichar)-1 && c != (gunichar)-2;

        next = valid ? bytes + g_utf8_skip[(guchar)*bytes] : bytes + 1;
        if (valid && !fz_text_is_control(c) && !(c == '\\' && bytes[1] == 'x'))
            g_string_append_len(name, bytes, next - bytes);
        else
            for (const char *at = bytes; at < next; at++)
                g_string_append_printf(name, "\\x%02x", (unsigned char)*at);
    }
    return g_string_free(name, FALSE);
}

/* Names of only these are plain, and nearly all are. */
static const char usual_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

char *fz_text_word(const char *name)
{
    bool plain = *name != '\0' && g_utf8_validate(name, -1, NULL);

    if (strspn(name, usual_characters) == strlen(name) && plain)
        return g_strdup(name);
    for (const char *at = name; plain && *at; at += g_utf8_skip[(guchar)*at]) {
        gunichar character = g_utf8_get_char(at);
        plain =
            is_printable(character) && !strchr("\"'\\", character < 0x80 ? (int)character : 'x') && character != ' ';
    }
    if (plain)
        return g_strdup(name);
    g_autofree char *escaped = g_strescape(name, NULL);
    return g_strdup_printf("\"%s\"", escaped);
}

const char *fz_text_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

int fz_name_index(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
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
