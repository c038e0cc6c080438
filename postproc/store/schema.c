/* Tables, views and statements from column tables and dialects.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Choices that would be dear to change later:
 * - Details are keyed by (load_id, row_no): appended in order, and a load is taken out by its id. MySQL and MariaDB
 * want every column of a partitioning expression in every unique key, so start_us stands at the end of theirs: the
 * table can be cut into daily ranges by ALTER TABLE without touching the rows' order. No secondary index: each would
 * double the time of a load.
 * - Times are integers in microseconds: no time zone, no end in 2038, the same in all stores. Views show them as dates.
 * - Texts that are the same for a whole capture live in the ledger, zones in the dictionary; views join them. The
 * rollup has sensor and location itself: it is small, and read without the ledger. */
#include "schema.h"

#include "text.h"

#include <string.h>

/* SQLite: no function for addresses. Four bytes: each is looked up in the blob of all bytes. */
#define BYTE(n) "instr(d, substr(@, " n ", 1)) - 1"
#define ALL_BYTES                                                                                        \
    "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f" \
    "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"   \
    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"   \
    "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"   \
    "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"   \
    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'"
#define QUAD(a, b, c, e) "printf('%d.%d.%d.%d', " BYTE(a) ", " BYTE(b) ", " BYTE(c) ", " BYTE(e) ")"

/* Sixteen bytes (RFC 5952): groups without leading zeros, a group of zero empty, so that a run of n zero groups is n +
 * 1 colons. The first of the longest runs of two or more becomes '#', then '::'; other zeros come back as '0'. */
#define GROUP(n) "':' || ltrim(substr(h, " n ", 4), '0') || "
#define RUN(colons, n)                                                                                                \
    "WHEN instr(g, '" colons "') THEN substr(g, 1, instr(g, '" colons "') - 1) || '#' || substr(g, instr(g, '" colons \
    "') + " n ") "
#define SQLITE_ADDR                                                                                                \
    "CASE WHEN length(@) = 4 THEN (SELECT " QUAD(                                                                  \
        "1", "2", "3",                                                                                             \
        "4") " FROM (SELECT " ALL_BYTES " AS d)) "                                                                 \
             "WHEN substr(@, 1, 12) = x'00000000000000000000ffff' THEN "                                           \
             "(SELECT '::ffff:' || " QUAD(                                                                         \
                 "13", "14", "15",                                                                                 \
                 "16") " FROM (SELECT " ALL_BYTES " AS d)) "                                                       \
                       "WHEN substr(@, 1, 12) = zeroblob(12) AND substr(@, 13, 2) <> zeroblob(2) THEN "            \
                       "(SELECT '::' || " QUAD(                                                                    \
                           "13", "14", "15",                                                                       \
                           "16") " FROM (SELECT " ALL_BYTES " AS d)) "                                             \
                                 "ELSE (SELECT replace(trim(replace(replace(r, '::', ':0:'), '::', ':0:'), ':'), " \
                                 "'#', '::') FROM (SELECT CASE " RUN(":::::::::", "9") RUN("::::::::", "8")        \
                                     RUN(":::::::", "7") RUN("::::::", "6") RUN(":::::", "5") RUN("::::", "4")     \
                                         RUN(":::", "3") "ELSE g END AS r FROM (SELECT " GROUP("1") GROUP("5")     \
                                             GROUP("9") GROUP("13") GROUP("17") GROUP("21") GROUP("25") GROUP(     \
                                                 "29") "':' AS g FROM (SELECT lower(hex(@)) AS h) LIMIT 1))) END"

/* The fraction, never negative, and the whole seconds below; no step leaves 64 bits. */
#define MICROSECONDS "((@ % 1000000 + 1000000) % 1000000)"
#define SECONDS "(@ / 1000000 - (@ % 1000000 < 0))"
/* strftime() knows the years 0 to 9999, and takes 1 March of the years 100, 200 and 300 for 29 February. Any other time
 * is as one of the years 2000 to 2399: the calendar begins again every 400 years, or 12622780800 seconds. Their number,
 * rounded down, from the year 2000 on, which is 946684800 seconds after 1970. */
#define SPAN "12622780800"
#define SINCE_2000 "(" SECONDS " - 946684800)"
#define SPANS "(" SINCE_2000 " / " SPAN " - (" SINCE_2000 " % " SPAN " < 0))"
#define IN_FIRST_SPAN SECONDS " - " SPANS " * " SPAN
#define SQLITE_TIME                                                                             \
    "CASE WHEN @ BETWEEN 0 AND 253402300799999999 "                                             \
    "THEN strftime('%Y-%m-%d %H:%M:%S', " SECONDS ", 'unixepoch') "                             \
    "ELSE printf('%04d', strftime('%Y', " IN_FIRST_SPAN ", 'unixepoch') + 400 * " SPANS ") || " \
    "strftime('-%m-%d %H:%M:%S', " IN_FIRST_SPAN ", 'unixepoch') END || printf('.%06d', " MICROSECONDS ")"

#define STRING(macro) STRING_(macro)
#define STRING_(text) #text

#define CREATE_TABLE "CREATE TABLE IF NOT EXISTS"
#define CREATE_ALL CREATE_TABLE, CREATE_TABLE, CREATE_TABLE, CREATE_TABLE, CREATE_TABLE

