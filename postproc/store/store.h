/* Stores: where conversations are kept. Each kind of store is a row in fz_stores and a folder, which alone includes its
 * client library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_STORE_H
#define FZ_STORE_H

#include "dropping.h"
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
    FZ_STORE_ERROR_DROPPED,   /* details or hours of the load were dropped: it cannot be replaced */
    FZ_STORE_ERROR_ENDED,     /* a query took too long, or was interrupted: see `limit` */
    FZ_STORE_ERROR_MEMORY,    /* this process has not enough memory */
    FZ_STORE_ERROR_FAILED,    /* any other error of the store */
} fz_store_error;

/* The file of a ledger's row. A file that still has this size and time makes the same rows. 0: not known. */
typedef struct fz_load_file {
    uint64_t bytes;      /* its size when it was opened */
    int64_t written_ns;  /* when it was written last before that, nanoseconds since 1970 */
    int64_t rows_digest; /* of the rows, without their zones */
} fz_load_file;

typedef enum fz_table {
    FZ_TABLE_META,     /* one row: schema_version, program that made it */
    FZ_TABLE_LOAD,     /* the ledger */
    FZ_TABLE_ZONE,     /* dictionary: zone_id, digest (unique; fz_zone_row_init), location, prefix, number, name */
    FZ_TABLE_FLOW,     /* conversations: load_id, row_no, then fz_stored_fields */
    FZ_TABLE_PACKET,   /* packets: load_id, row_no, then the columns of fz_packet_row */
    FZ_TABLE_MINUTE,   /* traffic by minute, from zone and to zone */
    FZ_TABLE_HOUR,     /* conversations by hour, zones, protocol and service port; load_id 0: of many loads */
    FZ_TABLE_DAY,      /* conversations by day, zones and protocol, of many loads */
    FZ_TABLE_HOST,     /* addresses by hour */
    FZ_TABLE_HOST_DAY, /* addresses by day, of many loads */
    FZ_TABLE_NAME,     /* names of addresses */
    FZ_TABLE_EXPORT,   /* who exported the flows of a load */
    FZ_TABLE_COUNT
} fz_table;

/* A row of the ledger fz_load. Texts are borrowed. */
typedef struct fz_load_row {
    const char *identity; /* hexadecimal SHA-256, unique in the ledger; see ledger.h */
    const fz_run *run;    /* source, sensor, location, engine, key, layers, filter ... */
    fz_totals totals;
    fz_load_file file;
    int64_t start_us, end_us; /* earliest and latest packet of the rows of all kinds; 0 without rows */
    int64_t loaded_us;        /* when it was loaded, microseconds since 1970 UTC */
    int64_t minutes;          /* rows of fz_minute; -1: the minutes are not known; less: see fz_minutes_stale */
} fz_load_row;

/* fz_load.minutes of a load that has `rows` rows of fz_minute with the zones of another zone file than its details: how
 * much there was in a minute is known, but not between which of these zones. Whoever adds up minutes by zones takes
 * them for unknown, as all below 0. The same function tells how many rows such a load has. */
static inline int64_t fz_minutes_stale(int64_t rows)
{
    return -2 - rows;
}

/* A ledger row as read back: fz_column_set fills it in. The caller frees with fz_loaded_clear. */
typedef struct fz_loaded {
    int64_t load_id; /* 0: not in the store */
    fz_run run;
    fz_totals totals;
    fz_load_file file;
    int64_t start_us, end_us, loaded_us; /* as in fz_load_row */
    int64_t minutes;
    bool merged;        /* its hours and hosts are in rows of many loads: FZ_TABLE_HOUR with load_id 0, FZ_TABLE_DAY,
                           FZ_TABLE_HOST_DAY */
    uint8_t dropped;    /* FZ_DROPPED_...: what the store had of it, and has no more (dropping.h) */
    uint8_t dropping;   /* one of them that is on its way, or 0 */
    int64_t dropped_us; /* when that was, microseconds since 1970 UTC; 0: never */
} fz_loaded;

