/* Answers of name servers, honest and otherwise.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ptr_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NS = 2, CNAME = 5, SOA = 6, PTR = 12, TXT = 16 };
enum { ANSWER = 0x8180, NO_SUCH_NAME = 0x8183 };

#define QUESTION "1.2.0.192.in-addr.arpa"

static void add16(GByteArray *to, unsigned number)
{
    const uint8_t bytes[] = {(uint8_t)(number >> 8), (uint8_t)number};
    g_byte_array_append(to, bytes, sizeof bytes);
}
static void add32(GByteArray *to, uint32_t number)
{
    add16(to, number >> 16);
    add16(to, number & 0xffff);
}

/* Labels between dots; a name that begins with "!" is bytes as they are. */
static void add_name(GByteArray *to, const char *name)
{
    g_auto(GStrv) labels = g_strsplit(name, ".", 0);

    if (*name == '!') {
        g_byte_array_append(to, (const uint8_t *)name + 1, (guint)strlen(name + 1));
        return;
    }
    for (char **label = labels; *label && **label; label++) {
        const uint8_t length = (uint8_t)strlen(*label);
        g_byte_array_append(to, &length, 1);
        g_byte_array_append(to, (const uint8_t *)*label, length);
    }
    g_byte_array_append(to, (const uint8_t *)"", 1);
}

static GByteArray *begin(unsigned flags, const char *question, unsigned answers, unsigned authority)
{
    GByteArray *made = g_byte_array_new();
    const unsigned head[] = {0x1234, flags, 1, answers, authority, 0};

    for (size_t i = 0; i < G_N_ELEMENTS(head); i++)
        add16(made, head[i]);
    add_name(made, question);
    add16(made, PTR);
    add16(made, FZ_DNS_CLASS_IN);
    return made;
}

static void add_record(GByteArray *to, const char *owner, unsigned type, uint32_t ttl_s, const char *data)
{
    add_name(to, owner);
    add16(to, type);
    add16(to, FZ_DNS_CLASS_IN);
    add32(to, ttl_s);
    const guint at = to->len;
    add16(to, 0);
    add_name(to, data);
    const unsigned size = to->len - at - 2;
    to->data[at] = (uint8_t)(size >> 8);
    to->data[at + 1] = (uint8_t)size;
}

/* Adds zeros to the data of the last record, which has that size. */
static void stretch(GByteArray *made, guint size, guint more)
{
    const guint at = made->len - size - 1;
    g_byte_array_append(made, (const uint8_t[4]){0}, more);
    made->data[at] = (uint8_t)(size + more);
}

static void add_soa(GByteArray *to, uint32_t ttl_s, uint32_t minimum_s)
{
    add_name(to, "2.0.192.in-addr.arpa");
    add16(to, SOA);
    add16(to, FZ_DNS_CLASS_IN);
    add32(to, ttl_s);
    add16(to, 1 + 1 + 20);
    add16(to, 0); /* two names of the root */
    for (int i = 0; i < 4; i++)
        add32(to, 7);
    add32(to, minimum_s);
}

/* What is made of it, in memory of exactly its size; frees it. */
static fz_ptr_answer read_it(GByteArray *made)
{
    fz_ptr_answer answer;
    fz_addr addr;
    const gsize size = made->len;
    g_autofree uint8_t *bytes = g_byte_array_free(made, FALSE);
    g_autofree uint8_t *exact = g_memdup2(bytes, size);

    assert_true(fz_addr_parse("192.0.2.1", &addr));
    fz_ptr_answer_read(&addr, exact, size, &answer);
    return answer;
}

static void expect_name(GByteArray *made, const char *name, uint32_t keep_s)
{
    const fz_ptr_answer answer = read_it(made);
    assert_int_equal(answer.status, FZ_NAME_KNOWN);
    assert_string_equal(answer.name, name);
    assert_int_equal(answer.keep_s, keep_s);
}
static void expect_none(GByteArray *made, uint32_t keep_s)
{
    const fz_ptr_answer answer = read_it(made);
    assert_int_equal(answer.status, FZ_NAME_NONE);
    assert_string_equal(answer.name, "");
    assert_int_equal(answer.keep_s, keep_s);
}
static void expect_failed(GByteArray *made, bool again)
{
    const fz_ptr_answer answer = read_it(made);
    assert_int_equal(answer.status, FZ_NAME_FAILED);
    assert_string_equal(answer.name, "");
    assert_int_equal(answer.again, again);
    assert_int_equal(answer.cut, !again);
    assert_int_equal(answer.keep_s, 300);
}

