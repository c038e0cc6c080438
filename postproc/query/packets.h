/* Which conversations fit a question, capture by capture, for those that find their frames.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PACKETS_H
#define FZ_PACKETS_H

#include "question.h"

/* What `flowzone packets` alone asks: the question's `user`. Texts are borrowed. */
typedef struct fz_packets_wish {
    int wanted;       /* the pipe into which captures and their rows go: wanted.h */
    const char *ring; /* for commands: the folder of the captures; NULL: as the ledger says */
    const char *out;  /* for commands: where they write */
} fz_packets_wish;

/* The most conversations that one question may have. */
enum { FZ_PACKETS_ROWS_MAX = 2000000 };

/* Sends the conversations of the question, in the order in which their captures begin. To be called as a question's
 * work. */
bool fz_packets_send(fz_asking *asking, GError **error);

/* Prints commands of Wireshark's, for a shell, that write the same frames. The same. */
bool fz_packets_print(fz_asking *asking, GError **error);

#endif
