/* States of files, and whether one has changed.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "file_state.h"

enum { TICK_US = 20000, TURNS = 3 }; /* no kernel's tick is longer than 10 ms */

/* Times after 2262 become the last one that fits. */
static int64_t nanoseconds(const struct timespec *time)
{
    const int64_t second = 1000000000;

    if (time->tv_sec >= G_MAXINT64 / second)
        return G_MAXINT64;
    if (time->tv_sec <= G_MININT64 / second)
        return G_MININT64;
    return (int64_t)time->tv_sec * second + time->tv_nsec;
}

fz_file_state fz_file_state_of(const struct stat *about)
{
    return (fz_file_state){
        .size = (uint64_t)about->st_size,
        .inode = about->st_ino,
        .links = about->st_nlink,
        .written_ns = nanoseconds(&about->st_mtim),
        .changed_ns = nanoseconds(&about->st_ctim),
    };
}

bool fz_file_state_is_settled(const fz_file_state *state)
{
    const int64_t now_ns = g_get_real_time() * 1000;

    return state->changed_ns > now_ns || now_ns - state->changed_ns >= TICK_US * INT64_C(1000);
}

bool fz_file_state_take(int fd, fz_file_state *state)
{
    struct stat about;

    for (int turn = 0; turn < TURNS; turn++) {
        if (turn > 0)
            g_usleep(TICK_US);
        if (fstat(fd, &about) != 0)
            return false;
        *state = fz_file_state_of(&about);
        state->settled = fz_file_state_is_settled(state);
        if (state->settled)
            break;
    }
    return true;
}

bool fz_file_state_is_same(const fz_file_state *a, const fz_file_state *b)
{
    return a->size == b->size && a->inode == b->inode && a->written_ns == b->written_ns &&
           a->changed_ns == b->changed_ns;
}

bool fz_file_has_changed(int fd, const fz_file_state *since)
{
    struct stat about;

    if (!since->settled || fstat(fd, &about) != 0)
        return true;
    const fz_file_state now = fz_file_state_of(&about);
    return now.size != since->size || now.written_ns != since->written_ns ||
           (now.changed_ns != since->changed_ns && now.links >= since->links);
}
