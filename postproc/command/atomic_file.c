/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "atomic_file.h"

#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16, MODE_BITS = 0777 };

struct fz_stage {
    char *path;   /* as it was given, for errors */
    char *target; /* without links */
    char *folder;
    char *temporary; /* its name until it is committed; NULL: it has none */
    int fd, old;     /* old: the file that was there, -1: none was */
    bool renames;    /* it is in the folder of `target` */
};

static bool fail(const fz_stage *stage, int fault, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "out=%s: cannot be written: %s", stage->path,
                g_strerror(fault));
    return false;
}

static bool is_open_at(int fd, const struct stat *file)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_dev == file->st_dev && status.st_ino == file->st_ino;
}

bool fz_stage_fits(const char *path)
{
    struct stat file;

    if (stat(path, &file) != 0)
        return true;
    return S_ISREG(file.st_mode) && !is_open_at(STDOUT_FILENO, &file) && !is_open_at(STDERR_FILENO, &file);
}

/* The file that is there must be one that we may write, also where another takes its place. */
static bool find_target(fz_stage *stage, GError **error)
{
    struct stat link;
    char *real = realpath(stage->path, NULL);

    if (real) {
        stage->target = g_strdup(real);
        free(real);
        stage->old = open(stage->target, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (stage->old < 0)
            return fail(stage, errno, error);
    } else {
        stage->target = g_strdup(stage->path);
        stage->renames = lstat(stage->path, &link) != 0; /* else a link to a file that is not there */
    }
    stage->folder = g_path_get_dirname(stage->target);
    return true;
}

/* The name is for systems, and file systems, whose files always have one. */
static int open_in(fz_stage *stage, const char *folder)
{
    int fd = -1;

    if (access("/proc/self/fd", X_OK) == 0)
        fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (fd >= 0)
        return fd;
    stage->temporary = g_build_filename(folder, ".flowzone.XXXXXX", NULL);
    fd = g_mkstemp_full(stage->temporary, O_RDWR | O_CLOEXEC, 0644);
    if (fd < 0)
        g_clear_pointer(&stage->temporary, g_free);
    return fd;
}

/* In the owner's name: whoever read the file that was there reads the one that takes its place. */
static bool take_after(const fz_stage *stage)
{
    struct stat old, mine;

    if (stage->old < 0)
        return true;
    if (fstat(stage->old, &old) != 0 || fstat(stage->fd, &mine) != 0 || old.st_nlink != 1)
        return false;
    if ((old.st_uid != mine.st_uid || old.st_gid != mine.st_gid) && fchown(stage->fd, old.st_uid, old.st_gid) != 0)
        return false;
    return fchmod(stage->fd, old.st_mode & MODE_BITS) == 0;
}

fz_stage *fz_stage_new(const char *path, GError **error)
{
    fz_stage *stage = g_new(fz_stage, 1);

    *stage = (fz_stage){.path = g_strdup(path), .fd = -1, .old = -1};
    if (!find_target(stage, error)) {
        fz_stage_free(stage);
        return NULL;
    }
    stage->fd = open_in(stage, stage->folder);
    int fault = errno;
    stage->renames = stage->fd >= 0 && (stage->renames || (stage->old >= 0 && take_after(stage)));
    if (stage->fd < 0 && stage->old >= 0)
        stage->fd = open_in(stage, g_get_tmp_dir());
    if (stage->fd >= 0)
        return stage;
    fail(stage, fault, error);
    fz_stage_free(stage);
    return NULL;
}

int fz_stage_fd(const fz_stage *stage)
{
    return stage->fd;
}

/* A file without a name gets one beside its place: no call links over another. */
static bool name_it(fz_stage *stage)
{
    g_autofree char *from = g_strdup_printf("/proc/self/fd/%d", stage->fd);

    for (int tries = 0; !stage->temporary && tries < 100; tries++) {
        g_autofree char *name = g_strdup_printf("%s/.flowzone.%08x", stage->folder, g_random_int());
        if (linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
            stage->temporary = g_steal_pointer(&name);
        else if (errno != EEXIST)
            return false;
    }
    return stage->temporary != NULL;
}

static bool put_in_place(fz_stage *stage)
{
    if (!stage->renames || !name_it(stage) || rename(stage->temporary, stage->target) != 0)
        return false;
    g_clear_pointer(&stage->temporary, g_free);
    return true;
}

static bool copy_into(const fz_stage *stage, int to, GError **error)
{
    g_autofree char *bytes = g_malloc(COPY_BYTES);
    ssize_t got = 0;

    if (ftruncate(to, 0) != 0 || lseek(stage->fd, 0, SEEK_SET) != 0)
        return fail(stage, errno, error);
    while ((got = read(stage->fd, bytes, COPY_BYTES)) > 0)
        if (!fz_write_all(to, bytes, (size_t)got, error)) {
            g_prefix_error(error, "out=%s: ", stage->path);
            return false;
        }
    return got == 0 || fail(stage, errno, error);
}

static bool copy(fz_stage *stage, GError **error)
{
    if (stage->old < 0)
        stage->old = open(stage->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    if (stage->old < 0)
        return fail(stage, errno, error);
    bool done = copy_into(stage, stage->old, error);
    if (close(stage->old) != 0 && done)
        done = fail(stage, errno, error);
    stage->old = -1;
    return done;
}

bool fz_stage_commit(fz_stage *stage, GError **error)
{
    bool done = put_in_place(stage) || copy(stage, error);

    if (close(stage->fd) != 0 && done)
        done = fail(stage, errno, error);
    stage->fd = -1;
    return done;
}

void fz_stage_free(fz_stage *stage)
{
    if (!stage)
        return;
    if (stage->temporary)
        unlink(stage->temporary);
    if (stage->fd >= 0)
        close(stage->fd);
    if (stage->old >= 0)
        close(stage->old);
    g_free(stage->temporary);
    g_free(stage->path);
    g_free(stage->target);
    g_free(stage->folder);
    g_free(stage);
}
