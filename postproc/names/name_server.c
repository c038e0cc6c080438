/* Reads lists of name servers, and tells inside from outside.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_server.h"

#include "zone_builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - name - server - error - quark, fz_name_server_error)

enum { CONF_MAX_BYTES = 1 << 16 };

G_STATIC_ASSERT(FZ_NAME_SERVERS_MAX == 8); /* as a message says */

/* "53" after a colon; no colon: `rest` is "". */
static bool parse_port(const char *rest, uint16_t *port)
{
    guint64 number = FZ_NAME_SERVER_PORT;

    if (*rest && (*rest != ':' || !g_ascii_string_to_unsigned(rest + 1, 10, 1, UINT16_MAX, &number, NULL)))
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool parse_server(const char *text, fz_name_server *server)
{
    g_autofree char *addr = g_strdup(*text == '[' ? text + 1 : text);
    char *end = *text == '[' ? strchr(addr, ']') : strchr(addr, ':');
    const char *port = "";

    if (*text == '[' && !end)
        return false;
    if (end && (*text == '[' || !strchr(end + 1, ':'))) {
        port = text + (end - addr) + (*text == '[' ? 2 : 0);
        *end = '\0';
    }
    return parse_port(port, &server->port) && fz_addr_parse(addr, &server->addr) &&
           (*text != '[' || server->addr.family == FZ_IPV6);
}

static bool refuse(const char *text, const char *expected, GError **error)
{
    g_set_error(error, FZ_NAME_SERVER_ERROR, FZ_NAME_SERVER_ERROR_TEXT, "%s: expected %s", text, expected);
    return false;
}

bool fz_name_servers_parse(const char *text, fz_name_servers *servers, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", FZ_NAME_SERVERS_MAX + 1);

    *servers = (fz_name_servers){.count = 0};
    if (!*parts)
        return refuse("nothing", "the address of a name server", error);
    for (char **part = parts; *part; part++) {
        if (servers->count == FZ_NAME_SERVERS_MAX)
            return refuse(text, "at most 8 servers", error);
        if (!parse_server(*part, &servers->at[servers->count++]))
            return refuse(*part,
                          "the address of a name server, with its port if that is not 53: 192.0.2.53, 192.0.2.53:5353, "
                          "[2001:db8::53]:5353",
                          error);
    }
    return true;
}

/* The text of a file, NULL with errno. Longer ones are cut: servers stand at the beginning. */
static char *read_text(const char *path)
{
    g_autofree char *text = g_malloc0(CONF_MAX_BYTES + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t got = -1;

    while (fd >= 0 && size < CONF_MAX_BYTES && (got = read(fd, text + size, CONF_MAX_BYTES - size)) > 0)
        size += (size_t)got;
    int fault = errno;
    if (fd >= 0)
        close(fd);
    errno = fault;
    return got < 0 ? NULL : g_steal_pointer(&text);
}

/* "nameserver 192.0.2.53": its address, or NULL. */
static const char *server_of_line(char *line)
{
    static const char word[] = "nameserver";

    if (strncmp(line, word, strlen(word)) != 0 || !g_ascii_isspace(line[strlen(word)]))
        return NULL;
    char *addr = g_strstrip(line + strlen(word));
    addr[strcspn(addr, " \t#;")] = '\0';
    return addr;
}

bool fz_name_servers_read(const char *path, fz_name_servers *servers, GError **error)
{
    g_autofree char *text = read_text(path);
    bool named = false;

    *servers = (fz_name_servers){.count = 0};
    if (!text && errno != ENOENT) {
        g_set_error(error, FZ_NAME_SERVER_ERROR, FZ_NAME_SERVER_ERROR_NONE, "%s: cannot be read: %s", path,
                    g_strerror(errno));
        return false;
    }
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", 0);
    for (char **line = lines; *line && servers->count < FZ_NAME_SERVERS_MAX; line++) {
        const char *addr = server_of_line(*line);

        named = named || addr;
        if (addr && fz_addr_parse(addr, &servers->at[servers->count].addr))
            servers->at[servers->count++].port = FZ_NAME_SERVER_PORT;
    }
    if (!named)
        return fz_name_servers_parse("127.0.0.1", servers, error);
    if (servers->count == 0)
        g_set_error(error, FZ_NAME_SERVER_ERROR, FZ_NAME_SERVER_ERROR_NONE,
                    "%s: names no server that can be used; name one with --dns-server", path);
    return servers->count > 0;
}

char *fz_name_servers_print(const fz_name_servers *servers)
{
    GString *list = g_string_new(NULL);
    char text[FZ_ADDR_TEXT_SIZE];

    for (unsigned i = 0; i < servers->count; i++)
        g_string_append_printf(list, servers->at[i].addr.family == FZ_IPV6 ? "%s[%s]:%u" : "%s%s:%u", i > 0 ? "," : "",
                               fz_addr_print(&servers->at[i].addr, text), servers->at[i].port);
    return g_string_free(list, FALSE);
}

/* The name of the built-in zone of an address. */
static const char *kind_of(const fz_addr *addr)
{
    static fz_zone_table *table;

    if (!table)
        table = fz_zone_builtin_table();
    const fz_zone *zone = fz_zone_table_get(table, fz_zone_lookup(table, addr));
    return zone ? zone->name : "";
}

bool fz_name_servers_are_private(const fz_name_servers *servers)
{
    for (unsigned i = 0; i < servers->count; i++)
        if (strcmp(kind_of(&servers->at[i].addr), "private") != 0)
            return false;
    return servers->count > 0;
}

bool fz_addr_is_public(const fz_addr *addr)
{
    return strcmp(kind_of(addr), "(internet)") == 0;
}
