/* What the parts of text formats share; for core/rows*.c alone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ROWS_PRIVATE_H
#define FZ_ROWS_PRIVATE_H

#include "rows.h"

#include "text.h"

#include <string.h>

/* No time, address or number is longer. */
#define VALUE_BYTES 64

/* A text as its format needs it, quoted and escaped once for all rows. */
typedef struct cell {
    char *bytes;
    size_t size;
} cell;

typedef char *(*cell_form)(const char *text);

/* Prints a row into the room reserved for it. */
typedef void rows_print(fz_sink *sink, const void *row);

/* A column of a table: a telling field, by its name. */
typedef struct rows_column {
    const char *field, *title;
    bool number;
} rows_column;

/* What formats need to know about rows of one kind. */
typedef struct rows_kind {
    fz_row_kind kind;
    const char *(*field)(size_t index); /* the name of a field, in the order of CSV columns; NULL after the last */
    rows_print *csv, *json;
    const uint32_t *(*zones)(const void *row); /* the ids of both ends' zones */
    const rows_column *columns;
    size_t column_count;
    void (*column)(fz_sink *sink, const void *row, size_t field); /* prints the cell of a table */
} rows_kind;

extern const rows_kind fz_rows_flows, fz_rows_packets, fz_rows_minutes;

struct fz_sink {
    int fd;
    const fz_run *run;
    fz_zones zones;
    const rows_kind *kind;
    size_t field_count;
    rows_print *row; /* CSV and NDJSON; NULL: a table */
    cell_form form;
    cell *zone_cells; /* by zone id, made when first needed; 0: no zone */
    cell sensor, source, location, opened[FZ_OPENED_COUNT];
    cell *keys;        /* NDJSON: by field, `,"name":` */
    size_t fixed_size; /* a row without its zones, at most */

    char *bytes;
    size_t used, capacity;

    /* The day in front of the latest timestamp: most rows share it. */
    int64_t day;
    char day_text[FZ_TIME_TEXT_SIZE];
    size_t day_size;

    /* Tables. */
    GArray *sample; /* rows held back; NULL once the widths are known */
    size_t *widths;
    size_t *fields; /* by column: the index of its field */
    bool any;       /* rows were printed */
};

/* The put functions write into reserved room. */
static inline void put(fz_sink *sink, const char *bytes, size_t size)
{
    memcpy(sink->bytes + sink->used, bytes, size);
    sink->used += size;
}

static inline void put_char(fz_sink *sink, char byte)
{
    sink->bytes[sink->used++] = byte;
}

static inline void put_cell(fz_sink *sink, const cell *text)
{
    put(sink, text->bytes, text->size);
}

static inline void two_digits(char *at, unsigned value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434"
        "44546474849505152535455565758596061626364656667686970717273747576777879808182838485868788"
        "8990919293949596979899";

    memcpy(at, pairs + 2 * (size_t)value, 2);
}

static inline void put_uint(fz_sink *sink, uint64_t value)
{
    char digits[20], *first = digits + sizeof digits;

    for (; value > UINT32_MAX; value /= 100) {
        first -= 2;
        two_digits(first, (unsigned)(value % 100));
    }
    uint32_t rest = (uint32_t)value; /* divides faster */
    for (; rest >= 100; rest /= 100) {
        first -= 2;
        two_digits(first, rest % 100);
    }
    first -= 2;
    two_digits(first, rest);
    if (rest < 10)
        first++;
    put(sink, first, (size_t)(digits + sizeof digits - first));
}

static inline void put_time(fz_sink *sink, int64_t time_us)
{
    const int64_t day_us = INT64_C(86400000000);
    int64_t day = time_us / day_us, rest = time_us % day_us;

    if (rest < 0) {
        rest += day_us;
        day--;
    }
    if (day != sink->day || sink->day_size == 0) {
        fz_time_print(time_us, sink->day_text);
        sink->day = day;
        sink->day_size = strcspn(sink->day_text, " ") + 1;
    }
    unsigned seconds = (unsigned)(rest / 1000000), fraction = (unsigned)(rest % 1000000);
    char clock[] = "hh:mm:ss.ffffff";
    two_digits(clock, seconds / 3600);
    two_digits(clock + 3, seconds / 60 % 60);
    two_digits(clock + 6, seconds % 60);
    two_digits(clock + 9, fraction / 10000);
    two_digits(clock + 11, fraction / 100 % 100);
    two_digits(clock + 13, fraction % 100);
    put(sink, sink->day_text, sink->day_size);
    put(sink, clock, sizeof clock - 1);
}

static inline void put_addr(fz_sink *sink, uint8_t family, const uint8_t bytes[16])
{
    if (family == FZ_IPV4) {
        for (int i = 0; i < 4; i++) {
            if (i > 0)
                put_char(sink, '.');
            put_uint(sink, bytes[i]);
        }
        return;
    }
    fz_addr addr = {.family = family};
    char text[FZ_ADDR_TEXT_SIZE];
    memcpy(addr.bytes, bytes, sizeof addr.bytes);
    fz_addr_print(&addr, text);
    put(sink, text, strlen(text));
}

static inline cell cell_new(char *text)
{
    return (cell){text, strlen(text)};
}

static inline const cell *zone_cell(fz_sink *sink, uint32_t id)
{
    if (id > sink->zones.count)
        id = 0;
    cell *made = &sink->zone_cells[id];
    if (!made->bytes) {
        g_autofree char *text = id == 0 ? g_strdup("") : fz_zone_infos(&sink->zones.rows[id - 1]);

        *made = cell_new(sink->form(text));
    }
    return made;
}

/* What a table shows of a zone: its name alone. */
static inline const cell *zone_name_cell(fz_sink *sink, uint32_t id)
{
    if (id > sink->zones.count)
        id = 0;
    cell *made = &sink->zone_cells[id];
    if (!made->bytes)
        *made = cell_new(fz_text_table(id == 0 ? "" : sink->zones.rows[id - 1].name));
    return made;
}

/* rows_flow.c: a protocol's name in a table, NULL without one. */
const char *fz_rows_protocol_name(uint64_t protocol);

#endif
