/* The filter's parser: one token ahead, from the loosest operator to the tightest.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_private.h"
#include "text.h"

#include <string.h>

G_DEFINE_QUARK(fz - filter - error - quark, fz_filter_error)

static void value_clear(void *value)
{
    g_free(((fz_filter_value *)value)->text);
}

static fz_filter *node(fz_filter_kind kind, fz_filter *left, fz_filter *right)
{
    fz_filter *filter = g_new0(fz_filter, 1);

    *filter = (fz_filter){.kind = kind, .left = left, .right = right};
    return filter;
}

/* Chains of "and" and "or" lean to the left and can be long: only `right` is freed by recursion. */
void fz_filter_free(fz_filter *filter)
{
    while (filter) {
        fz_filter *left = filter->left;
        fz_filter_free(filter->right);
        g_clear_pointer(&filter->test.values, g_array_unref);
        g_free(filter);
        filter = left;
    }
}

static bool too_much(fz_filter_reader *reader, const char *what, unsigned limit)
{
    g_autofree char *message = g_strdup_printf("filter: more than %u %s", limit, what);

    return fz_filter_fault(reader->error, reader->text, reader->token.offset, reader->token.length, message);
}

/* The word at the token; NULL, with an error that names those that are similar. */
static const fz_word *find_word(fz_filter_reader *reader)
{
    const char *names[64] = {"src", "dst", "client", "server"};
    size_t count = 4;

    for (size_t i = 0; i < fz_word_count; i++) {
        if (reader->place == FZ_FILTER_OF_SUMS ? !fz_words[i].sums : !fz_words[i].flows)
            continue;
        if (!reader->token.quoted && g_ascii_strcasecmp(fz_words[i].text, reader->token.word) == 0)
            return &fz_words[i];
        names[count++] = fz_words[i].text;
    }
    const char *nearest = fz_nearest_name(reader->token.word, names);
    fz_prefix network;
    const char *fault;
    g_autofree char *expected = !reader->token.quoted && fz_prefix_parse(reader->token.word, &network, &fault)
                                    ? g_strdup_printf("'ip %s'", reader->token.word)
                                : nearest
                                    ? g_strdup_printf("'%s'", nearest)
                                    : g_strdup(reader->place == FZ_FILTER_OF_SUMS
                                                   ? "one of bytes, packets, ip-bytes, flows, peers, duration, rate"
                                                   : "what to look at, such as zone, ip, port, proto or bytes,");
    fz_token_unexpected(reader, expected);
    return NULL;
}

static bool read_one(fz_filter_reader *reader, const fz_word *word, GArray *values)
{
    fz_filter_value value;

    if (values->len >= FZ_FILTER_VALUES_MAX)
        return too_much(reader, "values in a list", FZ_FILTER_VALUES_MAX);
    if (!fz_filter_read_value(reader, word, &value))
        return false;
    g_array_append_val(values, value);
    fz_token_next(reader, false);
    return true;
}

/* "[A, B]", from the bracket on. */
static bool read_list(fz_filter_reader *reader, const fz_word *word, GArray *values)
{
    if (reader->token.kind != FZ_TOKEN_LIST)
        return fz_token_unexpected(reader, "a list such as [80, 443]");
    do {
        fz_token_next(reader, true);
        if (!read_one(reader, word, values))
            return false;
    } while (reader->token.kind == FZ_TOKEN_COMMA);
    if (reader->token.kind != FZ_TOKEN_LISTED)
        return fz_token_unexpected(reader, "',' or ']'");
    fz_token_next(reader, false);
    return true;
}

/* What follows the word of a test. */
static bool read_values(fz_filter_reader *reader, const fz_word *word, fz_filter_test *test)
{
    const bool is_number = word->kind == FZ_VALUE_AMOUNT || word->kind == FZ_VALUE_SPAN;
    const bool is_listed = reader->token.kind == FZ_TOKEN_WORD && !reader->token.quoted &&
                           g_ascii_strcasecmp(reader->token.word, "in") == 0;

    if (is_number && reader->token.kind != FZ_TOKEN_COMPARE)
        return fz_token_unexpected(reader, "a comparison such as > or <=");
    if (reader->token.kind == FZ_TOKEN_COMPARE) {
        test->compare = reader->token.compare;
        if (!is_number && test->compare > FZ_COMPARE_UNEQUAL)
            return fz_token_unexpected(reader, "= or !=");
        fz_token_next(reader, true);
    } else if (is_listed) {
        fz_token_next(reader, true);
        return read_list(reader, word, test->values);
    }
    return read_one(reader, word, test->values);
}

