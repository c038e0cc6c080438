/* Each store's SQL: types, and the expressions for times, addresses and zones.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialect.h"

/* The SQL below is laid out as in a file of its own. An '@' stands for a column, or for a table's alias. */
/* clang-format off */

/* SQLite has no functions for addresses. A byte's value is its position in d, a blob of all 256 bytes. */
#define BYTE(n) "instr(d, substr(@, " n ", 1)) - 1"
#define ALL_BYTES                              \
    "x'000102030405060708090a0b0c0d0e0f"       \
      "101112131415161718191a1b1c1d1e1f"       \
      "202122232425262728292a2b2c2d2e2f"       \
      "303132333435363738393a3b3c3d3e3f"       \
      "404142434445464748494a4b4c4d4e4f"       \
      "505152535455565758595a5b5c5d5e5f"       \
      "606162636465666768696a6b6c6d6e6f"       \
      "707172737475767778797a7b7c7d7e7f"       \
      "808182838485868788898a8b8c8d8e8f"       \
      "909192939495969798999a9b9c9d9e9f"       \
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"       \
      "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"       \
      "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"       \
      "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"       \
      "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"       \
      "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'"

/* The four bytes numbered a, b, c and e as a dotted quad, after a text. */
#define QUAD(text, a, b, c, e)                                                                               \
    "(SELECT " text "printf('%d.%d.%d.%d', " BYTE(a) ", " BYTE(b) ", " BYTE(c) ", " BYTE(e) ") "             \
    "FROM (SELECT " ALL_BYTES " AS d)) "

/* Sixteen bytes as RFC 5952 has them, from their 32 hexadecimal digits h. In g, groups have no leading zeros and a zero
 * group is empty, so that n zero groups are n + 1 colons. In r, the first of the longest runs of two or more is '#',
 * which becomes '::'; the other zero groups become '0' again. */
#define GROUP(digit) "':' || ltrim(substr(h, " digit ", 4), '0') || "
#define GROUPS GROUP("1") GROUP("5") GROUP("9") GROUP("13") GROUP("17") GROUP("21") GROUP("25") GROUP("29") "':'"
#define RUN(colons, length)                                                                                  \
    "WHEN instr(g, '" colons "') "                                                                           \
    "THEN substr(g, 1, instr(g, '" colons "') - 1) || '#' || substr(g, instr(g, '" colons "') + " length ") "

static const char sqlite_addr[] =
    "CASE "
    "WHEN length(@) = 4 "
        "THEN " QUAD("", "1", "2", "3", "4")
    /* Mapped and compatible IPv4 keep their dots. */
    "WHEN substr(@, 1, 12) = x'00000000000000000000ffff' "
        "THEN " QUAD("'::ffff:' || ", "13", "14", "15", "16")
    "WHEN substr(@, 1, 12) = zeroblob(12) AND substr(@, 13, 2) <> zeroblob(2) "
        "THEN " QUAD("'::' || ", "13", "14", "15", "16")
    "ELSE ("
        "SELECT replace(trim(replace(replace(r, '::', ':0:'), '::', ':0:'), ':'), '#', '::') "
        "FROM ("
            "SELECT CASE "
                RUN(":::::::::", "9")
                RUN("::::::::", "8")
                RUN(":::::::", "7")
                RUN("::::::", "6")
                RUN(":::::", "5")
                RUN("::::", "4")
                RUN(":::", "3")
                "ELSE g END AS r "
            "FROM ("
                "SELECT " GROUPS " AS g "
                "FROM (SELECT lower(hex(@)) AS h) "
                "LIMIT 1"
            ")"
        ")"
    ") "
    "END";

/* The fraction, never negative, and the seconds, rounded down; no step exceeds 64 bits. */
#define MICROSECONDS "((@ % 1000000 + 1000000) % 1000000)"
#define SECONDS      "(@ / 1000000 - (@ % 1000000 < 0))"
/* strftime() only has the years 0 to 9999, and takes 1 March of the years 100, 200 and 300 for 29 February. So times
 * are moved into the years 2000 to 2399: the calendar repeats every 400 years, or 12622780800 seconds. SPANS is how
 * many such spans after 2000 (946684800 seconds after 1970) a time is, rounded down. */
