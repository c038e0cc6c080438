/* What deserves a look.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings.h"

#include "numeral.h"
#include "text.h"

#include <string.h>

/* How many of a kind have a text of their own. */
enum { BREACHES = 3, NEWS = 3 };

static const char *name_of(const fz_overview *overview, guint pair, int end)
{
    return fz_overview_zone_label(overview, fz_overview_pair_at(overview, pair)->zone[end]);
}

/* "9 conversations, 70.6 kB" */
static void append_sum(GString *to, const fz_overview_sum *sum)
{
    char flows[FZ_NUMERAL_SIZE], bytes[FZ_NUMERAL_SIZE];

    g_string_append_printf(to, "%s conversation%s, %s", fz_numeral_count_print(sum->flows, flows),
                           fz_text_plural((uint64_t)sum->flows), fz_numeral_bytes_print(sum->bytes, bytes));
}

static char *print_command(const fz_overview *overview, const char *command)
{
    return g_strdup_printf("flowzone %s%s", command, overview->again);
}

/* The same of a question that compares. */
static char *print_compared(const fz_overview *overview, const char *command)
{
    return g_strdup_printf("flowzone %s%s%s", command, overview->again, overview->against);
}

static void add(fz_overview *overview, fz_overview_finding *finding, GString *text)
{
    finding->text = g_string_free(text, FALSE);
    g_array_append_vals(overview->findings, finding, 1);
}

static char *check_command(const fz_overview *overview)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *name = overview->policy ? overview->policy : "policy.csv";
    g_autofree char *policy = name[strspn(name, plain)] == '\0' ? g_strdup(name) : fz_text_shell(name);
    g_autofree char *command = g_strdup_printf("check --policy %s", policy);

    return print_command(overview, command);
}

static void add_breach(fz_overview *overview, const fz_overview_breach *breach)
{
    GString *text = g_string_new(NULL);
    fz_overview_finding finding = {
        .kind = "Not allowed",
        .bad = true,
        .pair = breach->pair,
        .head =
            g_strdup_printf("%s reached %s", name_of(overview, breach->pair, 0), name_of(overview, breach->pair, 1)),
        .command = check_command(overview),
    };

    append_sum(text, &breach->sum);
    if (breach->service)
        g_string_append_printf(text, ", mostly %s", breach->service);
    if (breach->text)
        g_string_append_printf(text, ". Line %u of %s: %s", breach->line, overview->policy, breach->text);
    else
        g_string_append_printf(text, ". No rule of %s allows it", overview->policy);
    g_string_append_c(text, '.');
    add(overview, &finding, text);
}

static void add_breaches(fz_overview *overview)
{
    const guint count = overview->breaches->len;
    fz_overview_sum rest = {0};

    for (guint i = 0; i < count; i++) {
        const fz_overview_breach *breach = &g_array_index(overview->breaches, fz_overview_breach, i);
        if (i < BREACHES || count == BREACHES + 1)
            add_breach(overview, breach);
        else
            fz_overview_add_sum(&rest, &breach->sum);
    }
    if (count <= BREACHES + 1)
        return;
    char more[FZ_NUMERAL_SIZE];
    GString *text = g_string_new(NULL);
    fz_overview_finding finding = {
        .kind = "Not allowed",
        .bad = true,
        .pair = FZ_OVERVIEW_NONE,
        .head = g_strdup_printf("%s more pairs of zones and rules", fz_numeral_count_print(count - BREACHES, more)),
        .command = check_command(overview),
    };
    append_sum(text, &rest);
    g_string_append(text, ". Cells framed as not allowed in the matrix show where.");
    add(overview, &finding, text);
}

