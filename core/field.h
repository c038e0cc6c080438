/* Fields of a conversation: the one table of their names, places and meanings.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FIELD_H
#define FZ_FIELD_H

#include "flow.h"

#include <string.h>

/* Where a field's value is found and how it is shown. */
typedef enum fz_field_kind {
    FZ_FIELD_TIME,   /* int64_t microseconds; "YYYY-MM-DD HH:MM:SS.ffffff" in UTC */
    FZ_FIELD_ADDR,   /* 16 bytes and the record's family */
    FZ_FIELD_UINT,   /* unsigned integer of `size` bytes */
    FZ_FIELD_SUM,    /* both directions of a uint64_t[2]; derived, not stored */
    FZ_FIELD_OPENED, /* uint8_t fz_opened; shown as its word in fz_opened_names */
    FZ_FIELD_ZONE,   /* uint32_t zone id; shown as "prefix, number, name" */
    FZ_FIELD_SENSOR, /* the run's texts: the same in every row */
    FZ_FIELD_SOURCE,
    FZ_FIELD_LOCATION,
} fz_field_kind;

/* One field of a conversation, for CSV and JSON, IPFIX and SQL. */
typedef struct fz_field {
    const char *name; /* CSV header, JSON key */
    fz_field_kind kind;
    uint16_t offset, size;  /* in fz_record; size 0 when it is not there */
    const char *element;    /* IPFIX information element by its name in the registry; NULL: not in the flow file */
    const char *element6;   /* the same in the template for IPv6, where it differs */
    const char *element_us; /* for times: the element with the microseconds below the millisecond */
    const char *column;     /* column of fz_flow; NULL: not stored there */
    const char *meaning;    /* a phrase: FORMAT.md and both manual pages with a table of fields begin with it */
} fz_field;

extern const fz_field fz_fields[];
extern const size_t fz_field_count;

/* The unsigned integer of 1, 2, 4 or 8 bytes at any address. */
static inline uint64_t fz_number_at(const void *at, size_t size)
{
    uint64_t eight;
    uint32_t four;
    uint16_t two;

    switch (size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        memcpy(&two, at, sizeof two);
        return two;
    case 4:
        memcpy(&four, at, sizeof four);
        return four;
    default:
        memcpy(&eight, at, sizeof eight);
        return eight;
    }
}

/* Where a field's value is in a record; for an address, its 16 bytes. */
static inline const uint8_t *fz_field_bytes(const fz_record *record, const fz_field *field)
{
    return (const uint8_t *)record + field->offset;
}

/* The value of a field of kind UINT, OPENED, ZONE (its id) or SUM. */
static inline uint64_t fz_field_number(const fz_record *record, const fz_field *field)
{
    const uint8_t *at = fz_field_bytes(record, field);

    if (field->kind == FZ_FIELD_SUM)
        return fz_number_at(at, sizeof(uint64_t)) + fz_number_at(at + sizeof(uint64_t), sizeof(uint64_t));
    return fz_number_at(at, field->size);
}

/* The value of a field of kind TIME. */
static inline int64_t fz_field_time(const fz_record *record, const fz_field *field)
{
    return (int64_t)fz_number_at(fz_field_bytes(record, field), sizeof(int64_t));
}

#endif
