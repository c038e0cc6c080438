/* Identity, and the exactly-once sequence on a store that is made to fail at every call.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialect.h"
#include "identity.h"
#include "ledger.h"
#include "pipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A store in memory */

typedef struct kept {
    int64_t load_id;
    char identity[65];
    fz_run run;
    fz_totals totals;
    fz_load_file file;
    uint64_t rows, packets;         /* details; rows of fz_packet */
    uint64_t flows, hosts, minutes; /* flows in fz_hour and in fz_host; rows of fz_minute */
    uint64_t minute_packets;
    int64_t start_us, end_us;
    uint8_t dropped, dropping;
} kept;

typedef struct fake_store {
    fz_store store;
    GPtrArray *committed, *working; /* of kept; working is NULL outside of a transaction */
    int64_t next_id;
    int calls, fail_at; /* that call of the running number fails; 0: none */
    const kept *racer;  /* another load that commits this the moment we insert ours */
    bool drops;         /* retention marks the only capture the moment its sums are to be taken out */
    int commits, rollbacks;
} fake_store;

static fake_store *fake(fz_store *store)
{
    return (fake_store *)store;
}

static void kept_clear(void *data)
{
    fz_run_clear(&((kept *)data)->run);
}

static void kept_free(void *data)
{
    g_rc_box_release_full(data, kept_clear);
}

static void copy_run(fz_run *to, const fz_run *from)
{
    *to = *from;
    to->sensor = g_strdup(from->sensor);
    to->source = g_strdup(from->source);
    to->location = g_strdup(from->location);
    to->filter = g_strdup(from->filter);
    to->program = g_strdup(from->program);
    to->folder = g_strdup(from->folder);
}

static kept *kept_copy(const kept *entry)
{
    kept *copy = g_rc_box_new(kept);

    *copy = *entry;
    copy_run(&copy->run, &entry->run);
    return copy;
}

/* A list that shares its entries: for_change() copies the one that a transaction changes. */
static GPtrArray *kept_list(const GPtrArray *from)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(kept_free);

    for (guint i = 0; from && i < from->len; i++)
        g_ptr_array_add(list, g_rc_box_acquire(g_ptr_array_index(from, i)));
    return list;
}

static bool answer(fz_store *store, GError **error)
{
    fake_store *faked = fake(store);

    if (++faked->calls != faked->fail_at)
        return true;
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "call %d fails", faked->calls);
    return false;
}

static bool fake_begin(fz_store *store, GError **error)
{
    assert_null(fake(store)->working);
    if (!answer(store, error))
        return false;
    fake(store)->working = kept_list(fake(store)->committed);
    return true;
}

static kept *by_identity(GPtrArray *list, const char *identity)
{
    for (guint i = 0; i < list->len; i++) {
        kept *entry = g_ptr_array_index(list, i);
        if (strcmp(entry->identity, identity) == 0)
            return entry;
    }
    return NULL;
}

static kept *for_change(GPtrArray *list, int64_t load_id)
{
    for (guint i = 0; i < list->len; i++) {
        kept *entry = g_ptr_array_index(list, i);
        if (entry->load_id != load_id)
            continue;
        list->pdata[i] = kept_copy(entry);
        kept_free(entry);
        return list->pdata[i];
    }
    fail();
    return NULL;
}

static bool fake_find(fz_store *store, const char *identity, fz_loaded *loaded, GError **error)
{
    assert_non_null(fake(store)->working);
    if (!answer(store, error))
        return false;
    const kept *entry = by_identity(fake(store)->working, identity);
    if (entry) {
        loaded->load_id = entry->load_id;
        loaded->totals = entry->totals;
        loaded->file = entry->file;
        loaded->dropped = entry->dropped;
        loaded->dropping = entry->dropping;
        fz_run_clear(&loaded->run);
        copy_run(&loaded->run, &entry->run);
    }
    return true;
}

static bool fake_set_file(fz_store *store, int64_t load_id, const fz_load_file *file, GError **error)
{
    if (!answer(store, error))
        return false;
    for_change(fake(store)->working, load_id)->file = *file;
    return true;
}

static bool fake_remove(fz_store *store, int64_t load_id, GError **error)
{
    if (!answer(store, error))
        return false;
    g_ptr_array_remove(fake(store)->working, for_change(fake(store)->working, load_id));
    return true;
}

static bool duplicate(GError **error)
{
    g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DUPLICATE, "duplicate");
    return false;
}

/* The other load commits: its row is in the ledger from now on. */
static bool race(fake_store *faked, GError **error)
{
    g_ptr_array_add(faked->committed, kept_copy(faked->racer));
    faked->racer = NULL;
    return duplicate(error);
}

static bool fake_insert_load(fz_store *store, const fz_load_row *load, int64_t *load_id, GError **error)
{
    fake_store *faked = fake(store);

    if (!answer(store, error))
        return false;
    if (faked->racer && strcmp(faked->racer->identity, load->identity) == 0)
        return race(faked, error);
    if (by_identity(faked->working, load->identity))
        return duplicate(error);
    kept *entry = g_rc_box_new0(kept);
    entry->load_id = *load_id = ++faked->next_id;
    g_strlcpy(entry->identity, load->identity, sizeof entry->identity);
    copy_run(&entry->run, load->run);
    g_ptr_array_add(faked->working, entry);
    return true;
}

static bool fake_finish_load(fz_store *store, int64_t load_id, const fz_load_row *load, uint64_t rows, GError **error)
{
    fake_store *faked = fake(store);

    if (!answer(store, error))
        return false;
    if (faked->racer && strcmp(faked->racer->identity, load->identity) == 0)
        return race(faked, error);
    kept *entry = for_change(faked->working, load_id);
    assert_int_equal(entry->rows, rows);
    assert_int_equal(entry->packets, load->totals.packets);
    assert_int_equal(load->minutes, load->run->minutes ? (int64_t)entry->minutes : -1);
    g_strlcpy(entry->identity, load->identity, sizeof entry->identity);
    entry->totals = load->totals;
    entry->file = load->file;
    entry->start_us = load->start_us;
    entry->end_us = load->end_us;
    return true;
}

static bool fake_zones(fz_store *store, const fz_zones *zones, uint32_t *ids, GError **error)
{
    if (!answer(store, error))
        return false;
    for (uint32_t i = 0; i < zones->count; i++)
        ids[i] = 1000 + i;
    return true;
}

