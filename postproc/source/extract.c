/* The process that reads a capture for the frames of some of its rows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "extract.h"

#include "capture.h"
#include "capture_writer.h"
#include "child.h"
#include "finder.h"
#include "headers.h"
#include "sanity.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20 };

/* The report goes through a socket as one message. */
G_STATIC_ASSERT(sizeof(fz_extract_report) <= 1 << 14);

/* The work in the process. */
typedef struct extraction {
    const fz_extract_order *order;
    const fz_wanted_capture *capture;
    fz_wanted_row *rows;
    fz_finder *finder;
    fz_capture_writer *writer;
    fz_extract_report *report;
} extraction;

static void set_text(fz_extract_report *report, fz_extract_end end, const char *text)
{
    report->end = end;
    g_strlcpy(report->text, text, sizeof report->text);
}

/* A ledger without first frame is of a flow file that does not say. */
static bool is_first(const fz_wanted_capture *capture, const fz_capture_frame *frame)
{
    return (capture->first_us == 0 && capture->first_bytes == 0) ||
           (frame->time_us == capture->first_us && frame->wire_bytes == capture->first_bytes);
}

/* Counts a frame in its row, and writes it if that is asked for. */
static bool take_frame(extraction *work, fz_capture *file, const fz_capture_frame *frame, bool write, GError **error)
{
    fz_extract_report *report = work->report;
    fz_packet packet;
    fz_layer unwalked;

    report->frames++;
    report->all_bytes += frame->wire_bytes;
    if (fz_headers_frame(frame->encap->linktype, frame->bytes, frame->captured_bytes, frame->wire_bytes, &packet,
                         &unwalked) != FZ_FRAME_IP ||
        !fz_finder_count(work->finder, &packet, frame->time_us, frame->wire_bytes) || !write)
        return true;
    report->packets++;
    report->bytes += frame->wire_bytes;
    return fz_capture_writer_add(work->writer, file, work->capture->source, error);
}

/* After the last frame that the capture had, or the last one of the file. */
static void judge(extraction *work, bool more, const GError *fault)
{
    fz_extract_report *report = work->report;

    report->grown = more;
    if (report->frames < work->capture->frames)
        set_text(report, FZ_EXTRACT_CUT, fault ? fault->message : "ends early");
    else
        report->end = report->all_bytes == work->capture->bytes ? FZ_EXTRACT_DONE : FZ_EXTRACT_CHANGED;
}

/* Reads the file, which is standard input, as far as the capture had frames when it was counted: more may have come
 * since. */
static void read_file(extraction *work, bool write)
{
    fz_extract_report *report = work->report;
    g_autoptr(GError) fault = NULL;
    fz_capture_frame frame;
    bool more;

    report->frames = report->all_bytes = report->packets = report->bytes = 0;
    fz_finder_reset(work->finder);
    fz_capture *file = fz_capture_open(work->order->file->name, &fault);
    if (!file) {
        set_text(report, FZ_EXTRACT_FAULT, fault->message);
        return;
    }
    while ((more = fz_capture_next(file, &frame, &fault)) && report->frames < work->capture->frames) {
        if (report->frames == 0) {
            report->first_us = frame.time_us;
            report->first_bytes = frame.wire_bytes;
        }
        if (report->frames == 0 && !is_first(work->capture, &frame)) {
            report->end = FZ_EXTRACT_OTHER;
            break;
        }
        if (!take_frame(work, file, &frame, write, &fault)) {
            set_text(report, FZ_EXTRACT_FAULT, fault->message);
            break;
        }
    }
    if (report->end == FZ_EXTRACT_DONE)
        judge(work, more, fault);
    fz_capture_free(file);
}

static void compare_rows(extraction *work)
{
    fz_extract_report *report = work->report;

    for (uint64_t i = 0; i < work->capture->rows; i++) {
        if (!work->rows[i].asked)
            continue;
        if (fz_finder_is_equal(work->finder, i)) {
            report->equal++;
            continue;
        }
        if (report->different++ < FZ_EXTRACT_DIFFERENCES)
            report->differences[report->shown++] = (fz_extract_difference){
                .was = work->rows[i].record,
                .now = *fz_finder_counted(work->finder, i),
            };
    }
}

static bool is_written(uint32_t end)
{
    return end == FZ_EXTRACT_DONE || end == FZ_EXTRACT_CUT;
}

/* A file that has changed since is read twice: nothing is written of one that is not the capture. */
static void extract(extraction *work)
{
    fz_extract_report *report = work->report;
    g_autoptr(GError) fault = NULL;

    if (!work->order->same) {
        read_file(work, false);
        if (!is_written(report->end))
            return;
        report->end = FZ_EXTRACT_DONE;
        if (lseek(STDIN_FILENO, 0, SEEK_SET) != 0) {
            set_text(report, FZ_EXTRACT_FAULT, g_strerror(errno));
            return;
        }
    }
    read_file(work, true);
    if (!is_written(report->end))
        return;
    compare_rows(work);
    report->interfaces = fz_capture_writer_interfaces(work->writer);
    if (!fz_capture_writer_close(g_steal_pointer(&work->writer), &fault))
        set_text(report, FZ_EXTRACT_FAULT, fault->message);
}

