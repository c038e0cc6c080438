/* What became of a load, in words for people.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_OUTCOME_H
#define FZ_OUTCOME_H

#include "ledger.h"

/* One line without the source's name; `seconds`: how long it took, `where`: the store's name. The caller frees. */
char *fz_outcome_describe(const fz_ledger_result *result, double seconds, const char *where);

/* Whether it is to be told even to who wants to hear of failures only. */
bool fz_outcome_is_news(fz_ledger_outcome outcome);

#endif
