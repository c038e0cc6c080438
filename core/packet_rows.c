/* Batches of rows of packets.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet_rows.h"

#include <string.h>

/* Few enough to stay in a processor's cache. */
enum { BATCH_ROWS = 256 };

enum { SOURCE, DESTINATION };

struct fz_packet_rows {
    const fz_zone_table *zones;
    fz_packet_rows_sink sink;
    void *user;
    bool failed;
    size_t count;
    fz_packet_row batch[BATCH_ROWS];
};

void fz_frame_link_read(fz_frame_link *link, int linktype, const uint8_t *bytes, uint32_t captured)
{
    enum { ETHERNET = 1, HEADER_BYTES = 14, MAC_BYTES = sizeof link->eth[0] };

    link->has = linktype == ETHERNET && captured >= HEADER_BYTES ? FZ_HAS_ETH : 0;
    memset(link->eth, 0, sizeof link->eth);
    if (!link->has)
        return;
    memcpy(link->eth[DESTINATION], bytes, MAC_BYTES);
    memcpy(link->eth[SOURCE], bytes + MAC_BYTES, MAC_BYTES);
}

fz_packet_rows *fz_packet_rows_new(const fz_zone_table *zones, fz_packet_rows_sink sink, void *user)
{
    fz_packet_rows *rows = g_new(fz_packet_rows, 1);

    rows->zones = zones;
    rows->sink = sink;
    rows->user = user;
    rows->failed = false;
    rows->count = 0;
    return rows;
}

void fz_packet_rows_free(fz_packet_rows *rows)
{
    g_free(rows);
}

static uint32_t zone_of(const fz_zone_table *zones, uint8_t family, const uint8_t addr[16])
{
    if (family == FZ_IPV6)
        return fz_zone_lookup6(zones, addr);
    return fz_zone_lookup4(zones, (uint32_t)addr[0] << 24 | (uint32_t)addr[1] << 16 | (uint32_t)addr[2] << 8 | addr[3]);
}

static void take_packet(fz_packet_row *row, const fz_packet *packet, const fz_zone_table *zones)
{
    memcpy(row->addr[SOURCE], packet->src, sizeof packet->src);
    memcpy(row->addr[DESTINATION], packet->dst, sizeof packet->dst);
    row->ip_bytes = packet->ip_bytes;
    row->protocol = packet->protocol;
    row->family = packet->family;
    row->port[SOURCE] = packet->sport;
    row->port[DESTINATION] = packet->dport;
    row->tcp_flags = packet->tcp_flags;
    row->has |= packet->has;
    for (int end = SOURCE; end <= DESTINATION && zones; end++)
        row->zone[end] = zone_of(zones, packet->family, row->addr[end]);
}

void fz_packet_rows_add(fz_packet_rows *rows, const fz_packet *packet, const fz_frame_link *link, int64_t time_us,
                        uint32_t bytes)
{
    if (rows->count == BATCH_ROWS)
        fz_packet_rows_flush(rows);
    fz_packet_row *row = &rows->batch[rows->count++];
    *row = (fz_packet_row){
        .frame = link->number,
        .time_us = time_us,
        .time_ns = link->time_ns,
        .bytes = bytes,
        .vlan = link->vlan,
        .has = link->has | (link->vlan ? FZ_HAS_VLAN : 0),
    };
    memcpy(row->eth, link->eth, sizeof row->eth);
    if (packet)
        take_packet(row, packet, rows->zones);
}

bool fz_packet_rows_flush(fz_packet_rows *rows)
{
    if (rows->count > 0 && !rows->failed)
        rows->failed = !rows->sink(rows->batch, rows->count, rows->user);
    rows->count = 0;
    return !rows->failed;
}
