/* Packets and details: by days, where a server can drop these at once, or some rows of a load at a time.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "derived.h"
#include "retain_private.h"

#include <string.h>

/* Rows in a transaction: few where the disk has hardly room for a journal. */
enum { ROWS_LEAST = 1000, ROWS_MOST = 1000000 };

/* The ledger is believed up to so many rows of a load: to walk over rows that never were would take for ever. */
enum { ROWS_BELIEVED = 100000000 };

static const struct {
    fz_table table;
    const char *rows, *shows; /* conditions on a load l: it had rows of this table, and they are to be read */
    const char *mark;         /* the condition under which it may be marked */
} tables[] = {
    [FZ_RETAIN_PACKETS] = {FZ_TABLE_PACKET, "l.packets > 0", FZ_SQL_HAS_PACKETS, "dropped IN (0, 8)"},
    [FZ_RETAIN_DETAILS] = {FZ_TABLE_FLOW, "l.records > 0", FZ_SQL_HAS_FLOWS, "dropped IN (1, 9) AND merged IN (1, 2)"},
};

typedef struct window {
    int64_t load_id;
    fz_table table;
    uint64_t first, last;
} window;

static bool shed(retention *run, void *user, GError **error)
{
    const window *at = user;

    return run->store->ops->shed(run->store, at->load_id, at->table, at->first, at->last, error);
}

/* A disk that is full may have room for a smaller journal: that is tried once. */
static retain_end shed_window(retention *run, window *at, GError **error)
{
    g_autoptr(GError) fault = NULL;
    retain_end end = fz_retain_try(run, shed, at, &fault);

    if (end == RETAIN_FAILED && !run->narrow && g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED)) {
        run->narrow = true;
        run->pace.rows = ROWS_LEAST;
        at->last = MIN(at->last, at->first + ROWS_LEAST - 1);
        g_clear_error(&fault);
        end = fz_retain_try(run, shed, at, &fault);
    }
    if (fault)
        g_propagate_error(error, g_steal_pointer(&fault));
    return end;
}

/* The number of a load's last row, or a higher one. */
static bool find_last(retention *run, fz_retain_tier tier, const retain_load *load, uint64_t *last, GError **error)
{
    const int64_t claimed = MAX(fz_retain_rows(load, tier), 0);
    int64_t highest = 0;

    *last = (uint64_t)claimed;
    if (claimed <= ROWS_BELIEVED)
        return true;
    g_autoptr(GString) join = g_string_new(NULL);
    fz_template_append(join, run->store->ops->dialect(run->store)->row_join,
                       fz_tables[tables[tier].table].name + strlen("fz_"));
    if (!fz_retain_number(run,
                          g_strdup_printf("SELECT MAX(r.row_no) FROM fz_load l %s WHERE l.load_id = %" G_GINT64_FORMAT,
                                          join->str, load->id),
                          &highest, error))
        return false;
    *last = (uint64_t)CLAMP(highest, 0, claimed);
    return true;
}

static retain_end shed_load(retention *run, fz_retain_tier tier, const retain_load *load, GError **error)
{
    window at = {.load_id = load->id, .table = tables[tier].table};
    uint64_t rows;

    if (!find_last(run, tier, load, &rows, error))
        return RETAIN_FAILED;
    while (at.last < rows) {
        at.first = at.last + 1;
        at.last = MIN(rows, at.last + run->pace.rows);
        const bool whole = at.last - at.first + 1 == run->pace.rows;
        const retain_end end = shed_window(run, &at, error);
        if (end != RETAIN_DONE)
            return end;
        if (!run->narrow)
            run->pace.rows =
                fz_retain_adapt(&run->pace, run->pace.rows, ROWS_LEAST, whole ? ROWS_MOST : run->pace.rows);
    }
    return RETAIN_DONE;
}

static bool is_of(const fz_day_span *span, const retain_load *load)
{
    return load->day >= span->first && load->day < span->until;
}

/* Whether a load that is not marked still shows rows of these days: held, or due and in use. */
static bool is_shown(retention *run, fz_retain_tier tier, const fz_day_span *span, bool *shown, GError **error)
{
    int64_t loads = 0;

    if (!fz_retain_number(run,
                          g_strdup_printf("SELECT COUNT(*) FROM fz_load l WHERE l.day >= %" G_GINT64_FORMAT
                                          " AND l.day < %" G_GINT64_FORMAT " AND %s AND %s",
                                          span->first, span->until, tables[tier].rows, tables[tier].shows),
                          &loads, error))
        return false;
    *shown = loads > 0;
    return true;
}

typedef struct day {
    fz_table table;
    const fz_day_span *span;
} day;

static bool drop_day(retention *run, void *user, GError **error)
{
    const day *at = user;
    const fz_days_ops *days = run->store->ops->days(run->store);

    return days->drop(run->store, at->table, at->span, error);
}

