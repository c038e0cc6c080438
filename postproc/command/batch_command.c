/* `flowzone batch`: a ring of captures into a store.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"
#include "batch_retain.h"
#include "command.h"
#include "conf.h"
#include "shared_options.h"
#include "store.h"
#include "store_place.h"

#include <string.h>

enum { JOBS_MAX = 64, SECONDS_MAX = 86400, IDLE_S = 60 };

static bool set_engine(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    fz_batch_settings *batch = settings;

    batch->engine = fz_engine_find(value);
    return batch->engine || !strcmp(value, "auto") ||
           fz_setting_refuse(setting, value, "auto, scan, lean or full", error);
}

/* In a -z argument, the first part that is not an option begins the filter. */
static bool set_filter(void *settings, const fz_setting *setting, const char *value, GError **error)
{
    fz_batch_settings *batch = settings;
    g_autofree char *argument = g_strconcat(",", value, NULL);
    fz_options read = {0};
    bool is_filter = fz_options_parse(&read, argument, NULL) && read.filter && strlen(read.filter) == strlen(value);

    if (is_filter)
        batch->options.filter = g_strdup(read.filter);
    fz_options_clear(&read);
    if (is_filter)
        return true;
    g_set_error(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE,
                "%s=%s: too long, or looks like an option of the plugin; put it in parentheses", setting->name, value);
    return false;
}

static bool check(fz_batch_settings *settings, GError **error)
{
    bool too_little = settings->engine && !settings->engine->dissects && fz_engine_must_dissect(&settings->options);
    const char *fault = NULL;

    if (!settings->ring)
        fault = "expected --ring=DIR, or ring=DIR in " FZ_CONF_FILE "; see --help";
    else if (settings->replace && settings->follow)
        fault = "--replace cannot be used with --follow";
    else if (settings->since_s >= settings->until_s)
        fault = "--since must be before --until";
    else if (settings->options.rows == FZ_KIND(FZ_ROW_PACKET))
        fault = "--rows=packets: a store has packets with their conversations; use --rows=flows,packets";
    else if (too_little)
        fault = "--filter and --layers=all need dissectors; use --engine=full or auto";
    if (fault) {
        g_set_error_literal(error, FZ_CONF_ERROR, FZ_CONF_ERROR_VALUE, fault);
        return false;
    }
    if (!fz_store_place_spare(settings->to, settings->metrics, error))
        return false;
    settings->options.format = fz_format_by_name("ipfix");
    return fz_options_finish(&settings->options, error);
}

static void clear(fz_batch_settings *settings)
{
    g_free(settings->ring);
    g_free(settings->pattern);
    g_free(settings->to);
    g_free(settings->metrics);
    fz_options_clear(&settings->options);
}

static int run_checked(fz_batch_settings *settings, const char *conf_file, GError **error)
{
    if (!check(settings, error))
        return FZ_EXIT_USAGE;
    if (!settings->retain || !settings->follow)
        return fz_batch_run(settings, error);
    settings->chore = fz_batch_retain_new(settings, conf_file, error);
    const int status = settings->chore ? fz_batch_run(settings, error) : FZ_EXIT_USAGE;
    fz_batch_retain_free(settings->chore);
    return status;
}

static int run(int argc, char **argv, GError **error)
{
    fz_batch_settings settings = {.since_s = G_MININT64 + 1,
                                  .until_s = G_MAXINT64,
                                  .jobs = 1,
                                  .wait_s = FZ_STORE_PATIENCE_S,
                                  .idle_s = IDLE_S,
                                  .confine = {.who = "flowzone batch"}};
    g_autofree char *conf_file = NULL;
    int status;

    if (fz_command_parse_with(&fz_batch_command, &settings, &argc, &argv, &conf_file, &status, error))
        status = argc > 1 ? fz_command_usage(error, "%s: expected options only; see --help", argv[1])
                          : run_checked(&settings, conf_file, error);
    clear(&settings);
    return status;
}

/* All of them may be given in the configuration file. */
#define INTO(member) FZ_INTO(fz_batch_settings, member), .place = FZ_SETTING_FILE
#define INTO_BY(set_value, member) FZ_INTO_BY(set_value, fz_batch_settings, member), .place = FZ_SETTING_FILE
#define TAP(key) FZ_ROW_TAP(key, fz_batch_settings, options, FZ_SETTING_FILE)

static const fz_setting rows[] = {
    {"ring", 0, "DIR", "The folder of captures", INTO(ring)},
    {"pattern", 0, "GLOB", "Which files, such as *.pcap or trace-%Y%m%d-%H%M%S.pcap: see flowzone(1)", INTO(pattern)},
    {"since", 0, "TIME",
     "Captures that begin then or later: now, today, yesterday, 2h, 2026-11-24T10:00, seconds since 1970",
     INTO_BY(fz_setting_set_time, since_s)},
    {"until", 0, "TIME", "Captures that begin before then", INTO_BY(fz_setting_set_time, until_s)},
    FZ_ROW_TO(fz_batch_settings, to, FZ_SETTING_FILE),
    {"engine", 0, "NAME",
     "auto (default): scan, or full where dissectors are needed; scan, lean, full: see flowzone(1)",
     INTO_BY(set_engine, engine)},
    {"filter", 0, "FILTER", "Count what passes this display filter (engine full)", INTO_BY(set_filter, options.filter)},
    {"jobs", 'j', "N", "Captures at a time (default 1)", INTO(jobs), .least = 1, .most = JOBS_MAX},
    {"follow", 'f', NULL, "Keep running: load captures as they are closed, until SIGTERM", INTO(follow)},
    {"retain", 0, NULL, "With --follow: drop what [retain] has of periods, while there is nothing to load",
     INTO(retain)},
    {"idle", 0, "SECONDS", "The newest file is complete once nothing has been written to it for this long (default 60)",
     INTO(idle_s), .most = SECONDS_MAX},
    {"partial", 0, NULL, "Also load files that are still being written; they are replaced as they grow", INTO(partial)},
    {"replace", 'r', NULL, "Reload captures that are already in the store, replacing their rows", INTO(replace)},
    FZ_ROW_WAIT(fz_batch_settings, wait_s, FZ_SETTING_FILE),
    {"metrics", 0, "FILE", "Write metrics for Prometheus to this file", INTO(metrics)},
    FZ_ROW_JAIL(fz_batch_settings, confine, FZ_SETTING_FILE),
    {"quiet", 'q', NULL, "Report only what went wrong", INTO(quiet)},
    TAP("zones"),
    TAP("location"),
    TAP("rows"),
    TAP("key"),
    TAP("layers"),
    TAP("interval"),
    TAP("max-flows"),
    TAP("vlan"),
    TAP("sensor"),
};

const fz_command fz_batch_command = {
    .name = "batch",
    .arguments = "--ring=DIR",
    .summary = "Load the captures of a ring buffer, each exactly once; --follow keeps running",
    .notes = "Examples:\n"
             "  flowzone batch --ring /var/log/suricata --to sqlite:net.db -j 2\n"
             "  flowzone batch --ring /srv/ring --since 2h --zones zones.csv --location Oslo --sensor gate\n"
             "  flowzone batch --follow --config /etc/flowzone/flowzone.conf\n\n"
             "Exit status: 0 all loaded or already in the store (with --follow: stopped), 1 none, 2 wrong usage, 3 "
             "some failed.",
    .section = "batch",
    FZ_COMMAND_SETTINGS(rows),
    .run = run,
};
