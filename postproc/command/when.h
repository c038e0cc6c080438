/* A time as users write it: "2026-11-24T10:00", "1700000000", "2h" or "yesterday".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WHEN_H
#define FZ_WHEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* "1700000000", "2026-11-24T10:00[:00][Z]" (local time without a zone), or "90s", "30m", "2h", "7d" before `now_s`.
 * Or "now"; or "today" or "yesterday": its midnight in local time. Seconds since 1970. */
bool fz_when_parse(const char *text, int64_t now_s, int64_t *time_s, GError **error);

#endif
