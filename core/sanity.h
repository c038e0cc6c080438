/* Whether rows and totals are possible: one check for flow files, for pipes from other processes and for stores.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SANITY_H
#define FZ_SANITY_H

#include "flow.h"

/* What is wrong with a row, as what follows "a record", "a minute" or "a packet": "ends before it starts"; NULL:
 * nothing. `zones`: how many the dictionary has. The caller frees. */
char *fz_record_fault(const fz_record *record, uint32_t zones);
char *fz_minute_fault(const fz_minute *minute, uint32_t zones);
char *fz_packet_fault(const fz_packet_row *packet, uint32_t zones);

/* The same of a row of any kind, with these words in front: "a minute is not a multiple of 60 seconds". */
char *fz_row_fault(fz_row_kind kind, const void *row, uint32_t zones);

/* The rows of a pass, by kind, and their sums: of conversations both directions. */
typedef struct fz_tally {
    uint64_t rows[FZ_ROW_KINDS];
    fz_count sum[FZ_ROW_KINDS];
} fz_tally;

/* Adds a row that has no fault. False if a sum does not fit 64 bits. */
bool fz_tally_add(fz_tally *tally, fz_row_kind kind, const void *row);

/* What is wrong with the totals of these rows: the classes can be added, there are as many rows of each kind as they
 * say, and of no kind that the run says it has not. What was counted is what the conversations have, and what the
 * minutes have; with FZ_LAYERS_ALL, where a frame may be in several of them, both have the same and not less than that.
 * Packets are all frames but those that were filtered out. NULL: nothing. The caller frees. */
char *fz_totals_fault(const fz_totals *totals, const fz_tally *tally, const fz_run *run);

#endif
