/* A process that sends records through a record pipe.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SOURCE_H
#define FZ_SOURCE_H

#include "input.h"
#include "pipe.h"

#include <sys/types.h>

typedef struct fz_source {
    pid_t pid;
    int records;  /* the record pipe; -1 when closed */
    int commands; /* -1: it can't begin again */
    const char *name;
    uint64_t size; /* bytes of its input; 0: not known */
    /* Of a capture: its base name, which the run must have, and its size when it was opened. NULL and 0: another input
     */
    const char *capture;
    const char *folder;   /* the folder of that file, which the run must have: an absolute path; NULL: not known */
    const char *identity; /* fz_identity_of_capture of the file when it was looked at; NULL: not known */
    uint64_t capture_bytes;
    int64_t written_ns; /* when the file was last written, nanoseconds since 1970; 0: not known */
    fz_pipe_limits limits;
    pid_t feeder;     /* the program whose output this process reads; 0: none */
    int feeder_words; /* a file with its standard error; -1: none */
} fz_source;

/* How a source ended. */
typedef struct fz_source_end {
    char *process;      /* how its process ended, NULL where as it should: see fz_child_reap */
    char *feeder;       /* the same of the feeder, with its last words */
    char *remarks;      /* what a feeder that succeeded reported about its capture, one per line; NULL: nothing */
    int status;         /* of the process, as wait() has it */
    bool feeder_killed; /* the feeder died of SIGKILL */
} fz_source_end;

void fz_source_end_clear(fz_source_end *end);

/* Starts a child process for `input`, whose name and size become the source's. True in both processes: where
 * `source->pid` is 0 we are the child, and `source->records`, and `source->commands` where asked for, are its ends of
 * the pipes. */
bool fz_source_fork(fz_source *source, const fz_input *input, bool with_commands, GError **error);

/* The name of a capture as a run's source: what was given, or its base name, bytes; empty for standard input. The
 * caller frees. */
char *fz_source_name(const fz_input *capture, const char *given);

/* The folder of a capture as a run's: an absolute path, bytes; NULL for standard input. The caller frees. */
char *fz_source_folder(const fz_input *capture);

/* How many rows of a kind a capture of this size can have at most; 0: no limit. */
uint64_t fz_source_rows_max(uint64_t size);

/* The seconds after which a source that sends nothing until its input is read counts as hung: one minute, plus one per
 * megabyte. 0, no limit, if the size is not known. */
unsigned fz_source_silence_s(uint64_t size);

/* Limits what may come through the pipe, if the size of its input is known: to `rows` of each kind, 0 being no limit,
 * and by fz_source_silence_s. */
void fz_source_limit(fz_source *source, const fz_input *input, uint64_t rows);

/* Closes the pipes, ends the processes, and reports how they ended. */
fz_source_end fz_source_stop(fz_source *source);

#endif
