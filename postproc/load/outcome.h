/* How orders to a writer ended, in words for people.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_OUTCOME_H
#define FZ_OUTCOME_H

#include "report.h"

/* Whether the order failed: the store may not have the capture as it is now. */
bool fz_outcome_is_failure(fz_outcome outcome);

/* Whether later orders will fail too, as the fault is not the source's. */
bool fz_outcome_is_final(fz_outcome outcome);

/* One line without the source's name. The caller frees. */
char *fz_outcome_describe(const fz_load_report *report);

/* Prints the report on standard error, as `who`: "flowzone load". `quiet`: only if the capture was not loaded, or not
 * as asked. */
void fz_outcome_say(const fz_load_report *report, const char *who, const char *name, bool quiet);

#endif
