/* The flow file: the reader reads what the writer writes, and nothing else.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bad_files.h"
#include "flowfile.h"
#include "flowfile_model.h"
#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static unsigned log_messages;

/* libfixbuf must not print anything on standard error, for any input. */
static void log_count(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    (void)level;
    (void)user;
    print_error("%s: %s\n", domain ? domain : "log", message);
    log_messages++;
}

static int memory_file(const void *bytes, size_t size)
{
    int fd = memfd_create("flowfile", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(fz_write_all(fd, bytes, size, NULL));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static GByteArray *descriptor_bytes(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, (guint)size);
    assert_int_equal(pread(fd, bytes->data, bytes->len, 0), size);
    return bytes;
}

typedef struct contents {
    fz_run run;
    GArray *zones;              /* fz_zone */
    GArray *rows[FZ_ROW_KINDS]; /* of each kind */
    fz_totals totals;
} contents;

static fz_zones contents_zones(const contents *from)
{
    return (fz_zones){(const fz_zone *)(const void *)from->zones->data, from->zones->len};
}

static void zone_clear(gpointer zone)
{
    fz_zone *row = zone;
    g_free(row->location);
    g_free(row->number);
    g_free(row->name);
}

static void contents_init(contents *made)
{
    memset(made, 0, sizeof *made);
    fz_run_init(&made->run);
    made->zones = g_array_new(FALSE, TRUE, sizeof(fz_zone));
    g_array_set_clear_func(made->zones, zone_clear);
    for (int kind = 0; kind < FZ_ROW_KINDS; kind++)
        made->rows[kind] = g_array_new(FALSE, TRUE, (guint)fz_row_size((fz_row_kind)kind));
}

static void contents_clear(contents *made)
{
    fz_run_clear(&made->run);
    g_array_unref(made->zones);
    for (int kind = 0; kind < FZ_ROW_KINDS; kind++)
        g_array_unref(made->rows[kind]);
}

static void text_set(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value);
}

static void zone_add(contents *to, const char *prefix, const char *location, const char *number, const char *name)
{
    const char *fault;
    fz_zone zone = {.location = g_strdup(location), .number = g_strdup(number), .name = g_strdup(name)};
    assert_true(fz_prefix_parse(prefix, &zone.prefix, &fault));
    fz_prefix_mask(&zone.prefix);
    g_array_append_val(to->zones, zone);
}

static void record_add(contents *to, const fz_record *record)
{
    g_array_append_vals(to->rows[FZ_ROW_FLOW], record, 1);
    to->totals.records++;
    to->totals.counted.frames += record->packets[0] + record->packets[1];
    to->totals.counted.bytes += record->bytes[0] + record->bytes[1];
}

static void minute_add(contents *to, const fz_minute *minute)
{
    g_array_append_vals(to->rows[FZ_ROW_MINUTE], minute, 1);
    to->totals.minutes++;
    to->run.minutes = true;
}

static void packet_add(contents *to, const fz_packet_row *packet)
{
    g_array_append_vals(to->rows[FZ_ROW_PACKET], packet, 1);
    to->totals.packets++;
    to->run.packets = true;
}

static const void *row_at(const GArray *rows, fz_row_kind kind, guint i)
{
    return rows->data + i * fz_row_size(kind);
}

/* Rows of the kinds take turns. */
static GByteArray *contents_write(const contents *from)
{
    static const guint some[FZ_ROW_KINDS] = {7, 2, 5};
    int fd = memfd_create("flowfile", MFD_CLOEXEC);
    GError *error = NULL;
    fz_zones zones = contents_zones(from);
    fz_sink *sink = fz_flowfile_open(fd, &from->run, &zones, &error);
    if (error)
        fail_msg("%s", error->message);
    bool more = true;
    for (guint turn = 0; more; turn++) {
        more = false;
        for (int kind = 0; kind < FZ_ROW_KINDS; kind++) {
            const GArray *rows = from->rows[kind];
            guint at = MIN(turn * some[kind], rows->len), count = MIN(some[kind], rows->len - at);
            assert_true(fz_flowfile_write(sink, (fz_row_kind)kind, row_at(rows, (fz_row_kind)kind, at), count, &error));
            more = more || at < rows->len;
        }
    }
    assert_true(fz_flowfile_finish(sink, &from->totals, &error));
    GByteArray *bytes = descriptor_bytes(fd);
    close(fd);
    return bytes;
}

/* Reads all of a file into `rows`, where they are wanted. False with the error. */
static bool reader_drain(fz_reader *reader, contents *into, GError **error)
{
    fz_any_row some[50];
    fz_row_kind kind;
    ssize_t count;
    while ((count = fz_reader_next(reader, &kind, some, G_N_ELEMENTS(some), error)) > 0)
        if (into)
            g_array_append_vals(into->rows[kind], some, (guint)count);
    return count == 0;
}

/* The error that bytes end in, or NULL. */
static GError *bytes_fault(const void *bytes, size_t size)
{
    GError *error = NULL;
    int fd = memory_file(bytes, size);
    fz_reader *reader = fz_reader_open(fd, "hostile.ipfix", &error);
    if (reader && !reader_drain(reader, NULL, &error))
        assert_int_equal(fz_reader_next(reader, &(fz_row_kind){0}, NULL, 0, NULL), -1);
    fz_reader_free(reader);
    close(fd);
    return error;
}

static void assert_same(const contents *expected, fz_reader *reader, const contents *came)
{
    const fz_run *run = fz_reader_run(reader), *asked = &expected->run;
    assert_string_equal(run->sensor, asked->sensor);
    assert_string_equal(run->source, asked->source);
    assert_string_equal(run->location, asked->location);
    assert_string_equal(run->filter, asked->filter);
    assert_string_equal(run->program, asked->program);
    assert_int_equal(run->engine, asked->engine);
    assert_int_equal(run->key, asked->key);
    assert_int_equal(run->layers, asked->layers);
    assert_int_equal(run->interval_s, asked->interval_s);
    assert_int_equal(run->max_flows, asked->max_flows);
    assert_int_equal(run->vlan, asked->vlan);
    assert_int_equal(run->first_us, asked->first_us);
    assert_int_equal(run->first_bytes, asked->first_bytes);
    assert_string_equal(run->folder, asked->folder);
    assert_int_equal(run->octets, asked->octets);
    assert_int_equal(run->minutes, asked->minutes);
    assert_int_equal(run->packets, asked->packets);
    assert_int_equal(run->without_flows, asked->without_flows);

    const fz_zones *zones = fz_reader_zones(reader);
    assert_int_equal(zones->count, expected->zones->len);
    for (uint32_t i = 0; i < zones->count; i++) {
        const fz_zone *zone = &g_array_index(expected->zones, fz_zone, i);
        assert_memory_equal(&zones->rows[i].prefix, &zone->prefix, sizeof zone->prefix);
        assert_string_equal(zones->rows[i].location, zone->location);
        assert_string_equal(zones->rows[i].number, zone->number);
        assert_string_equal(zones->rows[i].name, zone->name);
    }
    for (int kind = 0; kind < FZ_ROW_KINDS; kind++) {
        assert_int_equal(came->rows[kind]->len, expected->rows[kind]->len);
        if (came->rows[kind]->len > 0)
            assert_memory_equal(came->rows[kind]->data, expected->rows[kind]->data,
                                came->rows[kind]->len * fz_row_size((fz_row_kind)kind));
    }
    assert_memory_equal(&fz_reader_totals(reader)->counted, &expected->totals.counted, sizeof(fz_count));
    assert_memory_equal(&fz_reader_totals(reader)->not_ip, &expected->totals.not_ip, sizeof(fz_count));
    assert_memory_equal(&fz_reader_totals(reader)->unparsable, &expected->totals.unparsable, sizeof(fz_count));
    assert_memory_equal(&fz_reader_totals(reader)->filtered, &expected->totals.filtered, sizeof(fz_count));
    assert_int_equal(fz_reader_totals(reader)->records, expected->totals.records);
    assert_int_equal(fz_reader_totals(reader)->minutes, expected->totals.minutes);
    assert_int_equal(fz_reader_totals(reader)->packets, expected->totals.packets);
    assert_int_equal(fz_reader_totals(reader)->cut_short, expected->totals.cut_short);
}

