/* What writer and reader of the flow file agree on: information elements, templates, records as libfixbuf sees them.
 * Private to core/flowfile_*.c.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOWFILE_MODEL_H
#define FZ_FLOWFILE_MODEL_H

#include "field.h"

#include <fixbuf/public.h>

/* Version 2 has minutes, packets and who opened a conversation. It is written, and both are read: version 1 is version
 * 2 without the elements and templates that came later. */
enum { FZ_VERSION_1 = 1, FZ_VERSION_LATEST };
/* Observation domain of every message: "FZ" and the version of the format, which identifies a flow file at a glance. */
#define FZ_MODEL_DOMAIN(version) (0x465a0000u + (uint32_t)(version))
#define FZ_DOMAIN_VERSION(domain) ((domain)&0xffffu)
/* Enterprise number for examples and documentation (RFC 5612), until one is assigned. */
#define FZ_MODEL_PEN 32473u

#define FZ_MESSAGE_MAX 65535u
#define FZ_MESSAGE_HEADER 16u
#define FZ_SET_HEADER 4u

/* Template ids, in the order of their records in a file. */
enum {
    FZ_TID_TYPE = 256, /* RFC 5610 type records */
    FZ_TID_RUN,
    FZ_TID_ZONE4,
    FZ_TID_ZONE6,
    FZ_TID_FLOW4,
    FZ_TID_FLOW6,
    FZ_TID_TRAILER,
    FZ_TID_MINUTE, /* this and all below: since version 2, among the flows */
    FZ_TID_PACKET4,
    FZ_TID_PACKET6,
    FZ_TID_PACKET, /* without IP */
    FZ_TID_EXPORT,
    FZ_TID_END
};

/* IPFIX booleans (RFC 7011 section 6.1.5). */
enum { FZ_IPFIX_TRUE = 1, FZ_IPFIX_FALSE = 2 };

/* An information element of our own. */
typedef struct fz_element {
    const char *name;
    uint16_t number;
    fbInfoElementDataType_t type;
    uint32_t flags; /* semantics and units, as libfixbuf has them */
    uint64_t max;   /* end of its range; 0: all of the type */
    const char *meaning;
} fz_element;

extern const fz_element fz_elements[];

/* How many of them a version has, and its last template. */
size_t fz_version_elements(unsigned version);
uint16_t fz_version_templates(unsigned version);

/* One field of a template, by its element. `element` NULL is a gap in memory that the file doesn't have. `length` is
 * the same in memory and in the file; FB_IE_VARLEN is an fbVarfield_t in memory. */
typedef struct fz_template_field {
    const char *element;
    uint16_t length;
} fz_template_field;

/* The records that the templates describe. libfixbuf keeps numbers and IPv4 addresses in host byte order, IPv6
 * addresses in network byte order; gaps are written out as `gap`. */
typedef struct fz_type_record {
    uint32_t pen;
    uint16_t number;
    uint8_t type, semantics;
    uint16_t units;
    uint8_t gap[6];
    uint64_t min, max;
    fbVarfield_t name, meaning;
} fz_type_record;

typedef struct fz_run_record {
    uint8_t scope; /* sessionScope: zero (RFC 5655 section 7.3.2) */
    uint8_t vlan;  /* boolean */
    uint16_t first_sub_ms;
    uint32_t interval_s;
    uint64_t max_flows, first_ms;
    uint32_t first_bytes;
    uint8_t flows, minutes, packets; /* booleans */
    uint8_t gap;
    fbVarfield_t engine, key, layers, octets, sensor, source, location, filter, program, folder;
} fz_run_record;

typedef struct fz_zone_record {
    uint32_t id;
    uint8_t length;
    uint8_t gap[3];
    union {
        uint32_t v4; /* host byte order; the file has no more than these four bytes */
        uint8_t v6[16];
    } prefix;
    fbVarfield_t number, name, location;
} fz_zone_record;

typedef struct fz_trailer_record {
    uint8_t scope;
    uint8_t cut_short; /* boolean */
    uint8_t gap[6];
    uint64_t records, minutes, packets;
    fz_count counted, not_ip, unparsable, filtered;
    uint32_t checksum;
} fz_trailer_record;

