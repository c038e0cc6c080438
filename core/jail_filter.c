/* The filter of system calls: what seccomp makes of the tables, and what it cannot see.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "jail_calls.h"
#include "jail_private.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* si_code of a trapped call: SYS_SECCOMP of the kernel, which few headers have. */
enum { TRAPPED = 1 };

/* What a launched process doesn't know: execve has three arguments, and the filter looks at two more. */
static unsigned long ticket[2];

/* The registers of a call that was trapped: where its arguments are, and where its result goes. */
#if defined(__x86_64__)
#define ARGUMENT(machine, n) ((machine)->gregs[(const int[]){REG_RDI, REG_RSI, REG_RDX}[n]])
#define RESULT(machine) ((machine)->gregs[REG_RAX])
#elif defined(__aarch64__)
#define ARGUMENT(machine, n) ((machine)->regs[n])
#define RESULT(machine) ((machine)->regs[0])
#elif defined(__riscv)
#define ARGUMENT(machine, n) ((machine)->__gregs[REG_A0 + (n)])
#define RESULT(machine) ((machine)->__gregs[REG_A0])
#else
#error "jail_filter.c: it isn't known where this processor keeps the arguments of a system call"
#endif

/* fstat() of glibc 2.33 to 2.38 is newfstatat with an empty path, and no filter can see whether a path is empty. So the
 * kernel never gets that call: it comes here as a signal, and we answer by the call that takes no path. */
static void answer_fstat(int signal_number, siginfo_t *info, void *context)
{
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    int before = errno;

    if (info->si_code != TRAPPED || info->si_syscall != SYS_newfstatat) {
        (void)signal(signal_number, SIG_DFL); /* sent by a process: it ends us when we return */
        (void)raise(signal_number);
        return;
    }
    const char *path = (const char *)(uintptr_t)ARGUMENT(machine, 1); /* NOLINT(performance-no-int-to-ptr) */
    if (path && *path)
        RESULT(machine) = -EACCES;
    else
        RESULT(machine) = syscall(SYS_fstat, ARGUMENT(machine, 0), ARGUMENT(machine, 2)) == 0 ? 0 : -errno;
    errno = before;
}

static int catch_fstat(void)
{
    const struct sigaction action = {.sa_sigaction = answer_fstat, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigset_t mine;

    sigemptyset(&mine);
    sigaddset(&mine, SIGSYS);
    if (sigaction(SIGSYS, &action, NULL) != 0)
        return -errno;
    return -pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
}

/* A call that gets the default action needs no rule, and must not have one. */
static int add_rule(scmp_filter_ctx filter, uint32_t action, int number, unsigned count,
                    const struct scmp_arg_cmp *tests)
{
    uint32_t usual = action;
    int fault = seccomp_attr_get(filter, SCMP_FLTATR_ACT_DEFAULT, &usual);

    return fault || action == usual ? fault : seccomp_rule_add_array(filter, action, number, count, tests);
}

static int add_conditions(scmp_filter_ctx filter, int number, guard kind)
{
    int fault = 0;

    for (size_t i = 0; i < fz_jail_condition_count && !fault; i++) {
        const struct scmp_arg_cmp *tests = fz_jail_conditions[i].tests;
        unsigned count = 1;

        while (count < G_N_ELEMENTS(fz_jail_conditions[i].tests) && tests[count].op != _SCMP_CMP_MIN)
            count++;
        if (fz_jail_conditions[i].guard == kind)
            fault = add_rule(filter, fz_jail_conditions[i].action, number, count, tests);
    }
    return fault;
}

static int allow_to_self(scmp_filter_ctx filter, int number)
{
    const uint32_t self = (uint32_t)getpid();
    const struct scmp_arg_cmp is = IS(0, self), is_not = IS_NOT(0, self);
    int fault = add_rule(filter, PASS, number, 1, &is);

    return fault ? fault : add_rule(filter, KILL, number, 1, &is_not);
}

static int allow_once(scmp_filter_ctx filter, int number)
{
    const struct scmp_arg_cmp both[] = {IS(3, ticket[0]), IS(4, ticket[1])};

    return add_rule(filter, PASS, number, G_N_ELEMENTS(both), both);
}

static int add_call(scmp_filter_ctx filter, const char *name, guard kind, short fate)
{
    int number = seccomp_syscall_resolve_name(name);

    if (number < 0) /* this machine has no such call */
        return 0;
    if (fate != A)
        return add_rule(filter, fate == K ? KILL : FAIL((uint16_t)fate), number, 0, NULL);
    switch (kind) {
    case ANY:
        return add_rule(filter, PASS, number, 0, NULL);
    case TO_SELF:
        return allow_to_self(filter, number);
    case ONCE:
        return allow_once(filter, number);
    default:
        return add_conditions(filter, number, kind);
    }
}

/* The newest calls have one number on every architecture, and names that an older libseccomp doesn't know. */
static int fill_starting(scmp_filter_ctx filter, int who)
{
    int fault = 0;

    for (size_t i = 0; i < fz_jail_starting_count && !fault; i++)
        fault = add_call(filter, fz_jail_starting[i].name, fz_jail_starting[i].guard, fz_jail_starting[i].fate[who]);
    for (int number = FZ_LANDLOCK_FIRST; number <= FZ_LANDLOCK_LAST && !fault; number++)
        fault = add_rule(filter, PASS, number, 0, NULL);
    return fault;
}

/* SCMP_ACT_KILL would end only a thread, and main() could still exit with 0. */
static int fill_filter(scmp_filter_ctx filter, fz_jail_profile who)
{
    int fault = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    if (!fault)
        fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (who >= FZ_JAIL_LAUNCH)
        return fault ? fault : fill_starting(filter, who == FZ_JAIL_LAUNCH ? LAUNCHING : CONNECTING);
    for (size_t i = 0; i < fz_jail_call_count && !fault; i++)
        if (fz_jail_calls[i].fate[who] != K)
            fault = add_call(filter, fz_jail_calls[i].name, fz_jail_calls[i].guard, fz_jail_calls[i].fate[who]);
    if (!fault && fz_jail_is_sanitized())
        fault = add_call(filter, "sigaltstack", ANY, A);
    return fault ? fault : catch_fstat();
}

bool fz_jail_filter_calls(const fz_jail *jail, GString *reached, GError **error)
{
    const bool launches = jail->profile == FZ_JAIL_LAUNCH;

    if (launches && getrandom(ticket, sizeof ticket, 0) != (ssize_t)sizeof ticket)
        return fz_jail_fail(error, "cannot get random numbers", errno);
    scmp_filter_ctx filter = seccomp_init(jail->profile >= FZ_JAIL_LAUNCH ? FAIL(ENOSYS) : KILL);
    if (!filter)
        return fz_jail_refuse(
            error, "system calls can't be filtered: this kernel or libseccomp can't end a process for a forbidden one");
    g_string_append(reached, ", system calls filtered"); /* nothing is allocated once the filter is in place */
    int fault = fill_filter(filter, jail->profile);
    if (!fault)
        fault = seccomp_load(filter);
    seccomp_release(filter);
    return fault == 0 || fz_jail_fail(error, "system calls can't be filtered (seccomp)", -fault);
}

int fz_jail_exec(const char *path, char *const arguments[])
{
    syscall(SYS_execve, path, arguments, environ, ticket[0], ticket[1], 0L);
    return errno;
}
