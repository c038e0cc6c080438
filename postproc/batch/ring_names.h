/* Names of captures: when each was begun, and which captures follow each other.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RING_NAMES_H
#define FZ_RING_NAMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FZ_RING_NO_TIME INT64_MIN

typedef struct fz_ring_name {
    int64_t time_s;   /* seconds since 1970 UTC; FZ_RING_NO_TIME: the name has none, and the rest is meaningless */
    int64_t latest_s; /* later than time_s if its local time occurs twice, as clocks are set back; else the same */
    int64_t number;   /* running number; -1: none */
    uint32_t part_us; /* microseconds of the second, if the name has them */
    /* The name without its time and number: files of one series follow each other, and share this reference-counted
     * text. NULL: the name has no time. */
    char *series;
} fz_ring_name;

void fz_ring_name_clear(fz_ring_name *name);

/* A pattern that was read. */
typedef struct fz_ring_scheme fz_ring_scheme;

/* Reads a pattern, as in a shell, in which %s %u stand for seconds since 1970 and microseconds, %Y %m %d %H %M %S for
 * parts of a local time, %n for a running number, %% for a percent sign. NULL with an FZ_RING_ERROR_VALUE. */
fz_ring_scheme *fz_ring_scheme_read(const char *pattern, GError **error);
void fz_ring_scheme_free(fz_ring_scheme *scheme);
bool fz_ring_scheme_matches(const fz_ring_scheme *scheme, const char *name);
bool fz_ring_scheme_has_time(const fz_ring_scheme *scheme);

/* Reads a name by the scheme. The caller frees with fz_ring_name_clear. */
fz_ring_name fz_ring_scheme_read_name(const fz_ring_scheme *scheme, const char *name);

/* The same by the schemes of programs that write rings: digits that none of them writes are not taken for a time.
 * `known` is from fz_ring_known_schemes, an array that the caller frees. */
GPtrArray *fz_ring_known_schemes(void);
fz_ring_name fz_ring_known_name(const GPtrArray *known, const char *name);

#endif
