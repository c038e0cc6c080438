/* Time limits on a busy machine.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <glib.h>
#include <stdio.h>

/* `seconds` in microseconds, longer if more processes want to run, or wanted to in the last minute, than there are
 * processors. For limits that only distinguish slow from never. */
static inline gint64 stretched_us(double seconds)
{
    g_autofree char *text = NULL;
    double load = 0, now = 0, processors = g_get_num_processors();
    if (g_file_get_contents("/proc/loadavg", &text, NULL, NULL) && sscanf(text, "%lf %*f %*f %lf", &load, &now) == 2 &&
        (load = MAX(load, now)) > processors)
        seconds *= load / processors;
    return (gint64)(seconds * G_USEC_PER_SEC);
}
