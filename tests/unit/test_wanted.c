/* What is wanted comes through a pipe as it was sent, and what cannot be is refused.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wanted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 3 };

static void fill(fz_wanted_capture *capture, fz_wanted_row rows[ROWS])
{
    *capture = (fz_wanted_capture){.asked = 1, .rows = ROWS, .frames = 9, .bytes = 900, .first_us = -1};
    strcpy(capture->source, "day.pcap");
    strcpy(capture->folder, "/ring");
    for (int i = 0; i < ROWS; i++)
        rows[i] =
            (fz_wanted_row){.record = {.family = FZ_IPV4, .end_reason = FZ_END_FORCED, .packets = {(uint64_t)i, 1}}};
    rows[1].asked = 1;
}

static void what_is_sent_arrives(void **state)
{
    fz_wanted_capture sent, taken;
    fz_wanted_row rows[ROWS];
    g_autoptr(GError) error = NULL;
    int ends[2], file = memfd_create("rows", MFD_CLOEXEC);
    bool more;
    (void)state;

    fill(&sent, rows);
    assert_return_code(pipe(ends), 0);
    assert_true(fz_wanted_send(ends[1], &sent, rows, &error));
    assert_true(fz_wanted_send_end(ends[1], &error));
    close(ends[1]);
    assert_true(fz_wanted_take(ends[0], &taken, &more, &error));
    assert_true(more);
    assert_memory_equal(&taken, &sent, sizeof sent);
    assert_true(fz_wanted_move_rows(ends[0], &taken, file, &error));
    g_autofree fz_wanted_row *read = fz_wanted_read_rows(file, &taken, &error);
    assert_non_null(read);
    assert_memory_equal(read, rows, sizeof rows);
    assert_true(fz_wanted_take(ends[0], &taken, &more, &error));
    assert_false(more);
    assert_false(fz_wanted_take(ends[0], &taken, &more, &error)); /* and then it ended */
    assert_true(g_error_matches(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_ENDED));
    close(ends[0]);
    close(file);
}

static void rows_that_are_missing_are_told(void **state)
{
    fz_wanted_capture sent;
    fz_wanted_row rows[ROWS];
    g_autoptr(GError) error = NULL;
    int ends[2], file = memfd_create("rows", MFD_CLOEXEC);
    (void)state;

    fill(&sent, rows);
    assert_return_code(pipe(ends), 0);
    assert_int_equal(write(ends[1], rows, sizeof rows - 1), sizeof rows - 1);
    close(ends[1]);
    assert_false(fz_wanted_move_rows(ends[0], &sent, file, &error));
    assert_true(g_error_matches(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_ENDED));
    g_clear_error(&error);
    assert_null(fz_wanted_read_rows(file, &sent, &error));
    assert_true(g_error_matches(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_ENDED));
    close(ends[0]);
    close(file);
}

static void spoil_rows(fz_wanted_capture *capture)
{
    capture->rows = FZ_WANTED_ROWS_MAX + 1;
}

static void spoil_asked(fz_wanted_capture *capture)
{
    capture->asked = capture->rows + 1;
}

static void spoil_refusal(fz_wanted_capture *capture)
{
    capture->refusal = FZ_WANTED_REFUSALS;
}

static void spoil_refused(fz_wanted_capture *capture)
{
    capture->refusal = FZ_WANTED_LAYERS; /* and has rows */
}

static void spoil_key(fz_wanted_capture *capture)
{
    capture->key = FZ_KEY_IP + 1;
}

static void spoil_vlan(fz_wanted_capture *capture)
{
    capture->vlan = 2;
}

static void spoil_frames(fz_wanted_capture *capture)
{
    capture->frames = UINT64_MAX;
}

static void spoil_end(fz_wanted_capture *capture)
{
    memset(capture->source, 'a', sizeof capture->source);
}

static void spoil_text(fz_wanted_capture *capture)
{
    strcpy(capture->folder, "/\xff");
}

static void captures_that_cannot_be_are_refused(void **state)
{
    static void (*const spoilers[])(fz_wanted_capture *) = {spoil_rows,    spoil_asked, spoil_refusal,
                                                            spoil_refused, spoil_key,   spoil_vlan,
                                                            spoil_frames,  spoil_end,   spoil_text};
    (void)state;

    for (size_t i = 0; i < G_N_ELEMENTS(spoilers); i++) {
        fz_wanted_capture sent, taken;
        fz_wanted_row rows[ROWS];
        g_autoptr(GError) error = NULL;
        int ends[2];
        bool more;

        fill(&sent, rows);
        spoilers[i](&sent);
        assert_return_code(pipe(ends), 0);
        assert_int_equal(write(ends[1], &sent, sizeof sent), sizeof sent);
        assert_false(fz_wanted_take(ends[0], &taken, &more, &error));
        assert_true(g_error_matches(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_VALUE));
        close(ends[0]);
        close(ends[1]);
    }
}

static void rows_that_cannot_be_are_refused(void **state)
{
    for (int i = 0; i < 4; i++) {
        fz_wanted_capture sent;
        fz_wanted_row rows[ROWS];
        g_autoptr(GError) error = NULL;
        int file = memfd_create("rows", MFD_CLOEXEC);
        (void)state;

        fill(&sent, rows);
        if (i == 0)
            rows[2].record.family = 5;
        else if (i == 1)
            rows[0].record.end_us = -1;
        else if (i == 2)
            rows[0].asked = 2;
        else
            rows[1].record.packets[1] = UINT64_MAX;
        assert_int_equal(write(file, rows, sizeof rows), sizeof rows);
        assert_null(fz_wanted_read_rows(file, &sent, &error));
        assert_true(g_error_matches(error, FZ_WANTED_ERROR, FZ_WANTED_ERROR_VALUE));
        close(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_arrives),
        cmocka_unit_test(rows_that_are_missing_are_told),
        cmocka_unit_test(captures_that_cannot_be_are_refused),
        cmocka_unit_test(rows_that_cannot_be_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
