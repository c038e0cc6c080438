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

    REQUIRE(run->engine <= FZ_ENGINE_SCAN && run->key <= FZ_KEY_IP && run->layers <= FZ_LAYERS_ALL);
    require_text(run->sensor, FZ_RUN_TEXT_MAX);
    require_text(run->source, FZ_RUN_TEXT_MAX);
    require_text(run->location, FZ_RUN_TEXT_MAX);
    require_text(run->filter, FZ_RUN_TEXT_MAX);
    require_text(run->program, FZ_RUN_TEXT_MAX);
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

static void require_record(const fz_record *record, const fz_zones *zones)
{
    REQUIRE(record->start_us <= record->end_us && fz_family_bits(record->family) > 0);
    REQUIRE(record->zone[0] <= zones->count && record->zone[1] <= zones->count);
    REQUIRE(record->reserved[0] == 0 && record->reserved[1] == 0 && record->reserved[2] == 0);
}

/* One pass; false where it ended in an error. */
static bool take_pass(fz_pipe *pipe, GError **error)
{
    fz_record records[3];
    fz_row_kind kind;
    fz_count sum = {0};
    uint64_t all = 0;
    ssize_t count;

    while ((count = fz_pipe_next(pipe, &kind, records, G_N_ELEMENTS(records), error)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            require_record(&records[i], fz_pipe_zones(pipe));
            sum.frames += records[i].packets[0] + records[i].packets[1];
            sum.bytes += records[i].bytes[0] + records[i].bytes[1];
        }
        all += (uint64_t)count;
        REQUIRE(all <= LIMIT && !fz_pipe_totals(pipe));
    }
    if (count < 0)
        return false;
    const fz_totals *totals = fz_pipe_totals(pipe);
    REQUIRE(totals && totals->records == all);
    if (fz_pipe_run(pipe)->layers == FZ_LAYERS_OUTER)
        REQUIRE(totals->counted.frames == sum.frames && totals->counted.bytes == sum.bytes);
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
    const fz_totals totals = {.counted = {3, 210}, .not_ip = {1, 42}, .records = 2};
    char digest[65] = {0};
    fz_run run;
    int fd = memfd_create("good", MFD_CLOEXEC);
    fz_pipe_sender *sender = fz_pipe_sender_new(fd);

    memset(digest, 'a', 64);
    fz_run_init(&run);
    if (source) {
        g_free(run.source);
        run.source = g_strdup("day.pcap");
    }
    REQUIRE(fz_pipe_send_note(sender, "a note", NULL) &&
            fz_pipe_send_head(sender, &run, &(fz_zones){rows, G_N_ELEMENTS(rows)}, NULL));
    for (int pass = 0; pass < 2; pass++)
        REQUIRE(fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, G_N_ELEMENTS(records), NULL) &&
                fz_pipe_send_position(sender, 100, NULL) &&
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
