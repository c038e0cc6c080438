/* What is said to people: names of files and texts of captures are spelt out where they would steer a terminal.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORT_H
#define FZ_REPORT_H

#include "text.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>
#include <wsutil/report_message.h>

/* A failure, as Wireshark tells one: in a window an alert, in tshark a line. */
static inline void fz_report(const GError *error)
{
    g_autofree char *shown = fz_text_table(error->message);
    report_failure("flowzone: %s", shown);
}

/* A line on standard error, past stdio: in the jail, and when tshark is about to end. */
static inline void fz_tell(const char *message)
{
    g_autofree char *shown = fz_text_table(message);
    dprintf(STDERR_FILENO, "flowzone: %s\n", shown);
}

#endif