const fz_dialect fz_dialect_sqlite = {
    .name = "SQLite",
    .types =
        {
            [FZ_TYPE_SERIAL] = "INTEGER PRIMARY KEY",
            [FZ_TYPE_ID] = "INTEGER NOT NULL",
            [FZ_TYPE_INT64] = "INTEGER NOT NULL",
            [FZ_TYPE_UINT64] = "INTEGER NOT NULL",
            [FZ_TYPE_UINT32] = "INTEGER NOT NULL",
            [FZ_TYPE_UINT16] = "INTEGER NOT NULL",
            [FZ_TYPE_UINT8] = "INTEGER NOT NULL",
            [FZ_TYPE_TEXT] = "TEXT NOT NULL",
            [FZ_TYPE_LABEL] = "TEXT NOT NULL",
            [FZ_TYPE_DIGEST] = "TEXT NOT NULL",
            [FZ_TYPE_ADDR] = "BLOB NOT NULL",
        },
    .quote = "\"",
    .time = SQLITE_TIME,
    .addr = SQLITE_ADDR,
    .infos = "COALESCE(@.prefix || ', ' || @.number || ', ' || @.name, '')",
    .sum = "SUM(@)",
    .group = "@",
    .view = "CREATE VIEW IF NOT EXISTS",
    /* CROSS JOIN keeps SQLite's planner at "each load, then the range of its rows". */
    .flow_join = "CROSS JOIN fz_flow f ON f.flow_id BETWEEN l.load_id << " STRING(
        FZ_SCHEMA_ROW_BITS) " AND (l.load_id + 1 << " STRING(FZ_SCHEMA_ROW_BITS) ") - 1",
    .flow_id = "flow_id INTEGER PRIMARY KEY, load_id INTEGER GENERATED ALWAYS AS (flow_id >> " STRING(
        FZ_SCHEMA_ROW_BITS) ") VIRTUAL, row_no INTEGER GENERATED ALWAYS AS (flow_id & (1 << " STRING(FZ_SCHEMA_ROW_BITS) ") - 1) VIRTUAL",
    .flow_id_names = "flow_id",
    .flow_id_count = 1,
    .create = {CREATE_ALL},
    .keys =
        {
            [FZ_TABLE_LOAD] = ", UNIQUE (identity)",
            [FZ_TABLE_ZONE] = ", UNIQUE (digest)",
            [FZ_TABLE_HOUR] = ", PRIMARY KEY (load_id, hour, sip_zone, dip_zone, protocol, service_port, part)",
        },
    .after = {[FZ_TABLE_HOUR] = " WITHOUT ROWID"},
};

#define MYSQL_TYPES                                                                                  \
    {                                                                                                \
        [FZ_TYPE_SERIAL] = "BIGINT NOT NULL AUTO_INCREMENT", [FZ_TYPE_ID] = "BIGINT NOT NULL",       \
        [FZ_TYPE_INT64] = "BIGINT NOT NULL", [FZ_TYPE_UINT64] = "BIGINT UNSIGNED NOT NULL",          \
        [FZ_TYPE_UINT32] = "INT UNSIGNED NOT NULL", [FZ_TYPE_UINT16] = "SMALLINT UNSIGNED NOT NULL", \
        [FZ_TYPE_UINT8] = "TINYINT UNSIGNED NOT NULL", [FZ_TYPE_TEXT] = "TEXT NOT NULL",             \
        [FZ_TYPE_LABEL] = "VARCHAR(255) NOT NULL", [FZ_TYPE_DIGEST] = "CHAR(64) NOT NULL",           \
        [FZ_TYPE_ADDR] = "VARBINARY(16) NOT NULL"                                                    \
    }
/* Interval arithmetic on a constant: FROM_UNIXTIME would end in 2038 and follow the session's time zone. */
#define MYSQL_TIME "CAST('1970-01-01 00:00:00' AS DATETIME(6)) + INTERVAL @ MICROSECOND"
/* INET6_NTOA also shortens a single zero group, which RFC 5952 section 4.2.2 forbids: then seven groups are left, with
 * seven colons where "::" stands between them, eight where it stands at an end. No empty literal stands in it: it is
 * NULL to a session of MariaDB's with EMPTY_STRING_IS_NULL. */
#define ADDR(ntoa)                                                                                       \
    "CASE WHEN LENGTH(@) = 4 THEN " ntoa " WHEN " ntoa " LIKE '_%::%_' AND " COLONS(                     \
        ntoa) " = 7 THEN REPLACE(" ntoa ", '::', ':0:') WHEN " ntoa                                      \
              " LIKE '::%' AND " COLONS(ntoa) " = 8 THEN CONCAT('0', SUBSTRING(" ntoa ", 2)) WHEN " ntoa \
                                              " LIKE '%::' AND " COLONS(                                 \
                                                  ntoa) " = 8 THEN CONCAT(TRIM(TRAILING ':' FROM " ntoa  \
                                                        "), ':0') ELSE " ntoa " END"
#define COLONS(ntoa) "LENGTH(REPLACE(" ntoa ", ':', '::')) - LENGTH(" ntoa ")"
/* INET6_NTOA answers in the reader's character set and collation, which the view's own texts may not go with. */
#define MYSQL_ADDR "CONVERT(" ADDR("CONVERT(INET6_NTOA(@) USING ascii)") " USING utf8mb4)"
#define SINGLESTORE_ADDR ADDR("INET6_NTOA(@)")
/* CONCAT takes NULL for an empty text in MariaDB's ORACLE mode. */
#define MYSQL_INFOS \
    "CASE WHEN @.zone_id IS NULL THEN REPEAT(' ', 0) ELSE CONCAT(@.prefix, ', ', @.number, ', ', @.name) END"

/* MariaDB and MySQL, InnoDB. Texts that differ in a byte are different: a binary collation, and one that doesn't pad
 * with blanks, as utf8mb4_bin does. */
