/* Files that are a store's own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_STORE_PLACE_H
#define FZ_STORE_PLACE_H

#include <glib.h>
#include <stdbool.h>

/* Whether a file at `path` is, or would be, one of the files of the store at this address: the store's own, a journal's
 * whether that exists or not, or one that is read to connect. */
bool fz_store_place_has(const char *store, const char *path);

/* Refuses such a file for metrics, with FZ_CONF_ERROR_VALUE. NULL for `metrics`: there are none; for `store`: the one
 * that is filled without --to. */
bool fz_store_place_spare(const char *store, const char *metrics, GError **error);

#endif