static void add_new(fz_overview *overview)
{
    guint count = 0, first = FZ_OVERVIEW_NONE;
    char more[FZ_NUMERAL_SIZE];
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < overview->pairs->len; i++) {
        const fz_overview_pair *pair = fz_overview_pair_at(overview, i);
        char bytes[FZ_NUMERAL_SIZE];

        if (pair->before != 0)
            continue;
        if (count == 0) {
            first = i;
            append_sum(text, &pair->sum);
        } else if (count <= NEWS) {
            g_string_append_printf(text, "%s %s to %s, %s", count == 1 ? ". Also new:" : ";", name_of(overview, i, 0),
                                   name_of(overview, i, 1), fz_numeral_bytes_print(pair->sum.bytes, bytes));
        }
        count++;
    }
    if (count == 0) {
        g_string_free(text, TRUE);
        return;
    }
    if (count > NEWS + 1)
        g_string_append_printf(text, "; and %s more", fz_numeral_count_print(count - NEWS - 1, more));
    g_string_append_c(text, '.');
    fz_overview_finding finding = {
        .kind = "New",
        .pair = first,
        .head = g_strdup_printf("%s reached %s, and did not in %s", name_of(overview, first, 0),
                                name_of(overview, first, 1), fz_overview_other(overview)),
        .command = print_compared(overview, "top --by zones --new"),
    };
    add(overview, &finding, text);
}

static void add_gone(fz_overview *overview)
{
    const guint gone = overview->gone->len;
    char count[FZ_NUMERAL_SIZE], bytes[FZ_NUMERAL_SIZE];

    if (gone == 0)
        return;
    GString *text = g_string_new(NULL);
    fz_overview_finding finding = {
        .kind = "Gone",
        .pair = FZ_OVERVIEW_NONE,
        .head = g_strdup_printf("%s pair%s that talked in %s %s not now", fz_numeral_count_print(gone, count),
                                fz_text_plural(gone), fz_overview_other(overview), gone == 1 ? "does" : "do"),
        .command = print_compared(overview, "top --by zones --gone"),
    };
    for (guint i = 0; i < gone && (i <= NEWS || gone == NEWS + 2); i++) {
        const fz_overview_gone *pair = &g_array_index(overview->gone, fz_overview_gone, i);
        g_string_append_printf(text, "%s%s to %s, %s", i > 0 ? "; " : "", fz_overview_label(pair->zone[0]),
                               fz_overview_label(pair->zone[1]), fz_numeral_bytes_print(pair->bytes, bytes));
    }
    if (gone > NEWS + 2)
        g_string_append_printf(text, "; and %s more", fz_numeral_count_print(gone - NEWS - 1, count));
    g_string_append_c(text, '.');
    add(overview, &finding, text);
}

static int64_t change_of(const fz_overview_pair *pair)
{
    return pair->sum.bytes >= pair->before ? pair->sum.bytes - pair->before : pair->before - pair->sum.bytes;
}

/* Of pairs that were there before. */
static void add_changed(fz_overview *overview)
{
    guint most = FZ_OVERVIEW_NONE;
    char bytes[3][FZ_NUMERAL_SIZE], factor[FZ_NUMERAL_SIZE];

    for (guint i = 0; i < overview->pairs->len; i++) {
        const fz_overview_pair *pair = fz_overview_pair_at(overview, i);
        if (MAX(pair->sum.bytes, pair->before) == INT64_MAX)
            continue; /* how much of a change it is, nobody knows */
        if (pair->before > 0 && change_of(pair) > 0 &&
            (most == FZ_OVERVIEW_NONE || change_of(pair) > change_of(fz_overview_pair_at(overview, most))))
            most = i;
    }
    if (most == FZ_OVERVIEW_NONE)
        return;
    const fz_overview_pair *pair = fz_overview_pair_at(overview, most);
    GString *text = g_string_new(NULL);
    fz_overview_finding finding = {
        .kind = "Changed most",
        .pair = most,
        .head = g_strdup_printf("%s with %s: %s", name_of(overview, most, 0), name_of(overview, most, 1),
                                fz_numeral_change_print(pair->sum.bytes, pair->before, factor)),
        .command = print_compared(overview, "top --by zones --sort change"),
    };
    g_string_append_printf(text, "%s, after %s in %s: %s %s.", fz_numeral_bytes_print(pair->sum.bytes, bytes[0]),
                           fz_numeral_bytes_print(pair->before, bytes[1]), fz_overview_other(overview),
                           fz_numeral_bytes_print(change_of(pair), bytes[2]),
                           pair->sum.bytes >= pair->before ? "more" : "less");
    add(overview, &finding, text);
}

void fz_findings_add(fz_overview *overview)
{
    add_breaches(overview);
    if (!overview->compared)
        return;
    add_new(overview);
    add_gone(overview);
    add_changed(overview);
}
