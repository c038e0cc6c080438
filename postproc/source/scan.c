/* A process that counts the frames of a capture, and sends the records or writes them itself.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan.h"

#include "capture.h"
#include "child.h"
#include "counter.h"
#include "log.h"
#include "rows.h"
#include "unwalked.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Starting a second thread costs as much as it saves with some three megabytes of a capture. */
enum { LARGE_BYTES = 16 << 20 };

G_DEFINE_QUARK(fz - scan - error - quark, fz_scan_error)

/* What a row of packets has of the frame, which was walked. */
static void link_frame(fz_counter *counter, const fz_counted *counted, const fz_capture_frame *frame)
{
    fz_frame_link *link = fz_counter_link(counter);

    link->number = frame->number;
    link->time_ns = frame->time_ns;
    link->vlan = counted->packet.vlan;
    fz_frame_link_read(link, frame->encap->linktype, frame->bytes, frame->captured_bytes);
}

/* Counts a frame; returns where the next one goes. */
static fz_counted *count(fz_counter *counter, fz_counted *counted, fz_unwalked *unwalked, const fz_capture_frame *frame,
                         bool packets)
{
    static const fz_frame_class classes[] = {[FZ_FRAME_IP] = FZ_COUNTED,
                                             [FZ_FRAME_NOT_IP] = FZ_NOT_IP,
                                             [FZ_FRAME_UNPARSABLE] = FZ_UNPARSABLE,
                                             [FZ_FRAME_UNWALKED] = FZ_NOT_IP};

    counted->time_us = frame->time_us;
    counted->bytes = frame->wire_bytes;
    counted->class_ = classes[fz_unwalked_frame(unwalked, frame->encap, frame->bytes, frame->captured_bytes,
                                                frame->wire_bytes, &counted->packet)];
    if (packets)
        link_frame(counter, counted, frame);
    return fz_counter_add(counter);
}

/* After the last record: whether the capture, which is standard input, is still what was opened. */
static void check_capture(const fz_input *capture, fz_collector *collector)
{
    if (capture->seekable && fz_file_has_changed(STDIN_FILENO, &capture->opened))
        fz_collector_changed(collector);
}

/* Reads the capture into the collector, by way of its counter, then flushes it. `*note`, which the caller frees, says
 * what happened if the capture ended in the middle of a packet or was damaged; frames before that are counted. Layers
 * without a walk are counted in `unwalked`. */
static bool scan_capture(const fz_input *input, fz_collector *collector, fz_counter *counter, fz_unwalked *unwalked,
                         char **note, GError **error)
{
    g_autoptr(GError) fault = NULL;
    const bool packets = fz_collector_has_packets(collector);
    fz_capture_frame frame;

    *note = NULL;
    fz_capture *capture = fz_capture_open(input->name, &fault);
    if (!capture) {
        g_set_error(error, FZ_SCAN_ERROR, FZ_SCAN_ERROR_OPEN, "%s: %s", input->name, fault->message);
        return false;
    }
    fz_counted *counted = fz_counter_first(counter);
    while (fz_capture_next(capture, &frame, &fault))
        counted = count(counter, counted, unwalked, &frame, packets);
    if (fault)
        *note = g_strdup(fault->message);
    fz_capture_free(capture);
    fz_counter_finish(counter); /* from now on this thread may use the collector */
    check_capture(input, collector);
    return fz_collector_flush(collector, error);
}

/* A capture in a process of its own. */
typedef struct scan_job {
    const fz_input *capture;
    const fz_confine *confine;
    fz_options options; /* borrowed */
    int records;        /* our end of the pipe */
    bool framed;        /* it is a record pipe, which also carries all messages */
    bool two_threads;   /* one that reads, one that counts */
} scan_job;

static void warn(const char *message, void *user)
{
    const scan_job *job = user;

    if (!(job->confine->reported & 1u << FZ_JAIL_READER)) /* once, for all captures */
        fz_say(job->confine->who, "%s", message);
}

/* Reports what is in the capture and was not walked: through the pipe before its end, if messages go there. */
static bool tell_unwalked(const scan_job *job, const fz_unwalked *unwalked, GError **error)
{
    g_auto(GStrv) lines = fz_unwalked_lines(unwalked);
    fz_pipe_sender *sender = job->framed ? fz_pipe_sender_new(job->records) : NULL;
    bool sent = true;

    for (char **line = lines; *line && sent; line++) {
        if (sender)
            sent = fz_pipe_send_note(sender, *line, error);
        else
            fz_say(job->confine->who, "%s: %s", job->capture->name, *line);
    }
    fz_pipe_sender_free(sender);
    return sent;
}

static void report(const scan_job *job, const fz_collector *collector, const char *note)
{
    g_autofree char *totals = fz_totals_print(fz_collector_totals(collector));
    bool changed = fz_collector_totals(collector)->changed;

    if (changed)
        fz_say(job->confine->who, "%s: written while it was read: scan it again", job->capture->name);
    if (note)
        fz_say(job->confine->who, "%s: %s: everything before that was counted", job->capture->name, note);
    if (note || changed || fz_collector_totals_hidden(collector))
        fz_say(job->confine->who, "%s: %s", job->capture->name, totals);
}

