/* How each capture begins: a probe finds its first packet.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "text.h"

#include <unistd.h>

enum {
    PROBE_PATIENCE_S = 10, /* for the first packet of one capture */
    PROBED_AHEAD = 2 * FZ_WRITER_QUESTIONS,
};

#define NANOSECONDS INT64_C(1000000000)

/* What lay in the ring when the run began may have been loaded by an earlier one. A name, a size and a time of less
 * than a microsecond tell files apart, but not where the time is of whole seconds. */
static bool may_be_known(const fz_batch *of, const fz_batch_item *file)
{
    return !of->listed_once && !of->settings->replace && file->taken.size > 0 &&
           file->taken.written_ns % NANOSECONDS != 0 && fz_file_state_is_settled(&file->taken);
}

void fz_batch_begin(fz_batch *of, fz_batch_item *file)
{
    g_queue_push_tail(may_be_known(of, file) ? &of->to_know : &of->to_probe, file);
}

/* First all that need not be probed is found, which does not take long. */
static bool may_probe(const fz_batch *of)
{
    return !of->probed && of->to_probe.length > 0 && of->to_ask.length < PROBED_AHEAD && of->to_know.length == 0 &&
           !of->knowing && !of->fatal;
}

void fz_batch_probe_next(fz_batch *of)
{
    while (may_probe(of)) {
        fz_batch_item *file = g_queue_pop_head(&of->to_probe);
        int fd = fz_batch_take_file(of, file);
        if (fd < 0)
            continue;
        if (fz_probe_ask(of->probe, fd, of->fatal ? NULL : &of->fatal)) {
            file->question =
                (fz_ledger_question){.capture_bytes = file->taken.size, .written_ns = file->taken.written_ns};
            of->probed = file;
            of->probe_until_us = fz_batch_now() + PROBE_PATIENCE_S * FZ_SECOND_US;
        }
        close(fd);
    }
}

static void identify(const fz_batch *of, fz_batch_item *file, const fz_probe_answer *answer)
{
    fz_run run = of->run;
    g_autofree char *source = fz_text_name(file->name);

    run.source = source;
    run.first_us = answer->first_us;
    run.first_bytes = answer->first_bytes;
    g_autofree char *identity = fz_identity_of_capture(&run);
    g_strlcpy(file->question.identity, identity, sizeof file->question.identity);
}

static void take_first(fz_batch *of, fz_batch_item *file, const fz_probe_answer *answer)
{
    if (answer->first_us == 0 && answer->first_bytes == 0) { /* its place is reserved, perhaps */
        fz_batch_skip_empty(of, file);
        return;
    }
    if (file->time_s == FZ_RING_NO_TIME)
        file->time_s = answer->first_us / FZ_SECOND_US;
    if (!fz_batch_in_span(of, file->time_s)) {
        fz_batch_leave_out(of, file);
        return;
    }
    identify(of, file, answer);
    g_strlcpy(file->unwalked, answer->unwalked, sizeof file->unwalked);
    g_queue_push_tail(of->settings->replace ? &of->to_load : &of->to_ask, file);
}

void fz_batch_take_probe(fz_batch *of)
{
    fz_batch_item *file = g_steal_pointer(&of->probed);
    fz_probe_answer answer;

    fz_probe_answer_take(of->probe, &answer);
    switch (answer.end) {
    case FZ_PROBE_FOUND:
        take_first(of, file, &answer);
        break;
    case FZ_PROBE_EMPTY:
        fz_batch_skip_empty(of, file);
        break;
    case FZ_PROBE_FAULT:
        if (file->complete)
            fz_batch_fail(of, file, answer.text);
        else
            fz_batch_settle(of, file); /* it has just been begun */
        break;
    case FZ_PROBE_DEAD:
        fz_batch_mourn(of, file, answer.text);
        break;
    default:
        fz_batch_try_again(of, file, 0);
        fz_batch_end(of, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, answer.text);
    }
}

void fz_batch_give_up_probe(fz_batch *of)
{
    fz_batch_item *file = g_steal_pointer(&of->probed);

    fz_probe_kill(of->probe);
    fz_batch_give_up_item(of, file, "its first packet was not found within 10 s");
}
