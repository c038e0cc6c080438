/* Compressed captures that end too early.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COMPRESSED_H
#define FZ_COMPRESSED_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether the file open at `fd`, from `start` on, is compressed by Zstandard or LZ4 and ends in the middle of a frame,
 * or is cut off within its magic number (gzip's too). libwiretap takes that for the end of the capture, and does not
 * report it; it does report a gzip file that is cut elsewhere. Reads the headers of frames and blocks, and does not
 * move the position. False for a pipe, which cannot be read again, and for damaged files, which libwiretap reports. */
bool fz_compressed_is_cut(int fd, off_t start);

#endif
