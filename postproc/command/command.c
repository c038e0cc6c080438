/* What the subcommands share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

/* GLib does not tell which argument is no text in the user's encoding. */
static void name_argument(char **argv, GError **error)
{
    for (int i = 1; argv[i] != NULL; i++) {
        g_autofree char *text = g_locale_to_utf8(argv[i], -1, NULL, NULL, NULL);
        if (text != NULL)
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

/* Puts what is no option behind the command's name. GLib copied it; what we were called with outlives the command. */
static void keep_arguments(char **rest, int *argc, char **argv, char **given)
{
    *argc = 1;
    for (; rest != NULL && *rest != NULL; rest++) {
        while (strcmp(*given, *rest) != 0)
            given++;
        argv[(*argc)++] = *given++;
    }
    argv[*argc] = NULL;
}

/* GLib's own --help would exit. What stands behind "--" is taken for an argument only where GLib collects arguments. */
bool fz_command_parse_with(const fz_command *command, const GOptionEntry *options, void *data, const char *examples,
                           int *argc, char ***argv, int *status, GError **error)
{
    gboolean help = FALSE;
    g_auto(GStrv) rest = NULL;
    const GOptionEntry help_option[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);
    GOptionGroup *group = g_option_group_new(NULL, NULL, NULL, data, NULL);

    g_option_group_add_entries(group, options);
    g_option_group_add_entries(group, help_option);
    g_option_context_set_main_group(context, group);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, examples);
    g_set_prgname((*argv)[0]);
    *status = FZ_EXIT_USAGE;
    g_autofree char **given =
        g_memdup2(*argv, ((gsize)*argc + 1) * sizeof **argv); /* GLib takes out what it has read */
    if (!g_option_context_parse(context, argc, argv, error)) {
        if (error && g_error_matches(*error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE))
            name_argument(given, error);
        return false;
    }
    keep_arguments(rest, argc, *argv, given + 1);
    if (help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
        printf("%s", text);
        *status = FZ_EXIT_OK;
    }
    return !help;
}

bool fz_command_parse(const fz_command *command, const GOptionEntry *options, const char *examples, int *argc,
                      char ***argv, int *status, GError **error)
{
    return fz_command_parse_with(command, options, NULL, examples, argc, argv, status, error);
}

int fz_command_usage(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *error = g_error_new_valist(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, arguments);
    va_end(arguments);
    return FZ_EXIT_USAGE;
}
