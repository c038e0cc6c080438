/* Stand-ins, wherever an overview names a machine.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "disguise.h"

static void hide_addr(const fz_anonymizer *anonymizer, char **text)
{
    char *shown = fz_anonymizer_text(anonymizer, *text);

    g_free(*text);
    *text = shown;
}

static void hide_name(const fz_anonymizer *anonymizer, const char *kind, char **name)
{
    char *shown = fz_anonymizer_name(anonymizer, kind, *name);

    g_free(*name);
    *name = shown;
}

static void hide_rows(const fz_anonymizer *anonymizer, fz_overview_table *table)
{
    for (guint i = 0; i < table->rows->len; i++) {
        fz_overview_row *row = &g_array_index(table->rows, fz_overview_row, i);
        hide_addr(anonymizer, &row->label);
        g_clear_pointer(&row->name, g_free);
    }
}

static void hide_talk(const fz_anonymizer *anonymizer, fz_overview_talk *talk)
{
    for (int end = 0; end < 2; end++) {
        hide_addr(anonymizer, &talk->addr[end]);
        g_clear_pointer(&talk->name[end], g_free);
    }
}

void fz_disguise(fz_overview *overview, const fz_anonymizer *anonymizer)
{
    hide_rows(anonymizer, &overview->hosts);
    hide_rows(anonymizer, &overview->networks);
    for (guint i = 0; i < overview->talks->len; i++)
        hide_talk(anonymizer, &g_array_index(overview->talks, fz_overview_talk, i));
    for (guint i = 0; i < overview->captures->len; i++) {
        fz_overview_capture *capture = &g_array_index(overview->captures, fz_overview_capture, i);
        hide_name(anonymizer, "capture", &capture->source);
        hide_name(anonymizer, "sensor", &capture->sensor);
    }
}
