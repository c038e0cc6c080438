/* Records through a pipe arrive unchanged, and a hostile sender is refused.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipe.h"

#include "flow.h"

#include "bad_files.h"
#include "stretched.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a good reader sends for two zones and three records. */
static fz_zone zone_rows[2];
static fz_record records[3];
static fz_totals totals;
static fz_run run;
static char a_digest[65];

static char oslo[] = "Oslo", one[] = "1", all_of_it[] = "all, \"of\" it", none[] = "", grown[] = "Größe";

static int set_up(void **state)
{
    (void)state;
    memset(a_digest, 'a', 64);
    fz_run_init(&run);
    run.first_us = 5;
    zone_rows[0] = (fz_zone){.prefix = {{FZ_IPV4, {10}}, 8}, .location = oslo, .number = one, .name = all_of_it};
    zone_rows[1] = (fz_zone){.prefix = {{FZ_IPV6, {0x20, 1}}, 16}, .location = none, .number = none, .name = grown};
    for (unsigned i = 0; i < 3; i++)
        records[i] = (fz_record){.start_us = i,
                                 .end_us = i + 1,
                                 .packets = {1, 1},
                                 .bytes = {60, 60},
                                 .zone = {i, 0},
                                 .addr = {{10, 1}, {10, 2}},
                                 .family = FZ_IPV4,
                                 .end_reason = FZ_END_FORCED};
    totals = (fz_totals){.counted = {6, 360}, .not_ip = {1, 60}, .records = 3};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fz_run_clear(&run);
    return 0;
}

/* The bytes of a whole pass, and how long its head is. */
static GByteArray *good_bytes_with(const char *digest, size_t *head)
{
    int ends[2];
    const fz_zones zones = {zone_rows, 2};
    assert_int_equal(pipe(ends), 0);
    fz_pipe_sender *sender = fz_pipe_sender_new(ends[1]);
    assert_true(fz_pipe_send_head(sender, &run, &zones, NULL));
    uint8_t bytes[65536];
    ssize_t size = read(ends[0], bytes, sizeof bytes);
    *head = (size_t)size;
    assert_true(fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 3, NULL));
    assert_true(fz_pipe_send_position(sender, 1234, NULL));
    assert_true(fz_pipe_send_end(sender, &totals, digest, NULL));
    size += read(ends[0], bytes + size, sizeof bytes - (size_t)size);
    fz_pipe_sender_free(sender);
    close(ends[0]);
    close(ends[1]);
    return g_byte_array_append(g_byte_array_new(), bytes, (guint)size);
}

static GByteArray *good_bytes(size_t *head)
{
    return good_bytes_with(a_digest, head);
}

/* Takes a whole pass of these bytes; how many records, or -1. */
static ssize_t take_all(const uint8_t *bytes, size_t size, const fz_pipe_limits *limits, GError **error)
{
    int ends[2];
    fz_record taken[2];
    fz_row_kind kind;
    ssize_t all = 0, count;
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    assert_int_equal(write(ends[1], bytes, size), (ssize_t)size);
    close(ends[1]);
    fz_pipe *pipe = fz_pipe_open(ends[0], -1, limits, error);
    count = pipe ? 1 : -1;
    while (pipe && (count = fz_pipe_next(pipe, &kind, taken, 2, error)) > 0)
        all += count;
    if (pipe && count == 0)
        assert_int_equal(fz_pipe_totals(pipe)->records, all);
    fz_pipe_free(pipe);
    close(ends[0]);
    return count < 0 ? -1 : all;
}

static const fz_pipe_limits no_limits;

