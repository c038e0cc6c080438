/* What the files of the filter share: its table of words, its reader of tokens, its readers of values.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FILTER_PRIVATE_H
#define FZ_FILTER_PRIVATE_H

#include "filter.h"

/* What follows a term. */
typedef enum fz_value_kind {
    FZ_VALUE_NONE,
    FZ_VALUE_NAME,     /* a text */
    FZ_VALUE_NET,      /* an address or a prefix */
    FZ_VALUE_PORT,     /* a number or a range */
    FZ_VALUE_SERVICE,  /* https, 443, tcp/443 */
    FZ_VALUE_PROTOCOL, /* tcp, 6 */
    FZ_VALUE_VLAN,     /* 0 to 4095 */
    FZ_VALUE_AMOUNT,   /* a comparison, and 10M */
    FZ_VALUE_SPAN,     /* a comparison, and 2h */
    FZ_VALUE_FLAGS,    /* S/SA */
} fz_value_kind;

/* A word that begins a test. */
typedef struct fz_word {
    const char *text;
    fz_term term;
    fz_value_kind kind;
    bool sided;   /* "src" and "dst" may stand before it */
    bool flows;   /* it may be asked of conversations */
    bool sums;    /* and of sums */
    uint64_t low; /* of words that are a value too: "tcp", "ipv6" */
} fz_word;

/* The first word of a term is the one that is printed. */
extern const fz_word fz_words[];
extern const size_t fz_word_count;

typedef enum fz_token_kind {
    FZ_TOKEN_END,
    FZ_TOKEN_WORD,   /* letters, digits and what addresses, names and patterns have; or a text in quotes */
    FZ_TOKEN_OPEN,   /* ( */
    FZ_TOKEN_CLOSE,  /* ) */
    FZ_TOKEN_LIST,   /* [ */
    FZ_TOKEN_LISTED, /* ] */
    FZ_TOKEN_COMMA,
    FZ_TOKEN_COMPARE,
    FZ_TOKEN_AND,
    FZ_TOKEN_OR,
    FZ_TOKEN_NOT,
    FZ_TOKEN_BAD, /* a character that nothing begins with, or an open quote */
} fz_token_kind;

typedef struct fz_token {
    fz_token_kind kind;
    fz_compare compare;    /* of COMPARE */
    size_t offset, length; /* in the text */
    bool quoted;           /* a word in quotes is no keyword */
    char *word;            /* of WORD: without quotes; owned by the reader until its next token */
} fz_token;

/* A text, and the token at which it is read. */
typedef struct fz_filter_reader {
    const char *text;
    size_t at; /* after the token */
    fz_token token;
    fz_filter_place place;
    unsigned depth, tests;
    GError **error;
} fz_filter_reader;

/* Goes on to the next token. With `name`, a text in parentheses is a word: "(internet)". */
void fz_token_next(fz_filter_reader *reader, bool name);

/* Sets the error at the token; always false. `expected` is a phrase. */
bool fz_token_unexpected(fz_filter_reader *reader, const char *expected);

/* Sets the error at any place; always false. */
bool fz_filter_fault(GError **error, const char *text, size_t offset, size_t length, const char *message);

/* Reads the value at the token, which is a word, and does not go on. False with the reader's error set. */
bool fz_filter_read_value(fz_filter_reader *reader, const fz_word *word, fz_filter_value *value);

/* The text of a value, as fz_filter_read_value reads it. The caller frees. */
char *fz_filter_value_print(const fz_word *word, const fz_filter_value *value);

#endif
