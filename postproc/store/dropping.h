/* What of a load is dropped, and how the ledger says it: columns `dropped` and `dropping` of fz_load.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A load loses its packets, then its details, then its minutes, then its part in the merged hours before a midnight, of
 * which it may keep days that are later; the days stay. For
 * each of these the ledger is marked first (`dropping` is the bit), then the rows go, in as many transactions as that
 * takes, then the bit is in `dropped`. `dropping` has one bit at a time, so that a condition on it needs no operator on
 * bits, which SingleStore does not have in every place:
 *
 *   dropping  0, 1, 2, 4 or 8
 *   dropped   0, 1, 3, 7, 15; and 8, 9, 11 where hours went first: of captures that are held back, or came late
 *
 * Packets go before details even of a load without packets. From the mark FZ_DROPPED_FLOWS or
 * FZ_DROPPED_HOURS on a load is neither replaced nor does it grow. With the former its sums are merged (merge.h), but
 * for one whose sums are too large for that: it keeps its own. Its minutes are then rows with load_id 0 whose `part` is
 * a load of the same day, sensor and location.
 */
#ifndef FZ_DROPPING_H
#define FZ_DROPPING_H

enum { FZ_DROPPED_PACKETS = 1, FZ_DROPPED_FLOWS = 2, FZ_DROPPED_MINUTES = 4, FZ_DROPPED_HOURS = 8 };

/* Conditions on a row l of fz_load. Rows of a load are to be read if it shows them: what is dropped has none. */
#define FZ_SQL_SHOWS_FLOWS "l.dropping <> 2"
#define FZ_SQL_SHOWS_PACKETS "l.dropping <> 1"
#define FZ_SQL_SHOWS_MINUTES "l.dropping <> 4"
/* Whether it has all rows that it was loaded with. */
#define FZ_SQL_HAS_FLOWS "(l.dropping <> 2 AND l.dropped IN (0, 1, 8, 9))"
#define FZ_SQL_HAS_PACKETS "(l.dropping NOT IN (1, 2) AND l.dropped IN (0, 8))"
#define FZ_SQL_HAS_MINUTES "(l.dropping <> 4 AND l.dropped NOT IN (7, 15))"
/* Whether a load of the same capture may replace it. */
#define FZ_SQL_MAY_BE_REPLACED "(l.dropping NOT IN (2, 8) AND l.dropped IN (0, 1))"

#endif
