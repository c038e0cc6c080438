/* Credentials: user, password and port, from the address, option files and environment.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_login.h"

#include "mysql_options.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { DEFAULT_PORT = 3306, KEY_BYTES = 4 << 20 };

/* Settings that name a file for the client library to open. */
static const char *const file_options[] = {"ssl-ca",  "ssl-cert",          "ssl-key",
                                           "ssl-crl", "server-public-key", "server-public-key-path"};

static bool fail(GError **error, const char *name, const char *what)
{
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_CONNECT, "%s: %s", name, what);
    return false;
}

const char *fz_mysql_login_option(const fz_mysql_login *login, const char *name)
{
    return login->options ? g_hash_table_lookup(login->options, name) : NULL;
}

/* Makes a sealed copy of a file, in memory. Returns its descriptor, or -1 with an errno. */
static int copy_file(const char *path)
{
    char part[1 << 16];
    ssize_t got = 0;
    size_t size = 0;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int to = from < 0 ? -1 : memfd_create("key", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool done = to >= 0;

    while (done && size <= KEY_BYTES && (got = read(from, part, sizeof part)) > 0) {
        done = write(to, part, (size_t)got) == got;
        size += (size_t)got;
    }
    done = done && got >= 0 && size <= KEY_BYTES &&
           fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
    int fault = size > KEY_BYTES ? EFBIG : errno;
    explicit_bzero(part, sizeof part);
    if (from >= 0)
        close(from);
    if (!done && to >= 0)
        close(to);
    errno = fault;
    return done ? to : -1;
}

/* Replaces files by copies in memory: when the process connects, it cannot open them any more. */
static bool copy_files(fz_mysql_login *login, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(file_options); i++) {
        const char *path = fz_mysql_login_option(login, file_options[i]);

        if (!path || !*path)
            continue;
        int copy = copy_file(path);
        if (copy < 0) {
            g_autofree char *name = g_strdup_printf("%s=%s", file_options[i], path);

            return fail(error, name, g_strerror(errno));
        }
        g_array_append_val(login->copies, copy);
        g_hash_table_replace(login->options, g_strdup(file_options[i]), g_strdup_printf("/proc/self/fd/%d", copy));
    }
    return true;
}

/* Removes a setting from `options` and returns it; if it is missing or empty, returns a copy of `fallback`. */
static char *take(fz_mysql_login *login, const char *name, const char *fallback)
{
    char *key = NULL, *value = NULL;

    if (g_hash_table_steal_extended(login->options, name, (gpointer *)&key, (gpointer *)&value))
        fz_mysql_wipe(key);
    if (value && *value)
        return value;
    fz_mysql_wipe(value);
    return g_strdup(fallback);
}

static bool read_port(fz_mysql_login *login, const fz_mysql_uri *uri, GError **error)
{
    g_autofree char *text = take(login, "port", g_getenv("MYSQL_TCP_PORT"));
    guint64 port = uri->port ? uri->port : DEFAULT_PORT;

    if (text && !uri->port && (!g_ascii_string_to_unsigned(text, 10, 1, UINT16_MAX, &port, NULL)))
        return fail(error, "port", "an option file or MYSQL_TCP_PORT needs a number from 1 to 65535");
    login->port = (uint16_t)port;
    return true;
}

/* An option file must not weaken TLS. */
static bool check_tls(const fz_mysql_login *login, const fz_mysql_uri *uri, GError **error)
{
    const char *verify = fz_mysql_login_option(login, "ssl-verify-server-cert");
    const char *ca = fz_mysql_login_option(login, "ssl-ca");

    if (uri->tls == FZ_MYSQL_TLS_VERIFY && verify && g_ascii_strtoll(verify, NULL, 10) == 0)
        return fail(error, uri->host,
                    "an option file turns off the check of the server's certificate (libmariadb reads every value of "
                    "ssl-verify-server-cert but a number as 0: write =1); to connect without the check, use "
                    "tls=encrypt in the address");
    if (uri->ssl_ca && ca && strcmp(ca, uri->ssl_ca) != 0)
        return fail(error, uri->host, "an option file names a different ssl-ca than the address");
    return true;
}

bool fz_mysql_login_read(fz_mysql_login *login, const fz_mysql_uri *uri, GError **error)
{
    *login = (fz_mysql_login){.terminal = -1, .was_root = geteuid() == 0};
    login->copies = g_array_new(FALSE, FALSE, sizeof(int));
    login->options = fz_mysql_options_read(uri->option_file, error);
    if (!login->options || !check_tls(login, uri, error))
        return false;
    char *user = take(login, "user", g_get_user_name());
    login->user = uri->user ? g_strdup(uri->user) : g_strdup(user);
    g_free(user);
    login->password = take(login, "password", g_getenv("MYSQL_PWD"));
    char *socket = take(login, "socket", g_getenv("MYSQL_UNIX_PORT"));
    login->socket = uri->socket ? g_strdup(uri->socket) : g_strdup(socket);
    g_free(socket);
    if (uri->ssl_ca)
        g_hash_table_replace(login->options, g_strdup("ssl-ca"), g_strdup(uri->ssl_ca));
    if (!login->password)
        login->terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    return read_port(login, uri, error) && copy_files(login, error);
}

bool fz_mysql_login_ask(fz_mysql_login *login, const char *where)
{
    struct termios quiet, before;
    char line[256];
    ssize_t size = 0;

    if (login->terminal < 0 || tcgetattr(login->terminal, &before) != 0)
        return false;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    /* Echo is turned off before the prompt is printed: users may type as soon as they see it. */
    if (tcsetattr(login->terminal, TCSAFLUSH, &quiet) != 0)
        return false;
    dprintf(login->terminal, "Password for %s: ", where);
    size = read(login->terminal, line, sizeof line);
    dprintf(login->terminal, "\n");
    tcsetattr(login->terminal, TCSAFLUSH, &before);
    if (size > 0)
        login->password = g_strndup(line, line[size - 1] == '\n' ? (gsize)size - 1 : (gsize)size);
    explicit_bzero(line, sizeof line);
    return login->password != NULL;
}

void fz_mysql_login_clear(fz_mysql_login *login)
{
    for (guint i = 0; login->copies && i < login->copies->len; i++)
        close(g_array_index(login->copies, int, i));
    if (login->copies)
        g_array_unref(login->copies);
    if (login->options)
        g_hash_table_unref(login->options);
    if (login->terminal > STDERR_FILENO)
        close(login->terminal);
    fz_mysql_wipe(login->password);
    g_free(login->user);
    g_free(login->socket);
    *login = (fz_mysql_login){.terminal = -1};
}
