/* Any bytes into the reader of flow files: once as they are, once with a correct checksum, so that the code after its
 * check is reached. What is read as a whole file can be written, and read again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile.h"
#include "write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

static void flow_check(const fz_record *record)
{
    REQUIRE(record->start_us <= record->end_us && record->opened < FZ_OPENED_COUNT && record->reserved[0] == 0 &&
            record->reserved[1] == 0 && (record->family == FZ_IPV4 || record->family == FZ_IPV6));
}

static void minute_check(const fz_minute *minute)
{
    REQUIRE(minute->minute % 60 == 0 && minute->packets > 0);
    REQUIRE(minute->minute >= -INT64_C(9223372036860) && minute->minute <= INT64_C(9223372036854));
}

static void packet_check(const fz_packet_row *packet)
{
    REQUIRE(packet->frame > 0 && packet->time_ns < 1000 && packet->has < 16);
    REQUIRE(packet->family == 0 || packet->family == FZ_IPV4 || packet->family == FZ_IPV6);
    REQUIRE(packet->family != 0 || (packet->protocol == 0 && packet->ip_bytes == 0 && packet->zone[0] == 0 &&
                                    packet->zone[1] == 0 && packet->tcp_flags == 0));
}

static void row_check(fz_row_kind kind, const fz_any_row *row, const fz_zones *zones)
{
    const uint32_t *zone = kind == FZ_ROW_FLOW     ? row->flow.zone
                           : kind == FZ_ROW_MINUTE ? row->minute.zone
                                                   : row->packet.zone;
    REQUIRE(zone[0] <= zones->count && zone[1] <= zones->count);
    if (kind == FZ_ROW_FLOW)
        flow_check(&row->flow);
    else if (kind == FZ_ROW_MINUTE)
        minute_check(&row->minute);
    else
        packet_check(&row->packet);
}

/* Reads all rows, and writes them to `sink`, if there is one. Whether it was a whole file. */
static bool rows_read(fz_reader *reader, fz_sink *sink)
{
    uint8_t rows[16 * sizeof(fz_any_row)];
    uint64_t all[FZ_ROW_KINDS] = {0};
    g_autoptr(GError) error = NULL;
    fz_row_kind kind;
    ssize_t count;
    while ((count = fz_reader_next(reader, &kind, rows, 16, &error)) > 0) {
        all[kind] += (uint64_t)count;
        for (ssize_t i = 0; i < count; i++) {
            fz_any_row row;
            memcpy(&row, rows + (size_t)i * fz_row_size(kind), fz_row_size(kind));
            row_check(kind, &row, fz_reader_zones(reader));
        }
        REQUIRE(!sink || fz_flowfile_write(sink, kind, rows, (size_t)count, NULL));
    }
    REQUIRE((count < 0) == (error != NULL));
    const fz_totals *totals = fz_reader_totals(reader);
    REQUIRE(count < 0 || (totals->records == all[FZ_ROW_FLOW] && totals->minutes == all[FZ_ROW_MINUTE] &&
                          totals->packets == all[FZ_ROW_PACKET]));
    return count == 0;
}

/* A whole file can be written again, and read. */
static void file_copy(int fd, int copy)
{
    REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
    fz_reader *reader = fz_reader_open(fd, "fuzz", NULL);
    REQUIRE(reader);
    fz_sink *sink = fz_flowfile_open(copy, fz_reader_run(reader), fz_reader_zones(reader), NULL);
    REQUIRE(sink && rows_read(reader, sink) && fz_flowfile_finish(sink, fz_reader_totals(reader), NULL));
    fz_reader_free(reader);
    REQUIRE(lseek(copy, 0, SEEK_SET) == 0);
    reader = fz_reader_open(copy, "copy", NULL);
    REQUIRE(reader && rows_read(reader, NULL));
    fz_reader_free(reader);
}

static void bytes_read(const void *bytes, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;
    REQUIRE(fd >= 0 && fz_write_all(fd, bytes, size, NULL) && lseek(fd, 0, SEEK_SET) == 0);
    fz_reader *reader = fz_reader_open(fd, "fuzz", &error);
    REQUIRE((reader == NULL) == (error != NULL));
    bool whole = reader && rows_read(reader, NULL);
    fz_reader_free(reader);
    if (whole) {
        int copy = memfd_create("copy", MFD_CLOEXEC);
        file_copy(fd, copy);
        close(copy);
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    g_log_set_always_fatal(G_LOG_LEVEL_MASK);
    bytes_read(bytes, size);
    if (size < sizeof(uint32_t))
        return 0;
    g_autofree uint8_t *sealed = g_memdup2(bytes, size);
    uint32_t checksum = GUINT32_TO_BE((uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, size - sizeof checksum));
    memcpy(sealed + size - sizeof checksum, &checksum, sizeof checksum);
    bytes_read(sealed, size);
    return 0;
}

/* The head of a message, and how many messages are the same in every file. */
enum { HEAD = 16, PRELUDE = 3 };

static size_t two_bytes(const uint8_t *at)
{
    return (size_t)(at[0] << 8 | at[1]);
}

/* The size of the message that begins here; 0: there is none. */
static size_t message_size(const uint8_t *at, size_t left)
{
    if (left <= HEAD)
        return 0;
    size_t size = two_bytes(at + 2);
    return size > HEAD && size <= left ? size : 0;
}

/* Where message `number` begins; `size`: there are not so many. */
static size_t find_message(const uint8_t *bytes, size_t size, unsigned number)
{
    size_t at = 0, length;

    for (; number > 0 && (length = message_size(bytes + at, size - at)) > 0; number--)
        at += length;
    return number == 0 && message_size(bytes + at, size - at) > 0 ? at : size;
}

/* Mutates the records of a set, or as many of its bytes as stay, and says the new sizes. */
static size_t mutate_message(uint8_t *bytes, size_t size, size_t most, size_t at, bool grows)
{
    const size_t before = message_size(bytes + at, size - at), tail = size - at - before, body = HEAD + 4;
    size_t room = grows ? MIN(most - tail - at, 65535) - body : before - body;

    if (before <= body)
        return size;
    g_autofree uint8_t *rest = g_memdup2(bytes + at + before, tail);
    const size_t first_set = two_bytes(bytes + at + HEAD + 2);
    const size_t length = body + LLVMFuzzerMutate(bytes + at + body, before - body, room);

    bytes[at + 2] = (uint8_t)(length >> 8);
    bytes[at + 3] = (uint8_t)length;
    if (first_set == before - HEAD) { /* it was the only one */
        bytes[at + HEAD + 2] = (uint8_t)((length - HEAD) >> 8);
        bytes[at + HEAD + 3] = (uint8_t)(length - HEAD);
    }
    if (tail > 0)
        memcpy(bytes + at + length, rest, tail);
    return at + length + tail;
}

/* Most mutants keep the messages with which every file begins, and heads of others: they are read further. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    size_t at = find_message(bytes, size, PRELUDE + seed / 16 % 3);

    if (seed % 16 == 0 || at == size)
        return LLVMFuzzerMutate(bytes, size, most);
    return mutate_message(bytes, size, most, at, seed % 2 == 0);
}
