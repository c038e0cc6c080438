/* A question while it is answered: the transaction, the filter and the ledger around it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "question.h"

#include "derived.h"
#include "filter_display.h"
#include "store_process.h"
#include "text.h"

#include <string.h>

G_DEFINE_QUARK(fz - question - error - quark, fz_question_error)

static void take_text(const char *const *cells, void *user)
{
    g_ptr_array_add(user, g_strdup(cells[0] ? cells[0] : ""));
}

GPtrArray *fz_ledger_texts(fz_store *store, const char *column, GError **error)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) sql = g_string_new("SELECT MIN(");

    g_string_append_printf(sql, "%s) FROM fz_load GROUP BY ", column);
    fz_template_append(sql, store->ops->dialect(store)->group, column);
    if (!store->ops->query(store, sql->str, 1, G_MAXINT32, take_text, texts, error))
        return NULL;
    g_ptr_array_add(texts, NULL);
    return g_steal_pointer(&texts);
}

static bool parse(const char *text, fz_filter_place place, fz_filter **filter, GError **error)
{
    g_autoptr(GError) fault = NULL;

    *filter = text ? fz_filter_parse(text, place, &fault) : NULL;
    if (!fault)
        return true;
    g_propagate_error(error, g_steal_pointer(&fault));
    return false;
}

static bool prepare(fz_asking *asking, GError **error)
{
    const fz_question *question = asking->question;

    return parse(question->where, FZ_FILTER_OF_FLOWS, &asking->where, error) &&
           parse(question->having, FZ_FILTER_OF_SUMS, &asking->having, error) &&
           (asking->zones = fz_dictionary_read(asking->store, error)) &&
           (asking->locations = fz_ledger_texts(asking->store, "location", error)) &&
           (asking->sensors = fz_ledger_texts(asking->store, "sensor", error)) &&
           fz_coverage_read(asking->store, &question->range, &asking->coverage, error);
}

static void clear(fz_asking *asking)
{
    fz_filter_free(asking->where);
    fz_filter_free(asking->having);
    fz_dictionary_free(asking->zones);
    g_clear_pointer(&asking->locations, g_ptr_array_unref);
    g_clear_pointer(&asking->sensors, g_ptr_array_unref);
    fz_coverage_clear(&asking->coverage);
}

static void take_key(const fz_detail *detail, GArray *keys, bool by_vlan)
{
    const fz_display_key key = {.record = detail->record, .by_vlan = by_vlan};

    g_array_append_val(keys, key);
}

static void take_tagged(const fz_detail *detail, void *user)
{
    take_key(detail, user, true);
}

static void take_plain(const fz_detail *detail, void *user)
{
    take_key(detail, user, false);
}

/* The keys of the conversations, up to one more than there may be: those of captures that were counted by VLAN, and
 * those of others. */
static bool read_keys(fz_asking *asking, GArray *keys, GError **error)
{
    enum { MOST = FZ_DISPLAY_KEYS + 1 };

    return fz_asking_details_read(asking, "l.vlan <> 0", NULL, MOST, take_tagged, keys, error) &&
           (keys->len == MOST || fz_asking_details_read(asking, "l.vlan = 0", NULL, MOST, take_plain, keys, error));
}

/* The display filter: of the filter's words, or else of the conversations found. */
static bool print_display(fz_asking *asking, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *display = fz_filter_display(asking->where, asking->question->where, &why);

    if (!display) {
        g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(fz_display_key));

        if (!read_keys(asking, keys, error))
            return false;
        if (keys->len > FZ_DISPLAY_KEYS) {
            const char *reason = why->message + (g_str_has_prefix(why->message, "filter: ") ? strlen("filter: ") : 0);
            g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_USAGE,
                        "no display filter: %.*s; and there are more than %d conversations to list",
                        (int)strcspn(reason, "\n"), reason, FZ_DISPLAY_KEYS);
            return false;
        }
        display = fz_filter_display_of((const fz_display_key *)(const void *)keys->data, keys->len);
    }
    puts(display);
    return true;
}

/* `manner` is the question's. */
static bool answer(fz_asking *asking, fz_answer_manner *manner, GError **error)
{
    if (!prepare(asking, error))
        return false;
    manner->covered_us[0] = asking->coverage.start_us;
    manner->covered_us[1] = asking->coverage.end_us;
    if (asking->question->display)
        return print_display(asking, error);
    return asking->question->work(asking, error);
}

bool fz_question_answer(fz_store *store, const fz_question *question, bool temporary, bool *found, GError **error)
{
    g_autoptr(fz_answer_names) names = fz_answer_names_new(question->names);
    fz_question named = *question;
    fz_asking asking = {
        .question = &named,
        .store = store,
        .dialect = store->ops->dialect(store),
        .temporary = temporary,
    };
    named.manner.names = names;
    bool done = store->ops->look(store, error) && answer(&asking, &named.manner, error);

    if (done)
        fz_answer_names_tell(names, question->manner.utc);
    *found = asking.found;
    clear(&asking);
    store->ops->rollback(store);
    return done;
}