static void what_was_sent_arrives(void **state)
{
    (void)state;
    int ends[2];
    fz_record taken[8];
    fz_row_kind kind;
    assert_int_equal(pipe(ends), 0);
    fz_pipe_sender *sender = fz_pipe_sender_new(ends[1]);
    assert_true(fz_pipe_send_note(sender, "all is well\033[2J", NULL));
    const fz_zones zones = {zone_rows, 2};
    assert_true(fz_pipe_send_head(sender, &run, &zones, NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 3, NULL) && fz_pipe_send_position(sender, 1234, NULL));
    assert_true(fz_pipe_send_note(sender, "link type 143: \033", NULL) &&
                fz_pipe_send_note(sender, "link type 230", NULL));
    assert_true(fz_pipe_send_end(sender, &totals, a_digest, NULL));
    fz_pipe *of = fz_pipe_open(ends[0], -1, &no_limits, NULL);
    assert_non_null(of);
    assert_string_equal(fz_pipe_note(of), "all is well\\x1b[2J");
    assert_int_equal(fz_pipe_run(of)->first_us, 5);
    assert_int_equal(fz_pipe_zones(of)->count, 2);
    assert_string_equal(fz_pipe_zones(of)->rows[0].name, "all, \"of\" it");
    assert_string_equal(fz_pipe_zones(of)->rows[1].name, "Größe");
    assert_null(fz_pipe_totals(of));
    assert_null(fz_pipe_remarks(of));
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 3);
    assert_memory_equal(taken, records, sizeof records);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 0);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 0);
    assert_int_equal(fz_pipe_position(of), 1234);
    assert_int_equal(fz_pipe_totals(of)->not_ip.bytes, 60);
    assert_string_equal(fz_pipe_digest(of), a_digest);
    assert_string_equal(fz_pipe_remarks(of), "link type 143: \\x1b\nlink type 230");
    fz_pipe_free(of);
    fz_pipe_sender_free(sender);
    close(ends[0]);
    close(ends[1]);
}

/* Rows of all kinds, mixed, come in batches of one kind, and in their order. */
static void rows_of_all_kinds_arrive(void **state)
{
    (void)state;
    const fz_minute minutes[] = {{.minute = -60, .zone = {1, 2}, .packets = 4, .bytes = 300},
                                 {.minute = 0, .packets = 2, .bytes = 60}};
    fz_packet_row packets[7] = {{.frame = 1, .bytes = 420}};
    fz_run complete = run;
    char folder[] = "/data/Größe";
    int ends[2];
    fz_any_row taken[8];
    fz_row_kind kind;

    for (unsigned i = 1; i < 7; i++)
        packets[i] = (fz_packet_row){.frame = i + 1, .time_us = -1, .time_ns = 999};
    complete.folder = folder;
    complete.octets = FZ_OCTETS_IP;
    complete.minutes = complete.packets = true;
    fz_totals complete_totals = totals;
    complete_totals.minutes = 2;
    complete_totals.packets = 7;
    assert_int_equal(pipe(ends), 0);
    fz_pipe_sender *sender = fz_pipe_sender_new(ends[1]);
    assert_true(fz_pipe_send_head(sender, &complete, &(fz_zones){zone_rows, 2}, NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_PACKET, packets, 3, NULL) && fz_pipe_send_position(sender, 1, NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_MINUTE, minutes, 2, NULL) && fz_pipe_send_position(sender, 2, NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 3, NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_PACKET, packets + 3, 4, NULL) &&
                fz_pipe_send_end(sender, &complete_totals, a_digest, NULL));
    fz_pipe *of = fz_pipe_open(ends[0], -1, &no_limits, NULL);
    assert_non_null(of);
    const fz_run *got = fz_pipe_run(of);
    assert_string_equal(got->folder, folder);
    assert_true(got->octets == FZ_OCTETS_IP && got->minutes && got->packets && !got->without_flows && !got->vlan);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 3);
    assert_int_equal(kind, FZ_ROW_PACKET);
    assert_memory_equal(taken, packets, 3 * sizeof *packets);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 2);
    assert_int_equal(kind, FZ_ROW_MINUTE);
    assert_memory_equal(taken, minutes, sizeof minutes);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 3);
    assert_int_equal(kind, FZ_ROW_FLOW);
    assert_memory_equal(taken, records, sizeof records);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 3, NULL), 3);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 3, NULL), 1);
    assert_int_equal(kind, FZ_ROW_PACKET);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 3, NULL), 0);
    assert_true(fz_pipe_totals(of)->minutes == 2 && fz_pipe_totals(of)->packets == 7);
    fz_pipe_free(of);
    fz_pipe_sender_free(sender);
    close(ends[0]);
    close(ends[1]);
}

