/* The program `flowzone`: the table of subcommands is dispatch and help.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const fz_command *const commands[] = {
    &fz_top_command,     &fz_flows_command,  &fz_features_command, &fz_matrix_command, &fz_time_command,
    &fz_packets_command, &fz_loads_command,  &fz_check_command,    &fz_find_command,   &fz_report_command,
    &fz_scan_command,    &fz_load_command,   &fz_batch_command,    &fz_cat_command,    &fz_zones_command,
    &fz_upgrade_command, &fz_verify_command, &fz_retain_command};

static int print_help(void)
{
    printf("Usage: flowzone COMMAND [OPTION...] [ARGUMENT...]\n\n"
           "Zone-labelled conversations of captures, from flow files to SQL.\n\n"
           "Commands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        printf("  %-8s %-18s %s\n", commands[i]->name, commands[i]->arguments, commands[i]->summary);
    printf(
        "\nflowzone COMMAND --help lists a command's options, with examples; flowzone --version prints the version.\n\n"
        "Flow files come from tshark with the plugin:\n"
        "  tshark -q -z flowzone,out=day.flow,source=day.pcap,zones=zones.csv -r day.pcap\n"
        "  flowzone load day.flow\n"
        "  sqlite3 flowzone.db 'SELECT * FROM fz_talkers ORDER BY bytes_sent DESC LIMIT 10'\n");
    return FZ_EXIT_OK;
}

static int print_version(void)
{
    puts("flowzone " FZ_VERSION);
    return FZ_EXIT_OK;
}

static int run(const fz_command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("flowzone %s", command->name);
    g_autofree char **arguments = g_memdup2(argv, ((gsize)argc + 1) * sizeof *argv);

    arguments[0] = name;
    int status = command->run(argc, arguments, &error);
    if (error)
        fz_say(name, "%s", error->message);
    return status;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argv[1];

    if (argc < 2) {
        fprintf(stderr, "flowzone: missing command; see flowzone --help\n");
        return FZ_EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || (strcmp(name, "help") == 0 && argc == 2))
        return print_help();
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return print_version();
    bool help = strcmp(name, "help") == 0;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        char option[] = "--help", *arguments[] = {argv[0], option, NULL};

        if (help && strcmp(argv[2], commands[i]->name) == 0)
            return run(commands[i], 2, arguments);
        if (strcmp(name, commands[i]->name) == 0)
            return run(commands[i], argc - 1, argv + 1);
    }
    g_autofree char *message = fz_command_unknown(commands, G_N_ELEMENTS(commands), help ? argv[2] : name);
    fprintf(stderr, "flowzone: %s; see flowzone --help\n", message);
    return FZ_EXIT_USAGE;
}

/* Checks that all output was written: a full disk is only noticed at the last flush. */
static bool flush_output(void)
{
    bool failed = ferror(stdout) != 0;
    int fault = fflush(stdout) != 0 ? errno : 0;

    if (fault == EPIPE)
        fz_command_die_of_pipe();
    if (fault)
        fprintf(stderr, "flowzone: cannot write the output: %s\n", g_strerror(fault));
    else if (failed)
        fprintf(stderr, "flowzone: cannot write the output\n");
    else
        return true;
    return false;
}

/* If standard descriptors are closed, files that are opened would take their numbers. Fills them so that reading
 * standard input and writing to standard output fail, as for closed ones. */
static bool need_standard_descriptors(void)
{
    static const int ways[] = {[STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDWR};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", ways[fd]) != fd)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    static const char no_null[] =
        "flowzone: a standard descriptor is closed, and /dev/null cannot be opened in its place\n";

    if (!need_standard_descriptors()) {
        (void)!write(STDERR_FILENO, no_null, strlen(no_null));
        return FZ_EXIT_FAILED;
    }
    /* File names and help in the user's encoding, numbers the same everywhere. */
    (void)setlocale(LC_ALL, "");
    /* cron and systemd have no locale. Texts are UTF-8 then, as they are in zone files. */
    if (!strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968"))
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    (void)setlocale(LC_NUMERIC, "C");
    /* A server that closes the connection is an error of the store, and must not kill us. */
    (void)signal(SIGPIPE, SIG_IGN);
    /* The same for a limit on file sizes (ulimit -f), which is handled like a full disk. */
    (void)signal(SIGXFSZ, SIG_IGN);
    int status = dispatch(argc, argv);
    return flush_output() ? status : FZ_EXIT_FAILED;
}
