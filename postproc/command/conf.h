/* Settings from a configuration file and a command line, by one table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CONF_H
#define FZ_CONF_H

#include <glib.h>
#include <stdbool.h>

#define FZ_CONF_ERROR (fz_conf_error_quark())
GQuark fz_conf_error_quark(void);
typedef enum fz_conf_error { FZ_CONF_ERROR_FILE, FZ_CONF_ERROR_KEY, FZ_CONF_ERROR_VALUE } fz_conf_error;

/* One setting. `set` gets the text of the last place that names it: the command line before the file. */
typedef struct fz_conf_row {
    const char *name;  /* "idle": --idle=SECONDS, and idle=SECONDS in the file */
    char letter;       /* short option; '\0': none */
    const char *value; /* placeholder for help; NULL: a flag, true or false in the file */
    const char *help;
    bool (*set)(void *settings, const struct fz_conf_row *row, const char *value, GError **error);
} fz_conf_row;

/* Texts of settings, by row; where they came from is known for messages. */
typedef struct fz_conf fz_conf;

/* `rows` is borrowed. */
fz_conf *fz_conf_new(const fz_conf_row *rows, size_t count);
void fz_conf_free(fz_conf *conf);

/* Takes a value of the command line; a name twice is refused. `option` is "--name" or "-x". */
bool fz_conf_take(fz_conf *conf, const char *option, const char *value, GError **error);

/* Reads `group` of a key file, for settings that the command line does not have; keys that no row has are refused.
 * `must_exist` false: a file that is not there is as good as an empty one. */
bool fz_conf_read(fz_conf *conf, const char *path, const char *group, bool must_exist, GError **error);

/* Hands every text to its row's `set`, in the table's order. Errors begin with where it came from. */
bool fz_conf_apply(const fz_conf *conf, void *settings, GError **error);

#endif
