/* A command of `flowzone`. The table in main.c is dispatch and help.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COMMAND_H
#define FZ_COMMAND_H

#include "exit.h"
#include "setting.h"

/* argv[0] is "flowzone NAME", for help. Returns an exit status; if it is not FZ_EXIT_OK and `error` is set, main prints
 * "flowzone NAME: " and the message. Commands never exit; they print results on standard output, everything else on
 * standard error. */
typedef int (*fz_command_run)(int argc, char **argv, GError **error);

typedef struct fz_command {
    const char *name;
    const char *arguments; /* as in "FILE...|-" */
    const char *summary;   /* one line */
    const char *notes;     /* below the options in help: examples, exit statuses */
    const char *section;   /* the command's section in the configuration file, which --config names; NULL: reads none */
    const fz_setting *settings;
    size_t setting_count;
    fz_command_run run;
} fz_command;

/* The members of a command whose options are the rows of an array. */
#define FZ_COMMAND_SETTINGS(rows) .settings = (rows), .setting_count = G_N_ELEMENTS(rows)

/* Reads the options of a command, and its section of the configuration file, into `settings`, whose members the rows
 * are about, and leaves the arguments after argv[0]. True to go on; otherwise `*status` is the exit status: --help was
 * printed, or `error` says what was wrong. In that case too `settings` may own texts. */
bool fz_command_parse(const fz_command *command, void *settings, int *argc, char ***argv, int *status, GError **error);

/* The same. `*conf_file`, which the caller frees: the configuration file, whether it exists or not; NULL: none. */
bool fz_command_parse_with(const fz_command *command, void *settings, int *argc, char ***argv, char **conf_file,
                           int *status, GError **error);

/* Reads the section of a command from a configuration file, as if it had no options on its command line. */
bool fz_command_read_section(const fz_command *command, const char *conf_file, void *settings, GError **error);

/* "unknown command "topp", did you mean "top"?", or without the question if none is near. The caller frees. */
char *fz_command_unknown(const fz_command *const *commands, size_t count, const char *name);

/* Runs that one of several commands which argv[1] names, as "flowzone X NAME". For --help, `about`, a line of text,
 * stands above their table. */
int fz_command_among(const fz_command *const *commands, size_t count, const char *about, int argc, char **argv,
                     GError **error);

/* Sets an error of usage, and returns its exit status. */
int fz_command_usage(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Ends this process by SIGPIPE, without a message: the reader of its output went away, as with `| head`. */
void fz_command_die_of_pipe(void);

extern const fz_command fz_scan_command, fz_load_command, fz_batch_command, fz_cat_command, fz_zones_command,
    fz_upgrade_command, fz_verify_command, fz_top_command, fz_flows_command, fz_matrix_command, fz_time_command,
    fz_packets_command, fz_loads_command, fz_check_command, fz_find_command, fz_features_command, fz_report_command,
    fz_retain_command;

/* Those of `flowzone zones`. */
extern const fz_command fz_zones_check, fz_zones_explain, fz_zones_apply, fz_zones_suggest, fz_zones_usage;

#endif
