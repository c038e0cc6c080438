/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include "compressed.h"
#include "flow.h"

#include "encap.h"

#include "../../plugin/compat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fz_probe {
    fz_confine *confine;
    pid_t pid;   /* of the process that looks at a capture; 0: none */
    int answers; /* the pipe that it answers through; -1: none */
};

static void describe_fault(fz_probe_answer *answer, int code, char *details)
{
    if (code == WTAP_ERR_SHORT_READ)
        g_strlcpy(answer->text, "cut off before its first packet ends", sizeof answer->text);
    else
        g_snprintf(answer->text, sizeof answer->text, "%s%s%s", wtap_strerror(code), details ? ": " : "",
                   details ? details : "");
    g_free(details);
}

static void judge_encap(fz_probe_answer *answer, const fz_encaps *encaps, int encap)
{
    const fz_encap *row = encap == WTAP_ENCAP_PER_PACKET ? NULL : fz_encaps_find(encaps, encap);

    if (!row || row->class != FZ_ENCAP_FULL_ONLY)
        return;
    if (row->linktype >= 0)
        g_snprintf(answer->unwalked, sizeof answer->unwalked, "%d (%s)", row->linktype, row->name);
    else
        g_strlcpy(answer->unwalked, row->name, sizeof answer->unwalked);
}

/* Of the capture, of its first frame, and of the interfaces that are described before that. */
static void find_unwalked(wtap *wth, const wtap_rec *first, fz_probe_answer *answer)
{
    fz_encaps encaps;
    wtapng_iface_descriptions_t *interfaces = wtap_file_get_idb_info(wth);

    fz_encaps_fill(&encaps, wtap_encap_name, wtap_get_num_encap_types());
    judge_encap(answer, &encaps, wtap_file_encap(wth));
    judge_encap(answer, &encaps, first->rec_header.packet_header.pkt_encap);
    for (guint i = 0; i < interfaces->interface_data->len; i++) {
        const wtapng_if_descr_mandatory_t *about =
            wtap_block_get_mandatory_data(g_array_index(interfaces->interface_data, wtap_block_t, i));
        judge_encap(answer, &encaps, about->wtap_encap);
    }
    g_free(interfaces);
}

/* Reads on to the first frame: what stands before it is none, as in every engine. */
static void read_first(wtap *wth, fz_probe_answer *answer)
{
    char *details = NULL;
    int code = 0;
    fz_wiretap_record record;

    fz_wiretap_record_init(&record);
    answer->end = FZ_PROBE_EMPTY;
    while (answer->end == FZ_PROBE_EMPTY && fz_wiretap_read(wth, &record, &code, &details)) {
        if (record.rec.rec_type == REC_TYPE_PACKET) {
            answer->end = FZ_PROBE_FOUND;
            answer->first_us = fz_time_us(record.rec.ts.secs, record.rec.ts.nsecs);
            answer->first_bytes = record.rec.rec_header.packet_header.len;
            find_unwalked(wth, &record.rec, answer);
        }
        wtap_rec_reset(&record.rec);
    }
    if (code != 0) {
        answer->end = FZ_PROBE_FAULT;
        describe_fault(answer, code, details);
    }
    if (answer->end == FZ_PROBE_FOUND && answer->first_us == FZ_TIME_NONE) {
        answer->end = FZ_PROBE_FAULT;
        g_strlcpy(answer->text, "its first frame has a time that cannot be kept, 292,000 years away",
                  sizeof answer->text);
    }
    fz_wiretap_record_clear(&record);
}

/* The capture is standard input, which wiretap opens without a path. */
static void look(fz_probe_answer *answer)
{
    char *details = NULL;
    int code = 0;
    const bool cut = fz_compressed_is_cut(STDIN_FILENO, 0);
    wtap *wth = wtap_open_offline("-", WTAP_TYPE_AUTO, &code, &details, FALSE);

    if (wth) {
        read_first(wth, answer);
        wtap_close(wth);
        if (cut && answer->end == FZ_PROBE_EMPTY) {
            answer->end = FZ_PROBE_FAULT;
            describe_fault(answer, WTAP_ERR_SHORT_READ, NULL);
        }
    } else {
        const bool short_read = cut && code == WTAP_ERR_DECOMPRESSION_NOT_SUPPORTED; /* newer wiretaps' word for it */
        answer->end = FZ_PROBE_FAULT;
        describe_fault(answer, short_read ? WTAP_ERR_SHORT_READ : code, details);
    }
}

