/* Stable stand-ins: HMAC-SHA256 of kind and value, by a key that stays with the user.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "anonymizer.h"

#include "addr.h"
#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - anonymizer - error - quark, fz_anonymizer_error)

/* Hexadecimal digits of a stand-in, and of a key in its file. Of two among a million addresses that have the same
 * twelve, the chance is one in five hundred. */
enum { SHOWN_DIGITS = 12, KEY_DIGITS = 2 * FZ_ANONYMIZER_KEY_SIZE };

struct fz_anonymizer {
    guint8 key[FZ_ANONYMIZER_KEY_SIZE];
};

fz_anonymizer *fz_anonymizer_new(const void *key)
{
    fz_anonymizer *anonymizer = g_new(fz_anonymizer, 1);

    memcpy(anonymizer->key, key, sizeof anonymizer->key);
    return anonymizer;
}

void fz_anonymizer_free(fz_anonymizer *anonymizer)
{
    if (!anonymizer)
        return;
    explicit_bzero(anonymizer, sizeof *anonymizer);
    g_free(anonymizer);
}

char *fz_anonymizer_key_path(void)
{
    return g_build_filename(g_get_user_data_dir(), "flowzone", "anonymize.key", NULL);
}

static bool fail(const char *path, const char *what, int fault, GError **error)
{
    g_set_error(error, FZ_ANONYMIZER_ERROR, FZ_ANONYMIZER_ERROR_FILE, "%s: %s%s%s", path, what, fault ? ": " : "",
                fault ? g_strerror(fault) : "");
    return false;
}

/* Writes the digits of a new key and a line's end. */
static bool write_key(int fd, const char *path, GError **error)
{
    guint8 key[FZ_ANONYMIZER_KEY_SIZE];
    g_autoptr(GString) digits = g_string_sized_new(KEY_DIGITS + 1);

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return fail(path, "no random key", errno, error);
    for (size_t i = 0; i < sizeof key; i++)
        g_string_append_printf(digits, "%02x", key[i]);
    g_string_append_c(digits, '\n');
    bool written = fz_write_all(fd, digits->str, digits->len, error);
    explicit_bzero(key, sizeof key);
    explicit_bzero(digits->str, digits->len);
    if (!written)
        g_prefix_error(error, "%s: ", path);
    return written && (fsync(fd) == 0 || fail(path, "cannot be written", errno, error));
}

/* Makes the file, whole or not at all. That another process was faster is no fault. */
static bool make_key(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path), *name = g_strconcat(path, ".XXXXXX", NULL);

    if (g_mkdir_with_parents(folder, 0700) != 0)
        return fail(folder, "cannot be made", errno, error);
    int fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(path, "cannot be made", errno, error);
    bool made = write_key(fd, path, error);
    close(fd);
    if (made && link(name, path) != 0 && errno != EEXIST)
        made = fail(path, "cannot be made", errno, error);
    g_unlink(name);
    return made;
}