/* A capture may have every link type and EtherType without a walk: each is reported. */
static void as_many_remarks_as_layers_arrive(void **state)
{
    (void)state;
    enum { LAYERS = 120 };
    int ends[2];
    fz_record taken[8];
    fz_row_kind kind;
    g_autoptr(GString) all = g_string_new(NULL);
    assert_int_equal(pipe(ends), 0);
    fz_pipe_sender *sender = fz_pipe_sender_new(ends[1]);
    assert_true(fz_pipe_send_head(sender, &run, &(fz_zones){zone_rows, 2}, NULL) &&
                fz_pipe_send_rows(sender, FZ_ROW_FLOW, records, 3, NULL));
    for (int layer = 0; layer < LAYERS; layer++) {
        g_autofree char *line = g_strdup_printf("EtherType 0x%04x: no walk", layer);
        assert_true(fz_pipe_send_note(sender, line, NULL));
        g_string_append_printf(all, "%s%s", layer > 0 ? "\n" : "", line);
    }
    assert_true(fz_pipe_send_end(sender, &totals, a_digest, NULL));
    fz_pipe *of = fz_pipe_open(ends[0], -1, &no_limits, NULL);
    assert_non_null(of);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 3);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 0);
    assert_string_equal(fz_pipe_remarks(of), all->str);
    fz_pipe_free(of);
    fz_pipe_sender_free(sender);
    close(ends[0]);
    close(ends[1]);
}

static void every_truncation_is_an_error(void **state)
{
    (void)state;
    size_t head;
    GByteArray *bytes = good_bytes(&head);
    assert_int_equal(take_all(bytes->data, bytes->len, &no_limits, NULL), 3);
    for (guint size = 0; size < bytes->len; size++) {
        g_autoptr(GError) error = NULL;
        assert_int_equal(take_all(bytes->data, size, &no_limits, &error), -1);
        assert_int_equal(error->code, FZ_PIPE_ERROR_GONE);
    }
    g_byte_array_free(bytes, TRUE);
}

/* A run is known again by its source or by its digest. */
static void a_run_without_a_source_needs_a_digest(void **state)
{
    static const struct {
        const char *source;
        bool digest;
        ssize_t count;
    } cases[] = {{"", true, 3}, {"day.pcap", true, 3}, {"day.pcap", false, 3}, {"", false, -1}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        size_t head;
        g_free(run.source);
        run.source = g_strdup(cases[i].source);
        GByteArray *bytes = good_bytes_with(cases[i].digest ? a_digest : NULL, &head);
        assert_int_equal(take_all(bytes->data, bytes->len, &no_limits, &error), cases[i].count);
        if (error)
            assert_non_null(strstr(error->message, "neither a source nor a digest"));
        g_byte_array_free(bytes, TRUE);
    }
}

/* Flips what can be flipped: some flips make other, valid values; none may crash, or bring more records. */
static void every_flipped_bit_is_survived(void **state)
{
    (void)state;
    size_t head;
    unsigned refused = 0;
    GByteArray *bytes = good_bytes(&head);
    for (guint at = 0; at < bytes->len * 8; at++) {
        g_autoptr(GError) error = NULL;
        bytes->data[at / 8] ^= (uint8_t)(1u << at % 8);
        ssize_t count = take_all(bytes->data, bytes->len, &no_limits, &error);
        assert_true(count == 3 || (count == -1 && error));
        refused += count < 0;
        bytes->data[at / 8] ^= (uint8_t)(1u << at % 8);
    }
    assert_true(refused > bytes->len);
    g_byte_array_free(bytes, TRUE);
}

static void random_bytes_are_survived(void **state)
{
    (void)state;
    const char *given = g_getenv("FZ_SEED");
    guint32 seed = given ? (guint32)strtoul(given, NULL, 10) : g_random_int();
    GRand *random = g_rand_new_with_seed(seed);
    size_t head;
    print_message("seed %u (FZ_SEED)\n", seed);
    for (int round = 0; round < 20000; round++) {
        GByteArray *bytes = good_bytes_with(round % 2 ? a_digest : NULL, &head);
        for (int i = g_rand_int_range(random, 1, 8); i > 0; i--)
            bytes->data[g_rand_int_range(random, 0, (gint32)bytes->len)] = (uint8_t)g_rand_int(random);
        take_all(bytes->data, bytes->len, &no_limits, NULL);
        g_byte_array_free(bytes, TRUE);
    }
    g_rand_free(random);
}

/* What a good reader sends, but one record; the error's message, which the caller frees. */
static char *with_record(const fz_record *record)
{
    g_autoptr(GError) error = NULL;
    fz_record before = records[1];
    size_t head;
    records[1] = *record;
    GByteArray *bytes = good_bytes(&head);
    records[1] = before;
    ssize_t count = take_all(bytes->data, bytes->len, &no_limits, &error);
    g_byte_array_free(bytes, TRUE);
    return count < 0 ? g_strdup(error->message) : NULL;
}

