/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include "compressed.h"
#include "flow.h"

#include "encap.h"

#include "../plugin/compat.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fz_probe {
    fz_confine *confine;
    pid_t pid; /* 0: not started */
    int socket;
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
        answer->end = FZ_PROBE_FAULT;
        describe_fault(answer, code, details);
    }
}

/* Standard input is closed, so that the descriptor that comes takes its place. */
static bool take_capture(int socket)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int fd = -1;
    ssize_t got;

    close(STDIN_FILENO);
    while ((got = recvmsg(socket, &message, 0)) < 0 && errno == EINTR)
        continue;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (got == 1 && head && head->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd == STDIN_FILENO && lseek(fd, 0, SEEK_SET) == 0;
}

/* The child's whole life. */
static void G_GNUC_NORETURN live(const fz_probe *probe)
{
    g_autoptr(GError) fault = NULL;
    g_autofree char *line = NULL;
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = &probe->socket,
        .keep_count = 1,
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };
    g_autofree fz_probe_answer *answer = g_new0(fz_probe_answer, 1);

    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        fz_confine_close_standard(fd);
    ws_log_set_level(LOG_LEVEL_ERROR);
    wtap_init(FALSE);
    if (!fz_confine_lock(probe->confine, &jail, NULL, &line, &fault)) {
        answer->end = FZ_PROBE_LOCK;
        g_strlcpy(answer->text, fault->message, sizeof answer->text);
        (void)!write(probe->socket, answer, sizeof *answer);
        _exit(1);
    }
    while (take_capture(probe->socket)) {
        memset(answer, 0, sizeof *answer);
        look(answer);
        if (write(probe->socket, answer, sizeof *answer) != (ssize_t)sizeof *answer)
            break;
    }
    _exit(0);
}

fz_probe *fz_probe_new(fz_confine *confine)
{
    fz_probe *probe = g_new(fz_probe, 1);

    *probe = (fz_probe){.confine = confine, .socket = -1};
    return probe;
}

static bool start(fz_probe *probe, GError **error)
{
    int ends[2];
    bool paired = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;

    if (!paired || (probe->pid = fz_confine_fork()) < 0) {
        int fault = errno;
        if (paired) {
            close(ends[0]);
            close(ends[1]);
        }
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "no process to look at captures: %s",
                    g_strerror(fault));
        probe->pid = 0;
        return false;
    }
    if (probe->pid == 0) {
        close(ends[0]);
        probe->socket = ends[1];
        live(probe);
    }
    close(ends[1]);
    probe->socket = ends[0];
    return true;
}

bool fz_probe_ask(fz_probe *probe, int fd, GError **error)
{
    char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    if (probe->pid == 0 && !start(probe, error))
        return false;
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    (void)!sendmsg(probe->socket, &message, MSG_NOSIGNAL); /* where it fails, no answer comes either */
    return true;
}

int fz_probe_descriptor(const fz_probe *probe)
{
    return probe->socket;
}

/* Ends the process; how it ended where that was not as it should. The caller frees. */
static char *stop(fz_probe *probe)
{
    close(probe->socket);
    probe->socket = -1;
    char *end = fz_confine_reap(probe->pid, NULL);
    probe->pid = 0;
    return end;
}

void fz_probe_answer_take(fz_probe *probe, fz_probe_answer *answer)
{
    ssize_t got;

    while ((got = recv(probe->socket, answer, sizeof *answer, 0)) < 0 && errno == EINTR)
        continue;
    answer->text[sizeof answer->text - 1] = answer->unwalked[sizeof answer->unwalked - 1] = '\0';
    if (got == (ssize_t)sizeof *answer && answer->end <= FZ_PROBE_FAULT)
        return;
    g_autofree char *end = stop(probe);
    if (got == (ssize_t)sizeof *answer && answer->end == FZ_PROBE_LOCK)
        return;
    *answer = (fz_probe_answer){.end = FZ_PROBE_DEAD};
    g_snprintf(answer->text, sizeof answer->text, "the process that looks at its first packet %s",
               end ? end : "hung up");
}

void fz_probe_kill(fz_probe *probe)
{
    if (probe->pid == 0)
        return;
    kill(probe->pid, SIGKILL);
    g_free(stop(probe));
}

void fz_probe_free(fz_probe *probe)
{
    if (!probe)
        return;
    if (probe->pid != 0)
        g_free(stop(probe));
    g_free(probe);
}
