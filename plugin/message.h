/* Messages to users: in names of files and texts of captures, characters that control a terminal are spelled out.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MESSAGE_H
#define FZ_MESSAGE_H

#include "text.h"

#include <glib.h>
#include <wsutil/report_message.h>

/* A failure, as Wireshark reports one: in a window an alert, in tshark a line. */
static inline void fz_report(const GError *error)
{
    g_autofree char *shown = fz_text_table(error->message);

    report_failure("flowzone: %s", shown);
}

/* A warning, likewise, as a fz_zone_warning. */
static inline void fz_report_warning(const char *message, void *unused)
{
    (void)unused;
    report_warning("flowzone: %s", message);
}

#endif
