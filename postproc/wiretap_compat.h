/* What differs between libwiretap 4.0 and 4.6: all of it, and nothing else. Beside plugin/compat.h, which is epan's,
 * and the only includer of libwiretap here. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_WIRETAP_COMPAT_H
#define FZ_WIRETAP_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

#include <wiretap/pcap-encap.h>
#include <wiretap/wtap.h>
#include <ws_version.h>
#include <wsutil/buffer.h>
#include <wsutil/wslog.h>

/* One record of a capture and its bytes, read again and again: from fz_wiretap_record_init to _clear. */
typedef struct fz_wiretap_record {
    wtap_rec rec;
    Buffer bytes; /* since 4.6 they are in `rec` */
} fz_wiretap_record;

#define FZ_WIRETAP_RECORD_BYTES 1514 /* to begin with; it grows */

#if WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR >= 406

static inline void fz_wiretap_record_init(fz_wiretap_record *record)
{
    wtap_rec_init(&record->rec, FZ_WIRETAP_RECORD_BYTES);
}

static inline void fz_wiretap_record_clear(fz_wiretap_record *record)
{
    wtap_rec_cleanup(&record->rec);
}

static inline bool fz_wiretap_read(wtap *capture, fz_wiretap_record *record, int *code, char **details)
{
    int64_t offset;
    return wtap_read(capture, &record->rec, code, details, &offset);
}

static inline const uint8_t *fz_wiretap_record_bytes(fz_wiretap_record *record)
{
    return ws_buffer_start_ptr(&record->rec.data);
}

#else

static inline void fz_wiretap_record_init(fz_wiretap_record *record)
{
    wtap_rec_init(&record->rec);
    ws_buffer_init(&record->bytes, FZ_WIRETAP_RECORD_BYTES);
}

static inline void fz_wiretap_record_clear(fz_wiretap_record *record)
{
    ws_buffer_free(&record->bytes);
    wtap_rec_cleanup(&record->rec);
}

static inline bool fz_wiretap_read(wtap *capture, fz_wiretap_record *record, int *code, char **details)
{
    int64_t offset;
    return wtap_read(capture, &record->rec, &record->bytes, code, details, &offset);
}

static inline const uint8_t *fz_wiretap_record_bytes(fz_wiretap_record *record)
{
    return ws_buffer_start_ptr(&record->bytes);
}

#endif

#endif
