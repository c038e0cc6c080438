/* What a child died of, from its wait status and the kernel's log.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "death.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The exit status of a process that found no memory: no other is this one. */
enum { NO_MEMORY = 109 };

/* Each allocation of GLib's that fails is told so. Without a text, there was no memory for that. */
static void heed(const char *domain, GLogLevelFlags level, const char *message, void *user)
{
    if ((level & G_LOG_LEVEL_ERROR) != 0 && (!message || strstr(message, ": failed to allocate ")))
        _exit(NO_MEMORY);
    g_log_default_handler(domain, level, message, user);
}

void fz_death_by_memory(void)
{
    g_log_set_default_handler(heed, NULL);
}

bool fz_death_is_by_memory(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY;
}

bool fz_death_is_by_output(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE;
}

/* The number after `key` in a line of the kernel's log; -1 if it is missing. */
static long log_number(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

/* The system call for which the kernel ended this process, from its log; -1: not known. */
static int find_fatal_call(pid_t pid)
{
    char line[8192];
    long number = -1;
    ssize_t size;
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -1;
    /* EPIPE: records were overwritten while we read. */
    while ((size = read(fd, line, sizeof line - 1)) > 0 || (size < 0 && errno == EPIPE)) {
        line[MAX(size, 0)] = '\0';
        if (strstr(line, "type=1326") && log_number(line, " pid=") == pid && log_number(line, " sig=") == SIGSYS)
            number = log_number(line, " syscall=");
    }
    close(fd);
    return (int)number;
}

static char *describe_violation(pid_t pid)
{
    int number = find_fatal_call(pid);
    char *name = number < 0 ? NULL : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    char *text = name ? g_strdup_printf("was ended by its jail: it tried the system call %s (SIGSYS)", name)
                      : g_strdup("was ended by its jail: it tried a system call that is not allowed (SIGSYS)");

    free(name);
    return text;
}

char *fz_death_describe(pid_t pid, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return describe_violation(pid);
    if (WIFSIGNALED(status))
        return g_strdup_printf("was killed by signal %d (%s)", WTERMSIG(status), g_strsignal(WTERMSIG(status)));
    if (fz_death_is_by_memory(status))
        return g_strdup("ran out of memory");
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        return g_strdup_printf("ended with status %d", WEXITSTATUS(status));
    return NULL;
}
