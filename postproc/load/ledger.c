/* The exactly-once sequence.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger.h"

#include "identity.h"
#include "pipe.h"
#include "rollup.h"
#include "sanity.h"

#include <string.h>

enum { SUMS_MOST = 1 << 18 };

/* No counter of a record or a trailer may exceed this: sums of both directions or of all classes then fit a signed SQL
 * BIGINT. */
#define COUNTER_MAX (UINT64_C(1) << 60)

/* One load on its way. */
typedef struct session {
    fz_store *store;
    fz_feed *feed;
    bool replace;
    fz_ledger_result *result;
    char *identity;
    bool provisional;   /* the identity is a placeholder until the digest is known */
    bool totals_known;  /* result->totals are those of the flow file */
    fz_record *records; /* the ones read last, in room for any kind of rows */
    fz_row_kind kind;
    ssize_t ready; /* how many of them; 0: the feed has ended */
    bool primed;   /* the first ones have been read */
    uint32_t *zone_ids;
    bool zoned; /* they are known already */
    fz_sums *hours;
    int64_t load_id, start_us, end_us;
    uint64_t rows, digest; /* digest: of the records read so far, see add_to_digest */
    int64_t rows_digest;   /* of all records; 0: not known yet */
} session;

void fz_ledger_result_clear(fz_ledger_result *result)
{
    fz_loaded_clear(&result->before);
    g_clear_pointer(&result->differences, g_free);
}

/* Adds up the records' hashes, so that their order does not matter. Zones are left out: a capture whose zones change is
 * still the same. */
static void add_to_digest(session *load)
{
    for (ssize_t i = 0; i < load->ready; i++) {
        fz_record record = load->records[i];
        uint64_t words[sizeof record / sizeof(uint64_t)], hash = 0;
        memset(record.zone, 0, sizeof record.zone);
        memcpy(words, &record, sizeof words);
        for (size_t w = 0; w < G_N_ELEMENTS(words); w++) {
            hash = (hash ^ words[w]) * UINT64_C(0x9e3779b97f4a7c15);
            hash ^= hash >> 29;
        }
        load->digest += hash;
    }
}

static bool has_same_rows(const session *load)
{
    const int64_t was = load->result->before.file.rows_digest;

    return was == 0 || was == load->rows_digest;
}

/* The capture and the ledger's row are both whole, and the capture does not have more frames. */
static fz_outcome compare_whole(const session *load, fz_count now, fz_count was)
{
    const fz_ledger_result *result = load->result;
    const int64_t then_ns = result->before.file.written_ns;
    bool written_since = then_ns != 0 && load->feed->written_ns != 0 && load->feed->written_ns != then_ns;

    if (now.frames < was.frames)
        return FZ_OUTCOME_FEWER;
    if (now.bytes != was.bytes)
        return written_since ? FZ_OUTCOME_REPLACED : FZ_OUTCOME_OTHER;
    if (result->differences)
        return FZ_OUTCOME_DIFFERS;
    return written_since && !has_same_rows(load) ? FZ_OUTCOME_REPLACED : FZ_OUTCOME_ALREADY;
}

/* Decides what to do with a capture that is in the ledger, once its totals are known. */
static fz_outcome decide(session *load)
{
    fz_ledger_result *result = load->result;
    fz_count now = fz_totals_all(&result->totals), was = fz_totals_all(&result->before.totals);
    bool whole = fz_totals_is_whole(&result->totals), was_whole = fz_totals_is_whole(&result->before.totals);
    bool as_many = now.frames == was.frames && now.bytes == was.bytes;

    g_free(result->differences);
    result->differences = fz_identity_compare(load->feed->run, &result->before.run);
    if (load->replace)
        return FZ_OUTCOME_REPLACED;
    if (!was_whole && as_many && result->differences)
        return FZ_OUTCOME_DIFFERS;
    bool rests_now = result->before.totals.changed && !result->totals.changed;
    if (!was_whole)
        return whole || rests_now || !as_many || !has_same_rows(load) ? FZ_OUTCOME_REPLACED : FZ_OUTCOME_ALREADY;
    if (now.frames > was.frames && (whole || now.bytes > was.bytes)) /* reserved space reads as frames of 0 bytes */
        return FZ_OUTCOME_REPLACED;
    if (whole)
        return compare_whole(load, now, was);
    if (!as_many)
        return FZ_OUTCOME_FEWER;
    return result->differences ? FZ_OUTCOME_DIFFERS : FZ_OUTCOME_ALREADY;
}

