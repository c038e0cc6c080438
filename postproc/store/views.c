/* The views: which columns they show, and how.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A view of rows of captures reads the ledger first: a condition on capture_start_us, capture_end_us or day_no then
 * reads only the rows of those captures. Rows of many loads show the hour or day that they are of as their capture. */
#include "views_private.h"

#include "derived.h"

#include <string.h>

/* How a view shows a column. */
typedef enum show {
    SHOW_AS_IS,   /* an expression: a number */
    SHOW_TEXT,    /* a text of a table */
    SHOW_OF_LOAD, /* the same, of one load: empty where the row is of many */
    SHOW_DERIVED, /* a derived column, "r.date" */
    SHOW_ADDR,    /* an address, which may be NULL */
    SHOW_MAC,     /* likewise */
    SHOW_INFOS,   /* the join of fz_zone with this alias: "prefix, number, name" */
    SHOW_ZONE,    /* the same: its name */
    SHOW_NANOSECONDS,
} show;

typedef struct view_column {
    const char *name;
    show how;
    const char *from;
} view_column;

/* What the rows r of an arm are joined to. */
typedef enum arm_join {
    JOIN_NOTHING,
    JOIN_LEDGER, /* their load l, which is read first */
    JOIN_PART,   /* the load l that is their part */
} arm_join;

/* One SELECT of a view: of the ledger l and a table r, or of that table alone, and of the zones of its columns. */
typedef struct view_arm {
    fz_table table;
    arm_join join;
    const char *where; /* NULL: all rows */
    const char *zones[2];
    const view_column *columns;
    size_t count;
} view_arm;

void fz_views_append_collation(GString *sql, const fz_dialect *dialect)
{
    if (dialect->view_collation)
        g_string_append_printf(sql, " COLLATE %s", dialect->view_collation);
}

void fz_views_append_text(GString *sql, const fz_dialect *dialect, const char *pattern, const char *subject)
{
    fz_template_append(sql, pattern, subject);
    fz_views_append_collation(sql, dialect);
}

static void append_if_known(GString *sql, const fz_dialect *dialect, const char *pattern, const char *column)
{
    g_string_append_printf(sql, "CASE WHEN %s IS NOT NULL THEN ", column);
    fz_template_append(sql, pattern, column);
    g_string_append(sql, " END");
    fz_views_append_collation(sql, dialect);
}

/* "l.date" is of the ledger, "r.date" of the arm's table. */
static void append_derived(GString *sql, const fz_dialect *dialect, fz_table table, const char *from)
{
    const char alias[] = {from[0], '\0'};

    fz_derived_append(sql, dialect, from[0] == 'l' ? FZ_TABLE_LOAD : table, alias, from + 2);
}

static void append_nanoseconds(GString *sql, const fz_dialect *dialect, const char *column)
{
    g_autoptr(GString) time = g_string_new(NULL);
    fz_template_append(time, dialect->time, column);
    fz_views_append_text(sql, dialect, dialect->nanoseconds, time->str);
}

void fz_views_append_name(GString *sql, const fz_dialect *dialect, const char *name)
{
    g_string_append_printf(sql, " AS %s%s%s", dialect->quote, name, dialect->quote);
}

static void append_shown(GString *sql, const fz_dialect *dialect, fz_table table, const view_column *column)
{
    switch (column->how) {
    case SHOW_AS_IS:
        g_string_append(sql, column->from);
        break;
    case SHOW_TEXT:
        fz_views_append_text(sql, dialect, "@", column->from);
        break;
    case SHOW_OF_LOAD:
        g_string_append_printf(sql, "CASE WHEN r.load_id = 0 THEN %s ELSE %s END", dialect->empty, column->from);
        fz_views_append_collation(sql, dialect);
        break;
    case SHOW_DERIVED:
        append_derived(sql, dialect, table, column->from);
        break;
    case SHOW_ADDR:
        append_if_known(sql, dialect, dialect->addr, column->from);
        break;
    case SHOW_MAC:
        append_if_known(sql, dialect, dialect->mac, column->from);
        break;
    case SHOW_INFOS:
        fz_views_append_text(sql, dialect, dialect->infos, column->from);
        break;
    case SHOW_ZONE:
        fz_views_append_text(sql, dialect, dialect->zone_name, column->from);
        break;
    case SHOW_NANOSECONDS:
        append_nanoseconds(sql, dialect, column->from);
        break;
    }
    fz_views_append_name(sql, dialect, column->name);
}

