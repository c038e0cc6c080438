/* The cache of names, and its file, which is checked as if a stranger had written it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_cache.h"

#include "ptr_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE "flowzone names 1 "

/* What a clock may be behind the one that wrote the file. */
enum { CLOCK_STEP_S = 300 };

G_DEFINE_QUARK(fz - name - cache - error - quark, fz_name_cache_error)

struct fz_name_cache {
    GHashTable *entries; /* fz_name_entry, by its address */
};

fz_name_cache *fz_name_cache_new(void)
{
    fz_name_cache *cache = g_new(fz_name_cache, 1);

    cache->entries = g_hash_table_new_full(fz_addr_hash, fz_addr_equal, NULL, g_free);
    return cache;
}

void fz_name_cache_free(fz_name_cache *cache)
{
    if (!cache)
        return;
    g_hash_table_unref(cache->entries);
    g_free(cache);
}

static gboolean has_expired(gpointer key, gpointer entry, gpointer now_s)
{
    (void)key;
    return ((const fz_name_entry *)entry)->expires_s <= *(const int64_t *)now_s;
}

void fz_name_cache_put(fz_name_cache *cache, const fz_name_entry *entry)
{
    int64_t now_s = entry->asked_s;

    if (g_hash_table_size(cache->entries) >= FZ_NAME_CACHE_MAX)
        g_hash_table_foreach_remove(cache->entries, has_expired, &now_s);
    if (g_hash_table_size(cache->entries) >= FZ_NAME_CACHE_MAX)
        g_hash_table_remove_all(cache->entries);
    fz_name_entry *kept = g_memdup2(entry, sizeof *entry);
    g_hash_table_replace(cache->entries, &kept->addr, kept);
}

const fz_name_entry *fz_name_cache_find(const fz_name_cache *cache, const fz_addr *addr, int64_t now_s)
{
    const fz_name_entry *entry = g_hash_table_lookup(cache->entries, addr);

    return entry && entry->expires_s > now_s ? entry : NULL;
}

static bool parse_time(const char *text, int64_t *time_s)
{
    guint64 number;

    /* Far enough, and nothing overflows. */
    if (!g_ascii_string_to_unsigned(text, 10, 0, (guint64)1 << 40, &number, NULL))
        return false;
    *time_s = (int64_t)number;
    return true;
}

/* "192.0.2.1 1732700000 1732703600 host.example". */
static bool parse_line(const char *line, fz_name_entry *entry)
{
    g_auto(GStrv) parts = g_strsplit(line, " ", 5);
    const guint count = g_strv_length(parts);

    *entry = (fz_name_entry){.status = count == 4 ? FZ_NAME_KNOWN : FZ_NAME_NONE};
    if (count < 3 || count > 4 || !fz_addr_parse(parts[0], &entry->addr) || !parse_time(parts[1], &entry->asked_s) ||
        !parse_time(parts[2], &entry->expires_s))
        return false;
    return count == 3 || (fz_host_name_take(parts[3], strlen(parts[3]), entry->name) && !strcmp(parts[3], entry->name));
}

/* Whether it was asked before now, and would be kept so long. */
static bool is_of_now(const fz_name_entry *entry, int64_t now_s)
{
    const int64_t most_s = entry->status == FZ_NAME_KNOWN ? FZ_NAME_KEEP_MOST_S : FZ_NAME_NONE_MOST_S;

    return entry->asked_s <= now_s + CLOCK_STEP_S && entry->expires_s > now_s &&
           entry->expires_s <= entry->asked_s + most_s;
}

bool fz_name_entry_is_sound(const fz_name_entry *entry, int64_t now_s)
{
    const bool fits = entry->status == FZ_NAME_KNOWN ? fz_host_name_is_sound(entry->name)
                                                     : entry->status == FZ_NAME_NONE && entry->name[0] == '\0';

    return fits && fz_addr_is_sound(&entry->addr) && entry->asked_s >= 0 && is_of_now(entry, now_s);
}

static bool parse_lines(GHashTable *entries, char **lines, int64_t now_s, GError **error)
{
    for (size_t i = 0; lines[i] && (*lines[i] || lines[i + 1]); i++) {
        fz_name_entry entry;

        if (!parse_line(lines[i], &entry) || i >= FZ_NAME_CACHE_MAX) {
            g_set_error(error, FZ_NAME_CACHE_ERROR, FZ_NAME_CACHE_ERROR_LINE,
                        i < FZ_NAME_CACHE_MAX ? "line %zu: expected an address, two times and a name"
                                              : "line %zu: there are more than flowzone writes",
                        i + 2);
            return false;
        }
        if (!is_of_now(&entry, now_s))
            continue;
        fz_name_entry *kept = g_memdup2(&entry, sizeof entry);
        g_hash_table_replace(entries, &kept->addr, kept);
    }
    return true;
}