static bool fake_rows(fz_store *store, int64_t load_id, uint64_t row_no, const fz_record *records, size_t count,
                      GError **error)
{
    if (!answer(store, error))
        return false;
    kept *entry = for_change(fake(store)->working, load_id);
    assert_int_equal(row_no, entry->rows + 1);
    for (size_t i = 0; i < count; i++)
        assert_true(records[i].zone[0] == 0 || records[i].zone[0] >= 1000);
    entry->rows += count;
    return true;
}

static bool fake_packets(fz_store *store, int64_t load_id, uint64_t row_no, const fz_packet_row *packets, size_t count,
                         GError **error)
{
    if (!answer(store, error))
        return false;
    kept *entry = for_change(fake(store)->working, load_id);
    assert_int_equal(row_no, entry->packets + 1);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(packets[i].frame, row_no + i);
        assert_true(packets[i].zone[1] == 0 || packets[i].zone[1] >= 1000);
    }
    entry->packets += count;
    return true;
}

static bool fake_add(fz_store *store, int64_t load_id, fz_table table, const void *rows, size_t count, GError **error)
{
    if (!answer(store, error))
        return false;
    kept *entry = for_change(fake(store)->working, load_id);
    for (size_t i = 0; i < count; i++) {
        if (table == FZ_TABLE_HOUR) {
            entry->flows += ((const fz_hour *)rows)[i].flows;
        } else if (table == FZ_TABLE_HOST) {
            entry->hosts += ((const fz_host *)rows)[i].flows;
        } else {
            const fz_minute_sum *minute = &((const fz_minute_sum *)rows)[i];
            assert_int_equal(table, FZ_TABLE_MINUTE);
            assert_true(minute->zone[1] >= 1000);
            entry->minutes++;
            entry->minute_packets += minute->packets;
        }
    }
    return true;
}

/* No load of this store is ever merged. */
static const fz_dialect *fake_dialect(const fz_store *store)
{
    (void)store;
    return &fz_dialect_sqlite;
}

/* The rows of a file's size and time. */
static void give_files(const GPtrArray *list, const char *sql, fz_cells_taker take, void *user)
{
    for (guint i = 0; i < list->len; i++) {
        const kept *entry = g_ptr_array_index(list, i);
        const bool stays = fz_totals_is_whole(&entry->totals) || ((entry->dropped | entry->dropping) & FZ_LEDGER_KEEPS);
        g_autofree char *where = g_strdup_printf("WHERE capture_bytes = %u AND capture_written_ns = %d ORDER",
                                                 (unsigned)entry->file.bytes, (int)entry->file.written_ns);
        g_autofree char *first = g_strdup_printf("%d", (int)entry->run.first_us);
        const char *const cells[] = {entry->identity,
                                     entry->run.sensor,
                                     entry->run.source,
                                     entry->run.filter,
                                     stays ? "complete" : "cut short",
                                     first};
        if (strstr(sql, where))
            take(cells, user);
    }
}

/* Marks the only capture in the store, as retention does. */
static void drop(fake_store *store, uint8_t dropped, uint8_t dropping)
{
    kept *entry = for_change(store->committed, ((const kept *)g_ptr_array_index(store->committed, 0))->load_id);

    entry->dropped = dropped;
    entry->dropping = dropping;
}

static bool drop_meanwhile(fake_store *faked, GError **error)
{
    drop(faked, 1, 2);
    faked->drops = false;
    g_set_error_literal(error, FZ_STORE_ERROR, FZ_STORE_ERROR_DROPPED, "dropped");
    return false;
}

static bool fake_query(fz_store *store, const char *sql, size_t columns, size_t most, fz_cells_taker take, void *user,
                       GError **error)
{
    const char *zero = "0";

    assert_non_null(fake(store)->working);
    if (!answer(store, error))
        return false;
    if (strstr(sql, "SELECT merged")) {
        assert_true(columns == 1 && most == 1);
        if (fake(store)->drops)
            return drop_meanwhile(fake(store), error);
        take(&zero, user);
    } else {
        assert_int_equal(columns, 6);
        give_files(fake(store)->working, sql, take, user);
    }
    return true;
}

static bool fake_commit(fz_store *store, GError **error)
{
    fake_store *faked = fake(store);

    if (!answer(store, error))
        return false;
    g_ptr_array_unref(faked->committed);
    faked->committed = g_steal_pointer(&faked->working);
    faked->commits++;
    return true;
}

static void fake_rollback(fz_store *store)
{
    g_clear_pointer(&fake(store)->working, g_ptr_array_unref);
    fake(store)->rollbacks++;
}

static const fz_store_ops fake_ops = {
    .first_us = INT64_MIN,
    .last_us = INT64_MAX,
    .begin = fake_begin,
    .look = fake_begin,
    .find = fake_find,
    .set_file = fake_set_file,
    .remove = fake_remove,
    .insert_load = fake_insert_load,
    .finish_load = fake_finish_load,
    .zones = fake_zones,
    .rows = fake_rows,
    .packets = fake_packets,
    .add = fake_add,
    .commit = fake_commit,
    .rollback = fake_rollback,
    .dialect = fake_dialect,
    .query = fake_query,
};

/* Outside of any transaction: then another load may commit, too. */
static bool fake_zones_apart(fz_store *store, const fz_zones *zones, uint32_t *ids, GError **error)
{
    fake_store *faked = fake(store);

    assert_null(faked->working);
    if (faked->racer) {
        g_ptr_array_add(faked->committed, kept_copy(faked->racer));
        faked->racer = NULL;
    }
    return fake_zones(store, zones, ids, error);
}

/* A flow file in memory */

typedef struct fake_feed {
    fz_feed feed;
    fz_run run;
    fz_zones zones;
    fz_totals totals;
    uint64_t rows, at;  /* conversations; rows of all kinds given so far */
    uint64_t broken_at; /* the row that can't be read, from 1; 0: none */
    fz_record odd;      /* the first row, where its family is set */
    int64_t odd_s;      /* added to each minute */
    char digest[65];
} fake_feed;

/* A packet a second makes a conversation; then come the minutes, then the packets. */
static uint64_t count_of(const fake_feed *faked, fz_row_kind kind)
{
    const uint64_t counts[FZ_ROW_KINDS] = {faked->rows, faked->run.minutes ? (faked->rows + 59) / 60 : 0,
                                           faked->run.packets ? faked->rows : 0};

    return counts[kind];
}