static void questions_are_reverse_names(void **state)
{
    char question[FZ_PTR_QUESTION_SIZE];
    fz_addr addr;
    (void)state;
    assert_true(fz_addr_parse("192.0.2.1", &addr));
    assert_string_equal(fz_ptr_question(&addr, question), QUESTION);
    assert_true(fz_addr_parse("2001:db8::567:89ab", &addr)); /* RFC 3596 section 2.5 has one like it */
    assert_string_equal(fz_ptr_question(&addr, question),
                        "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

static void a_name_is_kept_as_long_as_it_says_within_bounds(void **state)
{
    static const uint32_t kept[][2] = {{3600, 3600},     {0, 300},         {299, 300},
                                       {604800, 604800}, {604801, 604800}, {0x7fffffff, 604800},
                                       {0x80000000, 300}};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        GByteArray *made = begin(ANSWER, QUESTION, 1, 0);
        add_record(made, QUESTION, PTR, kept[i][0], "Host.Example.COM");
        expect_name(made, "host.example.com", kept[i][1]);
    }
}

static void of_several_names_it_is_the_smallest(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER, QUESTION, 4, 0);
    add_record(made, QUESTION, PTR, 900, "b.example");
    add_record(made, QUESTION, PTR, 800, "A.example");
    add_record(made, QUESTION, PTR, 700, "<script>.example");
    add_record(made, QUESTION, PTR, 600, "c.example");
    expect_name(made, "a.example", 600);
}

static void compressed_names_are_followed_backwards(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER, QUESTION, 1, 0);
    add_record(made, "!\xc0\x0c", PTR, 3600, "!\x04host\xc0\x12"); /* to "192.in-addr.arpa" in the question */
    expect_name(made, "host.192.in-addr.arpa", 3600);
}

static void loops_of_names_end(void **state)
{
    static const char *const loops[] = {"!\xc0\x34", "!\001a\xc0\x34", "!\xc0\x36", "!\xff\xff",
                                        "!\x40",     "!\xc0",          "!\x80\x0c"};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(loops); i++) {
        GByteArray *made = begin(ANSWER, QUESTION, 1, 0);
        add_record(made, "!\xc0\x0c", PTR, 3600, loops[i]);
        expect_failed(made, true);
    }
}

static void aliases_are_followed(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER, QUESTION, 3, 0); /* RFC 2317, the records in another order */
    add_record(made, "1.0-63.2.0.192.in-addr.arpa", PTR, 7200, "host.example");
    add_record(made, QUESTION, CNAME, 3600, "1.0-63.2.0.192.in-addr.arpa");
    add_record(made, "2.0-63.2.0.192.in-addr.arpa", PTR, 60, "a.example");
    expect_name(made, "host.example", 3600);
}

static void aliases_that_never_end_are_no_answer(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER, QUESTION, 1, 0);
    add_record(made, QUESTION, CNAME, 3600, QUESTION);
    expect_failed(made, true);
    made = begin(ANSWER, QUESTION, 20, 0);
    add_record(made, QUESTION, CNAME, 3600, "c0.example");
    for (int i = 0; i < 19; i++) {
        g_autofree char *from = g_strdup_printf("c%d.example", i), *to = g_strdup_printf("c%d.example", i + 1);
        add_record(made, from, CNAME, 3600, to);
    }
    expect_failed(made, true);
}

static void names_of_others_are_not_taken(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER, QUESTION, 2, 1);
    add_record(made, "2.2.0.192.in-addr.arpa", PTR, 3600, "other.example");
    add_record(made, QUESTION, TXT, 3600, "text.example");
    add_soa(made, 7200, 7200);
    expect_none(made, 7200);
}

static void that_there_is_no_name_is_kept_as_the_zone_says(void **state)
{
    static const uint32_t kept[][3] = {{7200, 9000, 7200}, {9000, 7200, 7200}, {1, 1, 3600}, {999999, 999999, 86400}};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        GByteArray *made = begin(NO_SUCH_NAME, QUESTION, 0, 1);
        add_soa(made, kept[i][0], kept[i][1]);
        expect_none(made, kept[i][2]);
        made = begin(ANSWER, QUESTION, 0, 1);
        add_soa(made, kept[i][0], kept[i][1]);
        expect_none(made, kept[i][2]);
    }
    expect_none(begin(NO_SUCH_NAME, QUESTION, 0, 0), 3600);
}

