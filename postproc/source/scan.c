/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scan.h"

#include "compressed.h"
#include "counter.h"
#include "encap.h"
#include "log.h"
#include "rows.h"
#include "unwalked.h"

#include "../../plugin/compat.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A second thread's start costs as much as it saves with some three megabytes of a capture. */
enum { LARGE_BYTES = 16 << 20 };

G_DEFINE_QUARK(fz - scan - error - quark, fz_scan_error)

/* Wiretap's words for an error, and the details it may have added, which are taken over. */
static char *describe_fault(int code, char *details)
{
    char *text = code == WTAP_ERR_SHORT_READ
                     ? g_strdup("cut short in the middle of a packet")
                     : g_strdup_printf("%s%s%s", wtap_strerror(code), details ? ": " : "", details ? details : "");
    g_free(details);
    return text;
}

/* What frames are walked with; the reading thread's. */
typedef struct walking {
    fz_encaps encaps;
    fz_unwalked *unwalked; /* borrowed */
} walking;

/* What to count of a record; returns where the next one goes. */
static fz_counted *count(fz_counter *counter, fz_counted *frame, const walking *by, const wtap_rec *rec,
                         const uint8_t *bytes)
{
    static const fz_frame_class classes[] = {[FZ_FRAME_IP] = FZ_COUNTED,
                                             [FZ_FRAME_NOT_IP] = FZ_NOT_IP,
                                             [FZ_FRAME_UNPARSABLE] = FZ_UNPARSABLE,
                                             [FZ_FRAME_UNWALKED] = FZ_NOT_IP};
    const wtap_packet_header *header = &rec->rec_header.packet_header;
    const fz_encap *encap = fz_encaps_find(&by->encaps, header->pkt_encap);

    frame->time_us = fz_time_us(rec->ts.secs, rec->ts.nsecs);
    frame->bytes = header->len;
    frame->class_ = classes[fz_unwalked_frame(by->unwalked, encap, bytes, header->caplen, header->len, &frame->packet)];
    return fz_counter_add(counter);
}

/* Nothing is opened by path after this. */
static void get_ready(void)
{
    ws_log_set_level(LOG_LEVEL_ERROR); /* what matters comes back as an error, with the capture's name */
    wtap_init(FALSE);                  /* without wiretap's plugins */
}

/* A format without a magic number, for which wiretap takes ERF's records at times, where it does not see the name. */
static bool is_guess(wtap *wth)
{
    static const char *const guesses[] = {"lanalyzer", "pklg", "mpeg", "dsna", "stanag4607", "ber", "netscreen"};
    const char *format = wtap_file_type_subtype_name(wtap_file_type_subtype(wth));

    for (size_t i = 0; format && i < G_N_ELEMENTS(guesses); i++)
        if (strcmp(format, guesses[i]) == 0)
            return true;
    return false;
}

/* As tshark reads a file of that name. */
static wtap *read_as_erf(wtap *wth, off_t begin)
{
    char *details = NULL;
    int code = 0;

    wtap_close(wth);
    if (lseek(STDIN_FILENO, begin, SEEK_SET) < 0)
        return NULL;
    wth = wtap_open_offline("-", open_info_name_to_type("Endace ERF capture"), &code, &details, FALSE);
    g_free(details);
    return wth;
}

/* The capture is standard input. Where its compressed data is cut, newer wiretaps take what is missing for an odd kind
 * of it. */
static wtap *open_capture(const fz_input *capture, bool cut, GError **error)
{
    char *details = NULL;
    int code = 0;
    const off_t begin = capture->seekable ? lseek(STDIN_FILENO, 0, SEEK_CUR) : -1;
    g_autofree char *lower = g_ascii_strdown(capture->name, -1);
    wtap *wth = wtap_open_offline("-", WTAP_TYPE_AUTO, &code, &details, FALSE);

    if (wth && begin >= 0 && g_str_has_suffix(lower, ".erf") && is_guess(wth) && !(wth = read_as_erf(wth, begin)) &&
        lseek(STDIN_FILENO, begin, SEEK_SET) >= 0)
        wth = wtap_open_offline("-", WTAP_TYPE_AUTO, &code, &details, FALSE);
    if (!wth) {
        const bool short_read = cut && code == WTAP_ERR_DECOMPRESSION_NOT_SUPPORTED;
        g_autofree char *fault = describe_fault(short_read ? WTAP_ERR_SHORT_READ : code, details);
        g_set_error(error, FZ_SCAN_ERROR, FZ_SCAN_ERROR_OPEN, "%s: %s", capture->name, fault);
    }
    return wth;
}

