/* What the parts of a batch share: one process's view of a ring, its queues and its helpers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_BATCH_PRIVATE_H
#define FZ_BATCH_PRIVATE_H

#include "batch.h"
#include "identity.h"
#include "metrics.h"
#include "outcome.h"
#include "probe.h"
#include "progress.h"
#include "report.h"
#include "ring.h"
#include "source.h"
#include "writer.h"

#include <signal.h>
#include <sys/stat.h>

#define FZ_SECOND_US INT64_C(1000000)

typedef enum fz_batch_state {
    FZ_ITEM_NEW,     /* was not looked at, or has changed */
    FZ_ITEM_WRITING, /* not complete */
    FZ_ITEM_WATCHED, /* maybe complete: its times lie ahead of the clock, and watching it decides */
    FZ_ITEM_WAITS,   /* in a queue, or for its turn after a failure */
    FZ_ITEM_COUNTED, /* its source works */
    FZ_ITEM_READY,   /* its source has records, and waits for a writer */
    FZ_ITEM_LOADED,  /* its source's records go into the store */
    FZ_ITEM_DONE,    /* until it changes */
} fz_batch_state;

/* A folder that the ring's path leads to, or led to before: a link may be moved to the folder of the next day while
 * captures of the last one are still to be loaded. */
typedef struct fz_batch_folder {
    fz_ring *ring;
    GHashTable *items, *closed; /* by name; names that were closed before they were listed */
    GHashTable *newest;         /* the latest item of each series, by the series' name, which is the item's */
    GHashTable *news;           /* names that something has happened to */
    int watch;                  /* of fz_batch.events; -1: none */
    gint64 active_us;           /* when anything was new in it last */
} fz_batch_folder;

/* What the processes that count a capture need of it: they do not have items. */
typedef struct fz_batch_count {
    char *name, *shown;
    fz_input input;
    fz_source source;
} fz_batch_count;

/* A file of the ring, as long as it is there: of these there may be many, and they are kept where no child of this
 * process has them (keep.h). */
typedef struct fz_batch_item {
    fz_batch_folder *folder;
    char *name, *shown;  /* those of `there` */
    fz_ring_file *there; /* as it was listed last */
    fz_batch_state state;
    GSequenceIter *timer;           /* in fz_batch.timers while again_us is not 0 */
    int64_t time_s;                 /* from its name, or its first packet */
    fz_file_state now, taken, done; /* as listed; as it was opened; as it was when it was done */
    uint64_t share;                 /* of total_bytes */
    bool closed, just_closed; /* whoever wrote it has closed it, and not written since; and it was not listed since */
    bool listed, complete, odd, outside; /* outside: of the span that is asked for, and counted as such */
    bool unsure;    /* it was written while it was taken, or just before: what it was taken for may not be what it is */
    gint64 seen_us; /* since when it has been seen as it is */
    unsigned deaths, faults; /* of processes over it, for good after some; that may pass */
    gint64 again_us; /* when to look again, for FZ_ITEM_COUNTED when its source is silent for too long; 0: never */
    char unwalked[FZ_PROBE_NAME_MAX]; /* as in fz_probe_answer */
    const fz_engine_row *engine;      /* that counts it */
    fz_ledger_question question;
    fz_batch_count *count; /* NULL: no source of it works */
    gint64 started_us;
} fz_batch_item;

/* A writer, and what it is about. */
typedef struct fz_batch_hand {
    fz_writer *writer;
    fz_batch_item *loads; /* NULL: nothing */
    GPtrArray *asked;     /* of fz_batch_item; NULL: nothing */
    gint64 served_us;     /* fz_writer_since_us of the session that did something last */
} fz_batch_hand;

