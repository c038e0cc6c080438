/* The frames of a capture of any format and compression that libwiretap knows: the only module that sees libwiretap.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CAPTURE_H
#define FZ_CAPTURE_H

#include "encap.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FZ_CAPTURE_ERROR (fz_capture_error_quark())
GQuark fz_capture_error_quark(void);
typedef enum fz_capture_error {
    FZ_CAPTURE_ERROR_CUT,  /* it ends in the middle of a packet, or of its compressed data */
    FZ_CAPTURE_ERROR_OTHER /* not a capture, or damaged, in libwiretap's text */
} fz_capture_error;

typedef struct fz_capture fz_capture;

typedef struct fz_capture_frame {
    int64_t time_us;  /* since 1970; FZ_TIME_NONE: too far away */
    uint16_t time_ns; /* the nanoseconds below, 0 to 999 */
    uint64_t number;  /* as Wireshark numbers frames, from 1: with what is skipped */
    uint32_t wire_bytes, captured_bytes;
    const uint8_t *bytes;  /* those that were captured; valid until the next fz_capture_next */
    const fz_encap *encap; /* borrowed, never freed */
} fz_capture_frame;

/* Sets libwiretap up: to be called once, before the process is locked. Nothing is opened by path after this. */
void fz_capture_prepare(void);

/* Opens standard input, at its position. `name` is the file's, which distinguishes ERF from formats that look like it;
 * NULL: not known. NULL with an error that does not name the capture. */
fz_capture *fz_capture_open(const char *name, GError **error);
void fz_capture_free(fz_capture *capture);

/* The next frame; what else is in a capture (system calls, journal entries) is skipped. False after the last one, with
 * an error if the capture is cut short or damaged: the frames before that are valid. */
bool fz_capture_next(fz_capture *capture, fz_capture_frame *frame, GError **error);

/* An encapsulation that only dissectors know: of the capture, of its last frame, or of an interface that was described
 * before that. To be called after fz_capture_next returned a frame. NULL: none; borrowed, never freed. */
const fz_encap *fz_capture_find_unwalked(const fz_capture *capture);

#endif
