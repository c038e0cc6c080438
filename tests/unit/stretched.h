/* Limits of time on a machine that is busy.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <glib.h>
#include <stdlib.h>

/* `seconds` as they are on this machine now: where more wants to run than there are processors, all takes longer. For
 * limits that only tell what takes its time from what never comes. In microseconds. */
static inline gint64 stretched_us(double seconds)
{
    double load = 0, processors = g_get_num_processors();
    if (getloadavg(&load, 1) == 1 && load > processors)
        seconds *= load / processors;
    return (gint64)(seconds * G_USEC_PER_SEC);
}