#define INNODB_DIALECT(title, collating, grouping)                                                                   \
    {                                                                                                                \
        .name = (title), .types = MYSQL_TYPES, .quote = "`", .time = MYSQL_TIME, .addr = MYSQL_ADDR,                 \
        .infos = MYSQL_INFOS, .sum = "CAST(SUM(@) AS UNSIGNED)",                                                     \
        .view = "CREATE VIEW", /* the store takes "exists" for done */                                               \
            .replace_view = "CREATE OR REPLACE VIEW", .collation = (collating), .view_collation = (collating),       \
        .group = (grouping), .flow_join = "JOIN fz_flow f ON f.load_id = l.load_id",                                 \
        .flow_id = "load_id BIGINT NOT NULL, row_no BIGINT UNSIGNED NOT NULL", .flow_id_names = "load_id, row_no",   \
        .flow_id_count = 2, .create = {CREATE_ALL},                                                                  \
        .keys =                                                                                                      \
            {                                                                                                        \
                [FZ_TABLE_META] = ", PRIMARY KEY (schema_version)",                                                  \
                [FZ_TABLE_LOAD] = ", PRIMARY KEY (load_id), UNIQUE KEY (identity)",                                  \
                [FZ_TABLE_ZONE] = ", PRIMARY KEY (zone_id), UNIQUE KEY (digest)",                                    \
                [FZ_TABLE_FLOW] = ", PRIMARY KEY (load_id, row_no, start_us)",                                       \
                [FZ_TABLE_HOUR] = ", PRIMARY KEY (load_id, hour, sip_zone, dip_zone, protocol, service_port, part)", \
            },                                                                                                       \
        .after = {INNODB, INNODB, INNODB, INNODB, INNODB},                                                           \
    }
#define INNODB " ENGINE=InnoDB"
/* Where all collations pad with blanks: behind a full stop they count. */
#define PADDED_GROUP "@, CONCAT(@, '.')"

const fz_dialect fz_dialect_mariadb = INNODB_DIALECT("MariaDB", "utf8mb4_nopad_bin", "@");
const fz_dialect fz_dialect_mysql = INNODB_DIALECT("MySQL", "utf8mb4_0900_bin", "@");
const fz_dialect fz_dialect_mysql57 = INNODB_DIALECT("MySQL 5.7", "utf8mb4_bin", PADDED_GROUP);

/* Small tables in rowstore, sharded by what makes them unique (a unique key must contain the shard key); details in the
 * columnstore, sorted by time and sharded by (load_id, row_no). A shard key can't be updated: a provisional identity is
 * replaced by deleting the ledger row and inserting it again. */
const fz_dialect fz_dialect_singlestore = {
    .name = "SingleStore",
    .types = MYSQL_TYPES,
    .quote = "`",
    .time = MYSQL_TIME,
    .addr = SINGLESTORE_ADDR,
    .infos = "CASE WHEN @.zone_id IS NULL THEN '' ELSE CONCAT(@.prefix, ', ', @.number, ', ', @.name) END",
    .sum = "CAST(SUM(@) AS UNSIGNED)",
    .view = "CREATE VIEW", /* with neither OR REPLACE nor IF NOT EXISTS: the store takes "exists" for done */
    .collation = "utf8mb4_bin",
    .group = PADDED_GROUP,
    .flow_join = "JOIN fz_flow f ON f.load_id = l.load_id",
    .flow_id = "load_id BIGINT NOT NULL, row_no BIGINT UNSIGNED NOT NULL",
    .flow_id_names = "load_id, row_no",
    .flow_id_count = 2,
    .create =
        {
            [FZ_TABLE_META] = "CREATE ROWSTORE TABLE IF NOT EXISTS",
            [FZ_TABLE_LOAD] = "CREATE ROWSTORE TABLE IF NOT EXISTS",
            [FZ_TABLE_ZONE] = "CREATE ROWSTORE TABLE IF NOT EXISTS",
            [FZ_TABLE_FLOW] = CREATE_TABLE,
            [FZ_TABLE_HOUR] = CREATE_TABLE,
        },
    .keys =
        {
            [FZ_TABLE_META] = ", PRIMARY KEY (schema_version)",
            [FZ_TABLE_LOAD] = ", PRIMARY KEY (identity), KEY (load_id)",
            [FZ_TABLE_ZONE] = ", PRIMARY KEY (digest), KEY (zone_id)",
            [FZ_TABLE_FLOW] =
                ", SORT KEY (start_us), SHARD KEY (load_id, row_no), UNIQUE KEY (load_id, row_no) USING HASH",
            [FZ_TABLE_HOUR] = ", SORT KEY (hour), SHARD KEY (load_id, hour)",
        },
};

/* Fills one '@' template. */
static void append(GString *sql, const char *pattern, const char *subject)
{
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c == '@')
            g_string_append(sql, subject);
        else
            g_string_append_c(sql, *c);
    }
}

/* One line a column: the value's place and the way back. */
#define GET(name, row_type, expression)          \
    static fz_value get_##name(const void *data) \
    {                                            \
        const row_type *row = data;              \
        return expression;                       \
    }
#define NUMBER(value) ((fz_value){.number = (int64_t)(value)})
#define TEXT(value) ((fz_value){.text = (value)})
#define SET(name, statement)                              \
    static void set_##name(fz_loaded *to, fz_value value) \
    {                                                     \
        statement;                                        \
    }

static void replace_text(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value ? value : "");
}

/* The enum value of a name, 0 for one that is not ours. */
static int index_of(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (g_strcmp0(names[i], name) == 0)
            return i;
    }
    return 0;
}

static const char state_complete[] = "complete", state_cut[] = "cut short", state_changed[] = "changed";

static const char *state_of(const fz_totals *totals)
{
    return totals->changed ? state_changed : totals->cut_short ? state_cut : state_complete;
}

