/* Answers: what people and programs get of them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_private.h"
#include "names_message_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const fz_answer_manner people = {.utc = true, .utf8 = true, .width = 80};

static const fz_answer_column top_columns[] = {
    {"client_zone", "client", FZ_CELL_TEXT},     {"server_zone", "server", FZ_CELL_TEXT},
    {"flows", "flows", FZ_CELL_COUNT},           {"packets", "packets", FZ_CELL_COUNT},
    {"bytes", "bytes", FZ_CELL_BYTES},           {"share", "%", FZ_CELL_SHARE},
    {"cumulative_share", "sum %", FZ_CELL_SHARE}};

/* Where an answer is printed. */
typedef struct sheet {
    char *text;
    size_t size;
    FILE *file;
} sheet;

static fz_answer *begin(sheet *paper, const fz_answer_manner *manner, const fz_answer_column *columns, size_t count,
                        bool ranks)
{
    paper->file = open_memstream(&paper->text, &paper->size);
    return fz_answer_begin(paper->file, manner, columns, count, ranks);
}

/* Ends the answer, compares, and frees. */
static void check(sheet *paper, fz_answer *answer, const char *expected)
{
    g_autoptr(GError) error = NULL;

    assert_true(fz_answer_end(answer, &error));
    assert_null(error);
    (void)fclose(paper->file);
    assert_string_equal(paper->text, expected);
    free(paper->text);
}

static void add_pair(fz_answer *answer, const char *client, const char *server, int64_t flows, int64_t packets,
                     int64_t bytes, int64_t share, int64_t sum)
{
    const fz_cell cells[] = {{.text = client},  {.text = server},  {.number = flows}, {.number = packets},
                             {.number = bytes}, {.number = share}, {.number = sum}};

    fz_answer_row(answer, cells);
}

/* The first cell of a row may be empty. */
static void empty_cells_are_cells(void **state)
{
    fz_answer_manner manner = people;
    sheet paper;

    (void)state;
    manner.format = FZ_ANSWER_CSV;
    fz_answer *answer = begin(&paper, &manner, top_columns, 3, false);
    fz_answer_row(answer, (const fz_cell[]){{.text = ""}, {.text = NULL}, {.unknown = true}});
    check(&paper, answer, "client_zone,server_zone,flows\n,,\n");
}

static void add_pairs(fz_answer *answer)
{
    const fz_cell rest[] = {{.text = "not shown"}, {.text = "not shown"}, {.number = 5660},   {.number = 45971},
                            {.number = 13006543},  {.number = 385000},    {.number = 1000000}};

    fz_answer_bars(answer, 4);
    add_pair(answer, "wifi", "(internet)", 535, 16059, 6260123, 185000, 185000);
    add_pair(answer, "office", "(internet)", 459, 8392, 4351000, 129000, 314000);
    add_pair(answer, "servers", "cloud", 104, 2696, 671400, 32000, 615000);
    add_pair(answer, "lab", "", 1, 1, 881, 0, 615000);
    fz_answer_other(answer, 89, rest);
}

static void a_table_is_as_people_read_it(void **state)
{
    sheet paper;
    fz_answer *answer = begin(&paper, &people, top_columns, G_N_ELEMENTS(top_columns), true);

    (void)state;
    add_pairs(answer);
    check(&paper, answer,
          "    client      server      flows  packets    bytes     %  sum %\n"
          "  1 wifi        (internet)    535   16,059  6.26 MB  18.5   18.5  ██████████████\n"
          "  2 office      (internet)    459    8,392  4.35 MB  12.9   31.4  █████████▊\n"
          "  3 servers     cloud         104    2,696   671 kB   3.2   61.5  █▌\n"
          "  4 lab                         1        1    881 B   0.0   61.5  ▏\n"
          "    other (89)              5,660   45,971  13.0 MB  38.5  100.0\n");
}

