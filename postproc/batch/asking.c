/* What the store's ledger knows of the captures.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "identity.h"
#include "log.h"
#include "text.h"

/* Identifies the file by its name, size and time. */
static void name_file(const fz_batch *batch, fz_item *item)
{
    fz_run run = batch->run;
    g_autofree char *source = fz_text_name(item->name);

    run.source = source;
    g_autofree char *digest = fz_identity_of_file(&run, item->taken.size, item->taken.written_ns);
    item->question = (fz_ledger_question){.capture_bytes = item->taken.size, .written_ns = item->taken.written_ns};
    g_strlcpy(item->question.file, digest, sizeof item->question.file);
}

/* What to ask the ledger next: a stage that waits for it, or FZ_ITEM_NEW for nothing. Questions are sent in batches
 * while more are coming. Those by file go to one writer, as each writer would read the ledger for them. */
static fz_item_stage find_questions(const fz_batch *batch)
{
    bool are_all = !fz_item_count(batch, FZ_ITEM_TO_PROBE) && !fz_item_count(batch, FZ_ITEM_PROBING);
    unsigned count = fz_item_count(batch, FZ_ITEM_TO_ASK);

    if (fz_item_count(batch, FZ_ITEM_TO_LOOK_UP))
        return fz_item_count(batch, FZ_ITEM_LOOKING_UP) ? FZ_ITEM_NEW : FZ_ITEM_TO_LOOK_UP;
    return count && (are_all || count >= FZ_WRITER_QUESTIONS) ? FZ_ITEM_TO_ASK : FZ_ITEM_NEW;
}

/* The ledger is read from its latest row backwards, so the newest captures are looked up first. */
static fz_item *begin_question(fz_batch *batch, fz_item_stage from, fz_hand *hand)
{
    fz_item *item = from == FZ_ITEM_TO_ASK ? fz_item_first(batch, from) : fz_item_last(batch, from);

    if (item && from == FZ_ITEM_TO_LOOK_UP)
        name_file(batch, item);
    if (item)
        fz_hand_take(batch, hand, item, from == FZ_ITEM_TO_ASK ? FZ_ITEM_ASKING : FZ_ITEM_LOOKING_UP);
    return item;
}

void fz_batch_ask_next(fz_batch *batch)
{
    fz_item_stage from = find_questions(batch);
    fz_hand *hand = fz_hands_idle(batch);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    const fz_item *item;
    size_t count = 0;

    if (!hand || from == FZ_ITEM_NEW || fz_hands_wait(batch) || batch->fatal)
        return;
    while (count < FZ_WRITER_QUESTIONS && (item = begin_question(batch, from, hand)))
        questions[count++] = item->question;
    fz_writer_ask(hand->writer, questions, count, batch->fatal ? NULL : &batch->fatal);
}

static void take_known(fz_batch *batch, fz_item *item, const fz_ledger_question *answered)
{
    if (item->stage == FZ_ITEM_LOOKING_UP && item->time_s == FZ_RING_NO_TIME)
        item->time_s = answered->first_us / FZ_SECOND_US;
    if (!fz_batch_in_span(batch, item->time_s)) {
        fz_item_leave_out(batch, item);
        return;
    }
    if (answered->answer == FZ_LEDGER_SAME_DIFFERS)
        fz_log(FZ_LOG_WARNING, "differs", item->shown,
               "already loaded with other parameters; left unchanged, --replace reloads it");
    fz_item_know(batch, item);
}

static void take_one_answer(fz_batch *batch, fz_item *item, const fz_ledger_question *answered)
{
    if (answered->answer != FZ_LEDGER_NEWS)
        take_known(batch, item, answered);
    else if (item->stage == FZ_ITEM_LOOKING_UP)
        fz_item_move_first(batch, item, FZ_ITEM_TO_PROBE); /* so that the oldest is first again */
    else
        fz_item_move(batch, item, FZ_ITEM_TO_COUNT);
}

void fz_item_take_answers(fz_batch *batch, fz_item *item)
{
    fz_hand *hand = item->hand;
    g_autoptr(GPtrArray) asked = fz_hand_release(hand);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    bool worked = hand->served_us == fz_writer_since_us(hand->writer);
    fz_outcome end = fz_writer_answer(hand->writer, questions, asked->len, report);

    fz_hand_tell_note(report);
    if (end == FZ_OUTCOME_ANSWERED) {
        fz_hand_serve(batch, hand);
        for (guint i = 0; i < asked->len; i++)
            take_one_answer(batch, asked->pdata[i], &questions[i]);
        return;
    }
    g_autofree char *why = fz_outcome_describe(report);
    for (guint i = asked->len; i-- > 0;) /* each back to its place */
        fz_item_die(batch, asked->pdata[i], why);
    fz_hand_miss_store(batch, hand, end, worked && (end == FZ_OUTCOME_LOST || end == FZ_OUTCOME_MISSING), why);
}

void fz_item_look_up_again(fz_batch *batch, fz_item *item, const char *why)
{
    (void)why;
    fz_item_move(batch, item, FZ_ITEM_TO_LOOK_UP);
}

void fz_item_ask_again(fz_batch *batch, fz_item *item, const char *why)
{
    (void)why;
    fz_item_move_first(batch, item, FZ_ITEM_TO_ASK);
}

void fz_item_abandon_answer(fz_batch *batch, fz_item *item)
{
    (void)batch;
    fz_writer_kill(item->hand->writer);
}
