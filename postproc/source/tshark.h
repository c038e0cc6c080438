/* The engines `lean` and `full`: tshark with our tap as a source of records.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TSHARK_H
#define FZ_TSHARK_H

#include "confine.h"
#include "options.h"
#include "source.h"

#define FZ_TSHARK_ERROR (fz_tshark_error_quark())
GQuark fz_tshark_error_quark(void);
typedef enum fz_tshark_error {
    FZ_TSHARK_ERROR_MISSING, /* no tshark, or none that loads our plugin */
    FZ_TSHARK_ERROR_REFUSED, /* it rejects the options, for example the display filter */
    FZ_TSHARK_ERROR_START,   /* no process, no pipe, or it did not end */
    FZ_TSHARK_ERROR_STOPPED, /* the caller was asked to stop meanwhile */
} fz_tshark_error;

/* The longest that a trial of tshark may take. */
enum { FZ_TSHARK_TRIAL_S = 30 };

/* Whether the tshark of PATH loads our plugin and takes these options: runs it as fz_tshark_start does, on a capture
 * without packets. False with an error that says what is missing. It takes about as long as tshark's start, at most
 * FZ_TSHARK_TRIAL_S, and ends early when the descriptor `stop` (-1: none) becomes readable, from which nothing is read.
 */
bool fz_tshark_check(const fz_options *options, fz_confine *confine, int stop, GError **error);

/* Starts tshark on an open capture, and a reader of its flow file, whose record pipe is `source->records`. It does not
 * run as root, gets the capture as standard input and its output as a descriptor, can read only its own files, and make
 * only the system calls of core/jail_calls.c; the tap locks it before the first packet, unless `confine` says off. Key,
 * layers, interval, filter and the like are those of the options; output, format and jail don't matter. A source that
 * is not given is the capture's base name. */
bool fz_tshark_start(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                     GError **error);

#endif