static bool make_record(const fake_feed *faked, uint64_t number, fz_record *record, GError **error)
{
    if (faked->broken_at == number + 1) {
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "broken file");
        return false;
    }
    *record = (fz_record){
        .start_us = (int64_t)number * 1000000,
        .end_us = (int64_t)number * 1000000,
        .packets = {1, 0},
        .bytes = {100, 0},
        .zone = {(uint32_t)(number % 2)},
        .addr = {{10, 0, 0, 1}, {10, 0, 0, (uint8_t)(number % 2 + 1)}},
        .family = FZ_IPV4,
        .end_reason = FZ_END_FORCED,
    };
    if (number == 0 && faked->odd.family != 0)
        *record = faked->odd;
    return true;
}

static bool make_row(const fake_feed *faked, fz_row_kind kind, uint64_t number, void *rows, size_t at, GError **error)
{
    const uint64_t packets = MIN(faked->rows - MIN(faked->rows, number * 60), 60);

    if (kind == FZ_ROW_FLOW)
        return make_record(faked, number, &((fz_record *)rows)[at], error);
    if (kind == FZ_ROW_MINUTE)
        ((fz_minute *)rows)[at] = (fz_minute){
            .minute = (int64_t)number * 60 + faked->odd_s, .zone = {0, 1}, .packets = packets, .bytes = packets * 100};
    else
        ((fz_packet_row *)rows)[at] = (fz_packet_row){
            .frame = number + 1, .time_us = (int64_t)number * 1000000, .bytes = 100, .zone = {0, 1}, .family = FZ_IPV4};
    return true;
}

static ssize_t fake_next(fz_feed *feed, fz_row_kind *kind, void *rows, size_t most, GError **error)
{
    fake_feed *faked = (fake_feed *)feed;
    uint64_t at = faked->at;

    for (*kind = FZ_ROW_FLOW; *kind < FZ_ROW_PACKET && at >= count_of(faked, *kind); ++*kind)
        at -= count_of(faked, *kind);
    const size_t count = (size_t)MIN(most, count_of(faked, *kind) - at);
    for (size_t i = 0; i < count; i++)
        if (!make_row(faked, *kind, at + i, rows, i, error))
            return -1;
    faked->at += count;
    return (ssize_t)count;
}

static const fz_totals *fake_totals(fz_feed *feed)
{
    const fake_feed *faked = (fake_feed *)feed;

    assert_int_equal(faked->at,
                     count_of(faked, FZ_ROW_FLOW) + count_of(faked, FZ_ROW_MINUTE) + count_of(faked, FZ_ROW_PACKET));
    return &faked->totals;
}

static const char *fake_digest(fz_feed *feed)
{
    const char *digest = ((fake_feed *)feed)->digest;

    return *digest ? digest : NULL;
}

static bool fake_rewind(fz_feed *feed, GError **error)
{
    (void)error;
    ((fake_feed *)feed)->at = 0;
    return true;
}

static char no_location[] = "", one[] = "1", web[] = "web";

static const fz_zone one_zone = {
    .prefix = {.addr = {.family = FZ_IPV4, .bytes = {10}}, .length = 8},
    .location = no_location,
    .number = one,
    .name = web,
};

/* `rows` conversations of one packet; source "" is a run that doesn't name it. */
static fake_feed *feed_new(const char *source, uint64_t rows, bool pipe)
{
    fake_feed *faked = g_new0(fake_feed, 1);

    fz_run_init(&faked->run);
    g_free(faked->run.source);
    faked->run.source = g_strdup(source);
    faked->run.first_us = 1234567;
    faked->run.first_bytes = 60;
    faked->run.minutes = true;
    faked->rows = rows;
    faked->zones = (fz_zones){.rows = &one_zone, .count = 1};
    faked->totals = (fz_totals){.counted = {.frames = rows, .bytes = rows * 100}, .records = rows};
    faked->totals.minutes = count_of(faked, FZ_ROW_MINUTE);
    g_snprintf(faked->digest, sizeof faked->digest, "digest of %u rows", (unsigned)rows);
    faked->feed = (fz_feed){
        .run = &faked->run,
        .zones = &faked->zones,
        .next = fake_next,
        .totals = fake_totals,
        .digest = fake_digest,
        .rewind = pipe ? NULL : fake_rewind,
    };
    return faked;
}

static void feed_free(fake_feed *faked)
{
    fz_run_clear(&faked->run);
    g_free(faked);
}

/* What store_new() makes. */
static const fz_store_ops *made = &fake_ops;

static fake_store *store_new(void)
{
    fake_store *faked = g_new0(fake_store, 1);

    faked->store.ops = made;
    faked->committed = kept_list(NULL);
    return faked;
}

static void store_free(fake_store *faked)
{
    assert_null(faked->working);
    g_ptr_array_unref(faked->committed);
    g_free(faked);
}

/* Loads, frees the feed, and returns the outcome. */
static fz_outcome load(fake_store *store, fake_feed *feed, bool replace)
{
    fz_ledger_result result;
    g_autoptr(GError) error = NULL;

    if (!fz_ledger_load(&store->store, &feed->feed, replace, &result, &error))
        fail_msg("%s", error->message);
    fz_outcome outcome = result.outcome;
    fz_ledger_result_clear(&result);
    feed_free(feed);
    return outcome;
}

/* The same with rows of packets. */
static fake_feed *with_packets(fake_feed *feed)
{
    feed->run.packets = true;
    feed->totals.packets = feed->rows;
    return feed;
}

/* The only capture in the store has so many rows, in details, sums and ledger. */
static void assert_holds(const fake_store *store, uint64_t rows)
{
    assert_int_equal(store->committed->len, 1);
    const kept *entry = g_ptr_array_index(store->committed, 0);
    assert_int_equal(entry->rows, rows);
    assert_int_equal(entry->flows, rows);
    assert_int_equal(entry->hosts, rows + rows / 2); /* every other conversation is of an address with itself */
    assert_int_equal(entry->minute_packets, entry->run.minutes ? rows : 0);
    assert_int_equal(entry->packets, entry->run.packets ? rows : 0);
    assert_int_equal(entry->totals.records, rows);
}

/* Tests */

static void identity_survives_folders_and_differs_by_first_frame(void **state)
{
    fz_run run;
    fz_run_init(&run);

    (void)state;
    assert_null(fz_identity_of_capture(&run));
    g_free(run.source);
    run.source = g_strdup("/ring/a.pcap");
    run.first_us = 5;
    run.first_bytes = 60;
    g_autofree char *base = fz_identity_of_capture(&run);
    assert_int_equal(strlen(base), 64);

    g_free(run.source);
    run.source = g_strdup("elsewhere/a.pcap");
    g_autofree char *moved = fz_identity_of_capture(&run);
    assert_string_equal(base, moved);

    run.first_us = 6;
    g_autofree char *reused = fz_identity_of_capture(&run);
    assert_string_not_equal(base, reused);
    run.first_us = 5;
    run.first_bytes = 61;
    g_autofree char *longer = fz_identity_of_capture(&run);
    assert_string_not_equal(base, longer);
    run.first_bytes = 60;
    g_free(run.filter);
    run.filter = g_strdup("tcp");
    g_autofree char *filtered = fz_identity_of_capture(&run);
    assert_string_not_equal(base, filtered);
    fz_run_clear(&run);
}

