/* The dictionary of zones: their ids in fz_zone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_ZONES_H
#define FZ_MYSQL_ZONES_H

#include "mysql_server.h"

/* Writes the id of each zone to `ids`, and adds those that the dictionary lacks. Commits that by itself: no transaction
 * may be open. */
bool fz_mysql_zones_add(const fz_mysql_server *server, fz_mysql_client *client, const fz_zones *zones, uint32_t *ids,
                        GError **error);

#endif
