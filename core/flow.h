/* Conversations: key, record, and what a run records about itself.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOW_H
#define FZ_FLOW_H

#include "addr.h"

#include <glib.h>
#include <stddef.h>

/* What a packet or a row of one has. */
enum { FZ_HAS_ETH = 1, FZ_HAS_PORTS = 2, FZ_HAS_VLAN = 4, FZ_HAS_TCP = 8 };

/* One packet as the flow table counts it: what its (outermost, or tapped) IP header says. Host byte order except for
 * addresses. IPv4 fills the first four bytes of an address, the rest is zero. */
typedef struct fz_packet {
    uint8_t src[16], dst[16];
    uint16_t sport, dport; /* 0 if the protocol has none, and in every fragment but the first */
    uint16_t vlan;         /* outermost 802.1Q/802.1ad VLAN id, 0 without one */
    uint16_t tcp_flags;    /* the 12 bits of RFC 9293 section 3.1, 0 when not TCP */
    uint8_t protocol;      /* IANA protocol number, after any IPv6 extension headers */
    uint8_t family;        /* FZ_IPV4 or FZ_IPV6 */
    uint8_t has;           /* FZ_HAS_PORTS, FZ_HAS_TCP: a port or flags of 0 are there */
    uint8_t opener;        /* what it tells of who opened the conversation: FZ_EVIDENCE_... of its sender (side.h) */
    uint32_t ip_bytes;     /* IPv4 total length; IPv6 40 + payload length */
} fz_packet;

/* Index of the two ends and directions in a record: what the initiator is or sends, then the responder. The
 * initiator is the client where fz_opened tells it. */
enum { FZ_INITIATOR = 0, FZ_RESPONDER = 1 };

/* How the initiator of a record is known. */
typedef enum fz_opened {
    FZ_OPENED_UNKNOWN,  /* a flow file of version 1: the source of the first packet seen */
    FZ_OPENED_SYN,      /* sure: it sent a SYN without ACK */
    FZ_OPENED_SYN_ACK,  /* sure: the other end sent SYN and ACK, and an ACK or data followed */
    FZ_OPENED_ICMP,     /* sure: it sent ICMP requests, or the other end replies */
    FZ_OPENED_EXPORTER, /* an exporter says so */
    FZ_OPENED_PORT,     /* a guess: the responder's port is known and the initiator's is not, or is the lower one */
    FZ_OPENED_FIRST,    /* a guess: it sent the first packet seen */
    FZ_OPENED_BOTH,     /* not sure: both ends opened something, as with key=ip */
} fz_opened;
enum { FZ_OPENED_COUNT = FZ_OPENED_BOTH + 1 };

/* Whether the initiator is the client for sure: any other part of the conversation of which this is true says the same.
 */
static inline bool fz_opened_is_sure(uint8_t opened)
{
    return opened >= FZ_OPENED_SYN && opened <= FZ_OPENED_ICMP;
}

/* flowEndReason (RFC 5102 section 5.11.3): why a record was written out. */
typedef enum fz_end_reason {
    FZ_END_IDLE_TIMEOUT = 1,   /* an exporter's: nothing more came for a while */
    FZ_END_ACTIVE_TIMEOUT = 2, /* `interval` */
    FZ_END_DETECTED = 3,       /* an exporter's: the conversation ended, with FIN or RST */
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
    uint8_t opened;      /* fz_opened */
    uint8_t reserved[2]; /* zero */
} fz_record;

/* What one zone sent to another in one minute, or in a part of it: rows of the same key add up. A plain value without
 * padding. */
typedef struct fz_minute {
    int64_t minute;   /* its start, seconds since 1970-01-01 UTC, a multiple of 60; rounded down before 1970 too */
    uint32_t zone[2]; /* of the sender and of the receiver of the packets, as in fz_record */
    uint64_t packets, bytes; /* bytes as in fz_record: wire length of the frames */
} fz_minute;

/* The headers of one frame; those of the outermost IP header. A plain value without padding. */
typedef struct fz_packet_row {
    uint64_t frame;      /* its number in the capture, from 1 */
    int64_t time_us;     /* microseconds since 1970-01-01 UTC, rounded down */
    uint32_t bytes;      /* wire length of the frame */
    uint32_t ip_bytes;   /* as in fz_packet; 0 without IP */
    uint32_t zone[2];    /* of source and destination, as in fz_record */
    uint8_t addr[2][16]; /* source and destination, as in fz_packet; zero without IP */
    uint8_t eth[2][6];   /* MAC addresses of source and destination; zero without FZ_HAS_ETH */
    uint16_t port[2];    /* zero without FZ_HAS_PORTS */
    uint16_t tcp_flags;  /* zero without FZ_HAS_TCP */
    uint16_t vlan;       /* zero without FZ_HAS_VLAN */
    uint16_t time_ns;    /* nanoseconds above time_us: 0 to 999 */
    uint8_t protocol;    /* as in fz_packet; 0 without IP */
    uint8_t family;      /* FZ_IPV4 or FZ_IPV6; 0 without IP */
    uint8_t has;         /* FZ_HAS_... */
    uint8_t reserved[7]; /* zero */
} fz_packet_row;

