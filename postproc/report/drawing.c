/* What all drawings of a report share.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "drawing.h"

#include "escape.h"
#include "numeral.h"
#include "overview.h"
#include "text.h"

#include <inttypes.h>

fz_drawing_colour fz_drawing_colour_of(unsigned colour)
{
    static const fz_drawing_colour colours[] = {
        {"zone-1", "#2a6496"}, {"zone-2", "#b9851b"}, {"zone-3", "#2b8a80"},     {"zone-4", "#b9532f"},
        {"zone-5", "#5795c4"}, {"zone-6", "#84608e"}, {"zone-other", "#908e86"}, {"zone-none", "#cbc8bf"},
    };

    return colours[MIN(colour, (unsigned)FZ_COLOUR_NONE)];
}

/* Their classes; narrower ones are hidden unless the page's style shows them. */
static const struct {
    const char *class;
    int pixels;
} widths[FZ_DRAWING_WIDTHS] = {
    [FZ_DRAWING_WIDE] = {"wide", FZ_WIDE_PX},
    [FZ_DRAWING_MIDDLE] = {"middle", FZ_MIDDLE_PX},
    [FZ_DRAWING_NARROW] = {"narrow", FZ_NARROW_PX},
};

double fz_drawing_pixels(fz_drawing_width width)
{
    return widths[width].pixels;
}

void fz_drawing_begin(GString *to, fz_drawing_width width, const char *id, const char *class, double height,
                      const char *title, const char *description)
{
    const char *name = widths[width].class;

    fz_markup(to, "<svg class=\"%s%s%s\" viewBox=\"0 0 %d %f\" role=\"img\"", name, *class ? " " : "", class,
              widths[width].pixels, height);
    fz_markup(to, " aria-labelledby=\"%s-%s-title %s-%s-text\"", id, name, id, name);
    g_string_append(to, " font-family=\"system-ui, sans-serif\" font-size=\"13\"");
    g_string_append(to, width == FZ_DRAWING_WIDE ? "" : " display=\"none\"");
    fz_markup(to, " fill=\"" FZ_INK "\"><title id=\"%s-%s-title\">%s</title>", id, name, title);
    fz_markup(to, "<desc id=\"%s-%s-text\">%s</desc>\n", id, name, description);
}

void fz_drawing_end(GString *to)
{
    g_string_append(to, "</svg>\n");
}

/* Widths of ASCII from the space on, in hundredths of the font's size: of DejaVu Sans Bold. None of the fonts of
 * "system-ui, sans-serif" is wider, on any system that is known. */
static const unsigned char ascii_widths[] = {
    35, 46, 52, 84, 70, 100, 87, 31,  46,  46, 52, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70,  70, 70,
    70, 70, 40, 40, 84, 84,  84, 58,  100, 77, 76, 73, 83, 68, 68, 82, 84, 37, 37, 77, 64, 100, 84, 85,
    73, 85, 77, 72, 68, 81,  77, 110, 77,  72, 73, 46, 37, 46, 84, 50, 50, 67, 72, 59, 72, 68,  44, 72,
    71, 34, 34, 67, 34, 104, 71, 69,  72,  72, 49, 60, 48, 71, 65, 92, 65, 65, 58, 71, 37, 71,  84,
};
enum {
    WIDTH_ELLIPSIS = 100,
    WIDTH_WIDE = 102,      /* Chinese, Japanese, Korean */
    WIDTH_USUAL = 75,      /* of a letter, where it is not known, on average; */
    WIDTH_MOST = 135,      /* and at most, in Greek, Cyrillic, Hebrew and Arabic */
    NARROW_SPACE = 0x202f, /* in numbers */
    MARKS_MOST = 2,        /* on one letter; more would reach other lines, and do not fit */
};

/* A text as it is measured. */
typedef struct measure {
    double usual, most; /* hundredths of the font's size, on average and at most */
    bool strange;       /* of characters of which nothing is known */
    unsigned marks;     /* in a row, up to here */
} measure;

/* The letter below all marks: that of "ü" is "u". */
static gunichar letter_of(gunichar character)
{
    gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];

    return g_unichar_fully_decompose(character, FALSE, parts, G_N_ELEMENTS(parts)) > 0 ? parts[0] : character;
}

