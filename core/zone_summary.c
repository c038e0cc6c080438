/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_summary.h"

#include "flowtable.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How much of an address without a zone is one network, as a rule: an IPv4 subnet, an IPv6 link. */
enum { SUBNET4 = 24, SUBNET6 = 64 };

/* Networks without a zone that are worth a look. */
enum { UNLABELLED_ROWS = 100 };

typedef struct row {
    uint64_t weight; /* heavy rows come first */
    fz_cell *cells;
} row;

/* A zone by its name: several prefixes may share it. Label 0 is no zone. */
typedef struct label {
    const char *name;
    uint64_t packets[2], bytes[2]; /* sent, received */
    uint64_t touched;              /* bytes of frames that it sent or received or both */
} label;

/* What two zones say to each other, the initiator's zone first. */
typedef struct pair {
    uint64_t labels;
    uint64_t packets[2], bytes[2];
} pair;

/* What one conversation tells of one end without a zone. */
typedef struct stray {
    fz_prefix subnet;
    fz_addr addr;
    uint64_t packets, bytes;
} stray;

struct fz_zone_summary {
    const fz_zone_summary_kind *kind;
    fz_flowtable *flows;
    uint64_t bytes; /* of all frames counted */
    GArray *rows;
    /* While the table is being closed. */
    const fz_zone_table *zones;
    GArray *labels;     /* of label */
    uint32_t *label_of; /* by zone id */
    GHashTable *pairs;  /* of pair */
    GArray *strays;     /* of stray */
};

static fz_addr addr_of(const fz_record *record, int end)
{
    fz_addr addr = {.family = record->family};
    memcpy(addr.bytes, record->addr[end], sizeof addr.bytes);
    return addr;
}

static const char *name_of(const fz_zone_summary *table, uint32_t number)
{
    return g_array_index(table->labels, label, number).name;
}

static double percent(const fz_zone_summary *table, uint64_t bytes)
{
    return table->bytes ? 100.0 * (double)bytes / (double)table->bytes : 0;
}

static fz_cell *add_row(fz_zone_summary *table, uint64_t weight)
{
    row new = {.weight = weight, .cells = g_new0(fz_cell, table->kind->columns)};
    g_array_append_val(table->rows, new);
    return new.cells;
}

static void count_pair(fz_zone_summary *table, const fz_record *record, const uint32_t labels[2])
{
    uint64_t key = (uint64_t)labels[FZ_INITIATOR] << 32 | labels[FZ_RESPONDER];
    pair *found = g_hash_table_lookup(table->pairs, &key);
    if (!found) {
        found = g_new0(pair, 1);
        found->labels = key;
        g_hash_table_insert(table->pairs, &found->labels, found);
    }
    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        found->packets[end] += record->packets[end];
        found->bytes[end] += record->bytes[end];
    }
}

static void count_zones(fz_zone_summary *table, const fz_record *record, const uint32_t labels[2])
{
    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        label *own = &g_array_index(table->labels, label, labels[end]);
        for (int other = 0; other <= 1; other++) {
            own->packets[other] += record->packets[other ? !end : end];
            own->bytes[other] += record->bytes[other ? !end : end];
        }
        if (end == FZ_INITIATOR || labels[FZ_INITIATOR] != labels[FZ_RESPONDER])
            own->touched += record->bytes[0] + record->bytes[1];
    }
}

/* A conversation inside of one subnet counts for it once; both its addresses are there. */
static void count_strays(fz_zone_summary *table, const fz_record *record, const uint32_t labels[2])
{
    fz_prefix before = {0};
    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        if (labels[end] != 0)
            continue;
        stray new = {.addr = addr_of(record, end)};
        new.subnet = (fz_prefix){.addr = new.addr, .length = record->family == FZ_IPV4 ? SUBNET4 : SUBNET6};
        fz_prefix_mask(&new.subnet);
        if (fz_addr_compare(&new.subnet.addr, &before.addr) != 0) {
            new.packets = record->packets[0] + record->packets[1];
            new.bytes = record->bytes[0] + record->bytes[1];
        }
        before = new.subnet;
        g_array_append_val(table->strays, new);
    }
}

