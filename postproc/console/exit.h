/* Exit statuses of the program.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_EXIT_H
#define FZ_EXIT_H

enum {
    FZ_EXIT_OK = 0,
    FZ_EXIT_FAILED = 1,
    FZ_EXIT_USAGE = 2,
    FZ_EXIT_SOME = 3,  /* some of several inputs failed */
    FZ_EXIT_FOUND = 4, /* there is something that should not be */
};

#endif
