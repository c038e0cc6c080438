/* The captures of a scan, each in a process of its own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan_jobs.h"

#include "atomic_file.h"
#include "command.h"
#include "death.h"
#include "log.h"
#include "outcome.h"
#include "output.h"
#include "scan.h"
#include "write.h"
#include "writer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHO "flowzone scan"

enum { COPY_BYTES = 1 << 16 };

/* A capture that is scanned by its own process. */
typedef struct scan_job {
    fz_source source;
    fz_atomic_file *file; /* the file that the process writes, to be committed; NULL: none */
    bool started;
} scan_job;

static bool fail(GError **error, const char *what)
{
    int code = errno;

    g_set_error(error, FZ_SCAN_ERROR, FZ_SCAN_ERROR_CHILD, "%s: %s", what, g_strerror(code));
    return false;
}

static void tell(const char *message)
{
    fz_say(WHO, "%s", message);
}

/* FOLDER/NAME.ipfix, or the output that was asked for; NULL: the pipe. The caller frees. */
static char *output_of(const fz_scan_order *order, const char *path)
{
    if (!order->into_folder)
        return order->count == 1 ? g_strdup(order->options.out ? order->options.out : "-") : NULL;
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_strconcat(base, order->options.format->suffixes[0], NULL);
    return g_build_filename(order->options.out, name, NULL);
}

static bool is_same(const struct stat *out, int status, const struct stat *about)
{
    return status == 0 && about->st_dev == out->st_dev && about->st_ino == out->st_ino;
}

static bool is_capture(const struct stat *out, const char *path)
{
    struct stat about;
    int status = strcmp(path, "-") ? stat(path, &about) : fstat(STDIN_FILENO, &about);

    return is_same(out, status, &about);
}

static bool is_file(const struct stat *out, const char *path)
{
    struct stat about;

    return path && is_same(out, stat(path, &about), &about);
}

/* Which of our inputs a path leads to, by any name; NULL: none. */
static const char *what_is_read(const fz_scan_order *order, const char *path)
{
    struct stat out;

    if (stat(path, &out) != 0)
        return NULL;
    for (unsigned i = 0; i < order->count; i++)
        if (is_capture(&out, order->paths[i]))
            return "the capture itself";
    return is_file(&out, order->options.zones) ? "the zone file" : NULL;
}

/* `*file` is NULL if `out` is not a regular file, for example a pipe. */
static bool begin_file(const fz_scan_order *order, const char *out, fz_atomic_file **file, GError **error)
{
    *file = NULL;
    if (!out || !strcmp(out, "-") || g_str_has_prefix(out, "fd:") || !fz_atomic_file_fits(out))
        return true;
    const char *what = what_is_read(order, out);
    if (what) {
        g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "out=%s: is %s", out, what);
        return false;
    }
    *file = fz_atomic_file_new(out, error);
    return *file != NULL;
}

/* Lets the ledger recognize this file; not if only the rest of a file is read. */
static void keep_file(fz_source *source, const fz_input *capture)
{
    if (!capture->seekable || capture->start != 0)
        return;
    source->capture_bytes = capture->opened.size;
    source->written_ns = capture->opened.written_ns;
}

/* To an error about a folder: what takes one. */
static void name_batch(const char *path, GError **error)
{
    if (!g_error_matches(*error, G_FILE_ERROR, G_FILE_ERROR_ISDIR))
        return;
    const char *slash = g_str_has_suffix(path, "/") ? "" : "/";
    char *message = g_strdup_printf("%s: name its captures, %s%s*, or load it as it fills: flowzone batch --ring %s",
                                    (*error)->message, path, slash, path);
    g_free((*error)->message);
    (*error)->message = message;
}

