/* Rows of packets, a row a frame: made as frames are counted, and handed on in batches.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PACKET_ROWS_H
#define FZ_PACKET_ROWS_H

#include "flow.h"
#include "zone.h"

/* What a row has of the frame itself, whatever is in it. */
typedef struct fz_frame_link {
    uint64_t number;   /* in the capture, from 1 */
    uint8_t eth[2][6]; /* MAC addresses of source and destination; zero without FZ_HAS_ETH */
    uint16_t time_ns;  /* as in fz_packet_row */
    uint16_t vlan;     /* as in fz_packet */
    uint8_t has;       /* FZ_HAS_ETH */
} fz_frame_link;

/* Reads the frame's MAC addresses, if its link type, a LINKTYPE_ number, is Ethernet. */
void fz_frame_link_read(fz_frame_link *link, int linktype, const uint8_t *bytes, uint32_t captured);

typedef struct fz_packet_rows fz_packet_rows;

/* Receives rows in the order of frames; `rows` is borrowed: valid until it returns. False: it failed. */
typedef bool (*fz_packet_rows_sink)(const fz_packet_row *rows, size_t count, void *user);

/* The zones are borrowed; NULL: none. */
fz_packet_rows *fz_packet_rows_new(const fz_zone_table *zones, fz_packet_rows_sink sink, void *user);
void fz_packet_rows_free(fz_packet_rows *rows);

/* Adds the row of a frame of `bytes` wire length; `packet` is NULL if it has no IP header that can be read. */
void fz_packet_rows_add(fz_packet_rows *rows, const fz_packet *packet, const fz_frame_link *link, int64_t time_us,
                        uint32_t bytes);

/* Hands on all rows that were added. False when the sink failed, now or earlier. */
bool fz_packet_rows_flush(fz_packet_rows *rows);

#endif