void fz_loaded_init(fz_loaded *loaded);
void fz_loaded_clear(fz_loaded *loaded);

/* Rows of sums. Zones are the store's ids, texts are borrowed. `part` tells rows apart that have the same key: 0, and
 * counting up if a capture has more rows than fit into memory, which are written in several parts; readers add them up.
 * A sum may be negative (two's complement): what is to be taken off other rows of the same key. */

/* A row of fz_hour. */
typedef struct fz_hour {
    int64_t hour;                  /* start, seconds since 1970 UTC, a multiple of 3600 */
    const char *sensor, *location; /* the run's */
    uint32_t zone[2];
    uint16_t service_port; /* the server's, where the record says which end that is; else the lower one that is not 0 */
    uint8_t protocol;
    uint32_t part;
    uint64_t flows, packets[2], bytes[2], ip_bytes[2];
} fz_hour;

/* A row of fz_day. */
typedef struct fz_day {
    int64_t day; /* since 1970-01-01 UTC */
    const char *sensor, *location;
    uint32_t zone[2];
    uint8_t protocol;
    uint32_t part;
    uint64_t flows, packets[2], bytes[2], ip_bytes[2];
} fz_day;

/* A row of the table fz_minute. */
typedef struct fz_minute_sum {
    int64_t minute; /* as in fz_minute */
    uint32_t zone[2];
    uint32_t part;
    uint64_t packets, bytes;
} fz_minute_sum;

/* What an address did. One that talks to itself sends and receives, in one flow. */
enum { FZ_SENT = 0, FZ_RECEIVED = 1 };

/* A row of fz_host. */
typedef struct fz_host {
    int64_t hour; /* as in fz_hour, that of the conversation's first packet */
    uint8_t addr[16];
    uint8_t family; /* FZ_IPV4 or FZ_IPV6 */
    uint32_t zone, part;
    uint64_t flows, packets[2], bytes[2];
} fz_host;

/* A row of fz_host_day. */
typedef struct fz_host_day {
    int64_t day; /* since 1970-01-01 UTC */
    const char *sensor, *location;
    uint8_t addr[16];
    uint8_t family;
    uint32_t zone, part;
    uint64_t flows, packets[2], bytes[2];
} fz_host_day;

/* How long a store waits for another program's lock, and how it reports that it waits (NULL: it does not). */
typedef struct fz_patience {
    unsigned seconds;
    void (*tell)(const char *message);
} fz_patience;

enum { FZ_STORE_PATIENCE_S = 60 }; /* the default */

/* What a store is opened for. */
typedef enum fz_access {
    FZ_ACCESS_LOAD,      /* to load: the schema is created on first use */
    FZ_ACCESS_READ,      /* to read only, of the current version of the schema: nothing is created or changed */
    FZ_ACCESS_LOOK,      /* the same, of any version */
    FZ_ACCESS_CHANGE,    /* to change rows of the current version of the schema: no table or view is created */
    FZ_ACCESS_RETAIN,    /* the same, but older views are renewed, and days of rows (fz_days_ops) may come and go */
    FZ_ACCESS_UPGRADE,   /* to bring an older version of the schema to the current one */
    FZ_ACCESS_TEMPORARY, /* a new SQLite store of this process's own, to load and to ask, whatever the address: in
                            memory as far as its cache goes, then in a file that never had a name; it ends with the
                            process */
} fz_access;

/* Whether a store opened for this must be of the current version of the schema. */
static inline bool fz_access_is_current(fz_access access)
{
    return access == FZ_ACCESS_READ || access == FZ_ACCESS_CHANGE || access == FZ_ACCESS_RETAIN;
}

/* Takes a row of a query: a text for each column, NULL for SQL's NULL, valid until it returns. */
typedef void (*fz_cells_taker)(const char *const *cells, void *user);

