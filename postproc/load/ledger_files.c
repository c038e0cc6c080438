/* Questions about files of captures, answered from the ledger's rows alone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger.h"

#include "columns.h"
#include "identity.h"

#include <string.h>

bool fz_ledger_is_dropped(const fz_loaded *before)
{
    return ((before->dropped | before->dropping) & FZ_LEDGER_KEEPS) != 0;
}

bool fz_ledger_has_file(const fz_loaded *before, uint64_t capture_bytes, int64_t written_ns)
{
    const fz_load_file *file = &before->file;
    const bool stays = fz_totals_is_whole(&before->totals) || fz_ledger_is_dropped(before);

    return before->load_id != 0 && stays && capture_bytes != 0 && file->bytes == capture_bytes && written_ns != 0 &&
           file->written_ns == written_ns;
}

/* The latest rows of the ledger that a file can be: captures of one size and time may be many, as links are. */
enum { CANDIDATES_MOST = 1 << 14 };

/* Questions about files, and for each how many rows of the ledger it can be. */
typedef struct candidates {
    fz_ledger_question *questions;
    unsigned *rows;
    size_t count;
    const fz_ledger_question *like; /* those of this size and time are asked now */
} candidates;

static bool is_same_file(const fz_ledger_question *question, const fz_ledger_question *other)
{
    return *question->file != '\0' && *other->file != '\0' && question->capture_bytes == other->capture_bytes &&
           question->written_ns == other->written_ns;
}

/* A row: identity, sensor, source, filter, state (of one that stays as it is: complete), time of the first frame. */
static void take_candidate(const char *const *cells, void *user)
{
    candidates *found = user;
    char *texts[4];

    if (g_strcmp0(cells[4], fz_schema_state_complete) != 0)
        return;
    for (int i = 0; i < 4; i++)
        texts[i] = g_strdup(cells[i] ? cells[i] : "");
    const fz_run run = {.sensor = texts[1], .source = texts[2], .filter = texts[3]};
    g_autofree char *file = fz_identity_of_file(&run, found->like->capture_bytes, found->like->written_ns);
    for (size_t i = 0; i < found->count; i++) {
        fz_ledger_question *question = &found->questions[i];
        if (!is_same_file(question, found->like) || strcmp(file, question->file) != 0)
            continue;
        found->rows[i]++;
        g_strlcpy(question->identity, texts[0], sizeof question->identity);
        question->first_us = cells[5] ? g_ascii_strtoll(cells[5], NULL, 10) : 0;
    }
    for (int i = 0; i < 4; i++)
        g_free(texts[i]);
}

/* Asks for the rows of one size and time. */
static bool ask_candidates(fz_store *store, candidates *found, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT identity, sensor, source, display_filter, CASE WHEN " FZ_SQL_MAY_BE_REPLACED
                        " THEN state ELSE '%s' END, first_frame_us FROM fz_load l "
                        "WHERE capture_bytes = %" G_GUINT64_FORMAT " AND capture_written_ns = %" G_GINT64_FORMAT
                        " ORDER BY load_id DESC LIMIT %d",
                        fz_schema_state_complete, found->like->capture_bytes, found->like->written_ns, CANDIDATES_MOST);

    return store->ops->query(store, sql, 6, CANDIDATES_MOST, take_candidate, found, error);
}

/* Whether an earlier question has asked for the same rows. */
static bool is_asked(const fz_ledger_question *questions, size_t i)
{
    for (size_t earlier = 0; earlier < i; earlier++)
        if (is_same_file(&questions[earlier], &questions[i]))
            return true;
    return false;
}

/* Finds the captures of the questions' files, and fills in identities and times. An identity stays empty if no row
 * matches, or more than one does. */
static bool find_files(fz_store *store, fz_ledger_question *questions, size_t count, GError **error)
{
    g_autofree unsigned *rows = g_new0(unsigned, count);
    candidates found = {.questions = questions, .rows = rows, .count = count};

    for (size_t i = 0; i < count; i++)
        if (*questions[i].file != '\0')
            *questions[i].identity = '\0';
    for (size_t i = 0; i < count; i++) {
        found.like = &questions[i];
        if (*questions[i].file != '\0' && !is_asked(questions, i) && !ask_candidates(store, &found, error))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (*questions[i].file != '\0' && rows[i] != 1)
            *questions[i].identity = '\0';
    return true;
}

static bool answer(fz_store *store, const fz_run *run, fz_ledger_question *question, GError **error)
{
    fz_ledger_result result = {0};

    question->answer = FZ_LEDGER_NEWS;
    if (*question->identity == '\0')
        return true;
    fz_loaded_init(&result.before);
    bool done = store->ops->find(store, question->identity, &result.before, error);
    if (done && fz_ledger_has_file(&result.before, question->capture_bytes, question->written_ns)) {
        result.differences = fz_ledger_is_dropped(&result.before) ? NULL : fz_identity_compare(run, &result.before.run);
        question->answer = result.differences ? FZ_LEDGER_SAME_DIFFERS : FZ_LEDGER_SAME;
    }
    fz_ledger_result_clear(&result);
    return done;
}

bool fz_ledger_ask(fz_store *store, const fz_run *run, fz_ledger_question *questions, size_t count, GError **error)
{
    if (!store->ops->look(store, error))
        return false;
    bool done = find_files(store, questions, count, error);
    for (size_t i = 0; i < count && done; i++)
        done = answer(store, run, &questions[i], error);
    store->ops->rollback(store);
    return done;
}