#define SPAN                   "12622780800"
#define SINCE_2000(seconds)    "(" seconds " - 946684800)"
#define SPANS(seconds)         "(" SINCE_2000(seconds) " / " SPAN " - (" SINCE_2000(seconds) " % " SPAN " < 0))"
#define IN_FIRST_SPAN(seconds) seconds " - " SPANS(seconds) " * " SPAN
#define YEAR(seconds)                                                                                        \
    "printf('%04d', strftime('%Y', " IN_FIRST_SPAN(seconds) ", 'unixepoch') + 400 * " SPANS(seconds) ")"

static const char sqlite_time[] =
    "CASE "
    "WHEN @ BETWEEN 0 AND 253402300799999999 "
        "THEN strftime('%Y-%m-%d %H:%M:%S', " SECONDS ", 'unixepoch') "
    "ELSE "
        YEAR(SECONDS) " || strftime('-%m-%d %H:%M:%S', " IN_FIRST_SPAN(SECONDS) ", 'unixepoch') "
    "END "
    "|| printf('.%06d', " MICROSECONDS ")";

#define DAY_SECONDS "(@ * 86400)"

static const char sqlite_date[] =
    "CASE "
    "WHEN @ BETWEEN 0 AND 2932896 "
        "THEN strftime('%Y-%m-%d', " DAY_SECONDS ", 'unixepoch') "
    "ELSE "
        YEAR(DAY_SECONDS) " || strftime('-%m-%d', " IN_FIRST_SPAN(DAY_SECONDS) ", 'unixepoch') "
    "END";

#define ROW_BITS G_STRINGIFY(FZ_SCHEMA_ROW_BITS)

/* CROSS JOIN makes SQLite's planner go through the loads, and for each through the range of its rows. */
static const char sqlite_row_join[] =
    "CROSS JOIN fz_@ r "
    "ON r.@_id BETWEEN l.load_id << " ROW_BITS " AND (l.load_id + 1 << " ROW_BITS ") - 1";

/* What an insert binds comes first, in one piece: SQLite would move each value else. */
static const char sqlite_row_id_last[] =
    ", load_id BIGINT GENERATED ALWAYS AS (@_id >> " ROW_BITS ") VIRTUAL, "
    "row_no BIGINT GENERATED ALWAYS AS (@_id & (1 << " ROW_BITS ") - 1) VIRTUAL";

#define SQLITE_HEX(byte) "lower(hex(substr(@, " byte ", 1)))"
#define SQLITE_MAC_BYTE(byte) SQLITE_HEX(byte) " || ':' || "

static const char sqlite_mac[] =
    SQLITE_MAC_BYTE("1") SQLITE_MAC_BYTE("2") SQLITE_MAC_BYTE("3") SQLITE_MAC_BYTE("4") SQLITE_MAC_BYTE("5")
    SQLITE_HEX("6");

/* Not FROM_UNIXTIME, which ends in 2038 and follows the session's time zone. */
static const char mysql_time[] =
    "CAST('1970-01-01 00:00:00' AS DATETIME(6)) + INTERVAL @ MICROSECOND";
static const char mysql_date[] = "CAST('1970-01-01' AS DATE) + INTERVAL @ DAY";
static const char mysql_day[] = "(@ DIV 86400 - (@ MOD 86400 < 0))";

#define MYSQL_MAC_BYTE(byte) ", HEX(SUBSTRING(@, " byte ", 1))"
static const char mysql_mac[] =
    "LOWER(CONCAT_WS(':'" MYSQL_MAC_BYTE("1") MYSQL_MAC_BYTE("2") MYSQL_MAC_BYTE("3") MYSQL_MAC_BYTE("4")
    MYSQL_MAC_BYTE("5") MYSQL_MAC_BYTE("6") "))";

/* INET6_NTOA also shortens a single zero group, which RFC 5952 section 4.2.2 forbids. Seven groups are left then: with
 * seven colons if "::" is between two of them, with eight if it is at an end. Empty literals are avoided: MariaDB takes
 * them for NULL if the session has EMPTY_STRING_IS_NULL. */
