/* A limit of time for what a client library does in one call, whatever a server sends meanwhile: a byte now and then,
 * or more than can ever be read. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_WATCH_H
#define FZ_MYSQL_WATCH_H

#include <stdbool.h>

/* From now on, for `seconds`: then the socket `fd` is shut down, and the call that waits for it fails. -1: all sockets
 * that were not open yet when the watch began. One at a time; it has SIGALRM and the process's timer. */
void fz_mysql_watch_begin(int fd, unsigned seconds);

/* Ends it. True if time ran out. */
bool fz_mysql_watch_end(void);

#endif
