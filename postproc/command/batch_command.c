/* `flowzone batch`: settings from the command line and the configuration file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"
#include "command.h"
#include "conf.h"
#include "store.h"
#include "when.h"

#include <string.h>

#define CONF_FILE "/etc/flowzone/flowzone.conf"
#define CONF_GROUP "batch"

enum { JOBS_MAX = 64, SECONDS_MAX = 86400, IDLE_S = 60 };

static const fz_command this_command = {
    "batch", "", "Loads the captures of a ring buffer into a store, each exactly once", fz_batch_main};

static fz_batch_settings *of(void *settings)
{
    return settings;
}

static bool set_text(char **slot, const char *value)
{
    *slot = g_strdup(value);
    return true;
}

static bool set_number(unsigned *slot, const fz_conf_row *row, const char *value, unsigned least, unsigned most,
                       GError **error)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(value, 10, least, most, &number, NULL)) {
        g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s=%s: expected %u to %u", row->name, value, least,
                    most);
        return false;
    }
    *slot = (unsigned)number;
    return true;
}

static bool set_ring(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)error;
    return set_text(&of(settings)->ring, value);
}

static bool set_pattern(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)error;
    return set_text(&of(settings)->pattern, value);
}

static bool set_time(int64_t *slot, const fz_conf_row *row, const char *value, GError **error)
{
    if (fz_when_parse(value, g_get_real_time() / G_USEC_PER_SEC, slot, error))
        return true;
    g_prefix_error(error, "%s=", row->name);
    return false;
}

static bool set_since(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    return set_time(&of(settings)->since_s, row, value, error);
}

static bool set_until(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    return set_time(&of(settings)->until_s, row, value, error);
}

static bool set_to(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)error;
    return set_text(&of(settings)->to, value);
}

static bool set_engine(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    of(settings)->engine = fz_engine_find(value);
    if (of(settings)->engine || !strcmp(value, "auto"))
        return true;
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s=%s: expected auto, scan, lean or full", row->name,
                value);
    return false;
}

/* In the -z argument a filter is what no option begins with. */
static bool set_filter(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    g_autofree char *argument = g_strconcat(",", value, NULL);
    fz_options read = {0};
    bool is_filter = fz_options_parse(&read, argument, NULL) && read.filter && strlen(read.filter) == strlen(value);

    if (is_filter)
        set_text(&of(settings)->options.filter, read.filter);
    fz_options_clear(&read);
    if (is_filter)
        return true;
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE,
                "%s=%s: too long, or reads like an option of the plugin; put it in parentheses", row->name, value);
    return false;
}

static bool set_jobs(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    return set_number(&of(settings)->jobs, row, value, 1, JOBS_MAX, error);
}

static bool set_idle(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    return set_number(&of(settings)->idle_s, row, value, 0, SECONDS_MAX, error);
}

static bool set_wait(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    return set_number(&of(settings)->wait_s, row, value, 0, SECONDS_MAX, error);
}

static bool set_follow(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)value, (void)error;
    of(settings)->follow = true;
    return true;
}

static bool set_partial(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)value, (void)error;
    of(settings)->partial = true;
    return true;
}

static bool set_replace(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)value, (void)error;
    of(settings)->replace = true;
    return true;
}

static bool set_quiet(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)value, (void)error;
    of(settings)->quiet = true;
    return true;
}

static bool set_metrics(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row, (void)error;
    return set_text(&of(settings)->metrics, value);
}

static bool set_jail(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    (void)row;
    return fz_confine_parse(&of(settings)->confine, value, error);
}

/* A setting that `scan` and the plugin have too. */
static bool set_shared(void *settings, const fz_conf_row *row, const char *value, GError **error)
{
    for (size_t i = 0; i < fz_option_count; i++)
        if (!strcmp(fz_option_table[i].name, row->name))
            return fz_options_set(&of(settings)->options, &fz_option_table[i], value, error);
    g_assert_not_reached();
}

static const fz_conf_row own_rows[] = {
    {"ring", 0, "DIR", "The folder of captures", set_ring},
    {"pattern", 0, "GLOB", "Which files, as *.pcap or trace-%Y%m%d-%H%M%S.pcap: see flowzone(1)", set_pattern},
    {"since", 0, "TIME", "Captures that begin then or later: 2h, 2026-11-24T10:00, or seconds since 1970", set_since},
    {"until", 0, "TIME", "Captures that begin before", set_until},
    {"to", 't', "STORE", NULL, set_to},
    {"engine", 0, "NAME",
     "auto (default): scan, or full where dissectors are needed; scan, lean, full: see flowzone(1)", set_engine},
    {"filter", 0, "FILTER", "Count what passes this display filter (engine full)", set_filter},
    {"jobs", 'j', "N", "Captures at a time (default 1)", set_jobs},
    {"follow", 'f', NULL, "Go on: load captures as they are closed, until SIGTERM", set_follow},
    {"idle", 0, "SECONDS", "The newest file is complete when nothing was written for so long (default 60)", set_idle},
    {"partial", 0, NULL, "Load files that are being written too; they are replaced as they grow", set_partial},
    {"replace", 'r', NULL, "Load captures that are there again, in place of their rows", set_replace},
    {"wait", 'w', "SECONDS", "How long to wait for a store that is locked (default 60)", set_wait},
    {"metrics", 0, "FILE", "Write figures for Prometheus there", set_metrics},
    {"jail", 0, "MODE", FZ_CONFINE_HELP, set_jail},
    {"quiet", 'q', NULL, "Tell only what went wrong", set_quiet},
};

