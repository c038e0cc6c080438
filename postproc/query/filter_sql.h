/* A filter as SQL. No text of a user or of a capture gets into a statement as it is: zones become their ids, addresses
 * and texts hexadecimal literals.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FILTER_SQL_H
#define FZ_FILTER_SQL_H

#include "dialect.h"
#include "dictionary.h"
#include "filter.h"

/* From which tables an answer comes. */
typedef enum fz_tier {
    FZ_TIER_DETAILS, /* fz_flow r, and fz_load l */
    FZ_TIER_HOURS,   /* rows r of fz_hour, with the names of fz_hour's columns, and sensor and location */
    FZ_TIER_DAYS,    /* the same of fz_day, and of hours by their days */
    FZ_TIER_HOSTS,   /* rows r of fz_host and fz_host_day: addr, zone, sensor, location */
    FZ_TIER_MINUTES, /* fz_minute r, and fz_load l */
} fz_tier;

/* Whether a tier has what the filter asks for. NULL fits all. Hours have no ends and no single conversations; hosts
 * know one end of each alone, so that what is asked of an end is not what is asked of the host; days have no ports, and
 * minutes have the sender
 * and the receiver of packets in place of the client and the server. */
bool fz_filter_fits(const fz_filter *filter, fz_tier tier);

/* The bytes of one filter's SQL: servers take no statement of any length. */
enum { FZ_FILTER_SQL_MAX = 8 << 20 };

/* Appends the condition, in parentheses; "1 = 1" for NULL. `text` is the filter's, for errors: a zone, number, location
 * or sensor that the store does not have is an error with the nearest name, and so is a filter beyond the limit above.
 * The filter fits the tier. `names` are the store's locations and sensors, NULL-ended each. */
typedef struct fz_filter_names {
    const fz_dictionary *zones;
    const char *const *locations;
    const char *const *sensors;
} fz_filter_names;
bool fz_filter_sql(GString *sql, const fz_filter *filter, const char *text, const fz_filter_names *names,
                   const fz_dialect *dialect, fz_tier tier, GError **error);

/* Appends the condition of a filter after summing (FZ_FILTER_OF_SUMS), on the columns flows, packets, bytes, ip_bytes,
 * client_packets, server_packets, client_bytes, server_bytes, client_ip_bytes, server_ip_bytes, peers, duration_us of
 * a derived table. */
void fz_filter_having(GString *sql, const fz_filter *filter, const fz_dialect *dialect);

/* Appends the condition that two columns with ids of zones have the same zone: zones are the same if their names are.
 */
void fz_sql_same_zones(GString *sql, const fz_dictionary *zones, const char *const columns[2]);

/* Appends the port of a row's service, as fz_rollup_hour (postproc/load/rollup.c) has it. Of details or hours. */
void fz_sql_service_port(GString *sql, fz_tier tier);

/* Whether the filter uses a column: that of peers costs time. */
bool fz_filter_asks(const fz_filter *filter, fz_term term);

/* Appends a text as a literal: in quotes if it has letters, digits and "._-" alone, else hexadecimal. */
void fz_sql_text(GString *sql, const fz_dialect *dialect, const char *text);

#endif
