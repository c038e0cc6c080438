/* Files without a name, behind an SQLite VFS (sqlite.org/vfs.html) that hands them out and takes them back.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * O_TMPFILE makes a file that never had a name, so there is no moment at which a kill could leave one behind. What the
 * files hold is this process's alone: locks and syncs do nothing. */
#include "sqlite_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The database, and what a statement may need at a time: two files each sort, one each table that it makes. */
enum { FILES = 16 };

#define MOST_BYTES (UINT64_C(64) << 30)

struct fz_sqlite_scratch {
    sqlite3_vfs vfs, *system;
    int fds[FILES];
    bool taken[FILES];
    char *name;
    char *folder; /* NULL: memory */
    bool of_ulimit;
    uint64_t limit, used; /* bytes of all files */
    int fault;            /* why the last write failed; 0: the limit */
};

/* An open file of SQLite's. */
typedef struct scratch_file {
    sqlite3_file base;
    fz_sqlite_scratch *scratch;
    int at;     /* which one */
    off_t size; /* bytes */
} scratch_file;

static int read_file(sqlite3_file *base, void *to, int count, sqlite3_int64 offset)
{
    const scratch_file *file = (const scratch_file *)base;
    int done = 0;

    while (done < count) {
        ssize_t got = pread(file->scratch->fds[file->at], (char *)to + done, (size_t)(count - done), offset + done);
        if (got < 0 && errno != EINTR)
            return SQLITE_IOERR_READ;
        if (got == 0) {
            memset((char *)to + done, 0, (size_t)(count - done));
            return SQLITE_IOERR_SHORT_READ;
        }
        done += (int)MAX(got, 0);
    }
    return SQLITE_OK;
}

