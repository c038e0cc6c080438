/* What the store's ledger knows of the captures.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch_private.h"

#include "log.h"
#include "text.h"

/* The same question by what the folder says of the file. */
static void name_file(const fz_batch *of, fz_batch_item *file)
{
    fz_run run = of->run;
    g_autofree char *source = fz_text_name(file->name);

    run.source = source;
    g_autofree char *digest = fz_identity_of_file(&run, file->taken.size, file->taken.written_ns);
    file->question = (fz_ledger_question){.capture_bytes = file->taken.size, .written_ns = file->taken.written_ns};
    g_strlcpy(file->question.file, digest, sizeof file->question.file);
}

/* What the ledger is asked next; NULL: nothing. Questions go in heaps, while there are more to come. Those by file go
 * to one writer, as each reads the ledger for them. */
static GQueue *find_questions(fz_batch *of)
{
    bool enough = of->to_ask.length >= FZ_WRITER_QUESTIONS || (g_queue_is_empty(&of->to_probe) && !of->probed);

    if (!g_queue_is_empty(&of->to_know))
        return of->knowing ? NULL : &of->to_know;
    return enough && !g_queue_is_empty(&of->to_ask) ? &of->to_ask : NULL;
}

/* The ledger is read from its latest rows back: the newest captures are asked for first. */
static fz_batch_item *take_newest(fz_batch *of)
{
    fz_batch_item *file = g_queue_pop_tail(&of->to_know);

    name_file(of, file);
    return file;
}

void fz_batch_ask_next(fz_batch *of)
{
    GQueue *from = find_questions(of);
    fz_batch_hand *by = fz_batch_idle_hand(of);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    size_t count = 0;

    if (!by || !from || fz_batch_store_waits(of) || of->fatal)
        return;
    by->asked = g_ptr_array_new();
    while (count < FZ_WRITER_QUESTIONS && !g_queue_is_empty(from)) {
        fz_batch_item *file = from == &of->to_know ? take_newest(of) : g_queue_pop_head(from);
        questions[count++] = file->question;
        g_ptr_array_add(by->asked, file);
    }
    of->knowing = of->knowing || from == &of->to_know;
    fz_writer_ask(by->writer, questions, count, of->fatal ? NULL : &of->fatal);
}

static void take_known(fz_batch *of, fz_batch_item *file, const fz_ledger_question *answered)
{
    if (*file->question.file && file->time_s == FZ_RING_NO_TIME)
        file->time_s = answered->first_us / FZ_SECOND_US;
    if (!fz_batch_in_span(of, file->time_s)) {
        fz_batch_leave_out(of, file);
        return;
    }
    if (answered->answer == FZ_LEDGER_SAME_DIFFERS)
        fz_log(FZ_LOG_WARNING, "differs", file->shown,
               "already loaded with other parameters; nothing changed, --replace loads it again");
    fz_batch_know_file(of, file);
}

static void take_one_answer(fz_batch *of, fz_batch_item *file, const fz_ledger_question *answered)
{
    if (answered->answer != FZ_LEDGER_NEWS)
        take_known(of, file, answered);
    else if (*file->question.file)
        g_queue_push_head(&of->to_probe, file); /* so the oldest will be the first again */
    else
        g_queue_push_tail(&of->to_load, file);
}

void fz_batch_take_answers(fz_batch *of, fz_batch_hand *by)
{
    g_autoptr(GPtrArray) asked = g_steal_pointer(&by->asked);
    fz_ledger_question questions[FZ_WRITER_QUESTIONS];
    g_autofree fz_load_report *report = g_new0(fz_load_report, 1);
    bool worked = by->served_us == fz_writer_since_us(by->writer);
    fz_outcome end = fz_writer_answer(by->writer, questions, asked->len, report);

    fz_batch_tell_note(report);
    if (*((const fz_batch_item *)asked->pdata[0])->question.file)
        of->knowing = false;
    if (end == FZ_OUTCOME_ANSWERED) {
        fz_batch_store_is_back(of, by);
        for (guint i = 0; i < asked->len; i++)
            take_one_answer(of, asked->pdata[i], &questions[i]);
        return;
    }
    for (guint i = asked->len; i-- > 0;) {
        fz_batch_item *file = asked->pdata[i];
        if (*file->question.file)
            g_queue_push_tail(&of->to_know, file);
        else
            g_queue_push_head(&of->to_ask, file);
    }
    g_autofree char *why = fz_outcome_describe(report);
    fz_batch_miss_store(of, by, end, worked && (end == FZ_OUTCOME_LOST || end == FZ_OUTCOME_MISSING), why);
}
