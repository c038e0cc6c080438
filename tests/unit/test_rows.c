/* CSV, NDJSON and tables, and the table of formats.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rows.h"
#include "write.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char nothing[] = "", one[] = "1", plain[] = "lab", quoted[] = "say \"hi\", é", empty_number[] = "";

static const fz_zone zone_rows[] = {
    {{{FZ_IPV4, {192, 0, 2}}, 24}, 1, nothing, one, plain},
    {{{FZ_IPV6, {0x20, 0x01, 0x0d, 0xb8}}, 32}, 2, nothing, empty_number, quoted},
};
static const fz_zones zones = {zone_rows, 2};

static const fz_record tcp = {
    .start_us = INT64_C(1700000000000123),
    .end_us = INT64_C(1700000001999999),
    .packets = {3, 2},
    .bytes = {180, UINT64_C(5000000000)},
    .ip_bytes = {138, 2972},
    .zone = {1, 0},
    .addr = {{192, 0, 2, 1}, {10, 100, 255, 9}},
    .port = {40000, 443},
    .tcp_flags = {27, 18},
    .vlan = 12,
    .protocol = 6,
    .family = FZ_IPV4,
    .end_reason = FZ_END_FORCED,
    .opened = FZ_OPENED_SYN_ACK,
};

static const fz_record icmp6 = {
    .start_us = -1,
    .packets = {1, 0},
    .bytes = {86, 0},
    .ip_bytes = {72, 0},
    .zone = {2, 2},
    .addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, {0xff, 0x02, [15] = 0xfb}},
    .protocol = 58,
    .family = FZ_IPV6,
    .end_reason = FZ_END_RESOURCES,
    .opened = FZ_OPENED_FIRST,
};

/* Texts of a run are only read: nothing is freed. */
static fz_run run_of(char *text)
{
    return (fz_run){.sensor = text, .source = text, .location = text, .filter = nothing, .program = nothing};
}

/* What a format makes of rows, each written on its own, and of totals. */
static char *printed_rows(const char *format_name, const fz_run *run, const fz_zones *zones_of, fz_row_kind kind,
                          const void *rows, size_t count, const fz_totals *totals)
{
    const fz_format *format = fz_format_by_name(format_name);
    int fd = memfd_create("rows", MFD_CLOEXEC);
    fz_sink *sink = format->open(fd, run, zones_of, NULL);
    assert_non_null(sink);
    for (size_t i = 0; i < count; i++)
        assert_true(format->write(sink, kind, (const char *)rows + i * fz_row_size(kind), 1, NULL));
    assert_true(format->finish(sink, totals, NULL));
    size_t size = (size_t)lseek(fd, 0, SEEK_END);
    char *text = g_malloc0(size + 1);
    assert_int_equal(pread(fd, text, size, 0), size);
    close(fd);
    return text;
}

static char *printed(const char *format_name, const fz_run *run, const fz_zones *zones_of, const fz_record *records,
                     size_t count, const fz_totals *totals)
{
    return printed_rows(format_name, run, zones_of, FZ_ROW_FLOW, records, count, totals);
}

#define CSV_HEADER                                                                                                    \
    "timestamp,sip,dip,bytes,packets,location,sip_infos,dip_infos,end,sport,dport,protocol,vlan,sip_packets,"         \
    "dip_packets,sip_bytes,dip_bytes,sip_ip_bytes,dip_ip_bytes,sip_tcp_flags,dip_tcp_flags,end_reason,opened,sensor," \
    "source\n"

static void csv_quotes_as_rfc_4180_says(void **state)
{
    (void)state;
    char text[] = "Paris, \"le\nlab\"";
    fz_run run = run_of(text);
    const fz_record records[] = {tcp, icmp6};
    g_autofree char *csv = printed("csv", &run, &zones, records, 2, &(fz_totals){0});
#define Q "\"Paris, \"\"le\nlab\"\"\""
    assert_string_equal(
        csv,
        CSV_HEADER "2023-11-14 22:13:20.000123,192.0.2.1,10.100.255.9,5000000180,5," Q ",\"192.0.2.0/24, 1, lab\",,"
                   "2023-11-14 22:13:21.999999,40000,443,6,12,3,2,180,5000000000,138,2972,27,18,4,syn-ack," Q "," Q "\n"
                   "1969-12-31 23:59:59.999999,2001:db8::1,ff02::fb,86,1," Q
                   ",\"2001:db8::/32, , say \"\"hi\"\", é\",\"2001:db8::/32, , say \"\"hi\"\", é\","
                   "1970-01-01 00:00:00.000000,0,0,58,0,1,0,86,0,72,0,0,0,5,first," Q "," Q "\n");
}