static void assert_reads_back(const contents *expected, const GByteArray *bytes)
{
    GError *error = NULL;
    int fd = memory_file(bytes->data, bytes->len);
    fz_reader *reader = fz_reader_open(fd, "file.ipfix", &error);
    if (error)
        fail_msg("%s", error->message);
    contents came;
    contents_init(&came);
    fz_reader_want_digest(reader);
    reader_drain(reader, &came, &error);
    if (error)
        fail_msg("%s", error->message);
    assert_same(expected, reader, &came);
    assert_int_equal(fz_reader_position(reader), bytes->len);
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes->data, bytes->len);
    assert_string_equal(fz_reader_digest(reader), digest);
    contents_clear(&came);
    fz_reader_free(reader);
    close(fd);
}

/* What version 1 has, as a run of it. Its records change sets twice. */
static void contents_version_1(contents *made)
{
    contents_init(made);
    text_set(&made->run.sensor, "lab-1");
    text_set(&made->run.source, "small.pcap");
    text_set(&made->run.location, "Orléans");
    text_set(&made->run.filter, "not arp");
    text_set(&made->run.program, "flowzone 0.1.0");
    made->run.engine = FZ_ENGINE_SCAN;
    made->run.interval_s = 300;
    made->run.max_flows = 1000000;
    made->run.vlan = true;
    made->run.first_us = INT64_C(1700000000000123);
    made->run.first_bytes = 60;
    zone_add(made, "192.0.2.0/24", "", "1", "lab, \"first\"");
    zone_add(made, "2001:db8::/32", "Orléans", "2", "forêt");
    zone_add(made, "10.0.0.0/8", "", "", "ten");
    const fz_record records[] = {
        {.start_us = INT64_C(1700000000000123),
         .end_us = INT64_C(1700000001999999),
         .packets = {3, 2},
         .bytes = {180, 3000},
         .ip_bytes = {138, 2972},
         .zone = {1, 3},
         .addr = {{192, 0, 2, 1}, {10, 1, 2, 3}},
         .port = {40000, 443},
         .tcp_flags = {0x01b, 0x012},
         .vlan = 12,
         .protocol = 6,
         .family = FZ_IPV4,
         .end_reason = FZ_END_ACTIVE_TIMEOUT},
        {.start_us = -1,
         .end_us = 0,
         .packets = {1, 0},
         .bytes = {86, 0},
         .ip_bytes = {72, 0},
         .zone = {2, 0},
         .addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, {0xff, 0x02, [15] = 0xfb}},
         .port = {5353, 5353},
         .protocol = 17,
         .family = FZ_IPV6,
         .end_reason = FZ_END_RESOURCES},
        {.start_us = INT64_C(4294967296000000),
         .end_us = INT64_C(4294967296000000),
         .packets = {1, 0},
         .bytes = {UINT64_C(1) << 33, 0},
         .ip_bytes = {UINT64_C(1) << 33, 0},
         .addr = {{255, 255, 255, 255}, {0, 0, 0, 1}},
         .protocol = 1,
         .family = FZ_IPV4,
         .end_reason = FZ_END_FORCED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(records); i++)
        record_add(made, &records[i]);
    made->totals.not_ip = (fz_count){4, 168};
    made->totals.unparsable = (fz_count){1, 60};
    made->totals.filtered = (fz_count){2, 84};
}

/* A small file with everything in it: the golden one. */
static void contents_small(contents *made)
{
    contents_version_1(made);
    text_set(&made->run.folder, "/data/Größe");
    made->run.octets = FZ_OCTETS_IP;
    g_array_index(made->rows[FZ_ROW_FLOW], fz_record, 0).opened = FZ_OPENED_SYN;
    g_array_index(made->rows[FZ_ROW_FLOW], fz_record, 1).opened = FZ_OPENED_BOTH;
    minute_add(made, &(fz_minute){.minute = -60, .zone = {2, 0}, .packets = 1, .bytes = 86});
    minute_add(made,
               &(fz_minute){.minute = 1699999980, .zone = {1, 3}, .packets = 6, .bytes = (UINT64_C(1) << 33) + 3180});
    const fz_packet_row packets[] = {
        {.frame = 3,
         .time_us = INT64_C(1700000000000123),
         .bytes = UINT32_MAX,
         .ip_bytes = 138,
         .zone = {1, 3},
         .addr = {{192, 0, 2, 1}, {10, 1, 2, 3}},
         .eth = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}},
         .port = {40000, 443},
         .tcp_flags = 0x012,
         .vlan = 12,
         .time_ns = 999,
         .protocol = 6,
         .family = FZ_IPV4,
         .has = FZ_HAS_ETH | FZ_HAS_PORTS | FZ_HAS_VLAN | FZ_HAS_TCP},
        {.frame = UINT64_MAX,
         .time_us = INT64_MIN + 1,
         .bytes = UINT32_MAX,
         .ip_bytes = UINT32_MAX,
         .zone = {2, 0},
         .addr = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, {0xff, 0x02, [15] = 0xfb}},
         .protocol = 58,
         .family = FZ_IPV6},
        {.frame = 5,
         .time_us = -1,
         .bytes = 3496,
         .eth = {{2, 0, 0, 0, 0, 1}, {255, 255, 255, 255, 255, 255}},
         .vlan = 12,
         .time_ns = 1,
         .has = FZ_HAS_ETH | FZ_HAS_VLAN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++)
        packet_add(made, &packets[i]);
    for (uint64_t frame = 6; made->totals.packets < 12; frame++)
        packet_add(made, &(fz_packet_row){.frame = frame, .time_us = INT64_MAX});
}

static char *source_path(const char *name)
{
    g_autofree char *here = g_path_get_dirname(__FILE__);
    return g_build_filename(here, "..", "..", name, NULL);
}

/* Bytes are compared, as the format is a promise. FZ_GOLDEN_UPDATE=1 writes the file anew. */
static void writes_the_golden_file(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    g_autoptr(GByteArray) bytes = contents_write(&small), again = contents_write(&small);
    assert_int_equal(bytes->len, again->len);
    assert_memory_equal(bytes->data, again->data, bytes->len);

    g_autofree char *path = source_path("tests/golden/small.ipfix"), *golden = NULL;
    gsize size;
    if (g_getenv("FZ_GOLDEN_UPDATE"))
        assert_true(g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL));
    assert_true(g_file_get_contents(path, &golden, &size, NULL));
    assert_int_equal(size, bytes->len);
    assert_memory_equal(golden, bytes->data, size);
    assert_reads_back(&small, bytes);
    contents_clear(&small);
}

