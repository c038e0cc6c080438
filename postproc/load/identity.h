/* What identifies a capture, so that a store has it only once.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_IDENTITY_H
#define FZ_IDENTITY_H

#include "flow.h"

/* The identity of a run's capture: SHA-256, in hexadecimal, over sensor, base name of the source, display filter, and
 * time and wire length of the first frame. It stays the same when the capture grows or is moved to another folder, and
 * differs when a ring reuses the name. NULL for a run that does not name its source: its identity is the digest of the
 * flow file. The caller frees. */
char *fz_identity_of_capture(const fz_run *run);

/* A digest of what is known of a capture that has not been opened, except its folder: SHA-256, in hexadecimal,
 * over sensor, base name of the source, display filter, and the file's size and time. The caller frees. */
char *fz_identity_of_file(const fz_run *run, uint64_t capture_bytes, int64_t written_ns);

/* A unique placeholder for a digest that is known only at the end; never committed. The caller frees. */
char *fz_identity_stand_in(void);

/* The parameters in which two runs over the same capture differ: "layers=all, was outer; ...". NULL: none. The caller
 * frees. */
char *fz_identity_compare(const fz_run *now, const fz_run *was);

#endif
