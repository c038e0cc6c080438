/* Stores: where conversations are kept. A store is one row in fz_stores and one file; it alone includes its client.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_STORE_H
#define FZ_STORE_H

#include "flow.h"
#include "zone.h"

#define FZ_STORE_ERROR (fz_store_error_quark())
GQuark fz_store_error_quark(void);
typedef enum fz_store_error {
    FZ_STORE_ERROR_URI,       /* not a store's address */
    FZ_STORE_ERROR_CONNECT,   /* unreachable, or credentials refused */
    FZ_STORE_ERROR_SCHEMA,    /* tables are missing, foreign or unfit (an engine without transactions) */
    FZ_STORE_ERROR_DUPLICATE, /* the ledger has this capture already: another load was first */
    FZ_STORE_ERROR_LOST,      /* connection or session lost; the server rolls back */
    FZ_STORE_ERROR_BUSY,      /* blocked by another load: the same again may succeed */
    FZ_STORE_ERROR_FAILED,    /* any other error of the store */
} fz_store_error;

/* The file of a ledger's row. A file that still has this size and time makes the same rows. 0: not known. */
typedef struct fz_load_file {
    uint64_t bytes;      /* its size when it was opened */
    int64_t written_ns;  /* when it was written last before that, nanoseconds since 1970 */
    int64_t rows_digest; /* of the rows, without their zones */
} fz_load_file;

/* A row of the ledger fz_load. Texts are borrowed. */
typedef struct fz_load_row {
    const char *identity; /* hexadecimal SHA-256, unique in the ledger; see ledger.h */
    const fz_run *run;    /* source, sensor, location, engine, key, layers, filter ... */
    fz_totals totals;
    fz_load_file file;
    int64_t start_us, end_us; /* earliest and latest packet of the rows; 0 without rows */
    int64_t loaded_us;        /* when it was loaded, microseconds since 1970 UTC */
} fz_load_row;

/* What the ledger says of a capture that it has: the row as loaded, which the `set` of schema.h's columns fill in.
 */
typedef struct fz_loaded {
    int64_t load_id; /* 0: not there */
    fz_run run;      /* owned */
    fz_totals totals;
    fz_load_file file;
    int64_t loaded_us; /* when, microseconds since 1970 UTC */
} fz_loaded;

/* The part of a ledger's row by which the capture of a file is found. Texts are borrowed. */
typedef struct fz_load_brief {
    int64_t load_id;
    const char *identity, *source; /* source: NULL where sensor or filter are others than asked for */
    fz_load_file file;             /* without the digest */
    int64_t first_us;              /* the first frame's time */
    bool whole;                    /* neither cut short nor written while it was read */
} fz_load_brief;

typedef void (*fz_load_brief_taker)(const fz_load_brief *row, void *user);

void fz_loaded_init(fz_loaded *loaded);
void fz_loaded_clear(fz_loaded *loaded);

/* A row of the rollup fz_hour. Zones are the store's ids. */
typedef struct fz_hour {
    int64_t hour; /* start, seconds since 1970 UTC, a multiple of 3600 */
    uint32_t zone[2];
    uint16_t service_port; /* the lower of the two ports that is not 0 */
    uint8_t protocol;
    uint32_t
        part; /* 0; counts up where a capture has more rows than memory takes and they are written in several parts */
    uint64_t flows, packets[2], bytes[2], ip_bytes[2];
} fz_hour;

/* How long a store waits for another program's lock, and how it reports that it waits (NULL: not at all). */
typedef struct fz_patience {
    unsigned seconds;
    void (*tell)(const char *message);
} fz_patience;

enum { FZ_STORE_PATIENCE_S = 60 }; /* unless told otherwise */

typedef struct fz_store fz_store;

/* All but open and close run inside begin ... commit or rollback. False with `error` set; after any failure only
 * rollback and close may follow. No call commits but commit. Passwords never appear in errors. */
