/* The question `find`: conversations that deserve a look.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FIND_H
#define FZ_FIND_H

#include "question.h"

/* Thresholds; the question's `user`. */
typedef struct fz_find {
    unsigned least;  /* beacons: starts; scans: targets without an answer; one-way: conversations of a row */
    unsigned span_s; /* beacons: from the first start to the last; long: of a conversation; else 0 */
    unsigned score;  /* beacons: from 0 to 100 */
} fz_find;

/* What fz_find has if nothing is said. */
enum {
    FZ_BEACON_STARTS = 8,
    FZ_BEACON_SPAN_S = 7200,
    FZ_BEACON_SCORE = 70,
    FZ_SCAN_TARGETS = 20,
    FZ_LONG_S = 3600,
    FZ_ONE_WAY_LEAST = 10,
};

/* Their fz_answer_work. All read joined conversations (join.h), and set `found` if there is something.
 *
 * Beacons: a client that calls a service again and again, at even times and with even amounts. Memory: 16 bytes for
 * each start and 72 for each client, server and service; of more than two million conversations, only those that have
 * enough starts are kept, for which they are read twice. */
bool fz_find_beacons(fz_asking *asking, GError **error);

/* Scans: clients whose targets do not answer, or refuse, oftener than others' do. Memory: up to 60 bytes for each
 * client, server and port. */
bool fz_find_scans(fz_asking *asking, GError **error);

/* Long conversations. */
bool fz_find_long(fz_asking *asking, GError **error);

/* Conversations of which one direction alone was seen, by sensor, zones and service. */
bool fz_find_one_way(fz_asking *asking, GError **error);

#endif
