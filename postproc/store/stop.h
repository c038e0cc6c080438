/* Ends queries when this process is told to end: by Ctrl-C, by another signal that asks for it, or because the process
 * that started it has gone. What asks a server must tell that server: it does not notice.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_STOP_H
#define FZ_STOP_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP do not end this process; the first of them calls `act`, which may be NULL and
 * must be safe in a handler of signals. */
void fz_stop_heed(void (*act)(void));

/* Whether one came. */
bool fz_stop_is_told(void);

#endif