static void programs_get_integers_and_fixed_columns(void **state)
{
    fz_answer_manner manner = people;
    sheet paper;

    (void)state;
    manner.format = FZ_ANSWER_CSV;
    fz_answer *answer = begin(&paper, &manner, top_columns, G_N_ELEMENTS(top_columns), true);
    add_pairs(answer);
    check(&paper, answer,
          "rank,groups,client_zone,server_zone,flows,packets,bytes,share,cumulative_share\n"
          "1,1,wifi,(internet),535,16059,6260123,0.185000,0.185000\n"
          "2,1,office,(internet),459,8392,4351000,0.129000,0.314000\n"
          "3,1,servers,cloud,104,2696,671400,0.032000,0.615000\n"
          "4,1,lab,,1,1,881,0.000000,0.615000\n"
          "other,89,,,5660,45971,13006543,0.385000,1.000000\n");
    manner.format = FZ_ANSWER_JSON;
    answer = begin(&paper, &manner, top_columns, 3, true);
    add_pairs(answer);
    check(&paper, answer,
          "{\"rank\":1,\"groups\":1,\"client_zone\":\"wifi\",\"server_zone\":\"(internet)\",\"flows\":535}\n"
          "{\"rank\":2,\"groups\":1,\"client_zone\":\"office\",\"server_zone\":\"(internet)\",\"flows\":459}\n"
          "{\"rank\":3,\"groups\":1,\"client_zone\":\"servers\",\"server_zone\":\"cloud\",\"flows\":104}\n"
          "{\"rank\":4,\"groups\":1,\"client_zone\":\"lab\",\"server_zone\":\"\",\"flows\":1}\n"
          "{\"rank\":\"other\",\"groups\":89,\"client_zone\":null,\"server_zone\":null,\"flows\":5660}\n");
}

/* Units as people write them, at the places where the next one begins. */
static void numbers_have_three_digits_and_a_unit(void **state)
{
    static const struct {
        fz_cell_kind kind;
        int64_t number;
        const char *units, *exact;
    } numbers[] = {
        {FZ_CELL_BYTES, 0, "0 B", "0"},
        {FZ_CELL_BYTES, 999, "999 B", "999"},
        {FZ_CELL_BYTES, 1000, "1.00 kB", "1,000"},
        {FZ_CELL_BYTES, 1004, "1.00 kB", "1,004"},
        {FZ_CELL_BYTES, 1005, "1.01 kB", "1,005"},
        {FZ_CELL_BYTES, 9994, "9.99 kB", "9,994"},
        {FZ_CELL_BYTES, 9995, "10.0 kB", "9,995"},
        {FZ_CELL_BYTES, 99949, "99.9 kB", "99,949"},
        {FZ_CELL_BYTES, 99950, "100 kB", "99,950"},
        {FZ_CELL_BYTES, 999499, "999 kB", "999,499"},
        {FZ_CELL_BYTES, 999500, "1.00 MB", "999,500"},
        {FZ_CELL_BYTES, 6260123, "6.26 MB", "6,260,123"},
        {FZ_CELL_BYTES, INT64_C(999500000000000000), "1.00 EB", "999,500,000,000,000,000"},
        {FZ_CELL_BYTES, INT64_MAX, ">9.22 EB", ">9,223,372,036,854,775,807"},
        {FZ_CELL_BYTES, INT64_MIN, "-9.22 EB", "-9,223,372,036,854,775,808"},
        {FZ_CELL_BYTES, -1500, "-1.50 kB", "-1,500"},
        {FZ_CELL_RATE, 1200345, "1.20 Mb/s", "1,200,345"},
        {FZ_CELL_COUNT, 1234567, "1,234,567", "1,234,567"},
        {FZ_CELL_NUMBER, 65535, "65535", "65535"},
        {FZ_CELL_SHARE, 185049, "18.5", "18.5"},
        {FZ_CELL_SHARE, 185050, "18.5", "18.5"},
        {FZ_CELL_SHARE, 185500, "18.6", "18.6"},
        {FZ_CELL_SHARE, 1000000, "100.0", "100.0"},
        {FZ_CELL_SHARE, 1, "0.0", "0.0"},
        {FZ_CELL_RATIO, 733499, "0.733", "0.733"},
        {FZ_CELL_RATIO, -2000500, "-2.001", "-2.001"},
        {FZ_CELL_SPAN, 0, "0 µs", "0.000000 s"},
        {FZ_CELL_SPAN, 999, "999 µs", "0.000999 s"},
        {FZ_CELL_SPAN, 1000, "1.00 ms", "0.001000 s"},
        {FZ_CELL_SPAN, 9995, "10.0 ms", "0.009995 s"},
        {FZ_CELL_SPAN, 99949, "99.9 ms", "0.099949 s"},
        {FZ_CELL_SPAN, 120000, "0.120 s", "0.120000 s"},
        {FZ_CELL_SPAN, 999500, "1.00 s", "0.999500 s"},
        {FZ_CELL_SPAN, 9995000, "10.0 s", "9.995000 s"},
        {FZ_CELL_SPAN, 59949999, "59.9 s", "59.949999 s"},
        {FZ_CELL_SPAN, 59950000, "1 min", "59.950000 s"},
        {FZ_CELL_SPAN, 90000000, "1 min 30 s", "90.000000 s"},
        {FZ_CELL_SPAN, INT64_C(3599499999), "59 min 59 s", "3,599.499999 s"},
        {FZ_CELL_SPAN, INT64_C(3599500000), "1 h", "3,599.500000 s"},
        {FZ_CELL_SPAN, INT64_C(7980000000), "2 h 13 min", "7,980.000000 s"},
        {FZ_CELL_SPAN, INT64_C(86370000000), "1 d", "86,370.000000 s"},
        {FZ_CELL_SPAN, INT64_C(100800000000), "1 d 4 h", "100,800.000000 s"},
        {FZ_CELL_TIME, 0, "1970-01-01 00:00", "1970-01-01 00:00:00.000000"},
        {FZ_CELL_TIME, -1, "1969-12-31 23:59", "1969-12-31 23:59:59.999999"},
    };
    fz_answer_manner exact = people;

    (void)state;
    exact.exact = true;
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *units = fz_cell_print(&people, numbers[i].kind, numbers[i].number);
        g_autofree char *integer = fz_cell_print(&exact, numbers[i].kind, numbers[i].number);

        assert_string_equal(units, numbers[i].units);
        assert_string_equal(integer, numbers[i].exact);
    }
}