bool fz_asking_where(fz_asking *asking, GString *sql, fz_tier tier, GError **error)
{
    const fz_filter_names names = {
        .zones = asking->zones,
        .locations = (const char *const *)asking->locations->pdata,
        .sensors = (const char *const *)asking->sensors->pdata,
    };

    return fz_filter_sql(sql, asking->where, asking->question->where, &names, asking->dialect, tier, error);
}

void fz_asking_head(const fz_asking *asking, const char *what)
{
    if (asking->question->sql)
        printf("-- %s\n", what);
}

bool fz_asking_query(fz_asking *asking, const char *sql, size_t columns, fz_cells_taker take, void *user,
                     GError **error)
{
    if (!asking->question->sql)
        return asking->store->ops->query(asking->store, sql, columns, G_MAXINT32, take, user, error);
    printf("%s;\n", sql);
    return true;
}

bool fz_asking_data(fz_asking *asking, const char *sql, size_t columns, fz_data_taker take, void *user, GError **error)
{
    return asking->store->ops->data(asking->store, sql, columns, G_MAXINT32, take, user, error);
}

void fz_range_append(GString *sql, const fz_range *range, const char *column, int64_t unit_us)
{
    if (range->since_us != INT64_MIN)
        g_string_append_printf(sql, " AND %s >= %" G_GINT64_FORMAT, column, range->since_us / unit_us);
    if (range->until_us != INT64_MAX)
        g_string_append_printf(sql, " AND %s < %" G_GINT64_FORMAT, column, range->until_us / unit_us);
}

void fz_range_append_loads(GString *sql, const fz_range *range)
{
    if (range->since_us != INT64_MIN)
        g_string_append_printf(sql, " AND l.end_us >= %" G_GINT64_FORMAT, range->since_us);
    if (range->until_us != INT64_MAX)
        g_string_append_printf(sql, " AND l.start_us < %" G_GINT64_FORMAT, range->until_us);
}

bool fz_asking_details(fz_asking *asking, GString *sql, GError **error)
{
    g_string_append(sql, " FROM fz_load l ");
    fz_template_append(sql, asking->dialect->row_join, "flow");
    g_string_append(sql, " WHERE " FZ_SQL_SHOWS_FLOWS " AND ");
    if (!fz_asking_where(asking, sql, FZ_TIER_DETAILS, error))
        return false;
    fz_range_append_loads(sql, &asking->question->range);
    fz_range_append(sql, &asking->question->range, "r.start_us", 1);
    return true;
}

static bool is_capped(const fz_asking *asking, uint64_t bytes, int64_t flows)
{
    return asking->capped || (bytes >= INT64_MAX && bytes != FZ_COVERAGE_NO_SUMS) || flows == INT64_MAX;
}

bool fz_asking_cover(fz_asking *asking, uint64_t bytes, int64_t flows, const char *from, GError **error)
{
    if (asking->question->sql)
        return true;
    if (!fz_store_process_flush(error))
        return false;
    g_autofree char *line = fz_coverage_line(&asking->coverage, &asking->question->aside, &asking->question->range,
                                             bytes, flows, is_capped(asking, bytes, flows), NULL, from);
    fprintf(stderr, "%s\n", line);
    return true;
}

static char *words_of(const fz_asking *asking, fz_tier tier)
{
    const fz_question *question = asking->question;

    return fz_tier_words(tier, &asking->coverage, &question->aside, &question->range, asking->widened);
}

bool fz_asking_cover_tier(fz_asking *asking, uint64_t bytes, int64_t flows, fz_tier tier, GError **error)
{
    g_autofree char *from = words_of(asking, tier);

    return fz_asking_cover(asking, bytes, flows, from, error);
}

bool fz_asking_cover_two(fz_asking *asking, const fz_asking *other, const fz_tier tiers[2], bool of_other,
                         uint64_t bytes, int64_t flows, GError **error)
{
    const fz_asking *const periods[] = {asking, other};
    const fz_asking *rows = periods[of_other], *rest = periods[!of_other];
    const fz_answer_manner *manner = &asking->question->aside;

    if (asking->question->sql)
        return true;
    if (!fz_store_process_flush(error))
        return false;
    g_autofree char *from = words_of(rows, tiers[of_other]), *from_rest = words_of(rest, tiers[!of_other]);
    g_autofree char *period = fz_coverage_against(&rest->coverage, manner, &rest->question->range);
    g_autofree char *against =
        strchr(from_rest, ':') ? g_strdup_printf("%s, from %s", period, from_rest) : g_steal_pointer(&period);
    g_autofree char *line = fz_coverage_line(&rows->coverage, manner, &rows->question->range, bytes, flows,
                                             is_capped(asking, bytes, flows), against, from);
    fprintf(stderr, "%s\n", line);
    return true;
}

