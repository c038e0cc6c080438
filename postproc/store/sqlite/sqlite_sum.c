/* An aggregate function (sqlite.org/appfunc.html) under the name of the built-in one.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sqlite_sum.h"

#include <stddef.h>
#include <stdint.h>

/* The sum is `rest` + `wraps` * 2^64: it does not depend on the order of the rows. */
typedef struct wide_sum {
    int64_t rest, wraps;
    bool any;
} wide_sum;

static void sum_step(sqlite3_context *answer, int argc, sqlite3_value **argv)
{
    wide_sum *sum = sqlite3_aggregate_context(answer, sizeof *sum);

    (void)argc;
    if (!sum || sqlite3_value_type(argv[0]) == SQLITE_NULL)
        return;
    const int64_t value = sqlite3_value_int64(argv[0]);
    if (__builtin_add_overflow(sum->rest, value, &sum->rest))
        sum->wraps += value > 0 ? 1 : -1;
    sum->any = true;
}

static void sum_final(sqlite3_context *answer)
{
    const wide_sum *sum = sqlite3_aggregate_context(answer, 0);

    if (!sum || !sum->any)
        sqlite3_result_null(answer);
    else
        sqlite3_result_int64(answer, sum->wraps == 0 ? sum->rest : sum->wraps > 0 ? INT64_MAX : INT64_MIN);
}

bool fz_sqlite_sum_register(sqlite3 *db)
{
    return sqlite3_create_function_v2(db, "sum", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, NULL,
                                      sum_step, sum_final, NULL) == SQLITE_OK;
}
