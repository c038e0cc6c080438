/* Digests that identify a capture, and which parameters of two runs differ.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <string.h>

static void add_text(GChecksum *checksum, const char *text)
{
    g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text) + 1);
}

/* In network byte order, so that the identity is the same on every machine. */
static void add_number(GChecksum *checksum, uint64_t number)
{
    uint64_t bytes = GUINT64_TO_BE(number);

    g_checksum_update(checksum, (const guchar *)&bytes, sizeof bytes);
}

char *fz_identity_of_capture(const fz_run *run)
{
    if (*run->source == '\0')
        return NULL;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *base = g_path_get_basename(run->source);
    add_text(checksum, run->sensor);
    add_text(checksum, base);
    add_text(checksum, run->filter);
    add_number(checksum, (uint64_t)run->first_us);
    add_number(checksum, run->first_bytes);
    return g_strdup(g_checksum_get_string(checksum));
}

char *fz_identity_stand_in(void)
{
    g_autofree char *unique = g_uuid_string_random();

    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, unique, -1);
}

char *fz_identity_of_file(const fz_run *run, uint64_t capture_bytes, int64_t written_ns)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *base = g_path_get_basename(run->source);

    add_text(checksum, run->sensor);
    add_text(checksum, base);
    add_text(checksum, run->filter);
    add_number(checksum, capture_bytes);
    add_number(checksum, (uint64_t)written_ns);
    return g_strdup(g_checksum_get_string(checksum));
}

/* A text of the flow file for a message: quoted, and harmless to a terminal. */
static char *quote(const char *text)
{
    g_autofree char *escaped = g_strescape(text, NULL);

    return g_strdup_printf("\"%s\"", escaped);
}

/* The parameters that decide which rows a capture gives, except the filter, which is part of its identity. */
static char *print_key(const fz_run *run)
{
    return g_strdup(fz_key_names[run->key]);
}

static char *print_layers(const fz_run *run)
{
    return g_strdup(fz_layers_names[run->layers]);
}

static char *print_interval(const fz_run *run)
{
    return g_strdup_printf("%u", run->interval_s);
}

static char *print_max_flows(const fz_run *run)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, run->max_flows);
}

static char *print_vlan(const fz_run *run)
{
    return g_strdup(run->vlan ? "yes" : "no");
}

static char *print_location(const fz_run *run)
{
    return quote(run->location);
}

static char *print_rows(const fz_run *run)
{
    return g_strdup(run->packets ? "flows,packets" : "flows");
}

static const struct {
    const char *name;
    char *(*print)(const fz_run *run);
} parameters[] = {
    {"key", print_key},   {"layers", print_layers},     {"interval", print_interval}, {"max-flows", print_max_flows},
    {"vlan", print_vlan}, {"location", print_location}, {"rows", print_rows},
};

char *fz_identity_compare(const fz_run *now, const fz_run *was)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
        g_autofree char *a = parameters[i].print(now);
        g_autofree char *b = parameters[i].print(was);
        if (strcmp(a, b) != 0)
            g_string_append_printf(list, "%s%s=%s, was %s", list->len ? "; " : "", parameters[i].name, a, b);
    }
    return list->len ? g_strdup(list->str) : NULL;
}
