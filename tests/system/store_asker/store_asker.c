/* For the tests of stores: calls functions of fz_store_ops, one a line of standard input.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * store_asker ADDRESS read|change|retain [WAIT_S]: lines of words
 *   look, begin, rollback, size, query SQL (a column), run SQL, shed flow|packet LOAD FIRST LAST,
 *   list flow|packet, drop flow|packet FIRST UNTIL ("min" and "max": no bound), make TODAY AHEAD OLDEST, end
 * For each one line: "ok" and what came of it, or "busy" or "error" with the message. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_cell(const char *const *cells, void *user)
{
    g_string_append_printf(user, " %s", cells[0] ? cells[0] : "NULL");
}

static int64_t bound_of(const char *word)
{
    if (strcmp(word, "min") == 0)
        return INT64_MIN;
    return strcmp(word, "max") == 0 ? INT64_MAX : g_ascii_strtoll(word, NULL, 10);
}

static void append_bound(GString *text, int64_t bound)
{
    if (bound == INT64_MIN || bound == INT64_MAX)
        g_string_append(text, bound < 0 ? "min" : "max");
    else
        g_string_append_printf(text, "%" G_GINT64_FORMAT, bound);
}

static bool list(fz_store *store, fz_table table, GString *said, GError **error)
{
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(fz_day_span));
    g_autofree char *why = NULL;

    if (!store->ops->days(store)->list(store, table, spans, &why, error))
        return false;
    if (why)
        g_string_append_printf(said, " none: %s", why);
    for (guint i = 0; i < spans->len; i++) {
        g_string_append_c(said, ' ');
        append_bound(said, g_array_index(spans, fz_day_span, i).first);
        g_string_append(said, "..");
        append_bound(said, g_array_index(spans, fz_day_span, i).until);
    }
    return true;
}

/* Words behind the last are "". */
static bool call(fz_store *store, const char *const *words, const char *rest, GString *said, GError **error)
{
    const fz_store_ops *ops = store->ops;
    const char *verb = words[0];
    const fz_table table = strcmp(words[1], "packet") == 0 ? FZ_TABLE_PACKET : FZ_TABLE_FLOW;
    int64_t number[3];

    for (size_t i = 0; i < G_N_ELEMENTS(number); i++)
        number[i] = bound_of(words[i + 2]);
    if (strcmp(verb, "look") == 0)
        return ops->look(store, error);
    if (strcmp(verb, "begin") == 0)
        return ops->begin(store, error);
    if (strcmp(verb, "run") == 0)
        return ops->run(store, rest, error);
    if (strcmp(verb, "query") == 0)
        return ops->query(store, rest, 1, 1000, take_cell, said, error);
    if (strcmp(verb, "size") == 0)
        return ops->query(store, ops->size, 1, 1, take_cell, said, error);
    if (strcmp(verb, "shed") == 0)
        return ops->shed(store, number[0], table, (uint64_t)number[1], (uint64_t)number[2], error);
    if (strcmp(verb, "list") == 0)
        return list(store, table, said, error);
    if (strcmp(verb, "drop") == 0) {
        const fz_day_span span = {number[0], number[1]};
        return ops->days(store)->drop(store, table, &span, error);
    }
    if (strcmp(verb, "make") == 0) {
        bool full = false;
        bool made = ops->days(store)->make(store, bound_of(words[1]), (unsigned)number[0], number[1], &full, error);
        g_string_append(said, full ? " full" : "");
        return made;
    }
    if (strcmp(verb, "rollback") == 0) {
        ops->rollback(store);
        return true;
    }
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_FAILED, "%s: not known", verb);
    return false;
}

static void heed(fz_store *store, char *line)
{
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(GError) fault = NULL;
    g_auto(GStrv) words = g_strsplit(line, " ", 8);
    const char *five[5];
    const char *blank = strchr(line, ' ');
    guint count = g_strv_length(words);

    for (guint i = 0; i < G_N_ELEMENTS(five); i++)
        five[i] = i < count ? words[i] : "";
    if (call(store, five, blank ? blank + 1 : "", said, &fault))
        printf("ok%s\n", said->str);
    else
        printf("%s %s\n", g_error_matches(fault, FZ_STORE_ERROR, FZ_STORE_ERROR_BUSY) ? "busy" : "error",
               fault->message);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    const fz_patience patience = {.seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 5};
    g_autoptr(GError) fault = NULL;
    char line[4096];

    if (argc < 3)
        return 2;
    const fz_access access = strcmp(argv[2], "retain") == 0   ? FZ_ACCESS_RETAIN
                             : strcmp(argv[2], "change") == 0 ? FZ_ACCESS_CHANGE
                                                              : FZ_ACCESS_READ;
    fz_store *store = fz_store_open_for(argv[1], access, &patience, &fault);
    if (!store || (store->ops->connect && !store->ops->connect(store, &fault))) {
        printf("error %s\n", fault->message);
        fz_store_close(store);
        return 1;
    }
    if (store->ops->seal)
        store->ops->seal(store);
    printf("ok open\n");
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "end") == 0)
            break;
        heed(store, line);
    }
    fz_store_close(store);
    return 0;
}
