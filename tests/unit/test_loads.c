/* The ledger for people: each capture, what is between them, and that the sums add up.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "loads.h"

#include "store_of_loads.h"

#include <stdlib.h>
#include <string.h>

static const fz_answer_manner people = {.utc = true, .utf8 = true, .width = 80};
static const fz_range from_the_day = {DAY_START_US, INT64_MAX};

static int64_t at(unsigned hour, unsigned minute)
{
    return DAY_START_US + hour * HOUR_US + minute * HOUR_US / 60;
}

static void expect(store_of_loads *loads, const fz_range *range, const fz_answer_manner *manner, const char *expected)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!loads->store->ops->look(loads->store, &error) || !fz_loads_print(loads->store, range, out, manner, &error))
        fail_msg("%s", error->message);
    loads->store->ops->rollback(loads->store);
    (void)fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

typedef struct day_capture {
    unsigned hour, minute; /* of its end */
    uint64_t counted, not_ip, unparsable;
} day_capture;

static void add_capture(store_of_loads *loads, const char *source, int64_t start_us, int64_t end_us,
                        const day_capture *counts)
{
    fz_run run;

    fz_run_init(&run);
    g_free(run.source);
    run.source = g_strdup(source);
    fz_load_row row = load_row(&run, start_us, end_us, counts->counted);
    row.totals.not_ip.frames = counts->not_ip;
    row.totals.unparsable.frames = counts->unparsable;
    add_load(loads, row);
    fz_run_clear(&run);
}

/* The day of the mock-up: files of a ring end some fraction of a second before the next one begins. */
static void add_day(store_of_loads *loads)
{
    static const day_capture day[] = {
        {2, 12, 8081, 68, 0},  {4, 5, 8409, 127, 1},  {6, 30, 8406, 110, 2}, {8, 11, 5200, 116, 1},
        {9, 42, 3783, 126, 0}, {11, 18, 9625, 68, 2}, {13, 10, 8277, 23, 2}, {15, 36, 12275, 103, 2},
        {17, 53, 7970, 23, 1}, {20, 0, 13289, 1, 0},  {22, 6, 9633, 120, 2}, {24, 0, 6044, 107, 6},
    };
    int64_t start_us = at(0, 0);

    for (size_t i = 0; i < G_N_ELEMENTS(day); i++) {
        int64_t end_us = at(day[i].hour, day[i].minute);
        g_autofree char *source = g_strdup_printf("fw1.%04zu", i + 1);

        add_capture(loads, source, start_us, end_us - 400000, &day[i]);
        start_us = i == 6 ? at(13, 38) : end_us + 100000;
    }
}

static void a_day_with_a_gap(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_answer_manner manner = people;

    (void)state;
    add_day(&loads);
    expect(&loads, &from_the_day, &manner,
           "    capture    from   to      frames  counted  not IP  unparsable\n"
           "    fw1.0001   00:00  02:12    8,149    8,081      68           0\n"
           "    fw1.0002   02:12  04:05    8,537    8,409     127           1\n"
           "    fw1.0003   04:05  06:30    8,518    8,406     110           2\n"
           "    fw1.0004   06:30  08:11    5,317    5,200     116           1\n"
           "    fw1.0005   08:11  09:42    3,909    3,783     126           0\n"
           "    fw1.0006   09:42  11:18    9,695    9,625      68           2\n"
           "    fw1.0007   11:18  13:10    8,302    8,277      23           2\n"
           "    ·········  13:10  13:38  no capture for 28 minutes\n"
           "    fw1.0008   13:38  15:36   12,380   12,275     103           2\n"
           "    fw1.0009   15:36  17:53    7,994    7,970      23           1\n"
           "    fw1.0010   17:53  20:00   13,290   13,289       1           0\n"
           "    fw1.0011   20:00  22:06    9,755    9,633     120           2\n"
           "    fw1.0012   22:06  24:00    6,157    6,044     107           6\n"
           "    sum                      102,003  100,992     992          19\n"
           "    100,992 + 992 + 19 = 102,003 frames\n");
    manner.utf8 = false;
    expect(&loads, &(fz_range){at(12, 0), at(14, 0)}, &manner,
           "    capture    from   to     frames  counted  not IP  unparsable\n"
           "    fw1.0007   11:18  13:10   8,302    8,277      23           2\n"
           "    .........  13:10  13:38  no capture for 28 minutes\n"
           "    fw1.0008   13:38  15:36  12,380   12,275     103           2\n"
           "    sum                      20,682   20,552     126           4\n"
           "    20,552 + 126 + 4 = 20,682 frames\n");
    store_of_loads_free(&loads);
}

