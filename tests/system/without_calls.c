/* without_calls CALL... -- PROGRAM ARGUMENT...: runs a program as if the kernel did not have these system calls;
 * `filter` means those that install a seccomp filter.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    unsigned number;
} calls[] = {{"landlock_create_ruleset", 444}, {"landlock_restrict_self", 446}, {"filter", SYS_seccomp}};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_EQUAL(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define FAIL(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
#define PASS BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int forbid(unsigned number)
{
    struct sock_filter one[] = {
        LOAD(nr),
        IF_EQUAL(number, 0, 1),
        FAIL(ENOSYS),
        PASS,
    };
    /* Filters can also be installed by prctl. */
    struct sock_filter both[] = {
        LOAD(nr),      IF_EQUAL(number, 3, 0),         IF_EQUAL(SYS_prctl, 0, 3),
        LOAD(args[0]), IF_EQUAL(PR_SET_SECCOMP, 0, 1), FAIL(ENOSYS),
        PASS,
    };
    struct sock_fprog program = {.len = sizeof one / sizeof *one, .filter = one};
    if (number == SYS_seccomp)
        program = (struct sock_fprog){.len = sizeof both / sizeof *both, .filter = both};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++)
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
            if (strcmp(argv[at], calls[i].name) == 0 && forbid(calls[i].number)) {
                perror(argv[at]);
                return 125;
            }
    if (at + 1 < argc)
        execvp(argv[at + 1], argv + at + 1);
    perror("without_calls");
    return 127;
}
