/* A SQLite store with rows of the ledger, for tests.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef STORE_OF_LOADS_H
#define STORE_OF_LOADS_H

#include "store.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOUR_US INT64_C(3600000000)

/* 2026-11-24 00:00 UTC. */
#define DAY_START_US INT64_C(1795478400000000)

typedef struct store_of_loads {
    char *folder, *path;
    fz_store *store;
    unsigned count;
} store_of_loads;

/* Opens a new store in a new folder. */
static inline store_of_loads store_of_loads_new(void)
{
    static const fz_patience patience = {.seconds = 1};
    g_autoptr(GError) error = NULL;
    store_of_loads made = {.folder = g_dir_make_tmp("flowzone-XXXXXX", NULL)};

    made.path = g_build_filename(made.folder, "loads.db", NULL);
    g_autofree char *address = g_strconcat("sqlite:", made.path, NULL);
    made.store = fz_store_open(address, &patience, &error);
    if (!made.store || (made.store->ops->connect && !made.store->ops->connect(made.store, &error)))
        fail_msg("%s", error->message);
    return made;
}

static inline void store_of_loads_free(store_of_loads *loads)
{
    fz_store_close(loads->store);
    (void)g_unlink(loads->path);
    (void)g_rmdir(loads->folder);
    g_free(loads->path);
    g_free(loads->folder);
}

/* A ledger row of a capture "NAME" of a sensor, between two times, with counted frames; zero in all others. */
static inline fz_load_row load_row(fz_run *run, int64_t start_us, int64_t end_us, uint64_t frames)
{
    fz_load_row row = {.run = run, .start_us = start_us, .end_us = end_us, .minutes = -1};

    run->first_us = start_us;
    row.totals.counted = (fz_count){frames, frames * 100};
    return row;
}

/* Adds a row, in a transaction of its own. */
static inline void add_load(store_of_loads *loads, fz_load_row row)
{
    g_autoptr(GError) error = NULL;
    char identity[65];
    int64_t load_id;

    g_snprintf(identity, sizeof identity, "%064u", ++loads->count);
    row.identity = identity;
    if (!loads->store->ops->begin(loads->store, &error) ||
        !loads->store->ops->insert_load(loads->store, &row, &load_id, &error) ||
        !loads->store->ops->commit(loads->store, &error))
        fail_msg("%s", error->message);
}

#endif
