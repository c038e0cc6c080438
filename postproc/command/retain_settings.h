/* What `flowzone retain` is asked for: on its command line, or by section [retain] of the configuration file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RETAIN_SETTINGS_H
#define FZ_RETAIN_SETTINGS_H

#include "confine.h"
#include "retain.h"
#include "setting.h"

typedef struct fz_retain_period {
    char *text;      /* as it was given; NULL: it was not */
    int64_t seconds; /* INT64_MAX: for ever */
} fz_retain_period;

/* Texts are owned. */
typedef struct fz_retain_settings {
    char *to; /* NULL: the default */
    fz_retain_period periods[FZ_RETAIN_TIERS];
    char *size; /* --max-size as it was given; NULL: any */
    char *keep, *metrics;
    int64_t now_s; /* INT64_MIN: when it runs */
    bool dry_run, quiet;
    unsigned wait_s;
    void (*tell)(const char *message); /* hears that it waits; NULL: nobody */
    fz_confine confine;
} fz_retain_settings;

/* What to begin with; `name` is the command, for messages. */
#define FZ_RETAIN_SETTINGS_INIT(name)                                                  \
    {                                                                                  \
        .now_s = INT64_MIN, .wait_s = FZ_STORE_PATIENCE_S, .confine = {.who = (name) } \
    }

void fz_retain_settings_clear(fz_retain_settings *settings);

/* Reads "12h", "7d", "4w" or "off" into an fz_retain_period. */
bool fz_retain_set_period(void *settings, const fz_setting *setting, const char *value, GError **error);

/* Reads "50G", in bytes; 0 if it is none. */
int64_t fz_retain_size_parse(const char *text);
bool fz_retain_set_size(void *settings, const fz_setting *setting, const char *value, GError **error);

/* Whether they go together, and ask for anything: else an error of one line, which is one of usage. */
bool fz_retain_settings_check(const fz_retain_settings *settings, GError **error);

/* What they ask for now: times and size; the rest of `order` is zero. They were checked. */
void fz_retain_settings_order(const fz_retain_settings *settings, fz_retain_order *order);

/* Reads section [retain] of a configuration file, NULL: none; a store that it does not name is that of [batch], if that
 * is named. Then checks them. */
bool fz_retain_settings_read(fz_retain_settings *settings, const char *conf_file, GError **error);

/* The store that section [batch] names, where `settings` name none. */
void fz_retain_settings_find_store(fz_retain_settings *settings, const char *conf_file);

#endif