/* A cell that says the same as a text, at the cost of a tenth: a number, or bytes; which of them, the column tells. */
typedef struct fz_datum {
    int64_t number;       /* 0 for NULL */
    const uint8_t *bytes; /* size 0: of NULL, or none */
    size_t size;
} fz_datum;

/* Takes such a row, valid until it returns. */
typedef void (*fz_data_taker)(const fz_datum *cells, void *user);

/* A text as a number, 0 for NULL. */
int64_t fz_cell_integer(const char *cell);

typedef struct fz_store fz_store;
typedef struct fz_dialect fz_dialect;

/* The days that a partition of fz_flow or fz_packet has rows of: first <= day < until, days since 1970. INT64_MIN: it
 * is the lowest, and has all that is older; INT64_MAX: the highest, with all that is younger. */
typedef struct fz_day_span {
    int64_t first, until;
} fz_day_span;

/* Rows by days, of servers that can drop a day at once. All outside of a transaction. DDL commits by itself; whatever
 * dies in between, the same again goes on. */
typedef struct fz_days_ops {
    /* The partitions of a table, in order, appended to `spans`, of fz_day_span; none: the table has none, or the
     * account may not change them, and `*why`, which the caller frees, then says which of these. */
    bool (*list)(fz_store *store, fz_table table, GArray *spans, char **why, GError **error);
    /* Drops the rows of a partition, if no load with rows in it still shows them (dropping.h). FZ_STORE_ERROR_BUSY: a
     * reader, a loader or such a load was in the way; nothing has changed. No program waits for it longer than
     * flowzone-store(7) says. */
    bool (*drop)(fz_store *store, fz_table table, const fz_day_span *span, GError **error);
    /* Gives a day of its own to each of `ahead` days from `today` on, splitting them off the highest partition if that
     * has few rows (`*full` otherwise), and takes empty partitions of days before `oldest` away. */
    bool (*make)(fz_store *store, int64_t today, unsigned ahead, int64_t oldest, bool *full, GError **error);
} fz_days_ops;

/* All but open and close run inside begin ... commit or rollback, `zones` unless zones_apart. On failure they return
 * false with `error` set; then only rollback and close may follow. Only commit commits. Passwords never appear in
 * errors. */
