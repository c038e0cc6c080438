/* The messages about wanted conversations.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wanted.h"

#include "sanity.h"
#include "write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16 };

G_DEFINE_QUARK(fz - wanted - error - quark, fz_wanted_error)

/* The sum of two counters that are not above this fits 64 bits. */
#define COUNTER_MAX (UINT64_C(1) << 60)

static bool fail_value(GError **error, const char *what)
{
    g_set_error(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_VALUE, "the process that reads the store sent %s", what);
    return false;
}

bool fz_wanted_send(int fd, const fz_wanted_capture *capture, const fz_wanted_row *rows, GError **error)
{
    return fz_write_all(fd, capture, sizeof *capture, error) &&
           fz_write_all(fd, rows, capture->rows * sizeof *rows, error);
}

bool fz_wanted_send_end(int fd, GError **error)
{
    g_autofree fz_wanted_capture *none = g_new0(fz_wanted_capture, 1);

    return fz_write_all(fd, none, sizeof *none, error);
}

/* Reads that many bytes; fewer at the end of the file. -1 with errno. */
static ssize_t read_whole(int fd, void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = read(fd, (char *)bytes + done, size - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static bool take_whole(int fd, void *bytes, size_t size, GError **error)
{
    const ssize_t got = read_whole(fd, bytes, size);

    if (got == (ssize_t)size)
        return true;
    g_set_error(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_ENDED, "the process that reads the store %s",
                got < 0 ? g_strerror(errno) : "ended before it was done");
    return false;
}

static bool is_text(const char *text)
{
    return memchr(text, '\0', FZ_WANTED_TEXT_SIZE) && g_utf8_validate(text, -1, NULL);
}

/* What is wrong with a capture; NULL: nothing. */
static const char *fault_of(const fz_wanted_capture *capture)
{
    const bool refused = capture->refusal != FZ_WANTED_FINE;

    if (capture->rows > FZ_WANTED_ROWS_MAX || (refused ? capture->rows != 0 : capture->asked > capture->rows))
        return "a number of rows that cannot be";
    if (capture->frames > COUNTER_MAX || capture->bytes > COUNTER_MAX)
        return "more frames than a capture can have";
    if (capture->key > FZ_KEY_IP || capture->engine > FZ_ENGINE_SCAN || capture->vlan > 1 ||
        capture->refusal >= FZ_WANTED_REFUSALS)
        return "an unknown value";
    return is_text(capture->source) && is_text(capture->folder) ? NULL : "a text without an end, or not in UTF-8";
}

bool fz_wanted_take(int fd, fz_wanted_capture *capture, bool *more, GError **error)
{
    if (!take_whole(fd, capture, sizeof *capture, error))
        return false;
    *more = capture->asked != 0;
    const char *fault = fault_of(capture);
    return !fault || fail_value(error, fault);
}

bool fz_wanted_move_rows(int fd, const fz_wanted_capture *capture, int file, GError **error)
{
    g_autofree char *bytes = g_malloc(COPY_BYTES);
    uint64_t left = capture->rows * sizeof(fz_wanted_row);

    while (left > 0) {
        const size_t part = (size_t)MIN(left, (uint64_t)COPY_BYTES);

        if (!take_whole(fd, bytes, part, error) || !fz_write_all(file, bytes, part, error))
            return false;
        left -= part;
    }
    return true;
}

static bool check_row(const fz_wanted_row *row, GError **error)
{
    const fz_record *record = &row->record;
    g_autofree char *fault = fz_record_fault(record, 0);

    if (fault) {
        g_autofree char *what = g_strdup_printf("a row that %s", fault);
        return fail_value(error, what);
    }
    for (int end = FZ_INITIATOR; end <= FZ_RESPONDER; end++)
        if (record->packets[end] > COUNTER_MAX || record->bytes[end] > COUNTER_MAX)
            return fail_value(error, "more packets than a conversation can have");
    return row->asked <= 1 || fail_value(error, "an unknown value");
}

fz_wanted_row *fz_wanted_read_rows(int file, const fz_wanted_capture *capture, GError **error)
{
    const size_t size = capture->rows * sizeof(fz_wanted_row);
    g_autofree fz_wanted_row *rows = g_try_malloc0(MAX(size, 1));

    if (!rows) {
        g_set_error_literal(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_VALUE,
                            "there is not enough memory for its conversations: narrow the filter");
        return NULL;
    }
    if (lseek(file, 0, SEEK_SET) != 0 || !take_whole(file, rows, size, error))
        return NULL;
    for (uint64_t i = 0; i < capture->rows; i++)
        if (!check_row(&rows[i], error))
            return NULL;
    return g_steal_pointer(&rows);
}
