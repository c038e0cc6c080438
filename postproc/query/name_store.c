/* Names in a store: a process to read, which may do nothing else, and one to write, which knows what to write when it
 * is started. What the first one says is not trusted here.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_store.h"

#include "child.h"
#include "helper.h"
#include "names.h"
#include "question.h"
#include "store_process.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* For the locks of other programs; for all of it. Nobody waits long for what a name server says too. */
enum { PATIENCE_S = 1, TIME_S = 3 };

/* Rows read, as many for each address as may be of some use, and expired ones removed, in one go. */
enum { READ_MOST = 4 * FZ_NAMES_MOST, REMOVE_MOST = FZ_NAMES_MOST };

/* From the process: an entry that was read, or, at the end, that all is done. */
typedef struct message {
    uint32_t done, reserved;
    fz_name_entry entry;
} message;

/* What a process is started for. */
typedef struct errand {
    const char *source;
    const fz_addr *addrs; /* to read */
    const fz_name_entry *entries;
    size_t count; /* of either */
    fz_helper helper;
} errand;

static void append_addr(GString *sql, const fz_addr *addr)
{
    g_string_append(sql, "x'");
    for (size_t i = 0; i < fz_family_bits(addr->family) / 8; i++)
        g_string_append_printf(sql, "%02x", addr->bytes[i]);
    g_string_append_c(sql, '\'');
}

static void append_comma(GString *sql, size_t before)
{
    if (before > 0)
        g_string_append(sql, ", ");
}

/* A row is HEX(addr), name, first_us, last_us. */
static void take_row(const char *const *cells, void *user)
{
    const errand *made = user;
    message sent = {.entry = {.addr = fz_cell_addr(cells[0]),
                              .asked_s = fz_cell_integer(cells[2]) / G_USEC_PER_SEC,
                              .expires_s = fz_cell_integer(cells[3]) / G_USEC_PER_SEC}};
    const char *name = cells[1] ? cells[1] : "";

    sent.entry.status = *name ? FZ_NAME_KNOWN : FZ_NAME_NONE;
    if (sent.entry.addr.family == 0 || (*name && !fz_host_name_take(name, strlen(name), sent.entry.name)))
        return;
    (void)fz_helper_answer(&made->helper, &sent, sizeof sent);
}

static bool read_names(fz_store *store, errand *made)
{
    g_autoptr(GString) sql = g_string_new("SELECT HEX(addr), name, first_us, last_us FROM fz_name WHERE addr IN (");

    for (size_t i = 0; i < made->count; i++) {
        append_comma(sql, i);
        append_addr(sql, &made->addrs[i]);
    }
    g_string_append_printf(sql, ") AND source = '%s' AND last_us > %" G_GINT64_FORMAT, made->source, g_get_real_time());
    if (!store->ops->look(store, NULL) || !store->ops->query(store, sql->str, 4, READ_MOST, take_row, made, NULL))
        return false;
    store->ops->rollback(store);
    return true;
}

static void take_expired(const char *const *cells, void *user)
{
    const fz_addr addr = fz_cell_addr(cells[0]);

    if (addr.family != 0)
        g_array_append_val((GArray *)user, addr);
}

/* A few of those that have expired, whatever name servers said them. They are found by the table's key, so that others
 * are not locked. */
static bool remove_expired(fz_store *store, GError **error)
{
    g_autoptr(GArray) addrs = g_array_new(FALSE, FALSE, sizeof(fz_addr));
    g_autofree char *which =
        g_strdup_printf("source LIKE 'dns %%' AND last_us <= %" G_GINT64_FORMAT, g_get_real_time());
    g_autoptr(GString) sql = g_string_new(NULL);

    g_string_printf(sql, "SELECT HEX(addr) FROM fz_name WHERE %s LIMIT %d", which, REMOVE_MOST);
    if (!store->ops->query(store, sql->str, 1, REMOVE_MOST, take_expired, addrs, error))
        return false;
    if (addrs->len == 0)
        return true;
    g_string_printf(sql, "DELETE FROM fz_name WHERE %s AND addr IN (", which);
    for (guint i = 0; i < addrs->len; i++) {
        append_comma(sql, i);
        append_addr(sql, &g_array_index(addrs, fz_addr, i));
    }
    g_string_append_c(sql, ')');
    return store->ops->run(store, sql->str, error);
}

