/* Whether records and totals are possible: one check for flow files, for pipes from other processes and for stores.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SANITY_H
#define FZ_SANITY_H

#include "flow.h"

/* What is wrong with a record, as what follows "a record": "ends before it starts"; NULL: nothing. `zones`: how many
 * the dictionary has. The caller frees. */
char *fz_record_fault(const fz_record *record, uint32_t zones);

/* The sums of the records of a pass. */
typedef struct fz_tally {
    uint64_t records;
    fz_count sum; /* both directions */
} fz_tally;

/* Adds a record that has no fault. False if a sum does not fit 64 bits. */
bool fz_tally_add(fz_tally *tally, const fz_record *record);

/* What is wrong with the totals of these records: the classes can be added, and what was counted is what the records
 * have; with FZ_LAYERS_ALL, where a frame may be in several of them, not more than that. NULL: nothing. The caller
 * frees. */
char *fz_totals_fault(const fz_totals *totals, const fz_tally *tally, fz_layers layers);

#endif
