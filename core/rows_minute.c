/* Minutes as text.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows_private.h"

/* The fields of a minute, in the order of CSV columns. */
enum { MINUTE, FROM, TO, LOCATION, PACKETS, BYTES, SENSOR, SOURCE };
static const char *const names[] = {"minute",  "from_infos", "to_infos", "location",
                                    "packets", "bytes",      "sensor",   "source"};

/* Its start in UTC, "YYYY-MM-DD HH:MM:00". The earliest minute of all begins before the earliest time. */
static void put_minute(fz_sink *sink, int64_t minute)
{
    const int64_t second_us = 1000000;
    char text[FZ_TIME_TEXT_SIZE];

    fz_time_print(minute < INT64_MIN / second_us ? INT64_MIN : minute * second_us, text);
    put(sink, text, (size_t)(strchr(text, ':') - text));
    put(sink, strchr(text, ':'), strlen(":MM"));
    put(sink, ":00", strlen(":00"));
}

static void put_value(fz_sink *sink, const fz_minute *row, size_t field)
{
    switch (field) {
    case MINUTE:
        put_minute(sink, row->minute);
        break;
    case FROM:
    case TO:
        put_cell(sink, zone_cell(sink, row->zone[field - FROM]));
        break;
    case PACKETS:
        put_uint(sink, row->packets);
        break;
    case BYTES:
        put_uint(sink, row->bytes);
        break;
    default:
        put_cell(sink, field == LOCATION ? &sink->location : field == SENSOR ? &sink->sensor : &sink->source);
    }
}

static void csv_row(fz_sink *sink, const void *row)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (i > 0)
            put_char(sink, ',');
        put_value(sink, row, i);
    }
    put_char(sink, '\n');
}

static void json_row(fz_sink *sink, const void *row)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        put_cell(sink, &sink->keys[i]);
        if (i == MINUTE)
            put_char(sink, '"');
        put_value(sink, row, i);
        if (i == MINUTE)
            put_char(sink, '"');
    }
    put(sink, "}\n", 2);
}

static const rows_column columns[] = {
    {"minute", "minute", false},  {"from_infos", "from zone", false}, {"to_infos", "to zone", false},
    {"packets", "packets", true}, {"bytes", "bytes", true},
};

static void put_column(fz_sink *sink, const void *data, size_t field)
{
    const fz_minute *row = data;

    if (field == FROM || field == TO)
        put_cell(sink, zone_name_cell(sink, row->zone[field - FROM]));
    else
        put_value(sink, row, field);
}

static const char *field_name(size_t index)
{
    return index < G_N_ELEMENTS(names) ? names[index] : NULL;
}

static const uint32_t *zones_of(const void *row)
{
    return ((const fz_minute *)row)->zone;
}

const rows_kind fz_rows_minutes = {
    .kind = FZ_ROW_MINUTE,
    .field = field_name,
    .csv = csv_row,
    .json = json_row,
    .zones = zones_of,
    .columns = columns,
    .column_count = G_N_ELEMENTS(columns),
    .column = put_column,
};
