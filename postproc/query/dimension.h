/* Dimensions: what conversations are grouped by, "--by client.zone,service".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_DIMENSION_H
#define FZ_DIMENSION_H

#include "filter_sql.h"
#include "flow.h"

/* What the cells of a key are. */
typedef enum fz_group_by {
    FZ_BY_ZONE, /* a zone: its name */
    FZ_BY_ADDR,
    FZ_BY_NET, /* the first bytes of an address: 10.1.2.0/24; of IPv6 six of them, /48 */
    FZ_BY_PORT,
    FZ_BY_SERVICE, /* protocol * 65536 + the server's port: "https", "tcp/8443" */
    FZ_BY_PROTOCOL,
    FZ_BY_VLAN,
    FZ_BY_TEXT,      /* of the ledger: location, sensor, source */
    FZ_BY_DIRECTION, /* in, out, inside, cross or transit, by the zones of the user */
    FZ_BY_TIME,      /* the minute, hour or day in which a conversation begins */
    FZ_BY_BYTES,     /* its bytes; no word of --by */
} fz_group_by;

/* Of which end. */
typedef enum fz_key_end {
    FZ_KEY_OF_CLIENT,
    FZ_KEY_OF_SERVER,
    FZ_KEY_OF_EITHER, /* each conversation counts for both its ends, once if they are the same */
    FZ_KEY_OF_NONE,
} fz_key_end;

/* One column of a grouping. */
typedef struct fz_group_key {
    fz_group_by by;
    fz_key_end end;
    const char *name;   /* in CSV and JSON: "client_zone" */
    const char *title;  /* in tables: "client" */
    const char *column; /* FZ_BY_TEXT: of fz_load */
    unsigned amount;    /* FZ_BY_NET: bytes of IPv4; FZ_BY_TIME: seconds */
} fz_group_key;

/* The most columns that can be asked for, and those of a grouping: FZ_BY_BYTES is one more. */
enum { FZ_BY_COLUMNS = 6, FZ_GROUP_KEYS };

/* What "--by" says. */
typedef struct fz_grouping {
    fz_group_key keys[FZ_GROUP_KEYS];
    size_t count;
    bool either; /* some key is of either end */
} fz_grouping;

/* Reads "zones,service": words of the table with commas in between. An error names the nearest word. */
bool fz_grouping_parse(fz_grouping *grouping, const char *text, GError **error);

/* Adds a key; false if there is no room, or it is there. */
bool fz_grouping_add(fz_grouping *grouping, const fz_group_key *key);

/* All words, for help: "client, server, ...". The caller frees. */
char *fz_grouping_words(void);

/* Whether a tier has all the keys. */
bool fz_grouping_fits(const fz_grouping *grouping, fz_tier tier);

/* Whether the peers of each group can be counted: it is by one end of conversations. */
bool fz_grouping_has_peers(const fz_grouping *grouping);

/* Appends the expression of a key: of details, hours or days r and the ledger l; of either end, of the side s.side, 0
 * being the client's. A zone is its id. */
void fz_group_key_append(GString *sql, const fz_group_key *key, fz_tier tier, const fz_dictionary *zones);

/* Whether its cell is bytes, which are read as hexadecimal text. */
bool fz_group_key_is_bytes(const fz_group_key *key);

/* The text of a cell, which of a zone is its name; the caller frees. */
char *fz_group_key_label(const fz_group_key *key, const char *cell);

/* "https", "udp/https", "tcp/8443", "icmp": the name of a service where it has one. A name that TCP and UDP have alone
 * is that of TCP, of dns that of UDP. The caller frees. */
char *fz_service_label(uint8_t protocol, uint16_t port);

/* "tcp", "47": the name of a protocol. The caller frees. */
char *fz_protocol_label(uint8_t protocol);

/* The port of the service of a conversation, as fz_rollup_hour has it. */
uint16_t fz_service_port(const fz_record *record);

/* The expression of the service port of details r, as fz_rollup_hour has it. */
#define FZ_SERVICE_PORT_SQL                                                                                          \
    "CASE WHEN r.opened BETWEEN 1 AND 5 THEN r.dport WHEN r.sport = 0 OR (r.dport <> 0 AND r.dport < r.sport) THEN " \
    "r.dport ELSE r.sport END"
G_STATIC_ASSERT(FZ_OPENED_SYN == 1 && FZ_OPENED_PORT == 5);

#endif
