/* Reads command lines, for all commands.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include "conf.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

void fz_command_die_of_pipe(void)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)raise(SIGPIPE);
}

/* What every command line may have, and what is left of it. */
typedef struct command_line {
    gboolean help;
    char *conf_file;
    char **rest;
} command_line;

/* GLib does not report which argument is not text in the user's encoding. */
static void name_argument(char **argv, GError **error)
{
    for (int i = 1; argv[i]; i++) {
        g_autofree char *text = g_locale_to_utf8(argv[i], -1, NULL, NULL, NULL);

        if (text)
            continue;
        const char *charset;
        g_get_charset(&charset);
        bool value = argv[i][0] != '-' && i > 1 && argv[i - 1][0] == '-';
        g_autofree char *shown = g_strescape(argv[i], NULL);
        g_clear_error(error);
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s%s%s: not text in %s, the encoding of this locale", value ? argv[i - 1] : "", value ? " " : "",
                    shown, charset);
        return;
    }
}

/* Puts the arguments that are not options after the command's name: the originals, which outlive GLib's copies. */
static void keep_arguments(char **rest, int *argc, char **argv, char **given)
{
    *argc = 1;
    for (; rest && *rest; rest++) {
        while (strcmp(*given, *rest) != 0)
            given++;
        argv[(*argc)++] = *given++;
    }
    argv[*argc] = NULL;
}

static gboolean take_option(const char *name, const char *value, gpointer conf, GError **error)
{
    return fz_conf_take(conf, name, value, error);
}

static void add_rows(GOptionGroup *group, const GArray *rows)
{
    g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

    for (guint i = 0; i < rows->len; i++) {
        const fz_setting *row = &g_array_index(rows, fz_setting, i);
        GOptionEntry entry = {.long_name = row->name,
                              .short_name = row->letter,
                              .flags = row->argument ? G_OPTION_FLAG_NONE : G_OPTION_FLAG_NO_ARG,
                              .arg = G_OPTION_ARG_CALLBACK,
                              .arg_data = (gpointer)take_option,
                              .description = row->help,
                              .arg_description = row->argument};

        g_array_append_val(entries, entry);
    }
    g_option_group_add_entries(group, (const GOptionEntry *)(gpointer)entries->data);
}

static void add_config(GOptionGroup *group, const char *section, command_line *line)
{
    g_autofree char *help = g_strdup_printf(
        "Read settings from section [%s] of this file (default " FZ_CONF_FILE "); none: from no file", section);
    const GOptionEntry config[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &line->conf_file, g_intern_string(help), "FILE"},
        G_OPTION_ENTRY_NULL,
    };

    g_option_group_add_entries(group, config);
}

/* GLib's own --help would exit. What follows "--" is taken for an argument only if GLib collects arguments. */
static void add_common(GOptionGroup *group, command_line *line)
{
    const GOptionEntry common[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &line->help, "Show this help", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &line->rest, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };

    g_option_group_add_entries(group, common);
}

/* To an error of an option that there is none of: which was meant. */
static void name_option(const GArray *rows, char **given, GError **error)
{
    g_autofree const char **names = g_new0(const char *, rows->len + 1);

    for (guint i = 0; i < rows->len; i++)
        names[i] = g_array_index(rows, fz_setting, i).name;
    for (; *given && strcmp(*given, "--") != 0; given++) {
        const bool is_it = g_str_has_prefix(*given, "--") && g_str_has_suffix((*error)->message, *given);
        g_autofree char *name = is_it ? g_strndup(*given + 2, strcspn(*given + 2, "=")) : NULL;
        const char *nearest = name && !g_strv_contains(names, name) ? fz_nearest_name(name, names) : NULL;

        if (!nearest)
            continue;
        char *message = g_strdup_printf("%s; did you mean --%s?", (*error)->message, nearest);
        g_free((*error)->message);
        (*error)->message = message;
        return;
    }
}

