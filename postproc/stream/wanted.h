/* Which conversations of which captures are wanted: from the process that has the store, by way of one that opens
 * files, to those that read captures. Plain values, which no receiver trusts.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WANTED_H
#define FZ_WANTED_H

#include "flow.h"

#define FZ_WANTED_ERROR (fz_wanted_error_quark())
GQuark fz_wanted_error_quark(void);
typedef enum fz_wanted_error {
    FZ_WANTED_ERROR_ENDED, /* the sender ended before it was done */
    FZ_WANTED_ERROR_VALUE, /* it sent what cannot be */
} fz_wanted_error;

/* The most conversations that one capture's message may have. */
enum { FZ_WANTED_ROWS_MAX = 8000000 };

/* Why the frames of a capture's rows cannot be found. */
typedef enum fz_wanted_refusal {
    FZ_WANTED_FINE,
    FZ_WANTED_NO_CAPTURE, /* its rows are not of a capture, or it has no name */
    FZ_WANTED_LAYERS,     /* layers=all: a frame is in several conversations */
    FZ_WANTED_FILTERED,   /* counted with a display filter */
} fz_wanted_refusal;
enum { FZ_WANTED_REFUSALS = FZ_WANTED_FILTERED + 1 };

enum { FZ_WANTED_TEXT_SIZE = FZ_RUN_TEXT_MAX + 1 };

/* A capture as the ledger has it; its rows follow. */
typedef struct fz_wanted_capture {
    uint64_t asked;         /* conversations whose frames are wanted; 0: there are no more captures */
    uint64_t rows;          /* that follow: these, and others; none if it is refused */
    uint64_t frames, bytes; /* of the whole capture */
    uint64_t capture_bytes; /* the file's size when it was read; 0: not known */
    int64_t written_ns;     /* when it was written last before that, nanoseconds since 1970; 0: not known */
    int64_t first_us;       /* of its first frame, as in fz_run */
    uint32_t first_bytes;
    uint32_t interval_s;              /* as in fz_run */
    uint8_t key;                      /* fz_key_kind */
    uint8_t engine;                   /* fz_engine */
    uint8_t vlan;                     /* 1: VLANs are in the key */
    uint8_t refusal;                  /* fz_wanted_refusal */
    uint8_t reserved[4];              /* zero */
    char source[FZ_WANTED_TEXT_SIZE]; /* as in fz_run */
    char folder[FZ_WANTED_TEXT_SIZE];
} fz_wanted_capture;

/* A row of fz_flow; zones are zero. Those of one conversation come in the order in which they were written. Rows that
 * are not wanted are there to tell which frames are theirs. */
typedef struct fz_wanted_row {
    fz_record record;
    uint8_t asked;       /* 1: its frames are wanted */
    uint8_t reserved[7]; /* zero */
} fz_wanted_row;

G_STATIC_ASSERT(sizeof(fz_wanted_row) == 128);

/* Sends a capture with its rows. */
bool fz_wanted_send(int fd, const fz_wanted_capture *capture, const fz_wanted_row *rows, GError **error);

/* Sends that there are no more. */
bool fz_wanted_send_end(int fd, GError **error);

/* Receives a capture, whose rows are still in the pipe. `*more` is false if there are no more. False with an error if
 * the sender ended, or sent what cannot be. */
bool fz_wanted_take(int fd, fz_wanted_capture *capture, bool *more, GError **error);

/* Moves the rows that follow, unread, to the end of a file. */
bool fz_wanted_move_rows(int fd, const fz_wanted_capture *capture, int file, GError **error);

/* Reads the capture's rows from a file, from its beginning; the caller frees. NULL with an error: there are fewer, or
 * one of them cannot be. */
fz_wanted_row *fz_wanted_read_rows(int file, const fz_wanted_capture *capture, GError **error);

#endif
