/* The channel between this process and a child that works for it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "helper.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARENT, CHILD }; /* a pipe is read at its first end */

bool fz_helper_start(fz_helper *helper, bool takes_orders)
{
    int ends[2];

    if ((takes_orders ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) : pipe2(ends, O_CLOEXEC)) != 0)
        return false;
    pid_t pid = fz_child_fork();
    if (pid < 0) {
        int fault = errno;
        close(ends[PARENT]);
        close(ends[CHILD]);
        errno = fault;
        return false;
    }
    *helper = (fz_helper){.pid = pid, .channel = ends[pid == 0 ? CHILD : PARENT]};
    close(ends[pid == 0 ? PARENT : CHILD]);
    return true;
}

bool fz_helper_order(const fz_helper *helper, const void *order, size_t size, const int *fds, size_t count)
{
    char room[CMSG_SPACE(FZ_HELPER_FDS * sizeof(int))] = {0};
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): sendmsg only reads it */
    struct iovec bytes = {.iov_base = (void *)(uintptr_t)order, .iov_len = size};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

    g_assert(count <= FZ_HELPER_FDS);
    if (count > 0) {
        message.msg_control = room;
        message.msg_controllen = CMSG_SPACE(count * sizeof *fds);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof *fds);
        memcpy(CMSG_DATA(head), fds, count * sizeof *fds);
    }
    return sendmsg(helper->channel, &message, MSG_NOSIGNAL) == (ssize_t)size;
}

bool fz_helper_take_order(const fz_helper *helper, void *order, size_t size, int fds[FZ_HELPER_FDS])
{
    const size_t fds_bytes = FZ_HELPER_FDS * sizeof *fds;
    char room[CMSG_SPACE(FZ_HELPER_FDS * sizeof(int))];
    struct iovec bytes = {.iov_base = order, .iov_len = size};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t got;

    for (size_t i = 0; i < FZ_HELPER_FDS; i++)
        fds[i] = -1;
    while ((got = recvmsg(helper->channel, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        continue;
    if (got != (ssize_t)size)
        return false;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(head), MIN(head->cmsg_len - CMSG_LEN(0), fds_bytes));
    return true;
}

bool fz_helper_answer(const fz_helper *helper, const void *answer, size_t size)
{
    return write(helper->channel, answer, size) == (ssize_t)size;
}

bool fz_helper_take_answer(const fz_helper *helper, void *answer, size_t size)
{
    ssize_t got;

    /* ECONNRESET comes once: the child ended with an order unread; its last answer may still be readable. */
    while ((got = read(helper->channel, answer, size)) < 0 && (errno == EINTR || errno == ECONNRESET))
        continue;
    return got == (ssize_t)size;
}

static void forget(fz_helper *helper)
{
    helper->pid = 0;
    helper->channel = -1;
}

char *fz_helper_stop(fz_helper *helper)
{
    close(helper->channel);
    char *end = fz_child_reap(helper->pid, &helper->status);
    forget(helper);
    return end;
}

void fz_helper_kill(fz_helper *helper)
{
    if (helper->pid == 0)
        return;
    kill(helper->pid, SIGKILL);
    while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(helper->channel);
    forget(helper);
}