static const fz_answer_column flow_columns[] = {
    {"began", "began", FZ_CELL_TIME},     {"client", "client", FZ_CELL_TEXT}, {"server", "server", FZ_CELL_TEXT},
    {"service", "service", FZ_CELL_TEXT}, {"bytes", "bytes", FZ_CELL_BYTES},  {"share", "%", FZ_CELL_SHARE},
    {"community_id", NULL, FZ_CELL_TEXT}};

static void add_flow(fz_answer *answer, int64_t time_us, const char *client, const char *server, const char *service)
{
    fz_answer_row(answer, (const fz_cell[]){{.number = time_us},
                                            {.text = client},
                                            {.text = server},
                                            {.text = service},
                                            {.number = 4711},
                                            {.number = 500000},
                                            {.text = "1:abc"}});
}

/* 2026-11-24 22:48 UTC. */
#define EVENING_US INT64_C(1795560480000000)

static void ipv6_addresses_are_never_cut(void **state)
{
    static const char client[] = "2003:e1:bf3f:d300:f4a1:5c2b:93aa:1b02", server[] = "2a00:1450:4001:82f::200e";
    sheet paper;
    fz_answer *answer = begin(&paper, &people, flow_columns, 7, false);

    (void)state;
    add_flow(answer, EVENING_US, client, server, "https");
    add_flow(answer, EVENING_US + 60000000, "192.168.100.200", server, "tcp/32177");
    check(&paper, answer,
          "    began  client                                 server\n"
          "      service      bytes     %\n"
          "    22:48  2003:e1:bf3f:d300:f4a1:5c2b:93aa:1b02  2a00:1450:4001:82f::200e\n"
          "      https      4.71 kB  50.0\n"
          "    22:49  192.168.100.200                        2a00:1450:4001:82f::200e\n"
          "      tcp/32177  4.71 kB  50.0\n");
    answer = begin(&paper, &people, flow_columns, 7, true);
    add_flow(answer, EVENING_US, "2003:0e11:bf3f:d300:f4a1:5c2b:93aa:1b02", "2003:0e11:bf3f:d300:f4a1:5c2b:93aa:1b03",
             "https");
    check(&paper, answer,
          "    began  client\n"
          "      server                                   service    bytes     %\n"
          "  1 22:48  2003:0e11:bf3f:d300:f4a1:5c2b:93aa:1b02\n"
          "      2003:0e11:bf3f:d300:f4a1:5c2b:93aa:1b03  https    4.71 kB  50.0\n");
}

