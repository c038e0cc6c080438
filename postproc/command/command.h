/* A subcommand of `flowzone`. The table in main.c is dispatch and help.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COMMAND_H
#define FZ_COMMAND_H

#include "exit.h"

#include <glib.h>
#include <stdbool.h>

/* argv[0] is "flowzone NAME", for help. Returns an exit status; where it is not FZ_EXIT_OK and `error` is set, main
 * prints "flowzone NAME: " and the message. Commands never exit; they print results on standard output, everything else
 * on standard error. */
typedef struct fz_command {
    const char *name;
    const char *arguments; /* as in "FILE...|-" */
    const char *summary;   /* one line */
    int (*run)(int argc, char **argv, GError **error);
} fz_command;

/* Reads the options of a command and leaves its arguments behind argv[0]. True to go on; otherwise `*status` is the
 * exit status: --help was printed, or `error` says what was wrong. `examples` stands below the options in help. */
bool fz_command_parse(const fz_command *command, const GOptionEntry *options, const char *examples, int *argc,
                      char ***argv, int *status, GError **error);

/* The same with `data` for options whose argument is a callback. */
bool fz_command_parse_with(const fz_command *command, const GOptionEntry *options, void *data, const char *examples,
                           int *argc, char ***argv, int *status, GError **error);

/* An error of usage, which it returns the exit status of. */
int fz_command_usage(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Those of `flowzone zones`. */
extern const fz_command fz_zones_check, fz_zones_explain;

int fz_scan_main(int argc, char **argv, GError **error);
int fz_batch_main(int argc, char **argv, GError **error);
int fz_load_main(int argc, char **argv, GError **error);
int fz_cat_main(int argc, char **argv, GError **error);
int fz_zones_main(int argc, char **argv, GError **error);

#endif
