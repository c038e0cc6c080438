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

/* Where a file is on its way. An item is in one stage, and in the queue of that stage. */
typedef enum fz_item_stage {
    FZ_ITEM_NEW,        /* nobody has looked at it, or it has changed since */
    FZ_ITEM_WRITING,    /* not complete: looked at again when it may be */
    FZ_ITEM_WATCHED,    /* its times lie ahead of the clock: complete when it was watched for long enough */
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
    FZ_ITEM_RESTING,    /* something failed: tried again when its time comes */
    FZ_ITEM_SETTLING,   /* done, but it was written meanwhile: looked at again when its time comes */
    FZ_ITEM_ODD,        /* no regular file: not read, until another one takes its name */
    FZ_ITEM_DONE,       /* until it changes */
    FZ_ITEM_STAGES
} fz_item_stage;

/* What the processes that count a capture need of it: they do not have items. */
typedef struct fz_counting {
    char *name, *shown;
    fz_input input;
    fz_source source;
} fz_counting;

/* A file of the ring, as long as it is there: of these there may be many, and they are kept where no child of this
 * process has them (keep.h). */
typedef struct fz_item {
    GList link; /* in the queue of its stage */
    fz_item_stage stage;
    gint64 due_us;        /* when the stage's on_time is called; 0: never */
    GSequenceIter *timer; /* in fz_items.timers while due_us is not 0 */

    fz_folder *folder;
    char *name, *shown;  /* those of `there` */
    fz_ring_file *there; /* as it was listed last */
    unsigned listing;    /* fz_folder.listing when it was listed last */
    int64_t time_s;      /* from its name, or its first packet */

    fz_file_state now, taken, done; /* as listed; as it was opened; as it was when it was done */
    gint64 seen_us;                 /* since when it has been seen as it is now */
    bool closed;                    /* its writer has closed it, and nothing has changed it since */
    bool partial;                   /* it was not complete when it was taken, as --partial asks for */
    bool unsure;   /* it was written while it was read, or just before: what was read may not be what it holds */
    bool left_out; /* it was counted as outside of the time that is asked for, which is done once */

    unsigned deaths;   /* of processes that worked on it: after some it is not tried again */
    unsigned put_offs; /* failures that may pass, which only make its rests longer */
    uint64_t share;    /* of fz_figures.total_bytes */
    gint64 started_us; /* when it was opened last */

    char unwalked[FZ_PROBE_NAME_MAX]; /* as in fz_probe_answer */
    const fz_engine_row *engine;      /* that counts it */
    fz_ledger_question question;
    fz_counting *counting; /* from COUNTING to the end of LOADING; else NULL */
    fz_hand *hand;         /* the writer that works on it while it is LOOKING_UP, ASKING or LOADING; else NULL */
} fz_item;

/* How a stage is seen from outside. */
typedef enum fz_item_kind {
    FZ_ITEM_OPEN,    /* a look at the file decides what comes next */
    FZ_ITEM_AT_WORK, /* to be loaded: what happens to the file does not matter until that has ended */
    FZ_ITEM_SETTLED, /* nothing is to be done */
} fz_item_kind;

typedef struct fz_item_row {
    const char *name;
    fz_item_kind kind;
    unsigned next;                                  /* the stages that may follow, a bit each */
    void (*enter)(fz_batch *batch, fz_item *item);  /* it has come into this stage */
    void (*on_end)(fz_batch *batch, fz_item *item); /* the process that works on it has something to say, or died */
    void (*on_death)(fz_batch *batch, fz_item *item, const char *why); /* it died */
    void (*on_time)(fz_batch *batch, fz_item *item);                   /* its time has come */
    bool (*is_news)(const fz_item *item);                              /* it is to be looked at as if it were new */
    void (*abandon)(fz_batch *batch, fz_item *item);                   /* the batch ends: ends its processes */
} fz_item_row;

/* By fz_item_stage. NULL in a row: does not happen there, or nothing is to be done about it. */
extern const fz_item_row fz_item_rows[FZ_ITEM_STAGES];

/* The items of a batch. Only item.c changes this. */
typedef struct fz_items {
    GQueue in[FZ_ITEM_STAGES]; /* the queue of each stage */
    GSequence *timers;         /* those that have a time, by that */
} fz_items;

void fz_items_begin(fz_items *items);
void fz_items_end(fz_items *items);

/* A new item in FZ_ITEM_NEW. `there` is taken over. */
fz_item *fz_item_new(fz_batch *batch, fz_folder *folder, fz_ring_file *there);
void fz_item_free(fz_batch *batch, fz_item *item);

/* Moves an item to the end of another stage's queue, or to its beginning, where it was before; with a time when that
 * stage's on_time is due. Nothing else moves items. A move that the table does not have is a bug, and ends the program.
 */
void fz_item_move(fz_batch *batch, fz_item *item, fz_item_stage stage);
void fz_item_move_first(fz_batch *batch, fz_item *item, fz_item_stage stage);
void fz_item_move_until(fz_batch *batch, fz_item *item, fz_item_stage stage, gint64 due_us);

/* The first item of a stage, or the last; NULL: there is none. And how many there are. */
fz_item *fz_item_first(const fz_batch *batch, fz_item_stage stage);
fz_item *fz_item_last(const fz_batch *batch, fz_item_stage stage);
unsigned fz_item_count(const fz_batch *batch, fz_item_stage stage);
unsigned fz_item_count_kind(const fz_batch *batch, fz_item_kind kind);

/* The item whose time comes first; NULL: none has one. Calls on_time of all whose time has come. */
fz_item *fz_item_first_due(const fz_batch *batch);
void fz_item_wake(fz_batch *batch);

/* What the table says of its stage. */
void fz_item_end(fz_batch *batch, fz_item *item);
void fz_item_die(fz_batch *batch, fz_item *item, const char *why);
void fz_item_abandon_all(fz_batch *batch);

#endif
