/* Zstandard: RFC 8878, section 3.1. LZ4: lz4_Frame_format.md of the LZ4 project, version 1.6.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "compressed.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZSTD_MAGIC UINT32_C(0xfd2fb528)
#define LZ4_MAGIC UINT32_C(0x184d2204)
#define SKIPPABLE_MAGIC UINT32_C(0x184d2a50) /* of both; the last four bits are free */
#define LZ4_STORED UINT32_C(0x80000000)      /* a block that is not compressed */

enum { MAGIC_BYTES = 4, STREAM_BYTES = 1 << 16 };

/* What is walked: a file, or what comes through a pipe and goes on through another one. */
typedef struct walk {
    /* Copies up to `count` of the next bytes, fewer where it ends, and stays where it is. At most MAGIC_BYTES on a
     * pipe.
     */
    size_t (*look)(struct walk *file, uint8_t *bytes, size_t count);
    /* Goes on by so many; false where it ends before. */
    bool (*pass)(struct walk *file, uint64_t count);
    bool cut; /* it ended where more was announced */
    bool odd; /* it is none of ours, or damaged */
    int fd;
    off_t at, size; /* of a file */
    struct stream *stream;
} walk;

static size_t look_in_file(walk *file, uint8_t *bytes, size_t count)
{
    const uint64_t left = (uint64_t)(file->size - file->at);
    const size_t wanted = count < left ? count : (size_t)left;
    const ssize_t got = pread(file->fd, bytes, wanted, file->at);

    file->odd = file->odd || got != (ssize_t)wanted;
    return wanted;
}

static bool pass_in_file(walk *file, uint64_t count)
{
    if (count > (uint64_t)(file->size - file->at))
        return false;
    file->at += (off_t)count;
    return true;
}

/* The next bytes, little endian, of which there are at most MAGIC_BYTES. */
static uint32_t take(walk *file, size_t count)
{
    uint8_t bytes[MAGIC_BYTES] = {0};
    uint32_t value = 0;

    if (file->cut || file->odd || count == 0)
        return 0;
    file->cut = file->look(file, bytes, count) < count || !file->pass(file, count);
    for (size_t i = count; i-- > 0 && !file->cut;)
        value = value << 8 | bytes[i];
    return value;
}

static void skip(walk *file, uint64_t count)
{
    if (!file->cut && !file->odd)
        file->cut = !file->pass(file, count);
}

static bool goes_on(const walk *file)
{
    return !file->cut && !file->odd;
}

static void walk_zstd(walk *file)
{
    static const uint8_t id_bytes[] = {0, 1, 2, 4}, size_bytes[] = {0, 2, 4, 8};
    enum { RLE = 1, RESERVED = 3 };
    const uint32_t descriptor = take(file, 1);
    const bool single_segment = descriptor & 0x20;
    uint32_t header;

    skip(file, !single_segment); /* the window */
    skip(file, id_bytes[descriptor & 3]);
    skip(file, descriptor >> 6 == 0 ? single_segment : size_bytes[descriptor >> 6]);
    do {
        header = take(file, 3);
        const uint32_t type = header >> 1 & 3;
        file->odd = file->odd || (!file->cut && type == RESERVED);
        skip(file, type == RLE ? 1 : header >> 3);
    } while (goes_on(file) && !(header & 1));
    skip(file, descriptor & 4); /* the checksum has 4 bytes */
}

static void walk_lz4(walk *file)
{
    const uint32_t flags = take(file, 1);
    const unsigned block_checksum = flags & 0x10 ? 4 : 0;
    uint32_t size;

    file->odd = file->odd || (!file->cut && flags >> 6 != 1); /* the version */
    skip(file, 1);                                            /* the blocks' greatest size */
    skip(file, flags & 0x08);                                 /* the content's size has 8 bytes */
    skip(file, flags & 0x01 ? 4 : 0);                         /* the dictionary's number */
    skip(file, 1);                                            /* the header's checksum */
    while ((size = take(file, 4)) != 0)
        skip(file, (uint64_t)(size & ~LZ4_STORED) + block_checksum);
    skip(file, flags & 0x04); /* the content's checksum has 4 bytes */
}