GET(identity, fz_load, TEXT(row->identity))
GET(source, fz_load, TEXT(row->run->source))
GET(sensor, fz_load, TEXT(row->run->sensor))
GET(location, fz_load, TEXT(row->run->location))
GET(engine, fz_load, TEXT(fz_engine_names[row->run->engine]))
GET(flow_key, fz_load, TEXT(fz_key_names[row->run->key]))
GET(layers, fz_load, TEXT(fz_layers_names[row->run->layers]))
GET(interval_s, fz_load, NUMBER(row->run->interval_s))
GET(max_flows, fz_load, NUMBER(row->run->max_flows))
GET(vlan, fz_load, NUMBER(row->run->vlan))
GET(display_filter, fz_load, TEXT(row->run->filter))
GET(load_program, fz_load, TEXT(row->run->program))
GET(first_frame_us, fz_load, NUMBER(row->run->first_us))
GET(first_frame_bytes, fz_load, NUMBER(row->run->first_bytes))
GET(capture_bytes, fz_load, NUMBER(row->file.bytes))
GET(capture_written_ns, fz_load, NUMBER(row->file.written_ns))
GET(rows_digest, fz_load, NUMBER(row->file.rows_digest))
GET(counted_frames, fz_load, NUMBER(row->totals.counted.frames))
GET(counted_bytes, fz_load, NUMBER(row->totals.counted.bytes))
GET(not_ip_frames, fz_load, NUMBER(row->totals.not_ip.frames))
GET(not_ip_bytes, fz_load, NUMBER(row->totals.not_ip.bytes))
GET(unparsable_frames, fz_load, NUMBER(row->totals.unparsable.frames))
GET(unparsable_bytes, fz_load, NUMBER(row->totals.unparsable.bytes))
GET(filtered_frames, fz_load, NUMBER(row->totals.filtered.frames))
GET(filtered_bytes, fz_load, NUMBER(row->totals.filtered.bytes))
GET(records, fz_load, NUMBER(row->totals.records))
GET(start_us, fz_load, NUMBER(row->start_us))
GET(end_us, fz_load, NUMBER(row->end_us))
GET(loaded_us, fz_load, NUMBER(row->loaded_us))
GET(state, fz_load, TEXT(state_of(&row->totals)))

SET(source, replace_text(&to->run.source, value.text))
SET(sensor, replace_text(&to->run.sensor, value.text))
SET(location, replace_text(&to->run.location, value.text))
SET(engine, to->run.engine = (fz_engine)index_of(fz_engine_names, G_N_ELEMENTS(fz_engine_names), value.text))
SET(flow_key, to->run.key = (fz_key_kind)index_of(fz_key_names, G_N_ELEMENTS(fz_key_names), value.text))
SET(layers, to->run.layers = (fz_layers)index_of(fz_layers_names, G_N_ELEMENTS(fz_layers_names), value.text))
SET(interval_s, to->run.interval_s = (uint32_t)value.number)
SET(max_flows, to->run.max_flows = (uint64_t)value.number)
SET(vlan, to->run.vlan = value.number != 0)
SET(display_filter, replace_text(&to->run.filter, value.text))
SET(program, replace_text(&to->run.program, value.text))
SET(first_frame_us, to->run.first_us = value.number)
SET(first_frame_bytes, to->run.first_bytes = (uint32_t)value.number)
SET(capture_bytes, to->file.bytes = (uint64_t)value.number)
SET(capture_written_ns, to->file.written_ns = value.number)
SET(rows_digest, to->file.rows_digest = value.number)
SET(counted_frames, to->totals.counted.frames = (uint64_t)value.number)
SET(counted_bytes, to->totals.counted.bytes = (uint64_t)value.number)
SET(not_ip_frames, to->totals.not_ip.frames = (uint64_t)value.number)
SET(not_ip_bytes, to->totals.not_ip.bytes = (uint64_t)value.number)
SET(unparsable_frames, to->totals.unparsable.frames = (uint64_t)value.number)
SET(unparsable_bytes, to->totals.unparsable.bytes = (uint64_t)value.number)
SET(filtered_frames, to->totals.filtered.frames = (uint64_t)value.number)
SET(filtered_bytes, to->totals.filtered.bytes = (uint64_t)value.number)
SET(records, to->totals.records = (uint64_t)value.number)
SET(loaded_us, to->loaded_us = value.number)
SET(state, to->totals.cut_short = g_strcmp0(value.text, state_cut) == 0;
    to->totals.changed = g_strcmp0(value.text, state_changed) == 0)

static const fz_column load_columns[] = {
    {"identity", FZ_TYPE_DIGEST, get_identity, NULL},
    {"source", FZ_TYPE_TEXT, get_source, set_source},
    {"sensor", FZ_TYPE_TEXT, get_sensor, set_sensor},
    {"location", FZ_TYPE_TEXT, get_location, set_location},
    {"engine", FZ_TYPE_LABEL, get_engine, set_engine},
    {"flow_key", FZ_TYPE_LABEL, get_flow_key, set_flow_key},
    {"layers", FZ_TYPE_LABEL, get_layers, set_layers},
    {"interval_s", FZ_TYPE_UINT32, get_interval_s, set_interval_s},
    {"max_flows", FZ_TYPE_UINT64, get_max_flows, set_max_flows},
    {"vlan", FZ_TYPE_UINT8, get_vlan, set_vlan},
    {"display_filter", FZ_TYPE_TEXT, get_display_filter, set_display_filter},
    {"program", FZ_TYPE_TEXT, get_load_program, set_program},
    {"first_frame_us", FZ_TYPE_INT64, get_first_frame_us, set_first_frame_us},
    {"first_frame_bytes", FZ_TYPE_UINT32, get_first_frame_bytes, set_first_frame_bytes},
    {"capture_bytes", FZ_TYPE_UINT64, get_capture_bytes, set_capture_bytes},
    {"counted_frames", FZ_TYPE_UINT64, get_counted_frames, set_counted_frames},
    {"counted_bytes", FZ_TYPE_UINT64, get_counted_bytes, set_counted_bytes},
    {"not_ip_frames", FZ_TYPE_UINT64, get_not_ip_frames, set_not_ip_frames},
    {"not_ip_bytes", FZ_TYPE_UINT64, get_not_ip_bytes, set_not_ip_bytes},
    {"unparsable_frames", FZ_TYPE_UINT64, get_unparsable_frames, set_unparsable_frames},
    {"unparsable_bytes", FZ_TYPE_UINT64, get_unparsable_bytes, set_unparsable_bytes},
    {"filtered_frames", FZ_TYPE_UINT64, get_filtered_frames, set_filtered_frames},
    {"filtered_bytes", FZ_TYPE_UINT64, get_filtered_bytes, set_filtered_bytes},
    {"records", FZ_TYPE_UINT64, get_records, set_records},
    {"start_us", FZ_TYPE_INT64, get_start_us, NULL},
    {"end_us", FZ_TYPE_INT64, get_end_us, NULL},
    {"loaded_us", FZ_TYPE_INT64, get_loaded_us, set_loaded_us},
    {"state", FZ_TYPE_LABEL, get_state, set_state},
    {"capture_written_ns", FZ_TYPE_INT64, get_capture_written_ns, set_capture_written_ns}, /* from version 3 on */
    {"rows_digest", FZ_TYPE_INT64, get_rows_digest, set_rows_digest},
};
/* How many of them, at the end, version 2 did not have. */
enum { NEW_COLUMNS = 2 };

