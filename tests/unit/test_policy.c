/* The policy: what is read, what its errors say, and which rule judges a conversation.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"

#include "bad_files.h"

#include <glib/gstdio.h>
#include <unistd.h>

enum { ICMP = 1, TCP = 6, UDP = 17 };

static void join_problem(bool is_error, const char *message, void *user)
{
    g_string_append_printf(user, "%s%s\n", is_error ? "error: " : "", message);
}

/* Parses a text, which must be good, and compares its warnings, a line each. */
static fz_policy *read_text(const char *text, const char *warnings)
{
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    fz_policy *policy = fz_policy_parse("p.csv", text, strlen(text), join_problem, told, &error);

    if (!policy)
        fail_msg("refused: %s", error->message);
    assert_null(error);
    assert_string_equal(told->str, warnings);
    return policy;
}

static void rules_are_read(void **state)
{
    g_autoptr(fz_policy) policy = read_text("\xef\xbb\xbf"
                                            "Action,client,server,service,comment\r\n"
                                            "# a comment\r\n\r\n"
                                            "ALLOW,wifi,web,tcp/443,\"the \"\"shop\"\"\"\r\n"
                                            "deny,\"a,b\",*,*\r\n"
                                            "allow,*,(internet),dns,",
                                            "");
    const fz_policy_rule *rule = fz_policy_get(policy, 0);

    (void)state;
    assert_int_equal(fz_policy_count(policy), 3);
    assert_true(rule->allow);
    assert_int_equal(rule->line, 4);
    assert_string_equal(rule->client, "wifi");
    assert_string_equal(rule->comment, "the \"shop\"");
    assert_false(fz_policy_get(policy, 1)->allow);
    assert_null(fz_policy_get(policy, 1)->server);
    assert_string_equal(fz_policy_get(policy, 2)->server, "(internet)");
    g_autofree char *printed = fz_policy_rule_print(fz_policy_get(policy, 1));
    assert_string_equal(printed, "deny,\"a,b\",*,*");
}

typedef struct fitting {
    const char *service;
    uint8_t protocol;
    uint16_t port;
    bool fits;
} fitting;

static void services_fit_protocols_and_ports(void **state)
{
    static const fitting cases[] = {
        {"*", 0, 0, true},
        {"*", TCP, 65535, true},
        {"https", TCP, 443, true},
        {"https", UDP, 443, true},
        {"https", TCP, 442, false},
        {"https", ICMP, 443, false},
        {"dns", UDP, 53, true},
        {"ssh", TCP, 22, true},
        {"ssh", UDP, 22, false},
        {"HTTPS", TCP, 443, true},
        {"tcp/443", TCP, 443, true},
        {"tcp/443", UDP, 443, false},
        {"6/443", TCP, 443, true},
        {"tcp/8000-8100", TCP, 8000, true},
        {"tcp/8000-8100", TCP, 8100, true},
        {"tcp/8000-8100", TCP, 7999, false},
        {"tcp/8000-8100", TCP, 8101, false},
        {"udp/dns", UDP, 53, true},
        {"udp/dns", TCP, 53, false},
        {"tcp", TCP, 1, true},
        {"tcp", UDP, 1, false},
        {"tcp/*", TCP, 9, true},
        {"icmp", ICMP, 0, true},
        {"icmp", 58, 0, false},
        {"icmp6", 58, 0, true},
        {"443", TCP, 443, true},
        {"443", UDP, 443, true},
        {"443", ICMP, 443, false},
        {"gre", 47, 0, true},
        {"53-60", UDP, 60, true},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("allow,a,b,%s,", cases[i].service);
        g_autoptr(fz_policy) policy = read_text(text, "");
        const fz_verdict verdict = fz_policy_judge(policy, false, "a", "b", cases[i].protocol, cases[i].port);

        if (verdict.allowed != cases[i].fits)
            fail_msg("%s of %u/%u: %d", cases[i].service, cases[i].protocol, cases[i].port, verdict.allowed);
        assert_int_equal(verdict.rule, cases[i].fits ? 0 : FZ_RULE_NONE);
    }
}