/* Behind the last record: whether the capture, which is standard input, is still what was opened. */
static void check_capture(const fz_input *capture, fz_collector *collector)
{
    if (capture->seekable && fz_file_has_changed(STDIN_FILENO, &capture->opened))
        fz_collector_changed(collector);
}

/* Reads the capture into the collector, by way of its counter, then flushes it. `*note`, which the caller frees, says
 * what happened where the capture ended in the middle of a packet or was damaged; what came before is counted. What
 * there is no walk for goes into `unwalked`. */
static bool scan_capture(const fz_input *capture, fz_collector *collector, fz_counter *counter, fz_unwalked *unwalked,
                         char **note, GError **error)
{
    char *details = NULL;
    int code = 0;
    walking by = {.unwalked = unwalked};
    fz_wiretap_record record;

    *note = NULL;
    const bool cut = fz_compressed_is_cut(STDIN_FILENO, lseek(STDIN_FILENO, 0, SEEK_CUR));
    wtap *wth = open_capture(capture, cut, error);
    if (!wth)
        return false;
    fz_counted *frame = fz_counter_first(counter);
    fz_encaps_fill(&by.encaps, wtap_encap_name, wtap_get_num_encap_types());
    fz_wiretap_record_init(&record);
    while (fz_wiretap_read(wth, &record, &code, &details)) {
        if (record.rec.rec_type == REC_TYPE_PACKET) /* system calls, journal entries and the like are no frames */
            frame = count(counter, frame, &by, &record.rec, fz_wiretap_record_bytes(&record));
        wtap_rec_reset(&record.rec);
    }
    if (code != 0)
        *note = describe_fault(code, details);
    else if (cut)
        *note = g_strdup("cut short in the middle of its compressed data");
    fz_wiretap_record_clear(&record);
    wtap_close(wth);
    fz_counter_finish(counter); /* from here on, the collector is ours */
    check_capture(capture, collector);
    return fz_collector_flush(collector, error);
}

/* A capture in a process of its own. */
typedef struct scanning {
    const fz_input *capture;
    const fz_confine *confine;
    fz_options options; /* borrowed */
    int records;        /* our end of the pipe */
    bool framed;        /* it is a record pipe, through which all our words go too */
    bool two_threads;   /* one that reads, one that counts */
} scanning;

static void warn(const char *message, void *user)
{
    const scanning *of = user;

    if (!(of->confine->told & 1u << FZ_JAIL_READER)) /* once, however many captures there are */
        fz_say(of->confine->who, "%s", message);
}

/* Tells what lies in the capture and was not walked: through the pipe before its end, where our words go there. */
static bool tell_unwalked(const scanning *of, const fz_unwalked *unwalked, GError **error)
{
    g_auto(GStrv) lines = fz_unwalked_lines(unwalked);
    fz_pipe_sender *sender = of->framed ? fz_pipe_sender_new(of->records) : NULL;
    bool sent = true;

    for (char **line = lines; *line && sent; line++) {
        if (sender)
            sent = fz_pipe_send_note(sender, *line, error);
        else
            fz_say(of->confine->who, "%s: %s", of->capture->name, *line);
    }
    fz_pipe_sender_free(sender);
    return sent;
}

static void tell(const scanning *of, const fz_collector *collector, const char *note)
{
    g_autofree char *totals = fz_totals_print(fz_collector_totals(collector));
    bool changed = fz_collector_totals(collector)->changed;

    if (changed)
        fz_say(of->confine->who, "%s: written while it was read: scan it again", of->capture->name);
    if (note)
        fz_say(of->confine->who, "%s: %s: what came before was counted", of->capture->name, note);
    if (note || changed || fz_collector_totals_hidden(collector))
        fz_say(of->confine->who, "%s: %s", of->capture->name, totals);
}

/* Puts the capture where wiretap finds it without a path. */
static bool take_capture(const scanning *of, GError **error)
{
    if (of->capture->fd == STDIN_FILENO || dup2(of->capture->fd, STDIN_FILENO) == STDIN_FILENO)
        return true;
    int code = errno;
    g_set_error(error, FZ_SCAN_ERROR, FZ_SCAN_ERROR_OPEN, "%s: %s", of->capture->name, g_strerror(code));
    return false;
}

