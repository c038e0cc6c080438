/* The tap listeners behind `-z flowzone`: the engine `full`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TAP_H
#define FZ_TAP_H

/* Registers `-z flowzone[,...]` with Wireshark. */
void fz_tap_register(void);

#endif
