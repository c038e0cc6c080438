/* How orders to a writer ended, in words for people.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_OUTCOME_H
#define FZ_OUTCOME_H

#include "report.h"

/* Whether the order was not carried out, and the capture is not in the store as it is. */
bool fz_outcome_is_failure(fz_outcome outcome);

/* Whether later orders will fare no better, as the source is not to blame. */
bool fz_outcome_is_final(fz_outcome outcome);

/* One line without the source's name. The caller frees. */
char *fz_outcome_describe(const fz_load_report *report);

/* Prints all of it on standard error, as `who`: "flowzone load". `quiet`: except what went well. */
void fz_outcome_say(const fz_load_report *report, const char *who, const char *name, bool quiet);

#endif
