/* The files of a batch, and the stages that each goes through.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ITEM_H
#define FZ_ITEM_H

#include "engine.h"
#include "probe.h"
#include "report.h"
#include "ring.h"
#include "source.h"

#define FZ_SECOND_US INT64_C(1000000)

typedef struct fz_batch fz_batch;
typedef struct fz_folder fz_folder;
typedef struct fz_hand fz_hand;

/* The stages of a file. An item is in one stage, and in the queue of that stage. */
typedef enum fz_item_stage {
    FZ_ITEM_NEW,        /* not looked at yet, or changed since */
    FZ_ITEM_WRITING,    /* not complete: looked at again when it may be */
    FZ_ITEM_WATCHED,    /* its times are ahead of the clock: complete once it has not changed for long enough */
    FZ_ITEM_TO_LOOK_UP, /* waits to be looked up in the ledger by its name, size and time */
    FZ_ITEM_LOOKING_UP, /* a writer looks it up */
    FZ_ITEM_TO_PROBE,   /* waits for the probe */
    FZ_ITEM_PROBING,    /* the probe looks for its first packet; one at a time */
    FZ_ITEM_TO_ASK,     /* its first packet is known; waits for a writer to ask the ledger about that */
    FZ_ITEM_ASKING,     /* a writer asks */
    FZ_ITEM_TO_COUNT,   /* is not in the store; waits to be counted */
    FZ_ITEM_COUNTING,   /* a source counts it */
    FZ_ITEM_TO_LOAD,    /* its source has records; waits for a writer */
    FZ_ITEM_LOADING,    /* a writer puts its source's records into the store */
    FZ_ITEM_RESTING,    /* something failed: tried again at due_us */
    FZ_ITEM_SETTLING,   /* done, but written to meanwhile: looked at again at due_us */
    FZ_ITEM_ODD,        /* not a regular file: not read until another file takes its name */
    FZ_ITEM_DONE,       /* until it changes */
    FZ_ITEM_STAGES
} fz_item_stage;

/* What the processes that count a capture need to know of it: they do not have items. */
typedef struct fz_counting {
    char *name, *shown, *folder; /* folder: NULL if it is not known */
    fz_input input;
    fz_source source;
} fz_counting;

/* A file of the ring, for as long as it exists. There may be many; they are kept in memory that no child process gets
 * (keep.h). */
typedef struct fz_item {
    GList link; /* in the queue of its stage */
    fz_item_stage stage;
    gint64 due_us;        /* when the stage's on_time is called; 0: never */
    GSequenceIter *timer; /* in fz_items.timers while due_us is not 0 */

    fz_folder *folder;
    char *name, *shown;  /* those of `there` */
    fz_ring_file *there; /* as last listed */
    unsigned listing;    /* fz_folder.listing when it was last listed */
    int64_t time_s;      /* from its name, or its first packet */

    fz_file_state now, taken, done; /* as listed; as opened; as it was when done */
    gint64 seen_us;                 /* it has been seen unchanged since then */
    bool closed;                    /* its writer has closed it, and nothing has changed it since */
    bool partial;                   /* not complete when it was opened: taken because of --partial */
    bool unsure;                    /* written to while it was read, or just before: it may not hold what was read */
    bool left_out;                  /* already counted in the metrics as outside the requested time span */

    unsigned deaths;   /* of processes that worked on it: too many, and it is not tried again */
    unsigned put_offs; /* failures that may pass: they only lengthen the waits */
    uint64_t share;    /* of fz_figures.total_bytes */
    gint64 started_us; /* when it was last opened */

    char unwalked[FZ_PROBE_NAME_MAX]; /* as in fz_probe_answer */
    const fz_engine_row *engine;      /* which counts it */
    fz_ledger_question question;
    fz_counting *counting; /* from COUNTING to the end of LOADING; else NULL */
    fz_hand *hand;         /* the writer that works on it while it is LOOKING_UP, ASKING or LOADING; else NULL */
} fz_item;

/* What a stage means to the listing. */
typedef enum fz_item_kind {
    FZ_ITEM_OPEN,    /* a look at the file decides what comes next */
    FZ_ITEM_AT_WORK, /* on its way into the store: changes to the file do not matter until that has ended */
    FZ_ITEM_SETTLED, /* nothing to do */
} fz_item_kind;

typedef struct fz_item_row {
    const char *name;
    fz_item_kind kind;
    unsigned next;                                  /* the stages that may follow, a bit each */
    void (*enter)(fz_batch *batch, fz_item *item);  /* it has come into this stage */
    void (*on_end)(fz_batch *batch, fz_item *item); /* the process that works on it has an answer, or died */
    void (*on_death)(fz_batch *batch, fz_item *item, const char *why); /* that process died */
    void (*on_time)(fz_batch *batch, fz_item *item);                   /* its due_us has passed */
    bool (*is_news)(const fz_item *item);                              /* whether to treat it as new */
    void (*abandon)(fz_batch *batch, fz_item *item);                   /* the batch ends: ends its processes */
} fz_item_row;

/* By fz_item_stage. NULL in a row: it cannot happen in that stage, or needs no action. */
extern const fz_item_row fz_item_rows[FZ_ITEM_STAGES];

/* The items of a batch. Only item.c may change this. */
typedef struct fz_items {
    GQueue in[FZ_ITEM_STAGES]; /* the queue of each stage */
    GSequence *timers;         /* items with a due_us, sorted by it */
} fz_items;

void fz_items_begin(fz_items *items);
void fz_items_end(fz_items *items);

/* A new item in FZ_ITEM_NEW. `there` is taken over. */
fz_item *fz_item_new(fz_batch *batch, fz_folder *folder, fz_ring_file *there);
void fz_item_free(fz_batch *batch, fz_item *item);

/* Moves an item to the end of another stage's queue; to its beginning, for one that goes back; to its end, with the
 * time when that stage's on_time is due. Nothing else moves items. A move that is not in the table is a bug, and
 * aborts.
 */
void fz_item_move(fz_batch *batch, fz_item *item, fz_item_stage stage);
void fz_item_move_first(fz_batch *batch, fz_item *item, fz_item_stage stage);
void fz_item_move_until(fz_batch *batch, fz_item *item, fz_item_stage stage, gint64 due_us);

/* The first or last item of a stage, or NULL. The number of items in a stage, or in all stages of a kind. */
fz_item *fz_item_first(const fz_batch *batch, fz_item_stage stage);
fz_item *fz_item_last(const fz_batch *batch, fz_item_stage stage);
unsigned fz_item_count(const fz_batch *batch, fz_item_stage stage);
unsigned fz_item_count_kind(const fz_batch *batch, fz_item_kind kind);

/* The item that is due first, or NULL. Calls on_time for all items that are due. */
fz_item *fz_item_first_due(const fz_batch *batch);
void fz_item_wake(fz_batch *batch);

/* Call on_end or on_death of the item's stage, or abandon of every item's stage. */
void fz_item_end(fz_batch *batch, fz_item *item);
void fz_item_die(fz_batch *batch, fz_item *item, const char *why);
void fz_item_abandon_all(fz_batch *batch);

#endif
