/* What the files of merges share: statements on sums, and transactions that do not wait.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MERGE_PRIVATE_H
#define FZ_MERGE_PRIVATE_H

#include "dialect.h"
#include "merge.h"

/* A sum in one row that is too large to be added to others. */
#define FZ_MERGE_SUM_MOST "70368744177664"

/* Parts of merged rows are load_ids, and lower than these two. Added to a load_id the first is the part of rows in
 * fz_day and fz_host_day that are never added to others: of a load whose sums are too large. The second is added to the
 * parts of new merged rows while the old ones are still there. */
#define FZ_MERGE_OWN "2305843009213693952"
#define FZ_MERGE_NEW "4611686018427387904"

/* A time rounded down to a multiple, before 1970 too. */
#define FZ_MERGE_ROUND_DOWN(time, unit) "(" time " - (" time " % " unit " + " unit ") % " unit ")"

/* A table of merged rows. Its columns are a key, `part` and sums, in this order. */
typedef struct merge_tier {
    fz_table table;
    const char *id, *id_value; /* the column before them and its value in merged rows, with a comma; "": none */
    const char *merged;        /* selects the rows that are merged, from the table's: "load_id = 0 AND " */
    const char *time;          /* the key's column of hours or days */
} merge_tier;

extern const merge_tier fz_merge_hours, fz_merge_days, fz_merge_hosts;

/* From the first to the last: numbers of hours or of days since 1970. */
typedef struct merge_range {
    int64_t first, last;
} merge_range;

enum { FZ_MERGE_HOUR_S = 3600, FZ_MERGE_DAY_S = 86400 };

static inline int64_t fz_merge_divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* `merged` of a load of which some rows are merged, and the others its own. */
enum { FZ_MERGE_BEGUN = 3 };

/* One merge on its way. */
typedef struct merging {
    fz_store *store;
    int64_t before_us;
    size_t most;
    GString *loads; /* "1, 2, 3" */
    size_t count;   /* how many */
    size_t kept;    /* how many more are never merged */
} merging;

/* Runs a statement, which is taken over. */
bool fz_merge_run(fz_store *store, char *sql, GError **error);

/* The numbers that a query answers, at most `most` rows of one column; 0 for NULL. `sql` is taken over. The caller
 * frees; NULL with an error. */
GArray *fz_merge_ask(fz_store *store, char *sql, size_t most, GError **error);

/* Locks the row of an id until the transaction ends, and asks for a number of it: none if there is no such row. Where
 * reads take no locks, `column` is written as it is. The caller frees; NULL with an error. */
GArray *fz_merge_ask_locked(fz_store *store, const char *table, const char *id, int64_t of, const char *column,
                            const char *number, GError **error);

static inline int64_t fz_merge_number(const GArray *numbers, guint at)
{
    return g_array_index(numbers, int64_t, at);
}

/* A table's column `part`. */
const fz_column *fz_merge_part_of(fz_table table);

/* Whether a column of merged rows is, of a load's, in the ledger: sensor and location. */
bool fz_merge_is_of_ledger(const char *column);

/* The columns of a tier, for a SELECT of rows that are to be merged: `print` makes the expression of each. The caller
 * frees, here and below. */
char *fz_merge_print_columns(const merge_tier *tier, char *(*print)(const char *column));

/* The part of a load's own rows. */
char *fz_merge_print_own(int64_t load_id);

/* Of fz_hour h: a merged row keeps its part, that of a load's row is the load. Of fz_day d or fz_host_day d. */
char *fz_merge_print_hour(const char *column);
char *fz_merge_print_day(const char *column);

/* Of fz_hour h, as rows of a tier of days: the part is the load. */
char *fz_merge_print_day_of_hour(const char *column);

/* Of fz_host h and fz_load l likewise: sensor and location of an address are those of its loads, in the ledger. */
char *fz_merge_print_day_of_host(const char *column);

/* "INSERT INTO t (key, part, sums) SELECT key, PART, SUM(sums) FROM (ROWS) GROUP BY key HAVING any sum is not 0".
 * `sign` is before each sum. */
char *fz_merge_print_insert(const fz_dialect *dialect, const merge_tier *tier, const char *part, const char *sign,
                            const char *rows);

/* Replaces the merged rows of a range, in the units of the tier's time, by the sums of ROWS. */
bool fz_merge_fold(fz_store *store, const merge_tier *tier, const merge_range *range, const char *rows, GError **error);

/* Locks the ledger's rows of loads, and takes those that nobody has removed or merged meanwhile: `merged` in the ledger
 * is `state` then, or 2 of a load that is never merged. */
bool fz_merge_claim(merging *merge, const GArray *ids, int state, GError **error);

/* Keeps other merges away until the transaction ends. Fails with FZ_STORE_ERROR_SCHEMA if the store has another version
 * by now than this program knows: an upgrade came while it was connected. */
bool fz_merge_lock(fz_store *store, GError **error);

/* Does `work` in a transaction that waits for no other program, and with other merges kept away: FZ_STORE_ERROR_BUSY
 * where one is in the way. It ends by COMMIT if `*changed`; after a failure nothing has changed. */
bool fz_merge_transact(fz_store *store, bool (*work)(fz_store *store, void *user, bool *changed, GError **error),
                       void *user, GError **error);

#endif
