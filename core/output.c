/* Outputs: a path, a descriptor, or standard output.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include "descriptors.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool standard_closed;

static bool fail(GError **error, const char *name, const char *what, int fault)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(fault), "out=%s: %s: %s", name, what,
                g_strerror(fault));
    return false;
}

static bool refuse(GError **error, const char *name, const char *why)
{
    g_set_error(error, FZ_OPTIONS_ERROR, FZ_OPTIONS_ERROR_VALUE, "out=%s: %s", name, why);
    return false;
}

static bool is_writable(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

void fz_output_remember_standard(void)
{
    standard_closed = !is_writable(STDOUT_FILENO);
}

bool fz_output_has_standard(void)
{
    return !standard_closed && is_writable(STDOUT_FILENO);
}

static bool is_same(int fd, const struct stat *file)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_dev == file->st_dev && status.st_ino == file->st_ino;
}

/* Duplicates it: tshark closes standard output after printing packets, before our last bytes are written. */
static bool open_standard(fz_output *output, GError **error)
{
    if (!fz_output_has_standard())
        return refuse(error, output->name, "standard output is closed, or open for reading only");
    output->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (output->fd < 0)
        return fail(error, output->name, "cannot be duplicated", errno);
    output->owned = output->standard = output->begun = true;
    return true;
}

/* fd:N was opened by the process that started this one, which closes it. */
static bool open_inherited(fz_output *output, const char *number, GError **error)
{
    guint64 fd;

    if (!g_ascii_string_to_unsigned(number, 10, 0, G_MAXINT, &fd, NULL))
        return refuse(error, output->name, "expected fd:N with N a descriptor");
    if (fd == STDOUT_FILENO)
        return open_standard(output, error);
    if (fcntl((int)fd, F_GETFL) < 0)
        return fail(error, output->name, "no such descriptor", errno);
    if (!is_writable((int)fd))
        return fail(error, output->name, "open for reading only", EBADF);
    output->fd = (int)fd;
    return true;
}

/* For example /dev/stdout: opened again it would be another description, which begins at the start of the file. */
static bool is_standard(const char *path)
{
    struct stat file;

    return fz_output_has_standard() && stat(path, &file) == 0 && is_same(STDOUT_FILENO, &file);
}

static bool reads(int fd, void *file)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && is_same(fd, file);
}

/* Whether this process has the file open for reading: then it is the capture. */
static bool is_read(struct stat *file)
{
    return fz_descriptors_find(reads, file, NULL);
}

static int open_path(const char *path, bool *made)
{
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_CREAT | O_EXCL, 0644);

    *made = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd = open(path, flags | O_CREAT, 0644); /* O_CREAT: for a link to a file that does not exist */
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); /* a standard one is closed: do not take its place */
    close(fd);
    return higher;
}

static bool open_file(fz_output *output, GError **error)
{
    struct stat file;

    if (is_standard(output->name))
        return open_standard(output, error);
    output->fd = open_path(output->name, &output->made);
    if (output->fd < 0)
        return fail(error, output->name, "cannot be written", errno);
    output->owned = true;
    if (fstat(output->fd, &file) != 0)
        return fail(error, output->name, "cannot be written", errno);
    output->begun = !S_ISREG(file.st_mode);
    if (!output->begun && is_read(&file))
        return refuse(error, output->name, "is the capture itself");
    return true;
}

bool fz_output_open(fz_output *output, const char *name, int fd, GError **error)
{
    bool done = true;

    *output = (fz_output){.name = g_strdup(name ? name : "-"), .fd = fd, .begun = fd != 0};
    if (!strcmp(output->name, "-"))
        done = open_standard(output, error);
    else if (fd == 0 && g_str_has_prefix(output->name, "fd:"))
        done = open_inherited(output, output->name + strlen("fd:"), error);
    else if (fd == 0)
        done = open_file(output, error);
    if (!done)
        fz_output_clear(output);
    return done;
}

bool fz_output_begin(fz_output *output, GError **error)
{
    if (output->begun || !output->owned)
        return true;
    output->begun = true;
    return ftruncate(output->fd, 0) == 0 || fail(error, output->name, "cannot be written", errno);
}

bool fz_output_close(fz_output *output, GError **error)
{
    bool owned = output->owned;

    output->owned = false;
    return !owned || close(output->fd) == 0 || fail(error, output->name, "cannot be written", errno);
}

void fz_output_clear(fz_output *output)
{
    if (output->owned && output->made && !output->begun)
        unlink(output->name);
    fz_output_close(output, NULL);
    g_clear_pointer(&output->name, g_free);
    output->fd = -1;
}
