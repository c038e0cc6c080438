/* Stable stand-ins for what a report would show of machines: the same each time, and nobody without the key finds what
 * they stand for, or whether two reports of different keys show the same.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ANONYMIZER_H
#define FZ_ANONYMIZER_H

#include <glib.h>
#include <stddef.h>

#define FZ_ANONYMIZER_ERROR (fz_anonymizer_error_quark())
GQuark fz_anonymizer_error_quark(void);
typedef enum fz_anonymizer_error { FZ_ANONYMIZER_ERROR_FILE, FZ_ANONYMIZER_ERROR_KEY } fz_anonymizer_error;

/* Bytes of a key: those of a SHA-256. */
enum { FZ_ANONYMIZER_KEY_SIZE = 32 };

typedef struct fz_anonymizer fz_anonymizer;

/* Of a key of FZ_ANONYMIZER_KEY_SIZE bytes, which is copied. */
fz_anonymizer *fz_anonymizer_new(const void *key);
void fz_anonymizer_free(fz_anonymizer *anonymizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_anonymizer, fz_anonymizer_free)

/* Where this user's key is. The caller frees. */
char *fz_anonymizer_key_path(void);

/* Of the key in a file, 64 hexadecimal digits, that this user alone may read or write. A file that does not exist is
 * made, with a random key and mode 600, and so is its folder; of several processes that do so at once, all have the
 * same key. NULL with `error`, which begins with the path: of a file that is another user's, that others may read, or
 * that has no key. */
fz_anonymizer *fz_anonymizer_open(const char *path, GError **error);

/* What stands for a name, such as "capture-0fd8172ab2c1" of the kind "capture"; NULL and "" stand for themselves. The
 * same name of another kind has another stand-in. The caller frees. */
char *fz_anonymizer_name(const fz_anonymizer *anonymizer, const char *kind, const char *name);

/* A copy of a text of any bytes, in which each address, in whatever spelling, is "ipv4-..." or "ipv6-...", and each
 * prefix "ipv4-.../24": by twelve hexadecimal digits, of its own HMAC-SHA256. NULL is none. The caller frees. */
char *fz_anonymizer_text(const fz_anonymizer *anonymizer, const char *text);

#endif
