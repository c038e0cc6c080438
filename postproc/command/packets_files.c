/* The folders of captures, each listed once.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets_files.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NANOSECONDS = 1000000000 };

G_DEFINE_QUARK(fz - packets - files - error - quark, fz_packets_files_error)

/* A folder, open, and the names in it. */
typedef struct folder {
    int fd;
    GHashTable *names; /* bytes, by the text that a ledger has for them */
    GArray *sizes;     /* of file_size; NULL: not looked at */
} folder;

typedef struct file_size {
    const char *name;
    uint64_t size;
    int64_t written_ns;
} file_size;

struct fz_packets_files {
    const char *ring;
    GHashTable *folders; /* by path */
};

static void free_folder(gpointer data)
{
    folder *there = data;

    close(there->fd);
    g_hash_table_unref(there->names);
    if (there->sizes)
        g_array_free(there->sizes, TRUE);
    g_free(there);
}

fz_packets_files *fz_packets_files_new(const char *ring)
{
    fz_packets_files *files = g_new(fz_packets_files, 1);

    *files = (fz_packets_files){
        .ring = ring,
        .folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_folder),
    };
    return files;
}

void fz_packets_files_free(fz_packets_files *files)
{
    if (!files)
        return;
    g_hash_table_unref(files->folders);
    g_free(files);
}

static bool fail(fz_packets_files_error code, const char *path, const char *why, GError **error)
{
    g_autofree char *shown = fz_text_word(path);

    g_set_error(error, FZ_PACKETS_FILES_ERROR, code, "%s: %s", shown, why);
    return false;
}

/* The path of a capture's folder; the caller frees. NULL: not known. */
static char *path_of(const fz_packets_files *files, const fz_wanted_capture *capture)
{
    if (files->ring)
        return g_strdup(files->ring);
    char *path = fz_text_name_bytes(capture->folder);
    if (path && g_path_is_absolute(path))
        return path;
    g_free(path);
    return NULL;
}

char *fz_packets_files_folder(const fz_packets_files *files, const fz_wanted_capture *capture)
{
    g_autofree char *path = path_of(files, capture);

    return path ? fz_text_word(path) : g_strdup("a folder that is not known");
}

static GHashTable *list_names(int fd)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = again >= 0 ? fdopendir(again) : NULL;
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const struct dirent *entry;

    if (!listing) {
        if (again >= 0)
            close(again);
        return names;
    }
    while ((entry = readdir(listing)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            g_hash_table_insert(names, fz_text_name(entry->d_name), g_strdup(entry->d_name));
    closedir(listing);
    return names;
}

static folder *open_folder(fz_packets_files *files, const char *path, GError **error)
{
    folder *there = g_hash_table_lookup(files->folders, path);

    if (there)
        return there;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        fail(FZ_PACKETS_FILES_ERROR_FOLDER, path, g_strerror(errno), error);
        return NULL;
    }
    there = g_new(folder, 1);
    *there = (folder){.fd = fd, .names = list_names(fd)};
    g_hash_table_insert(files->folders, g_strdup(path), there);
    return there;
}

