/* The engine `scan`: libwiretap reads, the header walk counts, no dissector is loaded.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SCAN_H
#define FZ_SCAN_H

#include "collector.h"
#include "confine.h"
#include "source.h"

#define FZ_SCAN_ERROR (fz_scan_error_quark())
GQuark fz_scan_error_quark(void);
typedef enum fz_scan_error { FZ_SCAN_ERROR_OPEN, FZ_SCAN_ERROR_CHILD } fz_scan_error;

/* Starts a process that reads an open capture of any format and compression that libwiretap knows, and is locked before
 * it looks at the first byte. It sends the records through the record pipe `source->records`. A source that is not
 * given in the options is the capture's base name. Format and output of the options don't matter.
 *
 * Of a large capture one thread reads and another counts, if this process may use two processors for each of the
 * `at_once` captures (from 1) that are scanned at a time. */
bool fz_scan_start(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                   unsigned at_once, GError **error);

/* The same for rows and flow files: it writes by format and output of the options, and reports the totals, or what went
 * wrong, on standard error. If the options name no output, `source->records` is the output, a pipe without frames;
 * otherwise it only closes when the process ends. */
bool fz_scan_start_output(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                          unsigned at_once, GError **error);

#endif
