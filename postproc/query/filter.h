/* The filter: which conversations a question is about. flowzone-filter(7) has its words; one parser reads them, and
 * what it makes becomes SQL (filter_sql.h) or a display filter (filter_display.h).
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FILTER_H
#define FZ_FILTER_H

#include "addr.h"

#include <glib.h>

#define FZ_FILTER_ERROR (fz_filter_error_quark())
GQuark fz_filter_error_quark(void);
typedef enum fz_filter_error { FZ_FILTER_ERROR_SYNTAX, FZ_FILTER_ERROR_LIMIT } fz_filter_error;

/* Limits of one filter: bytes of its text, parentheses and "not" inside each other, tests, and values of a list. */
enum {
    FZ_FILTER_TEXT_MAX = 1 << 20,
    FZ_FILTER_DEPTH_MAX = 1000,
    FZ_FILTER_TESTS_MAX = 1000,
    FZ_FILTER_VALUES_MAX = 100000,
};

/* What a test looks at. */
typedef enum fz_term {
    FZ_TERM_ZONE,     /* the name of an end's zone; FZ_FILTER_NO_ZONE: that it has none */
    FZ_TERM_NUMBER,   /* the number of its zone */
    FZ_TERM_NET,      /* its address */
    FZ_TERM_PORT,     /* its port */
    FZ_TERM_SERVICE,  /* the server's port, and perhaps the protocol */
    FZ_TERM_PROTOCOL, /* IANA's number */
    FZ_TERM_FAMILY,   /* FZ_IPV4 or FZ_IPV6 */
    FZ_TERM_VLAN,     /* outermost VLAN id, 0 without one */
    FZ_TERM_LOCATION, /* texts of the capture */
    FZ_TERM_SENSOR,
    FZ_TERM_SOURCE, /* the same, with * and ? */
    FZ_TERM_BYTES,  /* wire bytes; with a side, those that it sent */
    FZ_TERM_PACKETS,
    FZ_TERM_IP_BYTES,
    FZ_TERM_DURATION, /* microseconds */
    FZ_TERM_RATE,     /* bits a second, of wire bytes */
    FZ_TERM_FLAGS,    /* TCP flags: those of `mask` are `low` */
    FZ_TERM_ONE_WAY,  /* the server sent nothing */
    FZ_TERM_SURE,     /* it is known who opened it: fz_opened_is_sure */
    FZ_TERM_CROSS,    /* both ends have a zone of the user's, and not the same one */
    FZ_TERM_INSIDE,   /* both have the same zone of the user's */
    FZ_TERM_IN,       /* only the server has a zone of the user's */
    FZ_TERM_OUT,      /* only the client has */
    FZ_TERM_TRANSIT,  /* neither has */
    FZ_TERM_FLOWS,    /* after summing only: conversations */
    FZ_TERM_PEERS,    /* after summing only: other ends */
} fz_term;
enum { FZ_TERM_COUNT = FZ_TERM_PEERS + 1 };

/* Whose: "src" is the client and "dst" the server, where a record says which is which (fz_opened). */
typedef enum fz_filter_side { FZ_SIDE_EITHER, FZ_SIDE_SRC, FZ_SIDE_DST } fz_filter_side;

/* EQUAL is also of lists: any of them. */
typedef enum fz_compare {
    FZ_COMPARE_EQUAL,
    FZ_COMPARE_UNEQUAL,
    FZ_COMPARE_LESS,
    FZ_COMPARE_LESS_EQUAL,
    FZ_COMPARE_GREATER,
    FZ_COMPARE_GREATER_EQUAL,
} fz_compare;

typedef struct fz_filter_value {
    char *text;         /* zone, number, location, sensor, source: as it was written, without its quotes; else NULL */
    fz_prefix prefix;   /* net: host bits cleared */
    uint64_t low, high; /* numbers: the first and the last; low is high in all but ranges of ports */
    uint16_t mask;      /* flags: those that are looked at. service: IANA's protocol, 0 for any */
} fz_filter_value;

/* The name by which a filter asks for ends without a zone. */
#define FZ_FILTER_NO_ZONE "(no zone)"

typedef struct fz_filter_test {
    fz_term term;
    fz_filter_side side;
    fz_compare compare;
    GArray *values;        /* of fz_filter_value; at least one where the term has values */
    size_t offset, length; /* where it stands in the text, in bytes */
} fz_filter_test;

typedef enum fz_filter_kind { FZ_FILTER_TEST, FZ_FILTER_NOT, FZ_FILTER_AND, FZ_FILTER_OR } fz_filter_kind;

/* A filter is a tree. NOT has `left` alone; a test has neither. */
typedef struct fz_filter fz_filter;
struct fz_filter {
    fz_filter_kind kind;
    fz_filter *left, *right;
    fz_filter_test test;
};

/* What a filter is asked of: conversations, or rows of sums ("--having"), which have numbers alone. */
typedef enum fz_filter_place { FZ_FILTER_OF_FLOWS, FZ_FILTER_OF_SUMS } fz_filter_place;

/* Reads a filter. An empty text, or one of comments alone, is no filter: NULL without an error. An error has three
 * lines: what is wrong and what was expected, the line of the text, and a caret below the place. The caller frees. */
fz_filter *fz_filter_parse(const char *text, fz_filter_place place, GError **error);
void fz_filter_free(fz_filter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_filter, fz_filter_free)

/* The filter as text that reads back as the same; the caller frees. NULL is "". */
char *fz_filter_print(const fz_filter *filter);

/* The word of a term: "ip-bytes". Static. */
const char *fz_term_word(fz_term term);

/* The same error as the parser's, for a fault that is found later: `message`, the line, and a caret at the test. */
void fz_filter_blame(GError **error, const char *text, const fz_filter_test *test, const char *message);

#endif