static bool read_line(const fz_command *command, const GArray *rows, fz_conf *conf, command_line *line, int *argc,
                      char ***argv, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);
    GOptionGroup *group = g_option_group_new(NULL, NULL, NULL, conf, NULL);
    /* GLib removes options that it has read. */
    g_autofree char **given = g_memdup2(*argv, ((gsize)*argc + 1) * sizeof **argv);

    add_rows(group, rows);
    if (command->section)
        add_config(group, command->section, line);
    add_common(group, line);
    g_option_context_set_main_group(context, group);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, command->notes);
    g_set_prgname((*argv)[0]);
    if (!g_option_context_parse(context, argc, argv, error)) {
        if (error && g_error_matches(*error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
            name_option(rows, given, error);
        if (error && g_error_matches(*error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE))
            name_argument(given, error);
        return false;
    }
    keep_arguments(line->rest, argc, *argv, given + 1);
    if (line->help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

        printf("%s", text);
    }
    return true;
}

/* The configuration file of a command: that which --config names, if any. */
static char *find_conf_file(const fz_command *command, const char *named)
{
    const bool reads = command->section && g_strcmp0(named, "none") != 0;

    return reads ? g_strdup(named ? named : FZ_CONF_FILE) : NULL;
}

bool fz_command_parse_with(const fz_command *command, void *settings, int *argc, char ***argv, char **conf_file,
                           int *status, GError **error)
{
    g_autoptr(GArray) rows = fz_setting_rows(command->settings, command->setting_count);
    fz_conf *conf = fz_conf_new((const fz_setting *)(gpointer)rows->data, rows->len);
    command_line line = {.help = FALSE};
    bool goes_on = read_line(command, rows, conf, &line, argc, argv, error);

    *status = goes_on && line.help ? FZ_EXIT_OK : FZ_EXIT_USAGE;
    *conf_file = find_conf_file(command, line.conf_file);
    goes_on = goes_on && !line.help &&
              (!*conf_file || fz_conf_read(conf, *conf_file, command->section, line.conf_file != NULL, error)) &&
              fz_conf_apply(conf, settings, error);
    g_free(line.conf_file);
    g_strfreev(line.rest);
    fz_conf_free(conf);
    return goes_on;
}

bool fz_command_parse(const fz_command *command, void *settings, int *argc, char ***argv, int *status, GError **error)
{
    g_autofree char *conf_file = NULL;

    return fz_command_parse_with(command, settings, argc, argv, &conf_file, status, error);
}

bool fz_command_read_section(const fz_command *command, const char *conf_file, void *settings, GError **error)
{
    g_autoptr(GArray) rows = fz_setting_rows(command->settings, command->setting_count);
    fz_conf *conf = fz_conf_new((const fz_setting *)(gpointer)rows->data, rows->len);
    const bool done =
        fz_conf_read(conf, conf_file, command->section, false, error) && fz_conf_apply(conf, settings, error);

    fz_conf_free(conf);
    return done;
}

int fz_command_usage(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *error = g_error_new_valist(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, arguments);
    va_end(arguments);
    return FZ_EXIT_USAGE;
}

static void print_commands(const fz_command *const *commands, size_t count, const char *about, const char *program)
{
    printf("Usage:\n  %s COMMAND ...\n\n%s\n\nCommands:\n", program, about);
    for (size_t i = 0; i < count; i++)
        printf("  %s %s\n      %s\n", commands[i]->name, commands[i]->arguments, commands[i]->summary);
    printf("\nFor more, see %s COMMAND --help.\n", program);
}

char *fz_command_unknown(const fz_command *const *commands, size_t count, const char *name)
{
    g_autofree const char **names = g_new0(const char *, count + 1);
    g_autofree char *shown = g_strescape(name, NULL);

    for (size_t i = 0; i < count; i++)
        names[i] = commands[i]->name;
    const char *nearest = fz_nearest_name(name, names);
    return nearest ? g_strdup_printf("unknown command \"%s\", did you mean \"%s\"?", shown, nearest)
                   : g_strdup_printf("unknown command \"%s\"", shown);
}

int fz_command_among(const fz_command *const *commands, size_t count, const char *about, int argc, char **argv,
                     GError **error)
{
    if (argc < 2)
        return fz_command_usage(error, "missing command; see --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_commands(commands, count, about, argv[0]);
        return FZ_EXIT_OK;
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(argv[1], commands[i]->name) == 0) {
            g_autofree char *program = g_strdup_printf("%s %s", argv[0], argv[1]);
            g_autofree char **arguments = g_memdup2(argv + 1, (gsize)argc * sizeof *argv);

            arguments[0] = program;
            return commands[i]->run(argc - 1, arguments, error);
        }
    g_autofree char *message = fz_command_unknown(commands, count, argv[1]);
    return fz_command_usage(error, "%s; see --help", message);
}