#define COLONS(ntoa) "LENGTH(REPLACE(" ntoa ", ':', '::')) - LENGTH(" ntoa ")"
#define ADDR(ntoa)                                                                   \
    "CASE "                                                                          \
    "WHEN LENGTH(@) = 4 "                                                            \
        "THEN " ntoa " "                                                             \
    "WHEN " ntoa " LIKE '_%::%_' AND " COLONS(ntoa) " = 7 "                          \
        "THEN REPLACE(" ntoa ", '::', ':0:') "                                       \
    "WHEN " ntoa " LIKE '::%' AND " COLONS(ntoa) " = 8 "                             \
        "THEN CONCAT('0', SUBSTRING(" ntoa ", 2)) "                                  \
    "WHEN " ntoa " LIKE '%::' AND " COLONS(ntoa) " = 8 "                             \
        "THEN CONCAT(TRIM(TRAILING ':' FROM " ntoa "), ':0') "                       \
    "ELSE " ntoa " "                                                                 \
    "END"

/* INET6_NTOA returns the reader's character set and collation, which may not be compatible with the view's texts. */
static const char mysql_addr[] = "CONVERT(" ADDR("CONVERT(INET6_NTOA(@) USING ascii)") " USING utf8mb4)";
static const char singlestore_addr[] = ADDR("INET6_NTOA(@)");

#define EMPTY "REPEAT(' ', 0)"

/* CONCAT takes NULL for an empty text in MariaDB's ORACLE mode. */
static const char mysql_infos[] =
    "CASE "
    "WHEN @.zone_id IS NULL "
        "THEN " EMPTY " "
    "ELSE CONCAT(@.prefix, ', ', @.number, ', ', @.name) "
    "END";

static const char mysql_zone_name[] = "CASE WHEN @.zone_id IS NULL THEN " EMPTY " ELSE @.name END";
static const char singlestore_zone_name[] = "CASE WHEN @.zone_id IS NULL THEN '' ELSE @.name END";

#define NANOSECONDS "CONCAT(DATE_FORMAT(@, '%Y-%m-%d %H:%i:%s.%f'), LPAD(r.time_ns, 3, '0'))"

static const char singlestore_infos[] =
    "CASE "
    "WHEN @.zone_id IS NULL "
        "THEN '' "
    "ELSE CONCAT(@.prefix, ', ', @.number, ', ', @.name) "
    "END";

/* clang-format on */

/* Keys that are the same in SQLite and InnoDB. A load's rows lie side by side, in the order of time. */
#define SUM_KEYS                                                                                         \
    [FZ_TABLE_MINUTE] = ", PRIMARY KEY (load_id, minute, from_zone, to_zone, part)",                     \
    [FZ_TABLE_HOUR] = ", PRIMARY KEY (load_id, hour, sip_zone, dip_zone, protocol, service_port, part)", \
    [FZ_TABLE_DAY] = ", PRIMARY KEY (day, sip_zone, dip_zone, protocol, part)",                          \
    [FZ_TABLE_HOST] = ", PRIMARY KEY (load_id, hour, addr, zone, part)",                                 \
    [FZ_TABLE_HOST_DAY] = ", PRIMARY KEY (day, addr, zone, part)",                                       \
    [FZ_TABLE_NAME] = ", PRIMARY KEY (addr, source, name)",                                              \
    [FZ_TABLE_EXPORT] = ", PRIMARY KEY (load_id, exporter, domain, version)"

/* By these the ledger finds the captures of a time, the capture of a file, and the captures to be merged. */
static const char *const sqlite_indexes[] = {
    "CREATE INDEX IF NOT EXISTS fz_load_end ON fz_load (end_us, start_us)",
    "CREATE INDEX IF NOT EXISTS fz_load_day ON fz_load (day)",
    "CREATE INDEX IF NOT EXISTS fz_load_file ON fz_load (capture_bytes, capture_written_ns)",
    "CREATE INDEX IF NOT EXISTS fz_load_merged ON fz_load (merged, end_us)",
    NULL,
};
#define LEDGER_KEYS                                                 \
    ", KEY fz_load_end (end_us, start_us), KEY fz_load_day (day), " \
    "KEY fz_load_file (capture_bytes, capture_written_ns), KEY fz_load_merged (merged, end_us)"

#define WITHOUT_ROWID " WITHOUT ROWID"

