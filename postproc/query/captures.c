/* The captures of a question.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "captures.h"

#include <string.h>

struct fz_captures {
    GPtrArray *rows;  /* of fz_capture_row, by their starts */
    GHashTable *byid; /* load_id to row */
};

static void free_row(gpointer at)
{
    fz_capture_row *row = at;

    g_free(row->source);
    g_free(row->folder);
    g_free(row->sensor);
    g_free(row->location);
    g_free(row);
}

void fz_captures_free(fz_captures *captures)
{
    if (!captures)
        return;
    g_hash_table_unref(captures->byid);
    g_ptr_array_unref(captures->rows);
    g_free(captures);
}

enum { LOAD_ID, SOURCE, FOLDER, SENSOR, LOCATION, START_US, END_US, INTERVAL_S, MAX_FLOWS, RECORDS, COLUMNS };
static const char columns[] = "l.load_id, l.source, l.folder, l.sensor, l.location, l.start_us, l.end_us, "
                              "l.interval_s, l.max_flows, l.records";

static char *copy(const char *cell)
{
    return g_strdup(cell ? cell : "");
}

static void take_capture(const char *const *cells, void *user)
{
    fz_captures *captures = user;
    fz_capture_row *row = g_new0(fz_capture_row, 1);

    row->load_id = fz_cell_integer(cells[LOAD_ID]);
    row->source = copy(cells[SOURCE]);
    row->folder = copy(cells[FOLDER]);
    row->sensor = copy(cells[SENSOR]);
    row->location = copy(cells[LOCATION]);
    row->join.start_us = fz_cell_integer(cells[START_US]);
    row->join.end_us = fz_cell_integer(cells[END_US]);
    row->records = fz_cell_integer(cells[RECORDS]);
    row->join.split = fz_cell_integer(cells[INTERVAL_S]) != 0 || fz_cell_integer(cells[MAX_FLOWS]) != 0;
    g_ptr_array_add(captures->rows, row);
    g_hash_table_insert(captures->byid, &row->load_id, row);
}

/* Numbers sensors, and marks captures after which none of the same sensor follows soon. */
static void settle(fz_captures *captures)
{
    g_autoptr(GHashTable) sensors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) next = g_hash_table_new(NULL, NULL);

    for (guint i = captures->rows->len; i-- > 0;) {
        fz_capture_row *row = g_ptr_array_index(captures->rows, i);
        char *key = g_strdup_printf("%s\x1f%s", row->sensor, row->location);
        gpointer number = g_hash_table_lookup(sensors, key);

        if (!number) {
            number = GUINT_TO_POINTER(g_hash_table_size(sensors) + 1);
            g_hash_table_insert(sensors, key, number);
        } else {
            g_free(key);
        }
        row->join.sensor = GPOINTER_TO_UINT(number);
        const fz_capture_row *after = g_hash_table_lookup(next, number);
        row->join.last = !after || after->join.start_us - row->join.end_us >= (int64_t)FZ_JOIN_GAP_S * G_USEC_PER_SEC;
        g_hash_table_insert(next, number, row);
    }
}

fz_captures *fz_captures_read(fz_store *store, const fz_range *range, GError **error)
{
    g_autoptr(fz_captures) captures = g_new0(fz_captures, 1);
    g_autoptr(GString) sql = g_string_new("SELECT ");

    captures->rows = g_ptr_array_new_with_free_func(free_row);
    captures->byid = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_string_append_printf(sql, "%s FROM fz_load l WHERE 1 = 1", columns);
    fz_range_append_loads(sql, range);
    g_string_append(sql, " ORDER BY l.start_us, l.load_id");
    if (!store->ops->query(store, sql->str, COLUMNS, G_MAXINT32, take_capture, captures, error))
        return NULL;
    settle(captures);
    return g_steal_pointer(&captures);
}

uint64_t fz_captures_records(const fz_captures *captures)
{
    uint64_t records = 0;

    for (guint i = 0; i < captures->rows->len; i++)
        records += (uint64_t)((const fz_capture_row *)g_ptr_array_index(captures->rows, i))->records;
    return records;
}

const fz_capture_row *fz_captures_find(const fz_captures *captures, int64_t load_id)
{
    return g_hash_table_lookup(captures->byid, &load_id);
}

/* Rows of one capture that are sorted here, in about 12 MB: a store sorts them with all their columns. */
enum { SORTED_HERE = 65536 };

/* The place of a row. */
typedef struct row_place {
    int64_t start_us, row_no;
    guint at;
} row_place;

typedef struct joining {
    const fz_captures *captures;
    fz_joiner *joiner;
    int64_t load_id;
    GArray *details; /* of fz_detail: of a capture whose rows are sorted here */
    GArray *places;  /* of row_place: of them */
} joining;

static void take_detail(const fz_detail *detail, void *user)
{
    joining *at = user;
    const fz_capture_row *row = fz_captures_find(at->captures, detail->load_id);

    if (detail->load_id != at->load_id && row)
        fz_joiner_capture(at->joiner, &row->join);
    at->load_id = detail->load_id;
    fz_joiner_add(at->joiner, detail);
}

static void keep_detail(const fz_detail *detail, void *user)
{
    joining *at = user;
    const row_place place = {detail->record.start_us, detail->row_no, at->details->len};

    g_array_append_vals(at->details, detail, 1);
    g_array_append_val(at->places, place);
}

static gint compare_places(gconstpointer left, gconstpointer right)
{
    const row_place *a = left, *b = right;

    if (a->start_us != b->start_us)
        return a->start_us < b->start_us ? -1 : 1;
    return (a->row_no > b->row_no) - (a->row_no < b->row_no);
}

static bool read_capture(fz_asking *asking, joining *at, const fz_capture_row *row, GError **error)
{
    g_autofree char *only = g_strdup_printf("l.load_id = %" G_GINT64_FORMAT, row->load_id);

    if (row->records > SORTED_HERE)
        return fz_asking_details_read(asking, only, "r.start_us, r.row_no", 0, take_detail, at, error);
    g_array_set_size(at->details, 0);
    g_array_set_size(at->places, 0);
    if (!fz_asking_details_read(asking, only, NULL, 0, keep_detail, at, error))
        return false;
    g_array_sort(at->places, compare_places);
    for (guint i = 0; i < at->places->len; i++)
        take_detail(&g_array_index(at->details, fz_detail, g_array_index(at->places, row_place, i).at), at);
    return true;
}

/* Capture by capture, where its rows lie side by side: then no more than those of one have to be sorted. */
static bool read_rows(fz_asking *asking, joining *at, GError **error)
{
    if (asking->question->sql || asking->dialect->sorts_by_time)
        return fz_asking_details_read(asking, NULL, "l.start_us, l.load_id, r.start_us, r.row_no", 0, take_detail, at,
                                      error);
    for (guint i = 0; i < at->captures->rows->len; i++)
        if (!read_capture(asking, at, g_ptr_array_index(at->captures->rows, i), error))
            return false;
    return true;
}

bool fz_captures_join(fz_asking *asking, const fz_captures *captures, fz_joined_taker take, void *user, GError **error)
{
    g_autoptr(fz_joiner) joiner = fz_joiner_new((int64_t)FZ_JOIN_GAP_S * G_USEC_PER_SEC, take, user);
    g_autoptr(GArray) details = g_array_new(FALSE, FALSE, sizeof(fz_detail));
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(row_place));
    joining at = {captures, joiner, INT64_MIN, details, places};

    if (!read_rows(asking, &at, error))
        return false;
    fz_joiner_finish(joiner);
    return true;
}
