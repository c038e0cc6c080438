/* The folder of a ring: what is in it, in which order, and whether it is complete.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring.h"

#include "keep.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - ring - error - quark, fz_ring_error)

static const char *const usual_names[] = {"*pcap*", "*.cap"};

struct fz_ring {
    char *path;
    char *real; /* the same without links */
    int folder;
    GPtrArray *wanted; /* of fz_ring_scheme: a name must match one of them */
    GPtrArray *known;  /* the schemes that tell the time; NULL: the wanted one does */
};

static void free_scheme(void *data)
{
    fz_ring_scheme_free(data);
}

static bool add_scheme(GPtrArray *to, const char *pattern, GError **error)
{
    fz_ring_scheme *scheme = fz_ring_scheme_read(pattern, error);

    if (scheme)
        g_ptr_array_add(to, scheme);
    return scheme != NULL;
}

static bool read_schemes(fz_ring *ring, const char *pattern, GError **error)
{
    bool good = true;

    if (pattern)
        good = add_scheme(ring->wanted, pattern, error);
    for (size_t i = 0; i < G_N_ELEMENTS(usual_names) && !pattern; i++)
        good = good && add_scheme(ring->wanted, usual_names[i], error);
    if (good && !(pattern && fz_ring_scheme_has_time(ring->wanted->pdata[0])))
        ring->known = fz_ring_known_schemes();
    return good;
}

static bool fail(fz_ring_error code, const char *what, GError **error)
{
    int fault = errno;

    g_set_error(error, FZ_RING_ERROR, code, "%s%s%s", what ? what : "", what ? ": " : "", g_strerror(fault));
    return false;
}

/* Where an open folder is now. NULL: not known. */
static char *real_path(int folder)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", folder);

    return g_file_read_link(link, NULL);
}

fz_ring *fz_ring_open(const char *path, const char *pattern, GError **error)
{
    fz_ring *ring = g_new0(fz_ring, 1);

    ring->path = g_strdup(path);
    ring->folder = -1;
    ring->wanted = g_ptr_array_new_with_free_func(free_scheme);
    if (read_schemes(ring, pattern, error)) {
        ring->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ring->real = ring->folder < 0 ? NULL : real_path(ring->folder);
        if (ring->folder >= 0)
            return ring;
        fail(FZ_RING_ERROR_FOLDER, path, error);
    }
    fz_ring_free(ring);
    return NULL;
}

void fz_ring_free(fz_ring *ring)
{
    if (!ring)
        return;
    if (ring->folder >= 0)
        close(ring->folder);
    g_ptr_array_unref(ring->wanted);
    if (ring->known)
        g_ptr_array_unref(ring->known);
    g_free(ring->path);
    g_free(ring->real);
    g_free(ring);
}

int fz_ring_descriptor(const fz_ring *ring)
{
    return ring->folder;
}

const char *fz_ring_folder(const fz_ring *ring)
{
    return ring->real;
}

void fz_ring_file_free(fz_ring_file *file)
{
    if (!file)
        return;
    fz_ring_name_clear(&file->when);
    fz_keep_free(file, sizeof *file + file->text_size);
}

/* Its two names follow it in memory, as one text if they are equal. */
static fz_ring_file *new_file(const char *name)
{
    g_autofree char *shown = fz_text_word(name);
    size_t name_size = strlen(name) + 1, shown_size = strcmp(name, shown) != 0 ? strlen(shown) + 1 : 0;
    fz_ring_file *file = fz_keep_new0(sizeof *file + name_size + shown_size);
    char *text = (char *)(file + 1);

    file->text_size = name_size + shown_size;
    file->name = memcpy(text, name, name_size);
    file->shown = shown_size ? memcpy(text + name_size, shown, shown_size) : text;
    return file;
}

void fz_ring_file_renew(fz_ring_file *file, fz_ring_file *there)
{
    const fz_ring_name before = file->when;

    file->oddity = there->oddity;
    file->when = there->when;
    file->state = there->state;
    file->last = there->last;
    there->when = before;
    fz_ring_file_free(there);
}

static void free_file(void *file)
{
    fz_ring_file_free(file);
}