static bool lock(const extraction *work, const fz_helper *helper, GError **error)
{
    const int keep[] = {helper->channel, fz_capture_writer_descriptor(work->writer), work->order->rows};
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = keep,
        .keep_count = G_N_ELEMENTS(keep),
        .memory_bytes = fz_confine_half_memory(),
    };
    g_autofree char *line = NULL;

    if (!fz_confine_lock(work->order->confine, &jail, NULL, &line, error)) {
        work->report->end = FZ_EXTRACT_LOCK;
        return false;
    }
    g_strlcpy(work->report->note, line ? line : "", sizeof work->report->note);
    return true;
}

static bool prepare(extraction *work, const fz_helper *helper, int frames, GError **error)
{
    if (dup2(work->order->file->fd, STDIN_FILENO) != STDIN_FILENO || lseek(STDIN_FILENO, 0, SEEK_SET) != 0) {
        g_set_error_literal(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_OTHER, g_strerror(errno));
        return false;
    }
    fz_child_close_standard(STDOUT_FILENO);
    fz_child_close_standard(STDERR_FILENO);
    fz_capture_prepare();
    work->writer = fz_capture_writer_new(frames, work->order->begun, work->order->interfaces, error);
    if (!work->writer || !lock(work, helper, error))
        return false;
    work->rows = fz_wanted_read_rows(work->order->rows, work->capture, error);
    if (work->rows)
        work->finder = fz_finder_new(work->capture, work->rows);
    return work->rows != NULL;
}

/* Runs the child until it exits. What was not closed is not written. */
static void G_GNUC_NORETURN live(const fz_extract_order *order, const fz_helper *helper, int frames)
{
    g_autoptr(GError) fault = NULL;
    g_autofree fz_extract_report *report = g_new0(fz_extract_report, 1);
    extraction work = {.order = order, .capture = order->capture, .report = report};

    report->end = FZ_EXTRACT_DONE;
    if (prepare(&work, helper, frames, &fault))
        extract(&work);
    else
        set_text(report, report->end == FZ_EXTRACT_LOCK ? FZ_EXTRACT_LOCK : FZ_EXTRACT_FAULT, fault->message);
    _exit(fz_helper_answer(helper, report, sizeof *report) ? 0 : 1);
}

static bool fail_start(int fault, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault),
                "cannot start a process that reads captures: %s", g_strerror(fault));
    return false;
}

bool fz_extract_start(fz_extract *extract, const fz_extract_order *order, GError **error)
{
    int frames[2];

    *extract = (fz_extract){.helper.channel = -1, .frames = -1};
    if (pipe2(frames, O_CLOEXEC) != 0)
        return fail_start(errno, error);
    if (!fz_helper_start(&extract->helper, true)) {
        const int fault = errno;
        close(frames[0]);
        close(frames[1]);
        return fail_start(fault, error);
    }
    (void)fcntl(frames[1], F_SETPIPE_SZ, PIPE_BYTES); /* fewer switches between processes; smaller pipes work too */
    if (extract->helper.pid == 0) {
        close(frames[0]);
        live(order, &extract->helper, frames[1]);
    }
    close(frames[1]);
    extract->frames = frames[0];
    return true;
}

static void make_harmless(char *text, size_t size)
{
    text[size - 1] = '\0';
    g_autofree char *shown = fz_text_table(text);
    g_strlcpy(text, shown, size);
}

/* Whether the values that are looked at are possible. */
static bool is_possible(const fz_extract_report *report)
{
    if (report->end >= FZ_EXTRACT_DEAD || report->shown > FZ_EXTRACT_DIFFERENCES)
        return false;
    for (uint32_t i = 0; i < report->shown; i++) {
        g_autofree char *fault = fz_record_fault(&report->differences[i].was, 0);

        if (fault)
            return false;
    }
    return true;
}

void fz_extract_take(fz_extract *extract, fz_extract_report *report)
{
    *report = (fz_extract_report){0};
    const bool whole = fz_helper_take_answer(&extract->helper, report, sizeof *report);

    make_harmless(report->text, sizeof report->text);
    make_harmless(report->note, sizeof report->note);
    if (whole && is_possible(report)) {
        fz_helper_kill(&extract->helper); /* it has answered, and must not do anything else */
        return;
    }
    g_autofree char *end = fz_helper_stop(&extract->helper);
    *report = (fz_extract_report){.end = FZ_EXTRACT_DEAD};
    g_snprintf(report->text, sizeof report->text, "the process that reads it %s", end ? end : "ended too early");
}

void fz_extract_kill(fz_extract *extract)
{
    fz_helper_kill(&extract->helper);
}
