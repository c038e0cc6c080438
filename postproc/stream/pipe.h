/* The record pipe: what a reader sends to a writer in another process. The reader may be in an attacker's hands: the
 * writer checks every frame, and uses bounded time and memory for any input. SPDX-License-Identifier:
 * GPL-2.0-or-later
 *
 * Both ends are one program on one machine, so numbers are in its byte order. A frame is its kind and the size of its
 * payload, 32 bits each, and the payload. In this order:
 *   NOTE      perhaps: a line for people about the reader
 *   RUN       the run's parameters, and how many zones follow
 *   ZONES     a part of the dictionary; as many as it takes
 *   RECORDS, MINUTES, PACKETS, mixed: fz_record after fz_record, fz_minute after fz_minute, fz_packet_row after
 *             fz_packet_row;  POSITION  perhaps, after each: how many bytes of the input were read
 *   NOTE      perhaps, and up to 64 of them: lines for people about the input
 *   END       totals and digest
 *   FAULT     instead of any of them, as the last one: what is wrong with the input
 * After END the writer may ask for the records again; then they come from the first of these on. */
#ifndef FZ_PIPE_H
#define FZ_PIPE_H

#include "sink.h"

#define FZ_PIPE_ERROR (fz_pipe_error_quark())
GQuark fz_pipe_error_quark(void);
typedef enum fz_pipe_error {
    FZ_PIPE_ERROR_GONE,    /* the reader closed the connection before the end */
    FZ_PIPE_ERROR_SILENT,  /* it kept us waiting for too long */
    FZ_PIPE_ERROR_INVALID, /* a frame that no reader of ours sends */
    FZ_PIPE_ERROR_FAULT,   /* what the reader found wrong with its input, in its words */
} fz_pipe_error;

/* The most bytes of a frame's payload, and of all texts of a dictionary. */
#define FZ_PIPE_FRAME_MAX (256u << 10)
#define FZ_PIPE_TEXT_MAX (256u << 20)

/* How many rows are sent or received at once: those of one frame. */
enum { FZ_RECORDS_AT_ONCE = 1024 };

/* The reader's end. Its descriptor is borrowed. */
typedef struct fz_pipe_sender fz_pipe_sender;

fz_pipe_sender *fz_pipe_sender_new(int fd);
void fz_pipe_sender_free(fz_pipe_sender *sender);
bool fz_pipe_send_note(fz_pipe_sender *sender, const char *text, GError **error);
bool fz_pipe_send_head(fz_pipe_sender *sender, const fz_run *run, const fz_zones *zones, GError **error);
/* `kind` is a kind that the format fz_pipe_format takes. */
bool fz_pipe_send_rows(fz_pipe_sender *sender, fz_row_kind kind, const void *rows, size_t count, GError **error);
bool fz_pipe_send_position(fz_pipe_sender *sender, uint64_t position, GError **error);
/* `digest`: 64 hexadecimal digits, or NULL for a run that names its source. */
bool fz_pipe_send_end(fz_pipe_sender *sender, const fz_totals *totals, const char *digest, GError **error);
/* What is wrong with the input. The receiver knows the input's name: if the message begins with `name`, as those of
 * readers do, only the rest is sent. */
void fz_pipe_send_fault(fz_pipe_sender *sender, const char *name, const char *message);

/* The same as an output format, for writing to a sink; users cannot select it. It sends a digest if the run does not
 * name its source: of the conversations, or of the packets of a run without these. */
extern const fz_format fz_pipe_format;

/* The writer's end. */
typedef struct fz_pipe fz_pipe;

typedef struct fz_pipe_limits {
    uint64_t rows;      /* the most of each kind in one pass; 0: no limit */
    unsigned silence_s; /* the longest that it may wait for bytes, all waits together; 0: no limit */
} fz_pipe_limits;

/* Reads the head. Errors, here and below, are about the input, whose name the caller puts in front. `records` and
 * `commands` are borrowed; `commands` may be -1, for a reader that can't begin again. */
fz_pipe *fz_pipe_open(int records, int commands, const fz_pipe_limits *limits, GError **error);
void fz_pipe_free(fz_pipe *pipe);

/* What the head contained; valid until the pipe is freed. The note is NULL if none was sent. */
const char *fz_pipe_note(const fz_pipe *pipe);
const fz_run *fz_pipe_run(const fz_pipe *pipe);
const fz_zones *fz_pipe_zones(const fz_pipe *pipe);

/* Up to `most` rows of one kind, written to `*kind`, into `rows`, which has room for as many fz_any_row: how many, 0
 * after the last one, when the totals have been checked against them, or -1. Each row is one in which fz_row_fault
 * finds nothing. */
ssize_t fz_pipe_next(fz_pipe *pipe, fz_row_kind *kind, void *rows, size_t most, GError **error);

/* After the last row; NULL before it. The digest is also NULL if none was sent (a run that names no source must send
 * one), the remarks (the notes about the input, one per line) if there were none. */
const fz_totals *fz_pipe_totals(const fz_pipe *pipe);
const char *fz_pipe_digest(const fz_pipe *pipe);
const char *fz_pipe_remarks(const fz_pipe *pipe);

/* Bytes of the input that the reader claims to have read: for progress. */
uint64_t fz_pipe_position(const fz_pipe *pipe);

/* Has `tick` called about every `seconds` while rows are waited for, however slowly they arrive; if it fails, so does
 * what waited. 0: no more. */
typedef bool (*fz_pipe_tick)(void *user, GError **error);
void fz_pipe_set_tick(fz_pipe *pipe, unsigned seconds, fz_pipe_tick tick, void *user);

/* Reads on to the end of this pass, and asks for the records again. */
bool fz_pipe_rewind(fz_pipe *pipe, GError **error);

/* The command that fz_pipe_rewind sends. */
enum { FZ_PIPE_AGAIN = 'R' };

#endif
