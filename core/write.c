/* Writing to descriptors of every kind.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "write.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Another process may have made the descriptor non-blocking: waits until it takes more. */
static bool wait_writable(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};

    return poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

bool fz_write_all(int fd, const void *bytes, size_t size, GError **error)
{
    const char *next = bytes;

    while (size > 0) {
        ssize_t written = write(fd, next, size);

        if (written < 0) {
            if (errno == EINTR || ((errno == EAGAIN || errno == EWOULDBLOCK) && wait_writable(fd)))
                continue;
            int fault = errno;
            g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "cannot write the output: %s",
                        g_strerror(fault));
            return false;
        }
        next += written;
        size -= (size_t)written;
    }
    return true;
}