static void each_impossible_record_is_refused(void **state)
{
    (void)state;
    fz_record bad[8];
    static const char *const expected[] = {"IPv4 nor IPv6",
                                           "ends before",
                                           "flowEndReason of 6",
                                           "reserved bytes",
                                           "has zone 3, which is not in the dictionary of 2",
                                           "too long",
                                           "totals",
                                           "64 bits"};
    for (int i = 0; i < 8; i++)
        bad[i] = records[1];
    bad[0].family = 5;
    bad[1].end_us = bad[1].start_us - 1;
    bad[2].end_reason = 6;
    bad[3].reserved[1] = 1;
    bad[4].zone[1] = 3;
    bad[5].addr[1][4] = 1;
    bad[6].packets[0] = 2;
    bad[7].bytes[1] = UINT64_MAX;
    for (int i = 0; i < 8; i++) {
        g_autofree char *message = with_record(&bad[i]);
        assert_non_null(message);
        if (!strstr(message, expected[i]))
            fail_msg("%d: %s", i, message);
    }
    g_autofree char *good = with_record(&records[1]);
    assert_null(good);
}

static void a_frame_that_is_too_large_is_refused(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    uint32_t head[2] = {0x465a0001, FZ_PIPE_FRAME_MAX + 1};
    assert_int_equal(take_all((const uint8_t *)head, sizeof head, &no_limits, &error), -1);
    assert_int_equal(error->code, FZ_PIPE_ERROR_INVALID);
}

static void silence_has_an_end(void **state)
{
    (void)state;
    int ends[2];
    const fz_pipe_limits limits = {.silence_s = 1};
    g_autoptr(GError) error = NULL;
    assert_int_equal(pipe(ends), 0);
    gint64 begin = g_get_monotonic_time();
    assert_null(fz_pipe_open(ends[0], -1, &limits, &error));
    assert_int_equal(error->code, FZ_PIPE_ERROR_SILENT);
    assert_true(g_get_monotonic_time() - begin < stretched_us(30));
    close(ends[0]);
    close(ends[1]);
}

/* Whoever waits, and for what. */
typedef struct waiting {
    fz_pipe_sender *sender;
    int ticks, until; /* rows are sent at this tick; 0: the second one fails */
} waiting;

static bool count_ticks(void *user, GError **error)
{
    waiting *at = user;

    if (++at->ticks == at->until)
        return fz_pipe_send_rows(at->sender, FZ_ROW_FLOW, records, 3, error);
    if (at->until || at->ticks < 2)
        return true;
    g_set_error_literal(error, FZ_PIPE_ERROR, FZ_PIPE_ERROR_FAULT, "enough");
    return false;
}

static void who_waits_is_told_the_time(void **state)
{
    (void)state;
    int ends[2];
    fz_record taken[8];
    fz_row_kind kind;
    g_autoptr(GError) error = NULL;
    const fz_zones zones = {zone_rows, 2};
    const fz_pipe_limits limits = {.silence_s = 60};
    assert_int_equal(pipe(ends), 0);
    waiting at = {.sender = fz_pipe_sender_new(ends[1]), .until = 2};
    assert_true(fz_pipe_send_head(at.sender, &run, &zones, NULL));
    fz_pipe *of = fz_pipe_open(ends[0], -1, &limits, NULL);
    fz_pipe_set_tick(of, 1, count_ticks, &at);
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 3);
    assert_int_equal(at.ticks, 2);
    at = (waiting){.sender = at.sender};
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, &error), -1);
    assert_string_equal(error->message, "enough");
    fz_pipe_set_tick(of, 0, NULL, NULL);
    assert_true(fz_pipe_send_end(at.sender, &totals, a_digest, NULL));
    assert_int_equal(fz_pipe_next(of, &kind, taken, 8, NULL), 0);
    assert_int_equal(at.ticks, 2);
    fz_pipe_free(of);
    fz_pipe_sender_free(at.sender);
    close(ends[0]);
    close(ends[1]);
}

/* A reader of the hostile kind, in a process of its own. */
static pid_t start_hostile(int *from, void (*work)(fz_pipe_sender *sender))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        work(fz_pipe_sender_new(ends[1]));
        _exit(0);
    }
    close(ends[1]);
    *from = ends[0];
    return child;
}

