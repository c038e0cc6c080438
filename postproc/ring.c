/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - ring - error - quark, fz_ring_error)

/* What may stand behind a '%' in a pattern. */
typedef enum part {
    PART_SECONDS,
    PART_YEAR,
    PART_MONTH,
    PART_DAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_NUMBER
} part;

static const struct {
    char letter;
    const char *digits; /* as a regular expression */
} parts[] = {
    [PART_SECONDS] = {'s', "([0-9]{9,11})"}, [PART_YEAR] = {'Y', "([0-9]{4})"}, [PART_MONTH] = {'m', "([0-9]{2})"},
    [PART_DAY] = {'d', "([0-9]{2})"},        [PART_HOUR] = {'H', "([0-9]{2})"}, [PART_MINUTE] = {'M', "([0-9]{2})"},
    [PART_SECOND] = {'S', "([0-9]{2})"},     [PART_NUMBER] = {'n', "([0-9]+)"},
};

/* A pattern that was read: what it matches, and what its numbers are, in their order. */
typedef struct scheme {
    GRegex *regex;
    part numbers[32];
    int count;
} scheme;

/* Who writes rings, and how it names their files. */
static const char *const known_schemes[] = {
    "*_%n_%Y%m%d%H%M%S*", /* dumpcap -b: NAME_00001_20231114221320.pcapng */
    "*_%Y%m%d%H%M%S_%n*", /* the same with nametimenum:2 */
    "*.%s",               /* Suricata: log.pcap.1700000000, log.pcap.THREAD.1700000000 */
    "*.%s.*",             /* the same, compressed */
};

static const char *const usual_names[] = {"*pcap*", "*.cap"};

struct fz_ring {
    char *path;
    char *real; /* the same without links */
    int folder;
    GPtrArray *wanted;  /* of scheme: a name must match one of them */
    GPtrArray *schemes; /* the first that matches says the time */
};

static void scheme_free(void *data)
{
    scheme *of = data;

    if (of->regex)
        g_regex_unref(of->regex);
    g_free(of);
}

static bool add_number(scheme *of, GString *expression, char letter, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i].letter != letter || of->count == G_N_ELEMENTS(of->numbers))
            continue;
        of->numbers[of->count++] = (part)i;
        g_string_append(expression, parts[i].digits);
        return true;
    }
    g_set_error(error, FZ_RING_ERROR, FZ_RING_ERROR_VALUE,
                "expected %%s, %%Y, %%m, %%d, %%H, %%M, %%S, %%n or %%%% in the pattern");
    return false;
}

/* "[a-z]" or "[!0-9]" of a shell's pattern; where it ends, or NULL when it is none. */
static const char *add_set(GString *expression, const char *from)
{
    const char *at = from + 1;
    bool negated = *at == '!' || *at == '^';

    at += negated;
    const char *end = strchr(*at == ']' ? at + 1 : at, ']');
    if (!end)
        return NULL;
    g_string_append(expression, negated ? "[^" : "[");
    for (; at < end; at++) {
        if (strchr("\\[]^", *at))
            g_string_append_c(expression, '\\');
        g_string_append_c(expression, *at);
    }
    g_string_append_c(expression, ']');
    return end;
}

static void add_character(GString *expression, char character)
{
    if (!g_ascii_isalnum(character) && (unsigned char)character < 0x80)
        g_string_append_c(expression, '\\');
    g_string_append_c(expression, character);
}

static bool add_piece(scheme *of, GString *expression, const char **at, GError **error)
{
    const char *set_end;

    if (**at == '*') {
        g_string_append(expression, ".*");
    } else if (**at == '?') {
        g_string_append_c(expression, '.');
    } else if (**at == '[' && (set_end = add_set(expression, *at))) {
        *at = set_end;
    } else if (**at == '%' && (*at)[1] != '%') {
        if (!add_number(of, expression, (*at)[1], error))
            return false;
        ++*at;
    } else {
        *at += **at == '%' || (**at == '\\' && (*at)[1]);
        add_character(expression, **at);
    }
    return true;
}

static scheme *scheme_read(const char *pattern, GError **error)
{
    g_autoptr(GString) expression = g_string_new(*pattern == '.' ? "\\A" : "\\A(?!\\.)");
    scheme *of = g_new0(scheme, 1);
    bool good = true;

    for (const char *at = pattern; *at && good; at++)
        good = add_piece(of, expression, &at, error);
    g_string_append(expression, "\\z");
    if (good)
        of->regex = g_regex_new(expression->str, G_REGEX_RAW | G_REGEX_DOTALL | G_REGEX_OPTIMIZE, (GRegexMatchFlags)0, error);
    if (of->regex)
        return of;
    scheme_free(of);
    return NULL;
}

static bool has_time(const scheme *of)
{
    for (int i = 0; i < of->count; i++)
        if (of->numbers[i] != PART_NUMBER)
            return true;
    return false;
}