bool fz_name_cache_parse(fz_name_cache *cache, const char *text, size_t size, const char *servers, int64_t now_s,
                         GError **error)
{
    const bool whole = size == 0 || (!memchr(text, '\0', size) && text[size - 1] == '\n' && g_str_is_ascii(text));
    g_auto(GStrv) lines = g_strsplit(whole ? text : "", "\n", 0);

    if (size == 0)
        return true;
    if (!whole || !g_str_has_prefix(lines[0], FIRST_LINE)) {
        g_set_error_literal(error, FZ_NAME_CACHE_ERROR, FZ_NAME_CACHE_ERROR_LINE,
                            "line 1: expected a text that begins with \"" FIRST_LINE "\"");
        return false;
    }
    if (strcmp(lines[0] + strlen(FIRST_LINE), servers) != 0)
        return true;
    if (parse_lines(cache->entries, lines + 1, now_s, error))
        return true;
    g_hash_table_remove_all(cache->entries);
    return false;
}

static int compare_entries(gconstpointer a, gconstpointer b)
{
    return fz_addr_compare(a, b);
}

char *fz_name_cache_print(const fz_name_cache *cache, const char *servers, int64_t now_s)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_values(cache->entries), compare_entries);
    char addr[FZ_ADDR_TEXT_SIZE];

    g_string_append_printf(text, FIRST_LINE "%s\n", servers);
    for (const GList *at = sorted; at; at = at->next) {
        const fz_name_entry *entry = at->data;

        if (entry->status == FZ_NAME_FAILED || entry->expires_s <= now_s)
            continue;
        g_string_append_printf(text, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "%s%s\n",
                               fz_addr_print(&entry->addr, addr), entry->asked_s, entry->expires_s,
                               *entry->name ? " " : "", entry->name);
    }
    return g_string_free(text, FALSE);
}

char *fz_name_cache_path(void)
{
    return g_build_filename(g_get_user_cache_dir(), "flowzone", "names", NULL);
}

static bool fail(const char *path, const char *what, int fault, GError **error)
{
    g_set_error(error, FZ_NAME_CACHE_ERROR, FZ_NAME_CACHE_ERROR_FILE, "%s: %s%s%s", path, what, fault ? ": " : "",
                fault ? g_strerror(fault) : "");
    return false;
}

/* Whether an open file is one that this user alone can have written. */
static bool check_owner(int fd, const char *path, size_t *size, GError **error)
{
    struct stat about;

    if (fstat(fd, &about) != 0)
        return fail(path, "cannot be read", errno, error);
    if (!S_ISREG(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(path, "expected a file that is yours, and that nobody else may write to", 0, error);
    if (about.st_size > FZ_NAME_CACHE_FILE_MAX)
        return fail(path, "is longer than flowzone writes it", 0, error);
    *size = (size_t)about.st_size;
    return true;
}

static char *read_file(int fd, const char *path, size_t *size, GError **error)
{
    if (!check_owner(fd, path, size, error))
        return NULL;
    g_autofree char *text = g_malloc0(*size + 1);
    size_t have = 0;
    ssize_t got = 0;

    while (have < *size && (got = read(fd, text + have, *size - have)) > 0)
        have += (size_t)got;
    if (got < 0) {
        fail(path, "cannot be read", errno, error);
        return NULL;
    }
    *size = have;
    return g_steal_pointer(&text);
}

bool fz_name_cache_read(fz_name_cache *cache, const char *path, const char *servers, int64_t now_s, GError **error)
{
    size_t size;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT || fail(path, "cannot be read", errno, error);
    g_autofree char *text = read_file(fd, path, &size, error);
    close(fd);
    if (!text)
        return false;
    if (fz_name_cache_parse(cache, text, size, servers, now_s, error))
        return true;
    g_prefix_error(error, "%s: ", path);
    return false;
}

bool fz_name_cache_write(const fz_name_cache *cache, const char *path, const char *servers, int64_t now_s,
                         GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path), *text = fz_name_cache_print(cache, servers, now_s);
    g_autoptr(GError) fault = NULL;

    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail(folder, "cannot be made", errno, error);
    if (g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &fault))
        return true;
    g_set_error_literal(error, FZ_NAME_CACHE_ERROR, FZ_NAME_CACHE_ERROR_FILE, fault->message);
    return false;
}
