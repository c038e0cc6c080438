/* Conversations of a question with what the ledger has of their captures.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"

#include "filter_display.h"
#include "log.h"
#include "text.h"
#include "wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A capture of which rows are wanted, and what the ledger has of it. */
typedef struct capture {
    int64_t load_id, start_us;
    size_t first, count; /* its details */
    uint64_t max_flows;
    fz_wanted_capture wanted;
    bool found;
} capture;

/* The answer on its way. */
typedef struct packets {
    fz_asking *asking;
    GArray *details;  /* of fz_detail, by capture and row */
    GPtrArray *loads; /* of capture, in the order of the ledger's times */
} packets;

static void take_detail(const fz_detail *detail, void *user)
{
    g_array_append_val((GArray *)user, *detail);
}

static int by_load(const void *left, const void *right)
{
    const fz_detail *a = left, *b = right;

    if (a->load_id != b->load_id)
        return a->load_id < b->load_id ? -1 : 1;
    return (a->row_no > b->row_no) - (a->row_no < b->row_no);
}

/* The rows of the question, by capture. */
static bool read_details(packets *all, GError **error)
{
    if (!fz_asking_details_read(all->asking, NULL, NULL, FZ_PACKETS_ROWS_MAX + 1, take_detail, all->details, error))
        return false;
    if (all->details->len > FZ_PACKETS_ROWS_MAX) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                    "more than %d conversations fit: narrow the filter or the time", FZ_PACKETS_ROWS_MAX);
        return false;
    }
    g_array_sort(all->details, by_load);
    return true;
}

/* Columns of the ledger. */
enum {
    CELL_SOURCE,
    CELL_FOLDER,
    CELL_KEY,
    CELL_ENGINE,
    CELL_LAYERS,
    CELL_OCTETS,
    CELL_FILTER,
    CELL_VLAN,
    CELL_INTERVAL,
    CELL_MAX_FLOWS,
    CELL_FIRST_US,
    CELL_FIRST_BYTES,
    CELL_CAPTURE_BYTES,
    CELL_WRITTEN_NS,
    CELL_START,
    CELL_COUNTS, /* frames and bytes of four classes */
    CELLS = CELL_COUNTS + 8,
};
static const char select_load[] =
    "SELECT source, folder, flow_key, engine, layers, octets, display_filter, vlan, interval_s, max_flows, "
    "first_frame_us, first_frame_bytes, capture_bytes, capture_written_ns, start_us, counted_frames, counted_bytes, "
    "not_ip_frames, not_ip_bytes, unparsable_frames, unparsable_bytes, filtered_frames, filtered_bytes "
    "FROM fz_load WHERE load_id = ";

static int64_t number_of(const char *cell)
{
    return cell ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

static uint8_t name_of(const char *const *names, size_t count, const char *cell)
{
    return (uint8_t)MAX(fz_name_index(names, count, cell ? cell : ""), 0);
}

static fz_wanted_refusal refusal_of(const char *const *cells)
{
    if (!cells[CELL_SOURCE] || !*cells[CELL_SOURCE] ||
        g_strcmp0(cells[CELL_OCTETS], fz_octets_names[FZ_OCTETS_WIRE]) != 0)
        return FZ_WANTED_NO_CAPTURE;
    if (g_strcmp0(cells[CELL_LAYERS], fz_layers_names[FZ_LAYERS_OUTER]) != 0)
        return FZ_WANTED_LAYERS;
    return cells[CELL_FILTER] && *cells[CELL_FILTER] ? FZ_WANTED_FILTERED : FZ_WANTED_FINE;
}

static void take_load(const char *const *cells, void *user)
{
    capture *load = user;

    load->found = true;
    load->start_us = number_of(cells[CELL_START]);
    load->max_flows = (uint64_t)number_of(cells[CELL_MAX_FLOWS]);
    load->wanted = (fz_wanted_capture){
        .asked = load->count,
        .capture_bytes = (uint64_t)number_of(cells[CELL_CAPTURE_BYTES]),
        .written_ns = number_of(cells[CELL_WRITTEN_NS]),
        .first_us = number_of(cells[CELL_FIRST_US]),
        .first_bytes = (uint32_t)number_of(cells[CELL_FIRST_BYTES]),
        .interval_s = (uint32_t)number_of(cells[CELL_INTERVAL]),
        .key = name_of(fz_key_names, G_N_ELEMENTS(fz_key_names), cells[CELL_KEY]),
        .engine = name_of(fz_engine_names, G_N_ELEMENTS(fz_engine_names), cells[CELL_ENGINE]),
        .vlan = number_of(cells[CELL_VLAN]) != 0,
        .refusal = (uint8_t)refusal_of(cells),
    };
    for (int i = 0; i < 8; i += 2) {
        load->wanted.frames += (uint64_t)number_of(cells[CELL_COUNTS + i]);
        load->wanted.bytes += (uint64_t)number_of(cells[CELL_COUNTS + i + 1]);
    }
    g_strlcpy(load->wanted.source, cells[CELL_SOURCE] ? cells[CELL_SOURCE] : "", sizeof load->wanted.source);
    g_strlcpy(load->wanted.folder, cells[CELL_FOLDER] ? cells[CELL_FOLDER] : "", sizeof load->wanted.folder);
}

static bool read_load(packets *all, capture *load, GError **error)
{
    g_autofree char *sql = g_strdup_printf("%s%" G_GINT64_FORMAT, select_load, load->load_id);
    fz_store *store = all->asking->store;

    if (!store->ops->query(store, sql, CELLS, 1, take_load, load, error))
        return false;
    if (load->found)
        return true;
    g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                "the ledger has no capture %" G_GINT64_FORMAT ", whose conversations are there; see flowzone verify",
                load->load_id);
    return false;
}