/* "server" before a test, or with a dot, as --by has it: "server.zone". The next token is what stands behind. */
static bool is_side(fz_filter_reader *reader, fz_filter_side *side)
{
    const fz_token *token = &reader->token;

    static const struct {
        const char *text;
        fz_filter_side side;
    } sides[] = {{"src", FZ_SIDE_SRC}, {"client", FZ_SIDE_SRC}, {"dst", FZ_SIDE_DST}, {"server", FZ_SIDE_DST}};

    for (size_t i = 0; token->kind == FZ_TOKEN_WORD && !token->quoted && i < G_N_ELEMENTS(sides); i++) {
        const size_t length = strlen(sides[i].text);
        if (g_ascii_strncasecmp(token->word, sides[i].text, length) != 0 || !strchr(".", token->word[length]))
            continue;
        reader->at = token->offset + length + (token->word[length] == '.');
        *side = sides[i].side;
        return true;
    }
    return false;
}

/* A test, from its first word on, which is the token. */
static fz_filter *read_test(fz_filter_reader *reader)
{
    g_autoptr(fz_filter) filter = node(FZ_FILTER_TEST, NULL, NULL);
    fz_filter_test *test = &filter->test;

    test->values = g_array_new(FALSE, FALSE, sizeof(fz_filter_value));
    g_array_set_clear_func(test->values, value_clear);
    test->offset = reader->token.offset;
    if (++reader->tests > FZ_FILTER_TESTS_MAX) {
        too_much(reader, "tests", FZ_FILTER_TESTS_MAX);
        return NULL;
    }
    const bool sided = is_side(reader, &test->side);
    if (sided)
        fz_token_next(reader, false);
    if (reader->token.kind != FZ_TOKEN_WORD) {
        fz_token_unexpected(reader, sided ? "zone, ip, port or another word after a side" : "a test");
        return NULL;
    }
    const fz_word *word = find_word(reader);
    if (!word)
        return NULL;
    if (sided && !word->sided) {
        fz_token_unexpected(reader, "zone, number, ip, net, port, bytes, packets, ip-bytes or flags after a side");
        return NULL;
    }
    test->term = word->term;
    size_t end = reader->token.offset + reader->token.length;
    fz_token_next(reader, word->kind == FZ_VALUE_NAME);
    if (word->kind == FZ_VALUE_NONE) {
        const fz_filter_value value = {.low = word->low, .high = word->low};
        g_array_append_val(test->values, value);
    } else if (!read_values(reader, word, test)) {
        return NULL;
    } else {
        end = reader->token.offset;
    }
    while (end > test->offset && g_ascii_isspace(reader->text[end - 1]))
        end--;
    test->length = end - test->offset;
    return g_steal_pointer(&filter);
}

static fz_filter *read_or(fz_filter_reader *reader);

/* One deeper: what is in parentheses, or after "not". */
static fz_filter *read_inner(fz_filter_reader *reader, fz_filter *(*read)(fz_filter_reader *reader))
{
    if (reader->depth >= FZ_FILTER_DEPTH_MAX) {
        too_much(reader, "parentheses inside each other", FZ_FILTER_DEPTH_MAX);
        return NULL;
    }
    reader->depth++;
    fz_token_next(reader, false);
    fz_filter *inner = read(reader);
    reader->depth--;
    return inner;
}

static fz_filter *read_not(fz_filter_reader *reader)
{
    fz_filter *inner;

    switch (reader->token.kind) {
    case FZ_TOKEN_NOT:
        inner = read_inner(reader, read_not);
        return inner ? node(FZ_FILTER_NOT, inner, NULL) : NULL;
    case FZ_TOKEN_OPEN:
        inner = read_inner(reader, read_or);
        if (inner && reader->token.kind != FZ_TOKEN_CLOSE) {
            fz_token_unexpected(reader, "'and', 'or' or ')'");
            g_clear_pointer(&inner, fz_filter_free);
        }
        if (inner)
            fz_token_next(reader, false);
        return inner;
    case FZ_TOKEN_WORD:
        return read_test(reader);
    default:
        fz_token_unexpected(reader, "a test such as 'zone wifi' or 'bytes > 10M'");
        return NULL;
    }
}

/* Whether a test follows without "and" because pcap's filters write it so: "tcp port 80". */
static bool is_pcap_pair(const fz_filter *left, const fz_filter_reader *reader)
{
    return left->kind == FZ_FILTER_TEST && left->test.length > 0 && reader->token.kind == FZ_TOKEN_WORD &&
           !reader->token.quoted && (left->test.term == FZ_TERM_PROTOCOL || left->test.term == FZ_TERM_FAMILY);
}

