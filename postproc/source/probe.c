/* A process that reads a capture up to its first frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include "capture.h"
#include "child.h"
#include "flow.h"
#include "helper.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct fz_probe {
    fz_confine *confine;
    fz_helper helper; /* the process that looks at a capture */
};

static void describe_unwalked(fz_probe_answer *answer, const fz_encap *encap)
{
    if (!encap)
        return;
    if (encap->linktype >= 0)
        g_snprintf(answer->unwalked, sizeof answer->unwalked, "%d (%s)", encap->linktype, encap->name);
    else
        g_strlcpy(answer->unwalked, encap->name, sizeof answer->unwalked);
}

static void describe_first(fz_probe_answer *answer, const fz_capture *capture, const fz_capture_frame *first)
{
    answer->end = FZ_PROBE_FOUND;
    answer->first_us = first->time_us;
    answer->first_bytes = first->wire_bytes;
    describe_unwalked(answer, fz_capture_find_unwalked(capture));
    if (answer->first_us == FZ_TIME_NONE) {
        answer->end = FZ_PROBE_FAULT;
        g_strlcpy(answer->text, "its first frame has a time that cannot be kept, 292,000 years away",
                  sizeof answer->text);
    }
}

static void describe_fault(fz_probe_answer *answer, const GError *fault)
{
    answer->end = FZ_PROBE_FAULT;
    g_strlcpy(answer->text,
              fault->code == FZ_CAPTURE_ERROR_CUT ? "cut off before its first packet ends" : fault->message,
              sizeof answer->text);
}

/* The capture is standard input. */
static void look(fz_probe_answer *answer)
{
    g_autoptr(GError) fault = NULL;
    fz_capture *capture = fz_capture_open(NULL, &fault);
    fz_capture_frame first;

    answer->end = FZ_PROBE_EMPTY;
    if (capture && fz_capture_next(capture, &first, &fault))
        describe_first(answer, capture, &first);
    if (fault)
        describe_fault(answer, fault);
    fz_capture_free(capture);
}

/* Writes of at most PIPE_BUF bytes are atomic. */
G_STATIC_ASSERT(sizeof(fz_probe_answer) <= PIPE_BUF);

/* Runs the child until it exits: one capture, so that an attacker who takes it over cannot affect others. */
static void G_GNUC_NORETURN live(const fz_probe *probe, int capture)
{
    g_autoptr(GError) fault = NULL;
    g_autofree char *line = NULL;
    const fz_jail jail = {
        .profile = FZ_JAIL_READER,
        .keep = &probe->helper.channel,
        .keep_count = 1,
        .memory_bytes = FZ_CONFINE_MEMORY_BYTES,
    };
    g_autofree fz_probe_answer *answer = g_new0(fz_probe_answer, 1);

    if (dup2(capture, STDIN_FILENO) != STDIN_FILENO || lseek(STDIN_FILENO, 0, SEEK_SET) != 0)
        _exit(1);
    fz_child_close_standard(STDOUT_FILENO);
    fz_child_close_standard(STDERR_FILENO);
    fz_capture_prepare();
    if (fz_confine_lock(probe->confine, &jail, NULL, &line, &fault)) {
        look(answer);
    } else {
        answer->end = FZ_PROBE_LOCK;
        g_strlcpy(answer->text, fault->message, sizeof answer->text);
    }
    _exit(fz_helper_answer(&probe->helper, answer, sizeof *answer) ? 0 : 1);
}

fz_probe *fz_probe_new(fz_confine *confine)
{
    fz_probe *probe = g_new(fz_probe, 1);

    *probe = (fz_probe){.confine = confine, .helper.channel = -1};
    return probe;
}

bool fz_probe_ask(fz_probe *probe, int fd, GError **error)
{
    if (!fz_helper_start(&probe->helper, false)) {
        int fault = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault),
                    "cannot start a process that looks at captures: %s", g_strerror(fault));
        return false;
    }
    if (probe->helper.pid == 0)
        live(probe, fd);
    return true;
}

int fz_probe_descriptor(const fz_probe *probe)
{
    return probe->helper.channel;
}

void fz_probe_answer_take(fz_probe *probe, fz_probe_answer *answer)
{
    bool whole = fz_helper_take_answer(&probe->helper, answer, sizeof *answer);

    answer->text[sizeof answer->text - 1] = answer->unwalked[sizeof answer->unwalked - 1] = '\0';
    if (whole && answer->end <= FZ_PROBE_LOCK && answer->end != FZ_PROBE_DEAD) {
        fz_helper_kill(&probe->helper); /* it has answered, and must not do anything else */
        return;
    }
    g_autofree char *end = fz_helper_stop(&probe->helper);
    *answer = (fz_probe_answer){.end = FZ_PROBE_DEAD};
    g_snprintf(answer->text, sizeof answer->text, "the process that looks at its first packet %s",
               end ? end : "closed the connection");
}

void fz_probe_kill(fz_probe *probe)
{
    fz_helper_kill(&probe->helper);
}

void fz_probe_free(fz_probe *probe)
{
    if (!probe)
        return;
    fz_probe_kill(probe);
    g_free(probe);
}
