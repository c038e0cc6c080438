/* How the run of tshark ends: with which status, and what is still written then. tshark knows neither our outputs nor
 * labels, and would exit with 0 even if they failed; it gives a plugin no other way to end a run with a status
 * than to end the process. So this, and nothing else of the plugin, does. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_EXIT_STATUS_H
#define FZ_EXIT_STATUS_H

#include <glib.h>

/* Why a run failed; of several reasons the first one in this order counts. */
typedef enum fz_exit_fault {
    FZ_EXIT_ROWS_MISSING,   /* an output of -z flowzone is not whole */
    FZ_EXIT_CAPTURE_CUT,    /* the capture ends too early, and tshark doesn't know: its own status for that */
    FZ_EXIT_TABLE_MISSING,  /* a table of -z flowzone-... could not be written */
    FZ_EXIT_LABELS_MISSING, /* packets were printed without the zones that they have; with tshark alone */
    FZ_EXIT_FAULTS
} fz_exit_fault;

/* Registers the handler of the process's end: once, while plugins are registered. */
void fz_exit_status_register(void);

/* `work` is called once when the process ends, with the status that it is about to have: the last chance to write, and
 * to report faults. */
void fz_exit_status_at_end(void (*work)(int status));

/* The run failed: its status becomes a failure, unless it already is one. */
void fz_exit_status_report(fz_exit_fault fault);

/* Ends the run at once, as a failure. */
G_NORETURN void fz_exit_status_fail(void);

/* A line on standard error, past stdio, which may be closed by now: in the jail, and when tshark is about to end. */
void fz_exit_status_tell(const char *message);

#endif