static gint by_start(gconstpointer left, gconstpointer right)
{
    const capture *a = *(const capture *const *)left, *b = *(const capture *const *)right;

    if (a->start_us != b->start_us)
        return a->start_us < b->start_us ? -1 : 1;
    return (a->load_id > b->load_id) - (a->load_id < b->load_id);
}

/* The captures of the details, in the order in which they begin. */
static bool read_loads(packets *all, GError **error)
{
    capture *load = NULL;

    for (guint i = 0; i < all->details->len; i++) {
        const fz_detail *detail = &g_array_index(all->details, fz_detail, i);

        if (!load || load->load_id != detail->load_id) {
            load = g_new0(capture, 1);
            load->load_id = detail->load_id;
            load->first = i;
            g_ptr_array_add(all->loads, load);
        }
        load->count++;
    }
    for (guint i = 0; i < all->loads->len; i++)
        if (!read_load(all, all->loads->pdata[i], error))
            return false;
    g_ptr_array_sort(all->loads, by_start);
    return true;
}

static void clear(packets *all)
{
    g_array_free(all->details, TRUE);
    g_ptr_array_free(all->loads, TRUE);
}

static bool begin(packets *all, fz_asking *asking, GError **error)
{
    *all = (packets){
        .asking = asking,
        .details = g_array_new(FALSE, FALSE, sizeof(fz_detail)),
        .loads = g_ptr_array_new_with_free_func(g_free),
    };
    return read_details(all, error) && read_loads(all, error);
}

/* A conversation, whoever began it: the ends of a row and of the next one of the same may be turned. */
typedef struct pair {
    uint8_t addr[2][16];
    uint16_t port[2];
    uint16_t vlan;
    uint8_t protocol, family;
} pair;

G_STATIC_ASSERT(sizeof(pair) == 40);

static pair pair_of(const fz_record *record)
{
    const int order = memcmp(record->addr[0], record->addr[1], sizeof record->addr[0]);
    const bool turned = order > 0 || (order == 0 && record->port[0] > record->port[1]);
    pair ends = {.vlan = record->vlan, .protocol = record->protocol, .family = record->family};

    for (int end = 0; end < 2; end++) {
        memcpy(ends.addr[end], record->addr[end ^ turned], sizeof ends.addr[end]);
        ends.port[end] = record->port[end ^ turned];
    }
    return ends;
}

static int compare_pairs(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(pair));
}

static void add_row(GArray *rows, const fz_record *record, bool asked)
{
    fz_wanted_row row = {.record = *record, .asked = asked};

    memset(row.record.zone, 0, sizeof row.record.zone);
    g_array_append_val(rows, row);
}

/* Rows of a capture on their way into a message: those that are wanted, and others of the same conversations. */
typedef struct gathering {
    const fz_detail *wanted; /* in the order of rows */
    size_t count;
    GArray *pairs;  /* of the wanted, sorted */
    GArray *rows;   /* of fz_detail, any order */
    bool is_single; /* the row that was read is the first one, and it ends with its capture */
} gathering;

