/* A filter as a condition in SQL, which is as flat as a store's parser wants it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "filter_sql.h"
#include "derived.h"
#include "filter_part.h"
#include "filter_sql_private.h"
#include "flow.h"

#include <string.h>

/* Conditions of one chain: the parse tree of a longer one would be as deep as it is long. */
enum { CHAIN = 16 };

/* What a store's parser keeps while it reads a condition, in tokens and the like, as far as it depends on the filter:
 * SQLite's keeps 100, of which half are for the rest of the statement. */
enum { IN_FIRST = 1, IN_OTHER = 3, IN_CASE = 4, PLAIN_MAX = 24 };

/* A part, and what of it costs room in a parser: the one that costs most comes first in a group. */
typedef struct piece {
    const fz_filter_part *part;
    unsigned cost;
    bool in_case;      /* a group that would cost more than PLAIN_MAX */
    GPtrArray *pieces; /* of a group */
} piece;

static void piece_free(void *freed)
{
    piece *one = freed;

    if (one->pieces)
        g_ptr_array_unref(one->pieces);
    g_free(one);
}

/* What a parser has read before it stays on its stack. */
static int compare_costs(const void *left, const void *right)
{
    const piece *a = *(piece *const *)left, *b = *(piece *const *)right;

    if (a->cost != b->cost)
        return a->cost > b->cost ? -1 : 1;
    return 0;
}

static const piece *piece_at(const piece *group, guint i)
{
    return group->pieces->pdata[i];
}

/* The halves of a long chain are in parentheses. */
static unsigned cost_of_chain(const piece *group)
{
    unsigned cost = piece_at(group, 0)->cost + IN_FIRST;

    if (group->pieces->len > 1)
        cost = MAX(cost, piece_at(group, 1)->cost + IN_OTHER);
    for (guint length = group->pieces->len; length > CHAIN; length = (length + 1) / 2)
        cost += IN_OTHER;
    return cost;
}

static unsigned cost_of_case(const piece *group)
{
    const piece *most = piece_at(group, 0);
    unsigned cost = most->cost + (most->in_case ? 0 : IN_CASE);

    if (group->pieces->len > 1)
        cost = MAX(cost, piece_at(group, 1)->cost + IN_CASE);
    return cost;
}

static piece *piece_new(const fz_filter_part *part)
{
    piece *one = g_new0(piece, 1);

    *one = (piece){.part = part};
    if (part->test)
        return one;
    one->pieces = g_ptr_array_new_with_free_func(piece_free);
    for (guint i = 0; i < part->parts->len; i++)
        g_ptr_array_add(one->pieces, piece_new(part->parts->pdata[i]));
    g_ptr_array_sort(one->pieces, compare_costs);
    one->cost = cost_of_chain(one);
    one->in_case = one->cost > PLAIN_MAX;
    if (one->in_case)
        one->cost = cost_of_case(one);
    return one;
}

/* With `negated` that it is not true. */
static void append_piece(fz_sql_writer *writer, const piece *one, bool negated);

static void append_chain(fz_sql_writer *writer, const piece *group, bool negated, guint from, guint to)
{
    const char *operator= group->part->is_or != negated ? " OR " : " AND ";
    const guint half = from + (to - from) / 2;

    if (to - from > CHAIN) {
        g_string_append_c(writer->sql, '(');
        append_chain(writer, group, negated, from, half);
        g_string_append_printf(writer->sql, ")%s(", operator);
        append_chain(writer, group, negated, half, to);
        g_string_append_c(writer->sql, ')');
        return;
    }
    for (guint i = from; i < to; i++) {
        g_string_append(writer->sql, i > from ? operator: "");
        append_piece(writer, piece_at(group, i), negated);
    }
}

/* Flat, however deep the filter is: what decides comes before what is inside of it. "a or (b and (c or d))" is CASE
 * WHEN a THEN 1 WHEN NOT b THEN 0 WHEN c THEN 1 ELSE d END. Only a part beside one that costs as much makes a CASE
 * inside of another, and of such pairs few fit into the tests of one filter. No test is NULL. */
static void append_case(fz_sql_writer *writer, const piece *group, bool negated)
{
    g_string_append(writer->sql, "CASE");
    for (; group->in_case; group = piece_at(group, 0)) {
        const bool decides = group->part->is_or != negated;

        for (guint i = 1; i < group->pieces->len; i++) {
            g_string_append(writer->sql, " WHEN ");
            append_piece(writer, piece_at(group, i), decides ? negated : !negated);
            g_string_append_printf(writer->sql, " THEN %d", decides);
        }
    }
    g_string_append(writer->sql, " ELSE ");
    append_piece(writer, group, negated);
    g_string_append(writer->sql, " END");
}

static void append_piece(fz_sql_writer *writer, const piece *one, bool negated)
{
    if (one->in_case) {
        append_case(writer, one, negated);
    } else if (one->pieces) {
        g_string_append_c(writer->sql, '(');
        append_chain(writer, one, negated, 0, one->pieces->len);
        g_string_append_c(writer->sql, ')');
    } else {
        g_string_append(writer->sql, one->part->negated != negated ? "NOT (" : "(");
        fz_sql_test(writer, one->part->test);
        g_string_append_c(writer->sql, ')');
    }
}