/* Makes the capture standard input, where libwiretap needs no path. */
static bool take_capture(const scan_job *job, GError **error)
{
    if (job->capture->fd == STDIN_FILENO || dup2(job->capture->fd, STDIN_FILENO) == STDIN_FILENO)
        return true;
    int code = errno;
    g_set_error(error, FZ_SCAN_ERROR, FZ_SCAN_ERROR_OPEN, "%s: %s", job->capture->name, g_strerror(code));
    return false;
}

/* Called when everything is open and nothing of the capture has been read. */
static bool lock(const scan_job *job, const fz_collector *collector, fz_counter *counter, GError **error)
{
    g_autofree char *line = NULL;
    const int keep[] = {job->records, fz_collector_fd(collector)};
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = keep,
        .keep_count = G_N_ELEMENTS(keep),
        .memory_bytes = fz_confine_half_memory(),
        .make_threads = job->two_threads ? fz_counter_start : NULL,
        .user = counter,
    };

    if (job->framed) {
        fz_child_close_standard(STDOUT_FILENO);
        fz_child_close_standard(STDERR_FILENO);
    }
    if (!fz_confine_lock(job->confine, &jail, NULL, &line, error))
        return false;
    if (!line)
        return true;
    if (!job->framed) {
        fz_say(job->confine->who, "%s", line);
        return true;
    }
    fz_pipe_sender *sender = fz_pipe_sender_new(job->records);
    bool sent = fz_pipe_send_note(sender, line, error);
    fz_pipe_sender_free(sender);
    return sent;
}

static bool scan(scan_job *job, GError **error)
{
    g_autofree char *program = g_strdup_printf("flowzone %s, libwiretap", FZ_VERSION);
    g_autofree char *note = NULL;

    fz_collector *collector = fz_collector_new(&job->options, FZ_ENGINE_SCAN, program, warn, job, error);
    fz_counter *counter = fz_counter_new(collector);
    fz_unwalked *unwalked = fz_unwalked_new();
    fz_capture_prepare();
    bool done = collector && take_capture(job, error) && lock(job, collector, counter, error) &&
                scan_capture(job->capture, collector, counter, unwalked, &note, error) &&
                tell_unwalked(job, unwalked, error) && fz_collector_finish(collector, note != NULL, error);
    if (done && !job->framed)
        report(job, collector, note);
    if (!done && g_error_matches(*error, FZ_COLLECTOR_ERROR, FZ_COLLECTOR_ERROR_TIME))
        g_prefix_error(error, "%s: ", job->capture->name);
    fz_unwalked_free(unwalked);
    fz_counter_free(counter);
    fz_collector_free(collector);
    return done;
}

/* Runs the child until it exits. */
static void G_GNUC_NORETURN live(scan_job *job)
{
    g_autoptr(GError) error = NULL;

    if (!job->framed)
        fz_child_heed_sigpipe(); /* the process that closes the pipe reports why */
    bool done = scan(job, &error);
    if (!done && job->framed)
        fz_pipe_send_fault(fz_pipe_sender_new(job->records), job->capture->name, error->message);
    else if (!done)
        fz_say(job->confine->who, "%s", error->message);
    (void)fflush(NULL);
    _exit(done ? 0 : 1);
}

/* The processors that this process may use; GLib's function counts all. */
static unsigned processors(void)
{
    cpu_set_t mine;

    return sched_getaffinity(0, sizeof mine, &mine) == 0 ? (unsigned)CPU_COUNT(&mine) : g_get_num_processors();
}

/* Not for a pipe: its writer uses the other processor, and slow frames should be counted as they arrive. */
static bool wants_two_threads(const fz_input *capture, unsigned at_once)
{
    return capture->seekable && capture->size >= LARGE_BYTES && processors() / at_once >= 2;
}

static bool start(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                  unsigned at_once, bool framed, GError **error)
{
    g_autofree char *name = fz_source_name(capture, options->source);
    scan_job job = {.capture = capture,
                    .confine = confine,
                    .options = *options,
                    .framed = framed,
                    .two_threads = wants_two_threads(capture, at_once)};

    (void)fflush(NULL);
    if (!fz_source_fork(source, capture, false, error))
        return false;
    if (source->pid == 0) {
        job.records = source->records;
        if (framed)
            job.options.format = &fz_pipe_format;
        if (framed || !options->out)
            job.options.out = g_strdup_printf("fd:%d", source->records);
        job.options.source = *name ? name : NULL;
        live(&job);
    }
    confine->reported |= 1u << FZ_JAIL_READER;
    fz_source_limit(source, capture, fz_source_rows_max(capture->size));
    return true;
}

bool fz_scan_start(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                   unsigned at_once, GError **error)
{
    return start(source, capture, options, confine, at_once, true, error);
}

bool fz_scan_start_output(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                          unsigned at_once, GError **error)
{
    return start(source, capture, options, confine, at_once, false, error);
}
