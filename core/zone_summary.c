/* Summaries of zones, made of the conversations that the flow table counts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_summary.h"

#include "flowtable.h"
#include "zone_builtin.h"

#include <string.h>

/* How much of an address without a zone is one network, as a rule: an IPv4 subnet, an IPv6 link. */
enum { SUBNET4 = 24, SUBNET6 = 64 };

/* How many networks without a zone are listed. */
enum { UNLABELLED_ROWS = 100 };

/* A zone by its name: several prefixes may share it. Label 0: no zone. */
typedef struct label {
    const char *name;
    uint64_t packets[2], bytes[2]; /* sent, received */
    uint64_t touched;              /* bytes of frames that it sent or received or both */
} label;

/* What two zones send to each other, the initiator's zone first. */
typedef struct pair {
    uint64_t labels;
    uint64_t packets[2], bytes[2];
} pair;

/* What one conversation adds for one end without a zone. */
typedef struct stray {
    fz_prefix subnet;
    fz_addr addr;
    uint64_t packets, bytes;
} stray;

struct fz_zone_summary {
    const fz_zone_summary_kind *kind;
    fz_flowtable *flows;
    uint64_t bytes; /* of all frames counted */
    fz_rowset *rows;
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

static const char *name_of(const fz_zone_summary *summary, uint32_t number)
{
    return g_array_index(summary->labels, label, number).name;
}

static double percent(const fz_zone_summary *summary, uint64_t bytes)
{
    return summary->bytes ? 100.0 * (double)bytes / (double)summary->bytes : 0;
}

static void count_pair(fz_zone_summary *summary, const fz_record *record, const uint32_t labels[2])
{
    uint64_t key = (uint64_t)labels[FZ_INITIATOR] << 32 | labels[FZ_RESPONDER];
    pair *found = g_hash_table_lookup(summary->pairs, &key);

    if (!found) {
        found = g_new0(pair, 1);
        found->labels = key;
        g_hash_table_insert(summary->pairs, &found->labels, found);
    }
    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        found->packets[end] += record->packets[end];
        found->bytes[end] += record->bytes[end];
    }
}

static void count_zones(fz_zone_summary *summary, const fz_record *record, const uint32_t labels[2])
{
    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++) {
        label *own = &g_array_index(summary->labels, label, labels[end]);

        for (int other = 0; other <= 1; other++) {
            own->packets[other] += record->packets[other ? !end : end];
            own->bytes[other] += record->bytes[other ? !end : end];
        }
        if (end == FZ_INITIATOR || labels[FZ_INITIATOR] != labels[FZ_RESPONDER])
            own->touched += record->bytes[0] + record->bytes[1];
    }
}

/* A conversation inside one subnet counts once for it, with both addresses. */
static void count_strays(fz_zone_summary *summary, const fz_record *record, const uint32_t labels[2])
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
        g_array_append_val(summary->strays, new);
    }
}

static void close_matrix(fz_zone_summary *summary)
{
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, summary->pairs);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        const pair *sum = value;
        uint64_t bytes = sum->bytes[0] + sum->bytes[1];
        fz_rowset_cell *cells = fz_rowset_add(summary->rows, bytes);

        cells[0].text = g_strdup(name_of(summary, (uint32_t)(sum->labels >> 32)));
        cells[1].text = g_strdup(name_of(summary, (uint32_t)sum->labels));
        cells[2].count = sum->packets[FZ_INITIATOR];
        cells[3].count = sum->bytes[FZ_INITIATOR];
        cells[4].count = sum->packets[FZ_RESPONDER];
        cells[5].count = sum->bytes[FZ_RESPONDER];
        cells[6].percent = percent(summary, bytes);
    }
}

static void close_zones(fz_zone_summary *summary)
{
    for (guint i = 0; i < summary->labels->len; i++) {
        const label *own = &g_array_index(summary->labels, label, i);

        if (own->packets[0] + own->packets[1] == 0)
            continue;
        fz_rowset_cell *cells = fz_rowset_add(summary->rows, own->touched);
        cells[0].text = g_strdup(own->name);
        cells[1].count = own->packets[0];
        cells[2].count = own->bytes[0];
        cells[3].count = own->packets[1];
        cells[4].count = own->bytes[1];
        cells[5].percent = percent(summary, own->touched);
    }
}

