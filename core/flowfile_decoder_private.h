/* The decoder of flow files: from IPFIX messages to records, as core/flowfile_model.h has them. It checks a file's
 * structure; the reader checks the records' contents. For core/flowfile_*.c alone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOWFILE_DECODER_PRIVATE_H
#define FZ_FLOWFILE_DECODER_PRIVATE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fz_decoder fz_decoder;

/* Reads the messages that are the same in every file. The descriptor is borrowed. After an error, here and below, a
 * decoder can only be freed; all errors are FZ_FLOWFILE_ERROR. */
fz_decoder *fz_decoder_open(int fd, const char *name, GError **error);
void fz_decoder_free(fz_decoder *decoder);

/* The version of the format that the file has. */
unsigned fz_decoder_version(const fz_decoder *decoder);

/* Finds the next record and its template, each in its place: one of the run, then zones, then rows of all kinds, then
 * one trailer. Finds it again until it is decoded. */
bool fz_decoder_find(fz_decoder *decoder, uint16_t *tid, GError **error);

/* Decodes the record that was found into `size` bytes. Its texts are valid until the next
 * fz_decoder_find. */
bool fz_decoder_take(fz_decoder *decoder, void *record, size_t size, GError **error);

/* Of the trailer: whether it has the checksum of all before it, and nothing follows. */
bool fz_decoder_check_sum(const fz_decoder *decoder, uint32_t checksum, GError **error);
bool fz_decoder_check_end(fz_decoder *decoder, GError **error);

/* Sets `error` to where the file is invalid, and why: "NAME: at byte N: FORMAT". Returns false. */
bool fz_decoder_fail(const fz_decoder *decoder, uint64_t at, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The place of the last decoded record (with texts: of the first record of its set), and how many bytes of the file
 * were taken. */
uint64_t fz_decoder_record_at(const fz_decoder *decoder);
uint64_t fz_decoder_position(const fz_decoder *decoder);

/* The SHA-256 of what was taken, in hexadecimal; valid until the decoder is freed. NULL once it was dropped, which
 * saves most of the time. */
const char *fz_decoder_digest(const fz_decoder *decoder);
void fz_decoder_drop_digest(fz_decoder *decoder);

#endif
