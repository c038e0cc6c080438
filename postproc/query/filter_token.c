/* The filter's tokens, and faults that show their place.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_private.h"
#include "text.h"

#include <string.h>

/* What a word without quotes has; letters beyond ASCII too. */
static bool is_of_word(unsigned char c)
{
    return g_ascii_isalnum(c) || c >= 0x80 || (c != '\0' && strchr("._:/*?-+@", c));
}

static void take(fz_filter_reader *reader, fz_token_kind kind, size_t length)
{
    reader->token.kind = kind;
    reader->token.length = length;
    reader->at = reader->token.offset + length;
}

static void take_compare(fz_filter_reader *reader, fz_compare compare, size_t length)
{
    reader->token.compare = compare;
    take(reader, FZ_TOKEN_COMPARE, length);
}

/* A text in quotes of its own kind, in which two of them are one; or up to `last`, which is a part of it. */
static void take_quoted(fz_filter_reader *reader, char quote)
{
    const char *from = reader->text + reader->token.offset, *at = from + 1;
    g_autoptr(GString) word = g_string_new(NULL);

    for (; *at != '\0' && (*at != quote || at[1] == quote); at++) {
        at += *at == quote;
        g_string_append_c(word, *at);
    }
    reader->token.quoted = true;
    if (*at == '\0') {
        take(reader, FZ_TOKEN_BAD, 1);
        return;
    }
    reader->token.word = g_strdup(word->str);
    take(reader, FZ_TOKEN_WORD, (size_t)(at + 1 - from));
}

/* A name in parentheses: "(internet)". */
static bool take_parenthesized(fz_filter_reader *reader)
{
    const char *from = reader->text + reader->token.offset;
    const size_t length = strcspn(from, ")\n");

    if (from[length] != ')')
        return false;
    reader->token.quoted = true;
    reader->token.word = g_strndup(from, length + 1);
    take(reader, FZ_TOKEN_WORD, length + 1);
    return true;
}

static void take_word(fz_filter_reader *reader)
{
    static const struct {
        const char *text;
        fz_token_kind kind;
        fz_compare compare;
    } keywords[] = {
        {"and", FZ_TOKEN_AND, 0},
        {"or", FZ_TOKEN_OR, 0},
        {"not", FZ_TOKEN_NOT, 0},
        {"eq", FZ_TOKEN_COMPARE, FZ_COMPARE_EQUAL},
        {"ne", FZ_TOKEN_COMPARE, FZ_COMPARE_UNEQUAL},
        {"lt", FZ_TOKEN_COMPARE, FZ_COMPARE_LESS},
        {"le", FZ_TOKEN_COMPARE, FZ_COMPARE_LESS_EQUAL},
        {"gt", FZ_TOKEN_COMPARE, FZ_COMPARE_GREATER},
        {"ge", FZ_TOKEN_COMPARE, FZ_COMPARE_GREATER_EQUAL},
    };
    const char *from = reader->text + reader->token.offset;
    size_t length = 0;

    while (is_of_word((unsigned char)from[length]))
        length++;
    reader->token.word = g_strndup(from, length);
    take(reader, length ? FZ_TOKEN_WORD : FZ_TOKEN_BAD, MAX(length, 1));
    for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++) {
        if (g_ascii_strcasecmp(reader->token.word, keywords[i].text) == 0) {
            reader->token.compare = keywords[i].compare;
            reader->token.kind = keywords[i].kind;
        }
    }
}

/* Blanks, and comments, which go on to the end of their line. */
static size_t skip_blanks(const char *text, size_t at)
{
    for (;;) {
        at += strspn(text + at, " \t\r\n");
        if (text[at] != '#')
            return at;
        at += strcspn(text + at, "\n");
    }
}

