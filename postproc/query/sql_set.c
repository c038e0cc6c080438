/* A set as a condition: lists and ranges, and above them a tree of comparisons where there are many.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sql_set.h"

#include <string.h>

/* Values of one list, and branches of one CASE. Three levels of this hold more than any filter. */
enum { FANOUT = 48 };

/* Ranges of one list, from which on they are rows of a table where the dialect wants that. */
enum { LISTED = 8 };

/* A number is in the last eight bytes, in network byte order. */
typedef struct range {
    uint8_t low[16], high[16];
} range;

/* What the values are: these many bytes, or numbers. */
enum { NUMBERS, ADDRS_V4, ADDRS_V6, KINDS };
static const size_t value_sizes[KINDS] = {[NUMBERS] = 0, [ADDRS_V4] = 4, [ADDRS_V6] = 16};

struct fz_sql_set {
    GArray *ranges[KINDS];
};

fz_sql_set *fz_sql_set_new(void)
{
    fz_sql_set *set = g_new0(fz_sql_set, 1);

    for (size_t i = 0; i < KINDS; i++)
        set->ranges[i] = g_array_new(FALSE, FALSE, sizeof(range));
    return set;
}

void fz_sql_set_free(fz_sql_set *set)
{
    for (size_t i = 0; set && i < KINDS; i++)
        g_array_unref(set->ranges[i]);
    g_free(set);
}

void fz_sql_set_add(fz_sql_set *set, uint64_t low, uint64_t high)
{
    const uint64_t first = GUINT64_TO_BE(low), last = GUINT64_TO_BE(high);
    range added = {{0}, {0}};

    memcpy(added.low + 8, &first, sizeof first);
    memcpy(added.high + 8, &last, sizeof last);
    g_array_append_val(set->ranges[NUMBERS], added);
}