static bool changes_store(fz_outcome outcome)
{
    return outcome == FZ_OUTCOME_LOADED || outcome == FZ_OUTCOME_REPLACED;
}

static bool check_totals(const fz_totals *totals, GError **error)
{
    const uint64_t counters[] = {totals->counted.frames,  totals->counted.bytes,     totals->not_ip.frames,
                                 totals->not_ip.bytes,    totals->unparsable.frames, totals->unparsable.bytes,
                                 totals->filtered.frames, totals->filtered.bytes,    totals->records};

    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++) {
        if (counters[i] > COUNTER_MAX) {
            g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                        "the totals say %" G_GUINT64_FORMAT ", more than 2^60: no capture has that many", counters[i]);
            return false;
        }
    }
    return true;
}

/* Takes the totals at the end of the feed. A second pass must give the same ones. */
static bool take_totals(session *load, GError **error)
{
    fz_totals totals = *load->feed->totals(load->feed);

    if (!check_totals(&totals, error))
        return false;
    if (load->totals_known && (totals.records != load->result->totals.records ||
                               fz_totals_all(&totals).frames != fz_totals_all(&load->result->totals).frames ||
                               fz_totals_all(&totals).bytes != fz_totals_all(&load->result->totals).bytes)) {
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "the flow file changed while it was read");
        return false;
    }
    load->result->totals = totals;
    load->totals_known = true;
    load->rows_digest = (int64_t)(load->digest >> 1 | 1); /* fits every store's integers, and is never 0 */
    return true;
}

static bool read_records(session *load, GError **error)
{
    load->ready = load->feed->next(load->feed, &load->kind, load->records, FZ_RECORDS_AT_ONCE, error);
    add_to_digest(load);
    return load->ready >= 0;
}

/* Reads the first records before the transaction begins: a slow pipe must not keep the store locked. */
static bool prime(session *load, GError **error)
{
    if (load->primed)
        return true;
    load->primed = read_records(load, error);
    return load->primed;
}

/* Reads to the end only for the totals. */
static bool drain(session *load, GError **error)
{
    while (load->ready > 0) {
        if (!read_records(load, error))
            return false;
    }
    return take_totals(load, error);
}

static bool rewind_feed(session *load, GError **error)
{
    load->primed = false;
    load->digest = 0;
    return load->feed->rewind(load->feed, error) && prime(load, error);
}

/* A run that does not name its source is identified by the digest of its flow file. */
static bool take_digest(session *load, GError **error)
{
    const char *digest = load->feed->digest(load->feed);

    if (!digest) {
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "it has neither a source nor a digest");
        return false;
    }
    g_free(load->identity);
    load->identity = g_strdup(digest);
    return true;
}

/* Fills in the identity. If it has to be the digest, a file is read to its end first; a pipe gets a placeholder. */
static bool identify(session *load, GError **error)
{
    load->identity = fz_identity_of_capture(load->feed->run);
    if (load->identity)
        return true;
    if (!load->feed->rewind) {
        load->identity = fz_identity_stand_in();
        load->provisional = true;
        return true;
    }
    if (!drain(load, error))
        return false;
    return take_digest(load, error) && rewind_feed(load, error);
}

static bool find(session *load, GError **error)
{
    fz_loaded_clear(&load->result->before);
    fz_loaded_init(&load->result->before);
    return load->store->ops->find(load->store, load->identity, &load->result->before, error);
}

static fz_load_file file_of(const session *load)
{
    return (fz_load_file){
        .bytes = load->feed->capture_bytes,
        .written_ns = load->feed->written_ns,
        .rows_digest = load->rows_digest,
    };
}

/* Minutes and packets are not written yet. */
static fz_load_row ledger_row(const session *load)
{
    fz_load_row row = {
        .identity = load->identity,
        .run = load->feed->run,
        .totals = load->result->totals,
        .file = file_of(load),
        .start_us = load->start_us,
        .end_us = load->end_us,
        .loaded_us = g_get_real_time(),
        .minutes = -1,
    };
    row.totals.packets = 0;
    return row;
}

