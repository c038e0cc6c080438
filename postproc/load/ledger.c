/* The exactly-once sequence.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger.h"

#include "columns.h"
#include "identity.h"
#include "merge.h"
#include "pipe.h"
#include "rollup.h"
#include "sanity.h"

#include <string.h>

/* What is added up, and how many rows of it at most: more are written in parts. */
enum { SUM_MINUTES, SUM_HOURS, SUM_HOSTS, SUMS };
enum { SUMS_MOST = 1 << 20, RECORDS_ADDED = 32 };
enum { SECOND_US = 1000000, MINUTE_S = 60 };

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
    bool provisional;  /* the identity is a placeholder until the digest is known */
    bool totals_known; /* result->totals are those of the flow file */
    fz_any_row *read;  /* room for the rows read last: an array of their kind, without gaps */
    fz_row_kind kind;
    ssize_t ready; /* how many of them; 0: the feed has ended */
    bool primed;   /* the first ones have been read */
    uint32_t *zone_ids;
    bool zoned; /* they are known already */
    fz_sums *sums[SUMS];
    int64_t load_id, start_us, end_us;
    int64_t first_minute, last_minute;
    uint64_t rows[FZ_ROW_KINDS]; /* written */
    int64_t claimed[3];          /* packets, bytes and IP bytes of the records written, of both ends */
    uint64_t digest;             /* of the records read so far, see add_to_digest */
    int64_t rows_digest;         /* of all records; 0: not known yet */
} session;

/* The kinds of rows, for people. */
static const char *const kind_names[FZ_ROW_KINDS] = {"record", "minute", "packet"};

void fz_ledger_result_clear(fz_ledger_result *result)
{
    fz_loaded_clear(&result->before);
    g_clear_pointer(&result->differences, g_free);
}

/* Adds up the records' hashes, so that their order does not matter. Zones are left out: a capture whose zones change is
 * still the same. Minutes and packets are left out: the records tell captures apart, with packets or without. */
static void add_to_digest(session *load)
{
    const fz_record *records = &load->read->flow;

    for (ssize_t i = 0; load->kind == FZ_ROW_FLOW && i < load->ready; i++) {
        fz_record record = records[i];
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

/* A digest is positive. Where rows of a later state of the file were refused, because the ones in the store were
 * dropped, the ledger has size and time of that state, and the digest of what it was loaded with, negative. */
enum { DIGEST_REFUSED = -2 }; /* where that digest is not known: no digest is even */

static bool was_refused(const session *load)
{
    return load->result->before.file.rows_digest < 0;
}

static bool has_same_rows(const session *load)
{
    const int64_t was = ABS(load->result->before.file.rows_digest);

    return was == 0 || was == -DIGEST_REFUSED || was == load->rows_digest;
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

/* What to do with a capture that is in the ledger, as if no rows were ever dropped. */
static fz_outcome compare(session *load)
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

/* Decides what to do with a capture that is in the ledger, once its totals are known. */
static fz_outcome decide(session *load)
{
    const fz_outcome outcome = compare(load);

    return outcome == FZ_OUTCOME_REPLACED && fz_ledger_is_dropped(&load->result->before) ? FZ_OUTCOME_DROPPED : outcome;
}

static bool changes_store(fz_outcome outcome)
{
    return outcome == FZ_OUTCOME_LOADED || outcome == FZ_OUTCOME_REPLACED;
}

static bool check_totals(const fz_totals *totals, GError **error)
{
    const uint64_t counters[] = {
        totals->counted.frames,    totals->counted.bytes,    totals->not_ip.frames,   totals->not_ip.bytes,
        totals->unparsable.frames, totals->unparsable.bytes, totals->filtered.frames, totals->filtered.bytes,
        totals->records,           totals->minutes,          totals->packets};

    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++) {
        if (counters[i] > COUNTER_MAX) {
            g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                        "the totals say %" G_GUINT64_FORMAT ", more than 2^60: no capture has that many", counters[i]);
            return false;
        }
    }
    return true;
}

/* How many rows of a kind totals promise. */
static uint64_t promised(const fz_totals *totals, fz_row_kind kind)
{
    return kind == FZ_ROW_FLOW ? totals->records : kind == FZ_ROW_MINUTE ? totals->minutes : totals->packets;
}

static bool are_same(const fz_totals *totals, const fz_totals *others)
{
    for (fz_row_kind kind = FZ_ROW_FLOW; kind <= FZ_ROW_PACKET; kind++)
        if (promised(totals, kind) != promised(others, kind))
            return false;
    return fz_totals_all(totals).frames == fz_totals_all(others).frames &&
           fz_totals_all(totals).bytes == fz_totals_all(others).bytes;
}

/* Takes the totals at the end of the feed. A second pass must give the same ones. */
static bool take_totals(session *load, GError **error)
{
    fz_totals totals = *load->feed->totals(load->feed);

    if (!check_totals(&totals, error))
        return false;
    if (load->totals_known && !are_same(&totals, &load->result->totals)) {
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "the flow file changed while it was read");
        return false;
    }
    load->result->totals = totals;
    load->totals_known = true;
    load->rows_digest = (int64_t)(load->digest >> 1 | 1); /* fits every store's integers, and is never 0 */
    return true;
}

