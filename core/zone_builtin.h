/* The zones of runs to which no zone table is given: IANA's special-purpose addresses, multicast, and the rest.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ZONE_BUILTIN_H
#define FZ_ZONE_BUILTIN_H

#include "zone.h"

/* A table of the built-in zones, which holds every address of both families. The caller frees. */
fz_zone_table *fz_zone_builtin_table(void);

/* True if a row is a built-in one: all four texts are. Such a row says what kind of address it is, and marks no network
 * as the user's own. `prefix` is as fz_prefix_print prints it, as stores keep it. */
bool fz_zone_is_builtin(const char *location, const char *prefix, const char *number, const char *name);

/* The same of a row of a table. */
bool fz_zone_row_is_builtin(const fz_zone *row);

#endif
