/* Name servers: which ones are asked, and what they may be told.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_NAME_SERVER_H
#define FZ_NAME_SERVER_H

#include "addr.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FZ_NAME_SERVER_ERROR (fz_name_server_error_quark())
GQuark fz_name_server_error_quark(void);
typedef enum fz_name_server_error {
    FZ_NAME_SERVER_ERROR_TEXT, /* not a list of servers */
    FZ_NAME_SERVER_ERROR_NONE, /* the system has none */
} fz_name_server_error;

enum { FZ_NAME_SERVERS_MAX = 8, FZ_NAME_SERVER_PORT = 53 };

#define FZ_RESOLV_CONF "/etc/resolv.conf"

typedef struct fz_name_server {
    fz_addr addr;
    uint16_t port; /* UDP, host byte order */
} fz_name_server;

typedef struct fz_name_servers {
    fz_name_server at[FZ_NAME_SERVERS_MAX];
    unsigned count;
} fz_name_servers;

/* Reads "ADDR[:PORT],...", an IPv6 address with a port in brackets. */
bool fz_name_servers_parse(const char *text, fz_name_servers *servers, GError **error);

/* Reads the servers of a resolv.conf(5), the first FZ_NAME_SERVERS_MAX of them; those on one link only (fe80::1%eth0)
 * are skipped. A file that is missing, or names none, means this machine's, as it does for the C library. */
bool fz_name_servers_read(const char *path, fz_name_servers *servers, GError **error);

/* As fz_name_servers_parse reads them, with all ports. The caller frees. */
char *fz_name_servers_print(const fz_name_servers *servers);

/* Whether all servers have private addresses: then they may be asked for private addresses. One on this machine does
 * not count: it hands questions on to servers that are not known here. */
bool fz_name_servers_are_private(const fz_name_servers *servers);

/* Whether the internet knows an address: it is in none of IANA's special blocks. */
bool fz_addr_is_public(const fz_addr *addr);

#endif