/* Why it is not read, or NULL. */
static const char *find_oddity(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return NULL;
    case S_IFDIR:
        return "a directory";
    case S_IFLNK:
        return "a symbolic link that leaves the ring";
    case S_IFIFO:
        return "a named pipe";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

/* A link to another name of the same folder. */
static bool stays_inside(const fz_ring *ring, const char *name)
{
    char target[PATH_MAX];
    ssize_t size = readlinkat(ring->folder, name, target, sizeof target);

    return size > 0 && !memchr(target, '/', (size_t)size) && target[0] != '.';
}

bool fz_ring_wants(const fz_ring *ring, const char *name)
{
    for (guint i = 0; i < ring->wanted->len; i++)
        if (fz_ring_scheme_matches(ring->wanted->pdata[i], name))
            return true;
    return false;
}

fz_ring_file *fz_ring_look(const fz_ring *ring, const char *name)
{
    struct stat about;

    if (!strcmp(name, ".") || !strcmp(name, "..") || !fz_ring_wants(ring, name) ||
        fstatat(ring->folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
        (S_ISLNK(about.st_mode) && stays_inside(ring, name)))
        return NULL;
    fz_ring_file *file = new_file(name);
    file->oddity = find_oddity(about.st_mode);
    file->state = fz_file_state_of(&about);
    file->when =
        ring->known ? fz_ring_known_name(ring->known, name) : fz_ring_scheme_read_name(ring->wanted->pdata[0], name);
    return file;
}

static int compare_files(const void *a, const void *b)
{
    const fz_ring_file *left = *(fz_ring_file *const *)a, *right = *(fz_ring_file *const *)b;
    const fz_ring_name *one = &left->when, *two = &right->when;
    bool left_timed = one->time_s != FZ_RING_NO_TIME, right_timed = two->time_s != FZ_RING_NO_TIME;

    if (left_timed != right_timed)
        return left_timed ? -1 : 1;
    if (left_timed && one->time_s != two->time_s)
        return one->time_s < two->time_s ? -1 : 1;
    if (left_timed && one->part_us != two->part_us)
        return one->part_us < two->part_us ? -1 : 1;
    if (left_timed && one->number != two->number)
        return one->number < two->number ? -1 : 1;
    if (!left_timed && left->state.written_ns != right->state.written_ns)
        return left->state.written_ns < right->state.written_ns ? -1 : 1;
    return strcmp(left->name, right->name);
}

void fz_ring_sort(GPtrArray *files)
{
    g_ptr_array_sort(files, compare_files);
}

bool fz_ring_follows(const fz_ring_file *later, const fz_ring_file *earlier)
{
    const fz_ring_name *two = &later->when, *one = &earlier->when;
    bool is_sure = one->time_s == one->latest_s && two->time_s == two->latest_s;

    if (two->time_s > one->latest_s)
        return true;
    if (two->latest_s < one->time_s)
        return false;
    if (is_sure)
        return two->part_us != one->part_us ? two->part_us > one->part_us : two->number > one->number;
    return two->number >= one->number && later->state.written_ns > earlier->state.written_ns;
}

/* The latest file of a series by name, and the one written last. They may differ in the hour that is repeated when a
 * clock is set back. */
typedef struct ends {
    const fz_ring_file *named, *written;
} ends;

static void mark_last(GPtrArray *files)
{
    g_autoptr(GHashTable) series = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

    for (guint i = 0; i < files->len; i++) {
        const fz_ring_file *file = files->pdata[i];
        ends *found = file->when.series ? g_hash_table_lookup(series, file->when.series) : NULL;
        if (file->oddity || !file->when.series)
            continue;
        if (!found) {
            found = g_new0(ends, 1);
            g_hash_table_insert(series, file->when.series, found);
        }
        found->named = file;
        if (!found->written || file->state.written_ns > found->written->state.written_ns)
            found->written = file;
    }
    for (guint i = 0; i < files->len; i++) {
        fz_ring_file *file = files->pdata[i];
        const ends *found = file->when.series ? g_hash_table_lookup(series, file->when.series) : NULL;
        file->last =
            !file->oddity && !(found && (fz_ring_follows(found->named, file) || fz_ring_follows(found->written, file)));
    }
}

GPtrArray *fz_ring_list(const fz_ring *ring, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(free_file);
    int copy = openat(ring->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);

    if (!folder) {
        fail(FZ_RING_ERROR_FOLDER, ring->path, error);
        if (copy >= 0)
            close(copy);
        return NULL;
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(folder)); errno = 0) { /* NOLINT(concurrency-mt-unsafe): one thread */
        fz_ring_file *file = fz_ring_look(ring, entry->d_name);
        if (file)
            g_ptr_array_add(files, file);
    }
    bool done = errno == 0 || fail(FZ_RING_ERROR_FOLDER, ring->path, error);
    closedir(folder);
    fz_ring_sort(files);
    mark_last(files);
    return done ? g_steal_pointer(&files) : NULL;
}

bool fz_ring_is_there(const fz_ring *ring, const char *path)
{
    struct stat ours, there;

    return fstat(ring->folder, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

fz_ring_place fz_ring_find(const fz_ring *ring, const char *path)
{
    struct stat ours;

    if (fz_ring_is_there(ring, path))
        return FZ_RING_HERE;
    g_autofree char *now = realpath(path, NULL);
    if (now)
        return g_strcmp0(now, ring->real) != 0 ? FZ_RING_ELSEWHERE : FZ_RING_TAKEN_AWAY;
    g_autofree char *real = real_path(ring->folder);
    bool stays = fstat(ring->folder, &ours) == 0 && ours.st_nlink > 0 && real && !g_strcmp0(real, ring->real);
    return stays ? FZ_RING_NOWHERE : FZ_RING_TAKEN_AWAY;
}

int fz_ring_take(const fz_ring *ring, const char *name, fz_file_state *state, GError **error)
{
    struct stat about;
    int fd = openat(ring->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        fail(errno == ENOENT ? FZ_RING_ERROR_GONE : FZ_RING_ERROR_FILE, NULL, error);
        return -1;
    }
    const char *oddity = fstat(fd, &about) == 0 ? find_oddity(about.st_mode) : "of unknown kind";
    if (!oddity && fz_file_state_take(fd, state))
        return fd;
    if (oddity)
        g_set_error(error, FZ_RING_ERROR, FZ_RING_ERROR_FILE, "%s, expected a regular file", oddity);
    else
        fail(FZ_RING_ERROR_FILE, NULL, error);
    close(fd);
    return -1;
}

int64_t fz_ring_rest_ns(const fz_file_state *state, int64_t now_ns)
{
    /* Every write updates the second one; the first one may be set to any time. */
    int64_t since_ns = MIN(state->written_ns, state->changed_ns);

    return since_ns < now_ns - G_MAXINT64 ? G_MAXINT64 : now_ns - since_ns;
}

bool fz_ring_is_complete(const fz_ring_file *file, int64_t now_ns, unsigned idle_s)
{
    return !file->last || fz_ring_rest_ns(&file->state, now_ns) >= (int64_t)idle_s * 1000000000;
}
