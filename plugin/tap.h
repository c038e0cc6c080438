/* The tap listeners of `-z flowzone`: the engine `full`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TAP_H
#define FZ_TAP_H

#include "options.h"

/* Registers `-z flowzone[,...]` with Wireshark. */
void fz_tap_register(void);

/* The same run in the window: `retap` sends it all packets of the capture, which has at least `frames` frames, and is
 * called once. `options` must have passed fz_options_finish. `totals`, which the caller frees, is what fz_totals_print
 * says. False with one clear line in `error`, also when the retap was stopped before its end: then a file that was
 * begun remains, incomplete. */
bool fz_tap_export(const fz_options *options, void (*retap)(void), uint32_t frames, char **totals, GError **error);

#endif
