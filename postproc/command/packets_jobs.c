/* Captures in the order in which the store names them: found, read, written and compared.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets_jobs.h"

#include "atomic_file.h"
#include "command.h"
#include "extract.h"
#include "log.h"
#include "output.h"
#include "packets_files.h"
#include "source.h"
#include "text.h"
#include "wanted.h"
#include "write.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16, MILLISECONDS = 1000 };

/* Where the frames go. */
typedef struct target {
    fz_atomic_file *file; /* NULL: what is written is visible at once */
    fz_output output;     /* then */
    int fd;
    struct stat there; /* the file that it will replace; of no file without one */
    bool any;          /* a section has been begun */
    uint32_t interfaces;
    bool broken; /* part of a capture is in it that does not belong there, or it takes no more */
    char *fault; /* then: why; NULL: not known yet */
    bool hung_up;
} target;

/* What became of all captures. */
typedef struct tally {
    uint64_t packets, bytes;
    uint64_t asked, equal; /* conversations */
    uint64_t captures;     /* of which something was written */
} tally;

struct fz_packets_jobs {
    fz_packets_order *order;
    int wanted; /* where captures and their rows come from */
    fz_packets_files *files;
    target into;
    tally sum;
    bool noted; /* how processes are confined has been reported */
};

static void say(const fz_packets_jobs *work, const char *what, const char *message)
{
    fz_say(work->order->confine.who, "%s: %s", what, message);
}

/* The address is enclosed if a port follows. */
static char *print_end(const fz_record *record, int end)
{
    fz_addr addr = {.family = record->family};
    char text[FZ_ADDR_TEXT_SIZE];

    memcpy(addr.bytes, record->addr[end], sizeof addr.bytes);
    fz_addr_print(&addr, text);
    if (record->port[0] == 0 && record->port[1] == 0)
        return g_strdup(text);
    return g_strdup_printf(record->family == FZ_IPV6 ? "[%s]:%u" : "%s:%u", text, record->port[end]);
}

static char *print_counts(const fz_record *record)
{
    const uint64_t all = record->packets[0] + record->packets[1];
    g_autofree char *packets = fz_text_grouped(all);
    g_autofree char *bytes = fz_text_grouped(record->bytes[0] + record->bytes[1]);

    return g_strdup_printf("%s packet%s, %s bytes", packets, fz_text_plural(all), bytes);
}

static void say_difference(const fz_packets_jobs *work, const char *path, const fz_extract_difference *difference)
{
    const fz_record *was = &difference->was, *now = &difference->now;
    g_autofree char *from = print_end(was, FZ_INITIATOR), *to = print_end(was, FZ_RESPONDER);
    g_autofree char *there = print_counts(now), *stored = print_counts(was);
    char begin[FZ_TIME_TEXT_SIZE];
    const bool counts = strcmp(there, stored) != 0;

    fz_say(work->order->confine.who, "%s: %s > %s, protocol %u, %s UTC: %s are there; the row has %s", path, from, to,
           was->protocol, fz_time_print(was->start_us, begin), there,
           counts ? stored : "the same, of other times or directions");
}

static void say_differences(const fz_packets_jobs *work, const fz_wanted_capture *capture, const char *path,
                            const fz_extract_report *report)
{
    for (uint32_t i = 0; i < report->shown; i++)
        say_difference(work, path, &report->differences[i]);
    if (report->different > report->shown)
        fz_say(work->order->confine.who, "%s: and %" G_GUINT64_FORMAT " more", path, report->different - report->shown);
    if (report->different > 0 && capture->engine == FZ_ENGINE_FULL && report->end == FZ_EXTRACT_DONE)
        fz_say(work->order->confine.who,
               "%s: its rows are of the full engine, whose dissectors find IP where the header walk does not", path);
}

/* Why a file is not taken for the capture. */
static char *describe(const fz_wanted_capture *capture, const fz_extract_report *report)
{
    char there[FZ_TIME_TEXT_SIZE], stored[FZ_TIME_TEXT_SIZE];

    switch (report->end) {
    case FZ_EXTRACT_OTHER:
        return g_strdup_printf(
            "is another capture: its first frame is of %s UTC and has %u bytes, that of the ledger is of "
            "%s UTC and has %u; not read",
            fz_time_print(report->first_us, there), report->first_bytes, fz_time_print(capture->first_us, stored),
            capture->first_bytes);
    case FZ_EXTRACT_CHANGED:
        return g_strdup_printf("was changed: its first %" G_GUINT64_FORMAT " frames have %" G_GUINT64_FORMAT
                               " bytes, in the ledger they have %" G_GUINT64_FORMAT,
                               report->frames, report->all_bytes, capture->bytes);
    case FZ_EXTRACT_CUT:
        return g_strdup_printf("is cut: it has %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " frames (%s)",
                               report->frames, capture->frames, report->text);
    default:
        return g_strdup(report->text);
    }
}