static void append_zones(GString *sql, const view_arm *arm)
{
    for (size_t i = 0; i < G_N_ELEMENTS(arm->zones) && arm->zones[i]; i++)
        g_string_append_printf(sql, " LEFT JOIN fz_zone %s ON %s.zone_id = r.%s", arm->zones[i], arm->zones[i],
                               arm->zones[i]);
}

static void append_from(GString *sql, const fz_dialect *dialect, const view_arm *arm)
{
    const char *table = fz_tables[arm->table].name;

    if (arm->join == JOIN_LEDGER && fz_table_is_of_rows(arm->table)) {
        g_string_append(sql, " FROM fz_load l ");
        fz_template_append(sql, dialect->row_join, table + strlen("fz_"));
    } else if (arm->join == JOIN_LEDGER) {
        g_string_append_printf(sql, " FROM fz_load l %s %s r ON r.load_id = l.load_id", dialect->ledger_join, table);
    } else if (arm->join == JOIN_PART) {
        g_string_append_printf(sql, " FROM %s r %s fz_load l ON l.load_id = r.part", table, dialect->ledger_join);
    } else {
        g_string_append_printf(sql, " FROM %s %c", table, arm->table == FZ_TABLE_LOAD ? 'l' : 'r');
    }
    append_zones(sql, arm);
    if (arm->where)
        g_string_append_printf(sql, " WHERE %s", arm->where);
}

static void append_columns(GString *sql, const fz_dialect *dialect, const view_arm *arm)
{
    for (size_t i = 0; i < arm->count; i++) {
        if (!g_str_has_suffix(sql->str, "SELECT "))
            g_string_append(sql, ", ");
        append_shown(sql, dialect, arm->table, &arm->columns[i]);
    }
}

static void append_arm(GString *sql, const fz_dialect *dialect, const view_arm *arm)
{
    g_string_append(sql, "SELECT ");
    append_columns(sql, dialect, arm);
    append_from(sql, dialect, arm);
}

static char *create_of_arm(const fz_dialect *dialect, const char *create, const char *name, const view_arm *arm)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s %s AS ", create, name);
    append_arm(sql, dialect, arm);
    return g_string_free(sql, FALSE);
}

/* clang-format off */
#define COLUMNS(of) (of), G_N_ELEMENTS(of)

/* Of the capture, by which a query finds its rows. */
#define CAPTURE                                     \
    {"capture_start_us", SHOW_AS_IS, "l.start_us"}, \
    {"capture_end_us", SHOW_AS_IS, "l.end_us"},     \
    {"day", SHOW_DERIVED, "l.date"},                \
    {"day_no", SHOW_AS_IS, "l.day"},                \
    {"load_id", SHOW_AS_IS, "l.load_id"}

/* After the fields. */
static const view_column flow_columns[] = {
    {"start_us", SHOW_AS_IS, "r.start_us"},
    {"end_us", SHOW_AS_IS, "r.end_us"},
    {"start_s", SHOW_DERIVED, "r.start_s"},
    {"end_s", SHOW_DERIVED, "r.end_s"},
    {"duration_us", SHOW_DERIVED, "r.duration_us"},
    {"sip_zone_name", SHOW_ZONE, "sip_zone"},
    {"dip_zone_name", SHOW_ZONE, "dip_zone"},
    CAPTURE,
    {"row_no", SHOW_AS_IS, "r.row_no"},
};

