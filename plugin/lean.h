/* The engine `lean`: only the frame's dissector runs; the header walk reads the bytes.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_LEAN_H
#define FZ_LEAN_H

#include <stdbool.h>

/* Switches off every dissector of the process that can be switched off. This can't be taken back, and no other
 * statistic of the run sees a packet's protocols from now on. */
void fz_lean_begin(void);

/* True if anything listens to a tap other than `frame`: a statistic that lean would leave without data. */
bool fz_lean_has_neighbours(void);

#endif
