/* From rows back to frames: real processes read real files, and what they write is read again.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets_jobs.h"

#include "capture.h"
#include "exit.h"
#include "scan.h"
#include "wanted.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES = 300, FRAME_BYTES = 60, CONVERSATIONS = 7 };

/* draft-ietf-opsawg-pcap. */
typedef struct file_head {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t reserved[2], snaplen, linktype;
} file_head;

typedef struct frame_head {
    uint32_t seconds, fraction, captured, wire;
} frame_head;

/* A folder for each test, and what the command said. */
typedef struct place {
    char *folder, *out;
    char *said;
} place;

static int set_up(void **state)
{
    place *here = g_new0(place, 1);

    here->folder = g_dir_make_tmp("flowzone-packets.XXXXXX", NULL);
    here->out = g_build_filename(here->folder, "out.pcapng", NULL);
    *state = here;
    return here->folder ? 0 : -1;
}

static int tear_down(void **state)
{
    place *here = *state;
    g_autofree char *command = g_strdup_printf("rm -r '%s'", here->folder);

    const int status = system(command); /* NOLINT(cert-env33-c): a test's own folder */
    g_free(here->folder);
    g_free(here->out);
    g_free(here->said);
    g_free(here);
    return status;
}

static void add(GByteArray *bytes, const void *what, size_t size)
{
    g_byte_array_append(bytes, what, (guint)size);
}

/* An IPv4 packet of UDP in Ethernet; the wire has more than was captured. */
static void add_frame(GByteArray *bytes, unsigned number, unsigned conversation, uint32_t first_s)
{
    const frame_head head = {first_s + number / 10, number % 10 * 1000, FRAME_BYTES, FRAME_BYTES + number % 5};
    uint8_t frame[FRAME_BYTES] = {[12] = 8, [14] = 0x45, [17] = 46, [22] = 64, [23] = 17, [26] = 10, [30] = 10};
    const bool back = number % 3 == 0;

    frame[back ? 33 : 29] = 1;
    frame[back ? 29 : 33] = 2;
    frame[back ? 37 : 35] = (uint8_t)(100 + conversation);
    frame[back ? 35 : 37] = 53;
    add(bytes, &head, sizeof head);
    add(bytes, frame, sizeof frame);
}

static GByteArray *make_capture(unsigned frames, uint32_t first_s)
{
    const file_head head = {.magic = 0xa1b2c3d4, .major = 2, .minor = 4, .snaplen = 65535, .linktype = 1};
    GByteArray *bytes = g_byte_array_new();

    add(bytes, &head, sizeof head);
    for (unsigned i = 0; i < frames; i++)
        add_frame(bytes, i, i * 3 % CONVERSATIONS, first_s);
    return bytes;
}

static char *put(const place *here, const char *name, const GByteArray *bytes)
{
    char *path = g_build_filename(here->folder, name, NULL);

    assert_true(g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL));
    return path;
}

/* A capture, and all its rows, as a store would have them. */
typedef struct loaded {
    fz_wanted_capture capture;
    GArray *rows;
} loaded;

static void clear(loaded *day)
{
    g_array_free(day->rows, TRUE);
}