static int compare_strays(const void *a, const void *b)
{
    const stray *left = a, *right = b;
    int order = fz_addr_compare(&left->subnet.addr, &right->subnet.addr);

    return order ? order : fz_addr_compare(&left->addr, &right->addr);
}

static void add_subnet(fz_zone_summary *summary, const stray *sum, uint64_t addresses)
{
    char text[FZ_PREFIX_TEXT_SIZE];
    fz_rowset_cell *cells = fz_rowset_add(summary->rows, sum->bytes);

    cells[0].text = g_strdup(fz_prefix_print(&sum->subnet, text));
    cells[1].count = addresses;
    cells[2].count = sum->packets;
    cells[3].count = sum->bytes;
    cells[4].percent = percent(summary, sum->bytes);
}

static void close_unlabelled(fz_zone_summary *summary)
{
    stray sum = {0};
    uint64_t addresses = 0;

    g_array_sort(summary->strays, compare_strays);
    for (guint i = 0; i < summary->strays->len; i++) {
        const stray *next = &g_array_index(summary->strays, stray, i);

        if (i > 0 && fz_addr_compare(&next->subnet.addr, &sum.subnet.addr) == 0) {
            addresses += fz_addr_compare(&next->addr, &sum.addr) != 0;
            sum.packets += next->packets;
            sum.bytes += next->bytes;
            sum.addr = next->addr;
            continue;
        }
        if (i > 0)
            add_subnet(summary, &sum, addresses);
        sum = *next;
        addresses = 1;
    }
    if (summary->strays->len > 0)
        add_subnet(summary, &sum, addresses);
}

static const fz_rowset_column matrix_columns[] = {
    {"source", "Source zone", FZ_ROWSET_TEXT},         {"destination", "Destination zone", FZ_ROWSET_TEXT},
    {"packets", "Packets", FZ_ROWSET_COUNT},           {"bytes", "Bytes", FZ_ROWSET_COUNT},
    {"packets_back", "Packets back", FZ_ROWSET_COUNT}, {"bytes_back", "Bytes back", FZ_ROWSET_COUNT},
    {"percent", "% of bytes", FZ_ROWSET_PERCENT},
};
static const fz_rowset_column zones_columns[] = {
    {"zone", "Zone", FZ_ROWSET_TEXT},
    {"packets_sent", "Packets sent", FZ_ROWSET_COUNT},
    {"bytes_sent", "Bytes sent", FZ_ROWSET_COUNT},
    {"packets_received", "Packets received", FZ_ROWSET_COUNT},
    {"bytes_received", "Bytes received", FZ_ROWSET_COUNT},
    {"percent", "% of bytes", FZ_ROWSET_PERCENT},
};
static const fz_rowset_column unlabelled_columns[] = {
    {"prefix", "Prefix", FZ_ROWSET_TEXT},         {"addresses", "Addresses", FZ_ROWSET_COUNT},
    {"packets", "Packets", FZ_ROWSET_COUNT},      {"bytes", "Bytes", FZ_ROWSET_COUNT},
    {"percent", "% of bytes", FZ_ROWSET_PERCENT},
};

const fz_zone_summary_kind fz_zone_summary_kinds[] = {
    {"matrix", "Zone matrix",
     "who talks to whom: zone of the initiator, zone of the responder, packets and bytes each way",
     G_N_ELEMENTS(matrix_columns), matrix_columns, 0, false, count_pair, close_matrix},
    {"zones", "Zones", "what each zone sent and received", G_N_ELEMENTS(zones_columns), zones_columns, 0, false,
     count_zones, close_zones},
    {"unlabelled", "Unlabelled prefixes",
     "networks without a zone, those with the most bytes: what the zone table lacks", G_N_ELEMENTS(unlabelled_columns),
     unlabelled_columns, UNLABELLED_ROWS, true, count_strays, close_unlabelled},
};
const size_t fz_zone_summary_kind_count = G_N_ELEMENTS(fz_zone_summary_kinds);

static uint32_t label_of(const fz_zone_summary *summary, const fz_record *record, int end)
{
    fz_addr addr = addr_of(record, end);

    return summary->label_of[fz_zone_lookup(summary->zones, &addr)];
}

static bool count_records(const fz_record *records, size_t count, void *user)
{
    fz_zone_summary *summary = user;

    if (!summary->labels) /* written out early: four thousand million conversations don't fit into a memory */
        return false;
    for (const fz_record *record = records; record < records + count; record++) {
        uint32_t labels[2] = {label_of(summary, record, FZ_INITIATOR), label_of(summary, record, FZ_RESPONDER)};

        summary->kind->count(summary, record, labels);
    }
    return true;
}

