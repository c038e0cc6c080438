/* What the parts of a relabelling share: the load that is at hand, and the labels of its addresses.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_RELABEL_PRIVATE_H
#define FZ_RELABEL_PRIVATE_H

#include "dialect.h"
#include "relabel.h"

/* A load, as the ledger has it. */
typedef struct relabel_load {
    int64_t id, day, start_us, end_us;
    int64_t records, packets; /* rows */
    int64_t minutes;          /* as fz_load has it */
    unsigned gone;            /* FZ_DROPPED_... */
    bool merged;
    char *location;
} relabel_load;

/* An address of the load, and its zone. */
typedef struct relabel_label {
    uint8_t bytes[16], size;
    uint32_t row; /* of the zone table, from 1; 0: in no zone */
    uint32_t id;  /* of the store's dictionary, for that; 0 until it is known */
} relabel_label;

/* The labels of a load, in the order in which stores compare addresses. */
typedef struct relabel_labels {
    GArray *all; /* of relabel_label */
    bool right;  /* the store has all of them already */
} relabel_labels;

/* The rows of the zone file for one location. */
typedef struct relabel_zones {
    fz_zone_table *table;
    uint32_t *ids; /* of its rows in the store's dictionary; 0: it does not have them, as far as is known */
} relabel_zones;

static inline int64_t fz_relabel_number(const char *cell)
{
    return cell ? g_ascii_strtoll(cell, NULL, 10) : 0;
}

/* Appends the condition for a load's rows in FZ_TABLE_FLOW or FZ_TABLE_PACKET, without an alias. */
void fz_relabel_where(GString *sql, const fz_dialect *dialect, fz_table table, const relabel_load *load);

/* Whether the store still has the load's conversations, or packets. */
static inline bool fz_relabel_has_flows(const relabel_load *load)
{
    return load->records > 0 && !(load->gone & FZ_DROPPED_FLOWS);
}
static inline bool fz_relabel_has_packets(const relabel_load *load)
{
    return load->packets > 0 && !(load->gone & FZ_DROPPED_PACKETS);
}

/* Reads the addresses of a load's rows, and labels them. Outside of a transaction too. Freed by
 * fz_relabel_labels_clear, also after a failure. */
bool fz_relabel_labels_read(fz_store *store, const relabel_load *load, const relabel_zones *zones,
                            relabel_labels *labels, GError **error);
void fz_relabel_labels_clear(relabel_labels *labels);

/* Has the store find or add the zones that the labels are of, where fz_store_ops.zones may be called. */
bool fz_relabel_labels_adopt(fz_store *store, const relabel_zones *zones, relabel_labels *labels, GError **error);

/* Once that is committed: remembers the ids. */
void fz_relabel_labels_learn(const relabel_labels *labels, const relabel_zones *zones);

/* The label of an address in hexadecimal digits, as SQL's HEX() has it; NULL: not one of the load's. */
const relabel_label *fz_relabel_find(const relabel_labels *labels, const char *hex);

/* Writes the labels into the load's rows. Inside a transaction. */
bool fz_relabel_labels_write(fz_store *store, const relabel_load *load, const relabel_labels *labels, GError **error);

/* The load's minutes by the new labels, from its rows, which still have the old ones: an array of fz_minute_sum in the
 * order of their keys. `*minutes` is NULL where the rows do not tell. Inside a transaction. */
bool fz_relabel_minutes(fz_store *store, const relabel_load *load, const relabel_labels *labels, GArray **minutes,
                        GError **error);

#endif
