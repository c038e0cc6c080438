/* Finds the files of captures that a ledger names. What a ledger says is never a path that is opened: files are found
 * by listing one folder.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PACKETS_FILES_H
#define FZ_PACKETS_FILES_H

#include "input.h"
#include "wanted.h"

#define FZ_PACKETS_FILES_ERROR (fz_packets_files_error_quark())
GQuark fz_packets_files_error_quark(void);
typedef enum fz_packets_files_error {
    FZ_PACKETS_FILES_ERROR_FOLDER, /* it cannot be listed, or is not known */
    FZ_PACKETS_FILES_ERROR_FILE,   /* a file cannot be read */
} fz_packets_files_error;

typedef struct fz_packets_files fz_packets_files;

/* What may be a capture's file. */
typedef struct fz_packets_file {
    int folder;       /* borrowed */
    const char *name; /* in it; borrowed */
    char *path;
} fz_packets_file;

/* `ring` is the folder of all captures; NULL: each is in the folder that the ledger says. Borrowed. */
fz_packets_files *fz_packets_files_new(const char *ring);
void fz_packets_files_free(fz_packets_files *files);

/* What may be a capture's file, the likeliest first: the one of its name, which may have been compressed since, or not
 * be any more; then those of its size and time, under any name. An array of fz_packets_file, which the caller frees
 * before `files`; NULL with an error about the folder. */
GPtrArray *fz_packets_files_find(fz_packets_files *files, const fz_wanted_capture *capture, GError **error);

/* Opens one of them, if it is a regular file and no link; it must live as long as the input. */
bool fz_packets_file_open(const fz_packets_file *file, fz_input *input, GError **error);

/* The folder in which a capture is looked for, to show to a person; the caller frees. */
char *fz_packets_files_folder(const fz_packets_files *files, const fz_wanted_capture *capture);

#endif