static int fail_write(fz_sqlite_scratch *scratch, int fault)
{
    scratch->fault = fault;
    return fault == 0 || fault == ENOSPC || fault == EDQUOT || fault == EFBIG ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int write_file(sqlite3_file *base, const void *from, int count, sqlite3_int64 offset)
{
    scratch_file *file = (scratch_file *)base;
    fz_sqlite_scratch *scratch = file->scratch;
    const off_t grown = MAX(file->size, offset + count) - file->size;
    int done = 0;

    if (scratch->used + (uint64_t)grown > scratch->limit)
        return fail_write(scratch, 0);
    while (done < count) {
        ssize_t put = pwrite(scratch->fds[file->at], (const char *)from + done, (size_t)(count - done), offset + done);
        if (put < 0 && errno != EINTR)
            return fail_write(scratch, errno);
        done += (int)MAX(put, 0);
    }
    file->size += grown;
    scratch->used += (uint64_t)grown;
    return SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size)
{
    scratch_file *file = (scratch_file *)base;

    if (size >= file->size)
        return SQLITE_OK;
    if (ftruncate(file->scratch->fds[file->at], size) != 0)
        return SQLITE_IOERR_TRUNCATE;
    file->scratch->used -= (uint64_t)(file->size - size);
    file->size = size;
    return SQLITE_OK;
}

static int close_file(sqlite3_file *base)
{
    scratch_file *file = (scratch_file *)base;
    int code = truncate_file(base, 0);

    file->scratch->taken[file->at] = false;
    return code;
}

static int sync_file(sqlite3_file *base, int flags)
{
    (void)base, (void)flags;
    return SQLITE_OK;
}

static int size_file(sqlite3_file *base, sqlite3_int64 *size)
{
    *size = ((scratch_file *)base)->size;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *base, int kind)
{
    (void)base, (void)kind;
    return SQLITE_OK;
}

static int is_reserved(sqlite3_file *base, int *reserved)
{
    (void)base;
    *reserved = 0;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *base, int what, void *argument)
{
    (void)base, (void)what, (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_bytes(sqlite3_file *base)
{
    (void)base;
    return 4096;
}

static int traits(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_file,
    .xLock = lock_file,
    .xUnlock = lock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control_file,
    .xSectorSize = sector_bytes,
    .xDeviceCharacteristics = traits,
};

static fz_sqlite_scratch *scratch_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static bool is_store(const char *name)
{
    return g_strcmp0(name, FZ_SQLITE_SCRATCH_STORE) == 0;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out)
{
    fz_sqlite_scratch *scratch = scratch_of(vfs);
    scratch_file *file = (scratch_file *)base;
    int at = 0;

    if (name && !is_store(name))
        return scratch->system->xOpen(scratch->system, name, base, flags, out);
    base->pMethods = NULL;
    while (at < FILES && scratch->taken[at])
        at++;
    if (at == FILES) {
        errno = EMFILE;
        return SQLITE_CANTOPEN;
    }
    scratch->taken[at] = true;
    *file = (scratch_file){.base.pMethods = &methods, .scratch = scratch, .at = at};
    if (out)
        *out = flags;
    return SQLITE_OK;
}

static int name_file(sqlite3_vfs *vfs, const char *name, int size, char *whole)
{
    sqlite3_vfs *system = scratch_of(vfs)->system;

    if (!is_store(name))
        return system->xFullPathname(system, name, size, whole);
    g_strlcpy(whole, name, (gsize)size);
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    sqlite3_vfs *system = scratch_of(vfs)->system;

    return system->xDelete(system, name, sync);
}

/* The store has no journal or log on the disk: what has such a name is another's. */
static int find_file(sqlite3_vfs *vfs, const char *name, int flags, int *found)
{
    sqlite3_vfs *system = scratch_of(vfs)->system;

    if (!g_str_has_prefix(name, FZ_SQLITE_SCRATCH_STORE))
        return system->xAccess(system, name, flags, found);
    *found = 0;
    return SQLITE_OK;
}

static bool open_all(fz_sqlite_scratch *scratch, const char *folder)
{
    for (int i = 0; i < FILES; i++) {
        scratch->fds[i] = folder ? open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600)
                                 : memfd_create("flowzone", MFD_CLOEXEC);
        if (scratch->fds[i] >= 0)
            continue;
        int fault = errno;
        while (i-- > 0)
            close(scratch->fds[i]);
        errno = fault;
        return false;
    }
    scratch->folder = g_strdup(folder);
    return true;
}

static bool open_anywhere(fz_sqlite_scratch *scratch)
{
    const char *wanted = g_getenv("TMPDIR");

    return (wanted && *wanted && open_all(scratch, wanted)) || open_all(scratch, "/var/tmp") ||
           open_all(scratch, "/tmp") || open_all(scratch, NULL);
}

static uint64_t free_bytes(const fz_sqlite_scratch *scratch)
{
    struct statvfs about;

    if (!scratch->folder)
        return (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return fstatvfs(scratch->fds[0], &about) == 0 ? (uint64_t)about.f_bavail * about.f_frsize : MOST_BYTES;
}

static void set_limit(fz_sqlite_scratch *scratch)
{
    struct rlimit most;

    scratch->limit = MIN(free_bytes(scratch) / 2, MOST_BYTES);
    scratch->of_ulimit = getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < scratch->limit;
    if (scratch->of_ulimit)
        scratch->limit = most.rlim_cur;
}

fz_sqlite_scratch *fz_sqlite_scratch_new(void)
{
    fz_sqlite_scratch *scratch = g_new0(fz_sqlite_scratch, 1);

    if (!open_anywhere(scratch)) {
        g_free(scratch);
        return NULL;
    }
    set_limit(scratch);
    scratch->name = g_strdup_printf("flowzone-%p", (void *)scratch);
    scratch->system = sqlite3_vfs_find(NULL);
    scratch->vfs = *scratch->system; /* time, random numbers and libraries are the system's */
    scratch->vfs.iVersion = 2;
    scratch->vfs.pNext = NULL;
    scratch->vfs.pAppData = scratch;
    scratch->vfs.zName = scratch->name;
    scratch->vfs.szOsFile = MAX(scratch->system->szOsFile, (int)sizeof(scratch_file));
    scratch->vfs.xOpen = open_file;
    scratch->vfs.xDelete = delete_file;
    scratch->vfs.xAccess = find_file;
    scratch->vfs.xFullPathname = name_file;
    sqlite3_vfs_register(&scratch->vfs, 0);
    return scratch;
}

void fz_sqlite_scratch_free(fz_sqlite_scratch *scratch)
{
    if (!scratch)
        return;
    sqlite3_vfs_unregister(&scratch->vfs);
    for (int i = 0; i < FILES; i++)
        close(scratch->fds[i]);
    g_free(scratch->folder);
    g_free(scratch->name);
    g_free(scratch);
}

const char *fz_sqlite_scratch_vfs(const fz_sqlite_scratch *scratch)
{
    return scratch->name;
}

char *fz_sqlite_scratch_why(const fz_sqlite_scratch *scratch)
{
    const char *where = scratch->folder ? scratch->folder : "memory";
    const bool large = scratch->limit >= UINT64_C(1000000000);
    g_autofree char *most =
        g_strdup_printf("%.1f %s", (double)scratch->limit / (large ? 1e9 : 1e6), large ? "GB" : "MB");

    if (scratch->fault)
        return g_strdup_printf("%s, in %s", g_strerror(scratch->fault), where);
    if (scratch->of_ulimit)
        return g_strdup_printf("may have %s (ulimit -f)", most);
    return g_strdup_printf("may have %s, half of what was free in %s", most, where);
}
