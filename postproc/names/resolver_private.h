/* The process that asks name servers, and what it sends to the one that started it. Only this room includes it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RESOLVER_PRIVATE_H
#define FZ_RESOLVER_PRIVATE_H

#include "confine.h"
#include "helper.h"
#include "host_name.h"
#include "name_server.h"

/* What is asked at once, in time and number: borrowed for as long as it takes. By UDP; then, of the server that cut an
 * answer, by TCP: that is a task of its own, with that server alone. */
typedef struct fz_look_up_task {
    const fz_name_servers *servers;
    const fz_addr *addrs;
    size_t count;
    unsigned rate;    /* questions a second and server, 1 to FZ_DNS_RATE_MAX */
    int64_t until_us; /* of the monotonic clock */
    bool stream;      /* by TCP, a question at a time; what the server ends the connection before is not answered */
    unsigned asked;   /* how many questions each server may have got within the last second */
} fz_look_up_task;

/* Within which `rate` questions are asked: a second, and what a clock may be off. */
enum { FZ_LOOK_UP_WINDOW_US = 1010000 };

/* Every question is asked at most so often, and waited for so long each time. */
enum { FZ_LOOK_UP_TRIES = 2, FZ_LOOK_UP_WAIT_MS = 2000, FZ_LOOK_UP_OUTSTANDING = 20 };

typedef enum fz_resolved_kind {
    FZ_RESOLVED_ANSWER,
    FZ_RESOLVED_CUT,   /* an answer that was cut */
    FZ_RESOLVED_NOTE,  /* the text is to be told to the user */
    FZ_RESOLVED_FAULT, /* the same, and nothing will follow */
} fz_resolved_kind;

typedef struct fz_resolved {
    uint32_t kind;
    uint32_t index;  /* of the address */
    uint32_t status; /* fz_name_status: FZ_NAME_KNOWN, FZ_NAME_NONE or FZ_NAME_FAILED */
    uint32_t server; /* FZ_RESOLVED_CUT: whose answer it was, an index */
    uint32_t keep_s;
    char text[512]; /* a name, or what is to be told */
} fz_resolved;

/* In the child: locks itself, asks, answers and exits. */
void fz_resolver_live(const fz_look_up_task *task, const fz_confine *confine, const fz_helper *helper) G_GNUC_NORETURN;

/* Receives an answer: what the process says of the address with this index, checked. */
typedef void (*fz_look_up_taker)(size_t index, fz_name_status status, uint32_t keep_s, const char *name, void *user);

/* Asks in a process of its own, which is killed when time is up, or when `asker` hangs up (-1: nobody); and in one more
 * for each TCP connection, if answers were cut: a process that has locked itself cannot connect. Addresses that
 * are not answered are not given to `take`. False with a line why, which may come after some answers. */
bool fz_look_up(const fz_look_up_task *task, fz_confine *confine, int asker, fz_look_up_taker take, void *user,
                GError **error);

#endif
