/* What two processes tell each other of names, where one of them lies.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "namer.h"
#include "names_message_private.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ASKED = 130, LATER_S = 1795752893 };

static fz_addr addrs[ASKED];

static int make_addrs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ASKED; i++) {
        g_autofree char *text = g_strdup_printf("10.0.0.%u", i);
        if (!fz_addr_parse(text, &addrs[i]))
            return -1;
    }
    return 0;
}

/* Answers questions with `lie` for each address, and ends after `answers` of them. */
static pid_t start_liar(int channel, const fz_names_told *lie, unsigned answers, size_t size)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    g_autofree fz_names_answer *sent = g_new0(fz_names_answer, 1);
    fz_names_question question;
    do
        if (read(channel, &question, sizeof question) != (ssize_t)sizeof question)
            _exit(1);
    while (question.more);
    for (size_t i = 0; i < FZ_NAMES_AT_ONCE; i++)
        sent->told[i] = *lie;
    while (answers-- > 0)
        if (write(channel, sent, size) != (ssize_t)size)
            _exit(2);
    _exit(0);
}

static fz_names *ask_liar(const fz_names_told *lie, unsigned answers, size_t size)
{
    int ends[2], status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    pid_t liar = start_liar(ends[1], lie, answers, size);
    close(ends[1]);
    fz_names *names = fz_names_ask(ends[0], addrs, ASKED);
    close(ends[0]);
    assert_int_equal(waitpid(liar, &status, 0), liar);
    assert_int_equal(status, 0);
    return names;
}

static void names_that_are_told_are_found(void **state)
{
    const fz_names_told told = {.asked_s = LATER_S, .status = FZ_NAME_KNOWN, .name = "host.example"};
    fz_addr other;
    (void)state;
    g_autoptr(fz_names) names = ask_liar(&told, 3, sizeof(fz_names_answer));
    for (size_t i = 0; i < ASKED; i++)
        assert_string_equal(fz_names_find(names, &addrs[i]), "host.example");
    assert_null(fz_names_show(names, &addrs[0], FZ_HOST_NAME_SIZE)); /* all have the same */
    assert_true(fz_addr_parse("10.0.1.1", &other));
    assert_null(fz_names_find(names, &other));
    g_autofree char *line = fz_names_line(names, true);
    assert_string_equal(line, "130 of 130 names, looked up since 2026-11-27 04:14 UTC, not at the time of the traffic");
}

static void an_answer_that_breaks_off_is_one_as_far_as_it_goes(void **state)
{
    const fz_names_told told = {.asked_s = LATER_S, .status = FZ_NAME_KNOWN, .name = "host.example"};
    (void)state;
    g_autoptr(fz_names) names = ask_liar(&told, 1, sizeof(fz_names_answer));
    assert_non_null(fz_names_find(names, &addrs[FZ_NAMES_AT_ONCE - 1]));
    assert_null(fz_names_find(names, &addrs[FZ_NAMES_AT_ONCE]));
    g_autofree char *line = fz_names_line(names, true);
    assert_non_null(strstr(line, "64 of 130 names, "));
    assert_non_null(strstr(line, "; 66 not answered"));
    g_autoptr(fz_names) shorter = ask_liar(&told, 1, sizeof(fz_names_answer) - 1);
    assert_null(fz_names_find(shorter, &addrs[0]));
    g_autoptr(fz_names) none = ask_liar(&told, 0, 0);
    assert_null(fz_names_find(none, &addrs[0]));
}

static void lies_of_the_one_that_tells_are_not_shown(void **state)
{
    fz_names_told lies[] = {
        {LATER_S, FZ_NAME_KNOWN, ""},
        {LATER_S, FZ_NAME_KNOWN, "\033[2J.example"},
        {LATER_S, FZ_NAME_KNOWN, "Host.example"},
        {LATER_S, FZ_NAME_KNOWN, "192.0.2.1"},
        {LATER_S, FZ_NAME_KNOWN, "<script>.example"},
        {LATER_S, FZ_NAME_NONE, "host.example"},
        {LATER_S, FZ_NAME_STATUSES, ""},
        {LATER_S, UINT32_MAX, "host.example"},
        {-1, FZ_NAME_KNOWN, "host.example"},
        {INT64_MAX, FZ_NAME_KNOWN, "host.example"},
        {LATER_S, FZ_NAME_KNOWN, ""},
    };
    (void)state;
    memset(lies[G_N_ELEMENTS(lies) - 1].name, 'a', FZ_HOST_NAME_SIZE); /* it has no end */
    for (size_t i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_autoptr(fz_names) names = ask_liar(&lies[i], 3, sizeof(fz_names_answer));
        g_autofree char *line = fz_names_line(names, true);
        assert_null(fz_names_find(names, &addrs[0]));
        assert_string_equal(line, "0 of 130 names; 130 not answered");
    }
}