GET(zone_digest, fz_schema_zone, TEXT(row->digest))
GET(zone_location, fz_schema_zone, TEXT(row->zone->location))
GET(zone_prefix, fz_schema_zone, TEXT(row->prefix))
GET(zone_number, fz_schema_zone, TEXT(row->zone->number))
GET(zone_name, fz_schema_zone, TEXT(row->zone->name))

static const fz_column zone_columns[] = {
    {"digest", FZ_TYPE_DIGEST, get_zone_digest, NULL}, {"location", FZ_TYPE_LABEL, get_zone_location, NULL},
    {"prefix", FZ_TYPE_LABEL, get_zone_prefix, NULL},  {"number", FZ_TYPE_LABEL, get_zone_number, NULL},
    {"name", FZ_TYPE_LABEL, get_zone_name, NULL},
};

GET(hour, fz_schema_hour, NUMBER(row->hour->hour))
GET(hour_sensor, fz_schema_hour, TEXT(row->run->sensor))
GET(hour_location, fz_schema_hour, TEXT(row->run->location))
GET(hour_sip_zone, fz_schema_hour, NUMBER(row->hour->zone[FZ_INITIATOR]))
GET(hour_dip_zone, fz_schema_hour, NUMBER(row->hour->zone[FZ_RESPONDER]))
GET(hour_protocol, fz_schema_hour, NUMBER(row->hour->protocol))
GET(hour_service_port, fz_schema_hour, NUMBER(row->hour->service_port))
GET(hour_part, fz_schema_hour, NUMBER(row->hour->part))
GET(hour_flows, fz_schema_hour, NUMBER(row->hour->flows))
GET(hour_sip_packets, fz_schema_hour, NUMBER(row->hour->packets[FZ_INITIATOR]))
GET(hour_dip_packets, fz_schema_hour, NUMBER(row->hour->packets[FZ_RESPONDER]))
GET(hour_sip_bytes, fz_schema_hour, NUMBER(row->hour->bytes[FZ_INITIATOR]))
GET(hour_dip_bytes, fz_schema_hour, NUMBER(row->hour->bytes[FZ_RESPONDER]))
GET(hour_sip_ip_bytes, fz_schema_hour, NUMBER(row->hour->ip_bytes[FZ_INITIATOR]))
GET(hour_dip_ip_bytes, fz_schema_hour, NUMBER(row->hour->ip_bytes[FZ_RESPONDER]))

static const fz_column hour_columns[] = {
    {"hour", FZ_TYPE_INT64, get_hour, NULL},
    {"sensor", FZ_TYPE_TEXT, get_hour_sensor, NULL},
    {"location", FZ_TYPE_TEXT, get_hour_location, NULL},
    {"sip_zone", FZ_TYPE_UINT32, get_hour_sip_zone, NULL},
    {"dip_zone", FZ_TYPE_UINT32, get_hour_dip_zone, NULL},
    {"protocol", FZ_TYPE_UINT8, get_hour_protocol, NULL},
    {"service_port", FZ_TYPE_UINT16, get_hour_service_port, NULL},
    {"part", FZ_TYPE_UINT32, get_hour_part, NULL},
    {"flows", FZ_TYPE_UINT64, get_hour_flows, NULL},
    {"sip_packets", FZ_TYPE_UINT64, get_hour_sip_packets, NULL},
    {"dip_packets", FZ_TYPE_UINT64, get_hour_dip_packets, NULL},
    {"sip_bytes", FZ_TYPE_UINT64, get_hour_sip_bytes, NULL},
    {"dip_bytes", FZ_TYPE_UINT64, get_hour_dip_bytes, NULL},
    {"sip_ip_bytes", FZ_TYPE_UINT64, get_hour_sip_ip_bytes, NULL},
    {"dip_ip_bytes", FZ_TYPE_UINT64, get_hour_dip_ip_bytes, NULL},
};

/* What made the tables, and which views stand beside them. */
#define VIEWS_MARK " (views "
#define PROGRAM "flowzone " FZ_VERSION VIEWS_MARK STRING(FZ_SCHEMA_VIEWS) ")"

static fz_value get_schema_version(const void *data)
{
    (void)data;
    return NUMBER(FZ_SCHEMA_VERSION);
}

static fz_value get_program(const void *data)
{
    (void)data;
    return TEXT(PROGRAM);
}

static const fz_column meta_columns[] = {
    {"schema_version", FZ_TYPE_UINT32, get_schema_version, NULL},
    {"program", FZ_TYPE_LABEL, get_program, NULL},
};

