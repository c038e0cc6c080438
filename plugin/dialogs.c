/* Dialogs of the window: tables about zones, filled at the end of each retap.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compat.h"

#include "dialogs.h"

#include "frame.h"
#include "outermost.h"
#include "settings.h"

/* Wireshark's dialog reads rows of a stat_tap_table, and calls no function of ours between the last packet of a retap
 * and drawing. So the end of the retap is recognized by the end of its dissection, and the rows are made then, once.
 *
 * The window may have several dialogs of one kind open, with one table for all: each keeps pointers to the rows that it
 * has drawn. Rows are therefore not changed or freed as long as a dialog may use them: each retap gets its own table.
 */
typedef struct table_dialog {
    stat_tap_table_ui ui; /* must be first: Wireshark passes it back to us */
    const fz_zone_summary_kind *kind;
    char *cli;
    fz_zone_summary *counting; /* during a retap, from its first packet on */
    const void *listener;      /* the retap's listener: packets of others are not counted */
    const epan_dissect_t *dissection;
    bool armed;         /* the next packet begins a retap */
    GPtrArray *retired; /* of stat_tap_table, whose rows a dialog may still show */
} table_dialog;

static table_dialog *dialogs; /* by kind */

/* The rank comes before the columns of the kind, as dialogs sort by their first column. */
enum { RANK = 1 };

static stat_tap_table *current(const table_dialog *dialog)
{
    const GArray *tables = dialog->ui.tables;

    return tables && tables->len ? g_array_index(tables, stat_tap_table *, 0) : NULL;
}

static void free_cell(stat_tap_table *table, guint row, guint column, stat_tap_table_item_type *cell)
{
    (void)table, (void)row, (void)column;
    if (cell->type == TABLE_ITEM_STRING)
        g_free((char *)(uintptr_t)cell->value.string_value); /* NOLINT(performance-no-int-to-ptr): it is ours */
    cell->type = TABLE_ITEM_NONE;
}

static void free_table(gpointer data)
{
    stat_tap_table *table = data;

    for (guint row = 0; row < table->num_elements; row++) {
        for (guint column = 0; column < table->num_fields; column++)
            free_cell(table, row, column, stat_tap_get_field_data(table, row, column));
        g_free(table->elements[row]);
    }
    g_free(table->elements);
    g_free(table);
}

static void stop_counting(table_dialog *dialog)
{
    g_clear_pointer(&dialog->counting, fz_zone_summary_free);
    dialog->listener = NULL;
    dialog->dissection = NULL;
}

/* A dialog is about to retap. */
static void on_init(stat_tap_table_ui *ui)
{
    table_dialog *dialog = (table_dialog *)ui;
    stat_tap_table *before = current(dialog);

    /* The only dialog shows the latest rows: older ones can be freed. */
    if (ui->refcount <= 1)
        g_ptr_array_set_size(dialog->retired, 0);
    if (before) {
        g_ptr_array_add(dialog->retired, before);
        g_array_set_size(ui->tables, 0);
    }
    stat_tap_add_table(ui, stat_tap_init_table(dialog->kind->title, (int)ui->nfields, 0, NULL));
}

/* A retap begins. */
static void on_reset(stat_tap_table *table)
{
    for (size_t i = 0; i < fz_zone_summary_kind_count; i++)
        if (current(&dialogs[i]) == table) {
            stop_counting(&dialogs[i]);
            dialogs[i].armed = true;
        }
}

static tap_packet_status on_packet(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *tapped,
                                   tap_flags_t flags)
{
    (void)flags;
    table_dialog *dialog = (table_dialog *)((stat_data_t *)data)->stat_tap_data;
    if (dialog->armed) {
        dialog->armed = false;
        dialog->counting = fz_zone_summary_new(dialog->kind);
        dialog->listener = data;
        dialog->dissection = edt;
    }
    if (dialog->counting && dialog->listener == data && dialog->dissection == edt)
        fz_zone_summary_packet(dialog->counting, tapped, fz_frame_us(pinfo), fz_frame_bytes(pinfo));
    return TAP_PACKET_DONT_REDRAW;
}

/* Cells hold 32 bits or a double, which is shown with six decimals: whether 32 bits suffice for a column. */
static bool fits(const fz_rowset *rows, size_t column)
{
    for (size_t row = 0; row < fz_rowset_count(rows); row++)
        if (fz_rowset_get(rows, row)[column].count > UINT32_MAX)
            return false;
    return true;
}

static stat_tap_table_item_type cell_of(const fz_rowset_column *column, const fz_rowset_cell *cell, bool is_uint)
{
    stat_tap_table_item_type item = {.type = TABLE_ITEM_STRING};

    if (column->kind == FZ_ROWSET_TEXT)
        item.value.string_value = g_strdup(cell->text);
    else if (column->kind == FZ_ROWSET_PERCENT) /* of equal width, so that text sorts like numbers */
        item.value.string_value = g_strdup_printf("%6.2f", cell->percent);
    else if (is_uint) {
        item.type = TABLE_ITEM_UINT;
        item.value.uint_value = (guint)cell->count;
    } else {
        item.type = TABLE_ITEM_FLOAT;
        item.value.float_value = (double)cell->count;
    }
    return item;
}

