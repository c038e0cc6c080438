/* The protocol "flowzone": the zones of both ends of a packet as fields, from a postdissector.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FIELDS_H
#define FZ_FIELDS_H

/* Registers the protocol, its fields and its preferences with Wireshark. */
void fz_fields_register(void);

/* Puts the protocol behind all dissectors. */
void fz_fields_hand_off(void);

/* The preferences are at fault, which has been told: a run whose answer has no labels is no success. May end it. */
void fz_fields_miss_labels(void);

#endif
