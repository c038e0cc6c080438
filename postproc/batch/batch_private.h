/* What the parts of a batch share: one process's view of a ring, and its helpers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_BATCH_PRIVATE_H
#define FZ_BATCH_PRIVATE_H

#include "batch.h"
#include "file_state.h"
#include "item.h"
#include "metrics.h"
#include "outcome.h"
#include "progress.h"
#include "writer.h"

#include <signal.h>

/* A folder that the ring's path leads to, or led to before: a link may be moved to the next day's folder while captures
 * of the previous one are still to be loaded. */
struct fz_folder {
    fz_ring *ring;
    GHashTable *items;  /* by name */
    GHashTable *newest; /* the latest item of each series, by the series' name */
    GHashTable *news;   /* names with events since they were looked at */
    GHashTable *closed; /* names closed by their writers since they were looked at */
    unsigned listing;   /* how many times it was listed */
    int watch;          /* of fz_listing.events; -1: none */
    gint64 active_us;   /* when anything in it last changed */
};

/* The ring, and when to look at it. */
typedef struct fz_listing {
    GPtrArray *folders; /* of fz_folder, the one that the ring's path leads to first */
    int events;         /* of inotify; -1: none */
    bool once;          /* all of it has been looked at once */
    bool all, some;     /* look at all of it; look at the `news` of its folders */
    bool unwatched;     /* the system has no watches left */
    bool nowhere;       /* the ring's path does not lead to a folder */
    gint64 after_us;    /* no look before this time */
    gint64 due_us;      /* with `follow`: look at all of it by this time */
} fz_listing;

/* Which engines were tried, and with what result. */
typedef struct fz_engines_tried {
    bool works[FZ_ENGINES], told[FZ_ENGINES]; /* by fz_engine; told: its use was logged */
    GError *fault;                            /* of the last trial; NULL: not tried, or it works */
    gint64 again_us;                          /* no new trial before this time */
} fz_engines_tried;

typedef struct fz_zones_read {
    fz_zone_table *table; /* NULL: no zone file was given, or it has a mistake */
    fz_file_state state;  /* of their file, before it was read */
} fz_zones_read;

/* A writer, and what it works on. */
struct fz_hand {
    fz_writer *writer;
    GPtrArray *items; /* of fz_item, all in one stage: one to load, or some to ask about; empty: idle, or it merges */
    bool merges;      /* it merges the sums of loads */
    gint64 served_us; /* fz_writer_since_us of the session that did something last */
};

/* The writers, and whether their store can be reached. */
typedef struct fz_hands {
    fz_hand *all;
    unsigned count;
    gint64 again_us;          /* when to try the store again; 0: reachable, as far as we know */
    unsigned failures;        /* since it was last reached */
    bool told;                /* its loss was logged */
    gint64 lost_us, found_us; /* lost since; when a loss was last noticed */
} fz_hands;

/* When sums of loads are merged: the batch has nothing else to do then. */
typedef struct fz_merging {
    gint64 due_us; /* 0: nothing was loaded */
    bool told;     /* a failure was logged */
} fz_merging;

/* When the chore may be started. */
typedef struct fz_chores {
    gint64 due_us; /* not before this time; G_MAXINT64: there is none */
    bool runs;
} fz_chores;

/* Disks that may become full. */
typedef struct fz_room {
    char *folders[FZ_DISKS]; /* NULL: not of this machine, or not wanted */
    bool told[FZ_DISKS];     /* that it is nearly full */
    gint64 due_us;           /* no look before this time; G_MAXINT64: no more */
} fz_room;

/* The figures that a batch reports. */
typedef struct fz_figures {
    fz_metrics metrics;
    bool news, failed; /* news: since the metrics were written; failed: the last write did */
    gint64 after_us;   /* metrics are not written before this time */
    gint64 begun_us;
    uint64_t writing; /* files left alone because they are still being written */
    uint64_t done_bytes, total_bytes;
    fz_progress *progress;
} fz_figures;

struct fz_batch {
    const fz_batch_settings *settings;
    fz_confine confine;
    fz_load_manner manner;
    fz_run run; /* what every source must report; texts are borrowed */
    fz_items items;
    fz_listing listing;
    fz_engines_tried engines;
    fz_zones_read zones;
    gint64 hold_until_us; /* counting waits until then, because of a fault that is not a capture's; 0: no such fault */
    fz_probe *probe;
    fz_hands hands;
    fz_merging merging;
    fz_chores chores;
    fz_room room;
    fz_figures figures;
    int signals;
    bool stopping; /* a signal asked us to stop */
    gint64 stop_until_us;
    GError *fatal; /* set: nothing new is started */
};

/* The monotonic clock. */
static inline gint64 fz_batch_now(void)
{
    return g_get_monotonic_time();
}

/* batch.c. Lets nothing new start; the first reason is kept. */
void fz_batch_end(fz_batch *batch, GQuark domain, int code, const char *message);

/* fate.c: what becomes of a file.
 *
 * These leave it alone until it changes: it cannot be loaded (`why`); it is gone; it has no packets; the store already
 * has it; it is outside the requested time span. */
void fz_item_fail(fz_batch *batch, fz_item *item, const char *why);
void fz_item_vanish(fz_batch *batch, fz_item *item);
void fz_item_skip_empty(fz_batch *batch, fz_item *item);
void fz_item_know(fz_batch *batch, fz_item *item);
void fz_item_leave_out(fz_batch *batch, fz_item *item);

/* These try it again from the beginning: after `in_us`; after a process died over it, unless too many have; the same
 * after a process was ended for its silence, and after a fault that may pass, but only if the ring is followed. */