static bool take_sign(fz_filter_reader *reader)
{
    static const struct {
        const char *text;
        fz_token_kind kind;
        fz_compare compare;
    } signs[] = {
        {"&&", FZ_TOKEN_AND, 0},
        {"||", FZ_TOKEN_OR, 0},
        {"==", FZ_TOKEN_COMPARE, FZ_COMPARE_EQUAL},
        {"!=", FZ_TOKEN_COMPARE, FZ_COMPARE_UNEQUAL},
        {"<=", FZ_TOKEN_COMPARE, FZ_COMPARE_LESS_EQUAL},
        {">=", FZ_TOKEN_COMPARE, FZ_COMPARE_GREATER_EQUAL},
        {"=", FZ_TOKEN_COMPARE, FZ_COMPARE_EQUAL},
        {"<", FZ_TOKEN_COMPARE, FZ_COMPARE_LESS},
        {">", FZ_TOKEN_COMPARE, FZ_COMPARE_GREATER},
        {"!", FZ_TOKEN_NOT, 0},
        {"(", FZ_TOKEN_OPEN, 0},
        {")", FZ_TOKEN_CLOSE, 0},
        {"[", FZ_TOKEN_LIST, 0},
        {"]", FZ_TOKEN_LISTED, 0},
        {",", FZ_TOKEN_COMMA, 0},
    };
    const char *from = reader->text + reader->token.offset;

    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (!g_str_has_prefix(from, signs[i].text))
            continue;
        if (signs[i].kind == FZ_TOKEN_COMPARE)
            take_compare(reader, signs[i].compare, strlen(signs[i].text));
        else
            take(reader, signs[i].kind, strlen(signs[i].text));
        return true;
    }
    return false;
}

void fz_token_next(fz_filter_reader *reader, bool name)
{
    g_free(reader->token.word);
    reader->token = (fz_token){.offset = skip_blanks(reader->text, reader->at)};
    const char first = reader->text[reader->token.offset];

    if (first == '\0')
        take(reader, FZ_TOKEN_END, 0);
    else if (first == '"' || first == '\'')
        take_quoted(reader, first);
    else if (first == '(' && name && take_parenthesized(reader))
        return;
    else if (!take_sign(reader))
        take_word(reader);
}

bool fz_filter_fault(GError **error, const char *text, size_t offset, size_t length, const char *message)
{
    const char *from = text + offset;

    while (from > text && from[-1] != '\n')
        from--;
    g_autofree char *line = g_strndup(from, strcspn(from, "\r\n"));
    g_autofree char *before = g_strndup(from, (size_t)(text + offset - from));
    g_autofree char *shown = fz_text_table(line), *shown_before = fz_text_table(before);
    const size_t left = strlen(line) - MIN(strlen(before), strlen(line));
    g_autofree char *marked = g_strndup(text + offset, MIN(length, left)), *shown_marked = fz_text_table(marked);
    g_autofree char *blanks = g_strnfill(fz_text_width(shown_before), ' ');
    g_autofree char *marks = g_strnfill(MAX(fz_text_width(shown_marked), 1) - 1, '~');

    g_set_error(error, FZ_FILTER_ERROR, FZ_FILTER_ERROR_SYNTAX, "%s\n  %s\n  %s^%s", message, shown, blanks, marks);
    return false;
}

bool fz_token_unexpected(fz_filter_reader *reader, const char *expected)
{
    const fz_token *token = &reader->token;
    g_autofree char *raw = g_strndup(reader->text + token->offset, token->length);
    g_autofree char *found = fz_text_table(raw);
    g_autofree char *message = NULL;

    if (token->kind == FZ_TOKEN_END)
        message = g_strdup_printf("filter: %s expected at its end", expected);
    else if (token->kind == FZ_TOKEN_BAD && token->quoted)
        message = g_strdup_printf("filter: the text that begins with %s has no closing one", found);
    else
        message = g_strdup_printf("filter: %s expected, found '%s'", expected, found);
    return fz_filter_fault(reader->error, reader->text, token->offset, token->length, message);
}
