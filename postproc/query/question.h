/* A question: what all of them have in common, and the process that answers it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_QUESTION_H
#define FZ_QUESTION_H

#include "coverage.h"
#include "tier.h"

#define FZ_QUESTION_ERROR (fz_question_error_quark())
GQuark fz_question_error_quark(void);
typedef enum fz_question_error {
    FZ_QUESTION_ERROR_USAGE, /* of words that the user gave: exit status 2 */
    FZ_QUESTION_ERROR_STORE, /* it cannot be answered */
} fz_question_error;

typedef struct fz_asking fz_asking;

/* Answers, in the process that has the store: inside a read-only transaction, locked. Prints on standard output. */
typedef bool (*fz_answer_work)(fz_asking *asking, GError **error);

/* Options that all questions have. Texts are owned by the command. */
typedef struct fz_question {
    fz_range range;
    char *where, *having; /* texts of the filters; NULL: none */
    fz_answer_manner manner;
    fz_answer_manner aside; /* of standard error, where the last line goes */
    unsigned most;          /* -n: rows that are shown */
    bool sql;               /* print the statement, and do not run it */
    bool display;           /* print the display filter instead */
    unsigned limit_s;       /* for one query; 0: none */
    int names;              /* the channel to ask for names; 0: none are wanted */
    const char *out;        /* the file that standard output is, borrowed; NULL: it is printed */
    fz_answer_work work;
    void *user; /* of the command: what it alone asks */
} fz_question;

/* A question while it is answered. */
struct fz_asking {
    const fz_question *question;
    fz_store *store;
    const fz_dialect *dialect;
    fz_filter *where, *having; /* parsed; NULL: none */
    fz_dictionary *zones;
    GPtrArray *locations, *sensors; /* of the ledger, sorted, NULL-ended */
    fz_coverage coverage;
    bool widened; /* its range is more than what was asked for (fz_grouping_widen): `question` is `wide` */
    fz_question wide;
    bool temporary; /* the store is made of the captures given */
    bool found;     /* `work` sets it: exit status 4 */
    bool capped;    /* a sum is INT64_MAX, and may be more (plus.h) */
};

/* Answers a question: `work` within a read-only transaction of the store, which is open. `*found` is what it set. */
bool fz_question_answer(fz_store *store, const fz_question *question, bool temporary, bool *found, GError **error);

/* Appends " AND r.start_us >= ... AND r.start_us < ...": the column is in units of so many microseconds, which divide
 * the range. */
void fz_range_append(GString *sql, const fz_range *range, const char *column, int64_t unit_us);

/* Appends the same of captures l that touch the range. */
void fz_range_append_loads(GString *sql, const fz_range *range);

/* The different texts of a column of the ledger, NULL-ended. The caller frees. */
GPtrArray *fz_ledger_texts(fz_store *store, const char *column, GError **error);

/* HEX() of an address, or its bytes; of family 0 if it is none. */
fz_addr fz_cell_addr(const char *cell);
fz_addr fz_datum_addr(const fz_datum *cell);

/* Appends the condition of the filter to a statement. */
bool fz_asking_where(fz_asking *asking, GString *sql, fz_tier tier, GError **error);

/* With --sql: prints a comment, which says what the statements that follow are for. */
void fz_asking_head(const fz_asking *asking, const char *what);

/* Runs a query, or, with --sql, prints it. */
bool fz_asking_query(fz_asking *asking, const char *sql, size_t columns, fz_cells_taker take, void *user,
                     GError **error);

/* Runs one whose columns are integers or bytes; not with --sql. */
bool fz_asking_data(fz_asking *asking, const char *sql, size_t columns, fz_data_taker take, void *user, GError **error);

/* " FROM fz_load l JOIN fz_flow r ... WHERE ...": the details of the question: its range and its filter. */
bool fz_asking_details(fz_asking *asking, GString *sql, GError **error);

/* Writes out the answer and prints the last line, on standard error: an answer that is not whole has none. flows < 0:
 * the answer counts packets. Bytes may be FZ_COVERAGE_NO_SUMS. */
bool fz_asking_cover(fz_asking *asking, uint64_t bytes, int64_t flows, const char *from, GError **error);

/* The same of an answer from a tier (tier.h). */
bool fz_asking_cover_tier(fz_asking *asking, uint64_t bytes, int64_t flows, fz_tier tier, GError **error);

/* The same of an answer that compares its period with another: each of them with its tier. `of_other`: its rows are
 * those of that period. Sums are of `asking`, whichever that is. */
bool fz_asking_cover_two(fz_asking *asking, const fz_asking *other, const fz_tier tiers[2], bool of_other,
                         uint64_t bytes, int64_t flows, GError **error);

/* A conversation as it is stored; the zones of `record` are ids of the dictionary. */
typedef struct fz_detail {
    int64_t load_id, row_no;
    fz_record record;
} fz_detail;
typedef void (*fz_detail_taker)(const fz_detail *detail, void *user);

/* Gives `take` all details of the question; `order` is an SQL ORDER BY list on r.COLUMN and l.COLUMN, NULL: any order.
 * `extra`, NULL or SQL: one more condition. `most` 0: all. */
bool fz_asking_details_read(fz_asking *asking, const char *extra, const char *order, uint64_t most,
                            fz_detail_taker take, void *user, GError **error);

#endif
