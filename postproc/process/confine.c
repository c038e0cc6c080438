/* Locks processes of the program, as --jail asks.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "confine.h"
#include "child.h"
#include "death.h"

#include <sys/resource.h>
#include <unistd.h>

bool fz_confine_parse(fz_confine *confine, const char *text, GError **error)
{
    if (!text)
        return true;
    confine->asked = true;
    return fz_jail_mode_parse(text, &confine->mode, error);
}

bool fz_confine_lock(const fz_confine *confine, const fz_jail *jail, bool *complete, char **line, GError **error)
{
    fz_jail locked = *jail;
    bool reached;

    fz_death_by_memory();
    locked.mode = confine->mode;
    locked.parent = fz_child_parent();
    if (!fz_jail_lock(&locked, line, &reached, error))
        return false;
    if (complete)
        *complete = reached;
    bool news = !reached || confine->asked;
    if (!news || (confine->reported & 1u << jail->profile) != 0)
        g_clear_pointer(line, g_free);
    return true;
}

uint64_t fz_confine_memory(const fz_confine *confine)
{
    const uint64_t ours = confine->mode == FZ_JAIL_OFF ? UINT64_MAX : FZ_CONFINE_MEMORY_BYTES;
    struct rlimit now;

    if (getrlimit(RLIMIT_AS, &now) != 0)
        return ours;
    const rlim_t theirs = confine->mode == FZ_JAIL_OFF ? now.rlim_cur : now.rlim_max;
    return theirs == RLIM_INFINITY ? ours : MIN(ours, theirs);
}

uint64_t fz_confine_half_memory(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
}