static void without_a_channel_there_are_no_names(void **state)
{
    (void)state;
    assert_null(fz_names_ask(-1, addrs, ASKED));
    assert_null(fz_names_find(NULL, &addrs[0]));
    assert_null(fz_names_line(NULL, false));
    fz_names_free(NULL);
}

static void addresses_are_asked_once_and_not_too_many(void **state)
{
    const fz_names_told told = {.status = FZ_NAME_LOCAL};
    g_autofree fz_addr *many = g_new0(fz_addr, 3000);
    int ends[2], status;
    (void)state;
    for (unsigned i = 0; i < 3000; i++)
        many[i] = (fz_addr){.family = FZ_IPV4, .bytes = {10, 1, (uint8_t)(i / 2 / 256), (uint8_t)(i / 2)}};
    many[7].bytes[15] = 1; /* no address */
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    pid_t liar = start_liar(ends[1], &told, FZ_NAMES_MOST / FZ_NAMES_AT_ONCE, sizeof(fz_names_answer));
    close(ends[1]);
    g_autoptr(fz_names) names = fz_names_ask(ends[0], many, 3000);
    assert_int_equal(waitpid(liar, &status, 0), liar);
    assert_int_equal(status, 0);
    close(ends[0]);
    const fz_addr few[] = {addrs[0], addrs[1], addrs[0], addrs[1], addrs[0]};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    liar = start_liar(ends[1], &told, 1, sizeof(fz_names_answer));
    close(ends[1]);
    g_autoptr(fz_names) two = fz_names_ask(ends[0], few, G_N_ELEMENTS(few));
    assert_int_equal(waitpid(liar, &status, 0), liar);
    close(ends[0]);
    g_autofree char *short_line = fz_names_line(two, false);
    assert_string_equal(short_line, "0 of 2 names; 2 local addresses not asked (--names-all)");
    g_autofree char *line = fz_names_line(names, false);
    assert_string_equal(line, "0 of 512 names; 512 local addresses not asked (--names-all)");
}

