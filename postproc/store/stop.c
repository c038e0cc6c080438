/* The signals that ask a process to end, as a flag.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "stop.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t told;
static void (*act_on_it)(void);

/* Only the first one acts: what follows may be a farewell that must not be disturbed. */
static void note(int signal_number)
{
    int before = errno;

    (void)signal_number;
    if (!told && act_on_it) {
        told = 1;
        act_on_it();
    }
    told = 1;
    errno = before;
}

void fz_stop_heed(void (*act)(void))
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};

    act_on_it = act;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&action.sa_mask, signals[i]);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

bool fz_stop_is_told(void)
{
    return told;
}
