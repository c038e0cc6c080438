/* A policy: CSV rows `action,client,server,service,comment`, and what they say of a conversation.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_POLICY_H
#define FZ_POLICY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FZ_POLICY_ERROR (fz_policy_error_quark())
GQuark fz_policy_error_quark(void);
typedef enum fz_policy_error { FZ_POLICY_ERROR_READ, FZ_POLICY_ERROR_SYNTAX } fz_policy_error;

/* The most rules of a policy, the most bytes of its file, and the most errors, and warnings, that are told of one. */
enum { FZ_POLICY_RULES_MAX = 10000, FZ_POLICY_FILE_MAX = 16 << 20, FZ_POLICY_PROBLEMS_MAX = 50 };
/* The longest zone name or service, and the longest comment, in bytes. */
enum { FZ_POLICY_TEXT_MAX = 255, FZ_POLICY_COMMENT_MAX = 4095 };

/* Conversations by what they serve: protocols, and ports of the server, the first and the last. */
typedef struct fz_policy_service {
    uint64_t protocols[4]; /* a bit for each of IANA's numbers */
    uint16_t low, high;
} fz_policy_service;

/* A rule. Texts are UTF-8 without controls. */
typedef struct fz_policy_rule {
    unsigned line; /* in the file, from 1 */
    bool allow;
    char *client, *server; /* names of zones, "(no zone)" for ends without one; NULL: any */
    char *service;         /* as it is written */
    char *comment;         /* "": none */
    fz_policy_service what;
} fz_policy_rule;

typedef struct fz_policy fz_policy;

/* Receives one problem, a whole line without newline: "policy.csv:3: ...". */
typedef void (*fz_policy_problem)(bool is_error, const char *message, void *user);

/* Reads a policy: rules of four or five fields (RFC 4180), `#` comment lines, a header row
 * `action,client,server,service,comment` skipped. Rejects with file, line, what was expected and what was found; warns
 * of a rule that an earlier one covers wholly, and of a policy without rules. All problems are given to `problem`,
 * which may be NULL, in the order of lines, also on failure. `text` need not end in a NUL. The caller frees; NULL with
 * the first error in `error`. */
fz_policy *fz_policy_parse(const char *name, const char *text, size_t size, fz_policy_problem problem, void *user,
                           GError **error);

/* The same from a regular file. */
fz_policy *fz_policy_read(const char *path, fz_policy_problem problem, void *user, GError **error);

void fz_policy_free(fz_policy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_policy, fz_policy_free)

size_t fz_policy_count(const fz_policy *policy);

/* Rule 0 to count - 1, in the order of the file; valid until the policy is freed. */
const fz_policy_rule *fz_policy_get(const fz_policy *policy, size_t rule);

/* The rule as a line of a policy file, without newline and comment: "deny,guest,*,*". The caller frees. */
char *fz_policy_rule_print(const fz_policy_rule *rule);

/* A text as a field of a policy, in quotes if need be; unlike fz_text_csv's it reads back as the same. The caller
 * frees.
 */
char *fz_policy_field_print(const char *text);

/* Warns of rules whose zones are none of `names` (NULL-ended), with the nearest name. */
void fz_policy_check_zones(const fz_policy *policy, const char *const *names, fz_policy_problem problem, void *user);

/* What a policy says of a conversation: the first rule that fits says it. Conversations inside of one zone are judged,
 * unless it is strict, only by rules that name it for both ends, and allowed where there is none. */
typedef struct fz_verdict {
    bool allowed;
    int rule; /* FZ_RULE_..., or the rule's index */
} fz_verdict;
enum {
    FZ_RULE_NONE = -1,   /* no rule fits: not allowed */
    FZ_RULE_INSIDE = -2, /* inside of one zone: allowed */
};

/* `client` and `server` are names of zones, "(no zone)" for none; `port` is the server's. */
fz_verdict fz_policy_judge(const fz_policy *policy, bool strict, const char *client, const char *server,
                           uint8_t protocol, uint16_t port);

/* Reads a service: "*", "https", "443", "8000-8100", "tcp/443", "tcp/https", "tcp/8000-8100", "tcp", "icmp",
 * "proto-47". */
bool fz_policy_service_read(const char *text, fz_policy_service *service);

/* A service as a policy writes it: "tcp/443", or "icmp" where the protocol has no ports. The caller frees. */
char *fz_policy_service_print(uint8_t protocol, uint16_t port);

#endif
