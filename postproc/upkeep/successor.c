/* The file that a SQLite store is upgraded into.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "successor.h"

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_BITS = 07777 };

struct fz_successor {
    char *store; /* without links */
    char *path;
    int fd; /* locked: one upgrade at a time */
    bool renamed;
};

static bool fail(const char *path, int fault, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "%s: %s", path, g_strerror(fault));
    return false;
}

static bool open_locked(fz_successor *successor, GError **error)
{
    struct stat mine, there;

    successor->fd = open(successor->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (successor->fd < 0)
        return fail(successor->path, errno, error);
    if (flock(successor->fd, LOCK_EX | LOCK_NB) != 0 || fstat(successor->fd, &mine) != 0 ||
        stat(successor->path, &there) != 0 || mine.st_dev != there.st_dev || mine.st_ino != there.st_ino) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s: another upgrade of the store is running",
                    successor->store);
        close(successor->fd);
        successor->fd = -1;
        return false;
    }
    if (S_ISREG(mine.st_mode) && mine.st_nlink == 1)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s: is in the way", successor->path);
    successor->renamed = true; /* not ours to delete */
    return false;
}

/* What an upgrade that was killed left beside its file would be taken for this one's. */
static void remove_journals(const fz_successor *successor)
{
    static const char *const ends[] = {"-journal", "-wal", "-shm"};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *name = g_strconcat(successor->path, ends[i], NULL);

        (void)unlink(name);
    }
}

/* Mode and owner as the store's: who could read and write that can read and write the new one. */
static bool take_after(const fz_successor *successor, GError **error)
{
    struct stat old, mine;

    if (stat(successor->store, &old) != 0 || fstat(successor->fd, &mine) != 0)
        return fail(successor->store, errno, error);
    if ((old.st_uid != mine.st_uid || old.st_gid != mine.st_gid) &&
        fchown(successor->fd, old.st_uid, old.st_gid) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                    "%s: belongs to user %u and group %u: only they, or root, can upgrade it", successor->store,
                    (unsigned)old.st_uid, (unsigned)old.st_gid);
        return false;
    }
    return fchmod(successor->fd, old.st_mode & MODE_BITS) == 0 || fail(successor->path, errno, error);
}

fz_successor *fz_successor_new(const char *path, GError **error)
{
    char *real = realpath(path, NULL);

    if (!real) {
        fail(path, errno, error);
        return NULL;
    }
    fz_successor *successor = g_new0(fz_successor, 1);
    successor->store = g_strdup(real);
    successor->path = fz_store_sqlite_upgrade_path(real);
    successor->fd = -1;
    free(real);
    if (open_locked(successor, error)) {
        remove_journals(successor);
        if (ftruncate(successor->fd, 0) == 0 ? take_after(successor, error) : fail(successor->path, errno, error))
            return successor;
    }
    fz_successor_free(successor);
    return NULL;
}

/* The new name survives a power failure. */
static bool sync_folder(const fz_successor *successor, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(successor->store);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EBADF);

    if (!done)
        fail(folder, errno, error);
    if (fd >= 0)
        close(fd);
    return done;
}

bool fz_successor_commit(fz_successor *successor, GError **error)
{
    struct stat mine;

    if (fstat(successor->fd, &mine) != 0 || mine.st_size == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: nothing was written into it", successor->path);
        return false;
    }
    if (rename(successor->path, successor->store) != 0)
        return fail(successor->store, errno, error);
    successor->renamed = true;
    return sync_folder(successor, error);
}

void fz_successor_free(fz_successor *successor)
{
    if (!successor)
        return;
    if (!successor->renamed && successor->fd >= 0) {
        (void)unlink(successor->path);
        remove_journals(successor);
    }
    if (successor->fd >= 0)
        close(successor->fd);
    g_free(successor->store);
    g_free(successor->path);
    g_free(successor);
}