static void note_once(retention *run, const char *line)
{
    if (!run->noted && run->order->note)
        run->order->note(line, run->order->user);
    run->noted = true;
}

/* Drops the days of which all loads are marked: `is_gone` says which loads were of them. */
static bool drop_days(retention *run, fz_retain_tier tier, const GArray *marked, bool *is_gone, GError **error)
{
    const GArray *spans = run->spans[tier];

    for (guint s = 0; s < spans->len; s++) {
        const fz_day_span *span = &g_array_index(spans, fz_day_span, s);
        day at = {tables[tier].table, span};
        bool some = false, shown = false;

        for (guint i = 0; i < marked->len; i++)
            some = some || (is_of(span, fz_retain_at(marked, i)) && fz_retain_rows(fz_retain_at(marked, i), tier) > 0);
        if (!some)
            continue;
        if (!is_shown(run, tier, span, &shown, error))
            return false;
        const retain_end end = shown ? RETAIN_LATER : fz_retain_try(run, drop_day, &at, error);
        if (end == RETAIN_FAILED)
            return false;
        if (end == RETAIN_LATER && !shown)
            note_once(run, "a table was in use: rows go one after another, not a day at once");
        for (guint i = 0; end == RETAIN_DONE && i < marked->len; i++)
            is_gone[i] = is_gone[i] || is_of(span, fz_retain_at(marked, i));
    }
    return true;
}

retain_end fz_retain_drop_rows(retention *run, fz_retain_tier tier, const GArray *marked, GError **error)
{
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(retain_load));
    g_autofree bool *is_gone = g_new0(bool, (gsize)marked->len + 1);
    retain_end end = tier == FZ_RETAIN_DETAILS ? fz_retain_group_minutes(run, marked, error) : RETAIN_DONE;

    if (end == RETAIN_DONE && !drop_days(run, tier, marked, is_gone, error))
        end = RETAIN_FAILED;
    if (end == RETAIN_DONE && run->why[tier] && marked->len > 0)
        note_once(run, run->why[tier]);
    for (guint i = 0; end == RETAIN_DONE && i < marked->len; i++) {
        if (!is_gone[i])
            end = shed_load(run, tier, fz_retain_at(marked, i), error);
        if (end == RETAIN_DONE)
            g_array_append_val(done, *fz_retain_at(marked, i));
    }
    if (end == RETAIN_FAILED) /* what is done is said by the next run */
        return end;
    const retain_end said = fz_retain_finish(run, tier, done, error);
    return said == RETAIN_DONE ? end : said;
}

static gint compare_days(gconstpointer a, gconstpointer b)
{
    const retain_load *one = a, *two = b;

    if (one->day != two->day)
        return one->day < two->day ? -1 : 1;
    return (one->last_us > two->last_us) - (one->last_us < two->last_us);
}

/* The loads that are marked together: some, or all of the days that go at once. */
static guint end_of_bunch(const GArray *spans, const GArray *due, guint from)
{
    const fz_day_span *span = fz_retain_span(spans, fz_retain_at(due, from));
    guint end = from + 1;

    while (end < due->len && (span ? is_of(span, fz_retain_at(due, end)) : end - from < FZ_RETAIN_LOADS))
        end++;
    return end;
}

static retain_end drop_bunch(retention *run, fz_retain_tier tier, const GArray *bunch, GError **error)
{
    g_autoptr(GArray) marked = g_array_new(FALSE, FALSE, sizeof(retain_load));
    const retain_end end = fz_retain_mark(run, tier, bunch, tables[tier].mark, marked, error);

    return end == RETAIN_DONE ? fz_retain_drop_rows(run, tier, marked, error) : end;
}

bool fz_retain_rows_of(retention *run, fz_retain_tier tier, const GArray *loads, GError **error)
{
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(retain_load));
    const fz_retain_count *count = &run->tally->tiers[tier];
    const int64_t before = count->loads;
    retain_end end = RETAIN_DONE;

    for (guint i = 0; i < loads->len; i++)
        if (fz_retain_at(loads, i)->due & fz_retain_bit(tier))
            g_array_append_val(due, *fz_retain_at(loads, i));
    if (run->spans[tier]->len > 0)
        g_array_sort(due, compare_days);
    for (guint from = 0, next; end == RETAIN_DONE && from < due->len; from = next) {
        g_autoptr(GArray) bunch = g_array_new(FALSE, FALSE, sizeof(retain_load));
        next = end_of_bunch(run->spans[tier], due, from);
        g_array_append_vals(bunch, fz_retain_at(due, from), next - from);
        end = drop_bunch(run, tier, bunch, error);
    }
    const int64_t stay = (int64_t)due->len - (count->loads - before);
    if (end == RETAIN_LATER)
        run->tally->left += MAX(stay, 1);
    else if (tier == FZ_RETAIN_DETAILS && run->unmerged) /* else they changed meanwhile */
        run->tally->left += stay;
    return end != RETAIN_FAILED;
}
