/* Conversations: key, record, and what a run records about itself.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOW_H
#define FZ_FLOW_H

#include "addr.h"

#include <glib.h>
#include <stddef.h>

/* One packet as the flow table counts it: what its (outermost, or tapped) IP header says. Host byte order except for
 * addresses. IPv4 fills the first four bytes of an address, the rest is zero. */
typedef struct fz_packet {
    uint8_t src[16], dst[16];
    uint16_t sport, dport; /* 0 if the protocol has none, and in every fragment but the first */
    uint16_t vlan;         /* outermost 802.1Q/802.1ad VLAN id, 0 without one */
    uint16_t tcp_flags;    /* the 12 bits of RFC 9293 section 3.1, 0 when not TCP */
    uint8_t protocol;      /* IANA protocol number, after any IPv6 extension headers */
    uint8_t family;        /* FZ_IPV4 or FZ_IPV6 */
    uint32_t ip_bytes;     /* IPv4 total length; IPv6 40 + payload length */
} fz_packet;

/* Index of the two ends and directions in a record: what the initiator is or sends, then the responder. The
 * initiator is the source of the first packet seen. */
enum { FZ_INITIATOR = 0, FZ_RESPONDER = 1 };

/* flowEndReason (RFC 5102 section 5.11.3): why a record was written out. */
typedef enum fz_end_reason {
    FZ_END_ACTIVE_TIMEOUT = 2, /* `interval` */
    FZ_END_FORCED = 4,         /* end of the capture */
    FZ_END_RESOURCES = 5,      /* `max-flows` */
} fz_end_reason;

/* One conversation, or its part in one interval: a plain value without padding, the same in memory and in the pipe. */
typedef struct fz_record {
    int64_t start_us, end_us; /* earliest and latest packet, microseconds since 1970-01-01 UTC */
    uint64_t packets[2];
    uint64_t bytes[2];    /* wire length of the frames, as `-z conv` counts */
    uint64_t ip_bytes[2]; /* IP total length, as NetFlow counts */
    uint32_t zone[2];     /* id in the zone table or dictionary, 0 if no zone matches */
    uint8_t addr[2][16];  /* as in fz_packet */
    uint16_t port[2];     /* 0 when the key has no ports */
    uint16_t tcp_flags[2];
    uint16_t vlan;       /* 0 when the key has no VLAN */
    uint8_t protocol;    /* 0 when the key has no protocol */
    uint8_t family;      /* FZ_IPV4 or FZ_IPV6 */
    uint8_t end_reason;  /* fz_end_reason */
    uint8_t reserved[3]; /* zero */
} fz_record;

typedef enum fz_engine { FZ_ENGINE_FULL, FZ_ENGINE_LEAN, FZ_ENGINE_SCAN } fz_engine;
typedef enum fz_key_kind { FZ_KEY_5TUPLE, FZ_KEY_IP } fz_key_kind;
typedef enum fz_layers { FZ_LAYERS_OUTER, FZ_LAYERS_ALL } fz_layers;

/* The names of the enums above as options and files spell them: "full", "5tuple", "outer"... */
extern const char *const fz_engine_names[3];
extern const char *const fz_key_names[2];
extern const char *const fz_layers_names[2];

/* The longest text, in bytes, of a name, location or filter in a run. */
#define FZ_RUN_TEXT_MAX 4095

/* A run's parameters, and what it ran on. Texts are UTF-8, never NULL after fz_run_init; the caller frees with
 * fz_run_clear. */
typedef struct fz_run {
    char *sensor, *source, *location, *filter; /* empty if not given */
    char *program;                             /* for example "flowzone 0.1.0, Wireshark 4.0.17" */
    fz_engine engine;
    fz_key_kind key;
    fz_layers layers;
    uint32_t interval_s; /* 0: none */
    uint64_t max_flows;  /* 0: no limit */
    bool vlan;
    int64_t first_us;     /* timestamp of the capture's first frame; 0 in an empty capture */
    uint32_t first_bytes; /* wire length of the capture's first frame; 0 in an empty capture */
} fz_run;

void fz_run_init(fz_run *run);
void fz_run_clear(fz_run *run);

/* Conservation: frames = counted + not_ip + unparsable + filtered, of the whole capture; bytes (wire lengths) likewise.
 */
typedef struct fz_count {
    uint64_t frames, bytes;
} fz_count;

typedef struct fz_totals {
    fz_count counted;    /* in a conversation */
    fz_count not_ip;     /* no IP header in the frame */
    fz_count unparsable; /* an IP header was announced, but is cut short or broken */
    fz_count filtered;   /* did not pass the display filter */
    uint64_t records;    /* rows written */
    bool cut_short; /* the capture ended in the middle of a packet, or has room that nothing was written into yet: the
                       totals are of what was read */
    bool changed;   /* the capture's file was written while it was read: the totals are of what was read */
} fz_totals;

/* All four classes added. */
fz_count fz_totals_all(const fz_totals *totals);

/* Whether the capture was neither cut short nor written while it was read. */
bool fz_totals_is_whole(const fz_totals *totals);

/* A time in whole seconds since 1970 and nanoseconds, as microseconds; FZ_TIME_NONE if these don't fit 64 bits, more
 * than 292,000 years away. */
#define FZ_TIME_NONE INT64_MIN
int64_t fz_time_us(int64_t seconds, int32_t nanoseconds);

/* "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, proleptic Gregorian, for any int64_t; returns `text`. */
#define FZ_TIME_TEXT_SIZE 40
char *fz_time_print(int64_t time_us, char *text);

#endif
