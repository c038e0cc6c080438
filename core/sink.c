/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sink.h"

#include "flowfile.h"
#include "rows.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

const fz_format fz_formats[] = {
    {"table", {".txt"}, fz_table_open, fz_rows_write, fz_rows_finish},
    {"csv", {".csv"}, fz_csv_open, fz_rows_write, fz_rows_finish},
    {"json", {".json", ".ndjson"}, fz_json_open, fz_rows_write, fz_rows_finish},
    {"ipfix", {".ipfix", ".flow"}, fz_flowfile_open, fz_flowfile_write, fz_flowfile_finish},
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
        for (const char *const *suffix = fz_formats[i].suffixes; *suffix != NULL; suffix++)
            if (suffix_matches(path, *suffix))
                return &fz_formats[i];
    return NULL;
}

/* A descriptor that somebody else made non-blocking takes the rest when it can. */
static bool wait_writable(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    return poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

bool fz_write_all(int fd, const void *bytes, size_t size, GError **error)
{
    const char *next = bytes;
    while (size > 0) {
        ssize_t written = write(fd, next, size);
        if (written < 0) {
            if (errno == EINTR || ((errno == EAGAIN || errno == EWOULDBLOCK) && wait_writable(fd)))
                continue;
            int fault = errno;
            g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "cannot write the output: %s",
                        g_strerror(fault));
            return false;
        }
        next += written;
        size -= (size_t)written;
    }
    return true;
}
