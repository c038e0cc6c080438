/* Compressed captures that end too early.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_COMPRESSED_H
#define FZ_COMPRESSED_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether the file open at `fd`, from `start` on, is compressed by Zstandard or LZ4 and ends in the middle of a frame,
 * or is only the beginning of what such files, or gzip's, begin with. libwiretap takes that for the end of the capture,
 * without a word; a gzip that is cut it reports itself. Reads the frames' and blocks' headers and leaves the position
 * as it is. False for what can't be read again (a pipe), and for what is not as the formats have it: that libwiretap
 * reports. */
bool fz_compressed_is_cut(int fd, off_t start);

#endif
