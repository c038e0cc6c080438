/* Records of a CSV text (RFC 4180), with comments and line numbers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "csv.h"

#include <string.h>

void fz_csv_init(fz_csv *csv, const char *text, size_t size)
{
    static const char bom[] = "\xef\xbb\xbf";
    const char *begin = size > 0 ? text : "";

    *csv = (fz_csv){.at = begin, .end = begin + size, .next_line = 1, .bytes = g_string_new(NULL)};
    if (size >= strlen(bom) && memcmp(begin, bom, strlen(bom)) == 0)
        csv->at += strlen(bom);
}

void fz_csv_clear(fz_csv *csv)
{
    g_string_free(csv->bytes, TRUE);
    csv->bytes = NULL;
}

const char *fz_csv_field(const fz_csv *csv, unsigned i)
{
    return csv->bytes->str + csv->start[i];
}

/* True at the end of a line or of the text. */
static bool at_line_end(const fz_csv *csv)
{
    size_t left = (size_t)(csv->end - csv->at);

    return left == 0 || csv->at[0] == '\n' || (left >= 2 && csv->at[0] == '\r' && csv->at[1] == '\n');
}

static void skip_line(fz_csv *csv)
{
    const char *newline = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));

    csv->at = newline ? newline + 1 : csv->end;
    csv->next_line++;
}

/* Continues with the line after the fault. */
static bool fail(fz_csv *csv, const char *fault)
{
    csv->fault = fault;
    csv->fault_line = csv->next_line;
    skip_line(csv);
    return false;
}

/* Skips comments and lines without content. False at the end of the text. */
static bool find_record(fz_csv *csv)
{
    while (csv->at < csv->end) {
        const char *line = csv->at;

        while (csv->at < csv->end && (*csv->at == ' ' || *csv->at == '\t'))
            csv->at++;
        if (!at_line_end(csv) && *csv->at != '#') {
            csv->at = line;
            return true;
        }
        skip_line(csv);
    }
    return false;
}

/* A field in quotes, which may span lines. If the closing quote is missing, that is the fault of the opening quote's
 * line, and the lines below are read as if it were not there. */
static bool read_quoted_field(fz_csv *csv)
{
    const char *open = csv->at++;
    unsigned open_line = csv->next_line;

    for (;;) {
        const char *close = memchr(csv->at, '"', (size_t)(csv->end - csv->at));

        if (!close) {
            csv->at = open;
            csv->next_line = open_line;
            return fail(csv, "a quote is opened and never closed");
        }
        for (const char *byte = csv->at; byte < close; byte++)
            csv->next_line += *byte == '\n';
        g_string_append_len(csv->bytes, csv->at, close - csv->at);
        csv->at = close + 1;
        if (csv->at == csv->end || *csv->at != '"')
            break;
        g_string_append_c(csv->bytes, '"');
        csv->at++;
    }
    if (!at_line_end(csv) && *csv->at != ',')
        return fail(csv, "text after a closing quote; expected a comma or the end of the line");
    return true;
}

static bool read_plain_field(fz_csv *csv)
{
    const char *begin = csv->at;

    while (!at_line_end(csv) && *csv->at != ',') {
        if (*csv->at == '"')
            return fail(csv, "a quote inside an unquoted field; quote the whole field, and double the quote");
        csv->at++;
    }
    g_string_append_len(csv->bytes, begin, csv->at - begin);
    return true;
}

static bool read_field(fz_csv *csv)
{
    size_t start = csv->bytes->len;

    if (!(!at_line_end(csv) && *csv->at == '"' ? read_quoted_field(csv) : read_plain_field(csv)))
        return false;
    if (csv->fields < FZ_CSV_FIELDS) {
        csv->start[csv->fields] = start;
        csv->size[csv->fields] = csv->bytes->len - start;
        g_string_append_c(csv->bytes, '\0');
    } else {
        g_string_truncate(csv->bytes, start);
    }
    csv->fields++;
    return true;
}

bool fz_csv_next(fz_csv *csv)
{
    if (!find_record(csv))
        return false;
    csv->line = csv->next_line;
    csv->fault = NULL;
    csv->fields = 0;
    g_string_truncate(csv->bytes, 0);
    while (read_field(csv)) {
        if (at_line_end(csv)) {
            skip_line(csv);
            break;
        }
        csv->at++;
    }
    return true;
}
