/* Serves names: from the cache, else by a process that asks name servers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "namer.h"

#include "log.h"
#include "name_cache.h"
#include "names_message_private.h"
#include "resolver_private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_DEFINE_QUARK(fz - namer - error - quark, fz_namer_error)

/* What the process may take to send its next question, and to take an answer. */
enum { CHANNEL_WAIT_MS = 10000 };

struct fz_namer {
    const fz_naming *naming;
    fz_confine *confine;
    int channel; /* -1: none */
    fz_name_servers servers;
    bool asks_all;      /* also for addresses that the internet does not know */
    char *servers_text; /* NULL: not read yet */
    char *path;         /* of the cache; NULL: it is of no use */
    fz_name_cache *cache;
    fz_name_shelf shelf;
    char *source;          /* of the shelf; NULL: there is none */
    bool refused;          /* it takes nothing */
    fz_name_cache *shared; /* what it has, as far as it was read, and what it is to get */
    GArray *fresh;         /* of fz_name_entry: what it is to get */
};

/* What is looked up for a process: its addresses, and what it is told of them. */
typedef struct errand {
    fz_namer *namer;
    fz_addr addrs[FZ_NAMES_MOST];
    fz_names_told told[FZ_NAMES_MOST];
    size_t count;
    fz_addr asked[FZ_NAMES_MOST]; /* those that no cache has, and where they are in `addrs` */
    size_t places[FZ_NAMES_MOST];
    size_t asked_count;
    int64_t now_s, until_us;
    bool changed; /* the cache has something new for its file */
} errand;

fz_namer *fz_namer_new(const fz_naming *naming, fz_confine *confine)
{
    fz_namer *namer = g_new0(fz_namer, 1);

    namer->naming = naming;
    namer->confine = confine;
    namer->channel = -1;
    namer->shared = fz_name_cache_new();
    namer->fresh = g_array_new(FALSE, FALSE, sizeof(fz_name_entry));
    return namer;
}

void fz_namer_free(fz_namer *namer)
{
    if (!namer)
        return;
    if (namer->channel >= 0)
        close(namer->channel);
    fz_name_cache_free(namer->cache);
    fz_name_cache_free(namer->shared);
    g_array_unref(namer->fresh);
    g_free(namer->source);
    g_free(namer->servers_text);
    g_free(namer->path);
    g_free(namer);
}

void fz_namer_share(fz_namer *namer, const fz_name_shelf *shelf)
{
    namer->shelf = *shelf;
}

int fz_namer_open(fz_namer *namer, GError **error)
{
    int ends[2];

    if (!namer->naming->names && !namer->naming->all)
        return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        g_set_error(error, FZ_NAMER_ERROR, FZ_NAMER_ERROR_PROCESS, "cannot make a channel for names: %s",
                    g_strerror(errno));
        return -1;
    }
    if (namer->channel >= 0)
        close(namer->channel);
    namer->channel = ends[0];
    return ends[1];
}

int fz_namer_descriptor(const fz_namer *namer)
{
    return namer->channel;
}

static void tell(const fz_namer *namer, const GError *fault)
{
    fz_say(namer->confine->who, "names: %s", fault->message);
}

/* Once. Without servers nothing is asked. */
static void prepare(fz_namer *namer, int64_t now_s)
{
    g_autoptr(GError) fault = NULL, unread = NULL;

    if (namer->servers_text)
        return;
    namer->servers = namer->naming->servers;
    if (namer->servers.count == 0 && !fz_name_servers_read(FZ_RESOLV_CONF, &namer->servers, &fault))
        tell(namer, fault);
    namer->asks_all = namer->naming->all || fz_name_servers_are_private(&namer->servers);
    namer->servers_text = fz_name_servers_print(&namer->servers);
    if (namer->shelf.read && namer->servers.count > 0)
        namer->source = g_strconcat("dns ", namer->servers_text, NULL);
    if (namer->source && strlen(namer->source) > FZ_NAME_SOURCE_MAX)
        g_clear_pointer(&namer->source, g_free);
    namer->cache = fz_name_cache_new();
    namer->path = fz_name_cache_path();
    if (!fz_name_cache_read(namer->cache, namer->path, namer->servers_text, now_s, &unread)) {
        tell(namer, unread);
        if (unread->code == FZ_NAME_CACHE_ERROR_FILE) /* not ours to replace */
            g_clear_pointer(&namer->path, g_free);
    }
}

static bool wait_for(int channel, short events, int wait_ms)
{
    struct pollfd end = {.fd = channel, .events = events};
    int ready;

    while ((ready = poll(&end, 1, wait_ms)) < 0 && errno == EINTR)
        continue;
    return ready > 0 && (end.revents & events) != 0;
}

static bool take_question(int channel, bool first, fz_names_question *question)
{
    if (!wait_for(channel, POLLIN, first ? -1 : CHANNEL_WAIT_MS) ||
        recv(channel, question, sizeof *question, MSG_DONTWAIT) != (ssize_t)sizeof *question || question->count == 0 ||
        question->count > FZ_NAMES_AT_ONCE || question->more > 1 ||
        (question->more && question->count < FZ_NAMES_AT_ONCE))
        return false;
    for (uint32_t i = 0; i < question->count; i++)
        if (!fz_addr_is_sound(&question->addrs[i]))
            return false;
    return true;
}

static bool take_questions(errand *made, int channel)
{
    fz_names_question question;

    do {
        if (!take_question(channel, made->count == 0, &question) || made->count + question.count > FZ_NAMES_MOST)
            return false;
        memcpy(made->addrs + made->count, question.addrs, question.count * sizeof *question.addrs);
        made->count += question.count;
    } while (question.more);
    return true;
}