static void run_sql(store_of_loads *loads, const char *sql)
{
    g_autoptr(GError) error = NULL;
    const fz_store_ops *ops = loads->store->ops;

    if (!ops->begin(loads->store, &error) || !ops->run(loads->store, sql, &error) || !ops->commit(loads->store, &error))
        fail_msg("%s", error->message);
}

/* Long names, two sensors that overlap, a capture that was cut short, one whose details are gone, one without a packet
 * of IP, an empty one, and a name that would turn the terminal red. */
static void add_odd_ones(store_of_loads *loads)
{
    const day_capture some = {.counted = 1000};

    add_capture(loads, "ring_00001_20261124000000.pcapng", at(0, 0), at(2, 0), &some);
    add_capture(loads, "ring_00002_20261124020000.pcapng", at(2, 0), at(4, 0), &some);
    add_capture(loads, "other\033[31m", at(1, 0), at(3, 0), &some);
    add_capture(loads, "arp", 0, 0, &(day_capture){.not_ip = 7});
    add_capture(loads, "empty", 0, 0, &(day_capture){0});
    add_capture(loads, "=twice", at(3, 30), at(4, 30), &some);
    run_sql(loads, "UPDATE fz_load SET sensor = CASE WHEN load_id = 3 THEN 'fw2' ELSE 'fw1' END");
    run_sql(loads, "UPDATE fz_load SET state = 'cut short' WHERE load_id = 1");
    run_sql(loads, "UPDATE fz_load SET dropped = 3, dropped_us = 1795500000000000 WHERE load_id = 2");
    run_sql(loads, "UPDATE fz_load SET first_frame_us = 1795496400000000 WHERE load_id = 4");
}

static void a_table_of_odd_captures(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_answer_manner manner = people;

    (void)state;
    add_odd_ones(&loads);
    expect(&loads, &from_the_day, &manner,
           "    capture             sensor  from   to     frames  not IP  state\n"
           "    ring_00001_202611…  fw1     00:00  02:00   1,000       0  cut short\n"
           "    other\\x1b[31m       fw2     01:00  03:00   1,000       0  overlaps\n"
           "    ring_00002_202611…  fw1     02:00  04:00   1,000       0  overlaps, details…\n"
           "    =twice              fw1     03:30  04:30   1,000       0  overlaps\n"
           "    ·········                   04:30  05:00  no capture for 30 minutes\n"
           "    arp                 fw1     05:00              7       7\n"
           "    sum                                        4,007       7\n"
           "    4,000 + 7 = 4,007 frames\n");
    manner.width = 200;
    expect(&loads, &FZ_RANGE_ALL, &manner,
           "    capture                           sensor  from   to     frames  counted  not IP  state\n"
           "    empty                             fw1                        0        0       0\n"
           "    ring_00001_20261124000000.pcapng  fw1     00:00  02:00   1,000    1,000       0  cut short\n"
           "    other\\x1b[31m                     fw2     01:00  03:00   1,000    1,000       0  overlaps\n"
           "    ring_00002_20261124020000.pcapng  fw1     02:00  04:00   1,000    1,000       0  "
           "overlaps, details dropped 2026-11-24\n"
           "    =twice                            fw1     03:30  04:30   1,000    1,000       0  overlaps\n"
           "    ·········                                 04:30  05:00  no capture for 30 minutes\n"
           "    arp                               fw1     05:00              7        0       7\n"
           "    sum                                                      4,007    4,000       7\n"
           "    4,000 + 7 = 4,007 frames\n");
    store_of_loads_free(&loads);
}

