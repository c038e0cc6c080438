/* The zones of a store, by id and by name, and which of them are the user's own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DICTIONARY_H
#define FZ_DICTIONARY_H

#include "store.h"

typedef struct fz_dictionary fz_dictionary;

typedef struct fz_dictionary_zone {
    uint32_t id;
    char *location, *prefix, *number, *name;
    bool own; /* a row of the user's zone file; not one of the built-in zones */
} fz_dictionary_zone;

/* Reads all of fz_zone. Inside a transaction. The caller frees. */
fz_dictionary *fz_dictionary_read(fz_store *store, GError **error);
void fz_dictionary_free(fz_dictionary *dictionary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_dictionary, fz_dictionary_free)

/* The zone with an id; NULL: there is none, as for 0. */
const fz_dictionary_zone *fz_dictionary_get(const fz_dictionary *dictionary, uint32_t id);

/* All of them, in the order of their ids: an array of fz_dictionary_zone; borrowed. */
const GArray *fz_dictionary_all(const fz_dictionary *dictionary);

/* What answers call the zone with an id: its name, FZ_FILTER_NO_ZONE for 0 and ids that are not there. Borrowed. */
const char *fz_dictionary_name(const fz_dictionary *dictionary, uint32_t id);

/* A dictionary of given zones, for tests: rows of id, location, prefix, number, name; the ids go up. */
fz_dictionary *fz_dictionary_new(const fz_dictionary_zone *zones, size_t count);

#endif
