/* A capture, for the files that see libwiretap.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CAPTURE_PRIVATE_H
#define FZ_CAPTURE_PRIVATE_H

#include "capture.h"

#include <wiretap/wtap.h>
#include <ws_version.h>
#include <wsutil/buffer.h>

#define WIRESHARK (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

struct fz_capture {
    wtap *file;
    wtap_rec record;
    Buffer bytes;     /* the record's bytes; since 4.6 the record has them */
    int code;         /* libwiretap's last error */
    char *details;    /* about it; NULL: none */
    uint64_t number;  /* records so far */
    int64_t offset;   /* where libwiretap found the record; unused */
    bool cut;         /* its compressed data ends too early, which libwiretap takes for the end of the file */
    fz_encaps encaps; /* by libwiretap's numbers */
};

/* Libwiretap's words for an error, and the details that it may have added, which are taken over. Returns false. */
bool fz_capture_fail(int code, char *details, GError **error);

#endif