/* Whether an open file is one that this user alone can have read or written. */
static bool check_owner(int fd, const char *path, GError **error)
{
    struct stat about;

    if (fstat(fd, &about) != 0)
        return fail(path, "cannot be read", errno, error);
    if (!S_ISREG(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(path, "expected a file that is yours, and that nobody else may read or write (chmod 600)", 0,
                    error);
    return true;
}

/* The digits of a file, and no more. `text` has room for one byte that is too much. */
static bool take_key(const char *text, size_t size, guint8 *key)
{
    if (size < KEY_DIGITS || size > KEY_DIGITS + 1 || (size > KEY_DIGITS && text[KEY_DIGITS] != '\n'))
        return false;
    for (size_t i = 0; i < KEY_DIGITS; i++)
        if (!g_ascii_isxdigit(text[i]))
            return false;
    for (size_t i = 0; i < FZ_ANONYMIZER_KEY_SIZE; i++)
        key[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
    return true;
}

static bool read_key(int fd, const char *path, guint8 *key, GError **error)
{
    char text[KEY_DIGITS + 2];
    size_t have = 0;
    ssize_t got = 0;

    while (have < sizeof text && (got = read(fd, text + have, sizeof text - have)) > 0)
        have += (size_t)got;
    if (got < 0)
        return fail(path, "cannot be read", errno, error);
    bool taken = take_key(text, have, key);
    explicit_bzero(text, sizeof text);
    if (!taken)
        g_set_error(error, FZ_ANONYMIZER_ERROR, FZ_ANONYMIZER_ERROR_KEY,
                    "%s: expected %d hexadecimal digits, a key; without the file the next run makes a new one", path,
                    KEY_DIGITS);
    return taken;
}

fz_anonymizer *fz_anonymizer_open(const char *path, GError **error)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    g_autoptr(fz_anonymizer) anonymizer = g_new0(fz_anonymizer, 1);
    int fd = open(path, flags);

    if (fd < 0 && errno == ENOENT) {
        if (!make_key(path, error))
            return NULL;
        fd = open(path, flags);
    }
    if (fd < 0) {
        fail(path, "cannot be read", errno, error);
        return NULL;
    }
    bool known = check_owner(fd, path, error) && read_key(fd, path, anonymizer->key, error);
    close(fd);
    return known ? g_steal_pointer(&anonymizer) : NULL;
}

/* Appends the digits that stand for a value. The kind, with its NUL, keeps values of two kinds apart. */
static void append_digits(GString *to, const fz_anonymizer *anonymizer, const char *kind, const void *value,
                          size_t size)
{
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, anonymizer->key, sizeof anonymizer->key);

    g_hmac_update(hmac, (const guchar *)kind, (gssize)strlen(kind) + 1);
    g_hmac_update(hmac, value, (gssize)size);
    g_string_append_len(to, g_hmac_get_string(hmac), SHOWN_DIGITS);
    g_hmac_unref(hmac);
}

char *fz_anonymizer_name(const fz_anonymizer *anonymizer, const char *kind, const char *name)
{
    GString *to = g_string_new(NULL);

    if (!name || !*name)
        return g_string_free(to, !name);
    g_string_append_printf(to, "%s-", kind);
    append_digits(to, anonymizer, kind, name, strlen(name));
    return g_string_free(to, FALSE);
}

/* How many bytes of a text are the address or prefix that it begins with, the longest; 0: none. */
static size_t find_prefix(const char *text, fz_prefix *prefix, bool *has_length)
{
    size_t addr = strspn(text, "0123456789abcdefABCDEF:."), most = MIN(addr, FZ_ADDR_TEXT_SIZE - 1);
    char copy[FZ_PREFIX_TEXT_SIZE];
    const char *fault;

    for (size_t size = most; size >= 2; size--) {
        memcpy(copy, text, size);
        copy[size] = '\0';
        if (!fz_addr_parse(copy, &prefix->addr))
            continue;
        size_t digits = text[size] == '/' ? strspn(text + size + 1, "0123456789") : 0;
        *has_length = digits >= 1 && digits <= 3;
        if (*has_length) {
            memcpy(copy + size, text + size, digits + 1);
            copy[size + digits + 1] = '\0';
            *has_length = fz_prefix_parse(copy, prefix, &fault);
        }
        return *has_length ? size + digits + 1 : size;
    }
    return 0;
}

static void append_prefix(GString *to, const fz_anonymizer *anonymizer, const fz_prefix *prefix, bool has_length)
{
    const char *family = prefix->addr.family == FZ_IPV4 ? "ipv4" : "ipv6";
    unsigned bits = fz_family_bits(prefix->addr.family);
    guint8 value[1 + sizeof prefix->addr.bytes];

    value[0] = has_length ? prefix->length : (guint8)bits;
    memcpy(value + 1, prefix->addr.bytes, sizeof prefix->addr.bytes);
    g_string_append_printf(to, "%s-", family);
    append_digits(to, anonymizer, family, value, 1 + bits / 8);
    if (has_length)
        g_string_append_printf(to, "/%u", prefix->length);
}

char *fz_anonymizer_text(const fz_anonymizer *anonymizer, const char *text)
{
    GString *to = g_string_new(NULL);

    if (!text)
        return g_string_free(to, TRUE);
    while (*text) {
        fz_prefix prefix;
        bool has_length;
        size_t size = find_prefix(text, &prefix, &has_length);
        if (size)
            append_prefix(to, anonymizer, &prefix, has_length);
        else
            g_string_append_c(to, *text);
        text += MAX(size, 1);
    }
    return g_string_free(to, FALSE);
}
