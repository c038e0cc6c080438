/* A ring of captures: a folder whose files a capturing program writes one after the other, and takes away.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RING_H
#define FZ_RING_H

#include "file_state.h"
#include "ring_names.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FZ_RING_ERROR (fz_ring_error_quark())
GQuark fz_ring_error_quark(void);
typedef enum fz_ring_error {
    FZ_RING_ERROR_VALUE,  /* no such pattern */
    FZ_RING_ERROR_FOLDER, /* the folder can't be opened or read */
    FZ_RING_ERROR_GONE,   /* a file that was there is there no longer */
    FZ_RING_ERROR_FILE,   /* a file can't be opened */
} fz_ring_error;

/* A file of the ring as it was when the folder was read. It is kept where no child of this process has it (keep.h). */
typedef struct fz_ring_file {
    char *name;         /* bytes, as in the folder */
    char *shown;        /* the same for people: one line, whatever is in it */
    const char *oddity; /* why its bytes are not read: "a directory"; NULL: it is a regular file */
    fz_ring_name when;  /* it was begun, says its name */
    fz_file_state state;
    bool last;        /* no later one of its series is there */
    size_t text_size; /* of name and shown, which follow it in memory */
} fz_ring_file;

typedef struct fz_ring fz_ring;

/* Opens the folder. `pattern`, as fz_ring_scheme_read takes it, selects names. NULL: every name that has "pcap" in it
 * or ends in ".cap". Where the pattern has no time, the schemes of known programs are tried. */
fz_ring *fz_ring_open(const char *path, const char *pattern, GError **error);
void fz_ring_free(fz_ring *ring);

/* The folder's descriptor, which the ring owns. */
int fz_ring_descriptor(const fz_ring *ring);

/* The files of now, oldest first, those without a time last: an array of fz_ring_file, which the caller frees. Links to
 * other files of the ring are left out: those stand for themselves. */
GPtrArray *fz_ring_list(const fz_ring *ring, GError **error);
void fz_ring_file_free(fz_ring_file *file);

/* Takes over what is said there of a file of the same name; the names stay where they are. */
void fz_ring_file_renew(fz_ring_file *file, fz_ring_file *there);

/* One file as it is now, `last` left false; NULL: there is none, or a list would not have it. */
fz_ring_file *fz_ring_look(const fz_ring *ring, const char *name);

/* Brings files into a list's order. */
void fz_ring_sort(GPtrArray *files);

/* Of two files of one series: the later one was begun when the earlier one was complete. In the hour that comes twice
 * names alone don't say, and what was written last counts too. */
bool fz_ring_follows(const fz_ring_file *later, const fz_ring_file *earlier);

/* Whether a name is one of the ring's. */
bool fz_ring_wants(const fz_ring *ring, const char *name);

/* Whether the folder is still the one of that path. */
bool fz_ring_is_there(const fz_ring *ring, const char *path);

/* Where the path that the ring was opened with leads now. */
typedef enum fz_ring_place {
    FZ_RING_HERE,      /* to the folder of the ring */
    FZ_RING_ELSEWHERE, /* a link was moved to another folder */
    FZ_RING_NOWHERE,   /* a link leads to no folder, and that of the ring is where it was */
    FZ_RING_TAKEN_AWAY /* the folder was deleted or moved */
} fz_ring_place;
fz_ring_place fz_ring_find(const fz_ring *ring, const char *path);

/* Opens a regular file of the folder itself, follows no link and waits for nobody; -1 with an error that does not name
 * it. `state` is what it has now, by fz_file_state_take. */
int fz_ring_take(const fz_ring *ring, const char *name, fz_file_state *state, GError **error);

/* For how long nothing was written into it, say its times; negative where these lie ahead of `now_ns`. */
int64_t fz_ring_rest_ns(const fz_file_state *state, int64_t now_ns);

/* Nothing more is going to be written into it: a later one of its series is there, or nothing was written for
 * `idle_s`. */
bool fz_ring_is_complete(const fz_ring_file *file, int64_t now_ns, unsigned idle_s);

/* A name for people: itself where every character can be shown and none misleads; else quoted, with escapes. The caller
 * frees. */
char *fz_ring_show(const char *name);

#endif