static void names_that_are_not_shown_are_none(void **state)
{
    static const char *const names[] = {
        "\033[31mred.example",
        "<script>alert(1)</script>",
        "a b.example",
        "192.0.2.7",
        "=cmd|x.example",
        "!\003a.b\002de",
        "-x.example",
        "b\303\274cher.example",
        "",
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        GByteArray *made = begin(ANSWER, QUESTION, 1, 0);
        if (*names[i] == '!') {
            add_record(made, QUESTION, PTR, 7200, "!\003a.b\002de");
            stretch(made, 7, 1); /* the root's label */
        } else {
            add_record(made, QUESTION, PTR, 7200, names[i]);
        }
        expect_none(made, 7200);
    }
    GByteArray *made = begin(ANSWER, QUESTION, 1, 0); /* a byte 0 within a label */
    add_record(made, QUESTION, PTR, 7200, "aXb.example");
    ((char *)memmem(made->data, made->len, "aXb", 3))[1] = '\0';
    expect_none(made, 7200);
}

static void a_server_that_cannot_say_is_not_the_last(void **state)
{
    static const unsigned flags[] = {0x8181, 0x8182, 0x8184, 0x8185, 0x818f, 0x0180 /* a question */,
                                     0xa180 /* a status */};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        GByteArray *made = begin(flags[i], QUESTION, 1, 0);
        add_record(made, QUESTION, PTR, 3600, "host.example");
        expect_failed(made, true);
    }
    GByteArray *made = begin(ANSWER, QUESTION, 0, 1); /* sends us to another server */
    add_record(made, "in-addr.arpa", NS, 3600, "ns.example");
    expect_failed(made, true);
}

static void what_was_cut_is_no_answer_by_udp_anywhere(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER | 0x0200, QUESTION, 1, 0);
    add_record(made, QUESTION, PTR, 3600, "host.example");
    expect_failed(made, false);
}

static void another_question_has_another_answer(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER, "2.2.0.192.in-addr.arpa", 1, 0);
    add_record(made, "2.2.0.192.in-addr.arpa", PTR, 3600, "host.example");
    expect_failed(made, true);
    made = begin(ANSWER, QUESTION, 1, 0);
    add_record(made, QUESTION, PTR, 3600, "host.example");
    made->data[5] = 2; /* two questions */
    expect_failed(made, true);
}

static void an_answer_that_ends_early_is_none(void **state)
{
    (void)state;
    GByteArray *whole = begin(ANSWER, QUESTION, 1, 1);
    add_record(whole, QUESTION, PTR, 3600, "host.example");
    const guint with_name = whole->len;
    add_soa(whole, 7200, 7200);
    for (guint size = 0; size < whole->len; size++) {
        GByteArray *part = g_byte_array_new();
        g_byte_array_append(part, whole->data, size);
        if (size < with_name)
            expect_failed(part, true);
        else
            expect_name(part, "host.example", 3600);
    }
    g_byte_array_unref(whole);
}

static void data_that_is_more_than_a_name_is_none(void **state)
{
    (void)state;
    GByteArray *made = begin(ANSWER, QUESTION, 1, 0);
    add_record(made, QUESTION, PTR, 3600,
               "!\001a"
               "\x07"
               "example");
    stretch(made, 10, 2); /* the root's label, and one more byte */
    expect_failed(made, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_reverse_names),
        cmocka_unit_test(a_name_is_kept_as_long_as_it_says_within_bounds),
        cmocka_unit_test(of_several_names_it_is_the_smallest),
        cmocka_unit_test(compressed_names_are_followed_backwards),
        cmocka_unit_test(loops_of_names_end),
        cmocka_unit_test(aliases_are_followed),
        cmocka_unit_test(aliases_that_never_end_are_no_answer),
        cmocka_unit_test(names_of_others_are_not_taken),
        cmocka_unit_test(that_there_is_no_name_is_kept_as_the_zone_says),
        cmocka_unit_test(names_that_are_not_shown_are_none),
        cmocka_unit_test(a_server_that_cannot_say_is_not_the_last),
        cmocka_unit_test(what_was_cut_is_no_answer_by_udp_anywhere),
        cmocka_unit_test(another_question_has_another_answer),
        cmocka_unit_test(an_answer_that_ends_early_is_none),
        cmocka_unit_test(data_that_is_more_than_a_name_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