static void the_first_rule_that_fits_judges(void **state)
{
    g_autoptr(fz_policy) policy = read_text("allow,wifi,web,https\n"
                                            "deny,wifi,*,*\n"
                                            "allow,*,web,*\n"
                                            "allow,(no zone),(no zone),icmp\n",
                                            "");

    (void)state;
    assert_int_equal(fz_policy_judge(policy, false, "wifi", "web", TCP, 443).rule, 0);
    assert_int_equal(fz_policy_judge(policy, false, "wifi", "web", TCP, 80).rule, 1);
    assert_false(fz_policy_judge(policy, false, "wifi", "web", TCP, 80).allowed);
    assert_int_equal(fz_policy_judge(policy, false, "(no zone)", "web", TCP, 80).rule, 2);
    assert_int_equal(fz_policy_judge(policy, false, "web", "wifi", TCP, 80).rule, FZ_RULE_NONE);
    assert_false(fz_policy_judge(policy, false, "web", "wifi", TCP, 80).allowed);
    assert_int_equal(fz_policy_judge(policy, false, "(no zone)", "(no zone)", ICMP, 0).rule, 3);
    assert_false(fz_policy_judge(policy, false, "(no zone)", "(no zone)", TCP, 1).allowed);
    assert_int_equal(fz_policy_judge(policy, false, "Wifi", "db", TCP, 443).rule, FZ_RULE_NONE);
}

static void inside_of_a_zone_only_its_own_rules_judge(void **state)
{
    g_autoptr(fz_policy) policy = read_text("deny,lab,lab,telnet\n"
                                            "deny,*,*,*\n",
                                            "");

    (void)state;
    assert_int_equal(fz_policy_judge(policy, false, "lab", "lab", TCP, 22).rule, FZ_RULE_INSIDE);
    assert_true(fz_policy_judge(policy, false, "lab", "lab", TCP, 22).allowed);
    assert_int_equal(fz_policy_judge(policy, false, "lab", "lab", TCP, 23).rule, 0);
    assert_int_equal(fz_policy_judge(policy, true, "lab", "lab", TCP, 22).rule, 1);
    assert_int_equal(fz_policy_judge(policy, false, "(no zone)", "(no zone)", TCP, 22).rule, 1);
}

static void covered_rules_are_warned_of(void **state)
{
    g_autoptr(fz_policy) policy = read_text("allow,*,dns,udp/53\n"
                                            "allow,wifi,dns,udp/53\n" /* covered */
                                            "allow,wifi,dns,dns\n"    /* TCP is not */
                                            "deny,a,b,tcp/10-20\n"
                                            "allow,a,b,tcp/12-20\n" /* covered */
                                            "allow,a,b,tcp/12-21\n"
                                            "deny,*,*,*\n"
                                            "allow,c,d,ssh\n"  /* covered */
                                            "allow,c,c,ssh\n", /* not: inside of a zone, * is not asked */
                                            "p.csv:2: never used: line 1 has all of it, allow,*,dns,udp/53\n"
                                            "p.csv:5: never used: line 4 has all of it, deny,a,b,tcp/10-20\n"
                                            "p.csv:8: never used: line 7 has all of it, deny,*,*,*\n");

    (void)state;
    assert_int_equal(fz_policy_count(policy), 9);
}

static void a_policy_without_rules_is_warned_of(void **state)
{
    g_autoptr(fz_policy) policy =
        read_text("# none\n", "p.csv: no rules: nothing is allowed but what stays inside of a zone\n");

    (void)state;
    assert_true(fz_policy_judge(policy, false, "a", "a", TCP, 1).allowed);
    assert_false(fz_policy_judge(policy, false, "a", "b", TCP, 1).allowed);
}