static bool read_rows(session *load, GError **error)
{
    load->ready = load->feed->next(load->feed, &load->kind, load->read, FZ_RECORDS_AT_ONCE, error);
    add_to_digest(load);
    return load->ready >= 0;
}

/* Reads the first rows before the transaction begins: a slow pipe must not keep the store locked. */
static bool prime(session *load, GError **error)
{
    if (load->primed)
        return true;
    load->primed = read_rows(load, error);
    return load->primed;
}

/* Reads to the end only for the totals. */
static bool drain(session *load, GError **error)
{
    while (load->ready > 0) {
        if (!read_rows(load, error))
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

/* Microseconds to seconds, rounded down. */
static int64_t seconds_of(int64_t time_us)
{
    return time_us / SECOND_US - (time_us % SECOND_US < 0);
}

/* The second in which the minute of a time begins. */
static int64_t minute_of(int64_t time_us)
{
    const int64_t second = seconds_of(time_us);

    return second - ((second % MINUTE_S) + MINUTE_S) % MINUTE_S;
}

/* Minutes of an honest run lie within its records' time. A store must find those of others by the ledger's, too. */
static void span_minutes(const session *load, fz_load_row *row)
{
    if (load->first_minute > load->last_minute)
        return;
    if (load->first_minute < minute_of(row->start_us))
        row->start_us = load->first_minute * SECOND_US;
    if (load->last_minute > minute_of(row->end_us))
        row->end_us = load->last_minute * SECOND_US;
}

static fz_load_row ledger_row(const session *load)
{
    const bool has_span = load->start_us <= load->end_us;
    fz_load_row row = {
        .identity = load->identity,
        .run = load->feed->run,
        .totals = load->result->totals,
        .file = file_of(load),
        .start_us = has_span ? load->start_us : 0,
        .end_us = has_span ? load->end_us : 0,
        .minutes = load->feed->run->minutes ? (int64_t)fz_sums_rows(load->sums[SUM_MINUTES]) : -1,
        .loaded_us = g_get_real_time(),
    };

    if (has_span)
        span_minutes(load, &row);
    return row;
}

static bool write_sums(session *load, fz_table table, const void *rows, size_t count, GError **error)
{
    return load->store->ops->add(load->store, load->load_id, table, rows, count, error);
}

static bool write_minutes(const void *rows, size_t count, void *user, GError **error)
{
    return write_sums(user, FZ_TABLE_MINUTE, rows, count, error);
}

static bool write_hours(const void *rows, size_t count, void *user, GError **error)
{
    return write_sums(user, FZ_TABLE_HOUR, rows, count, error);
}

static bool write_hosts(const void *rows, size_t count, void *user, GError **error)
{
    return write_sums(user, FZ_TABLE_HOST, rows, count, error);
}

static bool refuse_times(const session *load, uint64_t row, GError **error)
{
    const fz_store_ops *ops = load->store->ops;
    char first[FZ_TIME_TEXT_SIZE], last[FZ_TIME_TEXT_SIZE];

    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                "%s %" G_GUINT64_FORMAT " begins or ends at a time that this store cannot show: its dates go from "
                "%s to %s%s",
                kind_names[load->kind], row, fz_time_print(ops->first_us, first), fz_time_print(ops->last_us, last),
                ops->last_us < INT64_MAX ? "; SQLite can store it" : "");
    return false;
}

static bool counts_too_much(fz_row_kind kind, const fz_any_row *row)
{
    if (kind == FZ_ROW_MINUTE)
        return row->minute.packets > COUNTER_MAX || row->minute.bytes > COUNTER_MAX;
    for (int end = 0; kind == FZ_ROW_FLOW && end < 2; end++)
        if (row->flow.packets[end] > COUNTER_MAX || row->flow.bytes[end] > COUNTER_MAX ||
            row->flow.ip_bytes[end] > COUNTER_MAX)
            return true;
    return kind == FZ_ROW_PACKET && row->packet.frame > COUNTER_MAX;
}

static bool is_in_time(const fz_store_ops *ops, fz_row_kind kind, const fz_any_row *row)
{
    if (kind == FZ_ROW_FLOW)
        return row->flow.start_us >= ops->first_us && row->flow.end_us <= ops->last_us;
    if (kind == FZ_ROW_PACKET)
        return row->packet.time_us >= ops->first_us && row->packet.time_us <= ops->last_us;
    return row->minute.minute >= seconds_of(ops->first_us) && row->minute.minute <= seconds_of(ops->last_us);
}

static fz_any_row *row_at(const session *load, ssize_t at)
{
    return (void *)((char *)load->read + (size_t)at * fz_row_size(load->kind));
}

/* Flow files are not trusted, and stores rely on this check: rows that pass it can be stored and added up. */
static bool check_row(const session *load, ssize_t at, GError **error)
{
    const fz_any_row *row = row_at(load, at);
    const uint64_t number = load->rows[load->kind] + 1 + (uint64_t)at;
    const uint32_t zones = load->feed->zones->count;
    g_autofree char *fault = load->kind == FZ_ROW_FLOW     ? fz_record_fault(&row->flow, zones)
                             : load->kind == FZ_ROW_MINUTE ? fz_minute_fault(&row->minute, zones)
                                                           : fz_packet_fault(&row->packet, zones);

    if (!is_in_time(load->store->ops, load->kind, row))
        return refuse_times(load, number, error);
    if (!fault && counts_too_much(load->kind, row))
        fault = g_strdup("counts more than 2^60: no capture has that many");
    if (!fault)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "%s %" G_GUINT64_FORMAT " %s", kind_names[load->kind],
                number, fault);
    return false;
}

