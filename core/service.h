/* Services by their ports: which end of a conversation is likely to be the server, and what a port is called.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SERVICE_H
#define FZ_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* The name of the service that has a port of a protocol (IANA's number; host byte order); NULL if the table has none.
 * The text is static. */
const char *fz_service_name(uint8_t protocol, uint16_t port);

/* Whether servers listen on a port, as a rule: a system port (RFC 6335 section 6: below 1024), or in the table. Never
 * 0, which is no port. */
bool fz_service_is_known(uint8_t protocol, uint16_t port);

/* The port of a service by its name, in small or capital letters, or by what people call it ("dns", "smb"). `*protocol`
 * is IANA's number, or 0 where the service has several. False if the table has no such name. */
bool fz_service_find(const char *name, uint8_t *protocol, uint16_t *port);

#endif