static void texts_are_shortened_before_anything_is_left_out(void **state)
{
    static const char name[] = "a name that is too long for a table of eighty columns, as names of hosts may be";
    sheet paper;
    fz_answer *answer = begin(&paper, &people, flow_columns, 7, false);

    (void)state;
    add_flow(answer, EVENING_US, name, name, "https");
    check(&paper, answer,
          "    began  client                 server                  service    bytes     %\n"
          "    22:48  a name that is too l…  a name that is too lo…  https    4.71 kB  50.0\n");
    fz_answer_manner manner = people;
    manner.width = 54;
    manner.utf8 = false;
    answer = begin(&paper, &manner, flow_columns, 7, false);
    add_flow(answer, EVENING_US, name, name, "https");
    check(&paper, answer,
          "    began  client                   server\n"
          "      service    bytes     %\n"
          "    22:48  a name that is too l...  a name that i...\n"
          "      https    4.71 kB  50.0\n");
}

/* Rows that programs read are lines, and have all columns. */
static void rows_are_whole_where_there_is_no_terminal(void **state)
{
    static const char name[] = "a name that is too long for a table of eighty columns, as names of hosts may be";
    fz_answer_manner manner = people;
    sheet paper;

    (void)state;
    manner.whole = true;
    fz_answer *answer = begin(&paper, &manner, flow_columns, 7, false);
    add_flow(answer, EVENING_US, name, name, "https");
    check(&paper, answer,
          "    began  client                                                                           server          "
          "   "
          "                                                              service    bytes     %\n"
          "    22:48  a name that is too long for a table of eighty columns, as names of hosts may be  a name that is "
          "too "
          "long for a table of eighty columns, as names of hosts may be  https    4.71 kB  50.0\n");
}

static void texts_of_any_bytes_are_harmless(void **state)
{
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): it is about one */
    static const char *const texts[] = {"\033]0;title\a", "\xe2\x80\xaegnp.exe", "caf\xe9",  "=1+1", "a,\"b\"\nc",
                                        "\u6771\u4eac",   "e\u0301\u0302",       "\x9b[31m", ""};
    fz_answer_manner manner = people;
    sheet paper;
    fz_answer *answer = begin(&paper, &people, &flow_columns[1], 1, true);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        fz_answer_row(answer, &(fz_cell){.text = texts[i]});
    check(&paper, answer,
          "    client\n"
          "  1 \\x1b]0;title\\x07\n"
          "  2 \\u{202e}gnp.exe\n"
          "  3 caf\\xe9\n"
          "  4 =1+1\n"
          "  5 a,\"b\"\\x0ac\n"
          "  6 東京\n"
          "  7 e\u0301\u0302\n"
          "  8 \\x9b[31m\n"
          "  9\n");
    for (manner.format = FZ_ANSWER_CSV; manner.format <= FZ_ANSWER_JSON; manner.format++) {
        answer = begin(&paper, &manner, &flow_columns[1], 1, false);
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
            fz_answer_row(answer, &(fz_cell){.text = texts[i]});
        check(&paper, answer,
              manner.format == FZ_ANSWER_CSV ? "client\n"
                                               "\\x1b]0;title\\x07\n"
                                               "\\xe2\\x80\\xaegnp.exe\n"
                                               "caf\\xe9\n"
                                               "'=1+1\n"
                                               "\"a,\"\"b\"\"\\x0ac\"\n"
                                               "東京\n"
                                               "e\u0301\u0302\n"
                                               "\\x9b[31m\n"
                                               "\n"
                                             : "{\"client\":\"\\u001b]0;title\\u0007\"}\n"
                                               "{\"client\":\"\\u202egnp.exe\"}\n"
                                               "{\"client\":\"caf\ufffd\"}\n"
                                               "{\"client\":\"=1+1\"}\n"
                                               "{\"client\":\"a,\\\"b\\\"\\u000ac\"}\n"
                                               "{\"client\":\"東京\"}\n"
                                               "{\"client\":\"e\u0301\u0302\"}\n"
                                               "{\"client\":\"\ufffd[31m\"}\n"
                                               "{\"client\":\"\"}\n");
    }
}

