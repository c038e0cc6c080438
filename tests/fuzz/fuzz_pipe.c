/* Any bytes into the writer's end of the record pipe: the result must be as the contract says, or one error. Inputs
 * are mutated frame by frame, so that most of them are read beyond their first frame.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

enum { LIMIT = 64, MEMORY = 1 << 16 };

static void require_line(const GError *error)
{
    REQUIRE(error->domain == FZ_PIPE_ERROR && g_utf8_validate(error->message, -1, NULL));
    for (const char *at = error->message; *at; at++)
        REQUIRE(!g_ascii_iscntrl(*at));
    REQUIRE(*error->message);
}

static void require_text(const char *text, size_t most)
{
    REQUIRE(strlen(text) <= most && g_utf8_validate(text, -1, NULL));
}

static void require_head(const fz_pipe *pipe)
{
    const fz_run *run = fz_pipe_run(pipe);
    const fz_zones *zones = fz_pipe_zones(pipe);

    REQUIRE(run->engine <= FZ_ENGINE_SCAN && run->key <= FZ_KEY_IP && run->layers <= FZ_LAYERS_ALL &&
            run->octets <= FZ_OCTETS_IP);
    require_text(run->sensor, FZ_RUN_TEXT_MAX);
    require_text(run->source, FZ_RUN_TEXT_MAX);
    require_text(run->location, FZ_RUN_TEXT_MAX);
    require_text(run->filter, FZ_RUN_TEXT_MAX);
    require_text(run->program, FZ_RUN_TEXT_MAX);
    require_text(run->folder, FZ_RUN_TEXT_MAX);
    for (uint32_t i = 0; i < zones->count; i++) {
        fz_prefix masked = zones->rows[i].prefix;
        REQUIRE(fz_family_bits(masked.addr.family) >= masked.length && !fz_prefix_mask(&masked));
        require_text(zones->rows[i].location, FZ_ZONE_TEXT_MAX);
        require_text(zones->rows[i].number, FZ_ZONE_TEXT_MAX);
        require_text(zones->rows[i].name, FZ_ZONE_TEXT_MAX);
        REQUIRE(*zones->rows[i].name);
    }
    if (fz_pipe_note(pipe))
        require_text(fz_pipe_note(pipe), MEMORY);
}

static void require_record(const fz_record *record)
{
    REQUIRE(record->start_us <= record->end_us && fz_family_bits(record->family) > 0);
    REQUIRE(record->reserved[0] == 0 && record->reserved[1] == 0 && record->opened < FZ_OPENED_COUNT);
}

static void require_minute(const fz_minute *minute)
{
    REQUIRE(minute->minute % 60 == 0 && minute->packets > 0);
    REQUIRE(minute->minute >= -INT64_C(9223372036860) && minute->minute <= INT64_C(9223372036854));
}

static void require_packet(const fz_packet_row *packet)
{
    REQUIRE(packet->frame > 0 && packet->time_ns < 1000 && packet->has < 16);
    REQUIRE(packet->family == 0 ? packet->protocol == 0 && packet->ip_bytes == 0 && packet->tcp_flags == 0
                                : fz_family_bits(packet->family) > 0);
}

/* Adds what the row has to the sum of its kind. */
static void require_row(fz_row_kind kind, const fz_any_row *row, const fz_zones *zones, fz_count *sum)
{
    const uint32_t *zone = kind == FZ_ROW_FLOW     ? row->flow.zone
                           : kind == FZ_ROW_MINUTE ? row->minute.zone
                                                   : row->packet.zone;

    REQUIRE(zone[0] <= zones->count && zone[1] <= zones->count);
    if (kind == FZ_ROW_FLOW) {
        require_record(&row->flow);
        sum->frames += row->flow.packets[0] + row->flow.packets[1];
        sum->bytes += row->flow.bytes[0] + row->flow.bytes[1];
    } else if (kind == FZ_ROW_MINUTE) {
        require_minute(&row->minute);
        sum->frames += row->minute.packets;
        sum->bytes += row->minute.bytes;
    } else {
        require_packet(&row->packet);
        sum->frames++;
        sum->bytes += row->packet.bytes;
    }
}

static bool is_same(fz_count a, fz_count b)
{
    return a.frames == b.frames && a.bytes == b.bytes;
}