/* Minutes of all ages, the earliest of which begins before the earliest time. */
static void minutes_are_printed(void **state)
{
    (void)state;
    char text[] = "=lab";
    fz_run run = run_of(text);
    run.minutes = run.without_flows = true;
    const fz_minute minutes[] = {
        {.minute = 1699999980, .zone = {1, 2}, .packets = 5, .bytes = 5000000180},
        {.minute = -60, .packets = UINT64_MAX, .bytes = 1},
        {.minute = -INT64_C(9223372036860), .packets = 1},
        {.minute = INT64_C(9223372036800), .packets = 1},
    };
    const fz_totals totals = {.counted = {7, 700}, .records = 2, .minutes = 4};
    g_autofree char *csv = printed_rows("csv", &run, &zones, FZ_ROW_MINUTE, minutes, 4, &totals),
                    *json = printed_rows("json", &run, &zones, FZ_ROW_MINUTE, minutes, 1, &totals),
                    *table = printed_rows("table", &run, &zones, FZ_ROW_MINUTE, minutes, 2, &totals);
    assert_string_equal(csv,
                        "minute,from_infos,to_infos,location,packets,bytes,sensor,source\n"
                        "2023-11-14 22:13:00,\"192.0.2.0/24, 1, lab\",\"2001:db8::/32, , say \"\"hi\"\", é\",'=lab,5,"
                        "5000000180,'=lab,'=lab\n"
                        "1969-12-31 23:59:00,,,'=lab,18446744073709551615,1,'=lab,'=lab\n"
                        "-290308-12-21 19:59:00,,,'=lab,1,0,'=lab,'=lab\n"
                        "294247-01-10 04:00:00,,,'=lab,1,0,'=lab,'=lab\n");
    assert_string_equal(json, "{\"minute\":\"2023-11-14 22:13:00\",\"from_infos\":\"192.0.2.0/24, 1, lab\","
                              "\"to_infos\":\"2001:db8::/32, , say \\\"hi\\\", é\",\"location\":\"=lab\",\"packets\":5,"
                              "\"bytes\":5000000180,\"sensor\":\"=lab\",\"source\":\"=lab\"}\n");
    assert_string_equal(table, "minute               from zone  to zone                   packets       bytes\n"
                               "2023-11-14 22:13:00  lab        say \"hi\", é                     5  5000000180\n"
                               "1969-12-31 23:59:00                          18446744073709551615           1\n"
                               "\n"
                               "7 frames, 700 bytes: 7 frames (700 bytes) in 2 conversations\n");
}

static void csv_starts_no_formula(void **state)
{
    (void)state;
    static char texts[][24] = {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "=cmd|' /C calc'!A0,x"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        fz_run run = run_of(texts[i]);
        g_autofree char *csv = printed("csv", &run, NULL, &icmp6, 1, &(fz_totals){0});
        const char *last = strrchr(csv, '\'') ? strstr(csv, ",first,") + 7 : NULL;
        assert_non_null(last);
        assert_true(g_str_has_prefix(last, "'") || g_str_has_prefix(last, "\"'"));
    }
}

static void csv_of_nothing_is_its_header(void **state)
{
    (void)state;
    fz_run run = run_of(nothing);
    g_autofree char *csv = printed("csv", &run, NULL, NULL, 0, &(fz_totals){0});
    assert_string_equal(csv, CSV_HEADER);
}