static bool start_job(fz_scan_order *order, scan_job *job, const char *path, GError **error)
{
    g_autofree char *out = output_of(order, path);
    fz_options options = order->options;
    const unsigned at_once = MIN(order->jobs, order->count);
    fz_input capture;

    if (!fz_input_open(&capture, path, error)) {
        name_batch(path, error);
        return false;
    }
    options.out = out;
    if (!order->to && !begin_file(order, out, &job->file, error)) {
        fz_input_close(&capture);
        return false;
    }
    g_autofree char *folder = fz_source_folder(&capture);
    options.folder = folder;
    options.out_fd = job->file ? fz_atomic_file_fd(job->file) : 0;
    job->started = order->to ? fz_scan_start(&job->source, &capture, &options, &order->confine, at_once, error)
                             : fz_scan_start_output(&job->source, &capture, &options, &order->confine, at_once, error);
    if (order->to && job->started)
        keep_file(&job->source, &capture);
    fz_input_close(&capture);
    if (!job->started)
        g_clear_pointer(&job->file, fz_atomic_file_free);
    return job->started;
}

/* How a scan ended. */
typedef enum scan_end {
    SCAN_DONE,
    SCAN_FAILED,  /* its process has reported why, or its death was reported here */
    SCAN_HUNG_UP, /* its output was closed, by us or by our output's reader */
} scan_end;

static scan_end end_job(scan_job *job, const char *path)
{
    g_autoptr(GError) error = NULL;
    fz_source_end end = fz_source_stop(&job->source);
    scan_end result = SCAN_DONE;

    job->started = false;
    if (fz_death_is_by_output(end.status) || (WIFSIGNALED(end.status) && !end.process))
        result = SCAN_HUNG_UP;
    else if (end.process)
        result = SCAN_FAILED;
    if (result == SCAN_FAILED && WIFSIGNALED(end.status))
        fz_say(WHO, "%s: the process that scans it %s", path, end.process);
    fz_source_end_clear(&end);
    if (result == SCAN_DONE && job->file && !fz_atomic_file_commit(job->file, &error)) {
        tell(error->message);
        result = SCAN_FAILED;
    }
    g_clear_pointer(&job->file, fz_atomic_file_free);
    return result;
}

/* Copies a child's rows to the output, and sets `*any`. Copies only whole lines: a child that dies does not leave half
 * a row. */