static void unknown_zones_are_warned_of(void **state)
{
    static const char *const names[] = {"wifi", "servers", "office", NULL};
    g_autoptr(fz_policy) policy = read_text("allow,wfi,servers,*\n"
                                            "allow,office,(internet),*\n"
                                            "allow,(no zone),serverz,*\n"
                                            "allow,*,quite-another,*\n",
                                            "");
    g_autoptr(GString) told = g_string_new(NULL);

    (void)state;
    fz_policy_check_zones(policy, names, join_problem, told);
    assert_string_equal(told->str,
                        "p.csv:1: no zone of the traffic is called \"wfi\"; did you mean \"wifi\"?\n"
                        "p.csv:2: no zone of the traffic is called \"(internet)\"; did you mean \"(no zone)\"?\n"
                        "p.csv:3: no zone of the traffic is called \"serverz\"; did you mean \"servers\"?\n"
                        "p.csv:4: no zone of the traffic is called \"quite-another\"\n");
}

static void all_errors_are_told_in_order(void **state)
{
    static const char text[] = "allow,a,b,*\nallow,x\nallow,a,b,ssh\nallow,a,b,nonsense\n";
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(fz_policy_parse("p.csv", text, strlen(text), join_problem, told, &error));
    assert_true(g_error_matches(error, FZ_POLICY_ERROR, FZ_POLICY_ERROR_SYNTAX));
    assert_string_equal(error->message, "p.csv:2: 2 fields; expected 4 or 5: action,client,server,service,comment");
    assert_string_equal(
        told->str, "error: p.csv:2: 2 fields; expected 4 or 5: action,client,server,service,comment\n"
                   "p.csv:3: never used: line 1 has all of it, allow,a,b,*\n"
                   "error: p.csv:4: \"nonsense\" is not a service; expected *, https, tcp/443, tcp/8000-8100, udp/53 "
                   "or icmp\n");
}

static char *judge(const char *bytes, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(fz_policy) policy = fz_policy_parse("policy.csv", bytes, size, NULL, NULL, &error);

    return policy ? NULL : g_strdup(error->message);
}

static void bad_policies_are_refused(void **state)
{
    (void)state;
    replay_bad_files("policies", ".csv", 20, judge);
}

static void only_regular_files_are_read(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("policy-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "p.csv", NULL);

    (void)state;
    assert_null(fz_policy_read(folder, NULL, NULL, &error));
    assert_non_null(strstr(error->message, "is not a regular file"));
    g_clear_error(&error);
    assert_null(fz_policy_read(path, NULL, NULL, &error));
    assert_true(g_error_matches(error, FZ_POLICY_ERROR, FZ_POLICY_ERROR_READ));
    assert_true(g_file_set_contents(path, "allow,a,b,*\n", -1, NULL));
    fz_policy *policy = fz_policy_read(path, NULL, NULL, NULL);
    assert_non_null(policy);
    fz_policy_free(policy);
    g_unlink(path);
    g_rmdir(folder);
}

static void services_are_printed_as_they_are_read(void **state)
{
    (void)state;
    for (unsigned protocol = 0; protocol <= UINT8_MAX; protocol++) {
        g_autofree char *text = fz_policy_service_print((uint8_t)protocol, 443);
        fz_policy_service service;

        if (!fz_policy_service_read(text, &service))
            fail_msg("%s", text);
        assert_true((service.protocols[protocol / 64] >> protocol % 64 & 1) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_read),
        cmocka_unit_test(services_fit_protocols_and_ports),
        cmocka_unit_test(the_first_rule_that_fits_judges),
        cmocka_unit_test(inside_of_a_zone_only_its_own_rules_judge),
        cmocka_unit_test(covered_rules_are_warned_of),
        cmocka_unit_test(a_policy_without_rules_is_warned_of),
        cmocka_unit_test(unknown_zones_are_warned_of),
        cmocka_unit_test(all_errors_are_told_in_order),
        cmocka_unit_test(bad_policies_are_refused),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(services_are_printed_as_they_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