static void append_filter(fz_sql_writer *writer, const fz_filter *filter)
{
    g_autoptr(fz_filter_part) part = fz_filter_part_new(filter);
    piece *one = piece_new(part);

    g_string_append(writer->sql, one->in_case ? "(" : "");
    append_piece(writer, one, false);
    g_string_append(writer->sql, one->in_case ? ")" : "");
    piece_free(one);
}

static bool is_small_enough(const GString *sql, gsize start, GError **error)
{
    if (sql->len - start <= FZ_FILTER_SQL_MAX)
        return true;
    g_set_error(error, FZ_FILTER_ERROR, FZ_FILTER_ERROR_LIMIT,
                "filter: it makes %" G_GSIZE_FORMAT " bytes of SQL, a store takes %d: use fewer values, or networks in "
                "place of addresses",
                sql->len - start, FZ_FILTER_SQL_MAX);
    return false;
}

bool fz_filter_sql(GString *sql, const fz_filter *filter, const char *text, const fz_filter_names *names,
                   const fz_dialect *dialect, fz_tier tier, GError **error)
{
    fz_sql_writer writer = {.sql = sql, .text = text, .names = names, .dialect = dialect, .tier = tier, .error = error};

    if (!filter) {
        g_string_append(sql, "(1 = 1)");
        return true;
    }
    g_assert(fz_filter_fits(filter, tier));
    const gsize start = sql->len;
    append_filter(&writer, filter);
    const bool fine = !writer.failed && is_small_enough(sql, start, error);
    fz_sql_writer_clear(&writer);
    return fine;
}

/* It is of numbers alone: no name is unknown. */
void fz_filter_having(GString *sql, const fz_filter *filter, const fz_dialect *dialect)
{
    fz_sql_writer writer = {.sql = sql, .dialect = dialect, .of_sums = true};

    if (!filter) {
        g_string_append(sql, "(1 = 1)");
        return;
    }
    append_filter(&writer, filter);
}

bool fz_filter_asks(const fz_filter *filter, fz_term term)
{
    for (; filter; filter = filter->left) {
        if (filter->kind == FZ_FILTER_TEST && filter->test.term == term)
            return true;
        if (filter->right && fz_filter_asks(filter->right, term))
            return true;
    }
    return false;
}

/* By term: the tiers that know it. */
#define D (1U << FZ_TIER_DETAILS)
#define H (1U << FZ_TIER_HOURS)
#define Y (1U << FZ_TIER_DAYS)
#define A (1U << FZ_TIER_HOSTS)
#define M (1U << FZ_TIER_MINUTES)
static const unsigned fitting[FZ_TERM_COUNT] = {
    [FZ_TERM_ZONE] = D | H | Y | M,
    [FZ_TERM_NUMBER] = D | H | Y | M,
    [FZ_TERM_NET] = D,
    [FZ_TERM_PORT] = D,
    [FZ_TERM_SERVICE] = D | H,
    [FZ_TERM_PROTOCOL] = D | H | Y,
    [FZ_TERM_FAMILY] = D,
    [FZ_TERM_VLAN] = D,
    [FZ_TERM_LOCATION] = D | H | Y | A | M,
    [FZ_TERM_SENSOR] = D | H | Y | A | M,
    [FZ_TERM_SOURCE] = D | M,
    [FZ_TERM_BYTES] = D,
    [FZ_TERM_PACKETS] = D,
    [FZ_TERM_IP_BYTES] = D,
    [FZ_TERM_DURATION] = D,
    [FZ_TERM_RATE] = D,
    [FZ_TERM_FLAGS] = D,
    [FZ_TERM_ONE_WAY] = D,
    [FZ_TERM_SURE] = D,
    [FZ_TERM_CROSS] = D | H | Y | M,
    [FZ_TERM_INSIDE] = D | H | Y | M,
    [FZ_TERM_IN] = D | H | Y,
    [FZ_TERM_OUT] = D | H | Y,
    [FZ_TERM_TRANSIT] = D | H | Y | M,
};
#undef D
#undef H
#undef Y
#undef A
#undef M

static bool test_fits(const fz_filter_test *test, fz_tier tier)
{
    return (fitting[test->term] >> tier & 1) && (tier != FZ_TIER_MINUTES || test->side == FZ_SIDE_EITHER);
}

bool fz_filter_fits(const fz_filter *filter, fz_tier tier)
{
    for (; filter; filter = filter->left) {
        if (filter->kind == FZ_FILTER_TEST && !test_fits(&filter->test, tier))
            return false;
        if (filter->right && !fz_filter_fits(filter->right, tier))
            return false;
    }
    return true;
}

void fz_sql_text(GString *sql, const fz_dialect *dialect, const char *text)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    const char *at = text;

    while (g_ascii_isalnum(*at) || (*at != '\0' && strchr("._-", *at)))
        at++;
    if (*at == '\0' && at > text) {
        g_string_append_printf(sql, "'%s'", text);
        return;
    }
    for (at = text; *at != '\0'; at++)
        g_string_append_printf(digits, "%02x", (unsigned char)*at);
    fz_template_append(sql, dialect->text, digits->str);
}