static bool write_hours(const void *hours, size_t count, void *user, GError **error)
{
    session *load = user;

    return load->store->ops->add(load->store, load->load_id, FZ_TABLE_HOUR, hours, count, error);
}

static bool refuse_times(const fz_store_ops *ops, uint64_t row, GError **error)
{
    char first[FZ_TIME_TEXT_SIZE], last[FZ_TIME_TEXT_SIZE];

    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                "record %" G_GUINT64_FORMAT " begins or ends at a time that this store cannot show: its dates go from "
                "%s to %s%s",
                row, fz_time_print(ops->first_us, first), fz_time_print(ops->last_us, last),
                ops->last_us < INT64_MAX ? "; SQLite can store it" : "");
    return false;
}

static bool counts_too_much(const fz_record *record)
{
    for (int end = 0; end < 2; end++)
        if (record->packets[end] > COUNTER_MAX || record->bytes[end] > COUNTER_MAX ||
            record->ip_bytes[end] > COUNTER_MAX)
            return true;
    return false;
}

/* Flow files are not trusted, and stores rely on this check: rows that pass it can be stored and added up. */
static bool check_record(const session *load, const fz_record *record, GError **error)
{
    const uint64_t row = load->rows + 1 + (uint64_t)(record - load->records);
    g_autofree char *fault = fz_record_fault(record, load->feed->zones->count);

    if (record->start_us < load->store->ops->first_us || record->end_us > load->store->ops->last_us)
        return refuse_times(load->store->ops, row, error);
    if (!fault && counts_too_much(record))
        fault = g_strdup("counts more than 2^60: no capture has that many");
    if (!fault)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "record %" G_GUINT64_FORMAT " %s", row, fault);
    return false;
}

/* Checks the records, gives them the store's zone ids and widens the load's time span. */
static bool adopt_records(session *load, GError **error)
{
    for (ssize_t i = 0; i < load->ready; i++) {
        fz_record *record = &load->records[i];
        if (!check_record(load, record, error))
            return false;
        for (int end = 0; end < 2; end++) {
            if (record->zone[end] != 0)
                record->zone[end] = load->zone_ids[record->zone[end] - 1];
        }
        bool first = load->rows == 0 && i == 0;
        load->start_us = first ? record->start_us : MIN(load->start_us, record->start_us);
        load->end_us = first ? record->end_us : MAX(load->end_us, record->end_us);
    }
    return true;
}

static bool add_up(session *load, GError **error)
{
    for (ssize_t i = 0; i < load->ready; i++) {
        const fz_hour hour = fz_rollup_hour(&load->records[i], load->feed->run);
        if (!fz_sums_add(load->hours, &hour, error))
            return false;
    }
    return true;
}

static bool write_records(session *load, GError **error)
{
    size_t count = (size_t)load->ready;

    if (!adopt_records(load, error) ||
        !load->store->ops->rows(load->store, load->load_id, load->rows + 1, load->records, count, error) ||
        !add_up(load, error))
        return false;
    load->rows += count;
    return true;
}

/* Writes ledger row, zones, details and rollup, to the end of the feed. */
static bool write_rows(session *load, GError **error)
{
    fz_load_row row = ledger_row(load);

    if (!load->store->ops->insert_load(load->store, &row, &load->load_id, error) ||
        (!load->zoned && !load->store->ops->zones(load->store, load->feed->zones, load->zone_ids, error)))
        return false;
    while (load->ready > 0) {
        if (!write_records(load, error) || !read_records(load, error))
            return false;
    }
    return fz_sums_finish(load->hours, error) && take_totals(load, error);
}

static bool finish(session *load, GError **error)
{
    if (load->rows != load->result->totals.records) {
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                    "the trailer promises %" G_GUINT64_FORMAT " records, but there are %" G_GUINT64_FORMAT,
                    load->result->totals.records, load->rows);
        return false;
    }
    fz_load_row row = ledger_row(load);
    return load->store->ops->finish_load(load->store, load->load_id, &row, load->rows, error) &&
           load->store->ops->commit(load->store, error);
}

/* Whether anything is to change, as far as is known yet. */
static bool has_news(session *load)
{
    if (load->result->before.load_id == 0)
        return true;
    load->result->outcome = load->totals_known ? decide(load) : FZ_OUTCOME_REPLACED;
    return changes_store(load->result->outcome);
}

