/* Option files, read as MySQL's own programs read them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_options.h"

#include "store.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any real file has; they also stop a file that includes itself. */
enum { FILE_BYTES = 1 << 20, LINE_BYTES = 4096, FILES = 100, DEPTH = 10 };

static const char *const sections[] = {"client", "client-server", "client-mariadb", "flowzone"};

/* MariaDB's other names for settings that have an ssl- name everywhere. */
static const char *const tls_names[] = {"tls-key",     "tls-cert",   "tls-ca",         "tls-capath", "tls-crl",
                                        "tls-crlpath", "tls-cipher", "tls-passphrase", "tls-fp",     "tls-enforce"};

typedef struct option_reader {
    GHashTable *options;
    unsigned files, depth;
} option_reader;

void fz_mysql_wipe(void *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

static bool fail(GError **error, const char *file, unsigned line, const char *what)
{
    if (line)
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s:%u: %s", file, line, what);
    else
        g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s: %s", file, what);
    return false;
}

/* A whole file, followed by a NUL byte; NULL with an errno. The caller frees with fz_mysql_wipe. */
static char *read_file(const char *file)
{
    struct stat about;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return NULL;
    bool regular = fstat(fd, &about) == 0 && !S_ISDIR(about.st_mode);
    char *text = g_malloc0(FILE_BYTES + 1);
    ssize_t size = 0, got = regular ? 0 : -1;
    fcntl(fd, F_SETFL, 0); /* a shell's pipe, <(...), may have its text later */
    while (regular && size < FILE_BYTES && (got = read(fd, text + size, (size_t)(FILE_BYTES - size))) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        size += MAX(got, 0);
    }
    int fault = !regular ? EISDIR : got < 0 ? errno : size == FILE_BYTES ? EFBIG : 0;
    close(fd);
    if (!fault)
        return text;
    explicit_bzero(text, FILE_BYTES);
    g_free(text);
    errno = fault;
    return NULL;
}

/* Removes a value's quotes and resolves its escapes, in place. */
static char *resolve(char *value)
{
    static const char letters[] = "ntrbs\"'\\", meanings[] = "\n\t\r\b \"'\\";
    size_t size = strlen(value);

    if (*value == '\'' || *value == '"') {
        value++, size--;
        if (size > 0 && (value[size - 1] == '\'' || value[size - 1] == '"'))
            value[--size] = '\0';
    }
    char *to = value;
    for (const char *at = value; *at; at++) {
        const char *letter = *at == '\\' && at[1] ? strchr(letters, at[1]) : NULL;

        *to++ = (char)(letter ? meanings[letter - letters] : *at);
        at += letter != NULL;
    }
    explicit_bzero(to, size - (size_t)(to - value));
    return value;
}

static void set(const option_reader *reader, const char *text, char *value)
{
    char *name = g_strdelimit(g_strdup(text), "_", '-');

    if (fz_name_index(tls_names, G_N_ELEMENTS(tls_names), name) >= 0)
        memcpy(name, "ssl", 3);
    g_hash_table_replace(reader->options, name, g_strdup(value ? resolve(value) : ""));
}

static bool read_options(option_reader *reader, const char *file, GError **error);

static gint compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names, which readdir() does not have. */
static bool include_folder(option_reader *reader, const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    bool done = true;
    for (const char *name; folder && names->len <= FILES && (name = g_dir_read_name(folder));)
        if (g_str_has_suffix(name, ".cnf"))
            g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_ptr_array_sort(names, compare);
    for (guint i = 0; i < names->len && done; i++)
        done = read_options(reader, names->pdata[i], error);
    return done;
}

static bool include(option_reader *reader, char *line, GError **error)
{
    char *path = line + strcspn(line, " \t");

    if (*path)
        *path++ = '\0';
    g_strstrip(path);
    if (strcmp(line, "!includedir") == 0)
        return include_folder(reader, path, error);
    return strcmp(line, "!include") != 0 || read_options(reader, path, error);
}

static bool is_ours(const char *section)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
        if (strcmp(section, sections[i]) == 0)
            return true;
    return false;
}

/* The current line of a file. */
typedef struct place {
    const char *file;
    unsigned line;
    bool in_section, wanted;
} place;

static bool take_line(option_reader *reader, place *at, char *line, GError **error)
{
    g_strstrip(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return true;
    if (*line == '!')
        return include(reader, line, error);
    if (*line == '[') {
        char *end = strchr(line, ']');

        if (!end)
            return fail(error, at->file, at->line, "missing ']' after the section's name");
        *end = '\0';
        at->in_section = true;
        at->wanted = is_ours(g_strstrip(line + 1));
        return true;
    }
    if (!at->in_section)
        return fail(error, at->file, at->line, "expected a section such as [client] before the first setting");
    char *value = strchr(line, '=');
    if (value)
        *value++ = '\0';
    if (at->wanted)
        set(reader, g_strchomp(line), value ? g_strchug(value) : NULL);
    return true;
}

static bool take_lines(option_reader *reader, const char *file, char *text, GError **error)
{
    place at = {.file = file};

    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        at.line++;
        if (strlen(line) > LINE_BYTES)
            return fail(error, file, at.line, "this line is too long");
        if (!take_line(reader, &at, line, error))
            return false;
    }
    return true;
}

static bool read_options(option_reader *reader, const char *file, GError **error)
{
    if (++reader->files > FILES || reader->depth == DEPTH)
        return fail(error, file, 0, "option files include too many others");
    char *text = read_file(file);
    if (!text)
        return fail(error, file, 0, g_strerror(errno));
    reader->depth++;
    bool done = take_lines(reader, file, text, error);
    reader->depth--;
    explicit_bzero(text, FILE_BYTES);
    g_free(text);
    return done;
}

char **fz_mysql_options_usual(void)
{
    const char *home = g_getenv("MARIADB_HOME") ? g_getenv("MARIADB_HOME") : g_getenv("MYSQL_HOME");
    g_autofree char *there = home ? g_build_filename(home, "my.cnf", NULL) : NULL;
    g_autofree char *own = g_getenv("HOME") ? g_build_filename(g_getenv("HOME"), ".my.cnf", NULL) : NULL;
    const char *const usual[] = {"/etc/my.cnf", "/etc/mysql/my.cnf", there, own};
    char **files = g_new0(char *, G_N_ELEMENTS(usual) + 1);
    size_t count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
        if (usual[i])
            files[count++] = g_strdup(usual[i]);
    return files;
}

/* Reads the usual files, except those that do not exist or that we may not read. */
static bool read_usual(option_reader *reader, GError **error)
{
    g_auto(GStrv) usual = fz_mysql_options_usual();

    for (char **file = usual; *file; file++)
        if (access(*file, R_OK) == 0 && !read_options(reader, *file, error))
            return false;
    return true;
}

GHashTable *fz_mysql_options_read(const char *file, GError **error)
{
    g_autoptr(GHashTable) options = g_hash_table_new_full(g_str_hash, g_str_equal, fz_mysql_wipe, fz_mysql_wipe);
    option_reader reader = {.options = options};
    bool done = file ? read_options(&reader, file, error) : read_usual(&reader, error);
    return done ? g_steal_pointer(&options) : NULL;
}