static void send_for_ever(fz_pipe_sender *sender)
{
    fz_record *many = g_new(fz_record, 1024);
    const fz_zones zones = {zone_rows, 2};
    for (int i = 0; i < 1024; i++)
        many[i] = records[0];
    fz_pipe_send_head(sender, &run, &zones, NULL);
    while (fz_pipe_send_rows(sender, FZ_ROW_FLOW, many, 1024, NULL))
        continue;
}

static void records_have_an_end(void **state)
{
    (void)state;
    int from;
    const fz_pipe_limits limits = {.rows = 100000, .silence_s = 10};
    pid_t child = start_hostile(&from, send_for_ever);
    g_autoptr(GError) error = NULL;
    g_autofree fz_record *taken = g_new(fz_record, 4096);
    fz_row_kind kind;
    fz_pipe *of = fz_pipe_open(from, -1, &limits, &error);
    assert_non_null(of);
    ssize_t count;
    uint64_t all = 0;
    while ((count = fz_pipe_next(of, &kind, taken, 4096, &error)) > 0)
        all += (uint64_t)count;
    assert_int_equal(count, -1);
    assert_true(all <= 100000);
    assert_int_equal(error->code, FZ_PIPE_ERROR_INVALID);
    fz_pipe_free(of);
    close(from);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void send_large_zones(fz_pipe_sender *sender)
{
    fz_zone *many = g_new(fz_zone, FZ_ZONE_ROWS_MAX);
    char text[FZ_ZONE_TEXT_MAX + 1];
    memset(text, 'x', FZ_ZONE_TEXT_MAX);
    text[FZ_ZONE_TEXT_MAX] = '\0';
    for (unsigned i = 0; i < FZ_ZONE_ROWS_MAX; i++)
        many[i] = (fz_zone){.prefix = {{FZ_IPV4, {10}}, 8}, .location = text, .number = text, .name = text};
    const fz_zones zones = {many, FZ_ZONE_ROWS_MAX};
    fz_pipe_send_head(sender, &run, &zones, NULL);
}

static void zones_have_a_limit_of_memory(void **state)
{
    (void)state;
    int from;
    struct rusage usage;
    pid_t child = start_hostile(&from, send_large_zones);
    g_autoptr(GError) error = NULL;
    assert_null(fz_pipe_open(from, -1, &no_limits, &error));
    assert_non_null(strstr(error->message, "too much text"));
    close(from);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
#if !defined(__SANITIZE_ADDRESS__)
    assert_true(usage.ru_maxrss < 512 * 1024);
#endif
}

static void a_fault_is_told_without_escapes(void **state)
{
    (void)state;
    int ends[2];
    g_autoptr(GError) error = NULL;
    assert_int_equal(pipe(ends), 0);
    fz_pipe_sender *sender = fz_pipe_sender_new(ends[1]);
    fz_pipe_send_fault(sender, "x", "x: at byte 4: \033]0;owned\a\xff");
    assert_null(fz_pipe_open(ends[0], -1, &no_limits, &error));
    assert_int_equal(error->code, FZ_PIPE_ERROR_FAULT);
    assert_string_equal(error->message, "at byte 4: \\x1b]0;owned\\x07\\xff");
    fz_pipe_sender_free(sender);
    close(ends[0]);
    close(ends[1]);
}

static char *judge_frames(const char *bytes, size_t size)
{
    g_autoptr(GError) error = NULL;
    return take_all((const uint8_t *)bytes, size, &no_limits, &error) < 0 ? g_strdup(error->message) : NULL;
}

static void all_bad_frames_are_told_as_expected(void **state)
{
    (void)state;
    replay_bad_files("pipes", ".frames", 20, judge_frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_arrives),
        cmocka_unit_test(rows_of_all_kinds_arrive),
        cmocka_unit_test(as_many_remarks_as_layers_arrive),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(a_run_without_a_source_needs_a_digest),
        cmocka_unit_test(every_flipped_bit_is_survived),
        cmocka_unit_test(random_bytes_are_survived),
        cmocka_unit_test(each_impossible_record_is_refused),
        cmocka_unit_test(a_frame_that_is_too_large_is_refused),
        cmocka_unit_test(silence_has_an_end),
        cmocka_unit_test(who_waits_is_told_the_time),
        cmocka_unit_test(records_have_an_end),
        cmocka_unit_test(zones_have_a_limit_of_memory),
        cmocka_unit_test(a_fault_is_told_without_escapes),
        cmocka_unit_test(all_bad_frames_are_told_as_expected),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