/* Captures of no sensor may be of any place. */
static void captures_of_no_sensor_do_not_overlap(void **state)
{
    store_of_loads loads = store_of_loads_new();
    const day_capture some = {.counted = 1000};

    (void)state;
    add_capture(&loads, "a", at(0, 0), at(2, 0), &some);
    add_capture(&loads, "b", at(1, 0), at(3, 0), &some);
    expect(&loads, &from_the_day, &people,
           "    capture  from   to     frames  counted\n"
           "    a        00:00  02:00   1,000    1,000\n"
           "    b        01:00  03:00   1,000    1,000\n"
           "    sum                     2,000    2,000\n");
    store_of_loads_free(&loads);
}

static void programs_get_the_whole_ledger(void **state)
{
    store_of_loads loads = store_of_loads_new();
    fz_answer_manner manner = {.format = FZ_ANSWER_CSV};

    (void)state;
    add_odd_ones(&loads);
    expect(&loads, &(fz_range){at(3, 10), INT64_MAX}, &manner,
           "source,sensor,location,start,end,frames,counted_frames,counted_bytes,not_ip_frames,not_ip_bytes,"
           "unparsable_frames,unparsable_bytes,filtered_frames,filtered_bytes,state,gap_before_us,overlaps,folder,"
           "first_frame,records,packets,minutes,capture_bytes,engine,flow_key,layers,octets,row_kinds,display_filter,"
           "dropped,dropping,dropped_at,loaded,program,load_id\n"
           "ring_00002_20261124020000.pcapng,fw1,,2026-11-24 02:00:00.000000,2026-11-24 04:00:00.000000,1000,1000,"
           "100000,0,0,0,0,0,0,complete,,,,2026-11-24 02:00:00.000000,0,0,,0,full,5tuple,outer,wire,flows,,3,0,"
           "2026-11-24 06:00:00.000000,,,2\n"
           "'=twice,fw1,,2026-11-24 03:30:00.000000,2026-11-24 04:30:00.000000,1000,1000,100000,0,0,0,0,0,0,complete,,"
           "fw1,,2026-11-24 03:30:00.000000,0,0,,0,full,5tuple,outer,wire,flows,,0,0,,,,6\n"
           "arp,fw1,,,,7,0,0,7,0,0,0,0,0,complete,1800000000,,,2026-11-24 05:00:00.000000,0,0,,0,full,5tuple,outer,"
           "wire,flows,,0,0,,,,4\n");
    manner.format = FZ_ANSWER_JSON;
    expect(&loads, &(fz_range){at(4, 40), INT64_MAX}, &manner,
           "{\"source\":\"arp\",\"sensor\":\"fw1\",\"location\":\"\",\"start\":null,\"end\":null,\"frames\":7,"
           "\"counted_frames\":0,\"counted_bytes\":0,\"not_ip_frames\":7,\"not_ip_bytes\":0,\"unparsable_frames\":0,"
           "\"unparsable_bytes\":0,\"filtered_frames\":0,\"filtered_bytes\":0,\"state\":\"complete\","
           "\"gap_before_us\":null,\"overlaps\":null,\"folder\":\"\",\"first_frame\":\"2026-11-24 05:00:00.000000\","
           "\"records\":0,\"packets\":0,\"minutes\":null,\"capture_bytes\":0,\"engine\":\"full\","
           "\"flow_key\":\"5tuple\",\"layers\":\"outer\",\"octets\":\"wire\",\"row_kinds\":\"flows\","
           "\"display_filter\":\"\",\"dropped\":0,\"dropping\":0,\"dropped_at\":null,\"loaded\":null,\"program\":\"\","
           "\"load_id\":4}\n");
    store_of_loads_free(&loads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_with_a_gap),
        cmocka_unit_test(a_table_of_odd_captures),
        cmocka_unit_test(captures_of_no_sensor_do_not_overlap),
        cmocka_unit_test(programs_get_the_whole_ledger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