static void times_have_as_much_date_as_they_need(void **state)
{
    static const fz_answer_column column[] = {{"began", "began", FZ_CELL_TIME}};
    static const struct {
        int64_t later_us;
        bool utc;
        const char *expected;
    } pairs[] = {
        {60, true,
         "    began\n"
         "    22:48\n"
         "    22:49\n"
         "\n"},
        {INT64_C(72) * 60, true,
         "    began\n"
         "    22:48\n"
         "    24:00\n"
         "\n"},
        {INT64_C(72) * 60 + 1, true,
         "    began\n"
         "    11-24 22:48\n"
         "    11-25 00:00\n"
         "\n"},
        {INT64_C(86400) * 50, true,
         "    began\n"
         "    2026-11-24 22:48\n"
         "    2027-01-13 22:48\n"
         "\n"},
        {60, false,
         "    began +01:00\n"
         "    23:48\n"
         "    23:49\n"
         "\n"},
        {INT64_C(-86400) * 40, false,
         "    began\n"
         "    11-24 23:48+01:00\n"
         "    10-16 00:48+02:00\n"
         "\n"},
    };
    fz_answer_manner manner = people;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        sheet paper;
        manner.utc = pairs[i].utc;
        fz_answer *answer = begin(&paper, &manner, column, 1, false);

        fz_answer_row(answer, &(fz_cell){.number = EVENING_US});
        fz_answer_row(answer, &(fz_cell){.number = EVENING_US + pairs[i].later_us * G_USEC_PER_SEC});
        fz_answer_row(answer, &(fz_cell){.unknown = true});
        check(&paper, answer, pairs[i].expected);
    }
}

static void colours_are_where_the_terminal_has_them(void **state)
{
    fz_answer_manner manner = people;
    sheet paper;

    (void)state;
    manner.colour = true;
    fz_answer *answer = begin(&paper, &manner, &top_columns[1], 4, true);
    fz_answer_bars(answer, 3);
    fz_answer_row(answer, (const fz_cell[]){{.text = "wifi"}, {.number = 1}, {.number = 2}, {.number = 3}});
    fz_answer_other(answer, 2, (const fz_cell[]){{.text = "x"}, {.number = 1}, {.number = 2}, {.number = 3}});
    check(
        &paper, answer,
        "    \033[2mserver\033[0m     \033[2mflows\033[0m  \033[2mpackets\033[0m  \033[2mbytes\033[0m\n"
        "  1 \033[1mwifi\033[0m           1        2    3 B  \033[34m████████████████████████████████████████\033[0m\n"
        "    other (2)      1        2    3 B\n");
}

static void lines_and_remarks_have_no_rank(void **state)
{
    sheet paper;
    fz_answer *answer = begin(&paper, &people, &top_columns[1], 4, true);

    (void)state;
    for (int i = 0; i < 1000; i++)
        if (i == 0 || i == 999)
            fz_answer_row(answer, (const fz_cell[]){{.text = "x"}, {.number = i}, {.number = 2}, {.unknown = true}});
    fz_answer_line(answer, (const fz_cell[]){{.text = "sum"}, {.number = 999}, {.number = 4}, {.number = 5}});
    fz_answer_remark(answer, (const fz_cell[]){{.text = "gap"}}, 1, "a remark over all other columns");
    fz_answer_remark(answer, NULL, 0, "1 + 1 = 2 \033");
    fz_answer_hide(answer, 2);
    check(&paper, answer,
          "    server  flows  bytes\n"
          "  1 x           0\n"
          "  2 x         999\n"
          "    sum       999    5 B\n"
          "    gap     a remark over all other columns\n"
          "    1 + 1 = 2 \\x1b\n");
}