static void measure_one(measure *sum, gunichar character)
{
    const gunichar letter = letter_of(character);
    double usual = WIDTH_USUAL, most = WIDTH_MOST;

    sum->marks = g_unichar_iszerowidth(character) ? sum->marks + 1 : 0;
    if (character == NARROW_SPACE)
        usual = most = ascii_widths[0];
    else if (sum->marks > 0)
        usual = most = sum->marks <= MARKS_MOST ? 0 : G_MAXINT;
    else if (letter >= ' ' && letter < ' ' + G_N_ELEMENTS(ascii_widths))
        usual = most = ascii_widths[letter - ' '];
    else if (g_unichar_iswide(character))
        usual = most = WIDTH_WIDE;
    else if (letter < 0x370 || letter > 0x6ff) /* Greek begins, Arabic ends */
        sum->strange = true;
    sum->usual += usual;
    sum->most += most;
}

/* The bytes of a text that fit into so many hundredths, with an ellipsis behind them unless they are all of it; `*fits`
 * is how wide that is. */
static size_t fitting(const char *text, double room, measure *fits)
{
    measure sum = {0};
    const char *at = text;
    size_t end = 0;

    *fits = sum;
    while (*at && sum.usual <= room) {
        measure_one(&sum, g_utf8_get_char(at));
        at += g_utf8_skip[(guchar)*at];
        if (sum.usual + WIDTH_ELLIPSIS <= room) {
            end = (size_t)(at - text);
            *fits = sum;
        }
    }
    if (sum.usual > room) {
        fits->usual += WIDTH_ELLIPSIS;
        fits->most += WIDTH_ELLIPSIS;
        return end;
    }
    *fits = sum;
    return (size_t)(at - text);
}

/* A hundredth of the font's size, in pixels. Letters that are not bold are narrower, at most as wide as this. */
static double pixel_of(bool regular, bool small)
{
    return (small ? 12 : 13) * (regular ? 0.95 : 1) / 100.0;
}

double fz_drawing_name_room(const char *name, bool regular, bool small)
{
    g_autofree char *shown = fz_text_table(name);
    measure all;

    fitting(shown, G_MAXDOUBLE, &all);
    return all.usual * pixel_of(regular, small) + 0.01; /* of the division there */
}

void fz_drawing_name(GString *to, const fz_drawing_label *label, const char *name)
{
    const double pixel = pixel_of(label->regular, label->small);
    g_autofree char *shown = fz_text_table(name);
    measure fits;
    const size_t size = fitting(shown, label->room / pixel, &fits);
    const bool whole = shown[size] == '\0';

    shown[size] = '\0';
    if (label->turned)
        fz_markup(to, "<text transform=\"translate(%f %f) rotate(%d)\"", label->x, label->y, label->turned);
    else
        fz_markup(to, "<text x=\"%f\" y=\"%f\"", label->x, label->y);
    fz_markup(to, " class=\"name%s%s\"", label->regular ? " plain" : "", label->small ? " small" : "");
    g_string_append(to, label->regular ? "" : " font-weight=\"600\"");
    g_string_append(to, label->small ? " font-size=\"12\"" : "");
    g_string_append(to, label->end ? FZ_END : "");
    if (fits.strange || fits.most > label->room / pixel)
        fz_markup(to, " textLength=\"%f\" lengthAdjust=\"spacingAndGlyphs\"", MIN(fits.usual * pixel, label->room));
    fz_markup(to, ">%s%s</text>", shown, whole ? "" : "\u2026");
}

void fz_drawing_bytes(GString *to, const fz_drawing_label *label, int64_t bytes)
{
    char text[FZ_NUMERAL_SIZE];

    fz_markup(to, "<text x=\"%f\" y=\"%f\" class=\"muted%s\" fill=\"" FZ_MUTED "\"", label->x, label->y,
              label->small ? " small" : "");
    g_string_append(to, label->small ? " font-size=\"12\"" : "");
    g_string_append(to, label->end ? FZ_END : "");
    fz_markup(to, " data-b=\"%" PRId64 "\">%s</text>", bytes, fz_numeral_bytes_print(bytes, text));
}

int64_t fz_drawing_bytes_of(double bytes)
{
    return bytes < (double)INT64_MAX ? (int64_t)bytes : INT64_MAX;
}

double fz_drawing_nothing(GString *to, fz_drawing_width width, const char *id, const char *title)
{
    static const char words[] = "No conversations.";
    enum { HEIGHT = 30, BASE = 19 };

    fz_drawing_begin(to, width, id, "", HEIGHT, title, words);
    fz_markup(to, "<text x=\"0\" y=\"%d\" " FZ_MUTED_TEXT ">%s</text>", BASE, words);
    fz_drawing_end(to);
    return HEIGHT;
}