static void close_matrix(fz_zone_summary *table)
{
    GHashTableIter all;
    gpointer value;
    g_hash_table_iter_init(&all, table->pairs);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        const pair *sum = value;
        uint64_t bytes = sum->bytes[0] + sum->bytes[1];
        fz_cell *cells = add_row(table, bytes);
        cells[0].text = g_strdup(name_of(table, (uint32_t)(sum->labels >> 32)));
        cells[1].text = g_strdup(name_of(table, (uint32_t)sum->labels));
        cells[2].count = sum->packets[FZ_INITIATOR];
        cells[3].count = sum->bytes[FZ_INITIATOR];
        cells[4].count = sum->packets[FZ_RESPONDER];
        cells[5].count = sum->bytes[FZ_RESPONDER];
        cells[6].percent = percent(table, bytes);
    }
}

static void close_zones(fz_zone_summary *table)
{
    for (guint i = 0; i < table->labels->len; i++) {
        const label *own = &g_array_index(table->labels, label, i);
        if (own->packets[0] + own->packets[1] == 0)
            continue;
        fz_cell *cells = add_row(table, own->touched);
        cells[0].text = g_strdup(own->name);
        cells[1].count = own->packets[0];
        cells[2].count = own->bytes[0];
        cells[3].count = own->packets[1];
        cells[4].count = own->bytes[1];
        cells[5].percent = percent(table, own->touched);
    }
}

static int compare_strays(const void *a, const void *b)
{
    const stray *left = a, *right = b;
    int order = fz_addr_compare(&left->subnet.addr, &right->subnet.addr);
    return order ? order : fz_addr_compare(&left->addr, &right->addr);
}

static void add_subnet(fz_zone_summary *table, const stray *sum, uint64_t addresses)
{
    char text[FZ_PREFIX_TEXT_SIZE];
    fz_cell *cells = add_row(table, sum->bytes);
    cells[0].text = g_strdup(fz_prefix_print(&sum->subnet, text));
    cells[1].count = addresses;
    cells[2].count = sum->packets;
    cells[3].count = sum->bytes;
    cells[4].percent = percent(table, sum->bytes);
}

static void close_unlabelled(fz_zone_summary *table)
{
    stray sum = {0};
    uint64_t addresses = 0;
    g_array_sort(table->strays, compare_strays);
    for (guint i = 0; i < table->strays->len; i++) {
        const stray *next = &g_array_index(table->strays, stray, i);
        if (i > 0 && fz_addr_compare(&next->subnet.addr, &sum.subnet.addr) == 0) {
            addresses += fz_addr_compare(&next->addr, &sum.addr) != 0;
            sum.packets += next->packets;
            sum.bytes += next->bytes;
            sum.addr = next->addr;
            continue;
        }
        if (i > 0)
            add_subnet(table, &sum, addresses);
        sum = *next;
        addresses = 1;
    }
    if (table->strays->len > 0)
        add_subnet(table, &sum, addresses);
}

static const fz_zone_summary_column matrix_columns[] = {
    {"source", "Source zone", FZ_CELL_TEXT},         {"destination", "Destination zone", FZ_CELL_TEXT},
    {"packets", "Packets", FZ_CELL_COUNT},           {"bytes", "Bytes", FZ_CELL_COUNT},
    {"packets_back", "Packets back", FZ_CELL_COUNT}, {"bytes_back", "Bytes back", FZ_CELL_COUNT},
    {"percent", "% of bytes", FZ_CELL_PERCENT},
};
static const fz_zone_summary_column zones_columns[] = {
    {"zone", "Zone", FZ_CELL_TEXT},
    {"packets_sent", "Packets sent", FZ_CELL_COUNT},
    {"bytes_sent", "Bytes sent", FZ_CELL_COUNT},
    {"packets_received", "Packets received", FZ_CELL_COUNT},
    {"bytes_received", "Bytes received", FZ_CELL_COUNT},
    {"percent", "% of bytes", FZ_CELL_PERCENT},
};
static const fz_zone_summary_column unlabelled_columns[] = {
    {"prefix", "Prefix", FZ_CELL_TEXT},         {"addresses", "Addresses", FZ_CELL_COUNT},
    {"packets", "Packets", FZ_CELL_COUNT},      {"bytes", "Bytes", FZ_CELL_COUNT},
    {"percent", "% of bytes", FZ_CELL_PERCENT},
};

