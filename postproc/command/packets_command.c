/* `flowzone packets`: from conversations back to their frames.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"

#include "ask.h"
#include "command.h"
#include "packets_jobs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WHO "flowzone packets"

typedef struct packets_order {
    fz_ask ask;
    fz_packets_wish wish;
    char *ring, *out;
    bool print;
} packets_order;

static int fail(GError **error)
{
    const int fault = errno;

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "cannot keep rows: %s", g_strerror(fault));
    return FZ_EXIT_FAILED;
}

/* Asks with a file in place of standard output, which the process that has the store keeps open: it writes there. */
static int ask_into(packets_order *order, int wanted, char **paths, unsigned count, GError **error)
{
    const int standard = dup(STDOUT_FILENO);

    if (standard < 0 || dup2(wanted, STDOUT_FILENO) < 0) {
        if (standard >= 0)
            close(standard);
        return fail(error);
    }
    order->wish.wanted = STDOUT_FILENO;
    int status = fz_ask_run(&order->ask, paths, count, error);
    (void)fflush(stdout);
    if (dup2(standard, STDOUT_FILENO) < 0)
        status = fail(error);
    close(standard);
    return status;
}

/* Which conversations there are, first; then their captures are read. */
static int extract(packets_order *order, char **paths, unsigned count, GError **error)
{
    fz_packets_order into = {.ring = order->ring, .out = order->out, .confine = order->ask.confine};
    fz_packets_jobs *jobs = fz_packets_jobs_new(&into, error);
    const int wanted = memfd_create("wanted", MFD_CLOEXEC);
    int status = FZ_EXIT_FAILED, asked;

    if (!jobs || wanted < 0) {
        if (jobs)
            fail(error);
    } else if ((asked = ask_into(order, wanted, paths, count, error)) != FZ_EXIT_OK && asked != FZ_EXIT_SOME) {
        status = asked;
    } else if (lseek(wanted, 0, SEEK_SET) != 0) {
        status = fail(error);
    } else {
        status = fz_packets_jobs_run(jobs, wanted, error);
        status = status == FZ_EXIT_OK ? asked : status;
    }
    if (wanted >= 0)
        close(wanted);
    fz_packets_jobs_free(jobs);
    return status;
}

/* A name that says another format would only be believed: tshark reads by content, other programs do not. */
static bool set_out(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    static const char *const others[] = {".pcap", ".cap"};

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_str_has_suffix(value, others[i])) {
            g_autofree char *stem = g_strndup(value, strlen(value) - strlen(others[i]));
            g_autofree char *expected = g_strdup_printf("%s.pcapng, since frames are written as pcapng", stem);
            return fz_setting_refuse(setting, value, expected, error);
        }
    return fz_setting_set_text(settings, setting, value, error);
}

static int packets(packets_order *order, char **paths, unsigned count, GError **error)
{
    const bool prints = order->print || order->ask.question.sql;

    order->ask.question.user = &order->wish;
    order->ask.question.work = prints ? fz_packets_print : fz_packets_send;
    order->wish = (fz_packets_wish){.ring = order->ring, .out = order->out ? order->out : "packets.pcapng"};
    if (prints)
        return fz_ask_run(&order->ask, paths, count, error);
    if (!order->out)
        return fz_command_usage(error, "-w is missing: expected a file, or - for standard output; see --help");
    return extract(order, paths, count, error);
}

static int run(int argc, char **argv, GError **error)
{
    packets_order order = {.ask = FZ_ASK_INIT(WHO, fz_packets_send, 0)};
    int status;

    if (fz_command_parse(&fz_packets_command, &order, &argc, &argv, &status, error))
        status = packets(&order, argv + 1, (unsigned)argc - 1, error);
    fz_ask_clear(&order.ask);
    g_free(order.ring);
    g_free(order.out);
    return status;
}

static const fz_setting rows[] = {
    FZ_ROW_WHERE,
    {"ring", 0, "DIR", "Where the captures are (default: where each was when it was loaded)",
     FZ_INTO(packets_order, ring)},
    {"write", 'w', "FILE", "Where the frames go, as pcapng; - for standard output",
     FZ_INTO_BY(set_out, packets_order, out)},
    {"print", 0, NULL, "Print commands of Wireshark's that write the same, in place of writing",
     FZ_INTO(packets_order, print)},
    FZ_ROWS_TIME,
    FZ_ROW_FROM,
    FZ_ROWS_CAPTURES,
    {"sql", 0, NULL, "Print the SQL statement, and do not run it", FZ_INTO(packets_order, ask.question.sql)},
    /* Without its letter, which is that of --write, as in all programs that write captures. */
    {"wait", 0, "SECONDS", "How long to wait for a store that is locked (default 60)",
     FZ_INTO(packets_order, ask.wait_s), .most = FZ_WAIT_MAX_S},
    FZ_ROW_JAIL(packets_order, ask.confine, FZ_SETTING_LINE),
};

const fz_command fz_packets_command = {
    .name = "packets",
    .arguments = "-w FILE [FILE|FOLDER]...",
    .summary = "The frames of conversations, out of their captures, counted again",
    .notes =
        "Captures are read as they are; without any, a store is asked which captures it has the conversations from.\n\n"
        "Examples:\n"
        "  flowzone packets --where 'src zone wifi and dst zone db' -w look.pcapng\n"
        "  flowzone packets --where 'ip 10.1.2.3 and port 22' --since today --ring /srv/ring -w - | wireshark -k -i -\n"
        "  flowzone packets --where 'bytes > 100M' -w large.pcapng day1.pcap day2.pcap\n\n"
        "Exit status: 0 all frames are written and equal to the rows, 1 nothing is written, 2 wrong usage, 3 some of "
        "them\n"
        "are missing or not equal.",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