/* Waits until a process has sent something; what it may keep us waiting for is taken off its patience. */
static bool wait_for(int fd, int64_t *patience_ms)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    const int64_t begun_us = g_get_monotonic_time();
    int ready;

    while ((ready = poll(&waiting, 1, (int)MIN(*patience_ms, (int64_t)G_MAXINT))) < 0 && errno == EINTR)
        continue;
    *patience_ms -= (g_get_monotonic_time() - begun_us) / MILLISECONDS;
    return ready > 0;
}

/* The most bytes that a process may send: a frame may have options. */
static uint64_t most_bytes(const fz_wanted_capture *capture)
{
    const uint64_t bytes = MIN(capture->bytes, G_MAXUINT64 >> 2), frames = MIN(capture->frames, G_MAXUINT64 >> 20);

    return bytes + (frames + 1) * COPY_BYTES;
}

/* Copies what a process writes. False with an error if it is silent for too long or writes too much, or if the output
 * cannot be written. */
static bool copy_frames(fz_packets_jobs *work, int from, const fz_wanted_capture *capture, const fz_input *file,
                        GError **error)
{
    g_autofree char *bytes = g_malloc(COPY_BYTES);
    int64_t patience_ms = (int64_t)fz_source_silence_s(file->size) * 2 * MILLISECONDS; /* it may read it twice */
    uint64_t left = most_bytes(capture);

    while (patience_ms > 0 && wait_for(from, &patience_ms)) {
        const ssize_t got = read(from, bytes, COPY_BYTES);

        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (uint64_t)got > left)
            break;
        left -= (uint64_t)got;
        if (!fz_write_all(work->into.fd, bytes, (size_t)got, error)) {
            work->into.broken = true;
            work->into.hung_up = g_error_matches(*error, G_FILE_ERROR, G_FILE_ERROR_PIPE);
            return false;
        }
    }
    g_set_error(error, FZ_PACKETS_FILES_ERROR, FZ_PACKETS_FILES_ERROR_FILE,
                "the process that reads it sends nothing for too long, or more than it has: given up");
    return false;
}

/* Takes back what was written of a capture that is not to be in the output. */
static void take_back(target *into, off_t before)
{
    if (before >= 0 && lseek(into->fd, 0, SEEK_CUR) == before)
        return;
    if (!into->file || ftruncate(into->fd, before) != 0 || lseek(into->fd, before, SEEK_SET) != before)
        into->broken = true;
}

static bool is_taken(const fz_extract_report *report)
{
    return report->end == FZ_EXTRACT_DONE || report->end == FZ_EXTRACT_CUT;
}

static void account(fz_packets_jobs *work, const fz_wanted_capture *capture, const char *path,
                    const fz_extract_report *report)
{
    work->into.any = true;
    work->into.interfaces = report->interfaces;
    work->sum.packets += report->packets;
    work->sum.bytes += report->bytes;
    work->sum.equal += MIN(report->equal, capture->asked);
    work->sum.captures += report->packets > 0;
    if (report->end == FZ_EXTRACT_CUT) {
        g_autofree char *how = describe(capture, report);
        say(work, path, how);
    }
    say_differences(work, capture, path, report);
}

/* Whether a file is as it was when the capture was loaded. */
static bool is_same(const fz_wanted_capture *capture, const fz_input *file)
{
    return capture->capture_bytes != 0 && file->opened.size == capture->capture_bytes &&
           file->opened.written_ns == capture->written_ns;
}