static loaded load(const place *here, const char *path, uint32_t interval_s)
{
    fz_confine confine = {.who = "test"};
    fz_options options = {.interval_s = interval_s, .rows = FZ_KIND(FZ_ROW_FLOW)};
    loaded day = {.rows = g_array_new(FALSE, TRUE, sizeof(fz_wanted_row))};
    g_autoptr(GError) error = NULL;
    g_autofree fz_any_row *taken = g_new(fz_any_row, FZ_RECORDS_AT_ONCE);
    fz_input file;
    fz_source source;
    fz_row_kind kind;
    ssize_t count;

    assert_true(fz_options_finish(&options, &error));
    assert_true(fz_input_open(&file, path, &error));
    assert_true(fz_scan_start(&source, &file, &options, &confine, 1, &error));
    fz_pipe *pipe = fz_pipe_open(source.records, -1, &source.limits, &error);
    assert_non_null(pipe);
    while ((count = fz_pipe_next(pipe, &kind, taken, FZ_RECORDS_AT_ONCE, &error)) > 0)
        for (ssize_t i = 0; i < count && kind == FZ_ROW_FLOW; i++) {
            fz_wanted_row row = {.record = ((const fz_record *)taken)[i]};
            memset(row.record.zone, 0, sizeof row.record.zone);
            g_array_append_val(day.rows, row);
        }
    assert_int_equal(count, 0);
    const fz_run *run = fz_pipe_run(pipe);
    const fz_count all = fz_totals_all(fz_pipe_totals(pipe));
    day.capture = (fz_wanted_capture){
        .rows = day.rows->len,
        .frames = all.frames,
        .bytes = all.bytes,
        .capture_bytes = file.opened.size,
        .written_ns = file.opened.written_ns,
        .first_us = run->first_us,
        .first_bytes = run->first_bytes,
        .interval_s = interval_s,
    };
    g_strlcpy(day.capture.source, run->source, sizeof day.capture.source);
    g_strlcpy(day.capture.folder, here->folder, sizeof day.capture.folder);
    fz_pipe_free(pipe);
    fz_source_end end = fz_source_stop(&source);
    assert_null(end.process);
    fz_source_end_clear(&end);
    fz_input_close(&file);
    fz_options_clear(&options);
    return day;
}

/* Asks for every row whose number is a multiple of `step`; returns their packets and bytes. */
static fz_count ask(loaded *day, guint step)
{
    fz_count sum = {0};

    day->capture.asked = 0;
    for (guint i = 0; i < day->rows->len; i++) {
        fz_wanted_row *row = &g_array_index(day->rows, fz_wanted_row, i);

        row->asked = i % step == 0;
        day->capture.asked += row->asked;
        sum.frames += row->asked ? row->record.packets[0] + row->record.packets[1] : 0;
        sum.bytes += row->asked ? row->record.bytes[0] + row->record.bytes[1] : 0;
    }
    return sum;
}

/* Standard error goes into a file meanwhile. */
static int run_to(place *here, const loaded *day, size_t count, const char *ring, const char *out)
{
    fz_packets_order order = {.ring = ring, .out = out, .confine = {.who = "packets"}};
    g_autoptr(GError) error = NULL;
    int ends[2], words = memfd_create("words", MFD_CLOEXEC), before = dup(STDERR_FILENO);
    char said[4096] = "";

    assert_return_code(pipe2(ends, O_CLOEXEC), 0);
    for (size_t i = 0; i < count; i++)
        assert_true(fz_wanted_send(ends[1], &day[i].capture, &g_array_index(day[i].rows, fz_wanted_row, 0), NULL));
    assert_true(fz_wanted_send_end(ends[1], NULL));
    close(ends[1]);
    assert_return_code(dup2(words, STDERR_FILENO), 0);
    fz_packets_jobs *jobs = fz_packets_jobs_new(&order, &error);
    const int status = jobs ? fz_packets_jobs_run(jobs, ends[0], &error) : FZ_EXIT_FAILED;
    fz_packets_jobs_free(jobs);
    (void)fflush(stderr);
    assert_return_code(dup2(before, STDERR_FILENO), 0);
    close(before);
    close(ends[0]);
    assert_return_code(pread(words, said, sizeof said - 1, 0), 0);
    close(words);
    g_free(here->said);
    here->said = g_strconcat(said, error ? error->message : "", NULL);
    return status;
}

static int run(place *here, const loaded *day)
{
    return run_to(here, day, 1, NULL, here->out);
}

/* In a process of its own, for libwiretap can be set up only once. */
static void G_GNUC_NORETURN count_in_child(const char *path, int to)
{
    fz_count sum = {0};
    fz_capture_frame frame;
    g_autoptr(GError) error = NULL;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    fz_capture *file = NULL;

    fz_capture_prepare();
    if (fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO)
        file = fz_capture_open(path, &error);
    while (file && fz_capture_next(file, &frame, &error)) {
        sum.frames++;
        sum.bytes += frame.wire_bytes;
    }
    _exit(file && !error && write(to, &sum, sizeof sum) == (ssize_t)sizeof sum ? 0 : 1);
}

