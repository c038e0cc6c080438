/* Names of addresses in a store, in its table fz_name, where all who ask it find them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_NAME_STORE_H
#define FZ_NAME_STORE_H

#include "confine.h"
#include "namer.h"

typedef struct fz_name_store {
    const char *to; /* the store's address */
    const fz_confine *confine;
} fz_name_store;

/* Reads and writes by processes of their own, which have a few seconds. SQLite: nobody can write while a transaction of
 * a reader is open. The store is borrowed. */
fz_name_shelf fz_name_store_shelf(fz_name_store *store);

#endif