static uint32_t *zones_of(fz_row_kind kind, fz_any_row *row)
{
    return kind == FZ_ROW_FLOW ? row->flow.zone : kind == FZ_ROW_MINUTE ? row->minute.zone : row->packet.zone;
}

static void widen_span(session *load, int64_t start_us, int64_t end_us)
{
    load->start_us = MIN(load->start_us, start_us);
    load->end_us = MAX(load->end_us, end_us);
}

static void widen_minutes(session *load, int64_t minute)
{
    load->first_minute = MIN(load->first_minute, minute);
    load->last_minute = MAX(load->last_minute, minute);
}

/* Checks the rows, gives them the store's zone ids and widens the load's time span. */
static bool adopt_rows(session *load, GError **error)
{
    for (ssize_t i = 0; i < load->ready; i++) {
        fz_any_row *row = row_at(load, i);
        if (!check_row(load, i, error))
            return false;
        uint32_t *zone = zones_of(load->kind, row);
        for (int end = 0; end < 2; end++) {
            if (zone[end] != 0)
                zone[end] = load->zone_ids[zone[end] - 1];
        }
        if (load->kind == FZ_ROW_FLOW)
            widen_span(load, row->flow.start_us, row->flow.end_us);
        else if (load->kind == FZ_ROW_PACKET)
            widen_span(load, row->packet.time_us, row->packet.time_us);
        else
            widen_minutes(load, row->minute.minute);
    }
    return true;
}

/* Adds up what records count: whoever adds up all rows of a load gets a number that fits. */
static bool add_claims(session *load, const fz_record *records, size_t count, GError **error)
{
    bool fits = true;

    for (size_t i = 0; i < count; i++) {
        for (int end = 0; end < 2; end++) {
            fits &= !__builtin_add_overflow(load->claimed[0], records[i].packets[end], &load->claimed[0]);
            fits &= !__builtin_add_overflow(load->claimed[1], records[i].bytes[end], &load->claimed[1]);
            fits &= !__builtin_add_overflow(load->claimed[2], records[i].ip_bytes[end], &load->claimed[2]);
        }
    }
    if (!fits)
        g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                            "its packets or bytes add up to more than 2^63: no capture has that many");
    return fits;
}