/* The frames and bytes of a capture. */
static fz_count count_file(const char *path)
{
    fz_count sum;
    int ends[2];

    assert_return_code(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0)
        count_in_child(path, ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &sum, sizeof sum), sizeof sum);
    close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return sum;
}

static void assert_said(const place *here, const char *words)
{
    if (!strstr(here->said, words))
        fail_msg("expected \"%s\" in: %s", words, here->said);
}

/* The output is there and has these frames. */
static void assert_written(const place *here, fz_count expected)
{
    const fz_count there = count_file(here->out);

    assert_int_equal(there.frames, expected.frames);
    assert_int_equal(there.bytes, expected.bytes);
}

/* Nothing is left behind: neither the output nor a part of it. */
static void assert_nothing_written(const place *here)
{
    g_autoptr(GDir) listing = g_dir_open(here->folder, 0, NULL);
    const char *name;

    assert_false(g_file_test(here->out, G_FILE_TEST_EXISTS));
    while ((name = g_dir_read_name(listing)))
        assert_null(strstr(name, ".flowzone"));
}

static void frames_are_equal_to_their_rows(void **state)
{
    place *here = *state;

    for (uint32_t interval_s = 0; interval_s < 4; interval_s += 3) {
        g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000);
        g_autofree char *path = put(here, "day.pcap", bytes);
        loaded day = load(here, path, interval_s);

        assert_int_equal(day.rows->len > CONVERSATIONS, interval_s != 0);
        for (guint step = 1; step < 4; step++) {
            const fz_count expected = ask(&day, step);
            assert_int_equal(run(here, &day), FZ_EXIT_OK);
            assert_said(here, ", equal to the rows");
            assert_written(here, expected);
        }
        clear(&day);
    }
}

static void captures_follow_each_other(void **state)
{
    place *here = *state;
    static const char *const names[] = {"a.pcap", "b.pcap", "c.pcap"};
    loaded day[G_N_ELEMENTS(names)];
    fz_count expected = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GByteArray) bytes = make_capture(FRAMES + (unsigned)i, 1600000000 + 1000 * (uint32_t)i);
        g_autofree char *path = put(here, names[i], bytes);
        day[i] = load(here, path, 0);
        const fz_count sum = ask(&day[i], (guint)i + 1);
        expected.frames += sum.frames;
        expected.bytes += sum.bytes;
    }
    assert_int_equal(run_to(here, day, G_N_ELEMENTS(names), here->folder, here->out), FZ_EXIT_OK);
    assert_said(here, " of 3 captures; ");
    assert_written(here, expected);
    /* One of them is gone: the others are written. */
    g_autofree char *gone = g_build_filename(here->folder, "b.pcap", NULL);
    g_unlink(gone);
    const fz_count missing = ask(&day[1], 2);
    assert_int_equal(run_to(here, day, G_N_ELEMENTS(names), NULL, here->out), FZ_EXIT_SOME);
    assert_said(here, "b.pcap: not in ");
    assert_written(here, (fz_count){expected.frames - missing.frames, expected.bytes - missing.bytes});
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        clear(&day[i]);
}

static void another_capture_of_that_name_is_refused(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000), other = make_capture(FRAMES, 1600009999);
    g_autofree char *path = put(here, "day.pcap", bytes);
    loaded day = load(here, path, 0);

    ask(&day, 1);
    g_free(put(here, "day.pcap", other));
    assert_int_equal(run(here, &day), FZ_EXIT_FAILED);
    assert_said(here, "is another capture");
    assert_nothing_written(here);
    /* Also if it seems to be the same file. */
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {day.capture.written_ns / 1000000000, day.capture.written_ns % 1000000000}};
    assert_return_code(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(run(here, &day), FZ_EXIT_FAILED);
    assert_said(here, "is another capture");
    assert_nothing_written(here);
    clear(&day);
}