/* Removes the capture's earlier rows: the new ones replace them. */
static bool clear_way(session *load, GError **error)
{
    return load->result->before.load_id == 0 ||
           load->store->ops->remove(load->store, load->result->before.load_id, error);
}

/* A file is read once more, before the load, if its totals decide whether to load it. A pipe can be read only once. */
static bool look_ahead(session *load, GError **error)
{
    if (load->result->before.load_id == 0 || load->totals_known || !load->feed->rewind)
        return true;
    return drain(load, error) && rewind_feed(load, error);
}

/* The file was renamed and overwritten after it was looked at: its content is not the capture of that name. */
static bool has_moved(const session *load)
{
    const char *looked_at = load->feed->identity;

    return looked_at != NULL && load->result->totals.changed && strcmp(looked_at, load->identity) != 0;
}

/* A pipe's rows are written before its digest and totals are known. Decides now whether to keep them. */
static bool look_back(session *load, bool *go_on, GError **error)
{
    if (load->provisional) {
        load->provisional = false;
        if (!take_digest(load, error) || !find(load, error))
            return false;
        *go_on = has_news(load);
        return !*go_on || clear_way(load, error);
    }
    if (has_moved(load)) {
        load->result->outcome = FZ_OUTCOME_MOVED;
        *go_on = false;
    } else if (load->result->before.load_id != 0) {
        load->result->outcome = decide(load);
        *go_on = changes_store(load->result->outcome);
    }
    return true;
}

/* A file with the same size and time would give the same rows. */
static bool has_same_file(const fz_ledger_result *result, uint64_t capture_bytes, int64_t written_ns)
{
    const fz_load_file *file = &result->before.file;

    return result->before.load_id != 0 && fz_totals_is_whole(&result->before.totals) && capture_bytes != 0 &&
           file->bytes == capture_bytes && written_ns != 0 && file->written_ns == written_ns;
}

/* Whether the ledger's row alone shows that there is nothing to do. */
static bool is_settled(session *load)
{
    fz_ledger_result *result = load->result;

    if (load->replace || !has_same_file(result, load->feed->capture_bytes, load->feed->written_ns))
        return false;
    g_free(result->differences);
    result->differences = fz_identity_compare(load->feed->run, &result->before.run);
    result->outcome = result->differences ? FZ_OUTCOME_DIFFERS : FZ_OUTCOME_ALREADY;
    result->totals = result->before.totals;
    return true;
}

/* Some stores take zones in a transaction of their own: loads that bring the same new ones then do not wait for each
 * other. What was decided may be out of date afterwards. */
static bool has_zones_apart(const session *load)
{
    return load->store->ops->zones_apart && !load->zoned && load->feed->zones->count > 0;
}

static bool take_zones_apart(session *load, GError **error)
{
    const fz_store_ops *ops = load->store->ops;

    ops->rollback(load->store);
    load->zoned = ops->zones(load->store, load->feed->zones, load->zone_ids, error);
    return load->zoned && ops->begin(load->store, error);
}

/* Inside the transaction. `*go_on` is false if nothing is to change. */
static bool transact(session *load, bool *go_on, GError **error)
{
    load->result->outcome = FZ_OUTCOME_LOADED;
    if (!load->provisional && !find(load, error))
        return false;
    if (!load->provisional && is_settled(load)) {
        *go_on = false;
        return true;
    }
    if (!load->provisional && !look_ahead(load, error))
        return false;
    *go_on = has_news(load);
    if (!*go_on)
        return true;
    if (has_zones_apart(load))
        return take_zones_apart(load, error) && transact(load, go_on, error);
    if (!clear_way(load, error) || !write_rows(load, error) || !look_back(load, go_on, error))
        return false;
    return !*go_on || finish(load, error);
}