/* The golden file of version 1, which its last program wrote: what it does not say is not known. */
static void reads_the_golden_file_of_version_1(void **state)
{
    (void)state;
    contents earlier;
    contents_version_1(&earlier);
    g_autofree char *path = source_path("tests/golden/version1.ipfix"), *golden = NULL;
    gsize size;
    assert_true(g_file_get_contents(path, &golden, &size, NULL));
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)golden, (guint)size);
    assert_reads_back(&earlier, bytes);
    for (guint cut = 0; cut < size; cut++) {
        g_autoptr(GError) fault = bytes_fault(golden, cut);
        assert_true(g_error_matches(fault, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_CUT));
    }
    contents_clear(&earlier);
}

static uint64_t random_bits(GRand *random)
{
    return (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
}

static char *random_text(GRand *random, size_t most)
{
    static const char *const pieces[] = {"a", "Z", " ", ",", "\"", "\\", "é", "山", "𝄞", "'", ";", "="};
    GString *text = g_string_new(NULL);
    size_t size = (size_t)g_rand_int_range(random, 0, 4) == 0 ? most : (size_t)g_rand_int_range(random, 0, 40);
    for (;;) {
        const char *piece = pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))];
        if (text->len + strlen(piece) > size)
            return g_string_free(text, FALSE);
        g_string_append(text, piece);
    }
}

/* Small numbers and the edges of 64 bits alike. */
static int64_t random_time(GRand *random)
{
    static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -1000, -999,          -1,       0,
                                    1,         999,           1000,  INT64_MAX - 1, INT64_MAX};
    if (g_rand_int_range(random, 0, 4) == 0)
        return edges[g_rand_int_range(random, 0, G_N_ELEMENTS(edges))];
    return (int64_t)random_bits(random) >> g_rand_int_range(random, 0, 40);
}

static void random_record(GRand *random, uint32_t zones, fz_record *record)
{
    int64_t a = random_time(random), b = random_time(random);
    *record = (fz_record){
        .start_us = MIN(a, b),
        .end_us = MAX(a, b),
        .vlan = (uint16_t)g_rand_int_range(random, 0, 4096),
        .protocol = (uint8_t)g_rand_int(random),
        .family = g_rand_boolean(random) ? FZ_IPV4 : FZ_IPV6,
        .end_reason = (uint8_t)g_rand_int_range(random, FZ_END_IDLE_TIMEOUT, FZ_END_RESOURCES + 1),
        .opened = (uint8_t)g_rand_int_range(random, 0, FZ_OPENED_COUNT),
    };
    for (int end = 0; end < 2; end++) {
        record->packets[end] = random_bits(random) >> g_rand_int_range(random, 16, 64);
        record->bytes[end] = random_bits(random) >> g_rand_int_range(random, 16, 64);
        record->ip_bytes[end] = random_bits(random) >> g_rand_int_range(random, 1, 64);
        record->zone[end] = (uint32_t)g_rand_int_range(random, 0, (gint32)zones + 1);
        record->port[end] = (uint16_t)g_rand_int(random);
        record->tcp_flags[end] = (uint16_t)(g_rand_int(random) & 0xfff);
        for (int i = 0; i < (record->family == FZ_IPV4 ? 4 : 16); i++)
            record->addr[end][i] = (uint8_t)g_rand_int(random);
    }
}

static void random_packet(GRand *random, uint32_t zones, uint64_t frame, fz_packet_row *packet)
{
    static const uint8_t families[] = {0, FZ_IPV4, FZ_IPV6};
    *packet = (fz_packet_row){
        .frame = frame,
        .time_us = random_time(random),
        .bytes = (uint32_t)g_rand_int_range(random, 0, 2000),
        .time_ns = (uint16_t)g_rand_int_range(random, 0, 1000),
        .family = families[g_rand_int_range(random, 0, 3)],
        .has = (uint8_t)g_rand_int_range(random, 0, 16),
    };
    for (int end = 0; end < 2 && packet->has & FZ_HAS_ETH; end++)
        for (int i = 0; i < 6; i++)
            packet->eth[end][i] = (uint8_t)g_rand_int(random);
    packet->vlan = packet->has & FZ_HAS_VLAN ? (uint16_t)g_rand_int_range(random, 0, 4096) : 0;
    if (packet->family == 0) {
        packet->has &= FZ_HAS_ETH | FZ_HAS_VLAN;
        return;
    }
    packet->ip_bytes = g_rand_int(random);
    packet->protocol = (uint8_t)g_rand_int(random);
    packet->tcp_flags = packet->has & FZ_HAS_TCP ? (uint16_t)g_rand_int_range(random, 0, 4096) : 0;
    for (int end = 0; end < 2; end++) {
        packet->zone[end] = (uint32_t)g_rand_int_range(random, 0, (gint32)zones + 1);
        packet->port[end] = packet->has & FZ_HAS_PORTS ? (uint16_t)g_rand_int(random) : 0;
        for (int i = 0; i < (packet->family == FZ_IPV4 ? 4 : 16); i++)
            packet->addr[end][i] = (uint8_t)g_rand_int(random);
    }
}

/* Rows of all kinds, from the same frames: each packet is in a conversation, a minute and a row of its own. */
static void random_rows(GRand *random, contents *made)
{
    const uint32_t zones = made->zones->len;
    for (int frame = g_rand_int_range(random, 1, 3000); frame > 0; frame--) {
        fz_packet_row packet;
        fz_record record;
        random_packet(random, zones, (uint64_t)frame, &packet);
        random_record(random, zones, &record);
        record.packets[0] = 1;
        record.bytes[0] = packet.bytes;
        record.packets[1] = record.bytes[1] = 0;
        fz_minute minute = {.minute = random_time(random) / 60000000 * 60, .packets = 1, .bytes = packet.bytes};
        for (int end = 0; end < 2; end++)
            minute.zone[end] = (uint32_t)g_rand_int_range(random, 0, (gint32)zones + 1);
        packet_add(made, &packet);
        minute_add(made, &minute);
        record_add(made, &record);
    }
}

static void random_contents(GRand *random, contents *made)
{
    contents_init(made);
    char **texts[] = {&made->run.sensor, &made->run.source,  &made->run.location,
                      &made->run.filter, &made->run.program, &made->run.folder};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_free(*texts[i]);
        *texts[i] = random_text(random, FZ_RUN_TEXT_MAX);
    }
    made->run.engine = (fz_engine)g_rand_int_range(random, 0, 3);
    made->run.key = (fz_key_kind)g_rand_int_range(random, 0, 2);
    made->run.interval_s = g_rand_int(random);
    made->run.max_flows = random_bits(random);
    made->run.vlan = g_rand_boolean(random);
    made->run.first_us = random_time(random);
    made->run.first_bytes = g_rand_int(random);
    for (int left = g_rand_int_range(random, 0, 300); left > 0; left--) {
        fz_prefix prefix = {.addr.family = g_rand_boolean(random) ? FZ_IPV4 : FZ_IPV6};
        for (unsigned i = 0; i < fz_family_bits(prefix.addr.family) / 8; i++)
            prefix.addr.bytes[i] = (uint8_t)g_rand_int(random);
        prefix.length = (uint8_t)g_rand_int_range(random, 0, (gint32)fz_family_bits(prefix.addr.family) + 1);
        fz_prefix_mask(&prefix);
        char text[FZ_PREFIX_TEXT_SIZE];
        g_autofree char *location = random_text(random, FZ_ZONE_TEXT_MAX),
                        *number = random_text(random, FZ_ZONE_TEXT_MAX),
                        *rest = random_text(random, FZ_ZONE_TEXT_MAX - 1), *name = g_strconcat("z", rest, NULL);
        zone_add(made, fz_prefix_print(&prefix, text), location, number, name);
    }
    made->run.octets = (fz_octets)g_rand_int_range(random, 0, 2);
    made->totals.cut_short = g_rand_boolean(random);
    if (g_rand_boolean(random)) {
        random_rows(random, made);
        return;
    }
    for (int left = g_rand_int_range(random, 0, 5000); left > 0; left--) {
        fz_record record;
        random_record(random, made->zones->len, &record);
        record_add(made, &record);
    }
    made->totals.not_ip = (fz_count){random_bits(random) >> 8, random_bits(random) >> 8};
}

