/* A probe finds the first packet of each capture.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "identity.h"
#include "log.h"
#include "text.h"

#include <unistd.h>

enum {
    PROBE_PATIENCE_S = 10, /* for the first packet of one capture */
    PROBED_AHEAD = 2 * FZ_WRITER_QUESTIONS,
};

#define NANOSECONDS INT64_C(1000000000)

/* Files that were in the ring when the run began may have been loaded by an earlier run. Name, size and time identify a
 * file, unless the time is in whole seconds. */
static bool may_be_known(const fz_batch *batch, const fz_item *item)
{
    return !batch->listing.once && !batch->settings->replace && item->taken.size > 0 &&
           item->taken.written_ns % NANOSECONDS != 0 && fz_file_state_is_settled(&item->taken);
}

fz_item_stage fz_item_begin(const fz_batch *batch, const fz_item *item)
{
    return may_be_known(batch, item) ? FZ_ITEM_TO_LOOK_UP : FZ_ITEM_TO_PROBE;
}

/* First everything that need not be probed is found, which does not take long. */
static bool may_probe(const fz_batch *batch)
{
    return !fz_item_count(batch, FZ_ITEM_PROBING) && fz_item_count(batch, FZ_ITEM_TO_ASK) < PROBED_AHEAD &&
           !fz_item_count(batch, FZ_ITEM_TO_LOOK_UP) && !fz_item_count(batch, FZ_ITEM_LOOKING_UP) && !batch->fatal;
}

static void probe(fz_batch *batch, fz_item *item)
{
    int fd = fz_item_open(batch, item);

    if (fd < 0)
        return;
    item->question = (fz_ledger_question){.capture_bytes = item->taken.size, .written_ns = item->taken.written_ns};
    if (fz_probe_ask(batch->probe, fd, batch->fatal ? NULL : &batch->fatal))
        fz_item_move_until(batch, item, FZ_ITEM_PROBING, fz_batch_now() + PROBE_PATIENCE_S * FZ_SECOND_US);
    close(fd);
}

void fz_batch_probe_next(fz_batch *batch)
{
    fz_item *item;

    while (may_probe(batch) && (item = fz_item_first(batch, FZ_ITEM_TO_PROBE)))
        probe(batch, item);
}

static void identify(const fz_batch *batch, fz_item *item, const fz_probe_answer *answer)
{
    fz_run run = batch->run;
    g_autofree char *source = fz_text_name(item->name);

    run.source = source;
    run.first_us = answer->first_us;
    run.first_bytes = answer->first_bytes;
    g_autofree char *identity = fz_identity_of_capture(&run);
    g_strlcpy(item->question.identity, identity, sizeof item->question.identity);
}

static void take_first(fz_batch *batch, fz_item *item, const fz_probe_answer *answer)
{
    if (answer->first_us == 0 && answer->first_bytes == 0) { /* its space may only be reserved */
        fz_item_skip_empty(batch, item);
        return;
    }
    if (item->time_s == FZ_RING_NO_TIME)
        item->time_s = answer->first_us / FZ_SECOND_US;
    if (!fz_batch_in_span(batch, item->time_s)) {
        fz_item_leave_out(batch, item);
        return;
    }
    identify(batch, item, answer);
    g_strlcpy(item->unwalked, answer->unwalked, sizeof item->unwalked);
    fz_item_move(batch, item, batch->settings->replace ? FZ_ITEM_TO_COUNT : FZ_ITEM_TO_ASK);
}

void fz_item_take_probe(fz_batch *batch, fz_item *item)
{
    fz_probe_answer answer;

    fz_probe_answer_take(batch->probe, &answer);
    switch (answer.end) {
    case FZ_PROBE_FOUND:
        take_first(batch, item, &answer);
        break;
    case FZ_PROBE_EMPTY:
        fz_item_skip_empty(batch, item);
        break;
    case FZ_PROBE_FAULT:
        if (item->partial) /* it has just been begun */
            fz_item_move(batch, item, FZ_ITEM_DONE);
        else
            fz_item_fail(batch, item, answer.text);
        break;
    case FZ_PROBE_DEAD:
        fz_item_die(batch, item, answer.text);
        break;
    default:
        fz_item_try_again(batch, item, 0);
        fz_batch_end(batch, FZ_JAIL_ERROR, FZ_JAIL_ERROR_MISSING, answer.text);
    }
}

void fz_item_give_up_probe(fz_batch *batch, fz_item *item)
{
    fz_probe_kill(batch->probe);
    fz_item_give_up(batch, item, "its first packet was not found within 10 s");
}

void fz_item_abandon_probe(fz_batch *batch, fz_item *item)
{
    (void)item;
    fz_probe_kill(batch->probe);
}