G_STATIC_ASSERT(sizeof(fz_record) == 120 && sizeof(fz_minute) == 32 && sizeof(fz_packet_row) == 96);

/* The kinds of rows that a run makes. */
typedef enum fz_row_kind { FZ_ROW_FLOW, FZ_ROW_MINUTE, FZ_ROW_PACKET } fz_row_kind;
enum { FZ_ROW_KINDS = FZ_ROW_PACKET + 1 };

/* Room for a row of any kind. Arrays of rows are of one kind, without gaps. */
typedef union fz_any_row {
    fz_record flow;
    fz_minute minute;
    fz_packet_row packet;
} fz_any_row;

/* Bytes of a row of a kind. */
static inline size_t fz_row_size(fz_row_kind kind)
{
    return kind == FZ_ROW_FLOW ? sizeof(fz_record) : kind == FZ_ROW_MINUTE ? sizeof(fz_minute) : sizeof(fz_packet_row);
}

typedef enum fz_engine { FZ_ENGINE_FULL, FZ_ENGINE_LEAN, FZ_ENGINE_SCAN } fz_engine;
typedef enum fz_key_kind { FZ_KEY_5TUPLE, FZ_KEY_IP } fz_key_kind;
typedef enum fz_layers { FZ_LAYERS_OUTER, FZ_LAYERS_ALL } fz_layers;
/* What `bytes` of rows counts: whole frames on the wire, or IP packets, which is all that exporters of flows know. */
typedef enum fz_octets { FZ_OCTETS_WIRE, FZ_OCTETS_IP } fz_octets;

/* The names of the enums above as options and files spell them: "full", "5tuple", "outer"... */
extern const char *const fz_engine_names[3];
extern const char *const fz_key_names[2];
extern const char *const fz_layers_names[2];
extern const char *const fz_octets_names[2];
extern const char *const fz_opened_names[FZ_OPENED_COUNT];

/* The longest text, in bytes, of a name, location or filter in a run. */
#define FZ_RUN_TEXT_MAX 4095

/* A run's parameters, and what it ran on. Texts are UTF-8, never NULL after fz_run_init; the caller frees with
 * fz_run_clear. */
typedef struct fz_run {
    char *sensor, *source, *location, *filter; /* empty if not given */
    char *folder;                              /* where the capture is, an absolute path; empty if not known */
    char *program;                             /* for example "flowzone 0.1.0, Wireshark 4.0.17" */
    fz_engine engine;
    fz_key_kind key;
    fz_layers layers;
    fz_octets octets;
    bool minutes;        /* it has rows of minutes: not in a flow file of version 1 */
    bool packets;        /* it has rows of packets */
    bool without_flows;  /* it has no rows of conversations, though packets were counted: rows=packets */
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
    uint64_t records;    /* rows of conversations written */
    uint64_t minutes;    /* rows of minutes written */
    uint64_t packets;    /* rows of packets written */
    bool cut_short; /* the capture ended in the middle of a packet, or has room that nothing was written into yet: the
                       totals are of what was read */
    bool changed;   /* the capture's file was written while it was read: the totals are of what was read */
} fz_totals;

/* All four classes added. */
fz_count fz_totals_all(const fz_totals *totals);

/* Whether the capture was neither cut short nor written while it was read. */
bool fz_totals_is_whole(const fz_totals *totals);

/* A time in whole seconds since 1970 and nanoseconds, as microseconds, rounded down; FZ_TIME_NONE if these don't fit 64
 * bits, more than 292,000 years away. */
#define FZ_TIME_NONE INT64_MIN
int64_t fz_time_us(int64_t seconds, int32_t nanoseconds);

/* The nanoseconds that fz_time_us leaves: 0 to 999. */
uint16_t fz_time_ns(int32_t nanoseconds);

/* "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, proleptic Gregorian, for any int64_t; returns `text`. */
#define FZ_TIME_TEXT_SIZE 40
char *fz_time_print(int64_t time_us, char *text);

#endif
