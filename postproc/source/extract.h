/* A process that finds the frames of wanted conversations in a capture, writes them as pcapng, and compares them with
 * the rows of the store. Each capture has its own.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_EXTRACT_H
#define FZ_EXTRACT_H

#include "confine.h"
#include "helper.h"
#include "input.h"
#include "wanted.h"

/* What to do. All is borrowed. */
typedef struct fz_extract_order {
    const fz_wanted_capture *capture;
    int rows;             /* a file with its rows */
    const fz_input *file; /* what may be the capture */
    bool same;  /* its size and time are those of the ledger; else nothing is written before its frames were compared */
    bool begun; /* of what was written before: as fz_capture_writer_new wants it */
    uint32_t interfaces;
    fz_confine *confine;
} fz_extract_order;

typedef enum fz_extract_end {
    FZ_EXTRACT_DONE,    /* the file is the capture, and has all that it had */
    FZ_EXTRACT_CUT,     /* it begins as the capture, and ends too early; what is there is written */
    FZ_EXTRACT_OTHER,   /* another capture: its first frame is not the same */
    FZ_EXTRACT_CHANGED, /* it begins as the capture, and goes on otherwise */
    FZ_EXTRACT_FAULT,   /* it cannot be read, or its frames not written: the text says why */
    FZ_EXTRACT_LOCK,    /* the process could not be confined; the text says why */
    FZ_EXTRACT_DEAD,    /* the process died; the text says how */
} fz_extract_end;

/* A conversation that was counted again and is not what the store has. */
typedef struct fz_extract_difference {
    fz_record was, now; /* `now` without addresses */
} fz_extract_difference;

/* So many differences are shown; the others are counted. */
enum { FZ_EXTRACT_DIFFERENCES = 20 };

typedef struct fz_extract_report {
    uint32_t end; /* fz_extract_end */
    uint32_t interfaces;
    uint64_t equal, different;  /* conversations that were asked for */
    uint64_t packets, bytes;    /* written; wire bytes */
    uint64_t frames, all_bytes; /* of the file, as far as it was read */
    int64_t first_us;           /* of the file */
    uint32_t first_bytes;
    uint8_t grown; /* 1: the file has more frames than the ledger */
    uint8_t reserved[3];
    uint32_t shown; /* of `differences` */
    uint32_t padding;
    fz_extract_difference differences[FZ_EXTRACT_DIFFERENCES];
    char text[512]; /* why a file is cut or cannot be read */
    char note[512]; /* how the process is confined, if that is to be reported; empty: nothing */
} fz_extract_report;

typedef struct fz_extract {
    fz_helper helper;
    int frames; /* what it writes; read until its end; the caller closes it */
} fz_extract;

/* Starts the process. False with an error if there can be none. */
bool fz_extract_start(fz_extract *extract, const fz_extract_order *order, GError **error);

/* After the end of `frames`: its report, whose values are checked, but for the numbers, and texts are harmless to a
 * terminal. Ends the process. */
void fz_extract_take(fz_extract *extract, fz_extract_report *report);

/* Ends a process that is no longer needed, in any state. */
void fz_extract_kill(fz_extract *extract);

#endif