/* So it is written whole, or not at all. */
G_STATIC_ASSERT(sizeof(fz_probe_answer) <= PIPE_BUF);

static void G_GNUC_NORETURN say(int answers, const fz_probe_answer *answer)
{
    _exit(write(answers, answer, sizeof *answer) == (ssize_t)sizeof *answer ? 0 : 1);
}

/* The child's whole life: one capture, so that whoever comes to own it has nothing to say of any other. */
static void G_GNUC_NORETURN live(const fz_probe *probe, int capture, int answers)
{
    g_autoptr(GError) fault = NULL;
    g_autofree char *line = NULL;
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = &answers,
        .keep_count = 1,
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };
    g_autofree fz_probe_answer *answer = g_new0(fz_probe_answer, 1);

    if (dup2(capture, STDIN_FILENO) != STDIN_FILENO || lseek(STDIN_FILENO, 0, SEEK_SET) != 0)
        _exit(1);
    fz_confine_close_standard(STDOUT_FILENO);
    fz_confine_close_standard(STDERR_FILENO);
    ws_log_set_level(LOG_LEVEL_ERROR);
    wtap_init(FALSE);
    if (fz_confine_lock(probe->confine, &jail, NULL, &line, &fault)) {
        look(answer);
    } else {
        answer->end = FZ_PROBE_LOCK;
        g_strlcpy(answer->text, fault->message, sizeof answer->text);
    }
    say(answers, answer);
}

fz_probe *fz_probe_new(fz_confine *confine)
{
    fz_probe *probe = g_new(fz_probe, 1);

    *probe = (fz_probe){.confine = confine, .answers = -1};
    return probe;
}

bool fz_probe_ask(fz_probe *probe, int fd, GError **error)
{
    int ends[2];
    bool piped = pipe2(ends, O_CLOEXEC) == 0;

    if (!piped || (probe->pid = fz_confine_fork()) < 0) {
        int fault = errno;
        if (piped) {
            close(ends[0]);
            close(ends[1]);
        }
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "no process to look at captures: %s",
                    g_strerror(fault));
        probe->pid = 0;
        return false;
    }
    if (probe->pid == 0)
        live(probe, fd, ends[1]);
    close(ends[1]);
    probe->answers = ends[0];
    return true;
}

int fz_probe_descriptor(const fz_probe *probe)
{
    return probe->answers;
}

static void hang_up(fz_probe *probe)
{
    close(probe->answers);
    probe->answers = -1;
    probe->pid = 0;
}

void fz_probe_answer_take(fz_probe *probe, fz_probe_answer *answer)
{
    ssize_t got;

    while ((got = read(probe->answers, answer, sizeof *answer)) < 0 && errno == EINTR)
        continue;
    answer->text[sizeof answer->text - 1] = answer->unwalked[sizeof answer->unwalked - 1] = '\0';
    if (got == (ssize_t)sizeof *answer && answer->end <= FZ_PROBE_LOCK && answer->end != FZ_PROBE_DEAD) {
        fz_probe_kill(probe); /* it has nothing more to do, whatever it may want to */
        return;
    }
    g_autofree char *end = fz_confine_reap(probe->pid, NULL);
    hang_up(probe);
    *answer = (fz_probe_answer){.end = FZ_PROBE_DEAD};
    g_snprintf(answer->text, sizeof answer->text, "the process that looks at its first packet %s",
               end ? end : "hung up");
}

void fz_probe_kill(fz_probe *probe)
{
    if (probe->pid == 0)
        return;
    kill(probe->pid, SIGKILL);
    while (waitpid(probe->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    hang_up(probe);
}

void fz_probe_free(fz_probe *probe)
{
    if (!probe)
        return;
    fz_probe_kill(probe);
    g_free(probe);
}
