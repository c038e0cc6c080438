/* Shows addresses with their names, as an answer does: a locked process prints them, and this one looks them up for it.
 *
 * names_asker [--names|--names-all] [--dns-server ...] [--dns-rate N] [--jail MODE] [BUDGET_S] < addresses: one line an
 * address, "ADDR NAME", and a last one on standard error. Several lists, each after an empty line, are asked one after
 * the other. SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"
#include "command.h"
#include "names.h"
#include "shared_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct asker_order {
    fz_naming naming;
    fz_confine confine;
} asker_order;

static const fz_setting rows[] = {
    FZ_ROW_NAMES(asker_order, naming, FZ_SETTING_LINE),      FZ_ROW_NAMES_ALL(asker_order, naming, FZ_SETTING_LINE),
    FZ_ROW_DNS_SERVER(asker_order, naming, FZ_SETTING_LINE), FZ_ROW_DNS_RATE(asker_order, naming, FZ_SETTING_LINE),
    FZ_ROW_JAIL(asker_order, confine, FZ_SETTING_LINE),
};

static bool utc; /* TZ is UTC; else the last line has local time */

static void show(int channel, const fz_addr *addrs, size_t count)
{
    char text[FZ_ADDR_TEXT_SIZE];
    g_autoptr(fz_names) names = fz_names_ask(channel, addrs, count);
    g_autofree char *line = fz_names_line(names, utc);

    for (size_t i = 0; i < count; i++) {
        const char *name = fz_names_find(names, &addrs[i]);
        printf("%s %s\n", fz_addr_print(&addrs[i], text), name ? name : "-");
    }
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s\n", line ? line : "no names");
}

/* As the process that has a store. */
static int print(int channel, const asker_order *order)
{
    const fz_jail jail = {
        .profile = FZ_JAIL_READER, .keep = &channel, .keep_count = 1, .memory_bytes = FZ_CONFINE_MEMORY_BYTES};
    g_autofree char *line = NULL;
    g_autoptr(GArray) addrs = g_array_new(FALSE, FALSE, sizeof(fz_addr));
    char text[256];

    if (!fz_confine_lock(&order->confine, &jail, NULL, &line, NULL))
        return 1;
    while (fgets(text, sizeof text, stdin)) {
        fz_addr addr;

        text[strcspn(text, "\n")] = '\0';
        if (*text && fz_addr_parse(text, &addr))
            g_array_append_val(addrs, addr);
        if (*text)
            continue;
        show(channel, (const fz_addr *)(gpointer)addrs->data, addrs->len);
        g_array_set_size(addrs, 0);
    }
    show(channel, (const fz_addr *)(gpointer)addrs->data, addrs->len);
    return 0;
}

static const fz_command names_asker = {
    .name = "names_asker", .arguments = "[BUDGET_S]", .summary = "Names", FZ_COMMAND_SETTINGS(rows)};

static int run(const asker_order *order, unsigned budget_s, fz_confine *confine)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(fz_namer) namer = fz_namer_new(&order->naming, confine);
    int channel = fz_namer_open(namer, &error), status;

    pid_t pid = fz_child_fork();
    if (pid == 0)
        exit(print(channel, order)); /* NOLINT(concurrency-mt-unsafe): one thread */
    if (channel >= 0)
        close(channel);
    while (fz_namer_serve(namer, budget_s))
        continue;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    asker_order order = {.naming = FZ_NAMING_INIT, .confine = {.who = "names_asker"}};
    g_autoptr(GError) error = NULL;
    int status;

    utc = g_strcmp0(g_getenv("TZ"), "UTC") == 0;
    if (!fz_command_parse(&names_asker, &order, &argc, &argv, &status, &error)) {
        (void)fprintf(stderr, "names_asker: %s\n", error ? error->message : "help");
        return status;
    }
    return run(&order, argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : FZ_NAMING_TABLE_S, &order.confine);
}