static void json_escapes_and_keeps_numbers(void **state)
{
    (void)state;
    char text[] = "a\"b\\c\n\x1b\x7f é";
    fz_run run = run_of(text);
    g_autofree char *json = printed("json", &run, &zones, &tcp, 1, &(fz_totals){0});
#define J "\"a\\\"b\\\\c\\u000a\\u001b\\u007f é\""
    assert_string_equal(
        json, "{\"timestamp\":\"2023-11-14 22:13:20.000123\",\"sip\":\"192.0.2.1\",\"dip\":\"10.100.255.9\","
              "\"bytes\":5000000180,\"packets\":5,\"location\":" J ",\"sip_infos\":\"192.0.2.0/24, 1, lab\","
              "\"dip_infos\":\"\",\"end\":\"2023-11-14 22:13:21.999999\",\"sport\":40000,\"dport\":443,\"protocol\":6,"
              "\"vlan\":12,\"sip_packets\":3,\"dip_packets\":2,\"sip_bytes\":180,\"dip_bytes\":5000000000,"
              "\"sip_ip_bytes\":138,\"dip_ip_bytes\":2972,\"sip_tcp_flags\":27,\"dip_tcp_flags\":18,\"end_reason\":4,"
              "\"opened\":\"syn-ack\",\"sensor\":" J ",\"source\":" J "}\n");
}

static void json_of_nothing_is_empty(void **state)
{
    (void)state;
    fz_run run = run_of(nothing);
    g_autofree char *json = printed("json", &run, NULL, NULL, 0, &(fz_totals){0});
    assert_string_equal(json, "");
}

static void table_is_aligned(void **state)
{
    (void)state;
    fz_run run = run_of(nothing);
    const fz_record records[] = {tcp, icmp6};
    fz_totals totals = {.counted = {6, 5000000266}, .not_ip = {1, 60}, .records = 2};
    g_autofree char *table = printed("table", &run, &zones, records, 2, &totals);
    assert_string_equal(
        table,
        "timestamp                   sip          sport  dip           dport  protocol  packets       bytes  sip zone  "
        "   dip zone\n"
        "2023-11-14 22:13:20.000123  192.0.2.1    40000  10.100.255.9    443  tcp             5  5000000180  lab\n"
        "1969-12-31 23:59:59.999999  2001:db8::1         ff02::fb             icmp6           1          86  say "
        "\"hi\", é  say \"hi\", é\n"
        "\n"
        "7 frames, 5000000326 bytes: 6 frames (5000000266 bytes) in 2 conversations, 1 not IP (60 bytes)\n");
}

static void table_of_nothing_is_its_totals(void **state)
{
    (void)state;
    fz_run run = run_of(nothing);
    g_autofree char *table = printed("table", &run, NULL, NULL, 0, &(fz_totals){0});
    assert_string_equal(table, "0 frames, 0 bytes: 0 frames (0 bytes) in 0 conversations\n");
}

/* More rows than decide the widths: the last is wider than any of them. */
static void table_goes_on_behind_its_sample(void **state)
{
    (void)state;
    fz_run run = run_of(nothing);
    g_autofree fz_record *records = g_new(fz_record, 2500);
    for (size_t i = 0; i < 2500; i++)
        records[i] = i < 2499 ? tcp : icmp6;
    g_autofree char *table = printed("table", &run, &zones, records, 2500, &(fz_totals){.records = 2500});
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
    assert_int_equal(g_strv_length(lines), 1 + 2500 + 1 + 1 + 1);
    assert_string_equal(lines[1], lines[2499]);
    assert_non_null(strstr(lines[2500], "2001:db8::1"));
}

/* Characters that move the cursor, hide text or reverse it are spelled out. */
static void table_sends_no_control_to_a_terminal(void **state)
{
    (void)state;
    char evil[] = "\x1b[2J\n\t\x7f\xc2\x9b\xe2\x80\xae\xff"
                  "end";
    fz_zone row = {{{FZ_IPV4, {192, 0, 2}}, 24}, 1, nothing, nothing, evil};
    fz_zones one_zone = {&row, 1};
    fz_run run = run_of(nothing);
    g_autofree char *table = printed("table", &run, &one_zone, &tcp, 1, &(fz_totals){.records = 1});
    assert_non_null(strstr(table, "\\x1b[2J\\x0a\\x09\\x7f\\u{9b}\\u{202e}\\xffend"));
    assert_null(strchr(table, '\x1b'));
    assert_null(strchr(table, '\t'));
    assert_true(g_utf8_validate(table, -1, NULL));
}

