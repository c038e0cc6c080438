/* Any bytes as what the process with the store sends about wanted conversations: they are refused in a line, or every
 * row that comes of them can be looked for in a capture.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "finder.h"
#include "wanted.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

enum { ROWS_TRIED = 64 };

static void require_line(const GError *error)
{
    REQUIRE(error && g_utf8_validate(error->message, -1, NULL) && !strpbrk(error->message, "\r\n\033"));
}

/* A packet of each row, from either end, is looked for; of one whose key has all, it is found. */
static void look_for(const fz_wanted_capture *capture, const fz_wanted_row *rows)
{
    fz_finder *finder = fz_finder_new(capture, rows);

    for (uint64_t i = 0; i < MIN(capture->rows, ROWS_TRIED); i++) {
        const fz_record *record = &rows[i].record;
        const int from = i % 2 == 0 ? FZ_INITIATOR : FZ_RESPONDER;
        fz_packet packet = {.vlan = record->vlan, .protocol = record->protocol, .family = record->family};

        memcpy(packet.src, record->addr[from], sizeof packet.src);
        memcpy(packet.dst, record->addr[!from], sizeof packet.dst);
        packet.sport = record->port[from];
        packet.dport = record->port[!from];
        const bool asked = fz_finder_count(finder, &packet, record->start_us, 60);
        REQUIRE(capture->rows > 1 || capture->key != FZ_KEY_5TUPLE || !capture->vlan || asked == rows[i].asked);
    }
    for (uint64_t i = 0; i < capture->rows; i++)
        (void)fz_finder_is_equal(finder, i);
    fz_finder_free(finder);
}

static bool take_rows(int from, const fz_wanted_capture *capture)
{
    const int file = memfd_create("rows", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;
    g_autofree fz_wanted_row *rows = NULL;

    REQUIRE(file >= 0);
    if (fz_wanted_move_rows(from, capture, file, &error))
        rows = fz_wanted_read_rows(file, capture, &error);
    close(file);
    if (rows)
        look_for(capture, rows);
    else
        require_line(error);
    return rows != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int from = memfd_create("wanted", MFD_CLOEXEC);
    g_autofree fz_wanted_capture *capture = g_new(fz_wanted_capture, 1);
    g_autoptr(GError) error = NULL;
    bool more = true;

    REQUIRE(from >= 0 && write(from, data, size) == (ssize_t)size && lseek(from, 0, SEEK_SET) == 0);
    while (more) {
        if (!fz_wanted_take(from, capture, &more, &error)) {
            require_line(error);
            break;
        }
        REQUIRE(memchr(capture->source, '\0', sizeof capture->source) &&
                memchr(capture->folder, '\0', sizeof capture->folder));
        more = more && take_rows(from, capture);
    }
    close(from);
    return 0;
}