/* Moving bytes from one text to the next gives another identity. */
static void identity_keeps_texts_apart(void **state)
{
    fz_run run;
    fz_run_init(&run);

    (void)state;
    g_free(run.sensor);
    g_free(run.source);
    run.sensor = g_strdup("a");
    run.source = g_strdup("bc");
    g_autofree char *before = fz_identity_of_capture(&run);
    g_free(run.sensor);
    g_free(run.source);
    run.sensor = g_strdup("ab");
    run.source = g_strdup("c");
    g_autofree char *other = fz_identity_of_capture(&run);
    assert_string_not_equal(before, other);
    fz_run_clear(&run);
}

static void the_same_capture_again_changes_nothing(void **state)
{
    static const char *const sources[] = {"a.pcap", ""};

    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
            fake_store *store = store_new();
            assert_int_equal(load(store, feed_new(sources[i], 9000, pipe), false), FZ_OUTCOME_LOADED);
            assert_holds(store, 9000);
            assert_int_equal(load(store, feed_new(sources[i], 9000, pipe), false), FZ_OUTCOME_ALREADY);
            assert_int_equal(store->commits, 1);
            assert_holds(store, 9000);
            store_free(store);
        }
    }
}

static void a_capture_that_has_grown_replaces_its_rows(void **state)
{
    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        fake_store *store = store_new();
        assert_int_equal(load(store, feed_new("a.pcap", 100, pipe), false), FZ_OUTCOME_LOADED);
        assert_int_equal(load(store, feed_new("a.pcap", 150, pipe), false), FZ_OUTCOME_REPLACED);
        assert_holds(store, 150);
        assert_int_equal(load(store, feed_new("a.pcap", 149, pipe), false), FZ_OUTCOME_FEWER);
        assert_int_equal(load(store, feed_new("a.pcap", 100, pipe), false), FZ_OUTCOME_FEWER);
        assert_holds(store, 150);
        assert_int_equal(load(store, feed_new("a.pcap", 100, pipe), true), FZ_OUTCOME_REPLACED);
        assert_holds(store, 100);
        store_free(store);
    }
}

static void replacing_what_only_its_digest_names_leaves_one_load(void **state)
{
    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        fake_store *store = store_new();
        assert_int_equal(load(store, feed_new("", 100, pipe), true), FZ_OUTCOME_LOADED);
        assert_int_equal(load(store, feed_new("", 100, pipe), true), FZ_OUTCOME_REPLACED);
        assert_holds(store, 100);
        store_free(store);
    }
}

static void other_parameters_are_told_and_change_nothing(void **state)
{
    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        fake_store *store = store_new();
        fake_feed *feed = feed_new("a.pcap", 10, pipe);
        fz_ledger_result result;
        assert_int_equal(load(store, feed_new("a.pcap", 10, pipe), false), FZ_OUTCOME_LOADED);
        feed->run.layers = FZ_LAYERS_ALL;
        feed->run.interval_s = 60;
        assert_true(fz_ledger_load(&store->store, &feed->feed, false, &result, NULL));
        assert_int_equal(result.outcome, FZ_OUTCOME_DIFFERS);
        assert_string_equal(result.differences, "layers=all, was outer; interval=60, was 0");
        fz_ledger_result_clear(&result);
        feed_free(feed);
        assert_int_equal(store->commits, 1);
        store_free(store);
    }
}

static void packets_come_with_the_first_load_or_by_replace(void **state)
{
    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        fake_store *store = store_new();
        fz_ledger_result result;
        assert_int_equal(load(store, feed_new("a.pcap", 3000, pipe), false), FZ_OUTCOME_LOADED);
        fake_feed *feed = with_packets(feed_new("a.pcap", 3000, pipe));
        assert_true(fz_ledger_load(&store->store, &feed->feed, false, &result, NULL));
        assert_int_equal(result.outcome, FZ_OUTCOME_DIFFERS);
        assert_string_equal(result.differences, "rows=flows,packets, was flows");
        fz_ledger_result_clear(&result);
        feed_free(feed);
        assert_holds(store, 3000);
        assert_int_equal(load(store, with_packets(feed_new("a.pcap", 3000, pipe)), true), FZ_OUTCOME_REPLACED);
        assert_holds(store, 3000);
        assert_int_equal(load(store, with_packets(feed_new("a.pcap", 3000, pipe)), false), FZ_OUTCOME_ALREADY);
        store_free(store);
    }
}

/* A flow file of version 1. */
static void minutes_that_are_not_known_are_not_none(void **state)
{
    fake_store *store = store_new();
    fake_feed *feed = feed_new("a.pcap", 100, true);

    (void)state;
    feed->run.minutes = false;
    feed->totals.minutes = 0;
    assert_int_equal(load(store, feed, false), FZ_OUTCOME_LOADED);
    assert_holds(store, 100);
    assert_int_equal(load(store, feed_new("a.pcap", 100, true), false), FZ_OUTCOME_ALREADY);
    store_free(store);
}

/* Only a dishonest run has minutes elsewhere than its records. */
static void the_ledger_spans_all_minutes(void **state)
{
    static const struct {
        int64_t odd_s, start_us, end_us;
    } spans[] = {
        {0, 0, 99000000},   {-6000, -6000000000, 99000000}, {6000, 0, 6060000000}, {-60, -60000000, 99000000},
        {60, 0, 120000000},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
        fake_store *store = store_new();
        fake_feed *feed = feed_new("a.pcap", 100, true);
        feed->odd_s = spans[i].odd_s;
        assert_int_equal(load(store, feed, false), FZ_OUTCOME_LOADED);
        const kept *entry = g_ptr_array_index(store->committed, 0);
        assert_int_equal(entry->start_us, spans[i].start_us);
        assert_int_equal(entry->end_us, spans[i].end_us);
        store_free(store);
    }
}