static const view_column packet_columns[] = {
    {"frame_number", SHOW_AS_IS, "r.frame"},
    {"frame_time", SHOW_NANOSECONDS, "r.time_us"},
    {"frame_time_epoch", SHOW_DERIVED, "r.time_s"},
    {"ip_len", SHOW_AS_IS, "r.ip_bytes"},
    {"eth_src", SHOW_MAC, "r.eth_src"},
    {"eth_dst", SHOW_MAC, "r.eth_dst"},
    {"ip_src", SHOW_ADDR, "r.ip_src"},
    {"ip_dst", SHOW_ADDR, "r.ip_dst"},
    {"ip_proto", SHOW_AS_IS, "r.protocol"},
    {"sport", SHOW_AS_IS, "r.sport"},
    {"dport", SHOW_AS_IS, "r.dport"},
    {"tcp_flags", SHOW_AS_IS, "r.tcp_flags"},
    {"vlan", SHOW_AS_IS, "r.vlan"},
    {"frame_len", SHOW_AS_IS, "r.bytes"},
    {"location", SHOW_TEXT, "l.location"},
    {"src_infos", SHOW_INFOS, "src_zone"},
    {"dst_infos", SHOW_INFOS, "dst_zone"},
    {"sensor", SHOW_TEXT, "l.sensor"},
    {"source", SHOW_TEXT, "l.source"},
    {"src_zone_name", SHOW_ZONE, "src_zone"},
    {"dst_zone_name", SHOW_ZONE, "dst_zone"},
    {"time_us", SHOW_AS_IS, "r.time_us"},
    {"time_ns", SHOW_AS_IS, "r.time_ns"},
    CAPTURE,
    {"row_no", SHOW_AS_IS, "r.row_no"},
};

/* Of both arms of fz_minutes, whose rows a server may write into a table of its own: numbers alone, since texts would
 * make that table one on disk. `place` is a load that has their texts. */
#define MINUTE                                \
    {"minute", SHOW_AS_IS, "r.minute"},       \
    {"from_zone", SHOW_AS_IS, "r.from_zone"}, \
    {"to_zone", SHOW_AS_IS, "r.to_zone"},     \
    {"place", SHOW_AS_IS, "l.load_id"},       \
    {"packets", SHOW_AS_IS, "r.packets"},     \
    {"bytes", SHOW_AS_IS, "r.bytes"}

static const view_column load_minute_columns[] = {MINUTE, CAPTURE};

static const view_column merged_minute_columns[] = {
    MINUTE,
    {"capture_start_us", SHOW_AS_IS, "r.minute * 1000000"},
    {"capture_end_us", SHOW_AS_IS, "r.minute * 1000000 + 59999999"},
    {"day", SHOW_DERIVED, "r.date"},
    {"day_no", SHOW_DERIVED, "r.day"},
    {"load_id", SHOW_AS_IS, "r.load_id"},
};

/* What a view shows of its arms r as they have it. */
#define CAPTURE_OF_ARM                              \
    {"capture_start_us", SHOW_AS_IS, "r.capture_start_us"}, \
    {"capture_end_us", SHOW_AS_IS, "r.capture_end_us"},     \
    {"day", SHOW_AS_IS, "r.day"},                           \
    {"day_no", SHOW_AS_IS, "r.day_no"},                     \
    {"load_id", SHOW_AS_IS, "r.load_id"}

/* Of the arms r, and of the loads l that have their texts. */
static const view_column minute_columns[] = {
    {"minute", SHOW_DERIVED, "r.time"},
    {"from_infos", SHOW_INFOS, "from_zone"},
    {"to_infos", SHOW_INFOS, "to_zone"},
    {"location", SHOW_TEXT, "l.location"},
    {"packets", SHOW_AS_IS, "r.packets"},
    {"bytes", SHOW_AS_IS, "r.bytes"},
    {"sensor", SHOW_TEXT, "l.sensor"},
    {"source", SHOW_OF_LOAD, "l.source"},
    {"from_zone_name", SHOW_ZONE, "from_zone"},
    {"to_zone_name", SHOW_ZONE, "to_zone"},
    {"minute_s", SHOW_AS_IS, "r.minute"},
    CAPTURE_OF_ARM,
};