const fz_dialect fz_dialect_sqlite = {
    .name = "SQLite",
    /* Names that drivers know: for some of them INTEGER has 32 bits. */
    .types =
        {
            [FZ_TYPE_SERIAL] = "INTEGER PRIMARY KEY AUTOINCREMENT",
            [FZ_TYPE_DENSE] = "INTEGER PRIMARY KEY AUTOINCREMENT",
            [FZ_TYPE_ID] = "BIGINT",
            [FZ_TYPE_INT64] = "BIGINT",
            [FZ_TYPE_UINT64] = "BIGINT",
            [FZ_TYPE_UINT32] = "BIGINT",
            [FZ_TYPE_UINT16] = "BIGINT",
            [FZ_TYPE_UINT8] = "BIGINT",
            [FZ_TYPE_TEXT] = "TEXT",
            [FZ_TYPE_LABEL] = "TEXT",
            [FZ_TYPE_DIGEST] = "TEXT",
            [FZ_TYPE_ADDR] = "BLOB",
            [FZ_TYPE_MAC] = "BLOB",
        },
    .quote = "\"",
    .time = sqlite_time,
    .date = sqlite_date,
    .day = "(@ / 86400 - (@ % 86400 < 0))",
    .addr = sqlite_addr,
    .mac = sqlite_mac,
    .infos = "COALESCE(@.prefix || ', ' || @.number || ', ' || @.name, '')",
    .zone_name = "COALESCE(@.name, '')",
    .empty = "''",
    .nanoseconds = "@ || printf('%03d', r.time_ns)",
    .sum = "SUM(@)",
    .group = "@",
    .compared = "@",
    .text = "CAST(x'@' AS TEXT)",
    .lists_ranges = true,
    .like = " GLOB ",
    .added = "fz_added",
    .groups_tables = true,
    .lock = "",
    .view = "CREATE VIEW IF NOT EXISTS",
    .ledger_join = "CROSS JOIN",
    .row_join = sqlite_row_join,
    .row_id = "@_id INTEGER PRIMARY KEY",
    .row_id_last = sqlite_row_id_last,
    .row_id_names = "@_id",
    .row_id_count = 1,
    .generates = FZ_GENERATES_ALL,
    .keys =
        {
            [FZ_TABLE_LOAD] = ", UNIQUE (identity)",
            [FZ_TABLE_ZONE] = ", UNIQUE (digest)",
            SUM_KEYS,
        },
    .after =
        {
            [FZ_TABLE_MINUTE] = WITHOUT_ROWID,
            [FZ_TABLE_HOUR] = WITHOUT_ROWID,
            [FZ_TABLE_DAY] = WITHOUT_ROWID,
            [FZ_TABLE_HOST] = WITHOUT_ROWID,
            [FZ_TABLE_HOST_DAY] = WITHOUT_ROWID,
            [FZ_TABLE_NAME] = WITHOUT_ROWID,
            [FZ_TABLE_EXPORT] = WITHOUT_ROWID,
        },
    .indexes = sqlite_indexes,
};

/* The types of MariaDB, MySQL and SingleStore. */
/* clang-format off */
#define MYSQL_TYPES                                             \
    {                                                           \
        [FZ_TYPE_SERIAL] = "BIGINT NOT NULL AUTO_INCREMENT",    \
        [FZ_TYPE_DENSE] = "BIGINT NOT NULL",                    \
        [FZ_TYPE_ID] = "BIGINT",                                \
        [FZ_TYPE_INT64] = "BIGINT",                             \
        [FZ_TYPE_UINT64] = "BIGINT",                            \
        [FZ_TYPE_UINT32] = "BIGINT",                            \
        [FZ_TYPE_UINT16] = "MEDIUMINT",                         \
        [FZ_TYPE_UINT8] = "SMALLINT",                           \
        [FZ_TYPE_TEXT] = "TEXT",                                \
        [FZ_TYPE_LABEL] = "VARCHAR(255)",                       \
        [FZ_TYPE_DIGEST] = "CHAR(64)",                          \
        [FZ_TYPE_ADDR] = "VARBINARY(16)",                       \
        [FZ_TYPE_MAC] = "BINARY(6)",                            \
    }

