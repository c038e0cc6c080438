/* A process between a pipe and whoever reads a compressed capture from it, which looks whether that ends too early.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RELAY_H
#define FZ_RELAY_H

#include "jail.h"

/* To be called before standard input is read, where it is a capture: if that is a pipe, and may be compressed by its
 * first byte, which is waited for and stays there, standard input becomes another pipe, from a process that passes on
 * what comes and ends with us. It is locked as a reader, in this mode. Where that can't be had all stays as it is, and
 * what libwiretap does not report is not known. */
void fz_relay_begin(fz_jail_mode mode);

/* Behind the end of what came through: whether it was cut, or its process died over it. False where there is none. */
bool fz_relay_is_cut(void);

#endif