/* FZ_SEED=N repeats a run. */
static uint32_t seed(void)
{
    const char *given = g_getenv("FZ_SEED");
    uint32_t chosen = given ? (uint32_t)strtoul(given, NULL, 10) : g_random_int();
    print_message("FZ_SEED=%u\n", chosen);
    return chosen;
}

static void random_contents_come_back(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(seed());
    for (int i = 0; i < 20; i++) {
        contents made;
        random_contents(random, &made);
        g_autoptr(GByteArray) bytes = contents_write(&made);
        assert_reads_back(&made, bytes);
        contents_clear(&made);
    }
    g_rand_free(random);
}

static void empty_capture_comes_back(void **state)
{
    (void)state;
    contents empty;
    contents_init(&empty);
    g_autoptr(GByteArray) bytes = contents_write(&empty);
    assert_reads_back(&empty, bytes);
    contents_clear(&empty);
}

typedef struct dripping {
    const GByteArray *bytes;
    int fd;
} dripping;

static gpointer drip(gpointer user)
{
    dripping *pipe_end = user;
    for (guint at = 0; at < pipe_end->bytes->len; at += 13)
        fz_write_all(pipe_end->fd, pipe_end->bytes->data + at, MIN(13, pipe_end->bytes->len - at), NULL);
    close(pipe_end->fd);
    return NULL;
}

static void reads_from_a_pipe_that_drips(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    g_autoptr(GByteArray) bytes = contents_write(&small);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    dripping pipe_end = {bytes, ends[1]};
    GThread *thread = g_thread_new("drip", drip, &pipe_end);
    fz_reader *reader = fz_reader_open(ends[0], "-", NULL);
    assert_non_null(reader);
    contents came;
    contents_init(&came);
    assert_true(reader_drain(reader, &came, NULL));
    assert_same(&small, reader, &came);
    assert_null(fz_reader_digest(reader));
    contents_clear(&came);
    fz_reader_free(reader);
    g_thread_join(thread);
    close(ends[0]);
    contents_clear(&small);
}

static void every_truncation_is_told(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    g_autoptr(GByteArray) bytes = contents_write(&small);
    for (guint size = 0; size < bytes->len; size++) {
        g_autoptr(GError) fault = bytes_fault(bytes->data, size);
        if (!g_error_matches(fault, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_CUT))
            fail_msg("cut to %u bytes: %s", size, fault ? fault->message : "no error");
        g_autofree char *expected = g_strdup_printf(
            "hostile.ipfix: ends at byte %u before its trailer: the run that wrote it did not finish", size);
        assert_string_equal(fault->message, expected);
    }
    contents_clear(&small);
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    g_autoptr(GByteArray) bytes = contents_write(&small);
    const guint prelude = fz_prelude(FZ_VERSION_LATEST)->len;
    /* Of the messages that are the same in every file, and compared byte by byte, every ninth bit. */
    for (guint bit = 0; bit < bytes->len * 8; bit += bit < prelude * 8 ? 9 : 1) {
        bytes->data[bit / 8] ^= (guint8)(1 << bit % 8);
        g_autoptr(GError) fault = bytes_fault(bytes->data, bytes->len);
        if (!fault)
            fail_msg("bit %u of byte %u flipped: no error", bit % 8, bit / 8);
        bytes->data[bit / 8] ^= (guint8)(1 << bit % 8);
    }
    contents_clear(&small);
}

/* The messages of a file. */
enum { TYPE_TEMPLATE, TYPES, TEMPLATES, HEAD, FLOWS, TRAILER };

static size_t message_offset(const GByteArray *bytes, unsigned number)
{
    size_t at = 0;
    for (; number > 0; number--)
        at += fz_read_u16(bytes->data + at + 2);
    assert_true(at < bytes->len);
    return at;
}

/* Makes the checksum fit again, so that the reader has to find the fault itself. */
static void seal(GByteArray *bytes)
{
    uLong checksum = crc32_z(crc32_z(0, NULL, 0), bytes->data, bytes->len - 4);
    fz_write_u32(bytes->data + bytes->len - 4, (uint32_t)checksum);
}

static void assert_fault(const char *name, const GByteArray *bytes, const char *expected)
{
    g_autoptr(GError) fault = bytes_fault(bytes->data, bytes->len);
    if (!fault || !strstr(fault->message, expected))
        fail_msg("%s: expected \"%s\", got \"%s\"", name, expected, fault ? fault->message : "no error");
    if (!g_str_has_prefix(fault->message, "hostile.ipfix: "))
        fail_msg("%s: \"%s\" does not name the file", name, fault->message);
}

/* Where a field's bytes are in a flow record of the file. */
static size_t field_offset(uint16_t tid, const char *element)
{
    g_autoptr(GArray) fields = fz_template_in_file(tid, FZ_VERSION_LATEST, NULL);
    size_t at = 0;
    for (guint i = 0; i < fields->len; i++) {
        const fz_template_field *field = &g_array_index(fields, fz_template_field, i);
        if (strcmp(field->element, element) == 0)
            return at;
        at += field->length;
    }
    fail_msg("no element %s", element);
    return 0;
}

/* Bytes overwritten in one message: at an offset in it, in a field of its first record, or `offset` from where a text
 * is found. */
typedef struct overwriting {
    const char *name;
    unsigned message;
    uint16_t tid;
    const char *where;
    int offset;
    const char *bytes;
    size_t size;
    const char *fault;
} overwriting;

#define BYTES(text) text, sizeof(text) - 1