static void walk_frame(walk *file)
{
    const uint32_t magic = take(file, MAGIC_BYTES);

    if (magic == ZSTD_MAGIC)
        walk_zstd(file);
    else if (magic == LZ4_MAGIC)
        walk_lz4(file);
    else if ((magic & ~UINT32_C(15)) == SKIPPABLE_MAGIC)
        skip(file, take(file, 4));
    else
        file->odd = true;
}

/* What is too short to have a magic number, and begins as one. */
static bool begins_a_magic(const uint8_t *bytes, size_t left)
{
    static const uint8_t magics[][MAGIC_BYTES] = {
        {0x28, 0xb5, 0x2f, 0xfd}, {0x04, 0x22, 0x4d, 0x18}, {0x1f, 0x8b, 0x08, 0x00}};

    for (size_t i = 0; i < sizeof magics / sizeof *magics && left > 0 && left < MAGIC_BYTES; i++)
        if (memcmp(bytes, magics[i], left) == 0)
            return true;
    return false;
}

/* To the end, or to what is none of ours. */
static bool walk_all(walk *file)
{
    uint8_t bytes[MAGIC_BYTES];
    size_t left = 0;

    while (goes_on(file) && (left = file->look(file, bytes, MAGIC_BYTES)) == MAGIC_BYTES)
        walk_frame(file);
    return file->cut || (!file->odd && begins_a_magic(bytes, left));
}

bool fz_compressed_is_cut(int fd, off_t start)
{
    struct stat about;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || start > about.st_size)
        return false;
    walk file = {.look = look_in_file, .pass = pass_in_file, .fd = fd, .at = start, .size = about.st_size};
    return walk_all(&file);
}

bool fz_compressed_may_begin(uint8_t first)
{
    return first == (ZSTD_MAGIC & 0xff) || first == (LZ4_MAGIC & 0xff) || first == 0x1f /* gzip */ ||
           (first & 0xf0) == (SKIPPABLE_MAGIC & 0xf0);
}

/* Bytes that were passed on, and not yet walked over. */
typedef struct stream {
    int to;
    bool broken; /* nobody takes them any more, or they can't be read */
    size_t at, end;
    uint8_t bytes[STREAM_BYTES];
} stream;

static bool write_all(int fd, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t put = write(fd, bytes, count);
        if (put < 0 && errno != EINTR)
            return false;
        bytes += put > 0 ? put : 0;
        count -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* Reads on, and passes it on. False at the end. */
static bool read_more(walk *file)
{
    stream *of = file->stream;
    ssize_t got;

    memmove(of->bytes, of->bytes + of->at, of->end - of->at);
    of->end -= of->at;
    of->at = 0;
    while ((got = read(file->fd, of->bytes + of->end, sizeof of->bytes - of->end)) < 0 && errno == EINTR)
        continue;
    of->broken = of->broken || got < 0 || !write_all(of->to, of->bytes + of->end, (size_t)got);
    if (got <= 0 || of->broken)
        return false;
    of->end += (size_t)got;
    return true;
}

static size_t look_in_stream(walk *file, uint8_t *bytes, size_t count)
{
    stream *of = file->stream;

    while (of->end - of->at < count && read_more(file))
        continue;
    const size_t there = of->end - of->at < count ? of->end - of->at : count;
    memcpy(bytes, of->bytes + of->at, there);
    return there;
}

static bool pass_in_stream(walk *file, uint64_t count)
{
    stream *of = file->stream;

    do {
        const size_t there = of->end - of->at < count ? of->end - of->at : (size_t)count;
        of->at += there;
        count -= there;
    } while (count > 0 && read_more(file));
    return count == 0;
}

bool fz_compressed_pass_on(int from, int to, bool *cut)
{
    static stream of; /* large, and there is one */
    walk file = {.look = look_in_stream, .pass = pass_in_stream, .fd = from, .stream = &of};

    of = (stream){.to = to};
    *cut = walk_all(&file);
    while (pass_in_stream(&file, UINT64_MAX)) /* what is none of ours goes on too */
        continue;
    return !of.broken;
}
