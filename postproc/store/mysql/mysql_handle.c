/* Handles of the client library, set up as an address asks.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "mysql_handle.h"

#include <string.h>

/* How a setting of an option file is passed to the library. */
typedef enum kind { TEXT, FLAG } kind;

typedef struct setting {
    const char *name;
    kind kind;
    enum mysql_option option;
} setting;

static const setting settings[] = {
    {"ssl-key", TEXT, MYSQL_OPT_SSL_KEY},         {"ssl-cert", TEXT, MYSQL_OPT_SSL_CERT},
    {"ssl-ca", TEXT, MYSQL_OPT_SSL_CA},           {"ssl-capath", TEXT, MYSQL_OPT_SSL_CAPATH},
    {"ssl-cipher", TEXT, MYSQL_OPT_SSL_CIPHER},   {"ssl-crl", TEXT, MYSQL_OPT_SSL_CRL},
    {"ssl-crlpath", TEXT, MYSQL_OPT_SSL_CRLPATH}, {"init-command", TEXT, MYSQL_INIT_COMMAND},
    {"bind-address", TEXT, MYSQL_OPT_BIND},       {"tls-version", TEXT, MYSQL_OPT_TLS_VERSION},
    {"compress", FLAG, MYSQL_OPT_COMPRESS},
};

/* Whether a setting is on: by its name alone, or by a number, as libmariadb reads it. */
static bool is_on(const fz_mysql_login *login, const char *name)
{
    const char *value = fz_mysql_login_option(login, name);

    return value && (*value == '\0' || g_ascii_strtoll(value, NULL, 10) != 0);
}

#define SHOWS_PASSWORD                                                                                         \
    "the server asks for the password in a way that reveals it to others, or to an impostor; it was not sent " \
    "(to keep it private, use tls=verify or tls=encrypt in the address, or the Unix socket)"

#ifdef MARIADB_BASE_VERSION
#include <mysql/plugin_auth.h>

static const setting more_settings[] = {
    {"ssl-passphrase", TEXT, MARIADB_OPT_TLS_PASSPHRASE},
    {"ssl-fp", TEXT, MARIADB_OPT_TLS_PEER_FP},
    {"server-public-key", TEXT, MYSQL_SERVER_PUBLIC_KEY},
};

/* Authentication plugins. PROOFS only prove that the client knows the password; the others may send it. SHA2 sends it
 * encrypted: safe if the public key is from an option file, not from the server. */
#define PROOFS "mysql_native_password,client_ed25519,parsec"
#define SHA2 ",caching_sha2_password,sha256_password"
#define CLEAR ",mysql_clear_password,dialog"

/* st_mysql_client_plugin_AUTHENTICATION and its number: their header includes one that is not installed. */
enum { WAYS_TO_AUTHENTICATE = 2 };
typedef struct way_to_authenticate {
    MYSQL_CLIENT_PLUGIN_HEADER
    int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, MYSQL *db);
} way_to_authenticate;

static bool must_encrypt; /* for the current connection */
static bool was_open;
static int (*native_password)(MYSQL_PLUGIN_VIO *vio, MYSQL *db);

/* If TLS is asked for without verification and the server has none, version 3.3 of the library sends the password's
 * proof unencrypted. This is called after the server's greeting is read, before anything is sent. */
static int check_greeting(MYSQL_PLUGIN_VIO *vio, MYSQL *db)
{
    was_open = must_encrypt && !(db->server_capabilities & CLIENT_SSL);
    return was_open ? CR_ERROR : native_password(vio, db);
}

static bool wants_tls(const fz_mysql_uri *uri, const fz_mysql_login *login)
{
    return uri->tls != FZ_MYSQL_TLS_OFF || is_on(login, "ssl-enforce") || is_on(login, "ssl-verify-server-cert");
}

/* Puts check_greeting into the plugin that the library tries first, whichever the server names. */
static void guard_password(MYSQL *db, bool encrypt)
{
    way_to_authenticate *plugin = (void *)mysql_client_find_plugin(db, "mysql_native_password", WAYS_TO_AUTHENTICATE);

    must_encrypt = encrypt;
    was_open = false;
    if (plugin && plugin->authenticate_user != check_greeting) {
        native_password = plugin->authenticate_user;
        plugin->authenticate_user = check_greeting;
    }
    if (must_encrypt)
        mysql_optionsv(db, MYSQL_DEFAULT_AUTH, "mysql_native_password");
}

