/* The names of addresses, for the process that prints an answer.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_NAMES_H
#define FZ_NAMES_H

#include "host_name.h"

#include <stdint.h>

/* The most addresses that are looked up for an answer; more are shown without names. */
enum { FZ_NAMES_MOST = 512 };

typedef struct fz_names fz_names;

/* Asks the process at the other end of the channel (fz_namer_open), and waits for it. Addresses may repeat. Needs read,
 * write and poll alone. NULL for the channel -1. */
fz_names *fz_names_ask(int channel, const fz_addr *addrs, size_t count);
void fz_names_free(fz_names *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_names, fz_names_free)

/* The name of an address, valid until `names` is freed; NULL: it has none, or `names` is NULL. It can be printed as it
 * is: letters, digits, hyphens, dots and underscores. */
const char *fz_names_find(const fz_names *names, const fz_addr *addr);

/* The same for a table, in the place of the address: NULL too if it is longer than `most` bytes, for a name that is
 * cut may seem to be another's, or if another address has it as well. */
const char *fz_names_show(const fz_names *names, const fz_addr *addr, size_t most);

/* For the last line of an answer, what its names are: "31 of 40 names, looked up since 2026-11-24 18:02, not at the
 * time of the traffic; 3 not answered; 6 local addresses not asked (--names-all)". NULL if `names` is NULL; the caller
 * frees. */
char *fz_names_line(const fz_names *names, bool utc);

#endif