/* Of the arms of fz_hours and fz_days likewise. */
#define SUMS                                        \
    {"sip_zone", SHOW_AS_IS, "r.sip_zone"},         \
    {"dip_zone", SHOW_AS_IS, "r.dip_zone"},         \
    {"protocol", SHOW_AS_IS, "r.protocol"},         \
    {"part", SHOW_AS_IS, "r.part"},                 \
    {"flows", SHOW_AS_IS, "r.flows"},               \
    {"packets", SHOW_DERIVED, "r.packets"},         \
    {"bytes", SHOW_DERIVED, "r.bytes"},             \
    {"ip_bytes", SHOW_DERIVED, "r.ip_bytes"},       \
    {"sip_packets", SHOW_AS_IS, "r.sip_packets"},   \
    {"dip_packets", SHOW_AS_IS, "r.dip_packets"},   \
    {"sip_bytes", SHOW_AS_IS, "r.sip_bytes"},       \
    {"dip_bytes", SHOW_AS_IS, "r.dip_bytes"}

#define HOUR {"hour", SHOW_AS_IS, "r.hour"}, {"service_port", SHOW_AS_IS, "r.service_port"}, SUMS

static const view_column load_hour_columns[] = {HOUR, CAPTURE};

static const view_column merged_hour_columns[] = {
    HOUR,
    {"capture_start_us", SHOW_AS_IS, "r.hour * 1000000"},
    {"capture_end_us", SHOW_AS_IS, "r.hour * 1000000 + 3599999999"},
    {"day", SHOW_DERIVED, "r.date"},
    {"day_no", SHOW_DERIVED, "r.day"},
    {"load_id", SHOW_AS_IS, "r.load_id"},
};

/* What a view shows of such sums. */
#define SHOWN_SUMS                                \
    {"flows", SHOW_AS_IS, "r.flows"},             \
    {"packets", SHOW_AS_IS, "r.packets"},         \
    {"bytes", SHOW_AS_IS, "r.bytes"},             \
    {"ip_bytes", SHOW_AS_IS, "r.ip_bytes"},       \
    {"sip_packets", SHOW_AS_IS, "r.sip_packets"}, \
    {"dip_packets", SHOW_AS_IS, "r.dip_packets"}, \
    {"sip_bytes", SHOW_AS_IS, "r.sip_bytes"},     \
    {"dip_bytes", SHOW_AS_IS, "r.dip_bytes"},     \
    {"sip_zone_name", SHOW_ZONE, "sip_zone"},     \
    {"dip_zone_name", SHOW_ZONE, "dip_zone"}

/* Of the arms r, and of the rows h of fz_hour that they are of. */
static const view_column hour_columns[] = {
    {"time", SHOW_DERIVED, "r.time"},
    {"sensor", SHOW_TEXT, "h.sensor"},
    {"location", SHOW_TEXT, "h.location"},
    {"sip_infos", SHOW_INFOS, "sip_zone"},
    {"dip_infos", SHOW_INFOS, "dip_zone"},
    {"protocol", SHOW_AS_IS, "r.protocol"},
    {"service_port", SHOW_AS_IS, "r.service_port"},
    SHOWN_SUMS,
    {"hour_s", SHOW_AS_IS, "r.hour"},
    CAPTURE_OF_ARM,
};

/* Hours of loads are shown as parts of their day. */
static const view_column load_day_columns[] = {
    {"day", SHOW_DERIVED, "r.day"},
    {"load_id", SHOW_AS_IS, "r.load_id"},
    SUMS,
};

static const view_column merged_day_columns[] = {
    {"day", SHOW_AS_IS, "r.day"},
    {"load_id", SHOW_AS_IS, "0"},
    SUMS,
};