/* What a table has: the id that the store hands out or binds itself, and the columns behind it. */
static const struct {
    const char *name, *id;
    fz_type id_type;
    const fz_column *columns;
    size_t count;
} tables[FZ_TABLE_COUNT] = {
    [FZ_TABLE_META] = {"fz_meta", NULL, FZ_TYPE_ID, meta_columns, G_N_ELEMENTS(meta_columns)},
    [FZ_TABLE_LOAD] = {"fz_load", "load_id", FZ_TYPE_SERIAL, load_columns, G_N_ELEMENTS(load_columns)},
    [FZ_TABLE_ZONE] = {"fz_zone", "zone_id", FZ_TYPE_SERIAL, zone_columns, G_N_ELEMENTS(zone_columns)},
    [FZ_TABLE_FLOW] = {"fz_flow", NULL, FZ_TYPE_ID, NULL, 0},
    [FZ_TABLE_HOUR] = {"fz_hour", "load_id", FZ_TYPE_ID, hour_columns, G_N_ELEMENTS(hour_columns)},
};

const char *fz_schema_table_name(fz_table table)
{
    return tables[table].name;
}

const fz_column *fz_schema_columns(fz_table table, size_t *count)
{
    *count = tables[table].count;
    return tables[table].columns;
}

void fz_schema_zone_init(fz_schema_zone *row, const fz_zone *zone)
{
    const char *const texts[] = {zone->location, row->prefix, zone->number, zone->name};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    row->zone = zone;
    fz_prefix_print(&zone->prefix, row->prefix);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_checksum_update(checksum, (const guchar *)texts[i], (gssize)strlen(texts[i]) + 1);
    g_strlcpy(row->digest, g_checksum_get_string(checksum), sizeof row->digest);
}

const fz_field *const *fz_schema_fields(size_t *count)
{
    static const fz_field **fields;
    static size_t stored;

    if (g_once_init_enter(&fields)) {
        const fz_field **list = g_new0(const fz_field *, fz_field_count);
        for (size_t i = 0; i < fz_field_count; i++) {
            if (fz_fields[i].column != NULL)
                list[stored++] = &fz_fields[i];
        }
        g_once_init_leave(&fields, list);
    }
    *count = stored;
    return fields;
}

fz_type fz_schema_field_type(const fz_field *field)
{
    switch (field->kind) {
    case FZ_FIELD_TIME:
        return FZ_TYPE_INT64;
    case FZ_FIELD_ADDR:
        return FZ_TYPE_ADDR;
    case FZ_FIELD_ZONE:
        return FZ_TYPE_UINT32;
    case FZ_FIELD_UINT:
        return field->size == 1   ? FZ_TYPE_UINT8
               : field->size == 2 ? FZ_TYPE_UINT16
               : field->size == 4 ? FZ_TYPE_UINT32
                                  : FZ_TYPE_UINT64;
    default:
        return FZ_TYPE_TEXT;
    }
}

static void append_column(GString *sql, const fz_dialect *dialect, const char *name, fz_type type)
{
    g_string_append_printf(sql, "%s%s %s", g_str_has_suffix(sql->str, "(") ? "" : ", ", name, dialect->types[type]);
}

static char *create_table(const fz_dialect *dialect, fz_table table)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s %s (", dialect->create[table], tables[table].name);
    if (tables[table].id)
        append_column(sql, dialect, tables[table].id, tables[table].id_type);
    for (size_t i = 0; i < tables[table].count; i++)
        append_column(sql, dialect, tables[table].columns[i].name, tables[table].columns[i].type);
    if (table == FZ_TABLE_FLOW) {
        size_t count;
        const fz_field *const *fields = fz_schema_fields(&count);
        g_string_append(sql, dialect->flow_id);
        for (size_t i = 0; i < count; i++)
            append_column(sql, dialect, fields[i]->column, fz_schema_field_type(fields[i]));
    }
    g_string_append_printf(sql, "%s)%s", dialect->keys[table] ? dialect->keys[table] : "",
                           dialect->after[table] ? dialect->after[table] : "");
    if (dialect->collation)
        g_string_append_printf(sql, " DEFAULT CHARACTER SET utf8mb4 COLLATE %s", dialect->collation);
    return g_string_free(sql, FALSE);
}

/* How a text of a view compares. Said outright, so that it goes with columns of every other collation, and in tables
 * that an older flowzone made. */
static void append_collation(GString *sql, const fz_dialect *dialect)
{
    if (dialect->view_collation)
        g_string_append_printf(sql, " COLLATE %s", dialect->view_collation);
}

static void append_text(GString *sql, const fz_dialect *dialect, const char *column)
{
    g_string_append(sql, column);
    append_collation(sql, dialect);
}

static void append_addr(GString *sql, const fz_dialect *dialect, const char *column)
{
    append(sql, dialect->addr, column);
    append_collation(sql, dialect);
}

static void append_infos(GString *sql, const fz_dialect *dialect, const char *alias)
{
    append(sql, dialect->infos, alias);
    append_collation(sql, dialect);
}

/* A field as CSV shows it, out of fz_flow f, fz_load l and the zones of its ends, fz_zone sip_zone and dip_zone. */
static void append_field(GString *sql, const fz_dialect *dialect, const fz_field *field)
{
    g_autofree char *column = field->column ? g_strconcat("f.", field->column, NULL) : NULL;

    switch (field->kind) {
    case FZ_FIELD_TIME:
        append(sql, dialect->time, column);
        break;
    case FZ_FIELD_ADDR:
        append_addr(sql, dialect, column);
        break;
    case FZ_FIELD_UINT:
        g_string_append(sql, column);
        break;
    case FZ_FIELD_SUM:
        g_string_append_printf(sql, "f.sip_%s + f.dip_%s", field->name, field->name);
        break;
    case FZ_FIELD_ZONE:
        append_infos(sql, dialect, field->column);
        break;
    case FZ_FIELD_SENSOR:
        append_text(sql, dialect, "l.sensor");
        break;
    case FZ_FIELD_SOURCE:
        append_text(sql, dialect, "l.source");
        break;
    case FZ_FIELD_LOCATION:
        append_text(sql, dialect, "l.location");
        break;
    }
    g_string_append_printf(sql, " AS %s%s%s", dialect->quote, field->name, dialect->quote);
}

