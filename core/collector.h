/* A run from its options to its output: zone table, flow table, totals, sink. Shared by all engines.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COLLECTOR_H
#define FZ_COLLECTOR_H

#include "flow.h"
#include "options.h"
#include "packet_rows.h"

#define FZ_COLLECTOR_ERROR (fz_collector_error_quark())
GQuark fz_collector_error_quark(void);
typedef enum fz_collector_error {
    FZ_COLLECTOR_ERROR_SHARED, /* something else writes to the output */
    FZ_COLLECTOR_ERROR_TIME,   /* the capture's fault: a frame has a time that can't be kept */
} fz_collector_error;

/* The classes of conservation: see fz_totals. */
typedef enum fz_frame_class { FZ_COUNTED, FZ_NOT_IP, FZ_UNPARSABLE, FZ_FILTERED } fz_frame_class;

typedef struct fz_collector fz_collector;

/* Reads the zone file, or adds an owner to the options' table, and opens the output. `program` names the running
 * program, as "flowzone 0.1.0, Wireshark 4.0.17"; `warn` receives the zone file's warnings. `options` must have passed
 * fz_options_finish; it is borrowed for the call. NULL with one clear line in `error` when something is wrong; then no
 * new output file is left behind, and an existing one is unchanged. */
fz_collector *fz_collector_new(const fz_options *options, fz_engine engine, const char *program, fz_zone_warning warn,
                               void *user, GError **error);
void fz_collector_free(fz_collector *collector);

/* The descriptor written to, so that two runs with one output are recognized. */
int fz_collector_fd(const fz_collector *collector);

/* Standard output, which several runs and the printing of packets may share. */
bool fz_collector_is_standard(const fz_collector *collector);

/* Empties an output file, which otherwise happens with the first row. To be called before the process is locked, once
 * nothing can refuse the run any more. */
bool fz_collector_begin(fz_collector *collector, GError **error);

/* Accounts for one frame: exactly one call for each, in the capture's order, before its packets. `time_us` is its
 * timestamp, `bytes` its wire length. With FZ_TIME_NONE the whole run fails, since the frame would be recorded at a
 * wrong time. */
void fz_collector_frame(fz_collector *collector, fz_frame_class class_, int64_t time_us, uint32_t bytes);

/* Counts one packet of the frame just accounted for as FZ_COUNTED. */
void fz_collector_packet(fz_collector *collector, const fz_packet *packet, int64_t time_us, uint32_t bytes);

/* Whether the run has rows of packets: then fz_collector_row is to be called. */
bool fz_collector_has_packets(const fz_collector *collector);

/* Adds the row of the frame just accounted for, of which `packet` is the outermost one if it is FZ_COUNTED; of a frame
 * that is FZ_FILTERED there is none. */
void fz_collector_row(fz_collector *collector, fz_frame_class class_, const fz_packet *packet,
                      const fz_frame_link *link, int64_t time_us, uint32_t bytes);

/* Makes the run fail: no more rows are written, and flush and finish fail with this reason. The first reason counts. */
void fz_collector_fail(fz_collector *collector, const char *why);

/* Writes out all rows, at the end of the capture. False with `error` when the output failed now or earlier. */
bool fz_collector_flush(fz_collector *collector, GError **error);

/* Notes that the capture's file has changed while it was read: call it before fz_collector_finish. */
void fz_collector_changed(fz_collector *collector);

/* Writes the totals after a flushed output and closes it. `cut_short`: the capture ended in the middle of a packet.
 * Frames of 0 bytes at time 0 mean that too: they are space that was reserved (fallocate) and not yet written. */
bool fz_collector_finish(fz_collector *collector, bool cut_short, GError **error);

/* Totals so far. */
const fz_totals *fz_collector_totals(const fz_collector *collector);

/* True if the output does not show the totals, so that the caller should print them. */
bool fz_collector_totals_hidden(const fz_collector *collector);

#endif
