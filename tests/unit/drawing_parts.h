/* What tests of drawings share: their elements, and overviews of any zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DRAWING_PARTS_H
#define DRAWING_PARTS_H

#include "overview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An element of a drawing, which is XML, with its attributes and its text. */
typedef struct part {
    char *name;
    GHashTable *attributes;
    GString *text;      /* of itself */
    struct part *above; /* NULL: it is the outermost */
} part;

typedef struct part_reading {
    GPtrArray *all; /* in the order of their begins */
    part *open;
} part_reading;

static inline void part_free(void *at)
{
    part *freed = at;

    g_free(freed->name);
    g_hash_table_unref(freed->attributes);
    g_string_free(freed->text, TRUE);
    g_free(freed);
}

static inline void part_begins(GMarkupParseContext *context, const char *name, const char **names, const char **values,
                               void *user, GError **error)
{
    part_reading *read = user;
    part *made = g_new0(part, 1);

    (void)context;
    (void)error;
    *made = (part){g_strdup(name), g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), g_string_new(NULL),
                   read->open};
    for (; *names; names++, values++)
        g_hash_table_insert(made->attributes, g_strdup(*names), g_strdup(*values));
    g_ptr_array_add(read->all, made);
    read->open = made;
}

static inline void part_ends(GMarkupParseContext *context, const char *name, void *user, GError **error)
{
    part_reading *read = user;

    (void)context;
    (void)name;
    (void)error;
    read->open = read->open->above;
}

static inline void part_text(GMarkupParseContext *context, const char *text, gsize size, void *user, GError **error)
{
    part_reading *read = user;

    (void)context;
    (void)error;
    if (read->open)
        g_string_append_len(read->open->text, text, (gssize)size);
}

/* All elements; the caller unrefs. Fails if it is no XML. */
static inline GPtrArray *parts_read(const char *drawing)
{
    static const GMarkupParser parser = {part_begins, part_ends, part_text, NULL, NULL};
    g_autoptr(GError) error = NULL;
    part_reading read = {g_ptr_array_new_with_free_func(part_free), NULL};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &read, NULL);
    bool good = g_markup_parse_context_parse(context, "<all>", -1, &error) &&
                g_markup_parse_context_parse(context, drawing, -1, &error) &&
                g_markup_parse_context_parse(context, "</all>", -1, &error) &&
                g_markup_parse_context_end_parse(context, &error);

    if (!good)
        g_error("%s in %s", error->message, drawing);
    g_markup_parse_context_free(context);
    return read.all;
}

static inline const char *part_word(const part *read, const char *attribute)
{
    const char *word = g_hash_table_lookup(read->attributes, attribute);

    return word ? word : "";
}

static inline double part_number(const part *read, const char *attribute)
{
    return g_ascii_strtod(part_word(read, attribute), NULL);
}

/* Whether it is such an element of this class, which may have others. */
static inline bool part_is(const part *read, const char *name, const char *class)
{
    g_auto(GStrv) classes = g_strsplit(part_word(read, "class"), " ", -1);

    return strcmp(read->name, name) == 0 && (!class || g_strv_contains((const char *const *)classes, class));
}

/* The next element with a name and a class at or after `*at`; NULL: none is left. */
static inline const part *parts_next(const GPtrArray *all, const char *name, const char *class, guint *at)
{
    while (*at < all->len) {
        const part *read = g_ptr_array_index(all, (*at)++);

        if (part_is(read, name, class))
            return read;
    }
    return NULL;
}

/* All numbers of a path's data, in order. The caller unrefs. */
static inline GArray *path_numbers(const part *path)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(double));

    for (const char *at = part_word(path, "d"); *at;) {
        char *end;
        const double number = g_ascii_strtod(at, &end);

        if (end > at)
            g_array_append_val(numbers, number);
        at = end > at ? end : at + 1;
    }
    return numbers;
}

/* Names that mean harm, and long, wide and strange ones. */
static const char *const odd_names[] = {
    "</title><script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "'; --><!-- ]]>",
    "&lt;&#0;",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5"
    "\xad\x97",
    "\xe2\x80\xae"
    "abc\xe2\x80\xac",
    "\xef\xb7\xbd\xef\xb7\xbd\xef\xb7\xbd",
    "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
    "\xd0\xa9\xd0\xa3\xd0\x9a\xd0\x90\xd0\xa9\xd0\xa3\xd0\x9a\xd0\x90",
    "\xff\xfe\x80",
    "\n\t\x1b[2J",
    "",
    "other (3)",
    "(no zone)",
};

/* Conversations of any of `zones` zones: from none to many, from none to all bytes that there are, with gaps. The
 * caller frees. */
static inline fz_overview *any_overview(GRand *dice, int zones)
{
    fz_overview *made = fz_overview_new();
    const int64_t from = (int64_t)g_rand_int(dice) * G_USEC_PER_SEC,
                  length = (int64_t)g_rand_int_range(dice, 0, 1 << 20) * 1000000;
    const double skew = g_rand_double_range(dice, 0, 62);

    made->utc = true;
    fz_overview_set_time(made, from, from + length);
    for (int i = g_rand_int_range(dice, 0, 4 * zones + 1); i > 0; i--) {
        char names[2][24];
        const char *zone[2];

        for (int end = 0; end < 2; end++) {
            const int which = g_rand_int_range(dice, 0, zones);
            g_snprintf(names[end], sizeof names[end], "zone %d", which);
            zone[end] = which < (int)G_N_ELEMENTS(odd_names) ? odd_names[which] : names[end];
        }
        const fz_overview_sum sum = {
            g_rand_int_range(dice, 0, 20) ? (int64_t)exp2(g_rand_double_range(dice, 0, skew + 0.5)) - 1 : 0, 1, 1};
        (void)fz_overview_add(made, zone[0], zone[1], from + (int64_t)(g_rand_double(dice) * (double)length), &sum);
    }
    for (int i = g_rand_int_range(dice, 0, 4); i > 0; i--) {
        const int64_t begin = from + length / 5 * (4 - i);
        const fz_gap gap = {begin, begin + (int64_t)(g_rand_double(dice) * (double)length / 6)};
        g_array_append_val(made->gaps, gap);
    }
    fz_overview_settle(made);
    made->compared = g_rand_boolean(dice);
    for (guint i = 0; i < made->pairs->len; i++) {
        fz_overview_pair *pair = &g_array_index(made->pairs, fz_overview_pair, i);
        pair->before = made->compared ? g_rand_int_range(dice, 0, 2) : -1;
        if (g_rand_int_range(dice, 0, 10) == 0)
            pair->denied = pair->sum;
    }
    return made;
}

#endif