typedef struct fz_store_ops {
    const char *scheme;        /* "sqlite", "mysql" */
    const char *address;       /* for help: "sqlite:PATH" */
    unsigned writers;          /* how many can usefully load at once; 0: any number */
    int64_t first_us, last_us; /* the times that its views can show */
    bool zones_apart;          /* `zones` is called before begin, and commits what it adds */
    /* Reads what cannot be read any more once the process has dropped its rights. A store without `connect` is then
     * open, with its schema. `address` is the whole text given to --to. */
    fz_store *(*open)(const char *address, fz_access access, const fz_patience *patience, GError **error);
    /* Connects, and creates the schema on first use. NULL if there is nothing to connect to. */
    bool (*connect)(fz_store *store, GError **error);
    /* The files that a store at this address is, or that it reads to connect, whether they exist or not: NULL-ended,
     * the caller frees with g_strfreev. */
    char **(*files)(const char *address);
    /* The TCP port that `connect` uses; 0: none. */
    uint16_t (*port)(const fz_store *store);
    void (*close)(fz_store *store);
    /* Its name for people: "SQLite 3.40.1, flowzone.db"; valid until the next call, or until the store is closed. */
    const char *(*describe)(fz_store *store);
    /* The folder in which it opens files while it works; valid until the store is closed. NULL if it opens none. */
    const char *(*folder)(fz_store *store);
    /* Opens what may be needed later: the process cannot afterwards. NULL if that is nothing. */
    void (*seal)(fz_store *store);
    /* Wipes what only opening needs: passwords, keys. NULL if it needs none. */
    void (*forget)(fz_store *store);
    bool (*begin)(fz_store *store, GError **error);
    /* Begins a read-only transaction, which does not wait for other loads. rollback ends it. */
    bool (*look)(fz_store *store, GError **error);
    /* Reads a capture's ledger row into `loaded`, which fz_loaded_init has initialized; load_id stays 0 if there is
     * none. */
    bool (*find)(fz_store *store, const char *identity, fz_loaded *loaded, GError **error);
    /* Updates what the ledger has of a capture's file. */
    bool (*set_file)(fz_store *store, int64_t load_id, const fz_load_file *file, GError **error);
    /* Deletes a capture's rows from all tables. Rows of many loads stay as they are. */
    bool (*remove)(fz_store *store, int64_t load_id, GError **error);
    /* Deletes its rows from one of the tables that have rows of single loads. */
    bool (*clear)(fz_store *store, int64_t load_id, fz_table table, GError **error);
    /* Adds the ledger row; FZ_STORE_ERROR_DUPLICATE when another load was first. */
    bool (*insert_load)(fz_store *store, const fz_load_row *load, int64_t *load_id, GError **error);
    /* Updates the row with identity and totals, known at the end; fails unless the store was given `rows`
     * conversations, and as many packets and rows of fz_minute as `load` says. */
    bool (*finish_load)(fz_store *store, int64_t load_id, const fz_load_row *load, uint64_t rows, GError **error);
    /* Finds or adds the dictionary's ids for zones 1..count, into ids[0..count-1]. Ids of rows that no load uses do no
     * harm. */
    bool (*zones)(fz_store *store, const fz_zones *zones, uint32_t *ids, GError **error);
    /* Adds details, with row numbers from `row_no` on (the first is 1); their zones are the store's ids. */
    bool (*rows)(fz_store *store, int64_t load_id, uint64_t row_no, const fz_record *records, size_t count,
                 GError **error);
    /* Adds packets likewise; their row numbers count by themselves. */
    bool (*packets)(fz_store *store, int64_t load_id, uint64_t row_no, const fz_packet_row *packets, size_t count,
                    GError **error);
    /* Adds rows to a table of sums: an array of fz_minute_sum, fz_hour, fz_day, fz_host or fz_host_day. The texts are
     * the same in all of them. load_id: 0 in rows of many loads; tables without that column ignore it. */
    bool (*add)(fz_store *store, int64_t load_id, fz_table table, const void *rows, size_t count, GError **error);
    /* Keeps a transaction alive that waits for rows; outside of one it does nothing. NULL if silence_s is always 0. */
    bool (*keep)(fz_store *store, GError **error);
    bool (*commit)(fz_store *store, GError **error);
    void (*rollback)(fz_store *store);
    /* For statements that are made from the dialect and numbers alone, also outside of a transaction. */
    const fz_dialect *(*dialect)(const fz_store *store);
    bool (*run)(fz_store *store, const char *sql, GError **error);
    /* Gives `take` the rows of a query, at most `most` of `columns` cells; they mean nothing if it fails. `take` must
     * not use the store. */
    bool (*query)(fz_store *store, const char *sql, size_t columns, size_t most, fz_cells_taker take, void *user,
                  GError **error);
    /* The same, of columns that are integers or bytes. */
    bool (*data)(fz_store *store, const char *sql, size_t columns, size_t most, fz_data_taker take, void *user,
                 GError **error);
    /* Outside of a transaction: from now on it does not wait for other programs' locks (a server: only for a second),
     * but fails with FZ_STORE_ERROR_BUSY; or it is patient again. */
    bool (*hurry)(fz_store *store, bool hurried, GError **error);
    /* From now on queries fail with FZ_STORE_ERROR_ENDED once `seconds` from now are over (0: they may take any time),
     * or as soon as this process gets SIGINT, SIGTERM or SIGHUP, which no longer end it; they end on a server too. Only
     * rollback and close may follow. A process that reads from a server gets SIGTERM when its parent ends. */
    bool (*limit)(fz_store *store, unsigned seconds, GError **error);
    const char *size; /* a query for the bytes that its tables have on its disk, without room that is free */
    /* Outside of a transaction: deletes a load's rows of FZ_TABLE_FLOW or FZ_TABLE_PACKET with first_no <= row_no <=
     * last_no, in a transaction of its own (SingleStore: in several), without waiting: FZ_STORE_ERROR_BUSY. */
    bool (*shed)(fz_store *store, int64_t load_id, fz_table table, uint64_t first_no, uint64_t last_no, GError **error);
    /* Outside of a transaction: gives room that deleted rows left back to the disk, as much as a load can wait for.
     * `*more`: there may be more of it. FZ_STORE_ERROR_BUSY as above; FZ_STORE_ERROR_SCHEMA: it was made so that it
     * cannot. NULL: the server does that, or nobody. */
    bool (*shrink)(fz_store *store, bool *more, GError **error);
    /* NULL: rows of a day go one by one. May be asked once it is connected. */
    const fz_days_ops *(*days)(const fz_store *store);
    /* For FZ_ACCESS_UPGRADE. old_begin shuts other programs out, and makes the tables of the current version beside the
     * older ones, whose names then begin with `old_names` in place of "fz_"; old_end drops these, or leaves them behind
     * in another file: fz_store_sqlite_upgrade_path. Whatever dies in between, the same again goes on. From
     * FZ_SCHEMA_IN_PLACE on the tables are those of the current version: old_begin begins a transaction on them
     * instead, and old_end commits it, and renews the views. */
    const char *old_names;
    bool (*old_begin)(fz_store *store, GError **error);
    bool (*old_end)(fz_store *store, GError **error);
    /* Whether rows of days are in a partition of no days, or a table has no partitions. Outside of a transaction or
     * not. NULL, here and below: the store has no partitions. */
    bool (*unsorted)(fz_store *store, bool *unsorted, GError **error);
    /* Outside of a transaction: gives each day that has rows a partition of its own, a table in one step. Loads wait
     * meanwhile. Does nothing if nothing is unsorted. */
    bool (*sort)(fz_store *store, GError **error);
} fz_store_ops;

