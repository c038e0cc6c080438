/* What answers are drawn with: texts that fit, blocks, colours.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_private.h"

#include "text.h"

#include <string.h>

static size_t columns_of(const char *at)
{
    const gunichar character = g_utf8_get_char(at);

    return g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
}

/* The beginning of a text, as far as it fits. */
static const char *head_end(const char *shown, size_t room)
{
    const char *end = shown;
    size_t used = 0;

    while (*end && (used += columns_of(end)) <= room)
        end += g_utf8_skip[(guchar)*end];
    return end;
}

char *fz_text_fit_ends(const char *shown, size_t width, bool utf8)
{
    const char *sign = utf8 ? "\u2026" : "...", *tail = shown + strlen(shown);
    const size_t room = width - MIN(width, fz_text_width(sign));
    size_t used = 0;

    if (fz_text_width(shown) <= width || room < 2)
        return fz_text_fit(shown, width, utf8);
    const char *head = head_end(shown, room - room / 2);
    for (const char *at = tail; (at = g_utf8_find_prev_char(head, at)) && (used += columns_of(at)) <= room / 2;)
        tail = columns_of(at) > 0 ? at : tail; /* no mark without its letter */
    return g_strdup_printf("%.*s%s%s", (int)(head - shown), shown, sign, tail);
}

char *fz_text_fit(const char *shown, size_t width, bool utf8)
{
    const char *sign = utf8 ? "\u2026" : "...";
    const size_t room = width - MIN(width, fz_text_width(sign));

    if (fz_text_width(shown) <= width)
        return g_strdup(shown);
    const char *end = head_end(shown, room);
    return g_strdup_printf("%.*s%s", (int)(end - shown), shown, fz_text_width(sign) <= width ? sign : "");
}

void fz_words_append(GString *lines, const char *text, size_t indent, size_t width, size_t *at)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (char **word = words; *word; word++) {
        size_t size = fz_text_width(*word);

        if (word > words && *at + 1 + size > width) {
            g_string_append_printf(lines, "\n%*s", (int)indent, "");
            *at = indent;
        } else if (word > words) {
            g_string_append_c(lines, ' ');
            (*at)++;
        }
        g_string_append(lines, *word);
        *at += size;
    }
}

void fz_bar_append(GString *line, unsigned eighths)
{
    for (; eighths >= 8; eighths -= 8)
        g_string_append_unichar(line, 0x2588);
    if (eighths)
        g_string_append_unichar(line, 0x2590 - eighths); /* 1/8 is U+258F, 7/8 U+2589 */
}

void fz_paint_append(GString *line, const fz_answer_manner *manner, fz_paint paint, const char *text)
{
    static const char *const starts[] = {[FZ_PAINT_DIM] = "\033[2m",
                                         [FZ_PAINT_BOLD] = "\033[1m",
                                         [FZ_PAINT_BLUE] = "\033[34m",
                                         [FZ_PAINT_RED] = "\033[31m"};

    if (!manner->colour || paint == FZ_PAINT_NONE || !*text)
        g_string_append(line, text);
    else
        g_string_append_printf(line, "%s%s\033[0m", starts[paint], text);
}
