/* Reads times and numbers from the names of captures, by patterns.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring_names.h"

#include "ring.h"

#include <string.h>

/* What may follow a '%' in a pattern. */
typedef enum part {
    PART_SECONDS,
    PART_YEAR,
    PART_MONTH,
    PART_DAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_MICROSECONDS,
    PART_NUMBER
} part;

/* Their digits, as regular expressions: in a user's pattern, whose meaning is certain, and in the schemes of known
 * programs, which are tried on any name. There digits from 2000000000 on may also be a date with its hour, 2023111422,
 * and are not taken for seconds: from 2033 on the first packet gives the time. */
static const struct {
    char letter;
    const char *digits, *known;
} parts[] = {
    [PART_SECONDS] = {'s', "([0-9]{9,11})", "(1[0-9]{9})"}, [PART_YEAR] = {'Y', "([0-9]{4})", "([0-9]{4})"},
    [PART_MONTH] = {'m', "([0-9]{2})", "([0-9]{2})"},       [PART_DAY] = {'d', "([0-9]{2})", "([0-9]{2})"},
    [PART_HOUR] = {'H', "([0-9]{2})", "([0-9]{2})"},        [PART_MINUTE] = {'M', "([0-9]{2})", "([0-9]{2})"},
    [PART_SECOND] = {'S', "([0-9]{2})", "([0-9]{2})"},      [PART_MICROSECONDS] = {'u', "([0-9]{1,6})", "([0-9]{1,6})"},
    [PART_NUMBER] = {'n', "([0-9]+)", "([0-9]{5,})"},
};

/* What it matches, and what its numbers mean, in order. */
struct fz_ring_scheme {
    GRegex *regex;
    part numbers[32];
    int count;
};

/* The programs that write rings, and how they name files; a suffix for compression may follow. Suricata's NAME may
 * end in the number of a thread, and its microseconds have no leading zeros. */
static const char *const known_schemes[] = {
    "*_%n_%Y%m%d%H%M%S",   /* dumpcap -b, tshark, Wireshark: NAME_00001_20231114221320 */
    "*_%n_%Y%m%d%H%M%S.*", /* NAME_00001_20231114221320.pcapng */
    "*_%Y%m%d%H%M%S_%n",   /* the same with nametimenum:2 */
    "*_%Y%m%d%H%M%S_%n.*",
    "*pcap*.%s",    /* Suricata, daemonlogger: log.pcap.1700000000 */
    "*pcap*.%s.%u", /* Suricata with `ts-format: usec`: log.pcap.1700000000.99999 */
    "*.log.%s",     /* Snort: snort.log.1700000000 */
    "*.log.%s.%u",
};

static const char *const compressed[] = {".gz", ".lz4", ".zst"};

void fz_ring_name_clear(fz_ring_name *name)
{
    g_clear_pointer(&name->series, g_ref_string_release);
}

void fz_ring_scheme_free(fz_ring_scheme *scheme)
{
    if (!scheme)
        return;
    if (scheme->regex)
        g_regex_unref(scheme->regex);
    g_free(scheme);
}

static bool add_number(fz_ring_scheme *scheme, GString *expression, char letter, bool known, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i].letter != letter || scheme->count == G_N_ELEMENTS(scheme->numbers))
            continue;
        scheme->numbers[scheme->count++] = (part)i;
        g_string_append(expression, known ? parts[i].known : parts[i].digits);
        return true;
    }
    g_set_error(error, FZ_RING_ERROR, FZ_RING_ERROR_VALUE,
                "expected %%s, %%u, %%Y, %%m, %%d, %%H, %%M, %%S, %%n or %%%% in the pattern");
    return false;
}

/* "[a-z]" or "[!0-9]" of a shell's pattern; returns its end, or NULL if it is not a set. */
static const char *add_set(GString *expression, const char *from)
{
    const char *at = from + 1;
    bool negated = *at == '!' || *at == '^';

    at += negated;
    const char *end = strchr(*at == ']' ? at + 1 : at, ']');
    if (!end)
        return NULL;
    g_string_append(expression, negated ? "[^" : "[");
    for (; at < end; at++) {
        if (strchr("\\[]^", *at))
            g_string_append_c(expression, '\\');
        g_string_append_c(expression, *at);
    }
    g_string_append_c(expression, ']');
    return end;
}

static void add_character(GString *expression, char character)
{
    if (!g_ascii_isalnum(character) && (unsigned char)character < 0x80)
        g_string_append_c(expression, '\\');
    g_string_append_c(expression, character);
}

static bool add_piece(fz_ring_scheme *scheme, GString *expression, const char **at, bool known, GError **error)
{
    const char *set_end;

    if (**at == '*') {
        g_string_append(expression, ".*");
    } else if (**at == '?') {
        g_string_append_c(expression, '.');
    } else if (**at == '[' && (set_end = add_set(expression, *at))) {
        *at = set_end;
    } else if (**at == '%' && (*at)[1] != '%') {
        if (!add_number(scheme, expression, (*at)[1], known, error))
            return false;
        ++*at;
    } else {
        *at += **at == '%' || (**at == '\\' && (*at)[1]);
        add_character(expression, **at);
    }
    return true;
}

static fz_ring_scheme *read_scheme(const char *pattern, bool known, GError **error)
{
    g_autoptr(GString) expression = g_string_new(*pattern == '.' ? "\\A" : "\\A(?!\\.)");
    fz_ring_scheme *scheme = g_new0(fz_ring_scheme, 1);
    bool good = true;

    for (const char *at = pattern; *at && good; at++)
        good = add_piece(scheme, expression, &at, known, error);
    g_string_append(expression, "\\z");
    if (good)
        scheme->regex =
            g_regex_new(expression->str, G_REGEX_RAW | G_REGEX_DOTALL | G_REGEX_OPTIMIZE, (GRegexMatchFlags)0, error);
    if (scheme->regex)
        return scheme;
    fz_ring_scheme_free(scheme);
    return NULL;
}

