/* Finds open descriptors.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { MOST_TRIED = 65536 };

/* Raising the limit makes no descriptor, and lowering it closes none; but few programs do. */
static bool try_all(bool (*visit)(int fd, void *user), void *user, bool *all)
{
    struct rlimit limit;
    int most = MOST_TRIED;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max <= MOST_TRIED)
        most = (int)limit.rlim_max;
    else if (all)
        *all = false;
    for (int fd = 0; fd < most; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && visit(fd, user))
            return true;
    return false;
}

bool fz_descriptors_find(bool (*visit)(int fd, void *user), void *user, bool *all)
{
    DIR *folder = opendir("/proc/self/fd");
    bool found = false;

    if (all)
        *all = true;
    if (!folder)
        return try_all(visit, user, all);
    while (!found) {
        const struct dirent *entry = readdir(folder); /* NOLINT(concurrency-mt-unsafe) */
        if (!entry)
            break;
        int fd = entry->d_name[0] == '.' ? dirfd(folder) : (int)strtol(entry->d_name, NULL, 10);
        found = fd != dirfd(folder) && visit(fd, user);
    }
    closedir(folder);
    return found;
}