typedef struct fz_store_ops {
    const char *scheme;        /* "sqlite", "mysql" */
    const char *address;       /* for help: "sqlite:PATH" */
    unsigned writers;          /* how many that load at once are of use; 0: any number */
    int64_t first_us, last_us; /* the times that its views can show */
    /* Reads all that only this process, as it was started, may read. A store without `connect` is open then, with its
     * schema. `address` is the whole text given to --to. */
    fz_store *(*open)(const char *address, const fz_patience *patience, GError **error);
    /* Connects, and creates the schema on first use. NULL if there is nothing to connect to. */
    bool (*connect)(fz_store *store, GError **error);
    /* The TCP port that it connects to; 0: none. Goes with `connect`. */
    uint16_t (*port)(const fz_store *store);
    void (*close)(fz_store *store);
    /* What it is, for people: "SQLite 3.40.1, flowzone.db"; the store owns it. */
    const char *(*describe)(fz_store *store);
    /* The folder whose files it opens while it works; the store owns it. NULL where it only needs what is open. */
    const char *(*folder)(fz_store *store);
    /* The last chance to open anything: from now on it can't. NULL where nothing may be needed. */
    void (*seal)(fz_store *store);
    /* Wipes what only opening needs: passwords, keys. NULL where there is no such thing. */
    void (*forget)(fz_store *store);
    bool (*begin)(fz_store *store, GError **error);
    /* Begins a transaction that only finds rows: it does not wait for other loads. rollback ends it. */
    bool (*look)(fz_store *store, GError **error);
    /* The ledger's row of a capture into `loaded`, which fz_loaded_init made; load_id stays 0 where there is none. */
    bool (*find)(fz_store *store, const char *identity, fz_loaded *loaded, GError **error);
    /* Up to `most` rows of the ledger, from the latest before row `before` back. */
    bool (*recent)(fz_store *store, const fz_run *run, int64_t before, size_t most, fz_load_brief_taker take,
                   void *user, GError **error);
    /* Corrects what is known of the file of a capture in the store. */
    bool (*set_file)(fz_store *store, int64_t load_id, const fz_load_file *file, GError **error);
    /* Takes a capture out of details, rollup and ledger. */
    bool (*remove)(fz_store *store, int64_t load_id, GError **error);
    /* Adds the ledger row; FZ_STORE_ERROR_DUPLICATE when another load was first. */
    bool (*insert_load)(fz_store *store, const fz_load_row *load, int64_t *load_id, GError **error);
    /* Identity and totals of that row, known at the end; fails unless the store has `rows` details. */
    bool (*finish_load)(fz_store *store, int64_t load_id, const fz_load_row *load, uint64_t rows, GError **error);
    /* Finds or adds the dictionary's ids for zones 1..count, into ids[0..count-1]. */
    bool (*zones)(fz_store *store, const fz_zones *zones, uint32_t *ids, GError **error);
    /* Details, row numbers from `row_no` (first row: 1) on; zones are the store's ids already. */
    bool (*rows)(fz_store *store, int64_t load_id, uint64_t row_no, const fz_record *records, size_t count,
                 GError **error);
    bool (*hours)(fz_store *store, int64_t load_id, const fz_run *run, const fz_hour *hours, size_t count,
                  GError **error);
    bool (*commit)(fz_store *store, GError **error);
    void (*rollback)(fz_store *store);
} fz_store_ops;

/* Every store begins with this. */
struct fz_store {
    const fz_store_ops *ops;
    fz_patience patience;
};

extern const fz_store_ops fz_store_sqlite, fz_store_mysql;

/* The path in an address of SQLite's; what it leads to is not checked. NULL if it is not such an address. */
const char *fz_store_sqlite_path(const char *address, GError **error);

extern const fz_store_ops *const fz_stores[];
extern const size_t fz_store_count;

/* The store of loads without --to. */
#define FZ_DEFAULT_STORE "sqlite:flowzone.db"

/* "Where to: sqlite:PATH or ...": help for --to. The caller frees. */
char *fz_store_describe_to(void);

/* The store whose scheme the address has. An address without one is not quoted: it may contain a password. */
const fz_store_ops *fz_store_find(const char *address, GError **error);

/* Opens it, but for what `connect` does. */
fz_store *fz_store_open(const char *address, const fz_patience *patience, GError **error);
void fz_store_close(fz_store *store);

#endif
