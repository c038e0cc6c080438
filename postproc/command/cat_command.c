/* `flowzone cat`: a flow file as CSV, NDJSON or a table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"
#include "command.h"
#include "death.h"
#include "flowfile.h"
#include "flowfile_source.h"
#include "input.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "rows.h"
#include "shared_options.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHO "flowzone cat"

typedef struct cat_order {
    const fz_format *format;
    fz_row_kind rows; /* those that are printed */
    bool rows_given;  /* else packets are printed where there are no conversations */
    fz_confine confine;
} cat_order;

/* What the printing process reports by its exit status. */
enum { PRINTED, FAILED /* and reported */, READER_GONE = 42 };

/* Copies the rows of one kind to the sink, which is finished in any case. */
static bool copy(fz_pipe *pipe, const fz_format *format, fz_row_kind wanted, fz_sink *sink, GError **error)
{
    g_autofree fz_any_row *rows = g_new(fz_any_row, FZ_RECORDS_AT_ONCE);
    fz_row_kind kind;
    ssize_t count;

    while ((count = fz_pipe_next(pipe, &kind, rows, FZ_RECORDS_AT_ONCE, error)) > 0) {
        if (kind == wanted && !format->write(sink, kind, rows, (size_t)count, error)) {
            count = -1;
            break;
        }
    }
    if (count == 0)
        return format->finish(sink, fz_pipe_totals(pipe), error);
    /* What was read before the fault stays printed, without the totals that would confirm it. */
    format->finish(sink, NULL, NULL);
    return false;
}

/* The rows to print, and the run as its sink sees it: one that has these and no others. */
static bool take_run(fz_pipe *pipe, const cat_order *order, fz_run *run, fz_row_kind *rows, GError **error)
{
    static const char *const missing[FZ_ROW_KINDS] = {
        [FZ_ROW_FLOW] = "has no conversations; leave --rows out",
        [FZ_ROW_MINUTE] = "has no minutes: it has packets alone, or an earlier flowzone made it",
        [FZ_ROW_PACKET] = "has no packets; make it with rows=flows,packets",
    };

    *run = *fz_pipe_run(pipe);
    const bool has[FZ_ROW_KINDS] = {!run->without_flows, run->minutes, run->packets};
    *rows = order->rows_given || !run->without_flows ? order->rows : FZ_ROW_PACKET;
    run->packets = *rows == FZ_ROW_PACKET;
    run->without_flows = *rows != FZ_ROW_FLOW;
    if (!has[*rows])
        g_set_error_literal(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_FAULT, missing[*rows]);
    return has[*rows];
}

static bool print(const fz_source *source, const cat_order *order, GError **error)
{
    const fz_format *format = order->format;
    fz_pipe *pipe = fz_pipe_open(source->records, -1, &source->limits, error);
    fz_row_kind rows;
    fz_run run;

    if (!pipe)
        return false;
    if (fz_pipe_note(pipe))
        fz_say(WHO, "%s", fz_pipe_note(pipe));
    fz_sink *sink = take_run(pipe, order, &run, &rows, error)
                        ? format->open(STDOUT_FILENO, &run, fz_pipe_zones(pipe), error)
                        : NULL;
    bool done = sink != NULL && copy(pipe, format, rows, sink, error);
    /* The table ends in its totals, other formats have rows only. */
    if (done && format->open != fz_table_open) {
        g_autofree char *totals = fz_totals_print(fz_pipe_totals(pipe));

        fz_say(source->name, "%s", totals);
    }
    fz_pipe_free(pipe);
    return done;
}

static bool lock_and_print(const fz_source *source, const cat_order *order, GError **error)
{
    g_autofree char *line = NULL;
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = &source->records,
        .keep_count = 1,
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };

    if (!fz_confine_lock(&order->confine, &jail, NULL, &line, error))
        return false;
    bool done = print(source, order, error);
    if (!done && (*error)->domain == FZ_PIPE_ERROR)
        g_prefix_error(error, "%s: ", source->name);
    return done;
}

/* The printing process: it receives records, and has no access to the file. */
static void G_GNUC_NORETURN live(const fz_source *source, const cat_order *order)
{
    g_autoptr(GError) error = NULL;
    int status = PRINTED;

    fz_child_heed_sigpipe();
    fz_child_close_standard(STDIN_FILENO);
    if (!lock_and_print(source, order, &error))
        status = g_error_matches(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE) ? READER_GONE : FAILED;
    if (status == FAILED)
        fz_say(WHO, "%s", error->message);
    _exit(status);
}

