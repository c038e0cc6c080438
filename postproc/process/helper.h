/* A child process that does one thing for this one: it gets orders, with descriptors, and sends answers, which must
 * not be trusted.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_HELPER_H
#define FZ_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct fz_helper {
    pid_t pid;   /* 0: no child, or this is the child */
    int channel; /* this side's end; readable, in the parent, when an answer is due; -1: there is none */
    int status;  /* after fz_helper_stop: the child's wait status */
} fz_helper;

/* The most descriptors that an order can carry. */
enum { FZ_HELPER_FDS = 2 };

/* Forks the child. True in both processes: if `helper->pid` is 0, this is the child. A child that takes orders gets a
 * socket; any other one a pipe that it can only write to. False with errno. */
bool fz_helper_start(fz_helper *helper, bool takes_orders);

/* Sends an order, with up to FZ_HELPER_FDS borrowed descriptors. False if the child accepts no more orders. */
bool fz_helper_order(const fz_helper *helper, const void *order, size_t size, const int *fds, size_t count);

/* In the child: waits for an order of that size. Descriptors that did not come with it are -1; others are taken over.
 * False when there are no more. */
bool fz_helper_take_order(const fz_helper *helper, void *order, size_t size, int fds[FZ_HELPER_FDS]);

/* In the child: sends the answer whole, or not at all; through a pipe, of at most PIPE_BUF bytes. */
bool fz_helper_answer(const fz_helper *helper, const void *answer, size_t size);

/* Waits for an answer of that size. False if the child ended, or sent something else. */
bool fz_helper_take_answer(const fz_helper *helper, void *answer, size_t size);

/* Closes the channel and waits for the child's end: the result of fz_child_reap. */
char *fz_helper_stop(fz_helper *helper);

/* Kills the child in any state; does nothing if there is none. */
void fz_helper_kill(fz_helper *helper);

#endif