static void take_first(const fz_detail *detail, void *user)
{
    gathering *of_load = user;

    of_load->is_single = detail->row_no == 1 && detail->record.end_reason == FZ_END_FORCED;
}

static void take_sibling(const fz_detail *detail, void *user)
{
    gathering *of_load = user;
    const pair ends = pair_of(&detail->record);

    if (bsearch(&ends, of_load->pairs->data, of_load->pairs->len, sizeof ends, compare_pairs))
        g_array_append_val(of_load->rows, *detail);
}

/* All rows of the conversations, whatever the filter says of them. */
static bool read_siblings(const packets *all, const capture *load, gathering *of_load, GError **error)
{
    fz_question question = *all->asking->question;
    fz_asking everything = *all->asking;
    g_autofree char *of_capture = g_strdup_printf("l.load_id = %" G_GINT64_FORMAT, load->load_id);

    question.range = FZ_RANGE_ALL;
    question.where = NULL;
    everything.question = &question;
    everything.where = NULL;
    if (load->wanted.interval_s == 0 && load->max_flows == 0 &&
        !fz_asking_details_read(&everything, of_capture, NULL, 1, take_first, of_load, error))
        return false;
    if (of_load->is_single) {
        g_array_append_vals(of_load->rows, of_load->wanted, (guint)of_load->count);
        return true;
    }
    for (size_t i = 0; i < of_load->count; i++) {
        const pair ends = pair_of(&of_load->wanted[i].record);
        g_array_append_val(of_load->pairs, ends);
    }
    g_array_sort(of_load->pairs, compare_pairs);
    if (!fz_asking_details_read(&everything, of_capture, NULL, 0, take_sibling, of_load, error))
        return false;
    g_array_sort(of_load->rows, by_load);
    return true;
}

static bool send_rows(const packets *all, capture *load, const gathering *of_load, GError **error)
{
    const fz_packets_wish *wish = all->asking->question->user;
    g_autoptr(GArray) rows = g_array_sized_new(FALSE, FALSE, sizeof(fz_wanted_row), of_load->rows->len);
    size_t next = 0;

    for (guint i = 0; i < of_load->rows->len; i++) {
        const fz_detail *detail = &g_array_index(of_load->rows, fz_detail, i);
        const bool asked = next < of_load->count && of_load->wanted[next].row_no == detail->row_no;

        add_row(rows, &detail->record, asked);
        next += asked;
    }
    load->wanted.rows = rows->len;
    if (rows->len > FZ_WANTED_ROWS_MAX) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                    "more than %d rows of one capture are needed: narrow the filter", FZ_WANTED_ROWS_MAX);
        return false;
    }
    return fz_wanted_send(wish->wanted, &load->wanted, (const fz_wanted_row *)(const void *)rows->data, error);
}

static bool send_capture(const packets *all, capture *load, GError **error)
{
    const fz_packets_wish *wish = all->asking->question->user;
    gathering of_load = {
        .wanted = &g_array_index(all->details, fz_detail, load->first),
        .count = load->count,
        .pairs = g_array_new(FALSE, FALSE, sizeof(pair)),
        .rows = g_array_new(FALSE, FALSE, sizeof(fz_detail)),
    };
    bool done;

    if (load->wanted.refusal != FZ_WANTED_FINE)
        done = fz_wanted_send(wish->wanted, &load->wanted, NULL, error);
    else
        done = read_siblings(all, load, &of_load, error) && send_rows(all, load, &of_load, error);
    g_array_free(of_load.pairs, TRUE);
    g_array_free(of_load.rows, TRUE);
    return done;
}

/* Conversations that the store has no more cannot be found. */
static void say_dropped(const fz_asking *asking)
{
    const uint64_t dropped = asking->coverage.dropped;

    if (dropped > 0)
        fz_say("flowzone packets",
               "%" G_GUINT64_FORMAT " capture%s of that time %s no conversations in the store any more", dropped,
               fz_text_plural(dropped), dropped == 1 ? "has" : "have");
}

bool fz_packets_send(fz_asking *asking, GError **error)
{
    const fz_packets_wish *wish = asking->question->user;
    packets all;
    bool done = begin(&all, asking, error);

    if (done)
        say_dropped(asking);
    for (guint i = 0; i < all.loads->len && done; i++)
        done = send_capture(&all, all.loads->pdata[i], error);
    clear(&all);
    return done && fz_wanted_send_end(wish->wanted, error);
}

