/* The engine `scan`: libwiretap reads, the header walk counts, no dissector is loaded.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SCAN_H
#define FZ_SCAN_H

#include "collector.h"

#define FZ_SCAN_ERROR (fz_scan_error_quark())
GQuark fz_scan_error_quark(void);
typedef enum fz_scan_error { FZ_SCAN_ERROR_OPEN, FZ_SCAN_ERROR_CHILD } fz_scan_error;

/* Reads a capture ("-": standard input) of any format and compression that libwiretap knows into the collector, then
 * flushes it. True with `*cut_short` set where the capture ended in the middle of a packet or was damaged: what came
 * before is counted, and `*note`, which the caller frees, says what happened. False with `error` when it could not be
 * opened, or the output failed. */
bool fz_scan_capture(const char *path, fz_collector *collector, bool *cut_short, char **note, GError **error);

/* Scans one capture by the options and tells its totals on standard error, unless `quiet`; a source that is not given
 * is the capture's base name. */
bool fz_scan_run(const char *path, const fz_options *options, bool quiet, GError **error);

#endif