/* Of the arms r, and of the rows d of fz_day that they are of, or the loads l. */
static const view_column day_columns[] = {
    {"day", SHOW_DERIVED, "r.date"},
    {"sensor", SHOW_TEXT, "COALESCE(d.sensor, l.sensor)"},
    {"location", SHOW_TEXT, "COALESCE(d.location, l.location)"},
    {"sip_infos", SHOW_INFOS, "sip_zone"},
    {"dip_infos", SHOW_INFOS, "dip_zone"},
    {"protocol", SHOW_AS_IS, "r.protocol"},
    SHOWN_SUMS,
    {"day_no", SHOW_AS_IS, "r.day"},
};

static const view_column load_columns[] = {
    {"load_id", SHOW_AS_IS, "l.load_id"},
    {"source", SHOW_TEXT, "l.source"},
    {"folder", SHOW_TEXT, "l.folder"},
    {"sensor", SHOW_TEXT, "l.sensor"},
    {"location", SHOW_TEXT, "l.location"},
    {"state", SHOW_TEXT, "l.state"},
    {"first_frame", SHOW_DERIVED, "l.first_frame_time"},
    {"start", SHOW_DERIVED, "l.start_time"},
    {"end", SHOW_DERIVED, "l.end_time"},
    {"loaded", SHOW_DERIVED, "l.loaded_time"},
    {"engine", SHOW_TEXT, "l.engine"},
    {"flow_key", SHOW_TEXT, "l.flow_key"},
    {"layers", SHOW_TEXT, "l.layers"},
    {"octets", SHOW_TEXT, "l.octets"},
    {"row_kinds", SHOW_TEXT, "l.row_kinds"},
    {"display_filter", SHOW_TEXT, "l.display_filter"},
    {"records", SHOW_AS_IS, "l.records"},
    {"packets", SHOW_AS_IS, "l.packets"},
    {"minutes", SHOW_AS_IS, "l.minutes"},
    {"counted_frames", SHOW_AS_IS, "l.counted_frames"},
    {"counted_bytes", SHOW_AS_IS, "l.counted_bytes"},
    {"not_ip_frames", SHOW_AS_IS, "l.not_ip_frames"},
    {"not_ip_bytes", SHOW_AS_IS, "l.not_ip_bytes"},
    {"unparsable_frames", SHOW_AS_IS, "l.unparsable_frames"},
    {"unparsable_bytes", SHOW_AS_IS, "l.unparsable_bytes"},
    {"filtered_frames", SHOW_AS_IS, "l.filtered_frames"},
    {"filtered_bytes", SHOW_AS_IS, "l.filtered_bytes"},
    {"capture_bytes", SHOW_AS_IS, "l.capture_bytes"},
    {"dropped", SHOW_AS_IS, "l.dropped"},
    {"dropping", SHOW_AS_IS, "l.dropping"},
    {"program", SHOW_TEXT, "l.program"},
    {"capture_start_us", SHOW_AS_IS, "l.start_us"},
    {"capture_end_us", SHOW_AS_IS, "l.end_us"},
    {"day", SHOW_DERIVED, "l.date"},
    {"day_no", SHOW_AS_IS, "l.day"},
};

#define SIP_AND_DIP {"sip_zone", "dip_zone"}

#define FROM_AND_TO {"from_zone", "to_zone"}

static const view_arm flows = {FZ_TABLE_FLOW, JOIN_LEDGER, FZ_SQL_SHOWS_FLOWS, SIP_AND_DIP, COLUMNS(flow_columns)};
static const view_arm packets = {FZ_TABLE_PACKET, JOIN_LEDGER, FZ_SQL_SHOWS_PACKETS, {"src_zone", "dst_zone"},
                                 COLUMNS(packet_columns)};
static const view_arm load_minutes = {FZ_TABLE_MINUTE, JOIN_LEDGER, FZ_SQL_SHOWS_MINUTES, {NULL},
                                      COLUMNS(load_minute_columns)};