static const overwriting overwritings[] = {
    {"version of NetFlow 9", TYPE_TEMPLATE, 0, NULL, 0, BYTES("\0\x09"), "at byte 0: expected an IPFIX message"},
    {"version of NetFlow 9 later", FLOWS, 0, NULL, 0, BYTES("\0\x09"),
     "expected an IPFIX message (version 10), got version 9"},
    {"other domain", TYPE_TEMPLATE, 0, NULL, 12, BYTES("\0\0\0\1"),
     "at byte 12: expected observation domain 0x465a0002"},
    {"length 0", HEAD, 0, NULL, 2, BYTES("\0\0"), "expected a message length of 20 or more, got 0"},
    {"length without a set", HEAD, 0, NULL, 2, BYTES("\0\x10"), "expected a message length of 20 or more, got 16"},
    {"length behind the end", TRAILER, 0, NULL, 2, BYTES("\xff\xff"), "before its trailer"},
    {"sequence", FLOWS, 0, NULL, 8, BYTES("\0\0\0\1"), "expected sequence number"},
    {"type of an element", TYPES, 0, NULL, 26, BYTES("\x0d"), "expected the templates and types"},
    {"template with another field", TEMPLATES, 0, NULL, 26, BYTES("\x02"), "expected the templates and types"},
    {"unknown set", FLOWS, 0, NULL, 16, BYTES("\x27\x0f"), "expected a set of templates 257 to 267, got 9999"},
    {"types in the middle", FLOWS, 0, NULL, 16, BYTES("\x01\x00"), "expected a set of templates 257 to 267, got 256"},
    {"template set in the middle", FLOWS, 0, NULL, 16, BYTES("\0\x02"),
     "expected a set of templates 257 to 267, got 2"},
    {"set of no length", FLOWS, 0, NULL, 18, BYTES("\0\0"), "got 0"},
    {"set without records", FLOWS, 0, NULL, 18, BYTES("\0\4"), "got 4"},
    {"set behind its message", FLOWS, 0, NULL, 18, BYTES("\xff\xff"), "got 65535"},
    {"set with half a record", FLOWS, 0, NULL, 18, BYTES("\0\x40"), "expected whole records of template 260"},
    {"IPv6 called IPv4", FLOWS, 0, NULL, 16, BYTES("\x01\x05"), "expected whole records of template 261"},
    {"zones before the run", HEAD, 0, NULL, 16, BYTES("\x01\x02"), "record"},
    {"trailer in the middle", FLOWS, 0, NULL, 16, BYTES("\x01\x06"), "record"},
    {"text behind its set", HEAD, 0, "ten", -1, BYTES("\xfe"), "expected whole records of template 258"},
    {"long text behind its set", HEAD, 0, "ten", -1, BYTES("\xff\xff\xff"), "expected whole records of template 258"},
    {"unknown engine", HEAD, 0, "scan", 0, BYTES("scam"), "engine \"scam\" is not known"},
    {"unknown key", HEAD, 0, "5tuple", 0, BYTES("6tuple"), "key \"6tuple\" is not known"},
    {"unknown layers", HEAD, 0, "outer", 0, BYTES("inner"), "layers \"inner\" is not known"},
    {"engine with a line break", HEAD, 0, "scan", 0, BYTES("a\nb\x1b"), "engine \"a\\nb\\033\" is not known"},
    {"neither true nor false", HEAD, FZ_TID_RUN, "vlanInKey", 0, BYTES("\3"),
     "expected vlanInKey as 1 (true) or 2 (false)"},
    {"first frame out of range", HEAD, FZ_TID_RUN, "firstFrameMilliseconds", 0, BYTES("\x7f"), "out of range"},
    {"first frame's 1000th microsecond", HEAD, FZ_TID_RUN, "firstFrameSubMilliseconds", 0, BYTES("\x03\xe8"),
     "out of range"},
    {"NUL in a sensor", HEAD, 0, "lab-1", 3, BYTES("\0"), "expected a sensor in UTF-8"},
    {"Latin-1 in a location", HEAD, 0, "Orl", 3, BYTES("\xe9-"), "expected a location in UTF-8"},
    {"NUL in a zone", HEAD, 0, "ten", 1, BYTES("\0"), "expected a zone's name in UTF-8"},
    {"Latin-1 in a zone", HEAD, 0, "ten", 1, BYTES("\xe9"), "expected a zone's name in UTF-8"},
    {"escape in a zone", HEAD, 0, "ten", 1, BYTES("\x1b"), "without control characters, got U+001B"},
    {"C1 control in a zone", HEAD, 0, "ten", 1, BYTES("\xc2\x9b"), "without control characters, got U+009B"},
    {"bidirectional control in a zone", HEAD, 0, "ten", 0, BYTES("\xe2\x80\xae"), "got U+202E"},
    {"line break in a sensor", HEAD, 0, "lab-1", 3, BYTES("\n"), "expected a sensor without control characters"},
    {"C1 control in a location", HEAD, 0, "Orl", 1, BYTES("\xc2\x90"), "a location without control characters"},
    {"IPv4 prefix of 33 bits", HEAD, 0, "\0\0\0\1\x18\xc0", 4, BYTES("\x21"),
     "expected a prefix of at most 32 bits, got 33"},
    {"IPv6 prefix of 129 bits", HEAD, 0, "\x20\x20\x01\x0d\xb8", 0, BYTES("\x81"), "at most 128 bits, got 129"},
    {"host bits", HEAD, 0, "\x18\xc0\0\2\0", 4, BYTES("\1"), "its prefix has host bits set"},
    {"zone 0", HEAD, 0, "\0\0\0\1\x18\xc0", 3, BYTES("\0"), "expected zone 1, got zone 0"},
    {"zone left out", HEAD, 0, "\0\0\0\3\x08\x0a", 3, BYTES("\4"), "expected zone 3, got zone 4"},
    {"zone twice", HEAD, 0, "\0\0\0\3\x08\x0a", 3, BYTES("\2"), "expected zone 3, got zone 2"},
    {"1000th microsecond", FLOWS, FZ_TID_FLOW4, "flowStartSubMilliseconds", 0, BYTES("\x03\xe8"),
     "a time is out of range"},
    {"end in the year 292 million", FLOWS, FZ_TID_FLOW4, "flowEndMilliseconds", 0, BYTES("\x7f"),
     "a time is out of range"},
    {"end before its start", FLOWS, FZ_TID_FLOW4, "flowEndMilliseconds", 4, BYTES("\0"),
     "a record ends before it starts"},
    {"zone not in the dictionary", FLOWS, FZ_TID_FLOW4, "sourceZoneId", 3, BYTES("\4"),
     "zone 4, which is not in the dictionary of 3"},
    {"other zone not in the dictionary", FLOWS, FZ_TID_FLOW4, "destinationZoneId", 0, BYTES("\xff"),
     "in the dictionary"},
    {"no end reason", FLOWS, FZ_TID_FLOW4, "flowEndReason", 0, BYTES("\0"), "a flowEndReason of 0: expected 1 to 5"},
    {"other end reason", FLOWS, FZ_TID_FLOW4, "flowEndReason", 0, BYTES("\6"), "flowEndReason of 6: expected"},
    {"packets that overflow", FLOWS, FZ_TID_FLOW4, "packetDeltaCount", 0, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
     "64 bits"},
    {"bytes that overflow", FLOWS, FZ_TID_FLOW4, "layer2OctetDeltaCount", 0, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
     "64 bits"},
    {"IP bytes that overflow", FLOWS, FZ_TID_FLOW4, "octetDeltaCount", 0, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
     "64 bits"},
    {"a packet more", FLOWS, FZ_TID_FLOW4, "packetDeltaCount", 7, BYTES("\4"),
     "frames in conversations, the records 8"},
    {"a byte more", FLOWS, FZ_TID_FLOW4, "layer2OctetDeltaCount", 7, BYTES("\xb5"), "bytes in conversations"},
    {"trailer with a record more", TRAILER, FZ_TID_TRAILER, "exportedFlowRecordTotalCount", 7, BYTES("\4"),
     "count 4 records, but there are 3"},
    {"trailer with a frame more", TRAILER, FZ_TID_TRAILER, "countedFrameTotalCount", 7, BYTES("\x08"),
     "count 8 frames"},
    {"trailer with a byte more", TRAILER, FZ_TID_TRAILER, "countedOctetTotalCount", 7, BYTES("\xff"),
     "bytes in conversations"},
    {"trailer that overflows", TRAILER, FZ_TID_TRAILER, "notIpFrameTotalCount", 0,
     BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "totals of frames"},
    {"bytes of a trailer that overflow", TRAILER, FZ_TID_TRAILER, "filteredOctetTotalCount", 0,
     BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"), "totals of bytes"},
    {"opened by nobody known", FLOWS, FZ_TID_FLOW4, "conversationOpenedBy", 0, BYTES("\x08"),
     "says 8 of who opened it"},
    {"unknown octets", HEAD, 0, "\2ip", 0, BYTES("\2if"), "octets \"if\" is not known"},
    {"no conversations nor none", HEAD, FZ_TID_RUN, "hasConversations", 0, BYTES("\0"), "expected hasConversations"},
    {"conversations though there are none", HEAD, FZ_TID_RUN, "hasConversations", 0, BYTES("\2"),
     "there are records, though the run says that it has none"},
    {"minutes though there are none", HEAD, FZ_TID_RUN, "hasMinutes", 0, BYTES("\2"),
     "there are minutes, though the run says that it has none"},
    {"packets though there are none", HEAD, FZ_TID_RUN, "hasPackets", 0, BYTES("\2"),
     "there are packets, though the run says that it has none"},
    {"line break in a folder", HEAD, 0, "/data", 1, BYTES("\n"),
     "expected the capture's folder without control characters"},
    {"minute of half a second", FLOWS, FZ_TID_MINUTE, "minuteMilliseconds", 6, BYTES("\x17\xac"),
     "a minute does not begin with a second"},
    {"minute of 59 seconds", FLOWS, FZ_TID_MINUTE, "minuteMilliseconds", 6, BYTES("\x19\x88"),
     "a minute begins at second -59, which is not a multiple of 60"},
    {"minute of another age", FLOWS, FZ_TID_MINUTE, "minuteMilliseconds", 0, BYTES("\x20\0\0\0\0\0\0\0"), "a minute "},
    {"minute without frames", FLOWS, FZ_TID_MINUTE, "minuteFrameCount", 7, BYTES("\0"), "a minute has no packets"},
    {"minute of a frame too long", FLOWS, FZ_TID_MINUTE, "minuteOctetCount", 3, BYTES("\1"),
     "a minute has more bytes than its packets can have"},
    {"minute with a zone too high", FLOWS, FZ_TID_MINUTE, "receiverZoneId", 3, BYTES("\4"),
     "a minute has zone 4, which is not in the dictionary of 3"},
    {"minute with a frame more", FLOWS, FZ_TID_MINUTE, "minuteFrameCount", 7, BYTES("\2"),
     "the totals count 7 frames in conversations, the minutes 8"},
    {"minute with a byte less", FLOWS, FZ_TID_MINUTE, "minuteOctetCount", 7, BYTES("\x55"),
     "bytes in conversations, the minutes"},
    {"packet number 0", FLOWS, FZ_TID_PACKET4, "packetFrameNumber", 7, BYTES("\0"), "a packet has frame number 0"},
    {"packet of 1000000 nanoseconds", FLOWS, FZ_TID_PACKET4, "packetSubMilliseconds", 0, BYTES("\0\x0f\x42\x40"),
     "a time is out of range"},
    {"packet in the year 292 million", FLOWS, FZ_TID_PACKET6, "observationTimeMilliseconds", 0, BYTES("\x7f"),
     "a time is out of range"},
    {"packet with a zone too high", FLOWS, FZ_TID_PACKET4, "senderZoneId", 3, BYTES("\4"),
     "a packet has zone 4, which is not in the dictionary of 3"},
    {"packet with unknown headers", FLOWS, FZ_TID_PACKET4, "packetHeaders", 0, BYTES("\x1f"), "unknown flags: 0x10"},
    {"packet with MACs of its own", FLOWS, FZ_TID_PACKET6, "sourceMacAddress", 0, BYTES("\1"),
     "has MAC addresses though"},
    {"packet without IP with ports", FLOWS, FZ_TID_PACKET, "packetHeaders", 0, BYTES("\7"),
     "has ports or TCP flags though"},
    {"packet with a byte more", FLOWS, FZ_TID_PACKET, "packetFrameOctets", 3, BYTES("\xa9"),
     "bytes that passed the filter, the packets"},
    {"trailer with a minute more", TRAILER, FZ_TID_TRAILER, "minuteRecordTotalCount", 7, BYTES("\3"),
     "count 3 minutes, but there are 2"},
    {"trailer with a packet less", TRAILER, FZ_TID_TRAILER, "packetRecordTotalCount", 7, BYTES("\x0b"),
     "count 11 packets, but there are 12"},
    {"trailer with a frame more that is not IP", TRAILER, FZ_TID_TRAILER, "notIpFrameTotalCount", 7, BYTES("\5"),
     "the totals count 13 frames that passed the filter, the packets 12"},
    {"trailer neither cut nor whole", TRAILER, FZ_TID_TRAILER, "captureCutShort", 0, BYTES("\0"),
     "expected captureCutShort"},
};

/* The first set of a template in the message at `at`. */
static size_t set_offset(const GByteArray *bytes, size_t at, uint16_t tid)
{
    size_t end = at + fz_read_u16(bytes->data + at + 2);
    for (at += FZ_MESSAGE_HEADER; fz_read_u16(bytes->data + at) != tid; at += fz_read_u16(bytes->data + at + 2))
        assert_true(at < end);
    return at;
}

static size_t overwriting_place(const GByteArray *bytes, const overwriting *what)
{
    size_t at = message_offset(bytes, what->message), size = fz_read_u16(bytes->data + at + 2);
    if (!what->where)
        return at + (size_t)what->offset;
    if (what->tid != 0)
        return set_offset(bytes, at, what->tid) + FZ_SET_HEADER + field_offset(what->tid, what->where) +
               (size_t)what->offset;
    /* Anchors with zero bytes are those that begin a zone's record. */
    size_t length = what->where[0] == '\0' ? 6 : what->where[0] == '\x18' ? 5 : strlen(what->where);
    const uint8_t *found = memmem(bytes->data + at, size, what->where, length);
    assert_non_null(found);
    return (size_t)(found - bytes->data) + (size_t)what->offset;
}

static void faults_under_a_good_checksum_are_told(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    for (size_t i = 0; i < G_N_ELEMENTS(overwritings); i++) {
        const overwriting *what = &overwritings[i];
        g_autoptr(GByteArray) bytes = contents_write(&small);
        size_t at = overwriting_place(bytes, what);
        if (memcmp(bytes->data + at, what->bytes, what->size) == 0)
            fail_msg("%s: nothing was changed", what->name);
        memcpy(bytes->data + at, what->bytes, what->size);
        seal(bytes);
        assert_fault(what->name, bytes, what->fault);
    }
    contents_clear(&small);
}

static void append_message(GByteArray *to, const GByteArray *from, unsigned number)
{
    size_t at = message_offset(from, number);
    g_byte_array_append(to, from->data + at, fz_read_u16(from->data + at + 2));
}

/* A file of the messages that are named, each with the sequence number that it needs. */
static GByteArray *reassembled(const GByteArray *from, const unsigned *numbers, size_t count)
{
    static const unsigned records[] = {[HEAD] = 4, [FLOWS] = 17, [TRAILER] = 1}; /* of small */
    GByteArray *made = g_byte_array_new();
    uint32_t sequence = 0;
    for (size_t i = 0; i < count; i++) {
        guint at = made->len;
        append_message(made, from, numbers[i]);
        fz_write_u32(made->data + at + 8, sequence);
        sequence += numbers[i] == TYPES ? (uint32_t)fz_version_elements(FZ_VERSION_LATEST)
                    : numbers[i] < HEAD ? 0
                                        : records[numbers[i]];
    }
    seal(made);
    return made;
}

static void messages_out_of_order_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned numbers[8];
        size_t count;
        const char *fault;
    } orders[] = {
        {"head twice", {0, 1, 2, HEAD, HEAD, FLOWS, TRAILER}, 7, "out of order"},
        {"no head", {0, 1, 2, FLOWS, TRAILER}, 5, "out of order"},
        {"head behind the flows", {0, 1, 2, FLOWS, HEAD, TRAILER}, 6, "out of order"},
        {"head and flows changed", {0, 1, 2, HEAD, FLOWS, HEAD, TRAILER}, 7, "out of order"},
        {"trailer alone", {0, 1, 2, TRAILER}, 4, "out of order"},
        {"flows left out", {0, 1, 2, HEAD, TRAILER}, 5, "count 3 records, but there are 0"},
        {"flows twice", {0, 1, 2, HEAD, FLOWS, FLOWS, TRAILER}, 7, "count 3 records, but there are 6"},
        {"no templates", {HEAD, FLOWS, TRAILER}, 3, "expected the templates and types"},
        {"templates twice", {0, 1, 2, 2, HEAD, FLOWS, TRAILER}, 7, "expected a set of templates"},
    };
    contents small;
    contents_small(&small);
    g_autoptr(GByteArray) bytes = contents_write(&small);
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autoptr(GByteArray) made = reassembled(bytes, orders[i].numbers, orders[i].count);
        assert_fault(orders[i].name, made, orders[i].fault);
    }
    contents_clear(&small);
}