const fz_zone_summary_kind fz_zone_summary_kinds[] = {
    {"matrix", "Zone matrix",
     "who talks to whom: zone of the initiator, zone of the responder, packets and bytes each way",
     G_N_ELEMENTS(matrix_columns), matrix_columns, 0, count_pair, close_matrix},
    {"zones", "Zones", "what each zone sent and received", G_N_ELEMENTS(zones_columns), zones_columns, 0, count_zones,
     close_zones},
    {"unlabelled", "Unlabelled prefixes",
     "networks without a zone, those with the most bytes: what the zone table lacks", G_N_ELEMENTS(unlabelled_columns),
     unlabelled_columns, UNLABELLED_ROWS, count_strays, close_unlabelled},
};
const size_t fz_zone_summary_kind_count = G_N_ELEMENTS(fz_zone_summary_kinds);

static uint32_t label_of(const fz_zone_summary *table, const fz_record *record, int end)
{
    fz_addr addr = addr_of(record, end);
    return table->label_of[fz_zone_lookup(table->zones, &addr)];
}

static bool count_records(const fz_record *records, size_t count, void *user)
{
    fz_zone_summary *table = user;
    if (!table->labels) /* written out early: four thousand million conversations don't fit into a memory */
        return false;
    for (const fz_record *record = records; record < records + count; record++) {
        uint32_t labels[2] = {label_of(table, record, FZ_INITIATOR), label_of(table, record, FZ_RESPONDER)};
        table->kind->count(table, record, labels);
    }
    return true;
}

fz_zone_summary *fz_zone_summary_new(const fz_zone_summary_kind *kind)
{
    fz_zone_summary *table = g_new0(fz_zone_summary, 1);
    table->kind = kind;
    table->flows = fz_flowtable_new(&(fz_flowtable_options){.sink = count_records, .user = table});
    table->rows = g_array_new(FALSE, FALSE, sizeof(row));
    return table;
}

void fz_zone_summary_free(fz_zone_summary *table)
{
    if (!table)
        return;
    for (guint i = 0; i < table->rows->len; i++) {
        fz_cell *cells = g_array_index(table->rows, row, i).cells;
        for (size_t column = 0; column < table->kind->columns; column++)
            if (table->kind->column[column].kind == FZ_CELL_TEXT)
                g_free(cells[column].text);
        g_free(cells);
    }
    g_array_free(table->rows, TRUE);
    fz_flowtable_free(table->flows);
    g_free(table);
}

void fz_zone_summary_packet(fz_zone_summary *table, const fz_packet *packet, int64_t time_us, uint32_t bytes)
{
    table->bytes += bytes;
    fz_flowtable_add(table->flows, packet, time_us, bytes);
}

/* Gives each name of a zone a number, and each zone that of its name. */
static void make_labels(fz_zone_summary *table)
{
    fz_zones zones = fz_zone_table_rows(table->zones);
    g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);
    label none = {.name = FZ_NO_ZONE};
    table->labels = g_array_new(FALSE, FALSE, sizeof(label));
    g_array_append_val(table->labels, none);
    table->label_of = g_new0(uint32_t, (gsize)zones.count + 1);
    for (uint32_t i = 0; i < zones.count; i++) {
        label new = {.name = zones.rows[i].name};
        gpointer number = g_hash_table_lookup(numbers, new.name);
        if (!number) {
            number = GUINT_TO_POINTER(table->labels->len);
            g_array_append_val(table->labels, new);
            g_hash_table_insert(numbers, zones.rows[i].name, number);
        }
        table->label_of[i + 1] = GPOINTER_TO_UINT(number);
    }
}

static int compare_rows(const void *a, const void *b, void *user)
{
    const row *left = a, *right = b;
    const fz_zone_summary_kind *kind = ((const fz_zone_summary *)user)->kind;
    int order = (left->weight < right->weight) - (left->weight > right->weight);
    for (size_t i = 0; !order && i < kind->columns && kind->column[i].kind == FZ_CELL_TEXT; i++)
        order = strcmp(left->cells[i].text, right->cells[i].text);
    return order;
}

void fz_zone_summary_close(fz_zone_summary *table, const fz_zone_table *zones)
{
    table->zones = zones;
    make_labels(table);
    table->pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    table->strays = g_array_new(FALSE, FALSE, sizeof(stray));
    fz_flowtable_flush(table->flows, FZ_END_FORCED);
    table->kind->close(table);
    if (table->rows->len)
        qsort_r(table->rows->data, table->rows->len, sizeof(row), compare_rows, table);
    g_clear_pointer(&table->flows, fz_flowtable_free);
    g_clear_pointer(&table->pairs, g_hash_table_unref);
    g_clear_pointer(&table->strays, g_array_unref);
    g_clear_pointer(&table->labels, g_array_unref);
    g_clear_pointer(&table->label_of, g_free);
    table->zones = NULL;
}

