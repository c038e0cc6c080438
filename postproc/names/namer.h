/* The names of addresses, by reverse DNS, for the process that started the one that prints an answer: it has the
 * cache, and starts the process that asks name servers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_NAMER_H
#define FZ_NAMER_H

#include "confine.h"
#include "name_cache.h"
#include "name_server.h"

#define FZ_NAMER_ERROR (fz_namer_error_quark())
GQuark fz_namer_error_quark(void);
typedef enum fz_namer_error { FZ_NAMER_ERROR_PROCESS } fz_namer_error;

/* How long names may take: of a table, of a report. */
enum { FZ_NAMING_TABLE_S = 10, FZ_NAMING_REPORT_S = 60 };

enum { FZ_DNS_RATE = 50, FZ_DNS_RATE_MAX = 1000 };

/* What the user asked for: the rows of FZ_ROWS_NAMES. */
typedef struct fz_naming {
    bool names;              /* --names */
    bool all;                /* --names-all: also for addresses that the internet does not know */
    fz_name_servers servers; /* --dns-server; none: the system's */
    unsigned rate;           /* --dns-rate: questions a second and server */
} fz_naming;

/* Begin with this. */
#define FZ_NAMING_INIT ((fz_naming){.rate = FZ_DNS_RATE})

/* A place where names are kept for everybody who asks the same name servers: its `source`, "dns SERVERS", of at most
 * FZ_NAME_SOURCE_MAX bytes. Nothing is told if it fails. */
enum { FZ_NAME_SOURCE_MAX = 255 };
typedef void (*fz_name_taker)(const fz_name_entry *entry, void *taking);
typedef struct fz_name_shelf {
    /* Gives `take` what there is of these addresses; it need not be sound. */
    void (*read)(void *user, const char *source, const fz_addr *addrs, size_t count, fz_name_taker take, void *taking);
    /* Puts entries there, in place of older ones. False if it cannot. */
    bool (*write)(void *user, const char *source, const fz_name_entry *entries, size_t count);
    void *user;
} fz_name_shelf;

typedef struct fz_namer fz_namer;

/* Reads and starts nothing yet. Both are borrowed. */
fz_namer *fz_namer_new(const fz_naming *naming, fz_confine *confine);
void fz_namer_free(fz_namer *namer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_namer, fz_namer_free)

/* From now on names of addresses that the internet knows are kept there; others, and all where it takes none, in the
 * user's cache folder: the same private address is another host elsewhere. It is copied. */
void fz_namer_share(fz_namer *namer, const fz_name_shelf *shelf);

/* The end of a channel for the process that is about to be forked, for fz_names_ask; it is kept open there through its
 * lock, and closed here after the fork. -1 if no names are wanted, or, with an error, if there can be no channel. */
int fz_namer_open(fz_namer *namer, GError **error);

/* Readable when that process asks, or has ended; -1: there is none. */
int fz_namer_descriptor(const fz_namer *namer);

/* Waits for the names that the process asks for, looks them up within `budget_s` and sends them. What went wrong is
 * told in a line, and the addresses have no names then. False if the process asks for no more. */
bool fz_namer_serve(fz_namer *namer, unsigned budget_s);

/* Puts new names on the shelf, if there is one: once the process has ended its transaction. */
void fz_namer_keep(fz_namer *namer);

#endif