/* Adds records to the sums of their hours and addresses. */
static bool add_records(session *load, const fz_record *records, size_t count, GError **error)
{
    fz_hour hours[RECORDS_ADDED];
    fz_host hosts[RECORDS_ADDED * 2];

    if (!add_claims(load, records, count, error))
        return false;
    while (count > 0) {
        const size_t some = MIN(count, (size_t)RECORDS_ADDED);
        for (size_t i = 0; i < some; i++) {
            hours[i] = fz_rollup_hour(&records[i], load->feed->run);
            for (int end = 0; end < 2; end++)
                hosts[2 * i + (size_t)end] = fz_rollup_host(&records[i], end);
        }
        if (!fz_sums_add(load->sums[SUM_HOURS], hours, some, error) ||
            !fz_sums_add(load->sums[SUM_HOSTS], hosts, 2 * some, error))
            return false;
        records += some;
        count -= some;
    }
    return true;
}

static bool add_minutes(session *load, const fz_minute *minutes, size_t count, GError **error)
{
    for (size_t i = 0; i < count; i++) {
        const fz_minute_sum sum = fz_rollup_minute(&minutes[i]);
        if (!fz_sums_add(load->sums[SUM_MINUTES], &sum, 1, error))
            return false;
    }
    return true;
}

static bool store_rows(session *load, size_t count, GError **error)
{
    const fz_store_ops *ops = load->store->ops;
    const uint64_t row_no = load->rows[load->kind] + 1;

    switch (load->kind) {
    case FZ_ROW_FLOW:
        return ops->rows(load->store, load->load_id, row_no, &load->read->flow, count, error) &&
               add_records(load, &load->read->flow, count, error);
    case FZ_ROW_MINUTE:
        return add_minutes(load, &load->read->minute, count, error);
    default:
        return ops->packets(load->store, load->load_id, row_no, &load->read->packet, count, error);
    }
}

static bool write_ready(session *load, GError **error)
{
    const size_t count = (size_t)load->ready;

    if (!adopt_rows(load, error) || !store_rows(load, count, error))
        return false;
    load->rows[load->kind] += count;
    return true;
}

/* Writes ledger row, zones, details and sums, to the end of the feed. */
static bool write_rows(session *load, GError **error)
{
    fz_load_row row = ledger_row(load);

    if (!load->store->ops->insert_load(load->store, &row, &load->load_id, error) ||
        (!load->zoned && !load->store->ops->zones(load->store, load->feed->zones, load->zone_ids, error)))
        return false;
    while (load->ready > 0) {
        if (!write_ready(load, error) || !read_rows(load, error))
            return false;
    }
    for (int i = 0; i < SUMS; i++)
        if (!fz_sums_finish(load->sums[i], error))
            return false;
    return take_totals(load, error);
}

static bool finish(session *load, GError **error)
{
    for (fz_row_kind kind = FZ_ROW_FLOW; kind <= FZ_ROW_PACKET; kind++) {
        const uint64_t said = promised(&load->result->totals, kind);
        if (load->rows[kind] == said)
            continue;
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED,
                    "the trailer promises %" G_GUINT64_FORMAT " %ss, but there are %" G_GUINT64_FORMAT, said,
                    kind_names[kind], load->rows[kind]);
        return false;
    }
    fz_load_row row = ledger_row(load);
    return load->store->ops->finish_load(load->store, load->load_id, &row, load->rows[FZ_ROW_FLOW], error) &&
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
    const int64_t earlier = load->result->before.load_id;

    return earlier == 0 || (fz_merge_take_out(load->store, earlier, FZ_LEDGER_KEEPS, error) &&
                            load->store->ops->remove(load->store, earlier, error));
}

/* A file is read once more, before the load, if its totals decide whether to load it. A pipe can be read only once:
 * that is enough where nothing will be written. */
