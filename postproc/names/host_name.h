/* Names of hosts: what is believed of one that strangers sent.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_HOST_NAME_H
#define FZ_HOST_NAME_H

#include "addr.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Room for a name and its NUL: RFC 1035 section 2.3.4 has at most 255 bytes on the wire, 253 as text. */
enum { FZ_HOST_NAME_SIZE = 254 };

/* What is known of an address's name. Part of messages and of the cache file. */
typedef enum fz_name_status {
    FZ_NAME_LATE,   /* nothing: it was not asked, or not answered, in time */
    FZ_NAME_KNOWN,  /* it has one */
    FZ_NAME_NONE,   /* it has none, or none that is believed */
    FZ_NAME_FAILED, /* no server could say */
    FZ_NAME_LOCAL,  /* not asked: nobody outside is to be told of it */
    FZ_NAME_STATUSES
} fz_name_status;

/* Copies a name in small letters and without the dot at its end, if it has one. False if it is not to be shown:
 * expected are labels of 1 to 63 letters, digits, hyphens and underscores; the first does not begin with a hyphen, the
 * last begins with a letter, so that no name looks like an address or a number. */
bool fz_host_name_take(const char *bytes, size_t size, char name[FZ_HOST_NAME_SIZE]);

/* Whether an array holds a name as fz_host_name_take makes it, with its NUL. */
bool fz_host_name_is_sound(const char name[FZ_HOST_NAME_SIZE]);

/* Addresses as keys of a GHashTable: a pointer to fz_addr, or to what begins with one. */
guint fz_addr_hash(gconstpointer addr);
gboolean fz_addr_equal(gconstpointer a, gconstpointer b);

/* Whether a value from another process is an address. */
bool fz_addr_is_sound(const fz_addr *addr);

#endif