static const view_arm merged_minutes = {FZ_TABLE_MINUTE, JOIN_PART, "r.load_id = 0 AND " FZ_SQL_SHOWS_MINUTES, {NULL},
                                        COLUMNS(merged_minute_columns)};
static const view_arm minutes = {FZ_TABLE_MINUTE, JOIN_NOTHING, NULL, FROM_AND_TO, COLUMNS(minute_columns)};
static const view_arm load_hours = {FZ_TABLE_HOUR, JOIN_LEDGER, FZ_VIEWS_KEEPS_SUMS, {NULL},
                                    COLUMNS(load_hour_columns)};
static const view_arm merged_hours = {FZ_TABLE_HOUR, JOIN_NOTHING, "r.load_id = 0", {NULL},
                                      COLUMNS(merged_hour_columns)};
static const view_arm hours = {FZ_TABLE_HOUR, JOIN_NOTHING, NULL, SIP_AND_DIP, COLUMNS(hour_columns)};
static const view_arm load_days = {FZ_TABLE_HOUR, JOIN_LEDGER, FZ_VIEWS_KEEPS_SUMS, {NULL},
                                   COLUMNS(load_day_columns)};
static const view_arm merged_days = {FZ_TABLE_DAY, JOIN_NOTHING, NULL, {NULL}, COLUMNS(merged_day_columns)};
static const view_arm days = {FZ_TABLE_DAY, JOIN_NOTHING, NULL, SIP_AND_DIP, COLUMNS(day_columns)};
static const view_arm loads = {FZ_TABLE_LOAD, JOIN_NOTHING, NULL, {NULL}, COLUMNS(load_columns)};
/* clang-format on */

/* The word of an fz_opened; of stores without the column, that of rows that don't know. */
static void append_opened(GString *sql, const fz_dialect *dialect, const char *column)
{
    if (!column) {
        g_string_append_printf(sql, "'%s'", fz_opened_names[FZ_OPENED_UNKNOWN]);
    } else {
        g_string_append_printf(sql, "CASE %s", column);
        for (size_t i = 0; i < FZ_OPENED_COUNT; i++)
            g_string_append_printf(sql, " WHEN %zu THEN '%s'", i, fz_opened_names[i]);
        g_string_append(sql, " END");
    }
    fz_views_append_collation(sql, dialect);
}

/* "r.start_us" is shown by the derived column start_time. */
static void append_field_time(GString *sql, const fz_dialect *dialect, const fz_field *field)
{
    g_assert(field->column);
    g_autofree char *moment = g_strndup(field->column, strlen(field->column) - strlen("_us"));
    g_autofree char *name = g_strconcat(moment, "_time", NULL);

    fz_derived_append(sql, dialect, FZ_TABLE_FLOW, "r", name);
}

/* A field as CSV shows it, from fz_flow r, fz_load l and the zones of both ends, fz_zone sip_zone and dip_zone. */
static void append_field(GString *sql, const fz_dialect *dialect, const fz_field *field)
{
    g_autofree char *column = field->column ? g_strconcat("r.", field->column, NULL) : NULL;

    switch (field->kind) {
    case FZ_FIELD_TIME:
        append_field_time(sql, dialect, field);
        break;
    case FZ_FIELD_ADDR:
        fz_views_append_text(sql, dialect, dialect->addr, column);
        break;
    case FZ_FIELD_UINT:
        g_string_append(sql, column);
        break;
    case FZ_FIELD_SUM:
        fz_derived_append(sql, dialect, FZ_TABLE_FLOW, "r", field->name);
        break;
    case FZ_FIELD_OPENED:
        append_opened(sql, dialect, column);
        break;
    case FZ_FIELD_ZONE:
        fz_views_append_text(sql, dialect, dialect->infos, field->column);
        break;
    case FZ_FIELD_SENSOR:
        fz_views_append_text(sql, dialect, "@", "l.sensor");
        break;
    case FZ_FIELD_SOURCE:
        fz_views_append_text(sql, dialect, "@", "l.source");
        break;
    case FZ_FIELD_LOCATION:
        fz_views_append_text(sql, dialect, "@", "l.location");
        break;
    }
    fz_views_append_name(sql, dialect, field->name);
}

