/* IP protocols by their numbers (IANA: Assigned Internet Protocol Numbers).
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PROTOCOL_H
#define FZ_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

/* The name of a protocol, in small letters; NULL if the table has none. Static. */
const char *fz_protocol_name(uint8_t protocol);

/* The number of a name, in small or capital letters; -1 if the table has none. */
int fz_protocol_find(const char *name);

#endif
