/* A report's numbers without its machines: stand-ins for addresses, captures and sensors.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DISGUISE_H
#define FZ_DISGUISE_H

#include "anonymizer.h"
#include "overview.h"

/* What a filter is shown as: any of its words may name somebody. */
#define FZ_DISGUISE_FILTER "..."
/* What the file of a policy is shown as: its name may name somebody too. */
#define FZ_DISGUISE_POLICY "policy.csv"

/* Puts stand-ins in the place of hosts, networks, captures and sensors, and takes the names of hosts away. Names of
 * zones, locations and services stay, numbers and their order too. Before findings are made. */
void fz_disguise(fz_overview *overview, const fz_anonymizer *anonymizer);

#endif