/* Has an open file read. `*why`, which the caller frees, says why it is not the capture, or could not be read. */
static bool read_file(fz_packets_jobs *work, const fz_wanted_capture *capture, int rows, const fz_input *file,
                      const char *path, char **why)
{
    target *into = &work->into;
    g_autofree fz_extract_report *report = g_new(fz_extract_report, 1);
    g_autoptr(GError) fault = NULL;
    const off_t before = into->file ? lseek(into->fd, 0, SEEK_CUR) : -1;
    const fz_extract_order order = {
        .capture = capture,
        .rows = rows,
        .file = file,
        .same = is_same(capture, file),
        .begun = into->any,
        .interfaces = into->interfaces,
        .confine = &work->order->confine,
    };
    fz_extract extract;

    if (!fz_extract_start(&extract, &order, &fault)) {
        *why = g_strdup(fault->message);
        return false;
    }
    const bool copied = copy_frames(work, extract.frames, capture, file, &fault);
    close(extract.frames);
    if (copied)
        fz_extract_take(&extract, report);
    else
        fz_extract_kill(&extract);
    if (copied && *report->note && !work->noted)
        fz_say(work->order->confine.who, "%s", report->note);
    work->noted = work->noted || copied;
    if (copied && is_taken(report)) {
        account(work, capture, path, report);
        return true;
    }
    *why = copied ? describe(capture, report) : g_strdup(fault->message);
    take_back(into, before);
    return false;
}

static bool try_file(fz_packets_jobs *work, const fz_wanted_capture *capture, int rows,
                     const fz_packets_file *candidate, const char *path, char **why)
{
    const struct stat *there = &work->into.there;
    g_autoptr(GError) fault = NULL;
    fz_input file;
    struct stat about;

    if (!fz_packets_file_open(candidate, &file, &fault)) {
        *why = g_strdup(strchr(fault->message, ':') ? strrchr(fault->message, ':') + 2 : fault->message);
        return false;
    }
    bool done = false;
    if (there->st_ino != 0 && fstat(file.fd, &about) == 0 && about.st_dev == there->st_dev &&
        about.st_ino == there->st_ino)
        *why = g_strdup("is the file to be written: choose another name for -w");
    else
        done = read_file(work, capture, rows, &file, path, why);
    fz_input_close(&file);
    return done;
}

/* How many conversations of a capture are not written, as the end of a sentence. */
static void say_missing(const fz_packets_jobs *work, const fz_wanted_capture *capture, const char *path,
                        const char *why)
{
    g_autofree char *count = fz_text_grouped(capture->asked);

    fz_say(work->order->confine.who, "%s: %s: %s conversation%s %s not written", path, why, count,
           fz_text_plural(capture->asked), capture->asked == 1 ? "is" : "are");
}

static void find_capture(fz_packets_jobs *work, const fz_wanted_capture *capture, int rows)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GPtrArray) found = fz_packets_files_find(work->files, capture, &fault);
    g_autofree char *name = fz_text_word(capture->source), *first = NULL, *first_why = NULL;

    for (guint i = 0; found && i < found->len && !work->into.broken; i++) {
        const fz_packets_file *candidate = found->pdata[i];
        g_autofree char *path = fz_text_word(candidate->path), *why = NULL;

        if (try_file(work, capture, rows, candidate, path, &why))
            return;
        if (!first) {
            first = g_steal_pointer(&path);
            first_why = g_steal_pointer(&why);
        }
    }
    if (work->into.broken) {
        work->into.fault = g_strdup_printf("%s: %s", first, first_why);
        return;
    }
    if (first) {
        say_missing(work, capture, first, first_why);
        return;
    }
    g_autofree char *folder = fz_packets_files_folder(work->files, capture);
    g_autofree char *nowhere = g_strdup_printf("not in %s", folder);
    say_missing(work, capture, name, fault ? fault->message : nowhere);
}

/* One capture of the pipe. False with an error if the pipe has no more. */
static bool do_capture(fz_packets_jobs *work, const fz_wanted_capture *capture, GError **error)
{
    static const char *const refusals[FZ_WANTED_REFUSALS] = {
        [FZ_WANTED_NO_CAPTURE] = "its rows are not of a capture",
        [FZ_WANTED_LAYERS] = "it was counted with layers=all, where a frame is in several conversations",
        [FZ_WANTED_FILTERED] = "it was counted with a display filter, which only tshark can apply: use --print",
    };
    g_autofree char *name = fz_text_word(capture->source);

    work->sum.asked += capture->asked;
    if (capture->refusal != FZ_WANTED_FINE) {
        say_missing(work, capture, name, refusals[capture->refusal]);
        return true;
    }
    const int rows = memfd_create("rows", MFD_CLOEXEC);
    if (rows < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "cannot keep rows: %s",
                    g_strerror(errno));
        return false;
    }
    const bool done = fz_wanted_move_rows(work->wanted, capture, rows, error);
    if (done)
        find_capture(work, capture, rows);
    close(rows);
    return done;
}

