/* Parses addresses of MySQL servers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_uri.h"

#include "addr.h"
#include "store.h"
#include "text.h"

#include <string.h>

const char *const fz_mysql_tls_names[3] = {"off", "encrypt", "verify"};
const char *const fz_mysql_bulk_names[4] = {"auto", "array", "load-data", "insert"};

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(fz_mysql_uri, fz_mysql_uri_clear)

#define HIDE_HINT "put it into an option file (password=... in section [flowzone]), or enter it when asked"

/* Reports a fault without quoting the address: a password that is not percent-encoded may be in any part of it. */
static bool fail(GError **error, const char *what)
{
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_URI, "store address: %s", what);
    return false;
}

bool fz_mysql_host_is_local(const char *host)
{
    static const char *const local[] = {"127.0.0.0/8", "::1/128", "::ffff:127.0.0.0/104"};
    fz_addr addr;

    if (g_ascii_strcasecmp(host, "localhost") == 0)
        return true;
    if (!fz_addr_parse(host, &addr))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(local); i++) {
        fz_prefix prefix;
        const char *fault;

        if (fz_prefix_parse(local[i], &prefix, &fault) && fz_prefix_contains(&prefix, &addr))
            return true;
    }
    return false;
}

static bool is_text(const char *text)
{
    return g_utf8_validate(text, -1, NULL) && fz_text_find_control(text, strlen(text)) == 0;
}

/* Only characters of host names and addresses: with a comma, the client would try a list of hosts. */
static bool is_host(const char *text)
{
    for (const char *at = text; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr(".-_:%", *at))
            return false;
    return true;
}

/* The options of the query part, as texts. */
typedef struct uri_query {
    char *socket, *option_file, *ssl_ca, *tls, *bulk;
} uri_query;

static void uri_query_clear(uri_query *query)
{
    g_free(query->socket);
    g_free(query->option_file);
    g_free(query->ssl_ca);
    g_free(query->tls);
    g_free(query->bulk);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(uri_query, uri_query_clear)

static const struct {
    const char *name;
    size_t offset;
} query_options[] = {
    {"socket", offsetof(uri_query, socket)}, {"option-file", offsetof(uri_query, option_file)},
    {"ssl-ca", offsetof(uri_query, ssl_ca)}, {"tls", offsetof(uri_query, tls)},
    {"bulk", offsetof(uri_query, bulk)},
};

static bool query_set(uri_query *query, const char *name, const char *value, GError **error)
{
    if (g_ascii_strcasecmp(name, "password") == 0 || g_ascii_strcasecmp(name, "pass") == 0)
        return fail(error, "a password doesn't belong here; " HIDE_HINT);
    for (size_t i = 0; i < G_N_ELEMENTS(query_options); i++) {
        if (strcmp(name, query_options[i].name) != 0)
            continue;
        char **slot = (char **)(void *)((char *)query + query_options[i].offset);
        g_autofree char *fault = NULL;
        if (*slot)
            fault = g_strdup_printf("%s= is given twice", name);
        else if (!*value || !is_text(value))
            fault = g_strdup_printf("%s= needs a value without control characters", name);
        if (fault)
            return fail(error, fault);
        *slot = g_strdup(value);
        return true;
    }
    return fail(error, "unknown option after '?'; expected socket, option-file, ssl-ca, tls or bulk");
}

static bool query_parse(const char *text, uri_query *query, GError **error)
{
    GUriParamsIter iter;
    char *name, *value;

    g_autoptr(GError) fault = NULL;
    if (!text || !*text)
        return true;
    g_uri_params_iter_init(&iter, text, -1, "&", G_URI_PARAMS_NONE);
    while (g_uri_params_iter_next(&iter, &name, &value, &fault)) {
        bool good = query_set(query, name, value, error);

        g_free(name);
        g_free(value);
        if (!good)
            return false;
    }
    return fault ? fail(error, "expected option=value&... after '?', percent-encoded") : true;
}

/* Finds a name in a table; `fallback` if no name is given. */
static bool choose(const char *value, const char *const *names, size_t count, int fallback, const char *fault,
                   int *choice, GError **error)
{
    *choice = value ? fz_name_index(names, count, value) : fallback;
    return *choice >= 0 || fail(error, fault);
}

static bool apply_query(fz_mysql_uri *uri, uri_query *query, GError **error)
{
    int tls, bulk;
    bool local = uri->unix_socket || fz_mysql_host_is_local(uri->host);

    if (query->socket && !uri->unix_socket)
        return fail(error, "socket= needs the host localhost without a port, or no host");
    if (!choose(query->tls, fz_mysql_tls_names, G_N_ELEMENTS(fz_mysql_tls_names),
                local ? FZ_MYSQL_TLS_OFF : FZ_MYSQL_TLS_VERIFY, "tls= must be one of off, encrypt, verify", &tls,
                error) ||
        !choose(query->bulk, fz_mysql_bulk_names, G_N_ELEMENTS(fz_mysql_bulk_names), FZ_MYSQL_BULK_AUTO,
                "bulk= must be one of auto, array, load-data, insert", &bulk, error))
        return false;
    uri->tls = (fz_mysql_tls)tls;
    uri->bulk = (fz_mysql_way)bulk;
    uri->socket = g_steal_pointer(&query->socket);
    uri->option_file = g_steal_pointer(&query->option_file);
    uri->ssl_ca = g_steal_pointer(&query->ssl_ca);
    return true;
}

/* Checks what GLib's parser accepts or would quote in its error: an '@' or a second ':' of a password that was not
 * encoded. */
static bool check_shape(const char *address, GError **error)
{
    static const char scheme[] = "mysql://";

    if (g_ascii_strncasecmp(address, scheme, sizeof scheme - 1) != 0)
        return fail(error, "expected " FZ_MYSQL_URI_FORM);
    const char *authority = address + sizeof scheme - 1;
    const char *end = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(end - authority));
    if (at && memchr(authority, ':', (size_t)(at - authority)))
        return fail(error, "a password doesn't belong here; " HIDE_HINT);
    if (strchr(end, '@'))
        return fail(error, "write an '@' after the host as %40; a password doesn't belong here: " HIDE_HINT);
    if (strchr(end, '#'))
        return fail(error, "write a '#' as %23");
    return true;
}