typedef struct fz_batch {
    const fz_batch_settings *settings;
    fz_confine confine;
    fz_load_manner manner;
    fz_run run;                               /* what every source must say of itself; borrows */
    bool works[FZ_ENGINES], told[FZ_ENGINES]; /* engines: were tried; were said */
    GError *engine_fault;                     /* of the last trial; NULL: none, or it works */
    gint64 engine_again_us;                   /* when it may be tried again */
    fz_zone_table *zones;                     /* NULL: none are asked for, or the file has a mistake */
    struct stat zones_state;                  /* of their file, when it was read */
    gint64 hold_until_us;                /* when to look again at what no capture is to blame for; 0: there is none */
    GPtrArray *folders;                  /* of fz_batch_folder, the one that the ring's path leads to first */
    GSequence *timers;                   /* items by again_us */
    unsigned in_state[FZ_ITEM_DONE + 1]; /* how many items */
    GQueue counted;                      /* items in FZ_ITEM_COUNTED */
    GQueue to_know, to_probe, to_ask, to_load, to_give;
    bool knowing; /* questions of `to_know` are under way */
    fz_probe *probe;
    fz_batch_item *probed; /* NULL: none */
    gint64 probe_until_us;
    fz_batch_hand *hands;
    unsigned hand_count, busy; /* busy: sources, from the start of each to its end */
    int signals, events;       /* events: -1 without */
    bool stopping, listed_once;
    bool want_list, want_look;         /* at the whole ring; at some names */
    bool unwatched, leads_nowhere;     /* the system has no more watches; the ring's path leads to no folder */
    gint64 list_after_us, list_due_us; /* not before; with `follow`: all of it not later */
    gint64 stop_until_us;
    gint64 store_again_us; /* 0: the store is there, as far as we know */
    unsigned store_failures;
    bool store_told;                       /* that it is lost */
    gint64 store_lost_us, store_missed_us; /* since when; when that was seen last */
    fz_metrics metrics;
    bool metrics_failed, metrics_news;
    gint64 metrics_after_us, begun_us;
    uint64_t writing, done_bytes, total_bytes;
    fz_progress *progress;
    GError *fatal;
} fz_batch;

/* Now, on the clock that does not jump. */
static inline gint64 fz_batch_now(void)
{
    return g_get_monotonic_time();
}

/* Items: the one place that changes their state, and the time when they are looked at again. */
/* Takes `there` over. */
fz_batch_item *fz_batch_item_new(fz_batch *of, fz_batch_folder *folder, fz_ring_file *there);
void fz_batch_item_free(fz_batch *of, fz_batch_item *file);
void fz_batch_move(fz_batch *of, fz_batch_item *file, fz_batch_state state, gint64 again_us);
/* What its processes need, from their start to their end. */
fz_batch_count *fz_batch_count_new(fz_batch_item *file);
void fz_batch_count_free(fz_batch_item *file);
/* The item whose time comes first; NULL: none has one. */
fz_batch_item *fz_batch_first_due(const fz_batch *of);

/* The ring's folders. Opening it watches it too, with `follow`; a system that has no more watches is no error. */
bool fz_batch_open_ring(fz_batch *of, GError **error);
void fz_batch_close_rings(fz_batch *of);
/* Looks at the whole ring where that is wanted, else at the names that something happened to; not more often than five
 * times a second. */
void fz_batch_list(fz_batch *of);
gint64 fz_batch_list_due(const fz_batch *of);
/* Something has happened to a file: it is looked at once more, when that is due. */
void fz_batch_look_again(fz_batch *of, fz_batch_item *file);
/* What the watches have told. */
void fz_batch_take_events(fz_batch *of);
/* Without a watch a folder is looked at from time to time, as where the watch tells nothing. */
void fz_batch_watch_folder(fz_batch *of, fz_batch_folder *folder);
gint64 fz_batch_relist_us(const fz_batch *of);

/* SIGTERM and SIGINT become readable in `of->signals`. */
bool fz_batch_catch_signals(fz_batch *of, sigset_t *before);
void fz_batch_take_signal(fz_batch *of);

/* Figures. */
uint64_t fz_batch_count_waiting(const fz_batch *of);
void fz_batch_write_metrics(fz_batch *of, bool last);
void fz_batch_show_progress(fz_batch *of);
void fz_batch_summarize(const fz_batch *of);

