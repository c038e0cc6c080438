/* A ring of captures: a folder into which a capturing program writes one file after the other, deleting old ones.
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
    FZ_RING_ERROR_VALUE,  /* not a valid pattern */
    FZ_RING_ERROR_FOLDER, /* the folder can't be opened or read */
    FZ_RING_ERROR_GONE,   /* a file that was listed no longer exists */
    FZ_RING_ERROR_FILE,   /* a file can't be opened */
} fz_ring_error;

/* A file of the ring as it was when the folder was read. It is kept in memory that no child process gets (keep.h). */
typedef struct fz_ring_file {
    char *name;         /* bytes, as in the folder */
    char *shown;        /* the same for people, by fz_text_word */
    const char *oddity; /* why its bytes are not read: "a directory"; NULL: it is a regular file */
    fz_ring_name when;  /* when it was begun, according to its name */
    fz_file_state state;
    bool last;        /* the folder has no later file of its series */
    size_t text_size; /* of name and shown, which follow it in memory */
} fz_ring_file;

typedef struct fz_ring fz_ring;

/* Opens the folder. `pattern`, as fz_ring_scheme_read takes it, selects names. NULL: every name that has "pcap" in it
 * or ends in ".cap". If the pattern has no time, the schemes of known programs are tried. */
fz_ring *fz_ring_open(const char *path, const char *pattern, GError **error);
void fz_ring_free(fz_ring *ring);

/* The folder's descriptor, and where it was when it was opened: an absolute path without links, bytes; NULL: not known.
 * Borrowed. */
int fz_ring_descriptor(const fz_ring *ring);
const char *fz_ring_folder(const fz_ring *ring);

/* The current files, oldest first, those without a time last: an array of fz_ring_file, which the caller frees. Links
 * to other files of the ring are left out, as those are listed themselves. */
GPtrArray *fz_ring_list(const fz_ring *ring, GError **error);
void fz_ring_file_free(fz_ring_file *file);

/* Updates a file from a newer entry of the same name, `there`, which is taken over; the names stay where they are. */
void fz_ring_file_renew(fz_ring_file *file, fz_ring_file *there);

/* One file as it is now, `last` left false; NULL: it does not exist, or fz_ring_list would leave it out. */
fz_ring_file *fz_ring_look(const fz_ring *ring, const char *name);

/* Sorts files as fz_ring_list does. */
void fz_ring_sort(GPtrArray *files);

/* Whether of two files of one series `later` was begun when `earlier` was complete. In the hour that a clock set back
 * repeats, names alone do not tell: the times of writing count too. */
bool fz_ring_follows(const fz_ring_file *later, const fz_ring_file *earlier);

/* Whether a name is one of the ring's. */
bool fz_ring_wants(const fz_ring *ring, const char *name);

/* Whether the path still leads to the folder. */
bool fz_ring_is_there(const fz_ring *ring, const char *path);

/* Where the path that the ring was opened with leads now. */
typedef enum fz_ring_place {
    FZ_RING_HERE,      /* to the folder of the ring */
    FZ_RING_ELSEWHERE, /* a link was moved to another folder */
    FZ_RING_NOWHERE,   /* the link does not lead to a folder, and the ring's folder is still in its place */
    FZ_RING_TAKEN_AWAY /* the folder was deleted or moved */
} fz_ring_place;
fz_ring_place fz_ring_find(const fz_ring *ring, const char *path);

/* Opens a regular file of the folder itself, without following links and without waiting; -1 with an error that does
 * not name it. `state` is set to its current one, by fz_file_state_take. */
int fz_ring_take(const fz_ring *ring, const char *name, fz_file_state *state, GError **error);

/* How long ago it was last written to, according to its times; negative if these are ahead of `now_ns`. */
int64_t fz_ring_rest_ns(const fz_file_state *state, int64_t now_ns);

/* Whether nothing more will be written to it: there is a later file of its series, or nothing has been written for
 * `idle_s`. */
bool fz_ring_is_complete(const fz_ring_file *file, int64_t now_ns, unsigned idle_s);

#endif
