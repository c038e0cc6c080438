/* One option of a command: a row of the command's table. Its parsing, its help and its key in the configuration file
 * come from the row.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SETTING_H
#define FZ_SETTING_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct fz_setting fz_setting;

/* Where a setting may be given. */
typedef enum fz_setting_place {
    FZ_SETTING_LINE, /* on the command line; the last of several applies */
    FZ_SETTING_ONCE, /* on the command line, once */
    FZ_SETTING_FILE, /* on the command line, once, or in the configuration file; never with an empty value */
} fz_setting_place;

/* Puts the value of a setting into `settings`, the command's struct. `value` is NULL for a flag. An error begins with
 * the setting's name: "jobs=x: expected 1 to 64". */
typedef bool (*fz_setting_set)(void *settings, const fz_setting *setting, const char *value, GError **error);

/* In the order in which rows are written. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct fz_setting {
    const char *name;     /* "idle": --idle=SECONDS, and idle=SECONDS in the file */
    char letter;          /* 'j': -j; '\0': none */
    const char *argument; /* its name in help, "SECONDS"; NULL: a flag, true or false in the file */
    const char *help;
    fz_setting_set set;
    size_t offset;        /* of the member that `set` sets, in the command's struct */
    unsigned least, most; /* what fz_setting_set_number takes */
    fz_setting_place place;
    void (*complete)(fz_setting *setting); /* fills in argument and help from another table; NULL: not needed */
};

/* The end of a row: into which member of the command's struct its value goes, by the type of that member. */
#define FZ_INTO(type, member) \
    .set = _Generic(((type *)NULL)->member,                                                                            \
        bool: fz_setting_set_flag,                                                                                     \
        char *: fz_setting_set_text,                                                                                   \
        unsigned: fz_setting_set_number),                                                                              \
    .offset = offsetof(type, member)

/* The same by a function of the command's own. */
#define FZ_INTO_BY(set_value, type, member) .set = (set_value), .offset = offsetof(type, member)

/* The complete rows of a table: an array of fz_setting. The caller frees. */
GArray *fz_setting_rows(const fz_setting *rows, size_t count);

/* The member that a row is about. */
void *fz_setting_member(void *settings, const fz_setting *setting);

/* For FZ_INTO: true goes into a bool, a copy into a char *, a number into an unsigned. */
bool fz_setting_set_flag(void *settings, const fz_setting *setting, const char *value, GError **error);
bool fz_setting_set_text(void *settings, const fz_setting *setting, const char *value, GError **error);
bool fz_setting_set_number(void *settings, const fz_setting *setting, const char *value, GError **error);

/* False with the error "NAME=VALUE: expected ...". */
bool fz_setting_refuse(const fz_setting *setting, const char *value, const char *expected, GError **error);

#endif