fz_zone_summary *fz_zone_summary_new(const fz_zone_summary_kind *kind)
{
    fz_zone_summary *summary = g_new0(fz_zone_summary, 1);

    summary->kind = kind;
    summary->flows = fz_flowtable_new(&(fz_flowtable_options){.sink = count_records, .user = summary});
    summary->rows = fz_rowset_new(kind->column, kind->columns);
    return summary;
}

void fz_zone_summary_free(fz_zone_summary *summary)
{
    if (!summary)
        return;
    fz_rowset_free(summary->rows);
    fz_flowtable_free(summary->flows);
    g_free(summary);
}

void fz_zone_summary_packet(fz_zone_summary *summary, const fz_packet *packet, int64_t time_us, uint32_t bytes)
{
    summary->bytes += bytes;
    fz_flowtable_add(summary->flows, packet, time_us, bytes);
}

/* Gives each name of a zone a number, and each zone that of its name. */
static void make_labels(fz_zone_summary *summary)
{
    fz_zones zones = fz_zone_table_rows(summary->zones);

    g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);
    label none = {.name = FZ_NO_ZONE};
    summary->labels = g_array_new(FALSE, FALSE, sizeof(label));
    g_array_append_val(summary->labels, none);
    summary->label_of = g_new0(uint32_t, (gsize)zones.count + 1);
    for (uint32_t i = 0; i < zones.count; i++) {
        if (summary->kind->own_zones && fz_zone_row_is_builtin(&zones.rows[i]))
            continue;
        label new = {.name = zones.rows[i].name};
        gpointer number = g_hash_table_lookup(numbers, new.name);

        if (!number) {
            number = GUINT_TO_POINTER(summary->labels->len);
            g_array_append_val(summary->labels, new);
            g_hash_table_insert(numbers, zones.rows[i].name, number);
        }
        summary->label_of[i + 1] = GPOINTER_TO_UINT(number);
    }
}

void fz_zone_summary_close(fz_zone_summary *summary, const fz_zone_table *zones)
{
    summary->zones = zones;
    make_labels(summary);
    summary->pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    summary->strays = g_array_new(FALSE, FALSE, sizeof(stray));
    fz_flowtable_flush(summary->flows, FZ_END_FORCED);
    summary->kind->close(summary);
    fz_rowset_sort(summary->rows, summary->kind->most_rows);
    g_clear_pointer(&summary->flows, fz_flowtable_free);
    g_clear_pointer(&summary->pairs, g_hash_table_unref);
    g_clear_pointer(&summary->strays, g_array_unref);
    g_clear_pointer(&summary->labels, g_array_unref);
    g_clear_pointer(&summary->label_of, g_free);
    summary->zones = NULL;
}

const fz_rowset *fz_zone_summary_rows(const fz_zone_summary *summary)
{
    return summary->rows;
}

static void print_table(const fz_rowset *rows, GString *out)
{
    fz_rowset_print_table(rows, "", out);
}

/* A format that a summary can be printed in. One of fz_formats that is not here is refused. */
typedef struct printed_form {
    const char *name;
    bool has_title;
    void (*print)(const fz_rowset *rows, GString *out);
} printed_form;
static const printed_form forms[] = {
    {"table", true, print_table},
    {"csv", false, fz_rowset_print_csv},
    {"json", false, fz_rowset_print_json},
};

static const printed_form *find_form(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
        if (!strcmp(forms[i].name, name))
            return &forms[i];
    return NULL;
}

bool fz_zone_summary_has_form(const char *form)
{
    return find_form(form);
}

char *fz_zone_summary_forms(void)
{
    GString *names = g_string_new(forms[0].name);

    for (size_t i = 1; i < G_N_ELEMENTS(forms); i++)
        g_string_append_printf(names, "%s%s", i + 1 < G_N_ELEMENTS(forms) ? ", " : " or ", forms[i].name);
    return g_string_free(names, FALSE);
}

char *fz_zone_summary_print(const fz_zone_summary *summary, const char *form)
{
    const printed_form *found = find_form(form);

    if (!found)
        return NULL;
    GString *out = g_string_new(NULL);
    if (found->has_title)
        g_string_append_printf(out, "%s\n", summary->kind->title);
    found->print(summary->rows, out);
    return g_string_free(out, FALSE);
}