static bool do_captures(fz_packets_jobs *work, GError **error)
{
    g_autofree fz_wanted_capture *capture = g_new(fz_wanted_capture, 1);
    bool more = true;

    while (more && !work->into.broken) {
        if (!fz_wanted_take(work->wanted, capture, &more, error))
            return false;
        if (more && !do_capture(work, capture, error))
            return false;
    }
    return true;
}

static bool open_target(fz_packets_jobs *work, GError **error)
{
    const char *out = work->order->out;
    target *into = &work->into;

    into->output.fd = -1;
    if (strcmp(out, "-") == 0 || !fz_atomic_file_fits(out)) {
        if (!fz_output_open(&into->output, out, 0, error))
            return false;
        into->fd = into->output.fd;
        if (!isatty(into->fd))
            return true;
        g_set_error_literal(error, FZ_PACKETS_FILES_ERROR, FZ_PACKETS_FILES_ERROR_FILE,
                            "-w: a capture is binary and this is a terminal; write to a file or a pipe");
        return false;
    }
    if (stat(out, &into->there) != 0)
        into->there = (struct stat){0};
    into->file = fz_atomic_file_new(out, error);
    if (into->file)
        into->fd = fz_atomic_file_fd(into->file);
    return into->file != NULL;
}

/* "out.pcapng: 412 packets, 398,120 bytes of 3 conversations in 2 captures, equal to the rows" */
static void say_sum(const fz_packets_jobs *work)
{
    const tally *sum = &work->sum;
    g_autofree char *packets = fz_text_grouped(sum->packets), *bytes = fz_text_grouped(sum->bytes);
    g_autofree char *asked = fz_text_grouped(sum->asked), *equal = fz_text_grouped(sum->equal);
    g_autofree char *captures = fz_text_grouped(sum->captures);
    g_autofree char *verdict =
        sum->equal == sum->asked
            ? g_strdup_printf("%s conversation%s, equal to the rows", asked, fz_text_plural(sum->asked))
            : g_strdup_printf("%s of %s conversations are equal to their rows", equal, asked);
    g_autofree char *where =
        strcmp(work->order->out, "-") == 0 ? g_strdup("standard output") : fz_text_word(work->order->out);

    fz_say(work->order->confine.who, "%s: %s packet%s, %s bytes of %s capture%s; %s", where, packets,
           fz_text_plural(sum->packets), bytes, captures, fz_text_plural(sum->captures), verdict);
}

/* An output that is a file is only made if something is written. */
static int end(fz_packets_jobs *work, bool done, GError **error)
{
    const tally *sum = &work->sum;
    target *into = &work->into;

    if (into->hung_up)
        return FZ_EXIT_OK;
    if (done && sum->asked == 0)
        g_set_error_literal(error, FZ_PACKETS_FILES_ERROR, FZ_PACKETS_FILES_ERROR_FILE,
                            "no conversation fits the filter: nothing is written");
    if (done && into->broken)
        g_set_error(error, FZ_PACKETS_FILES_ERROR, FZ_PACKETS_FILES_ERROR_FILE, "%s: the output is not finished",
                    into->fault);
    if (!done || into->broken || sum->packets == 0)
        return FZ_EXIT_FAILED;
    if (into->file ? !fz_atomic_file_commit(into->file, error) : !fz_output_close(&into->output, error))
        return FZ_EXIT_FAILED;
    say_sum(work);
    return sum->equal == sum->asked ? FZ_EXIT_OK : FZ_EXIT_SOME;
}

fz_packets_jobs *fz_packets_jobs_new(fz_packets_order *order, GError **error)
{
    fz_packets_jobs *work = g_new0(fz_packets_jobs, 1);

    work->order = order;
    if (open_target(work, error)) {
        work->files = fz_packets_files_new(order->ring);
        return work;
    }
    fz_packets_jobs_free(work);
    return NULL;
}

void fz_packets_jobs_free(fz_packets_jobs *work)
{
    if (!work)
        return;
    fz_packets_files_free(work->files);
    fz_atomic_file_free(work->into.file);
    fz_output_clear(&work->into.output);
    g_free(work->into.fault);
    g_free(work);
}

int fz_packets_jobs_run(fz_packets_jobs *work, int wanted, GError **error)
{
    work->wanted = wanted;
    const int status = end(work, do_captures(work, error), error);
    if (work->into.hung_up)
        fz_command_die_of_pipe();
    return status;
}