/* An unknown zone id is the caller's fault, but nothing is read out of bounds. */
static void unknown_zone_is_no_zone(void **state)
{
    (void)state;
    fz_run run = run_of(nothing);
    fz_record record = tcp;
    record.zone[0] = 77;
    static const char *const formats[] = {"csv", "json", "table"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *text = printed(formats[i], &run, &zones, &record, 1, &(fz_totals){.records = 1});
        assert_null(strstr(text, "lab"));
    }
}

/* Rows longer than the buffer, and numbers at their widest. */
static void longest_rows_fit(void **state)
{
    (void)state;
    char *longest = g_strnfill(FZ_RUN_TEXT_MAX, '"'), *name = g_strnfill(FZ_ZONE_TEXT_MAX, '\x01');
    fz_zone row = {{{FZ_IPV6, {0xff}}, 128}, 1, nothing, name, name};
    fz_zones one_zone = {&row, 1};
    fz_run run = run_of(longest);
    fz_record record;
    memset(&record, 0xff, sizeof record);
    record.start_us = INT64_MIN;
    record.end_us = INT64_MAX;
    record.family = FZ_IPV6;
    record.zone[0] = record.zone[1] = 1;
    g_autofree fz_record *records = g_new(fz_record, 100);
    for (int i = 0; i < 100; i++)
        records[i] = record;
    static const char *const formats[] = {"csv", "json", "table"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *text = printed(formats[i], &run, &one_zone, records, 100, &(fz_totals){.records = 100});
        assert_non_null(strstr(text, "-290308-12-21 19:59:05.224192"));
        assert_non_null(strstr(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    }
    g_free(longest);
    g_free(name);
}

static const fz_packet_row packets[] = {
    {.frame = 1,
     .time_us = INT64_C(1700000000000123),
     .time_ns = 45,
     .bytes = 66,
     .ip_bytes = 52,
     .zone = {1, 0},
     .addr = {{192, 0, 2, 1}, {10, 100, 255, 9}},
     .eth = {{2, 0, 0, 0, 0, 1}, {0xff, 0xfe, 0xa0, 0, 0x0b, 0xc0}},
     .port = {40000, 0},
     .vlan = 12,
     .protocol = 6,
     .family = FZ_IPV4,
     .has = FZ_HAS_ETH | FZ_HAS_PORTS | FZ_HAS_VLAN | FZ_HAS_TCP},
    {.frame = 3,
     .time_us = -500001,
     .time_ns = 999,
     .bytes = 90,
     .ip_bytes = 76,
     .zone = {2, 2},
     .addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, {0xff, 0x02, [15] = 0xfb}},
     .protocol = 58,
     .family = FZ_IPV6},
    {.frame = UINT64_MAX, .time_us = -2000000, .bytes = 60},
};

static fz_run packets_run_of(char *text)
{
    fz_run run = run_of(text);
    run.packets = true;
    return run;
}

static void csv_of_packets_has_empty_cells(void **state)
{
    (void)state;
    char text[] = "lab, 2";
    fz_run run = packets_run_of(text);
    g_autofree char *csv = printed_rows("csv", &run, &zones, FZ_ROW_PACKET, packets, 3, &(fz_totals){0});
    assert_string_equal(
        csv, "frame_number,frame_time,frame_time_epoch,ip_len,eth_src,eth_dst,ip_src,ip_dst,ip_proto,sport,dport,"
             "tcp_flags,vlan,frame_len,location,src_infos,dst_infos,sensor,source\n"
             "1,2023-11-14 22:13:20.000123045,1700000000.000123045,52,02:00:00:00:00:01,ff:fe:a0:00:0b:c0,192.0.2.1,"
             "10.100.255.9,6,40000,0,0,12,66,\"lab, 2\",\"192.0.2.0/24, 1, lab\",,\"lab, 2\",\"lab, 2\"\n"
             "3,1969-12-31 23:59:59.499999999,-0.500000001,76,,,2001:db8::1,ff02::fb,58,,,,,90,\"lab, 2\","
             "\"2001:db8::/32, , say \"\"hi\"\", é\",\"2001:db8::/32, , say \"\"hi\"\", é\",\"lab, 2\",\"lab, 2\"\n"
             "18446744073709551615,1969-12-31 23:59:58.000000000,-2.000000000,,,,,,,,,,,60,\"lab, 2\",,,\"lab, 2\","
             "\"lab, 2\"\n");
}

static void json_of_packets_has_nulls(void **state)
{
    (void)state;
    fz_run run = packets_run_of(plain);
    g_autofree char *json = printed_rows("json", &run, &zones, FZ_ROW_PACKET, packets, 3, &(fz_totals){0});
    g_auto(GStrv) lines = g_strsplit(json, "\n", -1);
    assert_string_equal(lines[0],
                        "{\"frame_number\":1,\"frame_time\":\"2023-11-14 22:13:20.000123045\","
                        "\"frame_time_epoch\":1700000000.000123045,\"ip_len\":52,\"eth_src\":\"02:00:00:00:00:01\","
                        "\"eth_dst\":\"ff:fe:a0:00:0b:c0\",\"ip_src\":\"192.0.2.1\",\"ip_dst\":\"10.100.255.9\","
                        "\"ip_proto\":6,\"sport\":40000,\"dport\":0,\"tcp_flags\":0,\"vlan\":12,\"frame_len\":66,"
                        "\"location\":\"lab\",\"src_infos\":\"192.0.2.0/24, 1, lab\",\"dst_infos\":\"\","
                        "\"sensor\":\"lab\",\"source\":\"lab\"}");
    assert_string_equal(lines[2],
                        "{\"frame_number\":18446744073709551615,\"frame_time\":\"1969-12-31 23:59:58.000000000\","
                        "\"frame_time_epoch\":-2.000000000,\"ip_len\":null,\"eth_src\":null,\"eth_dst\":null,"
                        "\"ip_src\":null,\"ip_dst\":null,\"ip_proto\":null,\"sport\":null,\"dport\":null,"
                        "\"tcp_flags\":null,\"vlan\":null,\"frame_len\":60,\"location\":\"lab\",\"src_infos\":\"\","
                        "\"dst_infos\":\"\",\"sensor\":\"lab\",\"source\":\"lab\"}");
}

static void table_of_packets_is_aligned(void **state)
{
    (void)state;
    fz_run run = packets_run_of(nothing);
    fz_packet_row rows[3];
    memcpy(rows, packets, sizeof rows);
    rows[2].frame = 4;
    fz_totals totals = {.counted = {2, 156}, .not_ip = {1, 60}, .packets = 3};
    g_autofree char *table = printed_rows("table", &run, &zones, FZ_ROW_PACKET, rows, 3, &totals);
    assert_string_equal(
        table,
        "frame  time                           source       sport  destination   dport  protocol  bytes  source zone  "
        "destination zone\n"
        "    1  2023-11-14 22:13:20.000123045  192.0.2.1    40000  10.100.255.9      0  tcp          66  lab\n"
        "    3  1969-12-31 23:59:59.499999999  2001:db8::1         ff02::fb             icmp6        90  say \"hi\", é"
        "  say \"hi\", é\n"
        "    4  1969-12-31 23:59:58.000000000                                                        60\n"
        "\n"
        "3 frames, 216 bytes: 2 frames (156 bytes) IP, 1 not IP (60 bytes); 3 rows of packets\n");
}

/* At their widest, and more than the buffer holds. */
static void longest_packets_fit(void **state)
{
    (void)state;
    char *longest = g_strnfill(FZ_RUN_TEXT_MAX, '"'), *name = g_strnfill(FZ_ZONE_TEXT_MAX, '\x01');
    fz_zone row = {{{FZ_IPV6, {0xff}}, 128}, 1, nothing, name, name};
    fz_zones one_zone = {&row, 1};
    fz_run run = packets_run_of(longest);
    g_autofree fz_packet_row *rows = g_new(fz_packet_row, 100);
    memset(rows, 0xff, 100 * sizeof *rows);
    for (int i = 0; i < 100; i++) {
        rows[i].time_us = INT64_MIN;
        rows[i].family = FZ_IPV6;
        rows[i].zone[0] = rows[i].zone[1] = 1;
    }
    static const char *const formats[] = {"csv", "json", "table"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *text =
            printed_rows(formats[i], &run, &one_zone, FZ_ROW_PACKET, rows, 100, &(fz_totals){.packets = 100});
        assert_non_null(strstr(text, "-290308-12-21 19:59:05.224192"));
        assert_non_null(strstr(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    }
    g_free(longest);
    g_free(name);
}

static void totals_leave_out_what_is_empty(void **state)
{
    (void)state;
    g_autofree char *one_of_each = fz_totals_print(&(fz_totals){.counted = {1, 1},
                                                                .not_ip = {1, 2},
                                                                .unparsable = {1, 3},
                                                                .filtered = {1, 4},
                                                                .records = 1,
                                                                .cut_short = true});
    assert_string_equal(one_of_each,
                        "4 frames, 10 bytes: 1 frame (1 byte) in 1 conversation, 1 not IP (2 bytes), 1 unparsable (3 "
                        "bytes), 1 filtered out (4 bytes); the capture was cut short");
    g_autofree char *bare = fz_totals_print(&(fz_totals){.counted = {2, 120}, .records = 1});
    assert_string_equal(bare, "2 frames, 120 bytes: 2 frames (120 bytes) in 1 conversation");
}

static void formats_by_suffix(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"a.txt", "table"},   {"a.csv", "csv"},     {"x/a.CSV", "csv"},  {"a.json", "json"},
        {"a.ndjson", "json"}, {"a.ipfix", "ipfix"}, {"a.flow", "ipfix"}, {"a.b.flow", "ipfix"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        assert_string_equal(fz_format_by_suffix(pairs[i][0])->name, pairs[i][1]);
    assert_null(fz_format_by_suffix("-"));
    assert_null(fz_format_by_suffix("fd:3"));
    assert_null(fz_format_by_suffix("csv"));
    assert_null(fz_format_by_suffix(".csv"));
    assert_null(fz_format_by_suffix("a.csv.gz"));
    assert_null(fz_format_by_name("xml"));
}

static gpointer drain_slowly(gpointer user)
{
    int fd = *(int *)user;
    size_t total = 0;
    char bytes[4096];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        total += (size_t)got;
        g_usleep(100);
    }
    return GSIZE_TO_POINTER(total);
}

/* A non-blocking pipe takes a little at a time. */
static void all_is_written_to_a_full_pipe(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, 0), 0);
    GThread *thread = g_thread_new("drain", drain_slowly, &ends[0]);
    g_autofree char *bytes = g_malloc0(1000000);
    assert_true(fz_write_all(ends[1], bytes, 1000000, NULL));
    close(ends[1]);
    assert_int_equal(GPOINTER_TO_SIZE(g_thread_join(thread)), 1000000);
    close(ends[0]);
}