static bool look_ahead(session *load, GError **error)
{
    if (load->result->before.load_id == 0 || load->totals_known)
        return true;
    if (!load->feed->rewind)
        return !fz_ledger_is_dropped(&load->result->before) || drain(load, error);
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

/* Whether the ledger's row alone shows that there is nothing to do. */
static bool is_settled(session *load)
{
    fz_ledger_result *result = load->result;

    if (load->replace || !fz_ledger_has_file(&result->before, load->feed->capture_bytes, load->feed->written_ns))
        return false;
    g_free(result->differences);
    result->differences = fz_identity_compare(load->feed->run, &result->before.run);
    result->outcome = was_refused(load)     ? FZ_OUTCOME_DROPPED
                      : result->differences ? FZ_OUTCOME_DIFFERS
                                            : FZ_OUTCOME_ALREADY;
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

/* The file as the ledger is to know it, after its rows were found to be already loaded, or were refused. */
static bool is_worth_keeping(const session *load, fz_load_file *file)
{
    const fz_outcome outcome = load->result->outcome;
    const int64_t was = load->result->before.file.rows_digest;
    const bool settled = outcome == FZ_OUTCOME_ALREADY && fz_totals_is_whole(&load->result->totals);

    *file = file_of(load);
    if (outcome == FZ_OUTCOME_DROPPED && !load->replace) {
        file->rows_digest = was == 0 ? DIGEST_REFUSED : -ABS(was);
        return true;
    }
    return settled && has_same_rows(load);
}

/* Stores size and time of a file whose rows need not be read the next time. */
static bool keep_file(const session *load, GError **error)
{
    const fz_store_ops *ops = load->store->ops;
    const fz_load_file *before = &load->result->before.file;
    fz_load_file file;

    if (!is_worth_keeping(load, &file) || file.bytes == 0 ||
        (before->bytes == file.bytes && before->written_ns == file.written_ns))
        return true;
    if (!ops->begin(load->store, error))
        return false;
    bool done =
        ops->set_file(load->store, load->result->before.load_id, &file, error) && ops->commit(load->store, error);
    if (!done)
        ops->rollback(load->store);
    return done;
}

static bool keep_store(void *user, GError **error)
{
    const session *load = user;

    return load->store->ops->keep(load->store, error);
}

/* The store's transaction must outlive a feed that pauses. */
static void set_tick(session *load, unsigned seconds)
{
    if (load->store->silence_s > 0 && load->feed->set_tick)
        load->feed->set_tick(load->feed, seconds, keep_store, load);
}

static void free_sums(session *load)
{
    for (int i = 0; i < SUMS; i++)
        g_clear_pointer(&load->sums[i], fz_sums_free);
}

static void new_sums(session *load)
{
    free_sums(load);
    load->sums[SUM_MINUTES] = fz_sums_new(&fz_rollup_minutes, SUMS_MOST, write_minutes, load);
    load->sums[SUM_HOURS] = fz_sums_new(&fz_rollup_hours, SUMS_MOST, write_hours, load);
    load->sums[SUM_HOSTS] = fz_sums_new(&fz_rollup_hosts, SUMS_MOST, write_hosts, load);
}

static bool attempt(session *load, GError **error)
{
    bool go_on = true;

    memset(load->rows, 0, sizeof load->rows);
    memset(load->claimed, 0, sizeof load->claimed);
    load->start_us = INT64_MAX;
    load->end_us = INT64_MIN;
    load->first_minute = INT64_MAX;
    load->last_minute = INT64_MIN;
    new_sums(load);
    if (!prime(load, error) || (!load->identity && !identify(load, error)) ||
        !load->store->ops->begin(load->store, error))
        return false;
    bool done = transact(load, &go_on, error);
    if (!done || !go_on)
        load->store->ops->rollback(load->store);
    return done && (go_on || keep_file(load, error));
}

/* Another load of this capture committed first, or its rows began to be dropped, and our transaction was rolled back. A
 * file is read again, and is found in the ledger; a pipe is read to its end and compared. */
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
        .read = g_new(fz_any_row, FZ_RECORDS_AT_ONCE),
        .zone_ids = g_new0(uint32_t, feed->zones->count),
    };

    *result = (fz_ledger_result){0};
    fz_loaded_init(&result->before);
    set_tick(&load, store->silence_s);
    bool done = attempt(&load, &fault);
    if (!done && (g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE) ||
                  g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_DROPPED))) {
        g_clear_error(&fault);
        done = settle(&load, &fault);
    }
    if (!done)
        g_propagate_error(error, g_steal_pointer(&fault));
    set_tick(&load, 0);
    free_sums(&load);
    g_free(load.zone_ids);
    g_free(load.read);
    g_free(load.identity);
    return done;
}