/* Details. */

static const char *const detail_columns[] = {
    "l.load_id",       "r.row_no",        "r.start_us",   "r.end_us",    "r.sip",          "r.dip",
    "r.sport",         "r.dport",         "r.sip_zone",   "r.dip_zone",  "r.protocol",     "r.vlan",
    "r.sip_packets",   "r.dip_packets",   "r.sip_bytes",  "r.dip_bytes", "r.sip_ip_bytes", "r.dip_ip_bytes",
    "r.sip_tcp_flags", "r.dip_tcp_flags", "r.end_reason", "r.opened",
};
enum {
    LOAD_ID,
    ROW_NO,
    START_US,
    END_US,
    ADDR,
    PORT = ADDR + 2,
    ZONE = PORT + 2,
    PROTOCOL = ZONE + 2,
    VLAN,
    PACKETS,
    BYTES = PACKETS + 2,
    IP_BYTES = BYTES + 2,
    TCP_FLAGS = IP_BYTES + 2,
    END_REASON = TCP_FLAGS + 2,
    OPENED,
    DETAIL_COLUMNS
};
G_STATIC_ASSERT(G_N_ELEMENTS(detail_columns) == DETAIL_COLUMNS);

/* A hexadecimal text of 4 or 16 bytes. */
fz_addr fz_cell_addr(const char *cell)
{
    fz_addr addr = {0};
    const size_t length = cell ? strlen(cell) : 0;

    if (length != 8 && length != 32)
        return addr;
    addr.family = length == 8 ? FZ_IPV4 : FZ_IPV6;
    for (size_t i = 0; i < length / 2; i++)
        addr.bytes[i] = (uint8_t)(g_ascii_xdigit_value(cell[2 * i]) << 4 | g_ascii_xdigit_value(cell[2 * i + 1]));
    return addr;
}

typedef struct detail_taking {
    fz_detail_taker take;
    void *user;
} detail_taking;

fz_addr fz_datum_addr(const fz_datum *cell)
{
    fz_addr addr = {0};

    if (cell->size != 4 && cell->size != sizeof addr.bytes)
        return addr;
    addr.family = cell->size == 4 ? FZ_IPV4 : FZ_IPV6;
    memcpy(addr.bytes, cell->bytes, cell->size);
    return addr;
}

static void take_detail(const fz_datum *cells, void *user)
{
    const detail_taking *taking = user;
    fz_detail detail = {.load_id = cells[LOAD_ID].number, .row_no = cells[ROW_NO].number};
    fz_record *record = &detail.record;

    record->start_us = cells[START_US].number;
    record->end_us = cells[END_US].number;
    for (int end = 0; end < 2; end++) {
        const fz_addr addr = fz_datum_addr(&cells[ADDR + end]);
        memcpy(record->addr[end], addr.bytes, sizeof addr.bytes);
        record->family = addr.family;
        record->port[end] = (uint16_t)cells[PORT + end].number;
        record->zone[end] = (uint32_t)cells[ZONE + end].number;
        record->packets[end] = (uint64_t)cells[PACKETS + end].number;
        record->bytes[end] = (uint64_t)cells[BYTES + end].number;
        record->ip_bytes[end] = (uint64_t)cells[IP_BYTES + end].number;
        record->tcp_flags[end] = (uint16_t)cells[TCP_FLAGS + end].number;
    }
    record->protocol = (uint8_t)cells[PROTOCOL].number;
    record->vlan = (uint16_t)cells[VLAN].number;
    record->end_reason = (uint8_t)cells[END_REASON].number;
    record->opened = (uint8_t)cells[OPENED].number;
    taking->take(&detail, taking->user);
}

bool fz_asking_details_read(fz_asking *asking, const char *extra, const char *order, uint64_t most,
                            fz_detail_taker take, void *user, GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    detail_taking taking = {take, user};

    for (size_t i = 0; i < DETAIL_COLUMNS; i++) {
        const bool for_people = asking->question->sql && (i == ADDR || i == ADDR + 1);
        g_string_append_printf(sql, for_people ? "%sHEX(%s)" : "%s%s", i > 0 ? ", " : "", detail_columns[i]);
    }
    if (!fz_asking_details(asking, sql, error))
        return false;
    if (extra)
        g_string_append_printf(sql, " AND %s", extra);
    if (order)
        g_string_append_printf(sql, " ORDER BY %s", order);
    if (most > 0)
        g_string_append_printf(sql, " LIMIT %" G_GUINT64_FORMAT, most);
    if (!asking->question->sql)
        return fz_asking_data(asking, sql->str, DETAIL_COLUMNS, take_detail, &taking, error);
    printf("%s;\n", sql->str);
    return true;
}