static void require_totals(const fz_run *run, const fz_totals *totals, const uint64_t all[FZ_ROW_KINDS],
                           const fz_count sums[FZ_ROW_KINDS])
{
    fz_count passed = {totals->counted.frames + totals->not_ip.frames + totals->unparsable.frames,
                       totals->counted.bytes + totals->not_ip.bytes + totals->unparsable.bytes};

    REQUIRE(totals->records == all[FZ_ROW_FLOW] && totals->minutes == all[FZ_ROW_MINUTE] &&
            totals->packets == all[FZ_ROW_PACKET]);
    REQUIRE(run->without_flows ? totals->records == 0
                               : run->layers == FZ_LAYERS_ALL || is_same(totals->counted, sums[FZ_ROW_FLOW]));
    REQUIRE(!run->minutes ? totals->minutes == 0
                          : run->layers == FZ_LAYERS_ALL || is_same(totals->counted, sums[FZ_ROW_MINUTE]));
    REQUIRE(!run->minutes || run->without_flows || is_same(sums[FZ_ROW_FLOW], sums[FZ_ROW_MINUTE]));
    REQUIRE(run->packets ? is_same(passed, sums[FZ_ROW_PACKET]) : totals->packets == 0);
}

/* One pass; false where it ended in an error. */
static bool take_pass(fz_pipe *pipe, GError **error)
{
    uint8_t rows[3 * sizeof(fz_any_row)];
    fz_row_kind kind;
    fz_count sums[FZ_ROW_KINDS] = {{0}};
    uint64_t all[FZ_ROW_KINDS] = {0};
    ssize_t count;

    while ((count = fz_pipe_next(pipe, &kind, rows, 3, error)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            fz_any_row row;
            memcpy(&row, rows + (size_t)i * fz_row_size(kind), fz_row_size(kind));
            require_row(kind, &row, fz_pipe_zones(pipe), &sums[kind]);
        }
        all[kind] += (uint64_t)count;
        REQUIRE(all[kind] <= LIMIT && !fz_pipe_totals(pipe));
    }
    if (count < 0)
        return false;
    REQUIRE(fz_pipe_totals(pipe));
    require_totals(fz_pipe_run(pipe), fz_pipe_totals(pipe), all, sums);
    REQUIRE(fz_pipe_digest(pipe) ? strlen(fz_pipe_digest(pipe)) == 64 : *fz_pipe_run(pipe)->source != '\0');
    return true;
}

/* The bytes as a file in memory: reading it never blocks. */
static int as_file(const uint8_t *data, size_t size)
{
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    REQUIRE(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size &&
            lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const fz_pipe_limits limits = {.rows = LIMIT};
    static int commands = -1;
    g_autoptr(GError) error = NULL;

    if (commands < 0)
        commands = open("/dev/null", O_WRONLY | O_CLOEXEC);
    fz_pipe *pipe = fz_pipe_open(as_file(data, size), commands, &limits, &error);
    bool good = pipe != NULL;
    if (good)
        require_head(pipe);
    while (good)
        good = take_pass(pipe, &error) && fz_pipe_rewind(pipe, &error);
    require_line(error); /* after the last byte there is no reader that could answer */
    fz_pipe_free(pipe);
    return 0;
}

/* What a good reader sends, with a source, a digest, or both: mutants of inputs without a frame begin with this. With
 * neither of them, one case of four, it is not good. */
static size_t send_good(uint8_t *data, size_t most, bool source, bool with_digest)
{
    static char name[] = "dmz", number[] = "7", none[] = "";
    const fz_zone rows[] = {{.prefix = {{FZ_IPV4, {10}}, 8}, .location = none, .number = number, .name = name},
                            {.prefix = {{FZ_IPV6, {0x20, 1}}, 16}, .location = name, .number = none, .name = name}};
    const fz_record records[] = {
        {.end_us = 1,
         .packets = {1, 1},
         .bytes = {60, 60},
         .zone = {1, 2},
         .family = FZ_IPV4,
         .end_reason = FZ_END_FORCED},
        {.packets = {1, 0}, .bytes = {90, 0}, .family = FZ_IPV6, .end_reason = FZ_END_RESOURCES}};
    const fz_minute minutes[] = {{.minute = -60, .zone = {1, 2}, .packets = 1, .bytes = 60},
                                 {.minute = 0, .zone = {2, 1}, .packets = 2, .bytes = 150}};
    const fz_packet_row packets[] = {
        {.frame = 1,
         .time_us = -1,
         .bytes = 60,
         .ip_bytes = 46,
         .zone = {1, 2},
         .eth = {{2}, {4}},
         .port = {1, 2},
         .tcp_flags = 2,
         .vlan = 3,
         .time_ns = 999,
         .protocol = 6,
         .family = FZ_IPV4,
         .has = FZ_HAS_ETH | FZ_HAS_PORTS | FZ_HAS_VLAN | FZ_HAS_TCP},
        {.frame = 2, .bytes = 150, .zone = {2, 1}, .protocol = 58, .family = FZ_IPV6},
        {.frame = 3, .bytes = 0, .zone = {2, 1}, .protocol = 17, .family = FZ_IPV4, .has = FZ_HAS_PORTS},
        {.frame = 4, .bytes = 42, .has = FZ_HAS_ETH}};
    const fz_totals totals = {.counted = {3, 210}, .not_ip = {1, 42}, .records = 2, .minutes = 2, .packets = 4};
    char digest[65] = {0};
    fz_run run;
    int fd = memfd_create("good", MFD_CLOEXEC);
    fz_pipe_sender *sender = fz_pipe_sender_new(fd);

    memset(digest, 'a', 64);
    fz_run_init(&run);
    run.minutes = run.packets = true;
    if (source) {
        g_free(run.source);
        run.source = g_strdup("day.pcap");
    }
    REQUIRE(fz_pipe_send_note(sender, "a note", NULL) &&
            fz_pipe_send_head(sender, &run, &(fz_zones){rows, G_N_ELEMENTS(rows)}, NULL));
    for (int pass = 0; pass < 2; pass++)
        REQUIRE(fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, G_N_ELEMENTS(records), NULL) &&
                fz_pipe_send_position(sender, 100, NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_MINUTE, minutes, G_N_ELEMENTS(minutes), NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_PACKET, packets, G_N_ELEMENTS(packets), NULL) &&
                fz_pipe_send_position(sender, 200, NULL) &&
                fz_pipe_send_end(sender, &totals, with_digest ? digest : NULL, NULL));
    ssize_t size = pread(fd, data, most, 0);
    REQUIRE(size >= 0);
    fz_run_clear(&run);
    fz_pipe_sender_free(sender);
    close(fd);
    return (size_t)size;
}