static void as_many_packets_of_other_sizes_are_told(void **state)
{
    fake_store *store = store_new();
    fake_feed *feed = feed_new("a.pcap", 10, false);

    (void)state;
    assert_int_equal(load(store, feed_new("a.pcap", 10, false), false), FZ_OUTCOME_LOADED);
    feed->totals.counted.bytes++;
    assert_int_equal(load(store, feed, false), FZ_OUTCOME_OTHER);
    assert_int_equal(store->commits, 1);
    store_free(store);
}

static void a_capture_no_longer_cut_short_replaces_its_rows(void **state)
{
    fake_store *store = store_new();
    fake_feed *cut = feed_new("a.pcap", 10, false), *again = feed_new("a.pcap", 10, false);

    (void)state;
    cut->totals.cut_short = again->totals.cut_short = true;
    assert_int_equal(load(store, cut, false), FZ_OUTCOME_LOADED);
    assert_int_equal(load(store, again, false), FZ_OUTCOME_ALREADY);
    assert_int_equal(load(store, feed_new("a.pcap", 10, false), false), FZ_OUTCOME_REPLACED);
    assert_int_equal(load(store, feed_new("a.pcap", 10, false), false), FZ_OUTCOME_ALREADY);
    store_free(store);
}

/* Every call of the store fails once: nothing of the load is visible, and the next try succeeds. */
static void check_all_failures(bool pipe, const char *source)
{
    for (int fail_at = 1;; fail_at++) {
        fake_store *store = store_new();
        load(store, feed_new(source, 5000, pipe), false);
        store->calls = 0;
        store->fail_at = fail_at;
        fake_feed *feed = feed_new(source, 9000, pipe);
        fz_ledger_result result;
        g_autoptr(GError) error = NULL;
        bool done = fz_ledger_load(&store->store, &feed->feed, false, &result, &error);
        fz_ledger_result_clear(&result);
        feed_free(feed);
        store->fail_at = 0;
        assert_null(store->working);
        if (done) {
            assert_true(store->calls < fail_at);
            store_free(store);
            return;
        }
        assert_non_null(error);
        assert_holds(store, 5000);
        load(store, feed_new(source, 9000, pipe), false);
        assert_int_equal(store->committed->len, *source ? 1 : 2);
        store_free(store);
    }
}

static void a_store_that_fails_at_any_call_shows_no_row(void **state)
{
    (void)state;
    check_all_failures(false, "a.pcap");
    check_all_failures(true, "a.pcap");
    check_all_failures(false, "");
    check_all_failures(true, "");
}

static void assert_refused(fake_feed *feed, const char *why)
{
    fake_store *store = store_new();
    fz_ledger_result result;
    g_autoptr(GError) error = NULL;

    assert_false(fz_ledger_load(&store->store, &feed->feed, false, &result, &error));
    assert_non_null(strstr(error->message, why));
    assert_int_equal(store->committed->len, 0);
    fz_ledger_result_clear(&result);
    feed_free(feed);
    store_free(store);
}

static void a_file_that_breaks_anywhere_loads_nothing(void **state)
{
    static const uint64_t places[] = {1, 2, FZ_RECORDS_AT_ONCE, FZ_RECORDS_AT_ONCE + 1, 9000};

    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
            for (int named = 0; named < 2; named++) {
                fake_feed *feed = feed_new(named ? "a.pcap" : "", 9000, pipe);
                feed->broken_at = places[i];
                assert_refused(feed, "broken file");
            }
        }
    }
}

static void a_trailer_that_promises_other_rows_is_refused(void **state)
{
    fake_feed *feed = feed_new("a.pcap", 10, false);

    (void)state;
    feed->totals.records = 11;
    assert_refused(feed, "promises 11 records, but there are 10");
    feed = feed_new("a.pcap", 70, true);
    feed->totals.minutes = 1;
    assert_refused(feed, "promises 1 minutes, but there are 2");
    feed = with_packets(feed_new("a.pcap", 70, false));
    feed->totals.packets = 71;
    assert_refused(feed, "promises 71 packets, but there are 70");
}

static void what_has_neither_source_nor_digest_is_refused(void **state)
{
    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        fake_feed *feed = feed_new("", 10, pipe);
        *feed->digest = '\0';
        assert_refused(feed, "neither a source nor a digest");
    }
}

static void values_no_store_can_hold_are_refused(void **state)
{
    static const struct {
        fz_record record;
        const char *why;
    } odd[] = {
        {{.family = 5, .end_reason = FZ_END_FORCED}, "record 1 is neither IPv4 nor IPv6"},
        {{.family = FZ_IPV4, .end_reason = FZ_END_FORCED, .zone = {2}}, "record 1 has zone 2"},
        {{.family = FZ_IPV4, .end_reason = FZ_END_FORCED, .bytes = {0, UINT64_MAX}}, "record 1 counts more than 2^60"},
        {{.family = FZ_IPV6, .end_reason = FZ_END_FORCED, .packets = {UINT64_C(1) << 61, 0}}, "record 1 counts more"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        fake_feed *feed = feed_new("a.pcap", 10, true);
        feed->odd = odd[i].record;
        assert_refused(feed, odd[i].why);
    }
    fake_feed *feed = feed_new("a.pcap", 10, true);
    feed->totals.not_ip.bytes = UINT64_MAX;
    assert_refused(feed, "more than 2^60");
}

/* Two loads of one capture: the other commits while ours is under way. */
static void the_slower_of_two_loads_finds_the_capture_loaded(void **state)
{
    static const char *const sources[] = {"a.pcap", ""};

    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
            fake_store *first = store_new(), *store = store_new();
            load(first, feed_new(sources[i], 9000, pipe), false);
            store->racer = g_ptr_array_index(first->committed, 0);
            store->next_id = store->racer->load_id;
            assert_int_equal(load(store, feed_new(sources[i], 9000, pipe), false), FZ_OUTCOME_ALREADY);
            assert_int_equal(store->commits, 0);
            assert_holds(store, 9000);
            store_free(store);
            store_free(first);
        }
    }
}

static void zones_apart_are_taken_outside_of_the_transaction(void **state)
{
    fz_store_ops apart = fake_ops;

    (void)state;
    apart.zones_apart = true;
    apart.zones = fake_zones_apart;
    made = &apart;
    check_all_failures(false, "a.pcap");
    check_all_failures(true, "a.pcap");
    check_all_failures(false, "");
    check_all_failures(true, "");
    the_slower_of_two_loads_finds_the_capture_loaded(NULL);
    a_capture_no_longer_cut_short_replaces_its_rows(NULL);
    made = &fake_ops;
}

