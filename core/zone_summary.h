/* Tables about zones: who talks to whom, what each zone has, which addresses have none. Made of the conversations that
 * the flow table counts, so that they agree with its rows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ZONE_SUMMARY_H
#define FZ_ZONE_SUMMARY_H

#include "flow.h"
#include "rowset.h"
#include "zone.h"

/* Shown as the zone of an address that has none. */
#define FZ_NO_ZONE "(no zone)"

typedef struct fz_zone_summary fz_zone_summary;

/* What a table is about: one row of fz_zone_summary_kinds. */
typedef struct fz_zone_summary_kind {
    const char *name;    /* as in -z flowzone-NAME */
    const char *title;   /* for people */
    const char *meaning; /* one sentence for help */
    size_t columns;
    const fz_rowset_column *column;
    size_t most_rows; /* 0: all */
    bool own_zones;   /* built-in zones count as none */
    /* Adds one conversation to the sums, then makes rows of them. `labels` number the zones of its ends. */
    void (*count)(fz_zone_summary *summary, const fz_record *record, const uint32_t labels[2]);
    void (*close)(fz_zone_summary *summary);
} fz_zone_summary_kind;

extern const fz_zone_summary_kind fz_zone_summary_kinds[];
extern const size_t fz_zone_summary_kind_count;

fz_zone_summary *fz_zone_summary_new(const fz_zone_summary_kind *kind);
void fz_zone_summary_free(fz_zone_summary *summary);

/* Counts one packet of `bytes` wire length. No zone is looked up here. Not after fz_zone_summary_close. */
void fz_zone_summary_packet(fz_zone_summary *summary, const fz_packet *packet, int64_t time_us, uint32_t bytes);

/* Makes the rows, those with the most bytes first: looks zones up, once per address of a conversation. `zones` may be
 * NULL and is borrowed for the call. */
void fz_zone_summary_close(fz_zone_summary *summary, const fz_zone_table *zones);

/* The rows of a closed summary, of kind->columns cells each. Borrowed. */
const fz_rowset *fz_zone_summary_rows(const fz_zone_summary *summary);

/* Whether summaries can be printed in a format, by its name in fz_formats, and the names of all that they can be
 * printed in: "table, csv or json". The caller frees. */
bool fz_zone_summary_has_form(const char *form);
char *fz_zone_summary_forms(void);

/* A closed summary as text: as an aligned table with its title above, as CSV, or as one JSON object per line. The
 * caller frees. NULL unless fz_zone_summary_has_form. */
char *fz_zone_summary_print(const fz_zone_summary *summary, const char *form);

#endif
