/* How commands ask: the options that all questions have, and what they are asked of. A question is answered by a
 * process of its own, which alone has the store; captures and flow files are first loaded into a store that is gone
 * with it. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ASK_H
#define FZ_ASK_H

#include "confine.h"
#include "name_store.h"
#include "options.h"
#include "question.h"
#include "setting.h"
#include "shared_options.h"

typedef struct fz_ask {
    fz_question question;
    const char *who;    /* the command, for messages */
    char *from;         /* the store; NULL: that of the configuration file, or the default */
    fz_options options; /* for captures: zones, location */
    char *own[3];       /* files that the command reads itself: borrowed, NULL-ended */
    int64_t since_s, until_s;
    unsigned wait_s;
    bool temporary; /* set by fz_ask_run: the store is made of captures */
    bool follow;    /* ask the store again and again */
    fz_naming naming;
    fz_namer *namer;       /* set by fz_ask_run */
    fz_name_store names;   /* the store's, set by fz_ask_run */
    uint64_t memory_bytes; /* set by fz_ask_run: what the process that answers may use; UINT64_MAX: any amount */
    fz_confine confine;
} fz_ask;

/* What a command begins with: `most` rows are shown. */
#define FZ_ASK_INIT(name, work_of, rows)                                                                              \
    {                                                                                                                 \
        .question = {.most = (rows), .work = (work_of)}, .who = (name), .since_s = G_MININT64, .until_s = G_MAXINT64, \
        .wait_s = FZ_STORE_PATIENCE_S, .naming = {.rate = FZ_DNS_RATE}, .confine = {.who = (name)},                   \
    }

enum { FZ_ASK_ROWS_MAX = 1000000000 };

/* The options of questions, for commands whose struct begins with its fz_ask. */
#define FZ_ROW_FROM                                                                             \
    {                                                                                           \
        "from", 0, "STORE",                                                                     \
            "Ask this store: sqlite:PATH, PATH or mysql://... (default: to= of configuration, " \
            "else sqlite:flowzone.db)",                                                         \
            FZ_INTO(fz_ask, from)                                                               \
    }
#define FZ_ROWS_TIME                                                                                                   \
    {"since", 0, "TIME", "What begins then or later: now, today, yesterday, 2h, 2026-11-24T10:00, seconds since 1970", \
     FZ_INTO_BY(fz_setting_set_time, fz_ask, since_s)},                                                                \
    {                                                                                                                  \
        "until", 0, "TIME", "What begins before then", FZ_INTO_BY(fz_setting_set_time, fz_ask, until_s)                \
    }
#define FZ_ROW_WHERE                                                                                              \
    {                                                                                                             \
        "where", 0, "FILTER", "Only these conversations: see flowzone-filter(7)", FZ_INTO(fz_ask, question.where) \
    }
#define FZ_ROW_DISPLAY                                                                                     \
    {                                                                                                      \
        "display-filter", 0, NULL, "Print a display filter for the frames of these conversations instead", \
            FZ_INTO(fz_ask, question.display)                                                              \
    }
#define FZ_ROWS_CAPTURES \
    FZ_ROW_TAP("zones", fz_ask, options, FZ_SETTING_ONCE), FZ_ROW_TAP("location", fz_ask, options, FZ_SETTING_ONCE)
#define FZ_ROWS_LOOK                                                                                        \
    {"format", 0, "NAME", "table (default), csv or json", FZ_INTO_BY(fz_ask_set_format, fz_ask, question)}, \
        {"exact", 0, NULL, "Whole numbers in place of units", FZ_INTO(fz_ask, question.manner.exact)},      \
    {                                                                                                       \
        "utc", 0, NULL, "Times in UTC, not in local time", FZ_INTO(fz_ask, question.manner.utc)             \
    }
#define FZ_ROW_LIMIT                                                                                           \
    {                                                                                                          \
        "limit", 0, "SECONDS", "The most time for queries (default: none)", FZ_INTO(fz_ask, question.limit_s), \
            .most = FZ_WAIT_MAX_S                                                                              \
    }
#define FZ_ROWS_NAMES                                                                                 \
    FZ_ROW_NAMES(fz_ask, naming, FZ_SETTING_LINE), FZ_ROW_NAMES_ALL(fz_ask, naming, FZ_SETTING_LINE), \
        FZ_ROW_DNS_SERVER(fz_ask, naming, FZ_SETTING_LINE), FZ_ROW_DNS_RATE(fz_ask, naming, FZ_SETTING_LINE)
#define FZ_ROWS_PROCESS                                                                                          \
    {"sql", 0, NULL, "Print the SQL statement, and do not run it", FZ_INTO(fz_ask, question.sql)}, FZ_ROW_LIMIT, \
        FZ_ROW_WAIT(fz_ask, wait_s, FZ_SETTING_LINE), FZ_ROW_JAIL(fz_ask, confine, FZ_SETTING_LINE)

bool fz_ask_set_format(void *settings, const fz_setting *setting, const char *value, GError **error);

/* Sets an fz_measure to bytes, packets or flows. */
bool fz_ask_set_measure(void *settings, const fz_setting *setting, const char *value, GError **error);

/* Asks what `paths` hold, captures, flow files and folders of them, or, without any, the store. Returns an exit status:
 * FZ_EXIT_FOUND if the work has found something, FZ_EXIT_SOME if some of the paths could not be read. */
int fz_ask_run(fz_ask *ask, char **paths, unsigned count, GError **error);

/* The same into a file, NULL or "-": standard output. The file appears once it is complete: standard output is that
 * file meanwhile, which the process that answers inherits. Refused if it is what is asked, or is read for it. */
int fz_ask_run_into(fz_ask *ask, const char *out, char **paths, unsigned count, GError **error);

/* Frees what the settings own. */
void fz_ask_clear(fz_ask *ask);

#endif