static bool copy_rows(int from, int to, bool skip_header, bool *any, GError **error)
{
    g_autofree char *bytes = g_malloc(COPY_BYTES);
    size_t held = 0;
    ssize_t got;

    while ((got = read(from, bytes + held, COPY_BYTES - held)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(error, "the pipe of a scan");
        held += (size_t)got;
        const char *newline = memrchr(bytes, '\n', held);
        if (!newline && held < COPY_BYTES)
            continue;
        const char *rows = bytes, *end = newline ? newline + 1 : bytes + held;
        if (skip_header && newline) {
            rows = (const char *)memchr(bytes, '\n', held) + 1;
            skip_header = false;
        }
        if (!fz_write_all(to, rows, (size_t)(end - rows), error))
            return false;
        *any = true;
        held -= (size_t)(end - bytes);
        memmove(bytes, end, held);
    }
    return true;
}

/* The destination of all captures' rows: a store, or a descriptor. */
typedef struct scan_target {
    fz_writer *writer;
    int fd;
    fz_output output;     /* the owner of `fd`, unless that is `file`'s */
    fz_atomic_file *file; /* NULL: what is written is visible at once */
    bool any;             /* rows have been written: CSV needs its header only once */
    bool lost;            /* writing has failed */
} scan_target;

static bool load_job(const fz_scan_order *order, scan_target *target, scan_job *job)
{
    g_autofree fz_load_report *report = g_new(fz_load_report, 1);
    fz_outcome outcome = fz_writer_load(target->writer, &job->source, report);

    fz_outcome_say(report, WHO, job->source.name, order->manner.quiet);
    job->started = false;
    target->lost = fz_outcome_is_final(outcome);
    return !fz_outcome_is_failure(outcome);
}

/* Takes over the output of one capture, while it is being scanned. */
static bool finish_job(const fz_scan_order *order, scan_target *target, scan_job *job, unsigned index)
{
    g_autoptr(GError) error = NULL;
    bool csv = !strcmp(order->options.format->name, "csv"), any = target->any;
    off_t before = target->file ? lseek(target->fd, 0, SEEK_CUR) : -1;

    if (target->writer)
        return load_job(order, target, job);
    bool taken = copy_rows(job->source.records, target->fd, csv && target->any, &target->any, &error);
    scan_end end = end_job(job, order->paths[index]);
    target->lost = !taken;
    if (!taken && end != SCAN_FAILED) /* otherwise the child has reported its failure */
        tell(error->message);
    if (end != SCAN_DONE && before >= 0 && ftruncate(target->fd, before) == 0) { /* no partial capture remains */
        lseek(target->fd, before, SEEK_SET);
        target->any = any;
    }
    return taken && end == SCAN_DONE;
}

/* Up to `jobs` captures are scanned at a time; their output is taken in order. */
static int run_jobs(fz_scan_order *order, scan_target *target)
{
    g_autofree scan_job *jobs = g_new0(scan_job, order->count);
    unsigned started = 0, done = 0, i;

    for (i = 0; i < order->count && !target->lost; i++) {
        for (; started < order->count && started < i + order->jobs; started++) {
            g_autoptr(GError) error = NULL;

            if (!start_job(order, &jobs[started], order->paths[started], &error))
                tell(error->message);
        }
        if (jobs[i].started && finish_job(order, target, &jobs[i], i))
            done++;
    }
    for (; i < started; i++)
        if (jobs[i].started)
            end_job(&jobs[i], order->paths[i]);
    return done == order->count ? FZ_EXIT_OK : done > 0 ? FZ_EXIT_SOME : FZ_EXIT_FAILED;
}

static int scan_into_store(fz_scan_order *order)
{
    scan_target target = {.writer = fz_writer_new(order->to, &order->manner, &order->confine)};
    int status = run_jobs(order, &target);

    fz_writer_free(target.writer);
    return status;
}

/* A single capture's process writes its output itself. */
static int scan_one(fz_scan_order *order, GError **error)
{
    scan_job job = {0};
    char nothing;

    if (!start_job(order, &job, order->paths[0], error))
        return FZ_EXIT_FAILED;
    while (read(job.source.records, &nothing, 1) < 0 && errno == EINTR) /* until it ends */
        continue;
    scan_end end = end_job(&job, order->paths[0]);
    if (end == SCAN_HUNG_UP)
        fz_command_die_of_pipe();
    return end == SCAN_DONE ? FZ_EXIT_OK : FZ_EXIT_FAILED;
}

/* Does nothing if each capture has its own file. */
static bool open_target(const fz_scan_order *order, scan_target *target, GError **error)
{
    if (order->into_folder)
        return true;
    if (!begin_file(order, order->options.out, &target->file, error) ||
        (!target->file && !fz_output_open(&target->output, order->options.out, 0, error)))
        return false;
    target->fd = target->file ? fz_atomic_file_fd(target->file) : target->output.fd;
    return true;
}

/* If only some captures succeeded, keeps their output; if none did, an existing file is not changed. */
static int close_target(scan_target *target, int status, GError **error)
{
    bool done = target->file ? target->lost || status == FZ_EXIT_FAILED || fz_atomic_file_commit(target->file, error)
                             : fz_output_close(&target->output, error);

    fz_atomic_file_free(target->file);
    fz_output_clear(&target->output);
    return done ? status : FZ_EXIT_FAILED;
}

static int scan_to_output(fz_scan_order *order, GError **error)
{
    scan_target target = {.fd = -1, .output = {.fd = -1}};

    if (order->count == 1 && !order->into_folder)
        return scan_one(order, error);
    if (!open_target(order, &target, error))
        return FZ_EXIT_FAILED;
    return close_target(&target, run_jobs(order, &target), error);
}

int fz_scan_jobs(fz_scan_order *order, GError **error)
{
    return order->to ? scan_into_store(order) : scan_to_output(order, error);
}
