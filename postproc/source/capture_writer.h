/* Writes frames of captures as pcapng.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CAPTURE_WRITER_H
#define FZ_CAPTURE_WRITER_H

#include "capture.h"

/* Several writers, each for the frames of one capture, make one section of pcapng between them: each goes on where the
 * one before it has ended. Every interface of every capture becomes an interface of the section, with its link type and
 * its name; its description is the capture's name. Times have nanoseconds. */
typedef struct fz_capture_writer fz_capture_writer;

/* To be called before the process is locked, after fz_capture_prepare. `fd` is taken over. `begun`: an earlier writer
 * has begun the section, and it has so many interfaces. */
fz_capture_writer *fz_capture_writer_new(int fd, bool begun, uint32_t interfaces, GError **error);

/* Its descriptor, which stays open in a jail. */
int fz_capture_writer_descriptor(const fz_capture_writer *writer);

/* Writes the frame that fz_capture_next found last. `name` is the capture's, UTF-8. False with an error: its link type
 * has no number in pcapng, or it could not be written. */
bool fz_capture_writer_add(fz_capture_writer *writer, fz_capture *capture, const char *name, GError **error);

/* How many interfaces the section has now. */
uint32_t fz_capture_writer_interfaces(const fz_capture_writer *writer);

/* Writes what is left, also the beginning of a section without frames, and frees. False with an error if something
 * could not be written. */
bool fz_capture_writer_close(fz_capture_writer *writer, GError **error);

#endif