static int64_t time_of_values(const int64_t values[])
{
    if (values[PART_SECONDS] >= 0)
        return values[PART_SECONDS];
    if (values[PART_YEAR] < 0 || values[PART_MONTH] < 0 || values[PART_DAY] < 0)
        return FZ_RING_NO_TIME;
    g_autoptr(GDateTime) time = g_date_time_new_local(
        (int)values[PART_YEAR], (int)values[PART_MONTH], (int)values[PART_DAY], (int)MAX(values[PART_HOUR], 0),
        (int)MAX(values[PART_MINUTE], 0), (double)MAX(values[PART_SECOND], 0));
    return time ? g_date_time_to_unix(time) : FZ_RING_NO_TIME;
}

/* The name's numbers as a time; what is left of the name without them is its series. */
static int64_t read_numbers(const scheme *of, GMatchInfo *match, const char *name, char **series)
{
    int64_t values[G_N_ELEMENTS(parts)];
    g_autoptr(GString) rest = g_string_new(NULL);
    int start, end, after = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        values[i] = -1;
    for (int i = 0; i < of->count; i++) {
        if (!g_match_info_fetch_pos(match, i + 1, &start, &end) || start < 0)
            return FZ_RING_NO_TIME;
        g_autofree char *digits = g_strndup(name + start, (gsize)(end - start));
        if (of->numbers[i] != PART_NUMBER)
            values[of->numbers[i]] = g_ascii_strtoll(digits, NULL, 10);
        g_string_append_len(rest, name + after, start - after);
        g_string_append_c(rest, '/'); /* is in no name */
        after = end;
    }
    g_string_append(rest, name + after);
    int64_t time_s = time_of_values(values);
    if (series && time_s != FZ_RING_NO_TIME)
        *series = g_strdup(rest->str);
    return time_s;
}

/* `*matches` says whether the name is one of the scheme's. */
static int64_t scheme_time(const scheme *of, const char *name, char **series, bool *matches)
{
    GMatchInfo *match = NULL;
    int64_t time_s = FZ_RING_NO_TIME;

    *matches = g_regex_match(of->regex, name, (GRegexMatchFlags)0, &match);
    if (*matches)
        time_s = read_numbers(of, match, name, series);
    g_match_info_free(match);
    return time_s;
}

int64_t fz_ring_time_of(const char *name, const char *pattern, char **series, GError **error)
{
    scheme *of = scheme_read(pattern, error);
    bool matches;

    if (series)
        *series = NULL;
    if (!of)
        return FZ_RING_NO_TIME;
    int64_t time_s = scheme_time(of, name, series, &matches);
    scheme_free(of);
    return time_s;
}

static bool add_scheme(GPtrArray *to, const char *pattern, GError **error)
{
    scheme *of = scheme_read(pattern, error);

    if (of)
        g_ptr_array_add(to, of);
    return of != NULL;
}

static bool read_schemes(fz_ring *ring, const char *pattern, GError **error)
{
    bool good = true;

    if (pattern)
        good = add_scheme(ring->wanted, pattern, error);
    for (size_t i = 0; i < G_N_ELEMENTS(usual_names) && !pattern; i++)
        good = good && add_scheme(ring->wanted, usual_names[i], error);
    if (!good)
        return false;
    if (pattern && has_time(ring->wanted->pdata[0]))
        return add_scheme(ring->schemes, pattern, error);
    for (size_t i = 0; i < G_N_ELEMENTS(known_schemes) && good; i++)
        good = add_scheme(ring->schemes, known_schemes[i], error);
    return good;
}

static bool fail(fz_ring_error code, const char *what, GError **error)
{
    int fault = errno;

    g_set_error(error, FZ_RING_ERROR, code, "%s%s%s", what ? what : "", what ? ": " : "", g_strerror(fault));
    return false;
}

/* Where an open folder is now. NULL: nobody can say. */
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
    ring->wanted = g_ptr_array_new_with_free_func(scheme_free);
    ring->schemes = g_ptr_array_new_with_free_func(scheme_free);
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
    g_ptr_array_unref(ring->schemes);
    g_free(ring->path);
    g_free(ring->real);
    g_free(ring);
}

int fz_ring_descriptor(const fz_ring *ring)
{
    return ring->folder;
}

void fz_ring_file_free(fz_ring_file *file)
{
    if (!file)
        return;
    g_free(file->name);
    g_free(file->shown);
    g_free(file->series);
    g_free(file);
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
    for (guint i = 0; i < ring->wanted->len; i++) {
        const scheme *of = ring->wanted->pdata[i];
        if (g_regex_match(of->regex, name, (GRegexMatchFlags)0, NULL))
            return true;
    }
    return false;
}

static void find_time(const fz_ring *ring, fz_ring_file *file)
{
    bool matches;

    file->time_s = FZ_RING_NO_TIME;
    for (guint i = 0; i < ring->schemes->len && file->time_s == FZ_RING_NO_TIME; i++)
        file->time_s = scheme_time(ring->schemes->pdata[i], file->name, &file->series, &matches);
}

static fz_ring_state state_of(const struct stat *about)
{
    return (fz_ring_state){
        .size = (uint64_t)about->st_size,
        .inode = about->st_ino,
        .written_ns = (int64_t)about->st_mtim.tv_sec * 1000000000 + about->st_mtim.tv_nsec,
    };
}

