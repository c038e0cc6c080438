/* Where compressed files end. SPDX-License-Identifier: GPL-2.0-or-later */
#include "compressed.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* "abc" by zstd, as one segment with its size, stored, with a checksum; and with a window, in an RLE block. */
static const uint8_t zstd_stored[] = {0x28, 0xb5, 0x2f, 0xfd, 0x24, 3, 0x19, 0, 0, 'a', 'b', 'c', 1, 2, 3, 4};
static const uint8_t zstd_rle[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x02, 0, 0, 'a', 0x03, 0, 1, 'b'};
/* The same by LZ4: with every optional part, and with none. */
static const uint8_t lz4_all[] = {0x04, 0x22, 0x4d, 0x18, 0x7d, 0x40, 3,   0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 0x11,
                                  3,    0,    0,    0x80, 'a',  'b',  'c', 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8};
static const uint8_t lz4_least[] = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 3, 0, 0, 0x80, 'a', 'b', 'c', 0, 0, 0, 0};
static const uint8_t skippable[] = {0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'x', 'y'};

static int fd;

static bool is_cut(const uint8_t *bytes, size_t size, off_t start)
{
    assert_return_code(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, bytes, size, 0), size);
    bool cut = fz_compressed_is_cut(fd, start);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    return cut;
}

/* A whole file is not cut, and one that is cut anywhere is. */
static void check_frame(const uint8_t *bytes, size_t size)
{
    assert_false(is_cut(bytes, size, 0));
    for (size_t left = 1; left < size; left++)
        if (!is_cut(bytes, left, 0))
            fail_msg("whole with %zu of %zu bytes", left, size);
}

static void frames_are_cut_anywhere(void **state)
{
    (void)state;
    check_frame(zstd_stored, sizeof zstd_stored);
    check_frame(zstd_rle, sizeof zstd_rle);
    check_frame(lz4_all, sizeof lz4_all);
    check_frame(lz4_least, sizeof lz4_least);
}

static void several_frames_follow_each_other(void **state)
{
    (void)state;
    g_autoptr(GByteArray) all = g_byte_array_new();
    g_byte_array_append(all, zstd_rle, sizeof zstd_rle);
    g_byte_array_append(all, skippable, sizeof skippable);
    g_byte_array_append(all, lz4_all, sizeof lz4_all);
    assert_false(is_cut(all->data, all->len, 0));
    assert_false(is_cut(all->data, all->len, sizeof zstd_rle));
    assert_false(is_cut(all->data, sizeof zstd_rle, 0));
    assert_true(is_cut(all->data, sizeof zstd_rle + 4, 0));
    assert_true(is_cut(all->data, sizeof zstd_rle + sizeof skippable - 1, 0));
    assert_true(is_cut(all->data, all->len - 1, 0));
}

static void what_is_not_of_these_formats_is_not_cut(void **state)
{
    static const uint8_t pcap[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0}, zeros[16];
    uint8_t reserved[sizeof zstd_stored], version[sizeof lz4_least];
    (void)state;
    memcpy(reserved, zstd_stored, sizeof reserved);
    reserved[6] |= 6; /* the block's type */
    memcpy(version, lz4_least, sizeof version);
    version[4] = 0x20;
    assert_false(is_cut(pcap, sizeof pcap, 0));
    assert_false(is_cut(pcap, 3, 0));
    assert_false(is_cut(pcap, 0, 0));
    assert_false(is_cut(zeros, sizeof zeros, 0));
    assert_false(is_cut(reserved, sizeof reserved - 6, 0));
    assert_false(is_cut(version, sizeof version - 3, 0));
    assert_true(is_cut((const uint8_t *)"\x1f\x8b", 2, 0));
    assert_false(is_cut((const uint8_t *)"\x1f\x8b\x08\x00\x00", 5, 0)); /* libwiretap knows */
}

static void a_pipe_cannot_be_looked_at(void **state)
{
    int ends[2];
    (void)state;
    assert_return_code(pipe(ends), 0);
    assert_int_equal(write(ends[1], zstd_rle, 7), 7);
    assert_false(fz_compressed_is_cut(ends[0], 0));
    close(ends[0]);
    close(ends[1]);
}

/* Any bytes after the magic number: the function returns. */
static void random_bytes_do_no_harm(void **state)
{
    const guint32 seed = g_random_int();
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    uint8_t bytes[64];
    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < 2000; i++) {
        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = (uint8_t)(g_rand_int(random) >> g_rand_int_range(random, 0, 30));
        memcpy(bytes, i % 2 ? zstd_rle : lz4_all, 4);
        is_cut(bytes, sizeof bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_cut_anywhere),
        cmocka_unit_test(several_frames_follow_each_other),
        cmocka_unit_test(what_is_not_of_these_formats_is_not_cut),
        cmocka_unit_test(a_pipe_cannot_be_looked_at),
        cmocka_unit_test(random_bytes_do_no_harm),
    };
    g_autofree char *path = NULL;
    fd = g_file_open_tmp("flowzone-XXXXXX", &path, NULL);
    if (fd < 0)
        return 1;
    unlink(path);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