/* Its first frame is the same, and so are size and time; a later frame is longer. */
static void a_capture_that_was_changed_is_refused(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000);
    g_autofree char *path = put(here, "day.pcap", bytes);
    loaded day = load(here, path, 0);
    frame_head head;

    ask(&day, 1);
    uint8_t *last = bytes->data + bytes->len - FRAME_BYTES - sizeof head;
    memcpy(&head, last, sizeof head);
    head.wire++;
    memcpy(last, &head, sizeof head);
    for (int turn = 0; turn < 2; turn++) {
        const struct timespec times[2] = {
            {.tv_nsec = UTIME_OMIT}, {day.capture.written_ns / 1000000000 + turn, day.capture.written_ns % 1000000000}};
        g_free(put(here, "day.pcap", bytes));
        assert_return_code(utimensat(AT_FDCWD, path, times, 0), 0);
        assert_int_equal(run(here, &day), FZ_EXIT_FAILED);
        assert_said(here, "was changed");
        assert_nothing_written(here);
    }
    clear(&day);
}

/* The one in the middle seems to be the same until its last frame: what was written of it is taken back. */
static void a_change_that_is_found_late_is_taken_back(void **state)
{
    place *here = *state;
    static const char *const names[] = {"a.pcap", "b.pcap", "c.pcap"};
    loaded days[G_N_ELEMENTS(names)];
    fz_count expected = {0};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GByteArray) bytes = make_capture(20 * FRAMES, 1600000000 + 1000 * (uint32_t)i);
        g_autofree char *path = put(here, names[i], bytes);
        days[i] = load(here, path, 0);
        const fz_count sum = ask(&days[i], 1);
        expected.frames += i == 1 ? 0 : sum.frames;
        expected.bytes += i == 1 ? 0 : sum.bytes;
    }
    days[1].capture.bytes++;
    assert_int_equal(run_to(here, days, G_N_ELEMENTS(names), NULL, here->out), FZ_EXIT_SOME);
    assert_said(here, "b.pcap: was changed");
    assert_written(here, expected);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        clear(&days[i]);
}

static void what_came_later_is_not_of_the_rows(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000), more = make_capture(2 * FRAMES, 1600000000);
    g_autofree char *path = put(here, "day.pcap", bytes);
    loaded day = load(here, path, 0);
    const fz_count expected = ask(&day, 2);

    g_free(put(here, "day.pcap", more));
    assert_int_equal(run(here, &day), FZ_EXIT_OK);
    assert_written(here, expected);
    clear(&day);
}

static void what_is_left_of_a_cut_capture_is_written(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000);
    g_autofree char *path = put(here, "day.pcap", bytes);
    loaded day = load(here, path, 0);

    ask(&day, 1);
    g_byte_array_set_size(bytes, bytes->len - FRAME_BYTES - 30); /* in the head of the last frame but one */
    g_free(put(here, "day.pcap", bytes));
    assert_int_equal(run(here, &day), FZ_EXIT_SOME);
    assert_said(here, "is cut: it has 298 of 300 frames");
    assert_said(here, "are there; the row has");
    assert_int_equal(count_file(here->out).frames, FRAMES - 2);
    clear(&day);
}

static void a_capture_that_was_renamed_or_compressed_is_found(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000);
    g_autofree char *path = put(here, "day.pcap", bytes);
    g_autofree char *other = g_build_filename(here->folder, "renamed", NULL);
    g_autofree char *compress = g_strdup_printf("mv '%s' '%s' && gzip '%s'", other, path, path);
    loaded day = load(here, path, 0);
    const fz_count expected = ask(&day, 3);

    assert_return_code(g_rename(path, other), 0);
    assert_int_equal(run(here, &day), FZ_EXIT_OK);
    assert_written(here, expected);
    assert_int_equal(system(compress), 0); /* NOLINT(cert-env33-c): a test's own folder */
    assert_int_equal(run(here, &day), FZ_EXIT_OK);
    assert_written(here, expected);
    clear(&day);
}

