/* What the parts of a batch share: one process's view of a ring, and its helpers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_BATCH_PRIVATE_H
#define FZ_BATCH_PRIVATE_H

#include "batch.h"
#include "item.h"
#include "metrics.h"
#include "outcome.h"
#include "progress.h"
#include "writer.h"

#include <signal.h>
#include <sys/stat.h>

/* A folder that the ring's path leads to, or led to before: a link may be moved to the folder of the next day while
 * captures of the last one are still to be loaded. */
struct fz_folder {
    fz_ring *ring;
    GHashTable *items;  /* by name */
    GHashTable *newest; /* the latest item of each series, by the series' name */
    GHashTable *news;   /* names that something has happened to since they were looked at */
    GHashTable *closed; /* names whose writers have closed them since they were looked at */
    unsigned listing;   /* how many times it was listed */
    int watch;          /* of fz_listing.events; -1: none */
    gint64 active_us;   /* when anything was new in it last */
};

/* The ring, and when to look at it. */
typedef struct fz_listing {
    GPtrArray *folders; /* of fz_folder, the one that the ring's path leads to first */
    int events;         /* inotify's; -1: none */
    bool once;          /* all of it was looked at once */
    bool all, some;     /* all of it is to be looked at; the `news` of its folders are */
    bool unwatched;     /* the system has no more watches */
    bool nowhere;       /* the ring's path leads to no folder */
    gint64 after_us;    /* not before */
    gint64 due_us;      /* with `follow`: all of it not later */
} fz_listing;

/* The engines that were tried. */
typedef struct fz_engines_tried {
    bool works[FZ_ENGINES], told[FZ_ENGINES]; /* by fz_engine; told: that it is used */
    GError *fault;                            /* of the last trial; NULL: none, or it works */
    gint64 again_us;                          /* when one may be tried again */
} fz_engines_tried;

typedef struct fz_zones_read {
    fz_zone_table *table; /* NULL: none are asked for, or the file has a mistake */
    struct stat state;    /* of their file, when it was read */
} fz_zones_read;

/* A writer, and what it works on. */
struct fz_hand {
    fz_writer *writer;
    GPtrArray *items; /* of fz_item, all in one stage: one to load, or some to ask about; empty: idle */
    gint64 served_us; /* fz_writer_since_us of the session that did something last */
};

/* The writers, and whether their store can be reached. */
typedef struct fz_hands {
    fz_hand *all;
    unsigned count;
    gint64 again_us;          /* when to try the store again; 0: it is there, as far as we know */
    unsigned failures;        /* since it was there */
    bool told;                /* that it is lost */
    gint64 lost_us, found_us; /* since when; when that was found out last */
} fz_hands;

/* What a batch reports of itself. */
typedef struct fz_figures {
    fz_metrics metrics;
    bool news, failed; /* since the metrics were written; the last time they could not be */
    gint64 after_us;   /* metrics are not written before */
    gint64 begun_us;
    uint64_t writing; /* files that are left to their writers */
    uint64_t done_bytes, total_bytes;
    fz_progress *progress;
} fz_figures;

struct fz_batch {
    const fz_batch_settings *settings;
    fz_confine confine;
    fz_load_manner manner;
    fz_run run; /* what every source must say of itself; borrowed texts */
    fz_items items;
    fz_listing listing;
    fz_engines_tried engines;
    fz_zones_read zones;
    gint64 hold_until_us; /* when to look again at what no capture is to blame for; 0: nothing of the kind */
    fz_probe *probe;
    fz_hands hands;
    fz_figures figures;
    int signals;
    bool stopping; /* a signal asked for it */
    gint64 stop_until_us;
    GError *fatal; /* nothing new is begun */
};

/* Now, on the clock that does not jump. */
static inline gint64 fz_batch_now(void)
{
    return g_get_monotonic_time();
}

/* batch.c. Nothing new is begun; the first reason stays. */
void fz_batch_end(fz_batch *batch, GQuark domain, int code, const char *message);

/* fate.c: what becomes of a file.
 *
 * Nothing is to be done about it until it changes: it cannot be loaded, and why; it is gone; it has no packet; the
 * store has it already; it is outside of the time that is asked for. */
void fz_item_fail(fz_batch *batch, fz_item *item, const char *why);
void fz_item_vanish(fz_batch *batch, fz_item *item);
void fz_item_skip_empty(fz_batch *batch, fz_item *item);
void fz_item_know(fz_batch *batch, fz_item *item);
void fz_item_leave_out(fz_batch *batch, fz_item *item);

/* It is tried again from the beginning: in some time; where a process died over it, or was ended for its silence,
 * unless that happened too often; where what went wrong may pass, as long as the ring is followed. */
void fz_item_try_again(fz_batch *batch, fz_item *item, gint64 in_us);
void fz_item_mourn(fz_batch *batch, fz_item *item, const char *why);
void fz_item_give_up(fz_batch *batch, fz_item *item, const char *why);
void fz_item_put_off(fz_batch *batch, fz_item *item, const char *why);
gint64 fz_batch_back_off(unsigned failures);

/* `enter` of FZ_ITEM_NEW, FZ_ITEM_ODD and FZ_ITEM_DONE. */
void fz_item_start_afresh(fz_batch *batch, fz_item *item);
void fz_item_note_done(fz_batch *batch, fz_item *item);
void fz_item_settle(fz_batch *batch, fz_item *item);

