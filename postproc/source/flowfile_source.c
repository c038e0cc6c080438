/* A process that parses a flow file, and sends its records on.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile_source.h"

#include "child.h"
#include "flowfile.h"

#include <errno.h>
#include <unistd.h>

/* A row in a flow file has no less than this. */
enum { ROW_BYTES_MIN = 32 };

typedef struct read_job {
    const fz_input *input, *capture;
    fz_pipe_sender *sender;
    int commands;
} read_job;

static bool send_rows(const read_job *job, fz_reader *reader, GError **error)
{
    g_autofree fz_any_row *rows = g_new(fz_any_row, FZ_RECORDS_AT_ONCE);
    fz_row_kind kind;
    ssize_t count;

    while ((count = fz_reader_next(reader, &kind, rows, FZ_RECORDS_AT_ONCE, error)) > 0)
        if (!fz_pipe_send_rows(job->sender, kind, rows, (size_t)count, error) ||
            !fz_pipe_send_position(job->sender, fz_reader_position(reader), error))
            return false;
    if (count < 0)
        return false;
    /* The flow file has its trailer, so its writer has read the capture to the end. */
    fz_totals totals = *fz_reader_totals(reader);
    totals.changed = job->capture && fz_input_has_changed(job->capture);
    return fz_pipe_send_end(job->sender, &totals, fz_reader_digest(reader), error);
}

/* From the first byte to the trailer. */
static bool pass(const read_job *job, bool again, GError **error)
{
    fz_reader *reader = fz_reader_open(job->input->fd, job->input->name, error);

    if (!reader)
        return false;
    /* A run that names its source does not need the digest of the file for its identity. */
    if (*fz_reader_run(reader)->source == '\0')
        fz_reader_want_digest(reader);
    bool done = (again || fz_pipe_send_head(job->sender, fz_reader_run(reader), fz_reader_zones(reader), error)) &&
                send_rows(job, reader, error);
    fz_reader_free(reader);
    return done;
}

static bool is_wanted_again(const read_job *job)
{
    char command = 0;
    ssize_t got;

    while ((got = read(job->commands, &command, 1)) < 0 && errno == EINTR)
        continue;
    return got == 1 && command == FZ_PIPE_AGAIN;
}

static bool serve(const read_job *job, const fz_confine *confine, int records, GError **error)
{
    g_autofree char *line = NULL;
    const int keep[] = {job->input->fd, records, job->commands, job->capture ? job->capture->fd : -1};
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = keep,
        .keep_count = G_N_ELEMENTS(keep),
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };

    if (!fz_confine_lock(confine, &jail, NULL, &line, error) ||
        (line && !fz_pipe_send_note(job->sender, line, error)) || !pass(job, false, error))
        return false;
    while (is_wanted_again(job))
        if (!fz_input_rewind(job->input, error) || !pass(job, true, error))
            return false;
    return true;
}

/* Runs the child until it exits. Its messages do not go to the terminal, but through the pipe. */
static void G_GNUC_NORETURN live(const fz_input *input, const fz_input *capture, const fz_confine *confine, int records,
                                 int commands)
{
    g_autoptr(GError) error = NULL;
    const read_job job = {
        .input = input, .capture = capture, .sender = fz_pipe_sender_new(records), .commands = commands};

    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fd != input->fd && !(capture && fd == capture->fd))
            fz_child_close_standard(fd);
    bool done = serve(&job, confine, records, &error);
    if (!done)
        fz_pipe_send_fault(job.sender, input->name, error->message);
    _exit(done ? 0 : 1);
}

bool fz_flowfile_source_start(fz_source *source, const fz_input *input, const fz_input *capture, fz_confine *confine,
                              GError **error)
{
    if (!fz_source_fork(source, input, input->seekable, error))
        return false;
    if (source->pid == 0)
        live(input, capture, confine, source->records, source->commands);
    confine->reported |= 1u << FZ_JAIL_READER;
    fz_source_limit(source, input, input->size / ROW_BYTES_MIN + 1);
    return true;
}