static void bytes_behind_the_trailer_are_told(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    g_autoptr(GByteArray) bytes = contents_write(&small);
    g_autofree char *expected =
        g_strdup_printf("at byte %u: expected the end of the file, got more bytes after the trailer", bytes->len);
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    assert_fault("a byte behind the trailer", bytes, expected);
    contents_clear(&small);
}

static void other_files_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } files[] = {
        {"timestamp,sip,dip\n", "at byte 0: expected an IPFIX message (version 10), got version "},
        {"SQLite format 3", "at byte 0: expected an IPFIX message (version 10), got version "},
        {"\xd4\xc3\xb2\xa1\x02", "at byte 0: expected a flow file, got a capture"},
        {"\xa1\xb2\x3c\x4d", "at byte 0: expected a flow file, got a capture"},
        {"\n\r\r\n", "at byte 0: expected a flow file, got a capture"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, (const guint8 *)files[i].text, (guint)strlen(files[i].text));
        assert_fault(files[i].text, bytes, files[i].expected);
    }
}

static bool forward(uint8_t *message, size_t size, void *user, GError **error)
{
    (void)error;
    g_byte_array_append(user, message, (guint)size);
    return true;
}

/* A head with `zones` zones that all have a name of `name_size` bytes, and no more. */
static GByteArray *head_of_zones(uint32_t zones, size_t name_size)
{
    GByteArray *bytes = g_byte_array_new();
    fz_exporter *exporter = fz_exporter_new(FZ_VERSION_LATEST, forward, bytes);
    assert_true(fz_exporter_prelude(exporter, NULL));
    g_autofree char *name = g_strnfill(name_size, 'n');
    char engine[] = "full", key[] = "ip", layers[] = "all", octets[] = "wire";
    fz_run_record run = {.vlan = FZ_IPFIX_FALSE,
                         .flows = FZ_IPFIX_TRUE,
                         .minutes = FZ_IPFIX_FALSE,
                         .packets = FZ_IPFIX_FALSE,
                         .octets = {4, (uint8_t *)octets},
                         .engine = {4, (uint8_t *)engine},
                         .key = {2, (uint8_t *)key},
                         .layers = {3, (uint8_t *)layers}};
    assert_true(fz_exporter_append(exporter, FZ_TID_RUN, &run, sizeof run, 23, NULL));
    for (uint32_t id = 1; id <= zones; id++) {
        fz_zone_record zone = {.id = id, .name = {name_size, (uint8_t *)name}};
        assert_true(fz_exporter_append(exporter, FZ_TID_ZONE4, &zone, sizeof zone, 2 + fz_text_encoded(name), NULL));
    }
    assert_true(fz_exporter_flush(exporter, NULL));
    fz_exporter_free(exporter);
    return bytes;
}