static bool send_answers(const errand *made, int channel)
{
    g_autofree fz_names_answer *sent = g_new0(fz_names_answer, 1);

    for (size_t at = 0; at < made->count; at += FZ_NAMES_AT_ONCE) {
        memcpy(sent->told, made->told + at, sizeof sent->told);
        if (!wait_for(channel, POLLOUT, CHANNEL_WAIT_MS) ||
            send(channel, sent, sizeof *sent, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof *sent)
            return false;
    }
    return true;
}

/* What is known without asking anybody. */
static void look_at_home(errand *made)
{
    const fz_namer *namer = made->namer;

    made->asked_count = 0;
    for (size_t i = 0; i < made->count; i++) {
        fz_names_told *told = &made->told[i];
        const fz_name_entry *entry = fz_name_cache_find(namer->cache, &made->addrs[i], made->now_s);

        entry = entry ? entry : fz_name_cache_find(namer->shared, &made->addrs[i], made->now_s);
        if (!namer->asks_all && !fz_addr_is_public(&made->addrs[i])) {
            told->status = FZ_NAME_LOCAL;
        } else if (entry) {
            told->status = entry->status;
            told->asked_s = entry->asked_s;
            g_strlcpy(told->name, entry->name, sizeof told->name);
        } else {
            made->asked[made->asked_count] = made->addrs[i];
            made->places[made->asked_count++] = i;
        }
    }
}

/* Of several for an address the latest. */
static void take_shared(const fz_name_entry *entry, void *user)
{
    const errand *made = user;
    fz_namer *namer = made->namer;

    if (!fz_name_entry_is_sound(entry, made->now_s) || !fz_addr_is_public(&entry->addr))
        return;
    const fz_name_entry *before = fz_name_cache_find(namer->shared, &entry->addr, made->now_s);
    if (!before || before->asked_s < entry->asked_s)
        fz_name_cache_put(namer->shared, entry);
}

/* What others have asked for. */
static void look_at_shelf(errand *made)
{
    const fz_namer *namer = made->namer;
    g_autofree fz_addr *addrs = g_new(fz_addr, FZ_NAMES_MOST);
    size_t count = 0;

    for (size_t i = 0; namer->source && i < made->asked_count; i++)
        if (fz_addr_is_public(&made->asked[i]))
            addrs[count++] = made->asked[i];
    if (count == 0)
        return;
    namer->shelf.read(namer->shelf.user, namer->source, addrs, count, take_shared, made);
    look_at_home(made);
}

static void take_answer(size_t index, fz_name_status status, uint32_t keep_s, const char *name, void *user)
{
    errand *made = user;
    fz_namer *namer = made->namer;
    fz_names_told *told = &made->told[made->places[index]];
    fz_name_entry entry = {
        .addr = made->asked[index], .status = status, .asked_s = made->now_s, .expires_s = made->now_s + keep_s};

    told->status = status;
    told->asked_s = made->now_s;
    g_strlcpy(told->name, name, sizeof told->name);
    g_strlcpy(entry.name, name, sizeof entry.name);
    if (status != FZ_NAME_FAILED && namer->source && !namer->refused && fz_addr_is_public(&entry.addr) &&
        namer->fresh->len < FZ_NAMES_MOST) {
        fz_name_cache_put(namer->shared, &entry);
        g_array_append_val(namer->fresh, entry);
        return;
    }
    fz_name_cache_put(namer->cache, &entry);
    made->changed = made->changed || status != FZ_NAME_FAILED;
}

static void write_cache(fz_namer *namer, int64_t now_s)
{
    g_autoptr(GError) unwritten = NULL;

    if (!namer->path || fz_name_cache_write(namer->cache, namer->path, namer->servers_text, now_s, &unwritten))
        return;
    tell(namer, unwritten);
    g_clear_pointer(&namer->path, g_free); /* told once */
}

static void look_outside(errand *made)
{
    fz_namer *namer = made->namer;
    g_autoptr(GError) fault = NULL;
    const fz_look_up_task task = {.servers = &namer->servers,
                                  .addrs = made->asked,
                                  .count = made->asked_count,
                                  .rate = namer->naming->rate,
                                  .until_us = made->until_us};

    if (made->asked_count == 0 || namer->servers.count == 0)
        return;
    if (!fz_look_up(&task, namer->confine, namer->channel, take_answer, made, &fault))
        tell(namer, fault);
    if (made->changed)
        write_cache(namer, made->now_s);
}

bool fz_namer_serve(fz_namer *namer, unsigned budget_s)
{
    g_autofree errand *made = g_new0(errand, 1);

    made->namer = namer;
    if (namer->channel < 0 || !take_questions(made, namer->channel))
        return false;
    made->now_s = g_get_real_time() / G_USEC_PER_SEC;
    made->until_us = g_get_monotonic_time() + (int64_t)budget_s * G_USEC_PER_SEC;
    prepare(namer, made->now_s);
    look_at_home(made);
    look_at_shelf(made);
    look_outside(made);
    return send_answers(made, namer->channel);
}

void fz_namer_keep(fz_namer *namer)
{
    const fz_name_entry *entries = (const fz_name_entry *)(gpointer)namer->fresh->data;
    const guint count = namer->fresh->len;

    if (count == 0)
        return;
    namer->refused = !namer->shelf.write(namer->shelf.user, namer->source, entries, count);
    for (guint i = 0; namer->refused && i < count; i++)
        fz_name_cache_put(namer->cache, &entries[i]);
    if (namer->refused)
        write_cache(namer, g_get_real_time() / G_USEC_PER_SEC);
    g_array_set_size(namer->fresh, 0);
}