/* A conversation: fz_record as it is, with its times beside it in the form the file has. */
typedef struct fz_flow_record {
    uint64_t ms[2];     /* start, end: milliseconds since 1970, two's complement, rounded down */
    uint16_t sub_ms[2]; /* microseconds above them */
    uint8_t gap[4];
    fz_record record; /* IPv4 addresses in host byte order */
} fz_flow_record;

typedef struct fz_minute_record {
    uint64_t ms; /* its start, as in fz_flow_record */
    fz_minute row;
} fz_minute_record;

/* A packet: likewise its row, with the time beside it. */
typedef struct fz_packet_record {
    uint64_t ms;
    uint32_t sub_ms; /* nanoseconds above it */
    uint8_t gap[4];
    fz_packet_row row; /* IPv4 addresses in host byte order */
} fz_packet_record;

/* An exporter of flows, and what became of its datagrams. Nothing writes them yet, and readers skip them. */
typedef struct fz_export_record {
    uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint32_t domain;
    uint8_t version;
    uint8_t gap[3];
    uint64_t datagrams, malformed, records, options, events, no_template, lost, late, restarts, kernel_drops, sampling;
    fbVarfield_t sampling_from, times, directions;
} fz_export_record;

/* Microseconds to the pair that the file has. */
void fz_time_split(int64_t time_us, uint64_t *ms, uint16_t *sub_ms);

/* And back. False if it doesn't fit 64 bits or the part below the millisecond is 1000 or more. */
bool fz_time_join(uint64_t ms, uint16_t sub_ms, int64_t *time_us);

/* Turns both addresses of an IPv4 row from network into host byte order, or back. */
void fz_addrs_swap_ipv4(uint8_t addr[2][16]);

/* The IANA registry, the reverse elements of RFC 5103 and our own elements: made once, for all callers. */
fbInfoModel_t *fz_model(void);

/* One of its elements; NULL: there is none of that name. */
const fbInfoElement_t *fz_element_find(const char *name);

/* Fields of a template in memory, where they are the latest version's, or in a file of a version: an array of
 * fz_template_field. The caller frees with g_array_unref. `scopes` may be NULL. */
GArray *fz_template_in_memory(uint16_t tid, unsigned *scopes);
GArray *fz_template_in_file(uint16_t tid, unsigned version, unsigned *scopes);

/* Bytes of a record in a file of a version without its texts, and how many texts it has; they come last. */
size_t fz_template_size(uint16_t tid, unsigned version, unsigned *texts);

/* Adds all templates of a version to a session, for memory and for the file, as a reader needs them. libfixbuf sets
 * what a file of an earlier version does not have to zero. */
bool fz_session_add_templates(fbSession_t *session, unsigned version, GError **error);

/* Makes messages through libfixbuf and hands each to `emit`, which may change its bytes. */
typedef bool (*fz_emit)(uint8_t *message, size_t size, void *user, GError **error);
typedef struct fz_exporter fz_exporter;

fz_exporter *fz_exporter_new(unsigned version, fz_emit emit, void *user);
void fz_exporter_free(fz_exporter *exporter);

/* The three messages with which every file begins, the same in all files except for export times: the template of type
 * records, the type records of our elements (RFC 5610), and all other templates. A reader that uses type records thus
 * has them before the templates. */
bool fz_exporter_prelude(fz_exporter *exporter, GError **error);

/* The bytes of these messages in a file of a version, with export times of zero: made once, for all callers. */
const GByteArray *fz_prelude(unsigned version);

/* Appends one record of `size` bytes in memory, whose texts take `texts` bytes in the file; first passes on the message
 * when it is full. */
bool fz_exporter_append(fz_exporter *exporter, uint16_t tid, void *record, size_t size, size_t texts, GError **error);

/* Passes on the current message, if any. */
bool fz_exporter_flush(fz_exporter *exporter, GError **error);

/* Bytes that a text takes in the file (RFC 7011 section 7). */
size_t fz_text_encoded(const char *text);

/* Big-endian numbers at any address. */
uint16_t fz_read_u16(const uint8_t *bytes);
uint32_t fz_read_u32(const uint8_t *bytes);
void fz_write_u32(uint8_t *bytes, uint32_t value);

#endif