/* Two runs in one set would leave it open which of them counts. */
static void second_run_is_told(void **state)
{
    (void)state;
    g_autoptr(GByteArray) bytes = head_of_zones(0, 0);
    size_t at = message_offset(bytes, HEAD), set = bytes->len - at - FZ_MESSAGE_HEADER;
    g_autofree guint8 *again = g_memdup2(bytes->data + at + FZ_MESSAGE_HEADER + FZ_SET_HEADER, set - FZ_SET_HEADER);
    g_byte_array_append(bytes, again, (guint)(set - FZ_SET_HEADER));
    bytes->data[at + 3] += (guint8)(set - FZ_SET_HEADER);
    bytes->data[at + FZ_MESSAGE_HEADER + 3] += (guint8)(set - FZ_SET_HEADER);
    assert_fault("two runs", bytes, "a set of template 257 with 2 records is out of order");
}

static void zones_are_bounded(void **state)
{
    (void)state;
    g_autoptr(GByteArray) many = head_of_zones(FZ_ZONE_ROWS_MAX + 1, 1), longest = head_of_zones(1, FZ_ZONE_TEXT_MAX),
                          longer = head_of_zones(1, FZ_ZONE_TEXT_MAX + 1), nameless = head_of_zones(1, 0);
    assert_fault("a million and one zones", many, "more than 1000000 zones");
    assert_fault("a name of 255 bytes", longest, "before its trailer");
    assert_fault("a name of 256 bytes", longer, "expected a zone's name of at most 255 bytes, got 256");
    assert_fault("no name", nameless, "zone 1 has no name");
}

/* Nothing writes exporters yet; a file with some is read without them, wherever they are among the rows. */
static void exporters_are_skipped(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    g_autoptr(GByteArray) bytes = contents_write(&small), made = g_byte_array_new(), export = g_byte_array_new();
    fz_exporter *exporter = fz_exporter_new(FZ_VERSION_LATEST, forward, export);
    assert_true(fz_exporter_prelude(exporter, NULL));
    guint prelude = export->len;
    char from[] = "options record", times[] = "exact", directions[] = "in";
    fz_export_record record = {.domain = 1,
                               .version = 9,
                               .records = 3,
                               .sampling_from = {strlen(from), (uint8_t *)from},
                               .times = {strlen(times), (uint8_t *)times},
                               .directions = {strlen(directions), (uint8_t *)directions}};
    size_t texts = fz_text_encoded(from) + fz_text_encoded(times) + fz_text_encoded(directions);
    assert_true(fz_exporter_append(exporter, FZ_TID_EXPORT, &record, sizeof record, texts, NULL));
    assert_true(fz_exporter_flush(exporter, NULL));
    fz_exporter_free(exporter);
    for (unsigned part = TYPE_TEMPLATE; part <= TRAILER; part++) {
        if (part == FLOWS || part == TRAILER) {
            fz_write_u32(export->data + prelude + 8,
                         fz_read_u32(bytes->data + message_offset(bytes, part) + 8) + (part == TRAILER));
            g_byte_array_append(made, export->data + prelude, export->len - prelude);
        }
        guint at = made->len;
        append_message(made, bytes, part);
        fz_write_u32(made->data + at + 8, fz_read_u32(made->data + at + 8) + (part == FLOWS     ? 1
                                                                              : part == TRAILER ? 2
                                                                                                : 0));
    }
    seal(made);
    assert_reads_back(&small, made);
    contents_clear(&small);
}

