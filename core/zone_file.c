/* The file of a zone table: any regular one, up to a size.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zone_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool fail_read(const char *path, const char *why, GError **error)
{
    g_set_error(error, FZ_ZONE_ERROR, FZ_ZONE_ERROR_READ, "%s: %s", path, why);
    return false;
}

#define TOO_LARGE "is over 256 MiB, too large for a CSV file of zones"
G_STATIC_ASSERT(FZ_ZONE_FILE_MAX == 256u << 20);

/* /dev/null by any name, which has no rows on purpose. */
static bool is_null_device(const struct stat *status)
{
    return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3);
}

/* A pipe or another device might never end, or block: only regular files are read. */
static bool check_readable(int fd, const char *path, bool *is_null, GError **error)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return fail_read(path, g_strerror(errno), error);
    *is_null = is_null_device(&status);
    if (*is_null)
        return true;
    if (S_ISDIR(status.st_mode))
        return fail_read(path, "is a directory; expected a CSV file of zones", error);
    if (!S_ISREG(status.st_mode))
        return fail_read(path, "is not a regular file; expected a CSV file of zones", error);
    if (status.st_size > (off_t)FZ_ZONE_FILE_MAX)
        return fail_read(path, TOO_LARGE, error);
    return true;
}

static bool read_to_end(int fd, const char *path, GByteArray *bytes, GError **error)
{
    uint8_t block[65536];
    ssize_t size;

    while ((size = read(fd, block, sizeof block)) != 0) {
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fail_read(path, g_strerror(errno), error);
        if (bytes->len + (size_t)size > FZ_ZONE_FILE_MAX)
            return fail_read(path, TOO_LARGE, error);
        g_byte_array_append(bytes, block, (guint)size);
    }
    return true;
}

static GByteArray *read_file(const char *path, bool *is_null, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool good;

    if (fd < 0) {
        fail_read(path, g_strerror(errno), error);
        return NULL;
    }
    good = check_readable(fd, path, is_null, error) && read_to_end(fd, path, bytes, error);
    close(fd);
    return good ? g_steal_pointer(&bytes) : NULL;
}

fz_zone_table *fz_zone_table_check(const char *path, const char *location, fz_zone_problem problem, void *user,
                                   GError **error)
{
    bool is_null;
    g_autoptr(GByteArray) bytes = read_file(path, &is_null, error);

    if (!bytes)
        return NULL;
    return fz_zone_table_parse_all(path, (const char *)bytes->data, bytes->len, location, problem, user, error);
}

fz_zone_table *fz_zone_table_read(const char *path, const char *location, fz_zone_warning warn, void *user,
                                  GError **error)
{
    bool is_null;
    g_autoptr(GByteArray) bytes = read_file(path, &is_null, error);

    if (!bytes)
        return NULL;
    return fz_zone_table_parse(path, (const char *)bytes->data, bytes->len, location, is_null ? NULL : warn, user,
                               error);
}