/* `bytes`: of the capture's file, which was written at a time of its own; a feed that must not be read is broken after
 * what is read ahead. */
static fake_feed *sized_feed(uint64_t rows, uint64_t bytes, bool unread)
{
    fake_feed *feed = feed_new("a.pcap", rows, true);

    feed->feed.capture_bytes = bytes;
    feed->feed.written_ns = bytes ? 1000 : 0;
    feed->broken_at = unread ? FZ_RECORDS_AT_ONCE + 1 : 0;
    return feed;
}

static uint64_t kept_size(const fake_store *store)
{
    return ((const kept *)g_ptr_array_index(store->committed, 0))->file.bytes;
}

static void a_capture_of_the_same_size_is_not_read(void **state)
{
    fake_store *store = store_new();

    (void)state;
    assert_int_equal(load(store, sized_feed(9000, 500, false), false), FZ_OUTCOME_LOADED);
    assert_int_equal(kept_size(store), 500);
    assert_int_equal(load(store, sized_feed(9000, 500, true), false), FZ_OUTCOME_ALREADY);
    fake_feed *other = sized_feed(9000, 500, true);
    other->run.interval_s = 60;
    assert_int_equal(load(store, other, false), FZ_OUTCOME_DIFFERS);
    assert_int_equal(store->commits, 1);
    assert_int_equal(load(store, sized_feed(9001, 510, false), false), FZ_OUTCOME_REPLACED);
    assert_int_equal(kept_size(store), 510);
    assert_holds(store, 9001);
    store_free(store);
}

static void a_size_that_is_news_is_kept(void **state)
{
    fake_store *store = store_new();

    (void)state;
    assert_int_equal(load(store, feed_new("a.pcap", 10, false), false), FZ_OUTCOME_LOADED);
    assert_int_equal(kept_size(store), 0);
    assert_int_equal(load(store, sized_feed(10, 500, false), false), FZ_OUTCOME_ALREADY);
    assert_int_equal(kept_size(store), 500);
    assert_int_equal(load(store, sized_feed(10, 0, false), false), FZ_OUTCOME_ALREADY);
    assert_int_equal(kept_size(store), 500);
    assert_holds(store, 10);
    store_free(store);
}

typedef enum end { WHOLE, CUT, CHANGED } end;

static fake_feed *ended_feed(uint64_t rows, end how)
{
    fake_feed *feed = sized_feed(rows, 500, false);

    feed->totals.cut_short = how == CUT;
    feed->totals.changed = how == CHANGED;
    return feed;
}

static void what_is_not_whole_is_read_again_and_replaced_by_less(void **state)
{
    (void)state;
    for (end was = CUT; was <= CHANGED; was++) {
        fake_store *store = store_new();
        assert_int_equal(load(store, ended_feed(100, was), false), FZ_OUTCOME_LOADED);
        assert_int_equal(load(store, ended_feed(100, was), false), FZ_OUTCOME_ALREADY);
        assert_int_equal(load(store, ended_feed(100, CUT), false),
                         was == CHANGED ? FZ_OUTCOME_REPLACED : FZ_OUTCOME_ALREADY);
        assert_int_equal(load(store, ended_feed(100, CUT), false), FZ_OUTCOME_ALREADY);
        assert_int_equal(load(store, ended_feed(90, CUT), false), FZ_OUTCOME_REPLACED);
        assert_int_equal(load(store, ended_feed(80, WHOLE), false), FZ_OUTCOME_REPLACED);
        assert_holds(store, 80);
        for (end now = WHOLE; now <= CHANGED; now++) {
            fake_feed *fewer = ended_feed(70, now);
            fewer->feed.capture_bytes = 499;
            assert_int_equal(load(store, fewer, false), FZ_OUTCOME_FEWER);
        }
        assert_holds(store, 80);
        store_free(store);
    }
}

/* A file whose space was reserved ends in frames of 0 bytes. */
static fake_feed *reserved_feed(uint64_t rows, uint64_t empty)
{
    fake_feed *feed = ended_feed(rows, CUT);

    feed->totals.not_ip.frames += empty;
    return feed;
}

static void room_without_packets_takes_the_place_of_nothing_whole(void **state)
{
    fake_store *store = store_new();

    (void)state;
    assert_int_equal(load(store, reserved_feed(10, 1000), false), FZ_OUTCOME_LOADED);
    assert_int_equal(load(store, reserved_feed(20, 500), false), FZ_OUTCOME_REPLACED);
    assert_int_equal(load(store, ended_feed(100, WHOLE), false), FZ_OUTCOME_REPLACED);
    fake_feed *again = reserved_feed(50, 1000);
    again->feed.written_ns = 2000;
    assert_int_equal(load(store, again, false), FZ_OUTCOME_FEWER);
    assert_holds(store, 100);
    assert_int_equal(load(store, ended_feed(101, CUT), false), FZ_OUTCOME_ALREADY); /* its size and time are known */
    store_free(store);
}

/* As many packets and bytes, and the same size: only the times show that it may be another capture. */
static void what_was_written_since_is_compared_by_its_rows(void **state)
{
    fake_store *store = store_new();
    fake_feed *touched = sized_feed(10, 500, false), *filled = sized_feed(10, 500, false),
              *other = sized_feed(10, 500, false), *unknown = sized_feed(10, 0, false);

    (void)state;
    assert_int_equal(load(store, sized_feed(10, 500, false), false), FZ_OUTCOME_LOADED);
    touched->feed.written_ns = 2000;
    assert_int_equal(load(store, touched, false), FZ_OUTCOME_ALREADY);
    assert_int_equal(((const kept *)g_ptr_array_index(store->committed, 0))->file.written_ns, 2000);
    filled->feed.written_ns = other->feed.written_ns = 3000;
    filled->odd = (fz_record){
        .packets = {1, 0}, .bytes = {100, 0}, .family = FZ_IPV4, .end_reason = FZ_END_FORCED, .port = {80, 81}};
    unknown->odd = filled->odd;
    assert_int_equal(load(store, unknown, false), FZ_OUTCOME_ALREADY); /* another engine, perhaps */
    assert_int_equal(load(store, filled, false), FZ_OUTCOME_REPLACED);
    other->feed.written_ns = 4000;
    other->totals.counted.bytes++;
    assert_int_equal(load(store, other, false), FZ_OUTCOME_REPLACED);
    store_free(store);
}

