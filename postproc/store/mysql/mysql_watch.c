/* A time limit for calls of the client library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* More than the writer has. */
enum { DESCRIPTORS = 64 };

static volatile sig_atomic_t late;
static volatile sig_atomic_t may_close[DESCRIPTORS];

void fz_mysql_watch_hang_up(void)
{
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (may_close[fd])
            (void)shutdown(fd, SHUT_RDWR); /* does nothing if it is not a socket */
}

/* Called every second once time has run out: the library may go on to another address of the server. */
static void hang_up(int signal_number)
{
    int before = errno;

    (void)signal_number;
    late = 1;
    fz_mysql_watch_hang_up();
    errno = before;
}

static void set_timer(unsigned seconds)
{
    const struct itimerval when = {.it_value.tv_sec = seconds, .it_interval.tv_sec = seconds ? 1 : 0};

    setitimer(ITIMER_REAL, &when, NULL);
}

void fz_mysql_watch_begin(int fd, unsigned seconds)
{
    struct sigaction action = {.sa_handler = hang_up, .sa_flags = SA_RESTART};

    late = 0;
    for (int i = 0; i < DESCRIPTORS; i++)
        may_close[i] = fd < 0 ? fcntl(i, F_GETFD) < 0 : i == fd;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    set_timer(seconds ? seconds : 1);
}

bool fz_mysql_watch_end(void)
{
    set_timer(0);
    return late;
}