/* Whether a time is asked for: a file without one is, until its first packet says more. */
bool fz_batch_in_span(const fz_batch *batch, int64_t time_s);

/* Opens it, or says what became of it: item->taken is what it is now. -1: not to be read. */
int fz_item_open(fz_batch *batch, fz_item *item);

/* listing.c. Opening the ring watches it too, with `follow`; a system that has no more watches is no error. */
bool fz_batch_open_ring(fz_batch *batch, GError **error);
void fz_batch_close_rings(fz_batch *batch);
/* Looks at the whole ring where that is wanted, else at the names that something happened to; not more often than five
 * times a second. */
void fz_batch_list(fz_batch *batch);
gint64 fz_batch_list_due(const fz_batch *batch);
gint64 fz_batch_relist_us(const fz_batch *batch);
/* Something has happened to a file: it is looked at once more, when that is due. */
void fz_item_look_again(fz_batch *batch, fz_item *item);
/* The same, but in a ring that is followed only. */
void fz_item_look_if_followed(fz_batch *batch, fz_item *item);
/* `is_news` of FZ_ITEM_DONE, FZ_ITEM_ODD and FZ_ITEM_SETTLING. */
bool fz_item_has_changed(const fz_item *item);
bool fz_item_was_replaced(const fz_item *item);
bool fz_item_has_rested(const fz_item *item);

/* events.c. Without a watch a folder is looked at from time to time, as where the watch tells nothing. */
void fz_batch_watch_folder(fz_batch *batch, fz_folder *folder);
void fz_batch_take_events(fz_batch *batch);
/* SIGTERM and SIGINT become readable in `batch->signals`. */
bool fz_batch_catch_signals(fz_batch *batch, sigset_t *before);
void fz_batch_take_signal(fz_batch *batch);
void fz_batch_release_signals(fz_batch *batch, const sigset_t *before);

/* needs.c. Whether captures can be counted now: the engine that all of them need works and takes the options; the zone
 * file has no mistake. Else this ends the run, except that one that follows a ring waits for a zone file that was good.
 */
bool fz_batch_need_engine(fz_batch *batch);
bool fz_batch_need_zones(fz_batch *batch);
/* Which engine counts a capture, by its link types; false with an error where that is one which does not work. */
bool fz_item_choose_engine(fz_batch *batch, fz_item *item, GError **error);
/* What makes rows, zones included. `options.source` is to be set. */
fz_options fz_batch_options(const fz_batch *batch);

/* hands.c. */
void fz_hands_begin(fz_batch *batch, unsigned count);
void fz_hands_end(fz_batch *batch);
/* One that is idle, or NULL; whether the store is given time to come back. */
fz_hand *fz_hands_idle(const fz_batch *batch);
bool fz_hands_wait(const fz_batch *batch);
/* Gives it an item, which goes to that stage; takes all of them from it, in an array that the caller frees. */
void fz_hand_take(fz_batch *batch, fz_hand *hand, fz_item *item, fz_item_stage stage);
GPtrArray *fz_hand_release(fz_hand *hand);
/* The store answered, or it did not. `was_idle`: nothing was under way in the session that was lost. */
void fz_hand_serve(fz_batch *batch, fz_hand *hand);
void fz_hand_miss_store(fz_batch *batch, const fz_hand *hand, fz_outcome end, bool was_idle, const char *why);
void fz_hand_tell_note(const fz_load_report *report);

/* The steps of a file. fz_batch_*_next begins a step for as many as wait, and as there is room for; the others are
 * called by the table.
 *
 * probing.c, asking.c: */
fz_item_stage fz_item_begin(const fz_batch *batch, const fz_item *item);
void fz_batch_probe_next(fz_batch *batch);
void fz_item_take_probe(fz_batch *batch, fz_item *item);
void fz_item_give_up_probe(fz_batch *batch, fz_item *item);
void fz_item_abandon_probe(fz_batch *batch, fz_item *item);
void fz_batch_ask_next(fz_batch *batch);
void fz_item_take_answers(fz_batch *batch, fz_item *item);
void fz_item_look_up_again(fz_batch *batch, fz_item *item, const char *why);
void fz_item_ask_again(fz_batch *batch, fz_item *item, const char *why);
void fz_item_abandon_answer(fz_batch *batch, fz_item *item);

/* counting.c, loading.c: */
void fz_batch_count_next(fz_batch *batch);
void fz_item_take_count(fz_batch *batch, fz_item *item);
void fz_item_give_up_source(fz_batch *batch, fz_item *item);
void fz_item_drop_source(fz_batch *batch, fz_item *item);
void fz_item_free_counting(fz_item *item);
void fz_batch_load_next(fz_batch *batch);
void fz_item_take_load(fz_batch *batch, fz_item *item);
void fz_item_abandon_load(fz_batch *batch, fz_item *item);

/* figures.c: writes metrics where those have news, or the batch ends; shows progress; logs the last line. */
void fz_figures_write(fz_batch *batch, bool last);
void fz_figures_show(fz_batch *batch);
void fz_figures_summarize(const fz_batch *batch);

#endif
