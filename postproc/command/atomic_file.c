/* A file that appears under its name once it is complete.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "atomic_file.h"

#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16, MODE_BITS = 0777, LINKS_MOST = 40 };

struct fz_atomic_file {
    char *path;   /* as it was given, for errors */
    char *target; /* without links */
    char *folder;
    char *temporary; /* its name until it is committed; NULL: it has none */
    int fd, old;     /* old: the file that was there, -1: none was */
    bool renames;    /* it is in the folder of `target` */
};

static bool fail(const fz_atomic_file *file, int fault, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "out=%s: cannot be written: %s", file->path,
                g_strerror(fault));
    return false;
}

static bool is_open_at(int fd, const struct stat *about)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_dev == about->st_dev && status.st_ino == about->st_ino;
}

bool fz_atomic_file_fits(const char *path)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return *path != '\0';
    return S_ISREG(about.st_mode) && !is_open_at(STDOUT_FILENO, &about) && !is_open_at(STDERR_FILENO, &about);
}

/* Where a link, or links one after another, would make a file. */
static char *follow(const char *path)
{
    char *at = g_strdup(path);

    for (int i = 0; i < LINKS_MOST; i++) {
        g_autofree char *to = g_file_read_link(at, NULL);
        if (!to)
            break;
        g_autofree char *folder = g_path_get_dirname(at);
        g_free(at);
        at = g_path_is_absolute(to) ? g_strdup(to) : g_build_filename(folder, to, NULL);
    }
    return at;
}

static char *real_path(const char *path)
{
    char *real = realpath(path, NULL), *copy = g_strdup(real);

    free(real);
    return copy;
}

char *fz_atomic_file_place(const char *path)
{
    char *real = real_path(path);

    if (real)
        return real;
    g_autofree char *at = follow(path), *base = g_path_get_basename(at), *parent = g_path_get_dirname(at);
    g_autofree char *folder = real_path(parent);
    return folder ? g_build_filename(folder, base, NULL) : NULL;
}

/* An existing file must be writable for us, even if it is replaced. */
static bool find_target(fz_atomic_file *file, GError **error)
{
    file->target = real_path(file->path);
    if (file->target) {
        file->old = open(file->target, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (file->old < 0)
            return fail(file, errno, error);
    } else {
        if (errno != ENOENT)
            return fail(file, errno, error);
        file->target = follow(file->path);
        file->renames = true;
    }
    file->folder = g_path_get_dirname(file->target);
    return true;
}

/* `temporary` is set if the system or the file system has no files without a name. */
static int open_in(fz_atomic_file *file, const char *folder)
{
    int fd = -1;

    if (access("/proc/self/fd", X_OK) == 0)
        fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (fd >= 0)
        return fd;
    file->temporary = g_build_filename(folder, ".flowzone.XXXXXX", NULL);
    fd = g_mkstemp_full(file->temporary, O_RDWR | O_CLOEXEC, 0644);
    if (fd < 0)
        g_clear_pointer(&file->temporary, g_free);
    return fd;
}

/* Sets mode and owner of the old file: users who could read that can read the new one. */
static bool take_after(const fz_atomic_file *file)
{
    struct stat old, mine;

    if (file->old < 0)
        return true;
    if (fstat(file->old, &old) != 0 || fstat(file->fd, &mine) != 0 || old.st_nlink != 1)
        return false;
    if ((old.st_uid != mine.st_uid || old.st_gid != mine.st_gid) && fchown(file->fd, old.st_uid, old.st_gid) != 0)
        return false;
    return fchmod(file->fd, old.st_mode & MODE_BITS) == 0;
}

fz_atomic_file *fz_atomic_file_new(const char *path, GError **error)
{
    fz_atomic_file *file = g_new(fz_atomic_file, 1);

    *file = (fz_atomic_file){.path = g_strdup(path), .fd = -1, .old = -1};
    if (!find_target(file, error)) {
        fz_atomic_file_free(file);
        return NULL;
    }
    file->fd = open_in(file, file->folder);
    int fault = errno;
    file->renames = file->fd >= 0 && (file->renames || (file->old >= 0 && take_after(file)));
    if (file->fd < 0 && file->old >= 0)
        file->fd = open_in(file, g_get_tmp_dir());
    if (file->fd >= 0)
        return file;
    fail(file, fault, error);
    fz_atomic_file_free(file);
    return NULL;
}

int fz_atomic_file_fd(const fz_atomic_file *file)
{
    return file->fd;
}

/* Gives a file without a name a temporary one next to its target: linkat() cannot replace a file. */
static bool name_it(fz_atomic_file *file)
{
    g_autofree char *from = g_strdup_printf("/proc/self/fd/%d", file->fd);

    for (int tries = 0; !file->temporary && tries < 100; tries++) {
        g_autofree char *name = g_strdup_printf("%s/.flowzone.%08x", file->folder, g_random_int());

        if (linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
            file->temporary = g_steal_pointer(&name);
        else if (errno != EEXIST)
            return false;
    }
    return file->temporary != NULL;
}

static bool put_in_place(fz_atomic_file *file)
{
    if (!file->renames || !name_it(file) || rename(file->temporary, file->target) != 0)
        return false;
    g_clear_pointer(&file->temporary, g_free);
    return true;
}

static bool copy_into(const fz_atomic_file *file, int to, GError **error)
{
    g_autofree char *bytes = g_malloc(COPY_BYTES);
    ssize_t got = 0;

    if (ftruncate(to, 0) != 0 || lseek(file->fd, 0, SEEK_SET) != 0)
        return fail(file, errno, error);
    while ((got = read(file->fd, bytes, COPY_BYTES)) > 0)
        if (!fz_write_all(to, bytes, (size_t)got, error)) {
            g_prefix_error(error, "out=%s: ", file->path);
            return false;
        }
    return got == 0 || fail(file, errno, error);
}

static bool copy(fz_atomic_file *file, GError **error)
{
    const bool made = file->old < 0;

    if (made)
        file->old = open(file->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0644);
    if (file->old < 0)
        return fail(file, errno, error);
    bool done = copy_into(file, file->old, error);
    if (close(file->old) != 0 && done)
        done = fail(file, errno, error);
    file->old = -1;
    if (made && !done)
        unlink(file->target);
    return done;
}

bool fz_atomic_file_commit(fz_atomic_file *file, GError **error)
{
    bool done = put_in_place(file) || copy(file, error);

    if (close(file->fd) != 0 && done)
        done = fail(file, errno, error);
    file->fd = -1;
    return done;
}

void fz_atomic_file_free(fz_atomic_file *file)
{
    if (!file)
        return;
    if (file->temporary)
        unlink(file->temporary);
    if (file->fd >= 0)
        close(file->fd);
    if (file->old >= 0)
        close(file->old);
    g_free(file->temporary);
    g_free(file->path);
    g_free(file->target);
    g_free(file->folder);
    g_free(file);
}