/* The rows that `flowzone cat` prints, column by column, and more. */
static char *create_netflow_table(const fz_dialect *dialect, const char *create)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s netflow_table AS SELECT ", create);
    for (size_t i = 0; i < fz_field_count; i++) {
        g_string_append(sql, i ? ", " : "");
        append_field(sql, dialect, &fz_fields[i]);
    }
    append_columns(sql, dialect, &flows);
    append_from(sql, dialect, &flows);
    return g_string_free(sql, FALSE);
}

static char *create_packets(const fz_dialect *dialect, const char *create)
{
    return create_of_arm(dialect, create, "fz_packets", &packets);
}

/* "CREATE VIEW v AS SELECT COLUMNS FROM (merged sums UNION ALL those of loads) r". */
static GString *begin_union(const fz_dialect *dialect, const char *create, const char *name, const view_arm *shown,
                            const view_arm *merged, const view_arm *of_loads)
{
    GString *sql = g_string_new(NULL);

    g_string_append_printf(sql, "%s %s AS SELECT ", create, name);
    append_columns(sql, dialect, shown);
    g_string_append(sql, " FROM (");
    append_arm(sql, dialect, merged);
    g_string_append(sql, " UNION ALL ");
    append_arm(sql, dialect, of_loads); /* the last one's types are those that SQLite declares */
    g_string_append(sql, ") r");
    return sql;
}

/* Joins rows of a table by their keys: the texts come from a second look at the same row, which is left out where a
 * query does not ask for them. */
static void append_same_row(GString *sql, const char *table, char alias, const char *first, const char *const *key)
{
    g_string_append_printf(sql, " LEFT JOIN %s %c ON %s", table, alias, first);
    for (; *key; key++)
        g_string_append_printf(sql, " AND %c.%s = r.%s", alias, *key, *key);
}

static char *create_minutes(const fz_dialect *dialect, const char *create)
{
    GString *sql = begin_union(dialect, create, "fz_minutes", &minutes, &merged_minutes, &load_minutes);

    g_string_append(sql, " LEFT JOIN fz_load l ON l.load_id = r.place");
    append_zones(sql, &minutes);
    return g_string_free(sql, FALSE);
}

static char *create_hours(const fz_dialect *dialect, const char *create)
{
    static const char *const key[] = {"hour", "sip_zone", "dip_zone", "protocol", "service_port", "part", NULL};
    GString *sql = begin_union(dialect, create, "fz_hours", &hours, &merged_hours, &load_hours);

    append_same_row(sql, "fz_hour", 'h', "h.load_id = r.load_id", key);
    append_zones(sql, &hours);
    return g_string_free(sql, FALSE);
}

static char *create_days(const fz_dialect *dialect, const char *create)
{
    static const char *const key[] = {"day", "sip_zone", "dip_zone", "protocol", "part", NULL};
    GString *sql = begin_union(dialect, create, "fz_days", &days, &merged_days, &load_days);

    append_same_row(sql, "fz_day", 'd', "r.load_id = 0", key);
    g_string_append(sql, " LEFT JOIN fz_load l ON l.load_id = r.load_id");
    append_zones(sql, &days);
    return g_string_free(sql, FALSE);
}

static char *create_loads(const fz_dialect *dialect, const char *create)
{
    return create_of_arm(dialect, create, "fz_loads", &loads);
}

const fz_view fz_views[] = {
    {"netflow_table", create_netflow_table},
    {"fz_talkers", fz_views_create_talkers},
    {"fz_hours", create_hours},
    {"fz_days", create_days},
    {"fz_minutes", create_minutes},
    {"fz_hosts", fz_views_create_hosts},
    {"fz_packets", create_packets},
    {"fz_loads", create_loads},
};
const size_t fz_view_count = G_N_ELEMENTS(fz_views);