/* A disk that is full, and a reader that has gone. */
static void output_that_cannot_be_written_is_told(void **state)
{
    static const char *const texts = "some text that fills a buffer soon";
    fz_answer_manner manner = people;

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        const int rows = i < 3 ? 10000 : 1; /* one is told of at the end */
        g_autoptr(GError) error = NULL;
        FILE *full = fopen("/dev/full", "we");
        manner.format = (fz_answer_format)(i % 3);
        fz_answer *answer = fz_answer_begin(full, &manner, &flow_columns[1], 1, false);

        for (int row = 0; row < rows; row++)
            fz_answer_row(answer, &(fz_cell){.text = texts});
        assert_int_equal(fz_answer_failed(answer), manner.format != FZ_ANSWER_TABLE && rows > 1);
        assert_false(fz_answer_end(answer, &error));
        assert_true(g_error_matches(error, FZ_ANSWER_ERROR, FZ_ANSWER_ERROR_WRITE));
        assert_string_equal(error->message, "cannot write the output: No space left on device");
        (void)fclose(full);
    }
}

/* Addresses are named n0, n1 ... in the order in which they are asked for; `long_name` is the second's. The other end
 * of the channel has answered before it is asked. */
static fz_answer_names *name_all(int ends[2], const char *long_name)
{
    g_autofree fz_names_answer *sent = g_new0(fz_names_answer, 1);

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    for (unsigned i = 0; i < FZ_NAMES_AT_ONCE; i++) {
        sent->told[i] = (fz_names_told){.asked_s = 1795560480, .status = FZ_NAME_KNOWN};
        g_snprintf(sent->told[i].name, sizeof sent->told[i].name, "n%u.example", i);
    }
    if (long_name)
        g_strlcpy(sent->told[1].name, long_name, sizeof sent->told[1].name);
    assert_int_equal(write(ends[1], sent, sizeof *sent), sizeof *sent);
    return fz_answer_names_new(ends[0]);
}

static const fz_answer_column named_columns[] = {{"client", "client", FZ_CELL_ADDR},
                                                 {"bytes", "bytes", FZ_CELL_BYTES},
                                                 {"server", "server", FZ_CELL_ADDR},
                                                 {"service", NULL, FZ_CELL_TEXT}};

static void add_named(fz_answer *answer, const char *client, const char *server)
{
    fz_answer_row(answer, (const fz_cell[]){{.text = client}, {.number = 7}, {.text = server}, {.text = "192.0.2.9"}});
}

static void names_stand_for_addresses_where_they_fit(void **state)
{
    static const char too_long[] = "a-name-that-is-longer-than-half-of-a-table-of-eighty-columns.example";
    fz_answer_manner manner = people;
    sheet paper;
    int ends[2];

    (void)state;
    manner.names = name_all(ends, too_long);
    fz_answer *answer = begin(&paper, &manner, named_columns, 4, false);
    add_named(answer, "192.0.2.1", "2001:db8::1");
    add_named(answer, "192.0.2.2", "3 servers");
    add_named(answer, "192.0.2.1", "192.0.2.300");
    const fz_cell rest[4] = {{.unknown = true}, {.number = 9}, {.unknown = true}, {.unknown = true}};
    fz_answer_other(answer, 3, rest);
    check(&paper, answer,
          "    client      bytes  server\n"
          "    n0.example    7 B  2001:db8::1\n"
          "    n2.example    7 B  3 servers\n"
          "    n0.example    7 B  192.0.2.300\n"
          "    other (3)     9 B\n");
    /* Of a second table nobody is asked. */
    answer = begin(&paper, &manner, named_columns, 4, false);
    add_named(answer, "192.0.2.2", "192.0.2.4");
    check(&paper, answer,
          "    client      bytes  server\n"
          "    n2.example    7 B  192.0.2.4\n");
    fz_answer_names_free(manner.names);
    close(ends[0]);
    close(ends[1]);
}