/* A name of the ledger as a word of a shell, which is the file's name. */
static char *shell_word(const char *name)
{
    g_autofree char *bytes = fz_text_name_bytes(name);

    return fz_text_shell(bytes ? bytes : name);
}

/* The path of a capture, as names are spelt in the ledger; one that a program could take for an option is none. */
static char *path_of(const fz_packets_wish *wish, const fz_wanted_capture *wanted)
{
    g_autofree char *base = g_path_get_basename(wanted->source);
    g_autofree char *ring = wish->ring ? fz_text_name(wish->ring) : g_strdup(wanted->folder);
    g_autofree char *path = g_build_filename(*ring ? ring : ".", base, NULL);

    return *path == '-' ? g_strconcat("./", path, NULL) : g_steal_pointer(&path);
}

/* "1600000000.250000" */
static char *seconds_of(int64_t time_us)
{
    const int64_t second = time_us / G_USEC_PER_SEC - (time_us % G_USEC_PER_SEC < 0);

    return g_strdup_printf("%" G_GINT64_FORMAT ".%06d", second, (int)(time_us - second * G_USEC_PER_SEC));
}

/* The display filter of a capture's conversations, and the counting run's own. */
static char *filter_of(const packets *all, const capture *load, GError **error)
{
    const fz_detail *details = &g_array_index(all->details, fz_detail, load->first);
    g_autofree fz_display_key *keys = g_new(fz_display_key, load->count);

    if (load->count > FZ_DISPLAY_KEYS) {
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE,
                    "%s: %" G_GSIZE_FORMAT
                    " conversations: a display filter can have %d; narrow the filter, or write the "
                    "frames with -w",
                    load->wanted.source, load->count, FZ_DISPLAY_KEYS);
        return NULL;
    }
    for (size_t i = 0; i < load->count; i++)
        keys[i] = (fz_display_key){.record = details[i].record, .by_vlan = load->wanted.vlan};
    return fz_filter_display_of(keys, load->count);
}

/* editcap leaves most frames out before tshark dissects the rest; its end is the first time that is left out. */
static bool print_capture(const packets *all, const capture *load, const char *part, GError **error)
{
    const fz_packets_wish *wish = all->asking->question->user;
    const fz_detail *details = &g_array_index(all->details, fz_detail, load->first);
    int64_t start_us = INT64_MAX, end_us = INT64_MIN;
    g_autofree char *filter = filter_of(all, load, error);

    if (!filter)
        return false;
    for (size_t i = 0; i < load->count; i++) {
        start_us = MIN(start_us, details[i].record.start_us);
        end_us = MAX(end_us, details[i].record.end_us);
    }
    g_autofree char *path = path_of(wish, &load->wanted), *file = shell_word(path), *into = shell_word(part);
    g_autofree char *from = seconds_of(start_us), *to = seconds_of(end_us < INT64_MAX ? end_us + 1 : end_us);
    g_autofree char *quoted = g_shell_quote(filter);
    printf("editcap -A %s -B %s %s - | tshark -r - -Y %s -w %s\n", from, to, file, quoted, into);
    return true;
}

/* Parts are put together where there are several. */
static bool print_all(const packets *all, GError **error)
{
    const fz_packets_wish *wish = all->asking->question->user;
    const bool one = all->loads->len == 1;
    g_autofree char *out = fz_text_name(wish->out), *whole = shell_word(out);
    g_autoptr(GString) parts = g_string_new(NULL);

    for (guint i = 0; i < all->loads->len; i++) {
        g_autofree char *part =
            one ? g_strdup(out) : g_strdup_printf("%s.%u", strcmp(out, "-") == 0 ? "packets.pcapng" : out, i + 1);
        g_autofree char *word = shell_word(part);

        g_string_append_printf(parts, " %s", word);
        if (!print_capture(all, all->loads->pdata[i], part, error))
            return false;
    }
    if (!one && all->loads->len > 0)
        printf("mergecap -a -w %s%s\n", whole, parts->str);
    return true;
}

bool fz_packets_print(fz_asking *asking, GError **error)
{
    packets all;
    bool done = begin(&all, asking, error) && print_all(&all, error);

    if (done)
        say_dropped(asking);
    clear(&all);
    return done;
}