/* Names lead to no file outside of the folder. */
static void hostile_names_find_nothing(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000);
    g_autofree char *outside = put(here, "day.pcap", bytes);
    g_autofree char *ring = g_build_filename(here->folder, "ring", NULL);
    g_autofree char *link = g_build_filename(ring, "link.pcap", NULL);
    g_autofree char *fifo = g_build_filename(ring, "fifo.pcap", NULL);
    g_autofree char *folder = g_build_filename(ring, "folder.pcap", NULL);
    const char *const names[] = {"../day.pcap", outside,     "..",          ".",          "/",
                                 "link.pcap",   "fifo.pcap", "folder.pcap", "day.pcap\n", "\\x2e\\x2e/day.pcap",
                                 "no\\x0a.pcap"};
    loaded day = load(here, outside, 0);

    ask(&day, 1);
    assert_return_code(g_mkdir(ring, 0700), 0);
    assert_return_code(symlink(outside, link), 0);
    assert_return_code(mkfifo(fifo, 0600), 0);
    assert_return_code(g_mkdir(folder, 0700), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_strlcpy(day.capture.source, names[i], sizeof day.capture.source);
        assert_int_equal(run_to(here, &day, 1, ring, here->out), FZ_EXIT_FAILED);
        assert_said(here, "7 conversations are not written");
        assert_null(strchr(strchr(here->said, '\n') + 1, '\n')); /* one line */
        assert_nothing_written(here);
    }
    g_strlcpy(day.capture.source, "day.pcap", sizeof day.capture.source);
    g_strlcpy(day.capture.folder, "..", sizeof day.capture.folder);
    assert_int_equal(run(here, &day), FZ_EXIT_FAILED);
    assert_said(here, "give --ring");
    clear(&day);
}

static void a_file_that_is_no_capture_is_told(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000);
    g_autofree char *path = put(here, "day.pcap", bytes);
    loaded day = load(here, path, 0);

    ask(&day, 1);
    assert_true(g_file_set_contents(path, "nothing that wiretap knows", -1, NULL));
    assert_int_equal(run(here, &day), FZ_EXIT_FAILED);
    assert_said(here, "7 conversations are not written");
    assert_nothing_written(here);
    clear(&day);
}

static void the_output_is_made_whole_or_not_at_all(void **state)
{
    place *here = *state;
    g_autoptr(GByteArray) bytes = make_capture(FRAMES, 1600000000);
    g_autofree char *path = put(here, "day.pcap", bytes);
    g_autofree char *nowhere = g_build_filename(here->folder, "none", "out.pcapng", NULL);
    loaded day = load(here, path, 0);

    ask(&day, 1);
    assert_int_equal(run_to(here, &day, 1, NULL, nowhere), FZ_EXIT_FAILED);
    assert_int_equal(run_to(here, &day, 1, NULL, path), FZ_EXIT_FAILED);
    assert_said(here, "is the file to be written");
    assert_int_equal(count_file(path).frames, FRAMES);
    assert_int_equal(run_to(here, &day, 1, NULL, "/dev/full"), FZ_EXIT_FAILED);
    day.capture.refusal = FZ_WANTED_LAYERS;
    day.capture.rows = 0;
    assert_int_equal(run(here, &day), FZ_EXIT_FAILED);
    assert_said(here, "layers=all");
    assert_int_equal(run_to(here, &day, 0, NULL, here->out), FZ_EXIT_FAILED);
    assert_said(here, "no conversation fits the filter");
    assert_nothing_written(here);
    clear(&day);
}

int main(void)
{
#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_PLACE(frames_are_equal_to_their_rows),
        WITH_PLACE(captures_follow_each_other),
        WITH_PLACE(another_capture_of_that_name_is_refused),
        WITH_PLACE(a_capture_that_was_changed_is_refused),
        WITH_PLACE(a_change_that_is_found_late_is_taken_back),
        WITH_PLACE(what_came_later_is_not_of_the_rows),
        WITH_PLACE(what_is_left_of_a_cut_capture_is_written),
        WITH_PLACE(a_capture_that_was_renamed_or_compressed_is_found),
        WITH_PLACE(hostile_names_find_nothing),
        WITH_PLACE(a_file_that_is_no_capture_is_told),
        WITH_PLACE(the_output_is_made_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
