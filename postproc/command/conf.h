/* The values of a command's settings, as texts: of its command line and of a configuration file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CONF_H
#define FZ_CONF_H

#include "setting.h"

#define FZ_CONF_FILE "/etc/flowzone/flowzone.conf"

#define FZ_CONF_ERROR (fz_conf_error_quark())
GQuark fz_conf_error_quark(void);
typedef enum fz_conf_error { FZ_CONF_ERROR_FILE, FZ_CONF_ERROR_KEY, FZ_CONF_ERROR_VALUE } fz_conf_error;

typedef struct fz_conf fz_conf;

/* For these rows, complete and borrowed. */
fz_conf *fz_conf_new(const fz_setting *rows, size_t count);
void fz_conf_free(fz_conf *conf);

/* Takes a value of the command line. `option` is "--name" or "-x", of one of the rows; `value` is NULL for a flag. */
bool fz_conf_take(fz_conf *conf, const char *option, const char *value, GError **error);

/* Reads `section` of a file, for settings that the command line does not have. Keys that no row has are refused, and so
 * are those of rows that are not FZ_SETTING_FILE. `must_exist` false: a file that does not exist is an empty one.
 * A file without the section is refused, unless it has [batch]: then the section is empty. */
bool fz_conf_read(fz_conf *conf, const char *path, const char *section, bool must_exist, GError **error);

/* The value of one key of a file, which the caller frees; NULL: no such file can be read, or it has no such key. */
char *fz_conf_value(const char *path, const char *section, const char *key);

/* Gives every value to its row's `set`, in the order of the rows. An error begins with where the value came from. */
bool fz_conf_apply(const fz_conf *conf, void *settings, GError **error);

#endif