/* With layers=all a frame may be in several records: their sum may be more, and never less. */
static void all_layers_may_count_a_frame_twice(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    small.run.layers = FZ_LAYERS_ALL;
    small.totals.counted.frames--;
    small.totals.not_ip.frames++;
    g_autoptr(GByteArray) more = contents_write(&small);
    assert_reads_back(&small, more);
    small.totals.counted.frames += 2;
    g_autoptr(GByteArray) less = contents_write(&small);
    assert_fault("fewer frames", less, "the totals count 8 frames in conversations, the records 7");
    contents_clear(&small);
}

static void unreadable_descriptor_is_told(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    assert_null(fz_reader_open(fd, "folder", &error));
    assert_true(g_error_matches(error, FZ_FLOWFILE_ERROR, FZ_FLOWFILE_ERROR_READ));
    assert_string_equal(error->message, "folder: at byte 0: cannot be read: Is a directory");
    close(fd);
}

static void full_disk_is_told(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    fz_zones zones = contents_zones(&small);
    GError *error = NULL;
    int fd = open("/dev/full", O_WRONLY);
    fz_sink *sink = fz_flowfile_open(fd, &small.run, &zones, &error);
    assert_non_null(sink);
    assert_false(fz_flowfile_finish(sink, &small.totals, &error));
    assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC));
    assert_string_equal(error->message, "cannot write the output: No space left on device");
    g_clear_error(&error);

    sink = fz_flowfile_open(fd, &small.run, &zones, &error);
    bool going = true;
    for (int i = 0; i < 100000 && going; i++)
        going = fz_flowfile_write(sink, FZ_ROW_FLOW, small.rows[FZ_ROW_FLOW]->data, 1, &error);
    assert_false(going);
    g_clear_error(&error);
    assert_true(fz_flowfile_finish(sink, NULL, NULL));
    close(fd);
    contents_clear(&small);
}

static void texts_that_no_reader_takes_are_refused(void **state)
{
    (void)state;
    contents small;
    contents_small(&small);
    fz_zones zones = contents_zones(&small);
    GError *error = NULL;
    g_autofree char *longest = g_strnfill(FZ_RUN_TEXT_MAX + 1, 'x');
    text_set(&small.run.filter, longest);
    assert_null(fz_flowfile_open(-1, &small.run, &zones, &error));
    assert_string_equal(error->message, "the display filter is 4096 bytes long; a flow file has room for 4095");
    g_clear_error(&error);
    text_set(&small.run.filter, "");
    text_set(&small.run.source, "caf\xe9.pcap");
    assert_null(fz_flowfile_open(-1, &small.run, &zones, &error));
    assert_string_equal(error->message, "the capture's name is not valid UTF-8");
    g_clear_error(&error);
    contents_clear(&small);
}

/* A gap or a misplaced field would not be noticed if both sides had it. */
static void templates_are_as_wide_as_the_records(void **state)
{
    (void)state;
    static const size_t sizes[] = {sizeof(fz_type_record),
                                   sizeof(fz_run_record),
                                   sizeof(fz_zone_record),
                                   sizeof(fz_zone_record),
                                   sizeof(fz_flow_record),
                                   sizeof(fz_flow_record),
                                   0, /* the trailer ends in a gap */
                                   sizeof(fz_minute_record),
                                   sizeof(fz_packet_record),
                                   sizeof(fz_packet_record),
                                   sizeof(fz_packet_record),
                                   sizeof(fz_export_record)};
    for (uint16_t tid = FZ_TID_TYPE; tid < FZ_TID_END; tid++) {
        if (tid == FZ_TID_TRAILER)
            continue;
        g_autoptr(GArray) fields = fz_template_in_memory(tid, NULL);
        size_t size = 0;
        for (guint i = 0; i < fields->len; i++) {
            uint16_t length = g_array_index(fields, fz_template_field, i).length;
            size += length == FB_IE_VARLEN ? sizeof(fbVarfield_t) : length;
        }
        assert_int_equal(size, sizes[tid - FZ_TID_TYPE]);
    }
}

/* FORMAT.md has a row for every element: of ours with its number, of the registry by its name. */
static void format_md_names_every_element(void **state)
{
    (void)state;
    g_autofree char *path = source_path("core/FORMAT.md"), *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (size_t i = 0; i < fz_version_elements(FZ_VERSION_LATEST); i++) {
        g_autofree char *row = g_strdup_printf("| %u | %s | ", fz_elements[i].number, fz_elements[i].name);
        if (!strstr(text, row))
            fail_msg("FORMAT.md has no row \"%s\"", row);
        if (!strstr(text, fz_elements[i].meaning))
            fail_msg("FORMAT.md does not say \"%s\"", fz_elements[i].meaning);
    }
    for (size_t i = 0; i < fz_field_count; i++) {
        const char *elements[] = {fz_fields[i].element, fz_fields[i].element6, fz_fields[i].element_us};
        for (size_t j = 0; j < G_N_ELEMENTS(elements); j++)
            if (elements[j] && !strstr(text, elements[j]))
                fail_msg("FORMAT.md does not name %s", elements[j]);
    }
}

static int no_log_messages(void **state)
{
    (void)state;
    return (int)log_messages;
}

static char *judge_flowfile(const char *bytes, size_t size)
{
    g_autoptr(GError) fault = bytes_fault((const guint8 *)bytes, size);
    return fault ? g_strdup(fault->message) : NULL;
}

static void every_bad_file_is_told_as_expected(void **state)
{
    (void)state;
    replay_bad_files("flowfiles", ".ipfix", 50, judge_flowfile);
}

int main(void)
{
    g_log_set_default_handler(log_count, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_golden_file),
        cmocka_unit_test(reads_the_golden_file_of_version_1),
        cmocka_unit_test(random_contents_come_back),
        cmocka_unit_test(empty_capture_comes_back),
        cmocka_unit_test(reads_from_a_pipe_that_drips),
        cmocka_unit_test(every_truncation_is_told),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(faults_under_a_good_checksum_are_told),
        cmocka_unit_test(messages_out_of_order_are_told),
        cmocka_unit_test(bytes_behind_the_trailer_are_told),
        cmocka_unit_test(other_files_are_told),
        cmocka_unit_test(second_run_is_told),
        cmocka_unit_test(zones_are_bounded),
        cmocka_unit_test(exporters_are_skipped),
        cmocka_unit_test(all_layers_may_count_a_frame_twice),
        cmocka_unit_test(unreadable_descriptor_is_told),
        cmocka_unit_test(full_disk_is_told),
        cmocka_unit_test(texts_that_no_reader_takes_are_refused),
        cmocka_unit_test(templates_are_as_wide_as_the_records),
        cmocka_unit_test(format_md_names_every_element),
        cmocka_unit_test(every_bad_file_is_told_as_expected),
    };
    return cmocka_run_group_tests_name("flowfile", tests, NULL, no_log_messages);
}