/* A frame as pipe.h describes it: kind, size, payload. */
enum { HEAD = 8 };

/* The size of the frame that begins here, or 0. */
static size_t frame_size(const uint8_t *at, size_t left)
{
    uint32_t payload;

    if (left < HEAD)
        return 0;
    memcpy(&payload, at + 4, sizeof payload);
    return payload <= left - HEAD ? HEAD + payload : 0;
}

static size_t count_frames(const uint8_t *data, size_t size)
{
    size_t count = 0;

    for (size_t at = 0, frame; (frame = frame_size(data + at, size - at)) > 0; at += frame)
        count++;
    return count;
}

/* Where frame `number` begins. */
static size_t find_frame(const uint8_t *data, size_t size, size_t number)
{
    size_t at = 0;

    while (number-- > 0)
        at += frame_size(data + at, size - at);
    return at;
}

/* Mutates a payload and says its new size in front of it. */
static size_t mutate_payload(uint8_t *data, size_t size, size_t most, size_t at)
{
    size_t before = frame_size(data + at, size - at), tail = size - at - before;
    size_t room = most - tail - at - HEAD;

    if (room == 0)
        return size;
    g_autofree uint8_t *rest = g_memdup2(data + at + before, tail);
    uint32_t payload = (uint32_t)LLVMFuzzerMutate(data + at + HEAD, before - HEAD, room);

    memcpy(data + at + 4, &payload, sizeof payload);
    if (tail > 0)
        memcpy(data + at + HEAD + payload, rest, tail);
    return at + HEAD + payload + tail;
}

/* Doubles a frame, where there is room. */
static size_t double_frame(uint8_t *data, size_t size, size_t most, size_t at)
{
    size_t frame = frame_size(data + at, size - at);

    if (size + frame > most)
        return size;
    memmove(data + at + frame, data + at, size - at);
    return size + frame;
}

static size_t drop_frame(uint8_t *data, size_t size, size_t at)
{
    size_t frame = frame_size(data + at, size - at);

    memmove(data + at, data + at + frame, size - at - frame);
    return size - frame;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    enum { ANYWHERE, DOUBLE, DROP };
    size_t frames = count_frames(data, size);

    if (frames == 0 && seed % 4 != 0) {
        size = send_good(data, most, seed >> 8 & 1, seed >> 9 & 1);
        frames = count_frames(data, size);
    }
    unsigned way = seed / 4 % 16;
    if (frames == 0 || way == ANYWHERE)
        return LLVMFuzzerMutate(data, size, most);
    size_t at = find_frame(data, size, seed / 64 % frames);
    if (way == DOUBLE)
        return double_frame(data, size, most, at);
    if (way == DROP)
        return drop_frame(data, size, at);
    return mutate_payload(data, size, most, at);
}