fz_ring_file *fz_ring_look(const fz_ring *ring, const char *name)
{
    struct stat about;

    if (!strcmp(name, ".") || !strcmp(name, "..") || !fz_ring_wants(ring, name) ||
        fstatat(ring->folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
        (S_ISLNK(about.st_mode) && stays_inside(ring, name)))
        return NULL;
    fz_ring_file *file = g_new0(fz_ring_file, 1);
    file->name = g_strdup(name);
    file->shown = fz_ring_show(name);
    file->oddity = find_oddity(about.st_mode);
    file->state = state_of(&about);
    find_time(ring, file);
    return file;
}

static int compare_files(const void *a, const void *b)
{
    const fz_ring_file *left = *(fz_ring_file *const *)a, *right = *(fz_ring_file *const *)b;
    bool left_timed = left->time_s != FZ_RING_NO_TIME, right_timed = right->time_s != FZ_RING_NO_TIME;

    if (left_timed != right_timed)
        return left_timed ? -1 : 1;
    if (left_timed && left->time_s != right->time_s)
        return left->time_s < right->time_s ? -1 : 1;
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
    return later->time_s > earlier->time_s;
}

/* Of the regular files with a time, the latest of each series; of those without one, all. */
static void mark_last(GPtrArray *files)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = files->len; i-- > 0;) {
        fz_ring_file *file = files->pdata[i];
        if (!file->oddity)
            file->last = !file->series || g_hash_table_add(seen, file->series);
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

bool fz_ring_is_same(const fz_ring_state *a, const fz_ring_state *b)
{
    return a->size == b->size && a->inode == b->inode && a->written_ns == b->written_ns;
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

int fz_ring_take(const fz_ring *ring, const char *name, fz_ring_state *state, GError **error)
{
    struct stat about;
    int fd = openat(ring->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        fail(errno == ENOENT ? FZ_RING_ERROR_GONE : FZ_RING_ERROR_FILE, NULL, error);
        return -1;
    }
    const char *oddity = fstat(fd, &about) == 0 ? find_oddity(about.st_mode) : "of no known kind";
    if (!oddity) {
        *state = state_of(&about);
        return fd;
    }
    close(fd);
    g_set_error(error, FZ_RING_ERROR, FZ_RING_ERROR_FILE, "%s, expected a regular file", oddity);
    return -1;
}

bool fz_ring_is_complete(const fz_ring_file *file, int64_t now_ns, unsigned idle_s)
{
    return !file->last || now_ns - file->state.written_ns >= (int64_t)idle_s * 1000000000;
}

/* "2h" and the like; 0 where it is no span. */
static int64_t parse_span(const char *text)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    guint64 number = g_ascii_strtoull(text, &end, 10);

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_ascii_isdigit(*text) && *end == units[i].unit && !end[1] && number <= G_MAXINT32)
            return (int64_t)number * units[i].seconds;
    return 0;
}

/* "2026-11-24", with "T10", "T10:00" or more behind it, or a blank in the T's place. The caller frees. */
static char *complete_time(const char *text)
{
    GString *whole = g_string_new(text);

    if (whole->len == strlen("2026-11-24"))
        g_string_append(whole, "T00");
    if (whole->len > strlen("2026-11-24") && whole->str[strlen("2026-11-24")] == ' ')
        whole->str[strlen("2026-11-24")] = 'T';
    /* GLib wants seconds. */
    if (whole->len == strlen("2026-11-24T10"))
        g_string_append(whole, ":00");
    gsize minutes = strlen("2026-11-24T10:00");
    if (whole->len >= minutes && whole->str[minutes] != ':')
        g_string_insert(whole, (gssize)minutes, ":00");
    return g_string_free(whole, FALSE);
}

bool fz_ring_parse_time(const char *text, int64_t now_s, int64_t *time_s, GError **error)
{
    int64_t span = parse_span(text);
    gint64 seconds;

    if (span > 0) {
        *time_s = now_s - span;
        return true;
    }
    if (g_ascii_string_to_signed(text, 10, 0, G_MAXINT32 * G_GINT64_CONSTANT(1000), &seconds, NULL)) {
        *time_s = seconds;
        return true;
    }
    g_autofree char *whole = complete_time(text);
    g_autoptr(GTimeZone) local = g_time_zone_new_local();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, local);
    if (time) {
        *time_s = g_date_time_to_unix(time);
        return true;
    }
    g_set_error(error, FZ_RING_ERROR, FZ_RING_ERROR_VALUE,
                "%s: expected seconds since 1970, a time as 2026-11-24T10:00, or a span as 2h", text);
    return false;
}

char *fz_ring_show(const char *name)
{
    bool plain = g_utf8_validate(name, -1, NULL) && *name;

    for (const char *at = name; plain && *at; at += g_utf8_skip[(guchar)*at]) {
        gunichar character = g_utf8_get_char(at);
        plain = g_unichar_isprint(character) && !strchr("\"'\\", character < 0x80 ? (int)character : 'x') &&
                character != ' ';
    }
    if (plain)
        return g_strdup(name);
    g_autofree char *escaped = g_strescape(name, NULL);
    return g_strdup_printf("\"%s\"", escaped);
}