static void questions_are_answered_by_identity_and_size(void **state)
{
    static const struct {
        const char *source;
        uint64_t bytes;
        int64_t written_ns;
        uint32_t interval_s;
        fz_ledger_answer answer;
    } cases[] = {
        {"a.pcap", 500, 1000, 0, FZ_LEDGER_SAME},          {"a.pcap", 501, 1000, 0, FZ_LEDGER_NEWS},
        {"a.pcap", 500, 1001, 0, FZ_LEDGER_NEWS},          {"b.pcap", 500, 1000, 0, FZ_LEDGER_NEWS},
        {"a.pcap", 500, 1000, 60, FZ_LEDGER_SAME_DIFFERS}, {"cut.pcap", 500, 1000, 0, FZ_LEDGER_NEWS},
        {"changed.pcap", 500, 1000, 0, FZ_LEDGER_NEWS},
    };
    fake_store *store = store_new();

    (void)state;
    for (int i = 0; i < 3; i++) {
        fake_feed *feed = feed_new(((const char *[]){"a.pcap", "cut.pcap", "changed.pcap"})[i], 10, true);
        feed->feed.capture_bytes = 500;
        feed->feed.written_ns = 1000;
        feed->totals.cut_short = i == 1;
        feed->totals.changed = i == 2;
        load(store, feed, false);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fake_feed *feed = feed_new(cases[i].source, 10, true);
        fz_ledger_question question = {.capture_bytes = cases[i].bytes, .written_ns = cases[i].written_ns};
        g_autofree char *identity = fz_identity_of_capture(&feed->run);
        feed->run.interval_s = cases[i].interval_s;
        g_strlcpy(question.identity, identity, sizeof question.identity);
        assert_true(fz_ledger_ask(&store->store, &feed->run, &question, 1, NULL));
        assert_int_equal(question.answer, cases[i].answer);
        assert_null(store->working);
        feed_free(feed);
    }
    store_free(store);
}

/* As many loads as names; those of one name differ in their first frame. */
static fake_store *store_of(const char *const names[], size_t count)
{
    fake_store *store = store_new();

    for (size_t i = 0; i < count; i++) {
        fake_feed *feed = feed_new(names[i], 10, true);
        feed->feed.capture_bytes = 500;
        feed->feed.written_ns = 1000;
        feed->run.first_us = (int64_t)i;
        feed->totals.cut_short = !strcmp(names[i], "cut.pcap");
        feed->totals.changed = !strcmp(names[i], "changed.pcap");
        load(store, feed, false);
    }
    return store;
}

static fz_ledger_question ask_by_file(fake_store *store, const fz_run *run, uint64_t bytes, int64_t written_ns)
{
    fz_ledger_question question = {.capture_bytes = bytes, .written_ns = written_ns};
    g_autofree char *file = fz_identity_of_file(run, bytes, written_ns);

    g_strlcpy(question.file, file, sizeof question.file);
    assert_true(fz_ledger_ask(&store->store, run, &question, 1, NULL));
    assert_null(store->working);
    return question;
}

static void questions_by_file_are_answered_without_a_look_into_it(void **state)
{
    static const char *const names[] = {"twice.pcap", "cut.pcap", "changed.pcap", "a.pcap", "twice.pcap"};
    static const struct {
        const char *source;
        uint64_t bytes;
        int64_t written_ns;
        uint32_t interval_s;
        const char *sensor, *filter;
        fz_ledger_answer answer;
    } cases[] = {
        {"a.pcap", 500, 1000, 0, NULL, NULL, FZ_LEDGER_SAME},
        {"a.pcap", 501, 1000, 0, NULL, NULL, FZ_LEDGER_NEWS},
        {"a.pcap", 500, 1001, 0, NULL, NULL, FZ_LEDGER_NEWS},
        {"b.pcap", 500, 1000, 0, NULL, NULL, FZ_LEDGER_NEWS},
        {"a.pcap", 500, 1000, 0, "other", NULL, FZ_LEDGER_NEWS},
        {"a.pcap", 500, 1000, 0, NULL, "tcp", FZ_LEDGER_NEWS},
        {"a.pcap", 500, 1000, 60, NULL, NULL, FZ_LEDGER_SAME_DIFFERS},
        {"cut.pcap", 500, 1000, 0, NULL, NULL, FZ_LEDGER_NEWS},
        {"changed.pcap", 500, 1000, 0, NULL, NULL, FZ_LEDGER_NEWS},
        {"twice.pcap", 500, 1000, 0, NULL, NULL, FZ_LEDGER_NEWS}, /* which of the two? */
    };
    fake_store *store = store_of(names, G_N_ELEMENTS(names));

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fake_feed *feed = feed_new(cases[i].source, 10, true);
        char *const sensor = feed->run.sensor, *const filter = feed->run.filter;
        g_autofree char *other_sensor = g_strdup(cases[i].sensor ? cases[i].sensor : sensor);
        g_autofree char *other_filter = g_strdup(cases[i].filter ? cases[i].filter : filter);
        feed->run.interval_s = cases[i].interval_s;
        feed->run.sensor = other_sensor;
        feed->run.filter = other_filter;
        fz_ledger_question question = ask_by_file(store, &feed->run, cases[i].bytes, cases[i].written_ns);
        assert_int_equal(question.answer, cases[i].answer);
        if (question.answer != FZ_LEDGER_NEWS)
            assert_int_equal(question.first_us, 3);
        feed->run.sensor = sensor;
        feed->run.filter = filter;
        feed_free(feed);
    }
    store_free(store);
}

static const struct {
    uint8_t dropped, dropping;
} kept_as_they_are[] = {{1, 2},  {9, 2}, {3, 0}, {11, 0}, {3, 4}, {7, 8},
                        {15, 0}, {8, 0}, {8, 1}, {9, 0},  {1, 8}, {0, 8}},
  without_packets[] = {{0, 1}, {1, 0}};

/* Conversations, or hours of a capture that is held back. */
static void what_would_replace_dropped_rows_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(kept_as_they_are); i++) {
        const bool pipe = i % 2 != 0;
        fake_store *store = store_new();
        fake_feed *other = feed_new("a.pcap", 100, pipe);
        assert_int_equal(load(store, feed_new("a.pcap", 100, pipe), false), FZ_OUTCOME_LOADED);
        drop(store, kept_as_they_are[i / 2].dropped, kept_as_they_are[i / 2].dropping);
        assert_int_equal(load(store, feed_new("a.pcap", 100, pipe), false), FZ_OUTCOME_ALREADY);
        assert_int_equal(load(store, feed_new("a.pcap", 90, pipe), false), FZ_OUTCOME_FEWER);
        other->run.interval_s = 60;
        assert_int_equal(load(store, other, false), FZ_OUTCOME_DIFFERS);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(load(store, feed_new("a.pcap", 150, pipe), false), FZ_OUTCOME_DROPPED);
            assert_int_equal(load(store, feed_new("a.pcap", 100, pipe), true), FZ_OUTCOME_DROPPED);
        }
        assert_int_equal(store->commits, 1);
        assert_holds(store, 100);
        store_free(store);
    }
}

