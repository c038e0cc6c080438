/* What the handle of a writer and its process share: orders and replies on a socket between them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WRITER_PRIVATE_H
#define FZ_WRITER_PRIVATE_H

#include "helper.h"
#include "writer.h"

enum { NAME_MAX_BYTES = 4096, CAPTURE_MAX_BYTES = 1024 };

struct fz_writer {
    const char *to;
    fz_writer_kind kind;
    const fz_load_manner *manner;
    fz_confine *confine;
    fz_helper helper;
    gint64 since_us;     /* when it was started */
    bool asks;           /* the last order was no load */
    fz_writer_side side; /* its descriptors are -1: none */
};

/* Orders to the process; ORDER_LOAD carries descriptors. */
typedef enum writer_kind { ORDER_LOAD, ORDER_ASK, ORDER_MERGE, ORDER_WORK } writer_kind;

typedef struct writer_order {
    uint32_t kind, count; /* of questions */
    union {
        struct {
            uint64_t size, capture_bytes, rows;
            int64_t written_ns;
            uint32_t silence_s;
            char name[NAME_MAX_BYTES], capture[CAPTURE_MAX_BYTES]; /* empty: not a capture */
            char folder[NAME_MAX_BYTES];                           /* of the capture; empty: not known */
            char identity[65];                                     /* empty: not known */
        } load;
        fz_ledger_question questions[FZ_WRITER_QUESTIONS];
        struct {
            fz_writer_work_fn run;
            void *user;
        } work;
    };
} writer_order;

/* The reply to an order: a report, and the answers to questions, or the numbers of work. */
typedef struct writer_reply {
    fz_load_report report;
    int64_t numbers[FZ_WRITER_NUMBERS];
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
} writer_reply;

/* Runs the process until it exits; `writer->helper` is its side of the channel. */
void G_GNUC_NORETURN fz_writer_live(const fz_writer *writer);

#endif