/* Nothing new is begun; the first reason stays. */
void fz_batch_end(fz_batch *of, GQuark domain, int code, const char *message);

/* Nothing is to be done about it until it changes; fz_batch_fail says why it cannot be loaded. */
void fz_batch_settle(fz_batch *of, fz_batch_item *file);
void fz_batch_fail(fz_batch *of, fz_batch_item *file, const char *why);
void fz_batch_lose_file(fz_batch *of, fz_batch_item *file);
void fz_batch_skip_empty(fz_batch *of, fz_batch_item *file);
void fz_batch_know_file(fz_batch *of, fz_batch_item *file);

/* It is looked at once more: at a time; since a process died over it, or was ended for its silence; since what went
 * wrong may pass. */
void fz_batch_try_again(fz_batch *of, fz_batch_item *file, gint64 in_us);
void fz_batch_mourn(fz_batch *of, fz_batch_item *file, const char *why);
void fz_batch_give_up_item(fz_batch *of, fz_batch_item *file, const char *why);
void fz_batch_put_off(fz_batch *of, fz_batch_item *file, const char *why);
gint64 fz_batch_back_off(unsigned failures);

/* Opens it, or says what became of it: file->taken is what it is now. -1: not to be read. */
int fz_batch_take_file(fz_batch *of, fz_batch_item *file);

/* Whether it is asked for: a file without a time is, until its first packet says more. */
bool fz_batch_in_span(const fz_batch *of, int64_t time_s);

/* The time by a name; FZ_RING_NO_TIME too where of two times that it may mean one is asked for. */
int64_t fz_batch_time_of(const fz_batch *of, const fz_ring_name *name);

/* It is not asked for: settles it, and counts it. */
void fz_batch_leave_out(fz_batch *of, fz_batch_item *file);

/* A writer without an order, or NULL; whether the store is given time to come back. */
fz_batch_hand *fz_batch_idle_hand(const fz_batch *of);
bool fz_batch_store_waits(const fz_batch *of);
void fz_batch_store_is_back(fz_batch *of, fz_batch_hand *by);
void fz_batch_miss_store(fz_batch *of, const fz_batch_hand *by, fz_outcome end, bool was_idle, const char *why);
void fz_batch_tell_note(const fz_load_report *report);

/* Whether captures can be counted now: the engine that all of them need works and takes the options; the zone file has
 * no mistake. Else this ends the run, except that whoever follows a ring waits for a zone file that was good. */
bool fz_batch_need_engine(fz_batch *of);
bool fz_batch_need_zones(fz_batch *of);

/* Which engine counts a capture, by its link types; false with an error where that is one which does not work. */
bool fz_batch_choose_engine(fz_batch *of, fz_batch_item *file, GError **error);

/* Starts it on `file->count->input`. */
bool fz_batch_start_source(fz_batch *of, fz_batch_item *file, GError **error);

/* The way of a file, from queue to queue: where the ledger may know the file as it lies there, that is asked first; its
 * first packet is asked for, and told; the ledger is asked of it, and answers; a source counts it; a writer loads what
 * the source counted. Each takes as much as there is, and room for. */
void fz_batch_begin(fz_batch *of, fz_batch_item *file);
void fz_batch_probe_next(fz_batch *of);
void fz_batch_take_probe(fz_batch *of);
void fz_batch_give_up_probe(fz_batch *of);
void fz_batch_ask_next(fz_batch *of);
void fz_batch_take_answers(fz_batch *of, fz_batch_hand *by);
void fz_batch_count_next(fz_batch *of);
void fz_batch_take_count(fz_batch *of, fz_batch_item *file);
void fz_batch_give_next(fz_batch *of);
void fz_batch_take_load(fz_batch *of, fz_batch_hand *by);

/* Ends a source that counts, and whatever feeds it. */
void fz_batch_drop_source(fz_batch *of, fz_batch_item *file);

/* The same to one that said nothing for too long. */
void fz_batch_give_up_source(fz_batch *of, fz_batch_item *file);

#endif
