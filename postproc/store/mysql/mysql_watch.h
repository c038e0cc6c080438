/* A time limit for one call of the client library, even if the server keeps sending: a byte now and then, or without
 * end.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_WATCH_H
#define FZ_MYSQL_WATCH_H

#include <stdbool.h>

/* Starts the watch. After `seconds` the socket `fd` is shut down, so that the call that waits for it fails; -1: all
 * sockets opened since the watch began. Only one watch at a time: it uses SIGALRM and the process's timer. */
void fz_mysql_watch_begin(int fd, unsigned seconds);

/* Ends the watch. True if time ran out. */
bool fz_mysql_watch_end(void);

/* Shuts down what the last watch was for; safe in a handler of signals. */
void fz_mysql_watch_hang_up(void);

#endif
