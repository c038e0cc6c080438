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

enum { MAGIC_BYTES = 4 };

typedef struct walk {
    int fd;
    off_t at, size;
    bool cut; /* the file ended too early */
    bool odd; /* not one of these formats, or damaged */
} walk;

/* The next bytes, at most 8, little endian. */
static uint64_t take(walk *file, size_t count)
{
    uint8_t bytes[8] = {0};
    uint64_t value = 0;

    if (file->cut || file->odd || count == 0)
        return 0;
    if (file->size - file->at < (off_t)count) {
        file->cut = true;
        return 0;
    }
    ssize_t got = pread(file->fd, bytes, count, file->at);
    file->odd = got != (ssize_t)count;
    file->at += (off_t)count;
    for (size_t i = count; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void skip(walk *file, uint64_t count)
{
    if (file->cut || file->odd)
        return;
    file->cut = count > (uint64_t)(file->size - file->at);
    if (!file->cut)
        file->at += (off_t)count;
}

static bool goes_on(const walk *file)
{
    return !file->cut && !file->odd;
}

static void walk_zstd(walk *file)
{
    static const uint8_t id_bytes[] = {0, 1, 2, 4}, size_bytes[] = {0, 2, 4, 8};

    enum { RLE = 1, RESERVED = 3 };
    const uint64_t descriptor = take(file, 1);
    const bool single_segment = descriptor & 0x20;
    uint64_t header;

    skip(file, !single_segment); /* the window */
    skip(file, id_bytes[descriptor & 3]);
    skip(file, descriptor >> 6 == 0 ? single_segment : size_bytes[descriptor >> 6]);
    do {
        header = take(file, 3);
        const uint64_t type = header >> 1 & 3;
        file->odd = file->odd || (!file->cut && type == RESERVED);
        skip(file, type == RLE ? 1 : header >> 3);
    } while (goes_on(file) && !(header & 1));
    skip(file, descriptor & 4); /* the checksum has 4 bytes */
}

static void walk_lz4(walk *file)
{
    const uint64_t flags = take(file, 1);
    const unsigned block_checksum = flags & 0x10 ? 4 : 0;
    uint64_t size;

    file->odd = file->odd || (!file->cut && flags >> 6 != 1); /* the version */
    skip(file, 1);                                            /* the blocks' greatest size */
    skip(file, flags & 0x08);                                 /* the content's size has 8 bytes */
    skip(file, flags & 0x01 ? 4 : 0);                         /* the dictionary's number */
    skip(file, 1);                                            /* the header's checksum */
    while ((size = take(file, 4)) != 0)
        skip(file, (size & ~(uint64_t)LZ4_STORED) + block_checksum);
    skip(file, flags & 0x04); /* the content's checksum has 4 bytes */
}

static void walk_frame(walk *file)
{
    const uint64_t magic = take(file, MAGIC_BYTES);

    if (magic == ZSTD_MAGIC)
        walk_zstd(file);
    else if (magic == LZ4_MAGIC)
        walk_lz4(file);
    else if ((magic & ~UINT64_C(15)) == SKIPPABLE_MAGIC)
        skip(file, take(file, 4));
    else
        file->odd = true;
}

/* Whether the file is shorter than a magic number, and begins like one. */
static bool begins_a_magic(int fd, off_t at, size_t left)
{
    static const uint8_t magics[][MAGIC_BYTES] = {
        {0x28, 0xb5, 0x2f, 0xfd}, {0x04, 0x22, 0x4d, 0x18}, {0x1f, 0x8b, 0x08, 0x00}};
    uint8_t bytes[MAGIC_BYTES];

    if (left == 0 || left >= MAGIC_BYTES || pread(fd, bytes, left, at) != (ssize_t)left)
        return false;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (memcmp(bytes, magics[i], left) == 0)
            return true;
    return false;
}

bool fz_compressed_is_cut(int fd, off_t start)
{
    struct stat about;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    walk file = {.fd = fd, .at = start, .size = about.st_size};
    while (goes_on(&file) && file.size - file.at >= MAGIC_BYTES)
        walk_frame(&file);
    return file.cut || (!file.odd && begins_a_magic(fd, file.at, (size_t)(file.size - file.at)));
}