static fz_filter *read_and(fz_filter_reader *reader)
{
    fz_filter *left = read_not(reader);

    while (left && (reader->token.kind == FZ_TOKEN_AND || is_pcap_pair(left, reader))) {
        if (reader->token.kind == FZ_TOKEN_AND)
            fz_token_next(reader, false);
        fz_filter *right = read_not(reader);
        if (!right)
            g_clear_pointer(&left, fz_filter_free);
        else
            left = node(FZ_FILTER_AND, left, right);
    }
    return left;
}

static fz_filter *read_or(fz_filter_reader *reader)
{
    fz_filter *left = read_and(reader);

    while (left && reader->token.kind == FZ_TOKEN_OR) {
        fz_token_next(reader, false);
        fz_filter *right = read_and(reader);
        if (!right)
            g_clear_pointer(&left, fz_filter_free);
        else
            left = node(FZ_FILTER_OR, left, right);
    }
    return left;
}

/* Texts that no store and no terminal should get. */
static bool is_text(const char *text, GError **error)
{
    const char *bad;

    if (strlen(text) > FZ_FILTER_TEXT_MAX) {
        g_set_error(error, FZ_FILTER_ERROR, FZ_FILTER_ERROR_LIMIT, "filter: longer than %d bytes", FZ_FILTER_TEXT_MAX);
        return false;
    }
    if (!g_utf8_validate(text, -1, &bad)) {
        g_set_error(error, FZ_FILTER_ERROR, FZ_FILTER_ERROR_SYNTAX, "filter: byte %td is not UTF-8", bad - text + 1);
        return false;
    }
    for (const char *at = text; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        if (!fz_text_is_control(g_utf8_get_char(at)) || strchr("\t\r\n", *at))
            continue;
        g_set_error(error, FZ_FILTER_ERROR, FZ_FILTER_ERROR_SYNTAX, "filter: byte %td is a control character, U+%04X",
                    at - text + 1, g_utf8_get_char(at));
        return false;
    }
    return true;
}

fz_filter *fz_filter_parse(const char *text, fz_filter_place place, GError **error)
{
    fz_filter_reader reader = {.text = text, .place = place, .error = error};
    g_autoptr(fz_filter) filter = NULL;

    if (!is_text(text, error))
        return NULL;
    fz_token_next(&reader, false);
    if (reader.token.kind != FZ_TOKEN_END)
        filter = read_or(&reader);
    if (filter && reader.token.kind != FZ_TOKEN_END) {
        fz_token_unexpected(&reader, "'and', 'or' or the end");
        g_clear_pointer(&filter, fz_filter_free);
    }
    g_free(reader.token.word);
    return g_steal_pointer(&filter);
}

void fz_filter_blame(GError **error, const char *text, const fz_filter_test *test, const char *message)
{
    fz_filter_fault(error, text, test->offset, test->length, message);
}

static void print_test(GString *text, const fz_filter_test *test)
{
    static const char *const sides[] = {"", "src ", "dst "};
    static const char *const compares[] = {"", "!= ", "< ", "<= ", "> ", ">= "};
    const char *name = fz_term_word(test->term);
    const fz_word *word = fz_words;

    while (strcmp(word->text, name) != 0)
        word++;
    const bool is_number = word->kind == FZ_VALUE_AMOUNT || word->kind == FZ_VALUE_SPAN;
    if (test->term == FZ_TERM_FAMILY)
        name = g_array_index(test->values, fz_filter_value, 0).low == FZ_IPV4 ? "ipv4" : "ipv6";
    g_string_append_printf(text, "%s%s", sides[test->side], name);
    if (word->kind == FZ_VALUE_NONE)
        return;
    g_string_append_printf(text, " %s%s", test->values->len > 1 ? "in [" : "",
                           is_number && test->compare == FZ_COMPARE_EQUAL ? "= " : compares[test->compare]);
    for (guint i = 0; i < test->values->len; i++) {
        g_autofree char *value = fz_filter_value_print(word, &g_array_index(test->values, fz_filter_value, i));
        g_string_append_printf(text, "%s%s", i ? ", " : "", value);
    }
    g_string_append(text, test->values->len > 1 ? "]" : "");
}

static void print_node(GString *text, const fz_filter *filter)
{
    if (filter->kind == FZ_FILTER_TEST) {
        print_test(text, &filter->test);
        return;
    }
    g_string_append(text, filter->kind == FZ_FILTER_NOT ? "not " : "(");
    print_node(text, filter->left);
    if (filter->kind == FZ_FILTER_NOT)
        return;
    g_string_append(text, filter->kind == FZ_FILTER_AND ? " and " : " or ");
    print_node(text, filter->right);
    g_string_append_c(text, ')');
}

char *fz_filter_print(const fz_filter *filter)
{
    GString *text = g_string_new(NULL);

    if (filter)
        print_node(text, filter);
    return g_string_free(text, FALSE);
}