#define ZONE_JOINS(table)                                                  \
    " LEFT JOIN fz_zone sip_zone ON sip_zone.zone_id = " table ".sip_zone" \
    " LEFT JOIN fz_zone dip_zone ON dip_zone.zone_id = " table ".dip_zone"

/* The rows that `flowzone cat` prints, column by column. */
static char *create_netflow_table(const fz_dialect *dialect, const char *create)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s netflow_table AS SELECT ", create);
    for (size_t i = 0; i < fz_field_count; i++) {
        g_string_append(sql, i ? ", " : "");
        append_field(sql, dialect, &fz_fields[i]);
    }
    g_string_append_printf(sql, " FROM fz_load l %s" ZONE_JOINS("f"), dialect->flow_join);
    return g_string_free(sql, FALSE);
}

/* Both ends of every conversation: what the one sent, the other received. An address that talks to itself does both, in
 * one flow. The same private address in two locations is two hosts, so a talker is an address in a location. */
static char *create_talkers(const fz_dialect *dialect, const char *create)
{
    static const char *const sums[] = {"flows", "packets_sent", "packets_received", "bytes_sent", "bytes_received"};
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s fz_talkers AS SELECT ", create);
    append_addr(sql, dialect, "t.addr");
    g_string_append(sql, " AS ip, ");
    append_text(sql, dialect, "t.location");
    g_string_append(sql, " AS location, ");
    append_infos(sql, dialect, "z");
    g_string_append(sql, " AS infos");
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++)
        g_string_append_printf(sql, ", t.%s AS %s", sums[i], sums[i]);
    g_string_append(sql, " FROM (SELECT location, addr, zone");
    for (size_t i = 0; i < G_N_ELEMENTS(sums); i++) {
        g_string_append(sql, ", ");
        append(sql, dialect->sum, sums[i]);
        g_string_append_printf(sql, " AS %s", sums[i]);
    }
    g_string_append(sql, " FROM (SELECT ");
    append_text(sql, dialect, "l.location");
    g_string_append_printf(sql,
                           " AS location, f.sip AS addr, f.sip_zone AS zone, 1 AS flows, "
                           "f.sip_packets AS packets_sent, f.dip_packets AS packets_received, "
                           "f.sip_bytes AS bytes_sent, f.dip_bytes AS bytes_received FROM fz_load l %s "
                           "UNION ALL SELECT ",
                           dialect->flow_join);
    append_text(sql, dialect, "l.location");
    g_string_append_printf(sql,
                           ", f.dip, f.dip_zone, f.dip <> f.sip, f.dip_packets, "
                           "f.sip_packets, f.dip_bytes, f.sip_bytes FROM fz_load l %s) e "
                           "GROUP BY addr, zone, ",
                           dialect->flow_join);
    append(sql, dialect->group, "location");
    g_string_append(sql, ") t LEFT JOIN fz_zone z ON z.zone_id = t.zone");
    return g_string_free(sql, FALSE);
}

/* The rollup for charts: time and zones in words. */
static char *create_hours(const fz_dialect *dialect, const char *create)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s fz_hours AS SELECT ", create);
    append(sql, dialect->time, "(h.hour * 1000000)");
    g_string_append(sql, " AS time, ");
    append_text(sql, dialect, "h.sensor");
    g_string_append(sql, " AS sensor, ");
    append_text(sql, dialect, "h.location");
    g_string_append(sql, " AS location, ");
    append_infos(sql, dialect, "sip_zone");
    g_string_append(sql, " AS sip_infos, ");
    append_infos(sql, dialect, "dip_zone");
    g_string_append(sql, " AS dip_infos, h.protocol AS protocol, h.service_port AS service_port, h.flows AS flows, "
                         "h.sip_packets + h.dip_packets AS packets, h.sip_bytes + h.dip_bytes AS bytes, "
                         "h.sip_ip_bytes + h.dip_ip_bytes AS ip_bytes FROM fz_hour h" ZONE_JOINS("h"));
    return g_string_free(sql, FALSE);
}

static const struct {
    const char *name;
    char *(*create)(const fz_dialect *dialect, const char *create);
} views[] = {
    {"netflow_table", create_netflow_table},
    {"fz_talkers", create_talkers},
    {"fz_hours", create_hours},
};

char **fz_schema_ddl(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    for (fz_table table = 0; table < FZ_TABLE_COUNT; table++)
        g_ptr_array_add(statements, create_table(dialect, table));
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++)
        g_ptr_array_add(statements, views[i].create(dialect, dialect->view));
    g_ptr_array_add(statements, NULL);
    return (char **)g_ptr_array_free(statements, FALSE);
}

char **fz_schema_add_columns(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    for (size_t i = G_N_ELEMENTS(load_columns) - NEW_COLUMNS; i < G_N_ELEMENTS(load_columns); i++)
        g_ptr_array_add(statements, g_strdup_printf("ALTER TABLE fz_load ADD COLUMN %s %s DEFAULT 0",
                                                    load_columns[i].name, dialect->types[load_columns[i].type]));
    g_ptr_array_add(statements, NULL);
    return (char **)g_ptr_array_free(statements, FALSE);
}

/* No UPDATE: SingleStore changes no key. */
const char *const fz_schema_renumber[2] = {
    "INSERT INTO fz_meta (schema_version, program) SELECT " STRING(
        FZ_SCHEMA_VERSION) ", program FROM fz_meta WHERE schema_version = " STRING(FZ_SCHEMA_VERSION_BEFORE),
    "DELETE FROM fz_meta WHERE schema_version = " STRING(FZ_SCHEMA_VERSION_BEFORE),
};