/* The first member of every store's struct. */
struct fz_store {
    const fz_store_ops *ops;
    fz_access access;
    int64_t version; /* of its schema, once it is open for other than FZ_ACCESS_LOAD; an upgrade that was interrupted:
                        the version that it began with */
    bool resumes;    /* an upgrade was interrupted */
    bool copied;     /* by it, and checked: only the older tables are left to drop */
    unsigned silence_s; /* once it is connected: for how long a transaction may go without a call of any of the
                           functions before `keep` must be called; 0: any time */
    fz_patience patience;
};

extern const fz_store_ops fz_store_sqlite, fz_store_mysql;

/* The path in the address of a SQLite store; valid until `address` is freed. Whether it exists is not checked. NULL if
 * the address has no usable path. */
const char *fz_store_sqlite_path(const char *address, GError **error);

/* The file into which a SQLite store is upgraded, beside its own. Whoever starts the upgrade makes it, empty, and
 * renames it over the store between old_end and the end of the process, which keeps other programs out so long. The
 * caller frees. */
char *fz_store_sqlite_upgrade_path(const char *path);

extern const fz_store_ops *const fz_stores[];
extern const size_t fz_store_count;

/* The store if --to is not given. */
#define FZ_DEFAULT_STORE "sqlite:flowzone.db"

/* "Where to: sqlite:PATH or ...": help for --to. The caller frees. */
char *fz_store_describe_to(void);

/* Finds the store by the address's scheme. Errors do not quote an address without one: it may contain a password. */
const fz_store_ops *fz_store_find(const char *address, GError **error);

/* Opens a store; `connect` is the caller's to call. `address` is not used for FZ_ACCESS_TEMPORARY. */
fz_store *fz_store_open_for(const char *address, fz_access access, const fz_patience *patience, GError **error);

/* The same to load. */
fz_store *fz_store_open(const char *address, const fz_patience *patience, GError **error);
void fz_store_close(fz_store *store);

#endif
