/* Any text as the address of a store: one that is taken says the same when it is written out again; one that is not is
 * refused in a line without a password that was misplaced in it. Nothing is opened.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_uri.h"
#include "store.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

/* Stands for a misplaced password: none of our messages contains these letters in a row. */
#define PASSWORD "xQzW"

static void require_refusal(const GError *error)
{
    REQUIRE(g_error_matches(error, FZ_STORE_ERROR, FZ_STORE_ERROR_URI));
    REQUIRE(g_utf8_validate(error->message, -1, NULL) && !strstr(error->message, PASSWORD));
    for (const char *at = error->message; *at; at++)
        REQUIRE(!g_ascii_iscntrl(*at));
}

static void require_text(const char *text)
{
    if (text)
        REQUIRE(*text && g_utf8_validate(text, -1, NULL) && !strpbrk(text, "\r\n\033\x7f"));
}

static void require_uri(const fz_mysql_uri *uri)
{
    REQUIRE(uri->host && uri->database && uri->port <= UINT16_MAX);
    require_text(uri->user);
    require_text(uri->host);
    require_text(uri->database);
    require_text(uri->socket);
    require_text(uri->option_file);
    require_text(uri->ssl_ca);
    REQUIRE(uri->tls <= FZ_MYSQL_TLS_VERIFY && uri->bulk <= FZ_MYSQL_BULK_INSERT);
    REQUIRE(!uri->unix_socket || (strcmp(uri->host, "localhost") == 0 && uri->port == 0));
    REQUIRE(!uri->socket || uri->unix_socket);
}

static void add_option(GString *text, const char *name, const char *value)
{
    g_autofree char *escaped = value ? g_uri_escape_string(value, NULL, FALSE) : NULL;
    if (value)
        g_string_append_printf(text, "%c%s=%s", strchr(text->str, '?') ? '&' : '?', name, escaped);
}

static char *write_uri(const fz_mysql_uri *uri)
{
    GString *text = g_string_new("mysql://");

    if (uri->user) {
        g_autofree char *user = g_uri_escape_string(uri->user, NULL, FALSE);
        g_string_append_printf(text, "%s@", user);
    }
    g_autofree char *host = g_uri_escape_string(uri->host, NULL, FALSE);
    if (strchr(uri->host, ':')) /* RFC 3986 section 3.2.2: an IPv6 address */
        g_string_append_printf(text, "[%s]", uri->host);
    else
        g_string_append(text, host);
    if (uri->port)
        g_string_append_printf(text, ":%u", uri->port);
    g_autofree char *database = g_uri_escape_string(uri->database, NULL, FALSE);
    g_string_append_printf(text, "/%s", database);
    add_option(text, "socket", uri->socket);
    add_option(text, "option-file", uri->option_file);
    add_option(text, "ssl-ca", uri->ssl_ca);
    add_option(text, "tls", fz_mysql_tls_names[uri->tls]);
    add_option(text, "bulk", fz_mysql_bulk_names[uri->bulk]);
    return g_string_free(text, FALSE);
}

static void require_same(const fz_mysql_uri *before, const fz_mysql_uri *after)
{
    REQUIRE(g_strcmp0(before->user, after->user) == 0 && g_strcmp0(before->host, after->host) == 0 &&
            g_strcmp0(before->database, after->database) == 0 && g_strcmp0(before->socket, after->socket) == 0 &&
            g_strcmp0(before->option_file, after->option_file) == 0 && g_strcmp0(before->ssl_ca, after->ssl_ca) == 0);
    REQUIRE(before->port == after->port && before->tls == after->tls && before->bulk == after->bulk &&
            before->unix_socket == after->unix_socket);
}

static void parse_mysql(const char *text)
{
    g_autoptr(GError) error = NULL;
    fz_mysql_uri uri, again;

    REQUIRE(fz_mysql_uri_parse(text, &uri, &error) == !error);
    if (error) {
        require_refusal(error);
        REQUIRE(!uri.host && !uri.database && !uri.user);
        return;
    }
    require_uri(&uri);
    g_autofree char *written = write_uri(&uri);
    REQUIRE(fz_mysql_uri_parse(written, &again, NULL));
    require_same(&uri, &again);
    fz_mysql_uri_clear(&again);
    fz_mysql_uri_clear(&uri);
}

static void find_store(const char *text)
{
    g_autoptr(GError) error = NULL;
    const fz_store_ops *store = fz_store_find(text, &error);

    REQUIRE((!store) == (error != NULL));
    if (store == &fz_store_sqlite)
        REQUIRE((!fz_store_sqlite_path(text, &error)) == (error != NULL));
    if (error)
        require_refusal(error);
}

/* Once as it is, once with a password somewhere. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    GString *with_password = g_string_new(text);
    g_string_insert(with_password, (gssize)(g_str_hash(text) % (with_password->len + 1)), PASSWORD);
    const char *const texts[] = {text, with_password->str};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        parse_mysql(texts[i]);
        find_store(texts[i]);
    }
    g_string_free(with_password, TRUE);
    return 0;
}