void fz_sql_set_add_prefix(fz_sql_set *set, const fz_prefix *prefix)
{
    const int kind = prefix->addr.family == FZ_IPV4 ? ADDRS_V4 : ADDRS_V6;
    range added = {{0}, {0}};

    memcpy(added.low, prefix->addr.bytes, sizeof added.low);
    memcpy(added.high, prefix->addr.bytes, sizeof added.high);
    for (unsigned bit = prefix->length; bit < fz_family_bits(prefix->addr.family); bit++)
        added.high[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    g_array_append_val(set->ranges[kind], added);
}

static int compare_lows(const void *left, const void *right)
{
    const range *a = left, *b = right;

    return memcmp(a->low, b->low, sizeof a->low);
}

/* Whether nothing lies between the end of the first range and the start of the second one, which is not before the
 * first. */
static bool adjoins(const range *first, const range *second, size_t size)
{
    uint8_t next[16];

    memcpy(next, first->high, sizeof next);
    for (size_t i = size; i-- > 0 && ++next[i] == 0;)
        ;
    return memcmp(second->low, first->high, sizeof next) <= 0 || memcmp(second->low, next, sizeof next) == 0;
}

/* In order, and none of them touches another. */
static void tidy(GArray *ranges, size_t size)
{
    range *all = (range *)(void *)ranges->data;
    guint last = 0;

    if (ranges->len < 2)
        return;
    g_array_sort(ranges, compare_lows);
    for (guint i = 1; i < ranges->len; i++) {
        if (!adjoins(&all[last], &all[i], size))
            all[++last] = all[i];
        else if (memcmp(all[i].high, all[last].high, sizeof all[last].high) > 0)
            memcpy(all[last].high, all[i].high, sizeof all[last].high);
    }
    g_array_set_size(ranges, last + 1);
}

static void append_value(GString *sql, const uint8_t bytes[16], size_t size)
{
    uint64_t number;

    if (size == 0) {
        memcpy(&number, bytes + 8, sizeof number);
        g_string_append_printf(sql, "%" G_GUINT64_FORMAT, GUINT64_FROM_BE(number));
        return;
    }
    g_string_append(sql, "x'");
    for (size_t i = 0; i < size; i++)
        g_string_append_printf(sql, "%02x", bytes[i]);
    g_string_append_c(sql, '\'');
}

static bool is_single(const range *one)
{
    return memcmp(one->low, one->high, sizeof one->low) == 0;
}

/* The expression that is looked for, and the size of addresses. */
typedef struct sought {
    const char *expression;
    size_t size;
    const fz_dialect *dialect;
} sought;

/* "a BETWEEN 7 AND 9 OR ...", or "EXISTS (SELECT 1 FROM (VALUES (7, 9), ...) v WHERE ...)". */
static void append_ranges(GString *sql, const range *ranges, size_t count, const sought *wanted, size_t wide)
{
    const bool listed = wanted->dialect->lists_ranges && wide > LISTED;
    const char *separator = listed ? "EXISTS (SELECT 1 FROM (VALUES " : "";

    for (size_t i = 0; i < count; i++) {
        if (is_single(&ranges[i]))
            continue;
        g_string_append(sql, separator);
        if (listed)
            g_string_append_c(sql, '(');
        else
            g_string_append_printf(sql, "%s BETWEEN ", wanted->expression);
        append_value(sql, ranges[i].low, wanted->size);
        g_string_append(sql, listed ? ", " : " AND ");
        append_value(sql, ranges[i].high, wanted->size);
        g_string_append(sql, listed ? ")" : "");
        separator = listed ? ", " : " OR ";
    }
    if (listed)
        g_string_append_printf(sql, ") v WHERE %s BETWEEN v.column1 AND v.column2)", wanted->expression);
}

/* "a IN (1, 5) OR a BETWEEN 7 AND 9", in parentheses if it is more than one condition. */
static void append_list(GString *sql, const range *ranges, size_t count, const sought *wanted)
{
    const gsize start = sql->len;
    size_t singles = 0;

    for (size_t i = 0; i < count; i++)
        singles += is_single(&ranges[i]);
    size_t left = singles;
    for (size_t i = 0; i < count && left > 0; i++) {
        if (!is_single(&ranges[i]))
            continue;
        if (left == singles)
            g_string_append_printf(sql, singles > 1 ? "%s IN (" : "%s = ", wanted->expression);
        append_value(sql, ranges[i].low, wanted->size);
        left--;
        g_string_append(sql, left > 0 ? ", " : singles > 1 ? ")" : "");
    }
    if (singles > 0 && singles < count)
        g_string_append(sql, " OR ");
    append_ranges(sql, ranges, count, wanted, count - singles);
    if (count > 1 && singles < count) {
        g_string_insert_c(sql, (gssize)start, '(');
        g_string_append_c(sql, ')');
    }
}

/* Of more than a list: "CASE WHEN a < 100 THEN (...) WHEN a < 200 THEN ... ELSE ... END". */
static void append_tree(GString *sql, const range *ranges, size_t count, const sought *wanted)
{
    size_t step = FANOUT;

    if (count <= FANOUT) {
        append_list(sql, ranges, count, wanted);
        return;
    }
    while (step * FANOUT < count)
        step *= FANOUT;
    g_string_append(sql, "CASE");
    for (size_t at = 0; at < count; at += step) {
        const bool is_last = at + step >= count;
        if (is_last) {
            g_string_append(sql, " ELSE ");
        } else {
            g_string_append_printf(sql, " WHEN %s < ", wanted->expression);
            append_value(sql, ranges[at + step].low, wanted->size);
            g_string_append(sql, " THEN ");
        }
        append_tree(sql, ranges + at, is_last ? count - at : step, wanted);
    }
    g_string_append(sql, " END");
}

static bool has_ranges(const GArray *ranges)
{
    for (guint i = 0; i < ranges->len; i++)
        if (!is_single(&g_array_index(ranges, range, i)))
            return true;
    return false;
}

void fz_sql_set_append(GString *sql, fz_sql_set *set, const fz_dialect *dialect, const char *expression)
{
    const gsize start = sql->len;
    unsigned conditions = 0;

    for (size_t kind = 0; kind < KINDS; kind++) {
        GArray *ranges = set->ranges[kind];
        const size_t size = value_sizes[kind];
        if (ranges->len == 0)
            continue;
        tidy(ranges, size ? size : 16);
        /* An address of the other family can lie between two of this one. */
        const bool checked = size > 0 && has_ranges(ranges);
        g_string_append(sql, conditions++ ? " OR " : "");
        if (checked)
            g_string_append_printf(sql, "(LENGTH(%s) = %zu AND ", expression, size);
        append_tree(sql, (const range *)(const void *)ranges->data, ranges->len, &(sought){expression, size, dialect});
        g_string_append(sql, checked ? ")" : "");
    }
    if (conditions == 0)
        g_string_append(sql, "1 = 0");
    if (conditions > 1) {
        g_string_insert_c(sql, (gssize)start, '(');
        g_string_append_c(sql, ')');
    }
}