static void fill(const table_dialog *dialog, stat_tap_table *table)
{
    const fz_zone_summary_kind *kind = dialog->kind;
    const fz_rowset *rows = fz_zone_summary_rows(dialog->counting);
    g_autofree bool *is_uint = g_new(bool, kind->columns);
    g_autofree stat_tap_table_item_type *items = g_new0(stat_tap_table_item_type, kind->columns + RANK);

    for (size_t i = 0; i < kind->columns; i++)
        is_uint[i] = kind->column[i].kind == FZ_ROWSET_COUNT && fits(rows, i);
    for (size_t row = 0; row < fz_rowset_count(rows); row++) {
        const fz_rowset_cell *cells = fz_rowset_get(rows, row);

        items[0] = (stat_tap_table_item_type){.type = TABLE_ITEM_UINT, .value.uint_value = (guint)row + 1};
        for (size_t i = 0; i < kind->columns; i++)
            items[RANK + i] = cell_of(&kind->column[i], &cells[i], is_uint[i]);
        stat_tap_init_table_row(table, (guint)row, table->num_fields, items);
    }
}

/* A dissection ends, perhaps that of a retap. */
static void on_cleanup(epan_dissect_t *edt)
{
    for (size_t i = 0; dialogs && i < fz_zone_summary_kind_count; i++) {
        table_dialog *dialog = &dialogs[i];
        stat_tap_table *table = current(dialog);

        if (!dialog->counting || dialog->dissection != edt)
            continue;
        fz_zone_summary_close(dialog->counting, fz_settings_zones());
        if (table && table->num_elements == 0)
            fill(dialog, table);
        stop_counting(dialog);
    }
}

static void nothing(void)
{
}

static void nothing_of(epan_dissect_t *edt)
{
    (void)edt;
}

void fz_dialogs_load(void)
{
    /* Wireshark calls all of them without a check. */
    static const epan_plugin plugin = {.init = nothing,
                                       .post_init = nothing,
                                       .dissect_init = nothing_of,
                                       .dissect_cleanup = on_cleanup,
                                       .cleanup = nothing};

    epan_register_plugin(&plugin);
}

static stat_tap_table_item *fields_of(const fz_zone_summary_kind *kind)
{
    stat_tap_table_item *fields = g_new0(stat_tap_table_item, kind->columns + RANK);

    fields[0] = (stat_tap_table_item){TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "#", "%u"};
    for (size_t i = 0; i < kind->columns; i++) {
        bool is_count = kind->column[i].kind == FZ_ROWSET_COUNT;

        fields[RANK + i] =
            (stat_tap_table_item){is_count ? TABLE_ITEM_UINT : TABLE_ITEM_STRING,
                                  kind->column[i].kind == FZ_ROWSET_TEXT ? TAP_ALIGN_LEFT : TAP_ALIGN_RIGHT,
                                  kind->column[i].title, is_count ? "%u" : "%s"};
    }
    return fields;
}

/* It has a comma: the window opens a dialog by name only if there is one. */
static char *cli_of(const fz_zone_summary_kind *kind)
{
    return g_strconcat("flowzone-table,", kind->name, NULL);
}

void fz_dialogs_register(void)
{
    dialogs = g_new0(table_dialog, fz_zone_summary_kind_count);
    for (size_t i = 0; i < fz_zone_summary_kind_count; i++) {
        table_dialog *dialog = &dialogs[i];

        dialog->kind = &fz_zone_summary_kinds[i];
        dialog->cli = cli_of(dialog->kind);
        dialog->retired = g_ptr_array_new_with_free_func(free_table);
        dialog->ui = (stat_tap_table_ui){
            .group =
                REGISTER_STAT_GROUP_CONVERSATION_LIST, /* this group gets no menu entries: FlowZone has its own menu */
            .title = dialog->kind->title,
            .tap_name = FZ_OUTERMOST_TAP,
            .cli_string = dialog->cli,
            .stat_tap_init_cb = on_init,
            .packet_func = on_packet,
            .stat_tap_reset_table_cb = on_reset,
            .stat_tap_free_table_item_cb = free_cell,
            .nfields = dialog->kind->columns + RANK,
            .fields = fields_of(dialog->kind),
        };
        register_stat_tap_table_ui(&dialog->ui);
    }
}

/* Opens it as -z on the window's command line does: a plugin's menu has no other way. */
void fz_dialogs_open(const fz_zone_summary_kind *kind)
{
    g_autofree char *cli = cli_of(kind);

    if (process_stat_cmd_arg(cli))
        start_requested_stats();
}
