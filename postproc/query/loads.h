/* The ledger for people: captures in the order of their begin, and what is between them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LOADS_H
#define FZ_LOADS_H

#include "question.h"

/* Prints the loads of a range. Inside a transaction. CSV and JSON have a row for each and their columns do not depend
 * on what is in the ledger. A table shows, of sensor, location, frames that are not IP, unparsable or filtered, and
 * state, only what says something; and it has lines for gaps, and sums at its end. */
bool fz_loads_print(fz_store *store, const fz_range *range, FILE *out, const fz_answer_manner *manner, GError **error);

/* The work of "flowzone loads". */
bool fz_loads_answer(fz_asking *asking, GError **error);

#endif
