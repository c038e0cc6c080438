/* Columns that follow from others.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "derived.h"

/* How a derived column is made of its source. */
typedef enum making {
    MAKE_SUM,     /* the source as it is: an integer */
    MAKE_TIME,    /* microseconds since 1970, as date and time */
    MAKE_SECONDS, /* microseconds since 1970, as seconds with a fraction */
    MAKE_DAY,     /* seconds since 1970, as days since then */
    MAKE_DATE,    /* days since 1970, as a date */
} making;

/* '@' is what columns are prefixed with. */
typedef struct derived {
    fz_table table;
    making how;
    const char *name;
    const char *source;
    const char *from; /* the source is this derived column; NULL: `source` */
} derived;

static const derived all[] = {
    {FZ_TABLE_LOAD, MAKE_DATE, "date", "@day", NULL},
    {FZ_TABLE_LOAD, MAKE_TIME, "first_frame_time", "@first_frame_us", NULL},
    {FZ_TABLE_LOAD, MAKE_TIME, "start_time", "@start_us", NULL},
    {FZ_TABLE_LOAD, MAKE_TIME, "end_time", "@end_us", NULL},
    {FZ_TABLE_LOAD, MAKE_TIME, "loaded_time", "@loaded_us", NULL},
    {FZ_TABLE_FLOW, MAKE_SUM, "bytes", "@sip_bytes + @dip_bytes", NULL},
    {FZ_TABLE_FLOW, MAKE_SUM, "packets", "@sip_packets + @dip_packets", NULL},
    {FZ_TABLE_FLOW, MAKE_SUM, "duration_us", "@end_us - @start_us", NULL},
    {FZ_TABLE_FLOW, MAKE_TIME, "start_time", "@start_us", NULL},
    {FZ_TABLE_FLOW, MAKE_TIME, "end_time", "@end_us", NULL},
    {FZ_TABLE_FLOW, MAKE_SECONDS, "start_s", "@start_us", NULL},
    {FZ_TABLE_FLOW, MAKE_SECONDS, "end_s", "@end_us", NULL},
    {FZ_TABLE_PACKET, MAKE_SECONDS, "time_s", "@time_us", NULL},
    {FZ_TABLE_MINUTE, MAKE_TIME, "time", "(@minute * 1000000)", NULL},
    {FZ_TABLE_MINUTE, MAKE_DAY, "day", "@minute", NULL},
    {FZ_TABLE_MINUTE, MAKE_DATE, "date", NULL, "day"},
    {FZ_TABLE_HOUR, MAKE_TIME, "time", "(@hour * 1000000)", NULL},
    {FZ_TABLE_HOUR, MAKE_DAY, "day", "@hour", NULL},
    {FZ_TABLE_HOUR, MAKE_DATE, "date", NULL, "day"},
    {FZ_TABLE_HOUR, MAKE_SUM, "packets", "@sip_packets + @dip_packets", NULL},
    {FZ_TABLE_HOUR, MAKE_SUM, "bytes", "@sip_bytes + @dip_bytes", NULL},
    {FZ_TABLE_HOUR, MAKE_SUM, "ip_bytes", "@sip_ip_bytes + @dip_ip_bytes", NULL},
    {FZ_TABLE_DAY, MAKE_DATE, "date", "@day", NULL},
    {FZ_TABLE_DAY, MAKE_SUM, "packets", "@sip_packets + @dip_packets", NULL},
    {FZ_TABLE_DAY, MAKE_SUM, "bytes", "@sip_bytes + @dip_bytes", NULL},
    {FZ_TABLE_DAY, MAKE_SUM, "ip_bytes", "@sip_ip_bytes + @dip_ip_bytes", NULL},
    {FZ_TABLE_HOST, MAKE_DAY, "day", "@hour", NULL},
    {FZ_TABLE_HOST, MAKE_DATE, "date", NULL, "day"},
    {FZ_TABLE_HOST_DAY, MAKE_DATE, "date", "@day", NULL},
};

/* By making. SQLite's drivers go by these names. */
static const char *const types[] = {"BIGINT", "DATETIME", "DOUBLE", "BIGINT", "DATE"};

void fz_template_append(GString *sql, const char *pattern, const char *subject)
{
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c == '@')
            g_string_append(sql, subject);
        else
            g_string_append_c(sql, *c);
    }
}

/* SQLite computes them also when a row is added: dates of every row would double the time of a load, and a day of each
 * address or minute would add a fiftieth. */
static bool is_in_table(const fz_dialect *dialect, const derived *column)
{
    switch (column->how) {
    case MAKE_SUM:
        return dialect->generates != FZ_GENERATES_NONE;
    case MAKE_TIME:
    case MAKE_DATE:
        return dialect->generates == FZ_GENERATES_ALL && column->table == FZ_TABLE_LOAD;
    case MAKE_DAY:
        return dialect->generates == FZ_GENERATES_ALL && column->table == FZ_TABLE_HOUR;
    default:
        return dialect->generates == FZ_GENERATES_ALL;
    }
}

static const derived *find(fz_table table, const char *name)
{
    for (const derived *column = all; column < all + G_N_ELEMENTS(all); column++)
        if (column->table == table && g_str_equal(column->name, name))
            return column;
    g_assert_not_reached();
}

static const char *template_of(const fz_dialect *dialect, making how)
{
    switch (how) {
    case MAKE_TIME:
        return dialect->time;
    case MAKE_SECONDS:
        return "@ / 1e6";
    case MAKE_DAY:
        return dialect->day;
    case MAKE_DATE:
        return dialect->date;
    default:
        return "@";
    }
}

static void append_reference(GString *sql, const fz_dialect *dialect, const derived *column, const char *prefix);

static void append_expression(GString *sql, const fz_dialect *dialect, const derived *column, const char *prefix)
{
    g_autoptr(GString) source = g_string_new(NULL);
    if (column->from)
        append_reference(source, dialect, find(column->table, column->from), prefix);
    else
        fz_template_append(source, column->source, prefix);
    fz_template_append(sql, template_of(dialect, column->how), source->str);
}

static void append_reference(GString *sql, const fz_dialect *dialect, const derived *column, const char *prefix)
{
    if (is_in_table(dialect, column))
        g_string_append_printf(sql, "%s%s", prefix, column->name);
    else
        append_expression(sql, dialect, column, prefix);
}

void fz_derived_define(GString *sql, const fz_dialect *dialect, fz_table table)
{
    for (const derived *column = all; column < all + G_N_ELEMENTS(all); column++) {
        if (column->table != table || !is_in_table(dialect, column))
            continue;
        g_string_append_printf(sql, ", %s %s GENERATED ALWAYS AS (", column->name, types[column->how]);
        append_expression(sql, dialect, column, "");
        g_string_append(sql, ") VIRTUAL");
    }
}

void fz_derived_append(GString *sql, const fz_dialect *dialect, fz_table table, const char *alias, const char *name)
{
    g_autofree char *prefix = g_strconcat(alias, ".", NULL);
    append_reference(sql, dialect, find(table, name), prefix);
}
