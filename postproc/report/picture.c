/* The picture of who talks to whom.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "picture.h"

#include "page_private.h"
#include "sankey.h"
#include "text.h"

enum { MARGIN = 24, TITLE_Y = 50, WORDS_Y = 76, TOP = 100, WIDTH = FZ_WIDE_PX + 2 * MARGIN };

static void print_heading(GString *to, const fz_overview *overview)
{
    g_autofree char *title = fz_page_title(overview);
    g_autofree char *days = overview->title ? fz_page_days(overview) : NULL; /* else the title has them */
    char bytes[FZ_NUMERAL_SIZE], flows[FZ_NUMERAL_SIZE];

    fz_markup(to,
              "<text x=\"%d\" y=\"%d\" font-family=\"Charter, Georgia, 'Noto Serif', serif\" font-size=\"28\" "
              "font-weight=\"600\" fill=\"" FZ_INK "\">%.70s</text>",
              MARGIN, TITLE_Y, title);
    fz_markup(to,
              "<text x=\"%d\" y=\"%d\" font-family=\"system-ui, sans-serif\" font-size=\"15\" fill=\"" FZ_MUTED
              "\">%s in %s conversation%s",
              MARGIN, WORDS_Y, fz_numeral_bytes_print(overview->now.sum.bytes, bytes),
              fz_numeral_count_print(overview->now.sum.flows, flows), overview->now.sum.flows == 1 ? "" : "s");
    if (days)
        fz_markup(to, ", %s", days);
    if (overview->now.dropped > 0 && !overview->now.sums)
        fz_markup(to, ", without %s capture%s whose details were dropped",
                  fz_numeral_count_print((int64_t)overview->now.dropped, flows), fz_text_plural(overview->now.dropped));
    if (overview->where)
        fz_markup(to, ", where %.60s", overview->where);
    g_string_append(to, "</text>\n");
}

void fz_picture_print(GString *to, const fz_overview *overview)
{
    g_autoptr(GString) drawing = g_string_new(NULL);
    const double height = fz_sankey_draw(drawing, overview, FZ_DRAWING_WIDE), all = TOP + height + MARGIN;

    fz_markup(to,
              FZ_PICTURE_BEGIN " " FZ_VERSION "\" viewBox=\"0 0 %d %f\" width=\"%d\" height=\"%f\">"
                               "<rect width=\"100%%\" height=\"100%%\" fill=\"" FZ_PAPER "\"/>\n",
              WIDTH, all, WIDTH, all);
    print_heading(to, overview);
    fz_markup(to, "<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%f\">\n", MARGIN, TOP, FZ_WIDE_PX, height);
    g_string_append_len(to, drawing->str, (gssize)drawing->len);
    g_string_append(to, "</svg></svg>\n");
}