/* Sets the parts before the '?'. */
static bool apply_parts(fz_mysql_uri *uri, const char *user, const char *host, int port, const char *path,
                        GError **error)
{
    if (user && (!*user || !is_text(user)))
        return fail(error, "expected a user without control characters before the '@'");
    if (host && !is_host(host))
        return fail(error, "expected a host name or address (an IPv6 address in brackets)");
    if (port == 0)
        return fail(error, "port: expected 1 to 65535");
    if (!path || path[0] != '/' || !path[1] || strchr(path + 1, '/') || !is_text(path))
        return fail(error, "expected one database name after the host, as in " FZ_MYSQL_URI_FORM);
    uri->user = g_strdup(user);
    uri->host = host && *host ? g_ascii_strdown(host, -1) : g_strdup("localhost");
    uri->port = port > 0 ? (unsigned)port : 0;
    uri->database = g_strdup(path + 1);
    uri->unix_socket = port < 0 && strcmp(uri->host, "localhost") == 0;
    return true;
}

bool fz_mysql_uri_parse(const char *address, fz_mysql_uri *uri, GError **error)
{
    g_autofree char *user = NULL, *host = NULL, *path = NULL,
                    *text = NULL; /* GLib may set some of them even if it fails */

    g_auto(fz_mysql_uri) parsed = {0};
    g_auto(uri_query) query = {0};
    int port = -1;
    memset(uri, 0, sizeof *uri);
    if (!check_shape(address, error))
        return false;
    /* Keeps the query encoded until it is split. */
    if (!g_uri_split_with_user(address, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_QUERY, NULL, &user, NULL, NULL,
                               &host, &port, &path, &text, NULL, NULL))
        return fail(error, "not a valid address; expected " FZ_MYSQL_URI_FORM);
    if (!apply_parts(&parsed, user, host, port, path, error) || !query_parse(text, &query, error) ||
        !apply_query(&parsed, &query, error))
        return false;
    *uri = parsed;
    memset(&parsed, 0, sizeof parsed);
    return true;
}

void fz_mysql_uri_clear(fz_mysql_uri *uri)
{
    g_free(uri->user);
    g_free(uri->host);
    g_free(uri->database);
    g_free(uri->socket);
    g_free(uri->option_file);
    g_free(uri->ssl_ca);
    memset(uri, 0, sizeof *uri);
}
