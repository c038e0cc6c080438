/* Joins the parts of conversations that captures were cut through.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_JOIN_H
#define FZ_JOIN_H

#include "question.h"

/* Two rows are parts of one conversation if they are of one sensor and location, have the same ends, ports, protocol
 * and VLAN, whichever end each takes for the client, and less than this lies between the last packet of one and the
 * first of the other. Both are of one capture only if its rows were cut by `interval` or `max-flows`; else the capture
 * of the first ends before that much time has passed. */
enum { FZ_JOIN_GAP_S = 120 };

/* A conversation. The sides of `record` are those of the part that is surest of them, its zones those of the part that
 * begins first; counts are sums, and INT64_MAX if they would be more. */
typedef struct fz_joined {
    fz_record record;
    int64_t load_id, row_no; /* of the part that begins first */
    int64_t last_load_id;    /* of the one that ends last */
    uint32_t parts;
    uint32_t sensor; /* of the capture */
} fz_joined;

typedef void (*fz_joined_taker)(const fz_joined *joined, void *user);

/* What the ledger says of a capture. */
typedef struct fz_join_capture {
    uint32_t sensor;          /* a number for each sensor and location */
    int64_t start_us, end_us; /* its first and last packet */
    bool split;               /* rows were cut by time or number; they are added in the order of their starts */
    bool last;                /* no capture of the sensor begins within the gap after its end, or overlaps it */
} fz_join_capture;

typedef struct fz_joiner fz_joiner;

/* `gap_us` above 0. Conversations are given to `take` once nothing more can come, in an order that depends on what is
 * added alone. Memory: about 200 bytes for each that can still go on. */
fz_joiner *fz_joiner_new(int64_t gap_us, fz_joined_taker take, void *user);
void fz_joiner_free(fz_joiner *joiner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_joiner, fz_joiner_free)

/* What is added from now on is of this capture. They come in the order of start_us. */
void fz_joiner_capture(fz_joiner *joiner, const fz_join_capture *capture);

/* The detail is copied. */
void fz_joiner_add(fz_joiner *joiner, const fz_detail *detail);

/* Gives `take` what is left. */
void fz_joiner_finish(fz_joiner *joiner);

/* How sure the sides of a record are: more is surer. */
int fz_opened_rank(uint8_t opened);

/* Exchanges the ends of a record, and what they sent. */
void fz_record_turn(fz_record *record);

#endif
