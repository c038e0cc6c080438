/* Reading captures: frames, their end, and faults.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* draft-ietf-opsawg-pcap. */
typedef struct file_head {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2], snaplen, linktype;
} file_head;

typedef struct frame_head {
    uint32_t seconds, fraction, captured, wire;
} frame_head;

typedef struct two_frames {
    file_head file;
    frame_head first;
    uint8_t first_bytes[4];
    frame_head second;
    uint8_t second_bytes[2];
} __attribute__((packed)) two_frames;

static two_frames frames_of(uint32_t linktype)
{
    return (two_frames){
        .file = {.magic = 0xa1b2c3d4, .major = 2, .minor = 4, .snaplen = 65535, .linktype = linktype},
        .first = {.seconds = 1600000000, .fraction = 250000, .captured = 4, .wire = 60},
        .first_bytes = {1, 2, 3, 4},
        .second = {.seconds = 1600000001, .captured = 2, .wire = 2},
        .second_bytes = {5, 6},
    };
}

/* Makes these bytes standard input. */
static void put(const void *bytes, size_t size)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);

    assert_return_code(fd, 0);
    assert_int_equal(pwrite(fd, bytes, size, 0), size);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
}

static void frames_come_in_their_order(void **state)
{
    const two_frames file = frames_of(1);
    g_autoptr(GError) error = NULL;
    fz_capture_frame frame;
    (void)state;

    put(&file, sizeof file);
    fz_capture *capture = fz_capture_open("two.pcap", &error);
    assert_non_null(capture);
    assert_true(fz_capture_next(capture, &frame, &error));
    assert_int_equal(frame.time_us, INT64_C(1600000000250000));
    assert_int_equal(frame.wire_bytes, 60);
    assert_int_equal(frame.captured_bytes, 4);
    assert_memory_equal(frame.bytes, file.first_bytes, 4);
    assert_ptr_equal(frame.encap, fz_encap_find("ether"));
    assert_null(fz_capture_find_unwalked(capture));
    assert_true(fz_capture_next(capture, &frame, &error));
    assert_memory_equal(frame.bytes, file.second_bytes, 2);
    assert_false(fz_capture_next(capture, &frame, &error));
    assert_null(error);
    fz_capture_free(capture);
}

/* Cut anywhere in the bytes of its second frame. (A head that is cut may be that of another kind of pcap.) */
static void a_cut_frame_is_an_error(void **state)
{
    const two_frames file = frames_of(1);
    (void)state;

    for (size_t size = offsetof(two_frames, second_bytes); size < sizeof file; size++) {
        g_autoptr(GError) error = NULL;
        fz_capture_frame frame;

        put(&file, size);
        fz_capture *capture = fz_capture_open(NULL, &error);
        assert_non_null(capture);
        assert_true(fz_capture_next(capture, &frame, &error));
        assert_false(fz_capture_next(capture, &frame, &error));
        assert_true(g_error_matches(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_CUT));
        fz_capture_free(capture);
    }
}

/* libwiretap alone would take this for the end of the capture. */
static void cut_compressed_data_is_an_error(void **state)
{
    uint8_t packed[sizeof(two_frames) + 11] = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, sizeof(two_frames),
                                               0,    0,    0x80};
    const two_frames file = frames_of(1);
    g_autoptr(GError) error = NULL;
    fz_capture_frame frame;
    (void)state;

    memcpy(packed + 11, &file, sizeof file);
    put(packed, sizeof packed); /* of LZ4; the mark of its end is missing */
    fz_capture *capture = fz_capture_open(NULL, &error);
    while (capture && fz_capture_next(capture, &frame, &error))
        assert_ptr_equal(frame.encap, fz_encap_find("ether"));
    assert_true(g_error_matches(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_CUT));
    fz_capture_free(capture);
}

/* pcapng: a section, an Ethernet interface, a frame, and a block of 3 bytes, which is invalid. */
static void a_damaged_block_is_an_error(void **state)
{
    static const uint32_t file[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28, 1, 20, 1, 65535, 20,
                                    6,          36, 0,          0, 1,          4,          60, 7, 36, 6, 3,     3};
    g_autoptr(GError) error = NULL;
    fz_capture_frame frame;
    (void)state;

    put(file, sizeof file);
    fz_capture *capture = fz_capture_open(NULL, &error);
    assert_non_null(capture);
    assert_true(fz_capture_next(capture, &frame, &error));
    assert_false(fz_capture_next(capture, &frame, &error));
    assert_true(g_error_matches(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_OTHER));
    fz_capture_free(capture);
}

static void what_is_no_capture_is_not_opened(void **state)
{
    g_autoptr(GError) error = NULL;
    (void)state;

    put("[mysqld]\n", 9);
    assert_null(fz_capture_open("my.cnf", &error));
    assert_true(g_error_matches(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_OTHER));
    assert_null(strstr(error->message, "my.cnf"));
}

static void a_link_type_of_dissectors_is_found(void **state)
{
    const two_frames file = frames_of(143); /* DOCSIS */
    g_autoptr(GError) error = NULL;
    fz_capture_frame frame;
    (void)state;

    put(&file, sizeof file);
    fz_capture *capture = fz_capture_open(NULL, &error);
    assert_non_null(capture);
    assert_true(fz_capture_next(capture, &frame, &error));
    assert_ptr_equal(fz_capture_find_unwalked(capture), fz_encap_find("docsis"));
    fz_capture_free(capture);
}

/* Reading starts at standard input's position, as when a part of a file is scanned. */
static void it_starts_at_the_position(void **state)
{
    const two_frames file = frames_of(1);
    uint8_t shifted[sizeof file + 3] = "abc";
    g_autoptr(GError) error = NULL;
    fz_capture_frame frame;
    (void)state;

    memcpy(shifted + 3, &file, sizeof file);
    put(shifted, sizeof shifted);
    assert_int_equal(lseek(STDIN_FILENO, 3, SEEK_SET), 3);
    fz_capture *capture = fz_capture_open(NULL, &error);
    assert_non_null(capture);
    assert_true(fz_capture_next(capture, &frame, &error));
    assert_memory_equal(frame.bytes, file.first_bytes, 4);
    fz_capture_free(capture);
}

static int prepare(void **state)
{
    (void)state;
    fz_capture_prepare();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_in_their_order),       cmocka_unit_test(a_cut_frame_is_an_error),
        cmocka_unit_test(cut_compressed_data_is_an_error),  cmocka_unit_test(a_damaged_block_is_an_error),
        cmocka_unit_test(what_is_no_capture_is_not_opened), cmocka_unit_test(a_link_type_of_dissectors_is_found),
        cmocka_unit_test(it_starts_at_the_position),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
