/* `flowzone cat`: a flow file as CSV, NDJSON or a table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "flowfile.h"
#include "input.h"
#include "rows.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 1024 };

static const fz_command this_command = {"cat", "FILE|-",
                                        "Prints the conversations of a flow file; - reads standard input", fz_cat_main};

/* Copies the reader's records to the sink, which is finished in any case. */
static bool copy(fz_reader *reader, const fz_format *format, fz_sink *sink, GError **error)
{
    g_autofree fz_record *records = g_new(fz_record, BATCH);
    ssize_t count;

    while ((count = fz_reader_next(reader, records, BATCH, error)) > 0) {
        if (!format->write(sink, records, (size_t)count, error)) {
            count = -1;
            break;
        }
    }
    if (count == 0)
        return format->finish(sink, fz_reader_totals(reader), error);
    /* What was read before the fault stays printed; the totals that would vouch for it don't follow. */
    format->finish(sink, NULL, NULL);
    return false;
}

static bool cat(fz_input *input, const fz_format *format, GError **error)
{
    fz_reader *reader = fz_reader_open(input->fd, input->name, error);
    if (reader == NULL)
        return false;
    fz_sink *sink = format->open(STDOUT_FILENO, fz_reader_run(reader), fz_reader_zones(reader), error);
    bool done = sink != NULL && copy(reader, format, sink, error);
    /* The table ends in its totals, other formats have rows only. */
    if (done && format->open != fz_table_open) {
        g_autofree char *totals = fz_totals_print(fz_reader_totals(reader));
        fprintf(stderr, "%s: %s\n", input->name, totals);
    }
    fz_reader_free(reader);
    return done;
}

static int usage(GError **error, const char *what)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s; see --help", what);
    return FZ_EXIT_USAGE;
}

int fz_cat_main(int argc, char **argv, GError **error)
{
    g_autofree char *name = NULL;
    const GOptionEntry options[] = {
        {"format", 'f', 0, G_OPTION_ARG_STRING, &name, "csv (default), json (one object a line) or table", "FORMAT"},
        G_OPTION_ENTRY_NULL,
    };
    static const char examples[] = "Examples:\n  flowzone cat office.flow > office.csv\n"
                                   "  flowzone cat --format table office.flow | less -S";
    fz_input input;
    int status;

    if (!fz_command_parse(&this_command, options, examples, &argc, &argv, &status, error))
        return status;
    if (argc != 2)
        return usage(error, argc < 2 ? "expected a FILE, or - for standard input" : "expected one FILE only");
    const fz_format *format = fz_format_by_name(name ? name : "csv");
    if (format == NULL || format->open == fz_flowfile_open)
        return usage(error, "--format: expected csv, json or table");
    if (!fz_input_open(&input, argv[1], error))
        return FZ_EXIT_FAILED;
    /* `| head` ends us as it ends cat(1), without a word. */
    (void)signal(SIGPIPE, SIG_DFL);
    bool done = cat(&input, format, error);
    fz_input_close(&input);
    return done ? FZ_EXIT_OK : FZ_EXIT_FAILED;
}