fz_ring_scheme *fz_ring_scheme_read(const char *pattern, GError **error)
{
    return read_scheme(pattern, false, error);
}

bool fz_ring_scheme_matches(const fz_ring_scheme *scheme, const char *name)
{
    return g_regex_match(scheme->regex, name, (GRegexMatchFlags)0, NULL);
}

bool fz_ring_scheme_has_time(const fz_ring_scheme *scheme)
{
    for (int i = 0; i < scheme->count; i++)
        if (scheme->numbers[i] != PART_NUMBER && scheme->numbers[i] != PART_MICROSECONDS)
            return true;
    return false;
}

static int64_t local_offset(GTimeZone *zone, int64_t time_s)
{
    return g_time_zone_get_offset(zone, g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, time_s));
}

/* The times that a local time may mean, with the offset before and after. If they differ, only one of them exists (in
 * spring), or both do (in autumn). */
static void resolve_local(int64_t wall_s, fz_ring_name *found)
{
    enum { DAY_S = 86400 };
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    int64_t before_s = wall_s - local_offset(zone, wall_s - DAY_S),
            after_s = wall_s - local_offset(zone, wall_s + DAY_S);
    bool has_before = local_offset(zone, before_s) == wall_s - before_s,
         has_after = local_offset(zone, after_s) == wall_s - after_s;

    found->time_s = has_after && !has_before ? after_s : before_s;
    found->latest_s = has_after ? MAX(after_s, found->time_s) : found->time_s;
}

static void find_time(const int64_t values[], fz_ring_name *found)
{
    found->time_s = found->latest_s = FZ_RING_NO_TIME;
    found->number = values[PART_NUMBER];
    found->part_us = (uint32_t)MAX(values[PART_MICROSECONDS], 0);
    if (values[PART_SECONDS] >= 0) {
        found->time_s = found->latest_s = values[PART_SECONDS];
        return;
    }
    if (values[PART_YEAR] < 0 || values[PART_MONTH] < 0 || values[PART_DAY] < 0)
        return;
    g_autoptr(GDateTime) wall = g_date_time_new_utc(
        (int)values[PART_YEAR], (int)values[PART_MONTH], (int)values[PART_DAY], (int)MAX(values[PART_HOUR], 0),
        (int)MAX(values[PART_MINUTE], 0), (double)MAX(values[PART_SECOND], 0));
    if (wall)
        resolve_local(g_date_time_to_unix(wall), found);
}

/* The name's numbers as a time; the rest of the name is its series. */
static fz_ring_name read_numbers(const fz_ring_scheme *scheme, GMatchInfo *match, const char *name)
{
    int64_t values[G_N_ELEMENTS(parts)];
    g_autoptr(GString) rest = g_string_new(NULL);
    fz_ring_name found = {.time_s = FZ_RING_NO_TIME};
    int start, end, after = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        values[i] = -1;
    for (int i = 0; i < scheme->count; i++) {
        if (!g_match_info_fetch_pos(match, i + 1, &start, &end) || start < 0)
            return found;
        g_autofree char *digits = g_strndup(name + start, (gsize)(end - start));
        values[scheme->numbers[i]] = g_ascii_strtoll(digits, NULL, 10);
        g_string_append_len(rest, name + after, start - after);
        g_string_append_c(rest, '/'); /* occurs in no name */
        after = end;
    }
    g_string_append(rest, name + after);
    find_time(values, &found);
    if (found.time_s != FZ_RING_NO_TIME)
        found.series = g_ref_string_new_intern(rest->str);
    return found;
}

fz_ring_name fz_ring_scheme_read_name(const fz_ring_scheme *scheme, const char *name)
{
    GMatchInfo *match = NULL;
    fz_ring_name found = {.time_s = FZ_RING_NO_TIME};

    if (g_regex_match(scheme->regex, name, (GRegexMatchFlags)0, &match))
        found = read_numbers(scheme, match, name);
    g_match_info_free(match);
    return found;
}

static void free_scheme(void *data)
{
    fz_ring_scheme_free(data);
}

GPtrArray *fz_ring_known_schemes(void)
{
    GPtrArray *known = g_ptr_array_new_with_free_func(free_scheme);

    for (size_t i = 0; i < G_N_ELEMENTS(known_schemes); i++)
        g_ptr_array_add(known, read_scheme(known_schemes[i], true, NULL));
    return known;
}

fz_ring_name fz_ring_known_name(const GPtrArray *known, const char *name)
{
    g_autofree char *plain = g_strdup(name);
    const char *suffix = "";
    fz_ring_name found = {.time_s = FZ_RING_NO_TIME};

    for (size_t i = 0; i < G_N_ELEMENTS(compressed) && !*suffix; i++)
        if (g_str_has_suffix(name, compressed[i]))
            suffix = compressed[i];
    plain[strlen(name) - strlen(suffix)] = '\0';
    for (guint i = 0; i < known->len && found.time_s == FZ_RING_NO_TIME; i++)
        found = fz_ring_scheme_read_name(known->pdata[i], plain);
    if (found.series && *suffix) {
        g_autofree char *series = g_strconcat(found.series, suffix, NULL);
        fz_ring_name_clear(&found);
        found.series = g_ref_string_new_intern(series);
    }
    return found;
}
