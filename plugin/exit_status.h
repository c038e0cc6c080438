/* The exit status of a run of tshark, and what is written at its end. tshark does not know our outputs and labels, and
 * would exit with 0 even if they failed; a plugin can only set a status by ending the process. Only this file does so.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_EXIT_STATUS_H
#define FZ_EXIT_STATUS_H

#include <glib.h>

/* Why a run failed; of several reasons the first one in this order counts. */
typedef enum fz_exit_fault {
    FZ_EXIT_ROWS_MISSING,  /* an output of -z flowzone is not complete */
    FZ_EXIT_CAPTURE_CUT,   /* the capture ends too early, and tshark does not notice: exits with tshark's own status for
                              that */
    FZ_EXIT_TABLE_MISSING, /* a table of -z flowzone-... could not be written */
    FZ_EXIT_LABELS_MISSING, /* packets were printed without the zones that they have; with tshark alone */
    FZ_EXIT_FAULTS
} fz_exit_fault;

/* Registers the handler for the end of the process: once, while plugins are registered. */
void fz_exit_status_register(void);

/* `work` is called once when the process ends, with the status that it is about to have: the last chance to write, and
 * to report faults. */
void fz_exit_status_at_end(void (*work)(int status));

/* The run failed: its status becomes a failure, unless it already is one. */
void fz_exit_status_report(fz_exit_fault fault);

/* Ends the run at once, as a failure. */
G_NORETURN void fz_exit_status_fail(void);

/* Prints a line on standard error, bypassing stdio, which may be closed: in the jail, and at tshark's end. */
void fz_exit_status_tell(const char *message);

#endif