/* How it ended, as an exit status of ours; sets `error` for what has not been reported yet. */
static int judge(pid_t printer, int status, const char *name, const char *reader_end, GError **error)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == PRINTED)
        return FZ_EXIT_OK;
    if (fz_death_is_by_output(status)) {
        fz_command_die_of_pipe();
    } else if (WIFSIGNALED(status)) {
        g_autofree char *end = fz_death_describe(printer, status);

        g_set_error(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE, "%s: the process that prints it %s", name, end);
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == READER_GONE) {
        g_set_error(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE, "%s: the process that reads it %s", name,
                    reader_end ? reader_end : "closed the connection before the end");
    }
    return FZ_EXIT_FAILED;
}

static int cat(const fz_input *input, cat_order *order, GError **error)
{
    fz_source source;
    int status = 0;

    if (!fz_flowfile_source_start(&source, input, NULL, &order->confine, error))
        return FZ_EXIT_FAILED;
    pid_t printer = fz_child_fork();
    if (printer == 0)
        live(&source, order);
    if (printer < 0)
        g_set_error(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_GONE, "cannot start a process: %s", g_strerror(errno));
    while (printer > 0 && waitpid(printer, &status, 0) < 0 && errno == EINTR)
        continue;
    fz_source_end end = fz_source_stop(&source);
    status = printer > 0 ? judge(printer, status, input->name, end.process, error) : FZ_EXIT_FAILED;
    fz_source_end_clear(&end);
    return status;
}

static bool set_format(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    cat_order *order = settings;

    order->format = fz_format_by_name(value);
    if (order->format && order->format->open != fz_flowfile_open)
        return true;
    return fz_setting_refuse(setting, value, "csv, json or table", error);
}

static bool set_rows(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    static const char *const names[FZ_ROW_KINDS] = {"flows", "minutes", "packets"};
    cat_order *order = settings;

    for (int kind = 0; kind < FZ_ROW_KINDS; kind++) {
        if (strcmp(value, names[kind]) != 0)
            continue;
        order->rows = (fz_row_kind)kind;
        return order->rows_given = true;
    }
    return fz_setting_refuse(setting, value, "flows, minutes or packets", error);
}

static int cat_file(const char *path, cat_order *order, GError **error)
{
    fz_input input;

    if (!fz_output_has_standard()) {
        g_set_error_literal(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE,
                            "standard output is closed or not open for writing");
        return FZ_EXIT_FAILED;
    }
    if (!fz_input_open(&input, path, error))
        return FZ_EXIT_FAILED;
    int status = cat(&input, order, error);
    fz_input_close(&input);
    return status;
}

static int run(int argc, char **argv, GError **error)
{
    cat_order order = {.format = fz_format_by_name("csv"), .rows = FZ_ROW_FLOW, .confine = {.who = WHO}};
    int status;

    if (!fz_command_parse(&fz_cat_command, &order, &argc, &argv, &status, error))
        return status;
    if (argc < 2)
        return fz_command_usage(error, "expected a FILE, or - for standard input; see --help");
    if (argc > 2)
        return fz_command_usage(error, "expected one FILE only; see --help");
    return cat_file(argv[1], &order, error);
}

static const fz_setting rows[] = {
    {"format", 'f', "FORMAT", "csv (default), json (one object per line) or table",
     FZ_INTO_BY(set_format, cat_order, format)},
    {"rows", 0, "KIND", "flows (conversations, default), minutes (traffic between zones) or packets",
     FZ_INTO_BY(set_rows, cat_order, rows)},
    FZ_ROW_JAIL(cat_order, confine, FZ_SETTING_LINE),
};

const fz_command fz_cat_command = {
    .name = "cat",
    .arguments = "FILE|-",
    .summary = "Print the conversations, minutes or packets of a flow file as CSV, NDJSON or a table",
    .notes = "- reads standard input.\n\n"
             "Examples:\n"
             "  flowzone cat office.flow > office.csv\n"
             "  flowzone cat --format table office.flow | less -S\n"
             "  flowzone cat --rows minutes office.flow > minutes.csv",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