/* Links are not followed: the link itself has no size and time of a capture. */
static void look_at_sizes(folder *there)
{
    GHashTableIter each;
    gpointer name;
    struct stat about;

    there->sizes = g_array_new(FALSE, FALSE, sizeof(file_size));
    g_hash_table_iter_init(&each, there->names);
    while (g_hash_table_iter_next(&each, NULL, &name)) {
        if (fstatat(there->fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
            continue;
        const fz_file_state state = fz_file_state_of(&about);
        const file_size one = {name, state.size, state.written_ns};
        g_array_append_val(there->sizes, one);
    }
}

static void free_file(gpointer data)
{
    fz_packets_file *file = data;

    g_free(file->path);
    g_free(file);
}

static void add(GPtrArray *found, const char *path, const folder *there, const char *name)
{
    for (guint i = 0; i < found->len; i++)
        if (strcmp(((fz_packets_file *)found->pdata[i])->name, name) == 0)
            return;
    fz_packets_file *file = g_new(fz_packets_file, 1);
    *file = (fz_packets_file){.folder = there->fd, .name = name, .path = g_build_filename(path, name, NULL)};
    g_ptr_array_add(found, file);
}

static void add_named(GPtrArray *found, const char *path, const folder *there, const char *text)
{
    const char *name = g_hash_table_lookup(there->names, text);

    if (name)
        add(found, path, there, name);
}

static const char *const suffixes[] = {".gz", ".zst", ".lz4"};

static bool is_compressed(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
        if (g_str_has_suffix(name, suffixes[i]))
            return true;
    return false;
}

/* The file of the ledger's name, and what compressing or expanding it makes of that name. */
static void find_by_name(GPtrArray *found, const char *path, const folder *there, const char *source)
{
    g_autofree char *base = g_path_get_basename(source);

    add_named(found, path, there, base);
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *longer = g_strconcat(base, suffixes[i], NULL);
        add_named(found, path, there, longer);
        if (!g_str_has_suffix(base, suffixes[i]))
            continue;
        g_autofree char *shorter = g_strndup(base, strlen(base) - strlen(suffixes[i]));
        add_named(found, path, there, shorter);
    }
}

/* Whether two times are equal, as far as what copied or compressed a file keeps them: some keep whole seconds. */
static bool is_same_time(int64_t now_ns, int64_t was_ns)
{
    const int64_t part_ns = was_ns % NANOSECONDS;

    return now_ns == was_ns || now_ns == was_ns - part_ns;
}

/* Files of the capture's time under any name: with its size, or without, where one of the two is compressed. */
static void find_by_state(GPtrArray *found, const char *path, const folder *there, const fz_wanted_capture *capture,
                          bool resized)
{
    const bool was = is_compressed(capture->source);

    for (guint i = 0; i < there->sizes->len; i++) {
        const file_size *one = &g_array_index(there->sizes, file_size, i);

        if (is_same_time(one->written_ns, capture->written_ns) &&
            (resized ? is_compressed(one->name) != was : one->size == capture->capture_bytes))
            add(found, path, there, one->name);
    }
}

GPtrArray *fz_packets_files_find(fz_packets_files *files, const fz_wanted_capture *capture, GError **error)
{
    g_autofree char *path = path_of(files, capture);

    if (!path) {
        g_set_error_literal(error, FZ_PACKETS_FILES_ERROR, FZ_PACKETS_FILES_ERROR_FOLDER,
                            "the ledger does not say in which folder it was: give --ring");
        return NULL;
    }
    folder *there = open_folder(files, path, error);
    if (!there)
        return NULL;
    GPtrArray *found = g_ptr_array_new_with_free_func(free_file);
    find_by_name(found, path, there, capture->source);
    if (capture->capture_bytes == 0)
        return found;
    if (!there->sizes)
        look_at_sizes(there);
    find_by_state(found, path, there, capture, false);
    find_by_state(found, path, there, capture, true);
    return found;
}

bool fz_packets_file_open(const fz_packets_file *file, fz_input *input, GError **error)
{
    struct stat about;

    *input = (fz_input){.name = file->path, .seekable = true};
    input->fd = openat(file->folder, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (input->fd < 0)
        return fail(FZ_PACKETS_FILES_ERROR_FILE, file->path,
                    errno == ELOOP ? "is a link, which is not followed" : g_strerror(errno), error);
    if (fstat(input->fd, &about) == 0 && S_ISREG(about.st_mode)) {
        input->opened = fz_file_state_of(&about);
        input->size = input->opened.size;
        return true;
    }
    fz_input_close(input);
    return fail(FZ_PACKETS_FILES_ERROR_FILE, file->path, "is not a regular file", error);
}
