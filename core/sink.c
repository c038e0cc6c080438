/* The table of output formats.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sink.h"

#include "flowfile.h"
#include "rows.h"

#include <string.h>

/* One of them at a time. */
#define TEXT_KINDS (FZ_KIND(FZ_ROW_FLOW) | FZ_KIND(FZ_ROW_PACKET))
#define ALL_KINDS (FZ_KIND(FZ_ROW_FLOW) | FZ_KIND(FZ_ROW_MINUTE) | FZ_KIND(FZ_ROW_PACKET))

const fz_format fz_formats[] = {
    {"table", {".txt"}, TEXT_KINDS, fz_table_open, fz_rows_write, fz_rows_finish, fz_rows_flush},
    {"csv", {".csv"}, TEXT_KINDS, fz_csv_open, fz_rows_write, fz_rows_finish, fz_rows_flush},
    {"json", {".json", ".ndjson"}, TEXT_KINDS, fz_json_open, fz_rows_write, fz_rows_finish, fz_rows_flush},
    {"ipfix",
     {".ipfix", ".flow"},
     ALL_KINDS,
     fz_flowfile_open,
     fz_flowfile_write,
     fz_flowfile_finish,
     fz_flowfile_flush},
};
const size_t fz_format_count = G_N_ELEMENTS(fz_formats);

const fz_format *fz_format_by_name(const char *name)
{
    for (size_t i = 0; i < fz_format_count; i++)
        if (strcmp(fz_formats[i].name, name) == 0)
            return &fz_formats[i];
    return NULL;
}

static bool suffix_matches(const char *path, const char *suffix)
{
    size_t path_length = strlen(path), length = strlen(suffix);

    return path_length > length && g_ascii_strcasecmp(path + path_length - length, suffix) == 0;
}

const fz_format *fz_format_by_suffix(const char *path)
{
    for (size_t i = 0; i < fz_format_count; i++)
        for (const char *const *suffix = fz_formats[i].suffixes; *suffix; suffix++)
            if (suffix_matches(path, *suffix))
                return &fz_formats[i];
    return NULL;
}
