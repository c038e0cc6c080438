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

char *fz_text_name_bytes(const char *text)
{
    GString *bytes = g_string_new(NULL);

    for (const char *at = text; *at != '\0'; at++) {
        const bool spelt = at[0] == '\\' && at[1] == 'x' && g_ascii_isxdigit(at[2]) && g_ascii_isxdigit(at[3]);

        g_string_append_c(bytes, spelt ? (char)(g_ascii_xdigit_value(at[2]) << 4 | g_ascii_xdigit_value(at[3])) : *at);
        at += spelt ? 3 : 0;
    }
    g_autofree char *again = fz_text_name(bytes->str);
    return g_string_free(bytes, strcmp(again, text) != 0);
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

char *fz_text_shell(const char *bytes)
{
    g_autoptr(GString) word = g_string_new("$'");
    bool plain = true;

    for (const char *at = bytes, *next; *at != '\0'; at = next) {
        const gunichar c = g_utf8_get_char_validated(at, -1);
        const bool valid = c != (gunichar)-1 && c != (gunichar)-2, shown = valid && is_printable(c);

        next = valid ? at + g_utf8_skip[(guchar)*at] : at + 1;
        plain &= shown;
        if (c == '\'' || c == '\\')
            g_string_append_c(word, '\\');
        if (shown)
            g_string_append_len(word, at, next - at);
        else
            for (; at < next; at++)
                g_string_append_printf(word, "\\x%02x", (unsigned char)*at);
    }
    g_string_append_c(word, '\'');
    return plain ? g_shell_quote(bytes) : g_strdup(word->str);
}

char *fz_text_grouped(uint64_t count)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, count);
    const size_t length = strlen(digits);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < length; i++) {
        g_string_append_c(text, digits[i]);
        if (i + 1 < length && (length - 1 - i) % 3 == 0)
            g_string_append_c(text, ',');
    }
    return g_string_free(text, FALSE);
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

/* The edits that make one of the other, two letters that changed places among them (optimal string alignment), or
 * `most` + 1 when that is more. */
static size_t distance(const char *a, const char *b, size_t most)
{
    size_t rows[3][64];
    const size_t length = strlen(b);

    if (length >= G_N_ELEMENTS(rows[0]))
        return most + 1;
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t k = 0; k <= length; k++)
        before[k] = last[k] = k;
    for (size_t i = 0; a[i] != '\0'; i++) {
        row[0] = i + 1;
        for (size_t k = 0; k < length; k++) {
            const char x = g_ascii_tolower(a[i]), y = g_ascii_tolower(b[k]);
            row[k + 1] = MIN(MIN(last[k + 1], row[k]) + 1, last[k] + (x != y));
            if (i > 0 && k > 0 && x == g_ascii_tolower(b[k - 1]) && y == g_ascii_tolower(a[i - 1]))
                row[k + 1] = MIN(row[k + 1], before[k - 1] + 1);
        }
        size_t *const free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return MIN(last[length], most + 1);
}

const char *fz_nearest_name(const char *name, const char *const *names)
{
    const size_t length = strlen(name);
    size_t best = length < 4 ? 1 : length < 8 ? 2 : 3;
    const char *nearest = NULL;

    if (length >= 64)
        return NULL;
    for (; *names; names++) {
        const size_t far = distance(name, *names, best);
        if (**names != '\0' && far <= best && (!nearest || far < best)) {
            nearest = *names;
            best = far;
        }
    }
    return nearest;
}