#define INNODB " ENGINE=InnoDB"
/* Where the server's own row format is redundant, a key of texts would be too long. */
#define LONG_KEYS (INNODB " ROW_FORMAT=DYNAMIC")
/* Retention splits this into partitions of days, and drops them. */
#define BY_DAY " PARTITION BY RANGE (day) (PARTITION pmax VALUES LESS THAN MAXVALUE)"
/* For servers whose collations all ignore trailing blanks: before a full stop they count. */
#define PADDED "CONCAT(@, '.')"
#define PADDED_GROUP "@, " PADDED

/* MariaDB and MySQL, InnoDB. Texts that differ in a byte are different: the collation is binary and, unlike
 * utf8mb4_bin, does not ignore trailing blanks. If a view exists, the store takes the error for success. */
#define INNODB_DIALECT(title, collating, grouping, comparing, slow)                                                  \
    {                                                                                                                \
        .name = (title),                                                                                             \
        .types = MYSQL_TYPES,                                                                                        \
        .quote = "`",                                                                                                \
        .time = mysql_time,                                                                                          \
        .date = mysql_date,                                                                                          \
        .day = mysql_day,                                                                                            \
        .addr = mysql_addr,                                                                                          \
        .mac = mysql_mac,                                                                                            \
        .infos = mysql_infos,                                                                                        \
        .zone_name = mysql_zone_name,                                                                                \
        .empty = EMPTY,                                                                                              \
        .nanoseconds = "CONVERT(" NANOSECONDS " USING utf8mb4)",                                                     \
        .sum = "CAST(SUM(@) AS SIGNED)",                                                                             \
        .group = (grouping),                                                                                         \
        .compared = (comparing),                                                                                     \
        .text = "_utf8mb4 x'@'",                                                                                     \
        .adds_slowly = (slow),                                                                                       \
        .like = " LIKE ",                                                                                            \
        .like_escape = '!',                                                                                          \
        .lock = " FOR UPDATE",                                                                                       \
        .view = "CREATE VIEW",                                                                                       \
        .replace_view = "CREATE OR REPLACE VIEW",                                                                    \
        .collation = (collating),                                                                                    \
        .view_collation = (collating),                                                                               \
        .ledger_join = "STRAIGHT_JOIN",                                                                              \
        .row_join = "STRAIGHT_JOIN fz_@ r ON r.day = l.day AND r.load_id = l.load_id",                               \
        .row_id = "day INT NOT NULL, load_id BIGINT NOT NULL, row_no BIGINT NOT NULL",                               \
        .row_id_names = "day, load_id, row_no",                                                                      \
        .row_id_count = 3,                                                                                           \
        .generates = FZ_GENERATES_SUMS,                                                                              \
        .keys =                                                                                                      \
            {                                                                                                        \
                [FZ_TABLE_META] = ", PRIMARY KEY (schema_version)",                                                  \
                [FZ_TABLE_LOAD] = (", PRIMARY KEY (load_id), UNIQUE KEY (identity)" LEDGER_KEYS),                    \
                [FZ_TABLE_ZONE] = ", PRIMARY KEY (zone_id), UNIQUE KEY (digest)",                                    \
                [FZ_TABLE_FLOW] = ", PRIMARY KEY (day, load_id, row_no)",                                            \
                [FZ_TABLE_PACKET] = ", PRIMARY KEY (day, load_id, row_no)",                                          \
                SUM_KEYS,                                                                                            \
            },                                                                                                       \
        .after = {INNODB, INNODB, INNODB, INNODB, INNODB, INNODB, INNODB, INNODB, INNODB, INNODB,                    \
                  [FZ_TABLE_NAME] = LONG_KEYS, [FZ_TABLE_EXPORT] = INNODB},                                          \
        .partition = {[FZ_TABLE_FLOW] = BY_DAY, [FZ_TABLE_PACKET] = BY_DAY},                                         \
    }
/* clang-format on */

const fz_dialect fz_dialect_mariadb = INNODB_DIALECT("MariaDB", "utf8mb4_nopad_bin", "@", "@", true);
const fz_dialect fz_dialect_mysql = INNODB_DIALECT("MySQL", "utf8mb4_0900_bin", "@", "@", false);
const fz_dialect fz_dialect_mysql57 = INNODB_DIALECT("MySQL 5.7", "utf8mb4_bin", PADDED_GROUP, PADDED, false);

