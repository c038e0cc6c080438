/* Asks for names, and believes only what may be shown.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "names_message_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct named {
    fz_addr addr; /* first: it is the key */
    fz_names_told told;
} named;

struct fz_names {
    GHashTable *by_addr; /* of named, each in `list` */
    named *list;
    size_t count;
};

static void add_addrs(fz_names *names, const fz_addr *addrs, size_t count)
{
    for (size_t i = 0; i < count && names->count < FZ_NAMES_MOST; i++) {
        named *added = &names->list[names->count];

        if (!fz_addr_is_sound(&addrs[i]) || g_hash_table_contains(names->by_addr, &addrs[i]))
            continue;
        added->addr = addrs[i];
        g_hash_table_add(names->by_addr, added);
        names->count++;
    }
}

static bool send_questions(const fz_names *names, int channel)
{
    for (size_t at = 0; at < names->count; at += FZ_NAMES_AT_ONCE) {
        fz_names_question sent = {.count = (uint32_t)MIN(names->count - at, FZ_NAMES_AT_ONCE)};

        sent.more = at + sent.count < names->count;
        for (uint32_t i = 0; i < sent.count; i++)
            sent.addrs[i] = names->list[at + i].addr;
        if (write(channel, &sent, sizeof sent) != (ssize_t)sizeof sent)
            return false;
    }
    return true;
}

static bool is_sound(const fz_names_told *told)
{
    if (told->status >= FZ_NAME_STATUSES || told->asked_s < 0 || told->asked_s > G_MAXUINT32)
        return false;
    return told->status == FZ_NAME_KNOWN ? fz_host_name_is_sound(told->name) : told->name[0] == '\0';
}

/* What is not sound stays as it was: nothing is known. */
static void take_answers(fz_names *names, int channel)
{
    g_autofree fz_names_answer *taken = g_new0(fz_names_answer, 1);

    for (size_t at = 0; at < names->count; at += FZ_NAMES_AT_ONCE) {
        ssize_t got;

        while ((got = read(channel, taken, sizeof *taken)) < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)sizeof *taken)
            return;
        for (size_t i = 0; i < MIN(names->count - at, FZ_NAMES_AT_ONCE); i++)
            if (is_sound(&taken->told[i]))
                names->list[at + i].told = taken->told[i];
    }
}

fz_names *fz_names_ask(int channel, const fz_addr *addrs, size_t count)
{
    if (channel < 0)
        return NULL;
    fz_names *names = g_new0(fz_names, 1);

    names->by_addr = g_hash_table_new(fz_addr_hash, fz_addr_equal);
    names->list = g_new0(named, FZ_NAMES_MOST);
    add_addrs(names, addrs, count);
    if (send_questions(names, channel))
        take_answers(names, channel);
    return names;
}

void fz_names_free(fz_names *names)
{
    if (!names)
        return;
    g_hash_table_unref(names->by_addr);
    g_free(names->list);
    g_free(names);
}

const char *fz_names_find(const fz_names *names, const fz_addr *addr)
{
    const named *found = names ? g_hash_table_lookup(names->by_addr, addr) : NULL;

    return found && found->told.status == FZ_NAME_KNOWN ? found->told.name : NULL;
}

const char *fz_names_show(const fz_names *names, const fz_addr *addr, size_t most)
{
    const char *name = fz_names_find(names, addr);
    size_t bearers = 0;

    if (!name || strlen(name) > most)
        return NULL;
    for (size_t i = 0; i < names->count; i++)
        bearers += names->list[i].told.status == FZ_NAME_KNOWN && strcmp(names->list[i].told.name, name) == 0;
    return bearers == 1 ? name : NULL;
}

/* GLib would read the time zone's file, which a locked process cannot. */
static void add_time(GString *line, int64_t time_s, bool utc)
{
    const time_t seconds = (time_t)time_s;
    struct tm parts = {0};
    char text[32] = "";

    if (utc || !localtime_r(&seconds, &parts))
        gmtime_r(&seconds, &parts);
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    g_string_append_printf(line, ", looked up since %s ", text);
    if (utc)
        g_string_append(line, "UTC");
    else
        g_string_append_printf(line, "%c%02ld:%02ld", parts.tm_gmtoff < 0 ? '-' : '+', labs(parts.tm_gmtoff) / 3600,
                               labs(parts.tm_gmtoff) / 60 % 60);
    g_string_append(line, ", not at the time of the traffic");
}

char *fz_names_line(const fz_names *names, bool utc)
{
    size_t counts[FZ_NAME_STATUSES] = {0};
    int64_t since_s = G_MAXINT64;

    if (!names)
        return NULL;
    for (size_t i = 0; i < names->count; i++) {
        const fz_names_told *told = &names->list[i].told;

        counts[told->status]++;
        if (told->status == FZ_NAME_KNOWN)
            since_s = MIN(since_s, told->asked_s);
    }
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%zu of %zu names", counts[FZ_NAME_KNOWN], names->count);
    if (counts[FZ_NAME_KNOWN] > 0)
        add_time(line, since_s, utc);
    if (counts[FZ_NAME_FAILED] + counts[FZ_NAME_LATE] > 0)
        g_string_append_printf(line, "; %zu not answered", counts[FZ_NAME_FAILED] + counts[FZ_NAME_LATE]);
    if (counts[FZ_NAME_LOCAL] > 0)
        g_string_append_printf(line, "; %zu local %s not asked (--names-all)", counts[FZ_NAME_LOCAL],
                               counts[FZ_NAME_LOCAL] == 1 ? "address" : "addresses");
    return g_string_free(line, FALSE);
}