static void without_packets_it_is_replaced_and_whole_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(without_packets); i++) {
        const bool pipe = i % 2 != 0;
        fake_store *store = store_new();
        assert_int_equal(load(store, with_packets(feed_new("a.pcap", 100, pipe)), false), FZ_OUTCOME_LOADED);
        drop(store, without_packets[i / 2].dropped, without_packets[i / 2].dropping);
        assert_int_equal(load(store, with_packets(feed_new("a.pcap", 150, pipe)), false), FZ_OUTCOME_REPLACED);
        assert_holds(store, 150);
        assert_int_equal(((const kept *)g_ptr_array_index(store->committed, 0))->dropped, 0);
        store_free(store);
    }
}

static void a_file_that_was_refused_is_known_and_refused_again(void **state)
{
    fake_store *store = store_new();

    (void)state;
    assert_int_equal(load(store, sized_feed(100, 500, false), false), FZ_OUTCOME_LOADED);
    drop(store, 3, 0);
    assert_int_equal(load(store, sized_feed(100, 500, false), true), FZ_OUTCOME_DROPPED);
    assert_int_equal(load(store, sized_feed(100, 500, true), false), FZ_OUTCOME_ALREADY); /* it is not read */
    assert_int_equal(load(store, sized_feed(150, 750, false), false), FZ_OUTCOME_DROPPED);
    assert_int_equal(kept_size(store), 750);
    assert_int_equal(load(store, sized_feed(150, 750, true), false), FZ_OUTCOME_DROPPED);
    assert_int_equal(load(store, sized_feed(160, 800, false), false), FZ_OUTCOME_DROPPED);
    assert_holds(store, 100);
    assert_int_equal(load(store, sized_feed(100, 500, false), false), FZ_OUTCOME_ALREADY);
    assert_int_equal(kept_size(store), 500);
    assert_int_equal(load(store, sized_feed(100, 500, true), false), FZ_OUTCOME_ALREADY);
    store_free(store);
}

/* The drop is marked after the ledger was read: the merged sums' lock shows it. */
static void what_is_dropped_meanwhile_is_refused_too(void **state)
{
    (void)state;
    for (int pipe = 0; pipe < 2; pipe++) {
        fake_store *store = store_new();
        assert_int_equal(load(store, feed_new("a.pcap", 100, pipe), false), FZ_OUTCOME_LOADED);
        store->drops = true;
        assert_int_equal(load(store, feed_new("a.pcap", 150, pipe), false), FZ_OUTCOME_DROPPED);
        assert_false(store->drops);
        assert_holds(store, 100);
        store_free(store);
    }
}

static void files_of_dropped_captures_are_known_whole_or_not(void **state)
{
    static const char *const names[] = {"a.pcap", "cut.pcap", "changed.pcap"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        fake_store *store = store_of(&names[i], 1);
        fake_feed *feed = feed_new(names[i], 10, true);
        feed->run.interval_s = 60; /* there is nothing to be done about it */
        drop(store, 7, 0);
        assert_int_equal(ask_by_file(store, &feed->run, 500, 1000).answer, FZ_LEDGER_SAME);
        assert_int_equal(ask_by_file(store, &feed->run, 501, 1000).answer, FZ_LEDGER_NEWS);
        feed_free(feed);
        store_free(store);
    }
}

static void an_empty_capture_is_a_load_of_no_rows(void **state)
{
    fake_store *store = store_new();

    (void)state;
    assert_int_equal(load(store, feed_new("a.pcap", 0, true), false), FZ_OUTCOME_LOADED);
    assert_int_equal(load(store, feed_new("a.pcap", 0, false), false), FZ_OUTCOME_ALREADY);
    assert_holds(store, 0);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_survives_folders_and_differs_by_first_frame),
        cmocka_unit_test(identity_keeps_texts_apart),
        cmocka_unit_test(the_same_capture_again_changes_nothing),
        cmocka_unit_test(a_capture_that_has_grown_replaces_its_rows),
        cmocka_unit_test(replacing_what_only_its_digest_names_leaves_one_load),
        cmocka_unit_test(other_parameters_are_told_and_change_nothing),
        cmocka_unit_test(packets_come_with_the_first_load_or_by_replace),
        cmocka_unit_test(minutes_that_are_not_known_are_not_none),
        cmocka_unit_test(the_ledger_spans_all_minutes),
        cmocka_unit_test(as_many_packets_of_other_sizes_are_told),
        cmocka_unit_test(a_capture_no_longer_cut_short_replaces_its_rows),
        cmocka_unit_test(a_store_that_fails_at_any_call_shows_no_row),
        cmocka_unit_test(a_file_that_breaks_anywhere_loads_nothing),
        cmocka_unit_test(what_has_neither_source_nor_digest_is_refused),
        cmocka_unit_test(a_trailer_that_promises_other_rows_is_refused),
        cmocka_unit_test(values_no_store_can_hold_are_refused),
        cmocka_unit_test(the_slower_of_two_loads_finds_the_capture_loaded),
        cmocka_unit_test(a_capture_of_the_same_size_is_not_read),
        cmocka_unit_test(a_size_that_is_news_is_kept),
        cmocka_unit_test(what_is_not_whole_is_read_again_and_replaced_by_less),
        cmocka_unit_test(room_without_packets_takes_the_place_of_nothing_whole),
        cmocka_unit_test(what_was_written_since_is_compared_by_its_rows),
        cmocka_unit_test(questions_are_answered_by_identity_and_size),
        cmocka_unit_test(questions_by_file_are_answered_without_a_look_into_it),
        cmocka_unit_test(zones_apart_are_taken_outside_of_the_transaction),
        cmocka_unit_test(what_would_replace_dropped_rows_is_refused),
        cmocka_unit_test(without_packets_it_is_replaced_and_whole_again),
        cmocka_unit_test(a_file_that_was_refused_is_known_and_refused_again),
        cmocka_unit_test(what_is_dropped_meanwhile_is_refused_too),
        cmocka_unit_test(files_of_dropped_captures_are_known_whole_or_not),
        cmocka_unit_test(an_empty_capture_is_a_load_of_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
