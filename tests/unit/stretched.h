/* Time limits on a busy machine.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <glib.h>
#include <stdlib.h>

/* `seconds` in microseconds, longer if more processes want to run than there are processors. For limits that only
 * distinguish slow from never. */
static inline gint64 stretched_us(double seconds)
{
    double load = 0, processors = g_get_num_processors();
    if (getloadavg(&load, 1) == 1 && load > processors)
        seconds *= load / processors;
    return (gint64)(seconds * G_USEC_PER_SEC);
}