/* All settings: ours, and those of the shared table that make sense here. */
static GArray *all_rows(const char *to_help)
{
    static const char *const not_here[] = {"out", "format", "source"};
    GArray *rows = g_array_new(TRUE, TRUE, sizeof(fz_conf_row));

    g_array_append_vals(rows, own_rows, G_N_ELEMENTS(own_rows));
    for (guint i = 0; i < rows->len; i++)
        if (!g_array_index(rows, fz_conf_row, i).help)
            g_array_index(rows, fz_conf_row, i).help = to_help;
    for (size_t i = 0; i < fz_option_count; i++) {
        const fz_option *option = &fz_option_table[i];
        bool here = !option->tap_only;
        for (size_t k = 0; k < G_N_ELEMENTS(not_here); k++)
            here = here && strcmp(option->name, not_here[k]) != 0;
        const fz_conf_row row = {option->name, 0, option->value, option->help, set_shared};
        if (here)
            g_array_append_val(rows, row);
    }
    return rows;
}

static gboolean take_option(const char *name, const char *value, gpointer conf, GError **error)
{
    return fz_conf_take(conf, name, value, error);
}

static GArray *option_entries(const GArray *rows, char **conf_file)
{
    GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

    for (guint i = 0; i < rows->len; i++) {
        const fz_conf_row *row = &g_array_index(rows, fz_conf_row, i);
        GOptionEntry entry = {
            row->name, row->letter, row->value ? 0 : G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, NULL,
            row->help, row->value};
        entry.arg_data = (gpointer)take_option;
        g_array_append_val(entries, entry);
    }
    const GOptionEntry file = {
        "config",  0,
        0,         G_OPTION_ARG_FILENAME,
        conf_file, "Settings of this file, section [" CONF_GROUP "] (default " CONF_FILE "); none: of no file",
        "FILE"};
    g_array_append_val(entries, file);
    return entries;
}

static bool check(fz_batch_settings *settings, GError **error)
{
    bool too_little = settings->engine && !settings->engine->dissects && fz_engine_must_dissect(&settings->options);
    const char *fault = NULL;

    if (!settings->ring)
        fault = "expected --ring=DIR, or ring=DIR in " CONF_FILE "; see --help";
    else if (settings->replace && settings->follow)
        fault = "--replace: goes without --follow";
    else if (settings->since_s >= settings->until_s)
        fault = "--since: not before --until";
    else if (too_little)
        fault = "--filter and --layers=all: need dissectors, engine full";
    if (fault) {
        g_set_error_literal(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, fault);
        return false;
    }
    settings->options.format = fz_format_by_name("ipfix");
    return fz_options_finish(&settings->options, error);
}

static bool configure(fz_conf *conf, const char *conf_file, fz_batch_settings *settings, GError **error)
{
    bool none = conf_file && !strcmp(conf_file, "none");

    return (none || fz_conf_read(conf, conf_file ? conf_file : CONF_FILE, CONF_GROUP, conf_file != NULL, error)) &&
           fz_conf_apply(conf, settings, error) && check(settings, error);
}

static void clear(fz_batch_settings *settings)
{
    g_free(settings->ring);
    g_free(settings->pattern);
    g_free(settings->to);
    g_free(settings->metrics);
    fz_options_clear(&settings->options);
}

int fz_batch_main(int argc, char **argv, GError **error)
{
    static const char examples[] =
        "Examples:\n"
        "  flowzone batch --ring /var/log/suricata --to sqlite:net.db -j 2\n"
        "  flowzone batch --ring /srv/ring --since 2h --zones zones.csv --location Oslo --sensor gate\n"
        "  flowzone batch --follow --config /etc/flowzone/flowzone.conf\n\n"
        "Exit status: 0 all loaded or there already (with --follow: stopped), 1 none, 2 wrong usage, 3 some failed.";
    g_autofree char *to_help = fz_store_describe_to();
    g_autofree char *conf_file = NULL;
    g_autoptr(GArray) rows = all_rows(to_help);
    g_autoptr(GArray) entries = option_entries(rows, &conf_file);
    fz_conf *conf = fz_conf_new((const fz_conf_row *)(gpointer)rows->data, rows->len);
    fz_batch_settings settings = {.since_s = G_MININT64 + 1,
                                  .until_s = G_MAXINT64,
                                  .jobs = 1,
                                  .idle_s = IDLE_S,
                                  .wait_s = FZ_STORE_PATIENCE_S,
                                  .confine = {.who = "flowzone batch"}};
    int status;

    if (fz_command_parse_with(&this_command, (const GOptionEntry *)(gpointer)entries->data, conf, examples, &argc,
                              &argv, &status, error)) {
        status = FZ_EXIT_USAGE;
        if (argc > 1)
            g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, "%s: expected options only; see --help", argv[1]);
        else if (configure(conf, conf_file, &settings, error))
            status = fz_batch_run(&settings, error);
    }
    clear(&settings);
    fz_conf_free(conf);
    return status;
}