static void ask_tls(MYSQL *db, const fz_mysql_uri *uri, const fz_mysql_login *login)
{
    const fz_mysql_bool verify = uri->tls == FZ_MYSQL_TLS_VERIFY || is_on(login, "ssl-verify-server-cert") ? 1 : 0;
    const fz_mysql_bool enforce = wants_tls(uri, login) ? 1 : 0;

    mysql_optionsv(db, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_optionsv(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static void restrict_ways(MYSQL *db, const fz_mysql_uri *uri, const fz_mysql_login *login)
{
    const char *ways = uri->unix_socket || wants_tls(uri, login)           ? PROOFS SHA2 CLEAR
                       : fz_mysql_login_option(login, "server-public-key") ? PROOFS SHA2
                                                                           : PROOFS;

    mysql_optionsv(db, MARIADB_OPT_RESTRICTED_AUTH, ways);
    guard_password(db, wants_tls(uri, login));
    mysql_options(db, MYSQL_OPT_NONBLOCK, NULL); /* for sending statements without waiting for the answer */
}

static bool tls_is_verified(MYSQL *db)
{
    fz_mysql_bool verify = 0;

    return mysql_get_option(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify) == 0 && verify;
}

/* From version 3.4 on, the library accepts an unverified certificate if the server proves to know the password. */
static bool tls_is_forgiven(MYSQL *db)
{
#if MARIADB_PACKAGE_VERSION_ID >= 30401
    unsigned faults = 0;
    return mariadb_get_infov(db, MARIADB_TLS_VERIFY_STATUS, &faults) != 0 || faults != 0;
#else
    (void)db;
    return false;
#endif
}

const char *fz_mysql_handle_explain(MYSQL *db)
{
    if (was_open)
        return "the connection is not encrypted: the server has no TLS; the password was not sent";
    if (mysql_errno(db) == CR_PLUGIN_NOT_ALLOWED)
        return SHOWS_PASSWORD;
    return NULL;
}

int fz_mysql_handle_socket(MYSQL *db)
{
    return mysql_get_socket(db);
}

/* An option file may switch it on. */
void fz_mysql_handle_stay(MYSQL *db)
{
    const fz_mysql_bool off = 0;

    mysql_options(db, MYSQL_OPT_RECONNECT, &off);
}

bool fz_mysql_handle_takes_arrays(MYSQL *db)
{
    unsigned long extended = 0;

    return mariadb_get_infov(db, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &extended) == 0 &&
           (extended & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}
#else
#include <mysql/client_plugin.h>

static const setting more_settings[] = {
    {"server-public-key-path", TEXT, MYSQL_SERVER_PUBLIC_KEY},
};

static bool may_show; /* the password, on the current connection */
static bool was_asked;
static int (*sha256_password)(MYSQL_PLUGIN_VIO *vio, MYSQL *db);

/* The library's own plugin encrypts the password with any key that the server sends, and ignores the options. */
static int check_way(MYSQL_PLUGIN_VIO *vio, MYSQL *db)
{
    was_asked = !may_show && !mysql_get_ssl_cipher(db);
    return was_asked ? CR_ERROR : sha256_password(vio, db);
}

static void guard_password(MYSQL *db, bool show)
{
    struct auth_plugin_t *plugin =
        (void *)mysql_client_find_plugin(db, "sha256_password", MYSQL_CLIENT_AUTHENTICATION_PLUGIN);

    may_show = show;
    was_asked = false;
    if (plugin && plugin->authenticate_user != check_way) {
        sha256_password = plugin->authenticate_user;
        plugin->authenticate_user = check_way;
    }
}

/* FZ_MYSQL_TLS_OFF is the library's default, TLS if the server offers it: caching_sha2_password needs TLS or a Unix
 * socket. */
static void ask_tls(MYSQL *db, const fz_mysql_uri *uri, const fz_mysql_login *login)
{
    static const char *const names[] = {"PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"};
    static const unsigned modes[] = {SSL_MODE_PREFERRED, SSL_MODE_REQUIRED, SSL_MODE_VERIFY_CA,
                                     SSL_MODE_VERIFY_IDENTITY};
    const char *asked = fz_mysql_login_option(login, "ssl-mode");
    size_t mode = uri->tls == FZ_MYSQL_TLS_OFF ? 0 : uri->tls == FZ_MYSQL_TLS_ENCRYPT ? 1 : 3;

    for (size_t i = mode + 1; asked && i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strcasecmp(asked, names[i]) == 0)
            mode = i;
    mysql_options(db, MYSQL_OPT_SSL_MODE, &modes[mode]);
}

/* The library's own rules suffice, except for passwords in clear and public keys from the server. */
static void restrict_ways(MYSQL *db, const fz_mysql_uri *uri, const fz_mysql_login *login)
{
    const bool secret = uri->unix_socket || uri->tls != FZ_MYSQL_TLS_OFF;
    const fz_mysql_bool clear = secret && is_on(login, "enable-cleartext-plugin");
    const fz_mysql_bool ask_for_key = false;

    mysql_options(db, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &clear);
    mysql_options(db, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &ask_for_key);
    guard_password(db, uri->unix_socket || fz_mysql_login_option(login, "server-public-key-path"));
}

static bool tls_is_verified(MYSQL *db)
{
    unsigned mode = 0;

    return mysql_get_option(db, MYSQL_OPT_SSL_MODE, &mode) == 0 && mode == SSL_MODE_VERIFY_IDENTITY;
}

static bool tls_is_forgiven(MYSQL *db)
{
    (void)db;
    return false;
}

const char *fz_mysql_handle_explain(MYSQL *db)
{
    (void)db;
    return was_asked ? SHOWS_PASSWORD : NULL;
}

int fz_mysql_handle_socket(MYSQL *db)
{
    return (int)db->net.fd;
}

/* The library does not reconnect by default, and warns if the option is set. */
void fz_mysql_handle_stay(MYSQL *db)
{
    (void)db;
}

bool fz_mysql_handle_takes_arrays(MYSQL *db)
{
    (void)db;
    return false;
}
#endif

static void apply(MYSQL *db, const setting *rows, size_t count, const fz_mysql_login *login)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = fz_mysql_login_option(login, rows[i].name);

        if (value && rows[i].kind == TEXT && *value)
            mysql_options(db, rows[i].option, value);
        else if (value && rows[i].kind == FLAG && strcmp(value, "0") != 0)
            mysql_options(db, rows[i].option, NULL);
    }
}

MYSQL *fz_mysql_handle_new(const fz_mysql_uri *uri, const fz_mysql_login *login)
{
    MYSQL *db = mysql_init(NULL);

    if (!db)
        return NULL;
    apply(db, settings, G_N_ELEMENTS(settings), login);
    apply(db, more_settings, G_N_ELEMENTS(more_settings), login);
    ask_tls(db, uri, login);
    restrict_ways(db, uri, login);
    return db;
}

const char *fz_mysql_handle_judge(MYSQL *db, const fz_mysql_uri *uri)
{
    if (uri->tls != FZ_MYSQL_TLS_OFF && !mysql_get_ssl_cipher(db))
        return "the connection is not encrypted";
    if (uri->tls == FZ_MYSQL_TLS_VERIFY && !tls_is_verified(db))
        return "the server's certificate was not checked";
    if (uri->tls == FZ_MYSQL_TLS_VERIFY && tls_is_forgiven(db))
        return "the server's certificate is from an unknown authority, or for another host (ssl-ca= names an "
               "authority)";
    return NULL;
}

void fz_mysql_handle_forget(MYSQL *db)
{
    if (!db)
        return;
    if (db->passwd)
        explicit_bzero(db->passwd, strlen(db->passwd));
    /* A password that was sent in clear, over TLS or a Unix socket, is still in the buffer for packets. */
    if (db->net.buff)
        explicit_bzero(db->net.buff, (size_t)(db->net.buff_end - db->net.buff));
}
