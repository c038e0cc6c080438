/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_US = 1000000, POLL_US = 2000 };

static pid_t parent; /* 0: nobody forked us */

bool fz_confine_parse(fz_confine *confine, const char *text, GError **error)
{
    if (text == NULL)
        return true;
    confine->asked = true;
    return fz_jail_mode_parse(text, &confine->mode, error);
}

pid_t fz_confine_fork(void)
{
    pid_t before = parent;
    parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        parent = before;
    return pid;
}

bool fz_confine_lock(const fz_confine *confine, const fz_jail *jail, bool *complete, char **line, GError **error)
{
    fz_jail locked = *jail;
    bool reached;

    locked.mode = confine->mode;
    locked.parent = parent;
    if (!fz_jail_lock(&locked, line, &reached, error))
        return false;
    if (complete)
        *complete = reached;
    bool news = !reached || confine->asked;
    if (!news || (confine->told & 1u << jail->profile) != 0)
        g_clear_pointer(line, g_free);
    return true;
}

void fz_confine_close_standard(int fd)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (nothing < 0)
        return;
    dup2(nothing, fd);
    if (nothing != fd)
        close(nothing);
}

uint64_t fz_confine_half_memory(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
}

char *fz_confine_reap(pid_t pid, int *status)
{
    int ended = 0;
    pid_t done;
    bool killed = false;
    gint64 until_us = g_get_monotonic_time() + GRACE_US;

    while ((done = waitpid(pid, &ended, killed ? 0 : WNOHANG)) == 0 || (done < 0 && errno == EINTR)) {
        if (done == 0 && g_get_monotonic_time() >= until_us) {
            kill(pid, SIGKILL);
            killed = true;
        } else if (done == 0) {
            g_usleep(POLL_US);
        }
    }
    if (status)
        *status = ended;
    return done == pid && !killed ? fz_jail_describe_end(pid, ended) : NULL;
}
