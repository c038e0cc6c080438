/* Children of this process, from fork to wait.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include "death.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_US = 1000000, POLL_US = 2000 };

static pid_t parent; /* 0: not made by fork */

pid_t fz_child_fork(void)
{
    pid_t before = parent;
    parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        parent = before;
    return pid;
}

pid_t fz_child_parent(void)
{
    return parent;
}

char *fz_child_reap(pid_t pid, int *status)
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
    return done == pid && !killed ? fz_death_describe(pid, ended) : NULL;
}

void fz_child_heed_sigpipe(void)
{
    (void)signal(SIGPIPE, SIG_DFL);
}

void fz_child_close_standard(int fd)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (nothing < 0)
        return;
    dup2(nothing, fd);
    if (nothing != fd)
        close(nothing);
}
