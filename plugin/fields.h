/* The protocol "flowzone": the zones of both ends of a packet as fields, from a postdissector.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FIELDS_H
#define FZ_FIELDS_H

#include "zone.h"

/* Registers the protocol and its fields with Wireshark. Returns the protocol's id. */
int fz_fields_register(void);

/* Puts the protocol after all dissectors. */
void fz_fields_hand_off(void);

/* fz_settings_zones for labels of packets. If the preferences are wrong, which has been reported, a run whose output
 * has no labels fails: this may end it. */
const fz_zone_table *fz_fields_zones(void);

#endif