static void failing_output_is_told(void **state)
{
    (void)state;
    fz_run run = run_of(nothing);
    int fd = open("/dev/full", O_WRONLY);
    static const char *const formats[] = {"csv", "table"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        const fz_format *format = fz_format_by_name(formats[i]);
        GError *error = NULL;
        fz_sink *sink = format->open(fd, &run, &zones, &error);
        assert_false(format->finish(sink, &(fz_totals){0}, &error));
        assert_string_equal(error->message, "cannot write the output: No space left on device");
        g_error_free(error);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_quotes_as_rfc_4180_says),
        cmocka_unit_test(minutes_are_printed),
        cmocka_unit_test(csv_starts_no_formula),
        cmocka_unit_test(csv_of_nothing_is_its_header),
        cmocka_unit_test(json_escapes_and_keeps_numbers),
        cmocka_unit_test(json_of_nothing_is_empty),
        cmocka_unit_test(table_is_aligned),
        cmocka_unit_test(table_of_nothing_is_its_totals),
        cmocka_unit_test(table_goes_on_behind_its_sample),
        cmocka_unit_test(table_sends_no_control_to_a_terminal),
        cmocka_unit_test(unknown_zone_is_no_zone),
        cmocka_unit_test(longest_rows_fit),
        cmocka_unit_test(csv_of_packets_has_empty_cells),
        cmocka_unit_test(json_of_packets_has_nulls),
        cmocka_unit_test(table_of_packets_is_aligned),
        cmocka_unit_test(longest_packets_fit),
        cmocka_unit_test(totals_leave_out_what_is_empty),
        cmocka_unit_test(formats_by_suffix),
        cmocka_unit_test(all_is_written_to_a_full_pipe),
        cmocka_unit_test(failing_output_is_told),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