/* Everything is open, and nothing of the capture was read. */
static bool lock(const scanning *of, const fz_collector *collector, fz_counter *counter, GError **error)
{
    g_autofree char *line = NULL;
    const int keep[] = {of->records, fz_collector_fd(collector)};
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = keep,
        .keep_count = G_N_ELEMENTS(keep),
        .memory_bytes = fz_confine_half_memory(),
        .make_threads = of->two_threads ? fz_counter_start : NULL,
        .user = counter,
    };

    if (of->framed) {
        fz_confine_close_standard(STDOUT_FILENO);
        fz_confine_close_standard(STDERR_FILENO);
    }
    if (!fz_confine_lock(of->confine, &jail, NULL, &line, error))
        return false;
    if (!line)
        return true;
    if (!of->framed) {
        fz_say(of->confine->who, "%s", line);
        return true;
    }
    fz_pipe_sender *sender = fz_pipe_sender_new(of->records);
    bool sent = fz_pipe_send_note(sender, line, error);
    fz_pipe_sender_free(sender);
    return sent;
}

static bool scan(scanning *of, GError **error)
{
    g_autofree char *program = g_strdup_printf("flowzone %s, libwiretap", FZ_VERSION);
    g_autofree char *note = NULL;

    fz_collector *collector = fz_collector_new(&of->options, FZ_ENGINE_SCAN, program, warn, of, error);
    fz_counter *counter = fz_counter_new(collector);
    fz_unwalked *unwalked = fz_unwalked_new();
    get_ready();
    bool done = collector && take_capture(of, error) && lock(of, collector, counter, error) &&
                scan_capture(of->capture, collector, counter, unwalked, &note, error) &&
                tell_unwalked(of, unwalked, error) && fz_collector_finish(collector, note != NULL, error);
    if (done && !of->framed)
        tell(of, collector, note);
    if (!done && g_error_matches(*error, FZ_COLLECTOR_ERROR, FZ_COLLECTOR_ERROR_TIME))
        g_prefix_error(error, "%s: ", of->capture->name);
    fz_unwalked_free(unwalked);
    fz_counter_free(counter);
    fz_collector_free(collector);
    return done;
}

/* The child's whole life. */
static void G_GNUC_NORETURN live(scanning *of)
{
    g_autoptr(GError) error = NULL;

    if (!of->framed)
        (void)signal(SIGPIPE, SIG_DFL); /* whoever hangs up on us says why */
    bool done = scan(of, &error);
    if (!done && of->framed)
        fz_pipe_send_fault(fz_pipe_sender_new(of->records), error->message);
    else if (!done)
        fz_say(of->confine->who, "%s", error->message);
    (void)fflush(NULL);
    _exit(done ? 0 : 1);
}

/* Those that this process may run on: GLib counts all that there are. */
static unsigned processors(void)
{
    cpu_set_t mine;

    return sched_getaffinity(0, sizeof mine, &mine) == 0 ? (unsigned)CPU_COUNT(&mine) : g_get_num_processors();
}

/* The writer of a pipe has the other processor; and what comes through it slowly is to be counted when it comes. */
static bool wants_two_threads(const fz_input *capture, unsigned at_once)
{
    return capture->seekable && capture->size >= LARGE_BYTES && processors() / at_once >= 2;
}

static bool start(fz_source *source, const fz_input *capture, const fz_options *options, fz_confine *confine,
                  unsigned at_once, bool framed, GError **error)
{
    g_autofree char *name = fz_source_name(capture, options->source);
    scanning of = {.capture = capture,
                   .confine = confine,
                   .options = *options,
                   .framed = framed,
                   .two_threads = wants_two_threads(capture, at_once)};

    (void)fflush(NULL);
    if (!fz_source_fork(source, capture, false, error))
        return false;
    if (source->pid == 0) {
        of.records = source->records;
        if (framed)
            of.options.format = &fz_pipe_format;
        if (framed || !options->out)
            of.options.out = g_strdup_printf("fd:%d", source->records);
        of.options.source = *name ? name : NULL;
        live(&of);
    }
    confine->told |= 1u << FZ_JAIL_READER;
    if (capture->seekable)
        source->limits = (fz_pipe_limits){.records = fz_source_records_max(capture->size),
                                          .silence_s = fz_source_silence_s(capture->size)};
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