void fz_item_try_again(fz_batch *batch, fz_item *item, gint64 in_us);
void fz_item_mourn(fz_batch *batch, fz_item *item, const char *why);
void fz_item_give_up(fz_batch *batch, fz_item *item, const char *why);
void fz_item_put_off(fz_batch *batch, fz_item *item, const char *why);
gint64 fz_batch_back_off(unsigned failures);

/* `enter` of FZ_ITEM_NEW, FZ_ITEM_ODD and FZ_ITEM_DONE. */
void fz_item_start_afresh(fz_batch *batch, fz_item *item);
void fz_item_note_done(fz_batch *batch, fz_item *item);
void fz_item_settle(fz_batch *batch, fz_item *item);

/* Whether a time is in the requested span: a file without a time is, until its first packet gives one. */
bool fz_batch_in_span(const fz_batch *batch, int64_t time_s);

/* Opens it and sets item->taken to its state. -1: it cannot be read, and has been moved to its next stage. */
int fz_item_open(fz_batch *batch, fz_item *item);

/* listing.c. With `follow`, opening the ring also watches it; a system without free watches is not an error. */
bool fz_batch_open_ring(fz_batch *batch, GError **error);
void fz_batch_close_rings(fz_batch *batch);
/* Looks at the whole ring if that is due, else at the names with events; at most five times a second. */
void fz_batch_list(fz_batch *batch);
gint64 fz_batch_list_due(const fz_batch *batch);
gint64 fz_batch_relist_us(const fz_batch *batch);
/* Has a file looked at again with the next listing. */
void fz_item_look_again(fz_batch *batch, fz_item *item);
/* The same, but only if the ring is followed. */
void fz_item_look_if_followed(fz_batch *batch, fz_item *item);
/* `is_news` of FZ_ITEM_DONE, FZ_ITEM_ODD and FZ_ITEM_SETTLING. */
bool fz_item_has_changed(const fz_item *item);
bool fz_item_was_replaced(const fz_item *item);
bool fz_item_has_rested(const fz_item *item);

/* events.c. A folder without a watch is listed from time to time, like one whose watch reports nothing. */
void fz_batch_watch_folder(fz_batch *batch, fz_folder *folder);
void fz_batch_take_events(fz_batch *batch);
/* SIGTERM and SIGINT become readable in `batch->signals`. */
bool fz_batch_catch_signals(fz_batch *batch, sigset_t *before);
void fz_batch_take_signal(fz_batch *batch);
void fz_batch_release_signals(fz_batch *batch, const sigset_t *before);

/* needs.c. Whether captures can be counted now: the engine that all of them need works and takes the options; the zone
 * file has no mistakes. If not, this ends the run; a run that follows a ring and has listed it once waits instead. */
bool fz_batch_need_engine(fz_batch *batch);
bool fz_batch_need_zones(fz_batch *batch);
/* Chooses the engine that counts a capture, by its link types; false with an error if that engine does not work. */
bool fz_item_choose_engine(fz_batch *batch, fz_item *item, GError **error);
/* The options of a source, zones included. The caller sets `source`. */
fz_options fz_batch_options(const fz_batch *batch);

/* hands.c. */
void fz_hands_begin(fz_batch *batch, unsigned count);
void fz_hands_end(fz_batch *batch);
/* An idle writer, or NULL; whether the batch waits for the store to come back. */
fz_hand *fz_hands_idle(const fz_batch *batch);
bool fz_hands_wait(const fz_batch *batch);
/* Gives it an item and moves that to `stage`; takes all items from it, in an array that the caller frees. */
void fz_hand_take(fz_batch *batch, fz_hand *hand, fz_item *item, fz_item_stage stage);
GPtrArray *fz_hand_release(fz_hand *hand);
/* The store answered; the store did not answer. `was_idle`: the lost session was idle. */
void fz_hand_serve(fz_batch *batch, fz_hand *hand);
void fz_hand_miss_store(fz_batch *batch, const fz_hand *hand, fz_outcome end, bool was_idle, const char *why);
void fz_hand_tell_note(const fz_load_report *report);

/* The steps of a file. fz_batch_*_next starts a step for as many waiting files as there is room for; the table calls
 * the others.
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

/* merging.c. Whether nothing waits for a writer, nor will soon, and nothing of this is under way: neither a merge nor a
 * chore. */
bool fz_batch_is_idle(const fz_batch *batch);
/* Something was loaded, whose sums are to be merged; starts a merge if it is due; whether one is due or
 * under way, for a batch that ends; its end. */
void fz_batch_want_merge(fz_batch *batch);
void fz_batch_merge_next(fz_batch *batch);
bool fz_batch_must_merge(const fz_batch *batch);
gint64 fz_batch_merge_due(const fz_batch *batch);
void fz_batch_take_merge(fz_batch *batch, fz_hand *hand);

/* chores.c: the batch begins, and ends; starts the chore if it is due; its end. */
void fz_batch_begin_chores(fz_batch *batch);
void fz_batch_end_chores(fz_batch *batch);
void fz_batch_chore_next(fz_batch *batch);
gint64 fz_batch_chore_due(const fz_batch *batch);
int fz_batch_chore_descriptor(const fz_batch *batch);
void fz_batch_take_chore(fz_batch *batch);

/* room.c: the batch begins, and ends; looks at the disks, once or, with `follow`, each minute. */
void fz_batch_begin_room(fz_batch *batch);
void fz_batch_end_room(fz_batch *batch);
void fz_batch_look_for_room(fz_batch *batch, bool at_once);

/* figures.c: writes the metrics if they changed or the batch ends; shows progress; logs the summary. */
void fz_figures_write(fz_batch *batch, bool last);
void fz_figures_show(fz_batch *batch);
void fz_figures_summarize(const fz_batch *batch);

#endif