/* What the same servers said before. */
static bool remove_older(fz_store *store, const errand *made, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);

    g_string_printf(sql, "DELETE FROM fz_name WHERE source = '%s' AND addr IN (", made->source);
    for (size_t i = 0; i < made->count; i++) {
        append_comma(sql, i);
        append_addr(sql, &made->entries[i].addr);
    }
    g_string_append_c(sql, ')');
    return store->ops->run(store, sql->str, error);
}

/* Fails if another program has added one of them meanwhile. */
static bool insert_names(fz_store *store, const errand *made, GError **error)
{
    g_autoptr(GString) sql = g_string_new("INSERT INTO fz_name (addr, name, source, first_us, last_us) VALUES ");

    for (size_t i = 0; i < made->count; i++) {
        const fz_name_entry *entry = &made->entries[i];

        append_comma(sql, i);
        g_string_append_c(sql, '(');
        append_addr(sql, &entry->addr);
        g_string_append_printf(sql, ", '%s', '%s', %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")", entry->name,
                               made->source, entry->asked_s * G_USEC_PER_SEC, entry->expires_s * G_USEC_PER_SEC);
    }
    return store->ops->run(store, sql->str, error);
}

static bool write_names(fz_store *store, errand *made)
{
    g_autoptr(GError) fault = NULL; /* what is asked for its code is not NULL */

    return store->ops->begin(store, &fault) && remove_expired(store, &fault) && remove_older(store, made, &fault) &&
           insert_names(store, made, &fault) && store->ops->commit(store, &fault);
}

static void G_GNUC_NORETURN live(const fz_name_store *names, errand *made)
{
    const fz_patience patience = {.seconds = PATIENCE_S};
    const message done = {.done = 1};
    const fz_access access = made->entries ? FZ_ACCESS_CHANGE : FZ_ACCESS_READ;
    g_autofree char *note = NULL; /* the process that answers has reported the same */
    fz_store *store = NULL;

    fz_child_close_standard(STDIN_FILENO);
    fz_child_close_standard(STDOUT_FILENO);
    const bool worked = fz_store_process_begin(names->to, access, &patience, names->confine, &made->helper.channel, 1,
                                               &store, &note, NULL) &&
                        (made->entries ? write_names : read_names)(store, made);
    fz_store_close(store);
    _exit(worked && fz_helper_answer(&made->helper, &done, sizeof done) ? 0 : 1);
}

/* Waits for a message. False: time is up, or there are no more. */
static bool take_message(const fz_helper *helper, int64_t until_us, message *taken)
{
    struct pollfd end = {.fd = helper->channel, .events = POLLIN};
    int ready = -1;

    while (ready < 0) {
        const int64_t left_us = until_us - g_get_monotonic_time();

        if (left_us <= 0)
            return false;
        ready = poll(&end, 1, (int)(left_us / 1000) + 1);
        if (ready < 0 && errno != EINTR)
            return false;
    }
    return ready > 0 && fz_helper_take_answer(helper, taken, sizeof *taken);
}

/* Runs the process. False if it failed. */
static bool run(const fz_name_store *names, errand *made, fz_name_taker take, void *taking)
{
    const int64_t until_us = g_get_monotonic_time() + (int64_t)TIME_S * G_USEC_PER_SEC;
    message taken = {.done = 0};

    if (!fz_helper_start(&made->helper, false))
        return false;
    if (made->helper.pid == 0)
        live(names, made);
    while (take_message(&made->helper, until_us, &taken) && !taken.done)
        if (take)
            take(&taken.entry, taking);
    if (!taken.done)
        fz_helper_kill(&made->helper);
    else
        g_free(fz_helper_stop(&made->helper));
    return taken.done != 0;
}

static void read_shelf(void *user, const char *source, const fz_addr *addrs, size_t count, fz_name_taker take,
                       void *taking)
{
    errand made = {.source = source, .addrs = addrs, .count = count};

    (void)run(user, &made, take, taking);
}

static bool write_shelf(void *user, const char *source, const fz_name_entry *entries, size_t count)
{
    errand made = {.source = source, .entries = entries, .count = count};

    return run(user, &made, NULL, NULL);
}

fz_name_shelf fz_name_store_shelf(fz_name_store *store)
{
    return (fz_name_shelf){.read = read_shelf, .write = write_shelf, .user = store};
}
