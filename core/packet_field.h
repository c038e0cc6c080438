/* Fields of a row of packets: the one table of their names, places and meanings.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PACKET_FIELD_H
#define FZ_PACKET_FIELD_H

#include "flow.h"

/* Where a field's value is found and how it is shown. */
typedef enum fz_packet_field_kind {
    FZ_PACKET_UINT,     /* unsigned integer of `size` bytes */
    FZ_PACKET_TIME,     /* time_us and time_ns; "YYYY-MM-DD HH:MM:SS.nnnnnnnnn" in UTC */
    FZ_PACKET_EPOCH,    /* the same; seconds since 1970, with nine digits after the point */
    FZ_PACKET_ADDR,     /* 16 bytes and the row's family */
    FZ_PACKET_MAC,      /* 6 bytes; "02:00:00:00:00:01" */
    FZ_PACKET_ZONE,     /* uint32_t zone id; shown as "prefix, number, name" */
    FZ_PACKET_LOCATION, /* the run's texts: the same in every row */
    FZ_PACKET_SENSOR,
    FZ_PACKET_SOURCE,
} fz_packet_field_kind;

/* Beside FZ_HAS_...: the frame has an IP header, i.e. a family. */
enum { FZ_NEEDS_IP = 0x80 };

/* One field of a row of packets, for CSV and JSON, IPFIX and SQL. */
typedef struct fz_packet_field {
    const char *name; /* CSV header, JSON key */
    fz_packet_field_kind kind;
    uint16_t offset, size; /* in fz_packet_row; size 0 when it is not there */
    uint8_t needs;         /* FZ_HAS_... or FZ_NEEDS_IP: without it the cell is empty; 0: it never is */
    const char *column;    /* column of fz_packet; NULL: not stored there */
    const char *meaning;   /* a phrase: FORMAT.md and the manual page with the table of fields begin with it */
} fz_packet_field;

/* In the order of CSV columns; the first nine names are those of the blog's table of packets. */
extern const fz_packet_field fz_packet_fields[];
extern const size_t fz_packet_field_count;

/* Whether the row has that field. */
static inline bool fz_packet_row_has(const fz_packet_row *row, const fz_packet_field *field)
{
    return !field->needs || (field->needs == FZ_NEEDS_IP ? row->family != 0 : (row->has & field->needs) != 0);
}

#endif