/* What a namer says of a process that sends these questions and ends; nothing may be asked outside. */
static bool is_served(const fz_names_question *questions, size_t count, size_t size)
{
    fz_confine confine = {.who = "test_names"};
    const fz_naming naming = {.names = true,
                              .rate = FZ_DNS_RATE,
                              .servers = {.at = {{.addr = {FZ_IPV4, {127, 0, 0, 1}}, .port = 1}}, .count = 1}};
    g_autoptr(fz_namer) namer = fz_namer_new(&naming, &confine);
    int channel = fz_namer_open(namer, NULL);

    assert_true(channel >= 0 && fz_namer_descriptor(namer) >= 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(write(channel, &questions[i], size), size);
    shutdown(channel, SHUT_WR);
    const bool served = fz_namer_serve(namer, 1);
    close(channel);
    return served;
}

static fz_names_question question_of(uint32_t count, uint32_t more)
{
    fz_names_question question = {.count = count, .more = more};
    for (size_t i = 0; i < FZ_NAMES_AT_ONCE; i++)
        question.addrs[i] = addrs[i];
    return question;
}

static void questions_are_checked(void **state)
{
    const fz_names_question bad[] = {question_of(0, 0), question_of(FZ_NAMES_AT_ONCE + 1, 0),
                                     question_of(UINT32_MAX, 0), question_of(1, 2), question_of(1, 1)};
    fz_names_question many[9], good = question_of(2, 0), unsound = question_of(2, 0);
    (void)state;
    assert_true(is_served(&good, 1, sizeof good));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(is_served(&bad[i], 1, sizeof *bad));
    assert_false(is_served(&good, 1, sizeof good - 1));
    assert_false(is_served(&good, 0, 0));
    unsound.addrs[1].family = 5;
    assert_false(is_served(&unsound, 1, sizeof unsound));
    for (size_t i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = question_of(FZ_NAMES_AT_ONCE, i + 1 < G_N_ELEMENTS(many));
    assert_false(is_served(many, G_N_ELEMENTS(many), sizeof *many)); /* one too many */
    assert_true(is_served(many + 7, 2, sizeof *many));
    assert_false(is_served(many, 3, sizeof *many)); /* there is no last one */
}

/* A shelf that says of each address, and of one that nobody asked for, what it is told to. */
static void lie_of_all(void *user, const char *source, const fz_addr *asked, size_t count, fz_name_taker take,
                       void *taking)
{
    fz_name_entry lie = *(const fz_name_entry *)user;
    assert_string_equal(source, "dns 127.0.0.1:1");
    for (size_t i = 0; i < count; i++) {
        assert_true(fz_addr_is_public(&asked[i]));
        lie.addr = asked[i];
        take(&lie, taking);
    }
    lie.addr = addrs[0];
    take(&lie, taking);
}

static bool write_none(void *user, const char *source, const fz_name_entry *entries, size_t count)
{
    (void)user, (void)source, (void)entries;
    assert_int_equal(count, 0);
    return false;
}

/* What a process is told of 9.9.9.9 and of 10.0.0.0, where the shelf has this. */
static void ask_shelf(fz_name_entry *lie, fz_names_told told[2])
{
    fz_confine confine = {.who = "test_names"};
    const fz_naming naming = {.all = true,
                              .rate = FZ_DNS_RATE,
                              .servers = {.at = {{.addr = {FZ_IPV4, {127, 0, 0, 1}}, .port = 1}}, .count = 1}};
    const fz_name_shelf shelf = {.read = lie_of_all, .write = write_none, .user = lie};
    const fz_names_question question = {.count = 2, .addrs = {{FZ_IPV4, {9, 9, 9, 9}}, addrs[0]}};
    fz_names_answer answer;
    g_autoptr(fz_namer) namer = fz_namer_new(&naming, &confine);
    fz_namer_share(namer, &shelf);
    int channel = fz_namer_open(namer, NULL);
    assert_int_equal(write(channel, &question, sizeof question), sizeof question);
    assert_true(fz_namer_serve(namer, 1));
    assert_int_equal(read(channel, &answer, sizeof answer), sizeof answer);
    close(channel);
    fz_namer_keep(namer);
    memcpy(told, answer.told, 2 * sizeof *told);
}

static void lies_of_a_shelf_are_not_told(void **state)
{
    const int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;
    fz_name_entry entry = {
        .status = FZ_NAME_KNOWN, .asked_s = now_s - 5, .expires_s = now_s + 600, .name = "host.example"};
    fz_names_told told[2];
    (void)state;
    ask_shelf(&entry, told);
    assert_string_equal(told[0].name, "host.example");
    assert_int_equal(told[0].asked_s, now_s - 5);
    assert_int_not_equal(told[1].status, FZ_NAME_KNOWN); /* it is another host elsewhere */
    fz_name_entry lies[] = {entry, entry, entry};
    g_strlcpy(lies[0].name, "\033[2J.example", sizeof lies[0].name);
    lies[1].asked_s = now_s + 3600;
    lies[2].expires_s = G_MAXINT64;
    for (size_t i = 0; i < G_N_ELEMENTS(lies); i++) {
        ask_shelf(&lies[i], told);
        assert_int_not_equal(told[0].status, FZ_NAME_KNOWN);
        assert_string_equal(told[0].name, "");
    }
}

static void names_are_off_by_default(void **state)
{
    fz_confine confine = {.who = "test_names"};
    const fz_naming naming = FZ_NAMING_INIT;
    g_autoptr(fz_namer) namer = fz_namer_new(&naming, &confine);
    (void)state;
    assert_int_equal(fz_namer_open(namer, NULL), -1);
    assert_int_equal(fz_namer_descriptor(namer), -1);
    assert_false(fz_namer_serve(namer, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_told_are_found),
        cmocka_unit_test(an_answer_that_breaks_off_is_one_as_far_as_it_goes),
        cmocka_unit_test(lies_of_the_one_that_tells_are_not_shown),
        cmocka_unit_test(without_a_channel_there_are_no_names),
        cmocka_unit_test(addresses_are_asked_once_and_not_too_many),
        cmocka_unit_test(questions_are_checked),
        cmocka_unit_test(lies_of_a_shelf_are_not_told),
        cmocka_unit_test(names_are_off_by_default),
    };
    setenv("XDG_CACHE_HOME", "/nonexistent", 1);
    return cmocka_run_group_tests(tests, make_addrs, NULL);
}
