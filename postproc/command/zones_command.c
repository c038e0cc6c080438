/* `flowzone zones`: commands that examine a zone file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <string.h>

static const fz_command *const commands[] = {&fz_zones_check, &fz_zones_explain};

static void print_help(const char *program)
{
    printf("Usage:\n  %s COMMAND ...\n\nA zone file is CSV with one row per prefix: location,prefix,number,name\n\n"
           "Commands:\n",
           program);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *synopsis = g_strdup_printf("%s %s", commands[i]->name, commands[i]->arguments);

        printf("  %-18s %s\n", synopsis, commands[i]->summary);
    }
    printf("\nFor more, see %s COMMAND --help.\n", program);
}

static int run(int argc, char **argv, GError **error)
{
    g_autofree char *program = NULL;

    if (argc < 2)
        return fz_command_usage(error, "missing command; see --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(argv[0]);
        return FZ_EXIT_OK;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(argv[1], commands[i]->name) == 0) {
            g_autofree char **arguments = g_memdup2(argv + 1, (gsize)argc * sizeof *argv);

            program = g_strdup_printf("%s %s", argv[0], argv[1]);
            arguments[0] = program;
            return commands[i]->run(argc - 1, arguments, error);
        }
    return fz_command_usage(error, "unknown command \"%s\"; see --help", argv[1]);
}

const fz_command fz_zones_command = {
    .name = "zones",
    .arguments = "check|explain ...",
    .summary = "Check a zone file, or explain which of its lines labels an address",
    .run = run,
};
