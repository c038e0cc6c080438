/* Names that were looked up, until they expire: in memory, and in a file of the user's cache folder.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_NAME_CACHE_H
#define FZ_NAME_CACHE_H

#include "host_name.h"

#include <stdint.h>

#define FZ_NAME_CACHE_ERROR (fz_name_cache_error_quark())
GQuark fz_name_cache_error_quark(void);
typedef enum fz_name_cache_error { FZ_NAME_CACHE_ERROR_FILE, FZ_NAME_CACHE_ERROR_LINE } fz_name_cache_error;

/* The most addresses that are kept. */
enum { FZ_NAME_CACHE_MAX = 10000 };

/* The longest file that is read. */
enum { FZ_NAME_CACHE_FILE_MAX = 4 << 20 };

typedef struct fz_name_entry {
    fz_addr addr;                 /* first: it is the key */
    fz_name_status status;        /* FZ_NAME_KNOWN, FZ_NAME_NONE or FZ_NAME_FAILED */
    int64_t asked_s, expires_s;   /* seconds since 1970 */
    char name[FZ_HOST_NAME_SIZE]; /* "" unless FZ_NAME_KNOWN */
} fz_name_entry;

/* Whether an entry that a stranger may have made is one that flowzone could have made: its address and name, asked
 * before now, and kept no longer than flowzone keeps any. */
bool fz_name_entry_is_sound(const fz_name_entry *entry, int64_t now_s);

typedef struct fz_name_cache fz_name_cache;

fz_name_cache *fz_name_cache_new(void);
void fz_name_cache_free(fz_name_cache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_name_cache, fz_name_cache_free)

/* Keeps a copy; of a full cache, what has expired goes first, then everything. */
void fz_name_cache_put(fz_name_cache *cache, const fz_name_entry *entry);

/* What is known of an address and has not expired; NULL: nothing. Valid until something is put. */
const fz_name_entry *fz_name_cache_find(const fz_name_cache *cache, const fz_addr *addr, int64_t now_s);

/* Reads the text of a file: a line "flowzone names 1 SERVERS", then one for each address, "ADDR ASKED EXPIRES [NAME]".
 * What other servers said is left out: it may be about other hosts. So are lines from the future, and those that have
 * expired. The text is followed by a NUL. False with the first fault; nothing is kept then. */
bool fz_name_cache_parse(fz_name_cache *cache, const char *text, size_t size, const char *servers, int64_t now_s,
                         GError **error);

/* Such a text of what these servers said; FZ_NAME_FAILED is not written. The caller frees. */
char *fz_name_cache_print(const fz_name_cache *cache, const char *servers, int64_t now_s);

/* $XDG_CACHE_HOME/flowzone/names, else the same in ~/.cache. The caller frees. */
char *fz_name_cache_path(void);

/* Reads a file that is the user's own, and that nobody else may write to; one that does not exist is empty. */
bool fz_name_cache_read(fz_name_cache *cache, const char *path, const char *servers, int64_t now_s, GError **error);

/* Writes it whole or not at all, for the user alone; makes its folder. Of two at once the last one stays. */
bool fz_name_cache_write(const fz_name_cache *cache, const char *path, const char *servers, int64_t now_s,
                         GError **error);

#endif
