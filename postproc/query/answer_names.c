/* The names of the addresses that an answer shows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer_names.h"

#include "names.h"

#include <stdio.h>

struct fz_answer_names {
    int channel;
    GHashTable *seen; /* of the addresses in `addrs` as texts */
    GArray *addrs;    /* of fz_addr: those to ask for, in the order in which they are shown */
    bool asked;
    fz_names *names; /* NULL: not asked, or there was nothing to ask for */
};

fz_answer_names *fz_answer_names_new(int channel)
{
    if (channel == 0)
        return NULL;
    fz_answer_names *names = g_new0(fz_answer_names, 1);

    names->channel = channel;
    names->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    names->addrs = g_array_new(FALSE, FALSE, sizeof(fz_addr));
    return names;
}

void fz_answer_names_free(fz_answer_names *names)
{
    if (!names)
        return;
    g_hash_table_unref(names->seen);
    g_array_unref(names->addrs);
    fz_names_free(names->names);
    g_free(names);
}

bool fz_answer_names_are_full(const fz_answer_names *names)
{
    return names->asked || names->addrs->len >= FZ_NAMES_MOST;
}

void fz_answer_names_add(fz_answer_names *names, const char *text)
{
    fz_addr addr;

    if (!names || fz_answer_names_are_full(names) || !text || g_hash_table_contains(names->seen, text) ||
        !fz_addr_parse(text, &addr))
        return;
    g_hash_table_add(names->seen, g_strdup(text));
    g_array_append_val(names->addrs, addr);
}

void fz_answer_names_ask(fz_answer_names *names)
{
    if (!names || names->asked)
        return;
    names->asked = true;
    if (names->addrs->len > 0)
        names->names = fz_names_ask(names->channel, (const fz_addr *)(gpointer)names->addrs->data, names->addrs->len);
}

const char *fz_answer_names_find(const fz_answer_names *names, const char *text)
{
    fz_addr addr;

    return text && fz_addr_parse(text, &addr) ? fz_names_find(names->names, &addr) : NULL;
}

const char *fz_answer_names_show(const fz_answer_names *names, const char *text, size_t most)
{
    fz_addr addr;

    return text && fz_addr_parse(text, &addr) ? fz_names_show(names->names, &addr, most) : NULL;
}

void fz_answer_names_tell(const fz_answer_names *names, bool utc)
{
    g_autofree char *line = names ? fz_names_line(names->names, utc) : NULL;

    if (line)
        fprintf(stderr, "%s\n", line);
}
