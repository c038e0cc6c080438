/* Reads hosts, and the networks of those without a zone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORTING_HOSTS_H
#define FZ_REPORTING_HOSTS_H

#include "overview.h"
#include "question.h"

/* Fills in the tables of hosts and of networks, and how many hosts there are; zones and pairs are settled. */
bool fz_reporting_read_hosts(fz_asking *asking, fz_overview *overview, GError **error);

/* Whether hosts and networks come from sums of hosts; else from details. */
bool fz_reporting_hosts_are_sums(const fz_asking *asking);

/* How many addresses the question has. */
bool fz_reporting_count_hosts(fz_asking *asking, int64_t *hosts, GError **error);

#endif