size_t fz_zone_summary_rows(const fz_zone_summary *table)
{
    return table->kind->most_rows ? MIN(table->rows->len, table->kind->most_rows) : table->rows->len;
}

const fz_cell *fz_zone_summary_row(const fz_zone_summary *table, size_t number)
{
    return g_array_index(table->rows, row, number).cells;
}

/* A cell as its form has it. */
static char *cell_text(const fz_zone_summary_column *column, const fz_cell *cell, char *(*form)(const char *text))
{
    switch (column->kind) {
    case FZ_CELL_COUNT:
        return g_strdup_printf("%" PRIu64, cell->count);
    case FZ_CELL_PERCENT: {
        char digits[G_ASCII_DTOSTR_BUF_SIZE];
        return g_strdup(g_ascii_formatd(digits, sizeof digits, "%.2f", cell->percent));
    }
    default:
        return form(cell->text);
    }
}

static void print_csv(const fz_zone_summary *table, GString *out)
{
    const fz_zone_summary_kind *kind = table->kind;
    for (size_t i = 0; i < kind->columns; i++)
        g_string_append_printf(out, "%s%s", i ? "," : "", kind->column[i].name);
    g_string_append_c(out, '\n');
    for (size_t r = 0; r < fz_zone_summary_rows(table); r++) {
        for (size_t i = 0; i < kind->columns; i++) {
            g_autofree char *text = cell_text(&kind->column[i], &fz_zone_summary_row(table, r)[i], fz_text_csv);
            g_string_append_printf(out, "%s%s", i ? "," : "", text);
        }
        g_string_append_c(out, '\n');
    }
}

static void print_json(const fz_zone_summary *table, GString *out)
{
    const fz_zone_summary_kind *kind = table->kind;
    for (size_t r = 0; r < fz_zone_summary_rows(table); r++) {
        for (size_t i = 0; i < kind->columns; i++) {
            g_autofree char *text = cell_text(&kind->column[i], &fz_zone_summary_row(table, r)[i], fz_text_json);
            g_string_append_printf(out, "%s\"%s\":%s", i ? "," : "{", kind->column[i].name, text);
        }
        g_string_append(out, "}\n");
    }
}

static void pad(GString *out, const char *text, size_t width, bool right)
{
    size_t used = fz_text_width(text);
    for (size_t i = used; right && i < width; i++)
        g_string_append_c(out, ' ');
    g_string_append(out, text);
    for (size_t i = used; !right && i < width; i++)
        g_string_append_c(out, ' ');
}

static void print_table(const fz_zone_summary *table, GString *out)
{
    const fz_zone_summary_kind *kind = table->kind;
    size_t rows = fz_zone_summary_rows(table) + 1;
    g_autoptr(GPtrArray) texts = g_ptr_array_new_full((guint)(rows * kind->columns), g_free);
    g_autofree size_t *widths = g_new0(size_t, kind->columns);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < kind->columns; i++) {
            char *text = r ? cell_text(&kind->column[i], &fz_zone_summary_row(table, r - 1)[i], fz_text_table)
                           : g_strdup(kind->column[i].title);
            widths[i] = MAX(widths[i], fz_text_width(text));
            g_ptr_array_add(texts, text);
        }
    g_string_append_printf(out, "%s\n", kind->title);
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < kind->columns; i++) {
            g_string_append(out, i ? "  " : "");
            pad(out, g_ptr_array_index(texts, r * kind->columns + i), widths[i], kind->column[i].kind != FZ_CELL_TEXT);
        }
        g_string_append_c(out, '\n');
    }
}

char *fz_zone_summary_print(const fz_zone_summary *table, const char *form)
{
    static const struct {
        const char *name;
        void (*print)(const fz_zone_summary *table, GString *out);
    } forms[] = {{"table", print_table}, {"csv", print_csv}, {"json", print_json}};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (strcmp(forms[i].name, form) != 0)
            continue;
        GString *out = g_string_new(NULL);
        forms[i].print(table, out);
        return g_string_free(out, FALSE);
    }
    return NULL;
}