char **fz_schema_upgrade(const fz_dialect *dialect)
{
    GPtrArray *statements = g_ptr_array_new();

    for (fz_table table = 0; dialect->view_collation && table < FZ_TABLE_COUNT; table++) {
        if (table != FZ_TABLE_FLOW) /* has no texts, and is large */
            g_ptr_array_add(statements, g_strdup_printf("ALTER TABLE %s CONVERT TO CHARACTER SET utf8mb4 COLLATE %s",
                                                        tables[table].name, dialect->collation));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++) {
        if (!dialect->replace_view)
            g_ptr_array_add(statements, g_strconcat("DROP VIEW IF EXISTS ", views[i].name, NULL));
        g_ptr_array_add(statements,
                        views[i].create(dialect, dialect->replace_view ? dialect->replace_view : dialect->view));
    }
    g_ptr_array_add(statements, g_strdup("UPDATE fz_meta SET program = '" PROGRAM "'"));
    g_ptr_array_add(statements, NULL);
    return (char **)g_ptr_array_free(statements, FALSE);
}

bool fz_schema_is_old(const char *program)
{
    const char *mark = program ? strstr(program, VIEWS_MARK) : NULL;

    return mark == NULL || g_ascii_strtoull(mark + strlen(VIEWS_MARK), NULL, 10) < FZ_SCHEMA_VIEWS;
}

/* Names, separated by commas, and how many. */
static GString *column_names(const fz_dialect *dialect, fz_table table, bool with_id, size_t *names)
{
    GString *list = g_string_new(NULL);
    size_t count;

    *names = 0;
    if (table == FZ_TABLE_FLOW) {
        const fz_field *const *fields = fz_schema_fields(&count);
        g_string_append(list, dialect->flow_id_names);
        *names = dialect->flow_id_count + count;
        for (size_t i = 0; i < count; i++)
            g_string_append_printf(list, ", %s", fields[i]->column);
        return list;
    }
    if (tables[table].id && (with_id || tables[table].id_type != FZ_TYPE_SERIAL)) {
        g_string_append(list, tables[table].id);
        ++*names;
    }
    for (size_t i = 0; i < tables[table].count; i++, ++*names)
        g_string_append_printf(list, "%s%s", *names ? ", " : "", tables[table].columns[i].name);
    return list;
}

static char *insert(const fz_dialect *dialect, fz_table table, bool with_id)
{
    size_t count;
    g_autoptr(GString) names = column_names(dialect, table, with_id, &count);
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "INSERT INTO %s (%s) VALUES (", tables[table].name, names->str);
    for (size_t i = 0; i < count; i++)
        g_string_append(sql, i ? ", ?" : "?");
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

char *fz_schema_insert(const fz_dialect *dialect, fz_table table)
{
    return insert(dialect, table, false);
}

char *fz_schema_insert_id(const fz_dialect *dialect, fz_table table)
{
    return insert(dialect, table, true);
}

char *fz_schema_column_list(const fz_dialect *dialect, fz_table table)
{
    size_t count;

    return g_string_free(column_names(dialect, table, false, &count), FALSE);
}

char *fz_schema_finish(const fz_dialect *dialect)
{
    GString *sql = g_string_new("UPDATE fz_load SET ");

    (void)dialect;
    for (size_t i = 0; i < G_N_ELEMENTS(load_columns); i++)
        g_string_append_printf(sql, "%s%s = ?", i ? ", " : "", load_columns[i].name);
    g_string_append(sql, " WHERE load_id = ?");
    return g_string_free(sql, FALSE);
}

char *fz_schema_find(const fz_dialect *dialect)
{
    size_t count;
    g_autoptr(GString) names = column_names(dialect, FZ_TABLE_LOAD, true, &count);

    return g_strdup_printf("SELECT %s FROM fz_load WHERE identity = ?", names->str);
}

char *fz_schema_recent(int64_t before, size_t most)
{
    return g_strdup_printf(
        "SELECT load_id, identity, CASE WHEN sensor = ? AND display_filter = ? THEN source END, "
        "capture_bytes, capture_written_ns, first_frame_us, state FROM fz_load WHERE load_id < %" G_GINT64_FORMAT
        " ORDER BY load_id DESC LIMIT %" G_GSIZE_FORMAT,
        before, most);
}

fz_load_brief fz_schema_brief(const fz_value cells[FZ_SCHEMA_BRIEF])
{
    return (fz_load_brief){
        .load_id = cells[0].number,
        .identity = cells[1].text ? cells[1].text : "",
        .source = cells[2].text,
        .file = {.bytes = (uint64_t)cells[3].number, .written_ns = cells[4].number},
        .first_us = cells[5].number,
        .whole = g_strcmp0(cells[6].text, state_complete) == 0,
    };
}

char *fz_schema_set_file(int64_t load_id, const fz_load_file *file)
{
    return g_strdup_printf("UPDATE fz_load SET capture_bytes = %" G_GUINT64_FORMAT
                           ", capture_written_ns = %" G_GINT64_FORMAT ", rows_digest = %" G_GINT64_FORMAT
                           " WHERE load_id = %" G_GINT64_FORMAT,
                           file->bytes, file->written_ns, file->rows_digest, load_id);
}

bool fz_schema_check(const char *where, size_t rows, int64_t version, const char *program, GError **error)
{
    if (rows == 1 && (version == FZ_SCHEMA_VERSION || version == FZ_SCHEMA_VERSION_BEFORE))
        return true;
    g_autofree char *shown = program ? fz_text_table(program) : NULL;
    if (rows == 1)
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                    "%s: schema version %" G_GINT64_FORMAT ", made by %s; this is flowzone " FZ_VERSION
                    ", which knows version %u",
                    where, version, shown ? shown : "an unknown program", FZ_SCHEMA_VERSION);
    else
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_SCHEMA,
                    "%s: has tables of flowzone's names, but not one schema version in fz_meta (%" G_GSIZE_FORMAT
                    " rows): is it another program's?",
                    where, rows);
    return false;
}