static void names_have_columns_of_their_own_for_programs(void **state)
{
    fz_answer_manner manner = {.format = FZ_ANSWER_CSV};
    sheet paper;
    int ends[2];

    (void)state;
    manner.names = name_all(ends, NULL);
    fz_answer *answer = begin(&paper, &manner, named_columns, 4, true);
    add_named(answer, "192.0.2.1", "2001:db8::1");
    add_named(answer, "192.0.2.1", NULL);
    const fz_cell rest[4] = {{.text = "192.0.2.1"}, {.number = 9}, {.unknown = true}, {.unknown = true}};
    fz_answer_other(answer, 3, rest);
    check(&paper, answer,
          "rank,groups,client,bytes,server,service,client_name,server_name\n"
          "1,1,192.0.2.1,7,2001:db8::1,192.0.2.9,n0.example,n1.example\n"
          "2,1,192.0.2.1,7,,192.0.2.9,n0.example,\n"
          "other,3,,9,,,,\n");
    manner.format = FZ_ANSWER_JSON;
    answer = begin(&paper, &manner, named_columns, 4, false);
    add_named(answer, "192.0.2.1", "192.0.2.5");
    check(&paper, answer,
          "{\"client\":\"192.0.2.1\",\"bytes\":7,\"server\":\"192.0.2.5\",\"service\":\"192.0.2.9\","
          "\"client_name\":\"n0.example\",\"server_name\":null}\n");
    fz_answer_names_free(manner.names);
    close(ends[0]);
    close(ends[1]);
}

/* An answer that is given up prints none of its rows. */
static void rows_that_wait_are_not_printed_before_their_names(void **state)
{
    static const char line[] =
        "{\"client\":\"192.0.2.1\",\"bytes\":7,\"server\":\"192.0.2.2\","
        "\"service\":\"192.0.2.9\",\"client_name\":\"n0.example\",\"server_name\":\"n1.example\"}\n";
    fz_answer_manner manner = {.format = FZ_ANSWER_JSON};
    sheet paper;
    int ends[2];

    (void)state;
    manner.names = name_all(ends, NULL);
    fz_answer *answer = begin(&paper, &manner, named_columns, 4, false);
    for (unsigned i = 0; i < FZ_ANSWER_WAITING - 1; i++)
        add_named(answer, "192.0.2.1", "192.0.2.2");
    (void)fflush(paper.file);
    assert_int_equal(paper.size, 0);
    add_named(answer, "192.0.2.1", "192.0.2.2");
    (void)fflush(paper.file);
    assert_int_equal(paper.size, strlen(line) * FZ_ANSWER_WAITING);
    fz_answer_abandon(answer);
    (void)fclose(paper.file);
    free(paper.text);
    fz_answer_names_free(manner.names);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_as_people_read_it),
        cmocka_unit_test(programs_get_integers_and_fixed_columns),
        cmocka_unit_test(empty_cells_are_cells),
        cmocka_unit_test(numbers_have_three_digits_and_a_unit),
        cmocka_unit_test(ipv6_addresses_are_never_cut),
        cmocka_unit_test(texts_are_shortened_before_anything_is_left_out),
        cmocka_unit_test(texts_of_any_bytes_are_harmless),
        cmocka_unit_test(times_have_as_much_date_as_they_need),
        cmocka_unit_test(colours_are_where_the_terminal_has_them),
        cmocka_unit_test(lines_and_remarks_have_no_rank),
        cmocka_unit_test(output_that_cannot_be_written_is_told),
        cmocka_unit_test(names_stand_for_addresses_where_they_fit),
        cmocka_unit_test(rows_are_whole_where_there_is_no_terminal),
        cmocka_unit_test(names_have_columns_of_their_own_for_programs),
        cmocka_unit_test(rows_that_wait_are_not_printed_before_their_names),
    };

    g_setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", TRUE);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