/* Stores size and time of a file whose rows are already loaded: the next time its records need not be read. */
static bool keep_file(const session *load, GError **error)
{
    const fz_store_ops *ops = load->store->ops;
    const fz_load_file file = file_of(load), *before = &load->result->before.file;

    if (load->result->outcome != FZ_OUTCOME_ALREADY || !fz_totals_is_whole(&load->result->totals) || file.bytes == 0 ||
        !has_same_rows(load) || (before->bytes == file.bytes && before->written_ns == file.written_ns))
        return true;
    if (!ops->begin(load->store, error))
        return false;
    bool done =
        ops->set_file(load->store, load->result->before.load_id, &file, error) && ops->commit(load->store, error);
    if (!done)
        ops->rollback(load->store);
    return done;
}

static bool attempt(session *load, GError **error)
{
    bool go_on = true;

    load->rows = 0;
    load->start_us = load->end_us = 0;
    g_clear_pointer(&load->hours, fz_sums_free);
    load->hours = fz_sums_new(&fz_rollup_hours, SUMS_MOST, write_hours, load);
    if (!prime(load, error) || (!load->identity && !identify(load, error)) ||
        !load->store->ops->begin(load->store, error))
        return false;
    bool done = transact(load, &go_on, error);
    if (!done || !go_on)
        load->store->ops->rollback(load->store);
    return done && (go_on || keep_file(load, error));
}

/* Another load of this capture committed first, and our transaction was rolled back. A file is read again, and is found
 * in the ledger; a pipe is read to its end and compared. */
static bool settle(session *load, GError **error)
{
    if (load->feed->rewind)
        return rewind_feed(load, error) && attempt(load, error);
    if (!load->totals_known && !drain(load, error))
        return false;
    if (!load->store->ops->begin(load->store, error))
        return false;
    bool done = find(load, error);
    load->store->ops->rollback(load->store);
    if (!done)
        return false;
    if (load->result->before.load_id != 0) {
        load->result->outcome = decide(load);
        if (!changes_store(load->result->outcome))
            return true;
    }
    g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE,
                        "another load of the same capture was under way: try again");
    return false;
}

bool fz_ledger_load(fz_store *store, fz_feed *feed, bool replace, fz_ledger_result *result, GError **error)
{
    g_autoptr(GError) fault = NULL;
    session load = {
        .store = store,
        .feed = feed,
        .replace = replace,
        .result = result,
        .records = g_malloc(FZ_RECORDS_AT_ONCE * sizeof(fz_any_row)),
        .zone_ids = g_new0(uint32_t, feed->zones->count),
    };

    *result = (fz_ledger_result){0};
    fz_loaded_init(&result->before);
    bool done = attempt(&load, &fault);
    if (!done && g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE)) {
        g_clear_error(&fault);
        done = settle(&load, &fault);
    }
    if (!done)
        g_propagate_error(error, g_steal_pointer(&fault));
    fz_sums_free(load.hours);
    g_free(load.zone_ids);
    g_free(load.records);
    g_free(load.identity);
    return done;
}

/* The row may have changed since `files` was filled. */
static bool is_asked_for(const fz_loaded *row, const fz_ledger_question *question)
{
    if (*question->file == '\0')
        return true;
    g_autofree char *file = fz_identity_of_file(&row->run, row->file.bytes, row->file.written_ns);
    return strcmp(file, question->file) == 0;
}

static bool answer(fz_store *store, const fz_run *run, fz_ledger_files *files, fz_ledger_question *question,
                   GError **error)
{
    fz_ledger_result result = {0};

    question->answer = FZ_LEDGER_NEWS;
    if (*question->file != '\0' && !fz_ledger_files_find(files, store, run, question, error))
        return false;
    if (*question->identity == '\0')
        return true;
    fz_loaded_init(&result.before);
    bool done = store->ops->find(store, question->identity, &result.before, error);
    if (done && has_same_file(&result, question->capture_bytes, question->written_ns) &&
        is_asked_for(&result.before, question)) {
        result.differences = fz_identity_compare(run, &result.before.run);
        question->answer = result.differences ? FZ_LEDGER_SAME_DIFFERS : FZ_LEDGER_SAME;
    }
    fz_ledger_result_clear(&result);
    return done;
}

bool fz_ledger_ask(fz_store *store, const fz_run *run, fz_ledger_files *files, fz_ledger_question *questions,
                   size_t count, GError **error)
{
    if (!store->ops->look(store, error))
        return false;
    bool done = true;
    for (size_t i = 0; i < count && done; i++)
        done = answer(store, run, files, &questions[i], error);
    store->ops->rollback(store);
    return done;
}