/* As SingleStore's own connectors write it. */
static const char singlestore_time[] = "TIMESTAMPADD(MICROSECOND, @, CAST('1970-01-01 00:00:00' AS DATETIME(6)))";
static const char singlestore_date[] = "CAST(TIMESTAMPADD(DAY, @, CAST('1970-01-01 00:00:00' AS DATETIME(6))) AS DATE)";

#define CREATE_ROWSTORE "CREATE ROWSTORE TABLE IF NOT EXISTS"

/* Dictionaries in rowstore, which is held in memory; the ledger, which grows, and details in the columnstore, sorted by
 * time. A unique key must contain the shard key: the ledger is sharded by identity, details by (load_id, row_no). A
 * shard key can't be updated: a provisional identity is replaced by deleting the ledger row and inserting it again. */
const fz_dialect fz_dialect_singlestore = {
    .name = "SingleStore",
    .types = MYSQL_TYPES,
    .quote = "`",
    .time = singlestore_time,
    .date = singlestore_date,
    .day = mysql_day,
    .addr = singlestore_addr,
    .mac = mysql_mac,
    .infos = singlestore_infos,
    .zone_name = singlestore_zone_name,
    .empty = "''",
    .nanoseconds = NANOSECONDS,
    .sum = "CAST(SUM(@) AS SIGNED)",
    .view = "CREATE VIEW", /* without IF NOT EXISTS: the store takes the error "exists" for success */
    .collation = "utf8mb4_bin",
    .group = PADDED_GROUP,
    .compared = PADDED,
    .text = "CAST(UNHEX('@') AS CHAR)", /* its x'' has no character set */
    .like = " LIKE ",
    .like_escape = '\\', /* ESCAPE is not documented */
    .lock = "",
    .locks_by_writing = true,
    .sorts_by_time = true,
    .ledger_join = "JOIN",
    .row_join = "JOIN fz_@ r ON r.load_id = l.load_id",
    .row_id = "load_id BIGINT NOT NULL, row_no BIGINT NOT NULL",
    .row_id_names = "load_id, row_no",
    .row_id_count = 2,
    .create =
        {
            [FZ_TABLE_META] = CREATE_ROWSTORE,
            [FZ_TABLE_ZONE] = CREATE_ROWSTORE,
            [FZ_TABLE_NAME] = CREATE_ROWSTORE,
            [FZ_TABLE_EXPORT] = CREATE_ROWSTORE,
        },
    .keys =
        {
            [FZ_TABLE_META] = ", PRIMARY KEY (schema_version)",
            [FZ_TABLE_LOAD] = (", SORT KEY (start_us), SHARD KEY (identity), PRIMARY KEY (identity) USING HASH, "
                               "KEY (load_id) USING HASH, KEY (capture_bytes) USING HASH"),
            [FZ_TABLE_ZONE] = ", PRIMARY KEY (digest), KEY (zone_id)",
            [FZ_TABLE_FLOW] =
                ", SORT KEY (start_us), SHARD KEY (load_id, row_no), UNIQUE KEY (load_id, row_no) USING HASH",
            [FZ_TABLE_PACKET] =
                ", SORT KEY (time_us), SHARD KEY (load_id, row_no), UNIQUE KEY (load_id, row_no) USING HASH",
            [FZ_TABLE_MINUTE] = ", SORT KEY (minute), SHARD KEY (load_id, minute)",
            [FZ_TABLE_HOUR] = ", SORT KEY (hour), SHARD KEY (load_id, hour)",
            [FZ_TABLE_DAY] = ", SORT KEY (day), SHARD KEY (day)",
            [FZ_TABLE_HOST] = ", SORT KEY (hour), SHARD KEY (addr)",
            [FZ_TABLE_HOST_DAY] = ", SORT KEY (day), SHARD KEY (addr)",
            [FZ_TABLE_NAME] = ", PRIMARY KEY (addr, source, name)",
            [FZ_TABLE_EXPORT] = ", PRIMARY KEY (load_id, exporter, domain, version)",
        },
};
