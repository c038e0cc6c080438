/* The table of stores.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "store.h"

#include <string.h>

G_DEFINE_QUARK(fz - store - error - quark, fz_store_error)

const fz_store_ops *const fz_stores[] = {&fz_store_sqlite, &fz_store_mysql};
const size_t fz_store_count = G_N_ELEMENTS(fz_stores);

void fz_loaded_init(fz_loaded *loaded)
{
    *loaded = (fz_loaded){0};
    fz_run_init(&loaded->run);
}

void fz_loaded_clear(fz_loaded *loaded)
{
    fz_run_clear(&loaded->run);
    *loaded = (fz_loaded){0};
}

const fz_store_ops *fz_store_find(const char *address, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (size_t i = 0; i < fz_store_count; i++) {
        size_t length = strlen(fz_stores[i]->scheme);

        if (g_ascii_strncasecmp(address, fz_stores[i]->scheme, length) == 0 && address[length] == ':')
            return fz_stores[i];
        g_string_append_printf(known, "%s%s", i ? " or " : "", fz_stores[i]->address);
    }
    g_set_error(error, FZ_STORE_ERROR, FZ_STORE_ERROR_URI, "not a store address: expected %s", known->str);
    return NULL;
}

/* Answers have many of these in a row: strtoll, with all that it accepts, was a tenth of their time. */
int64_t fz_cell_integer(const char *cell)
{
    const bool negative = cell && *cell == '-';
    uint64_t number = 0;

    for (const char *digit = cell ? cell + negative : ""; g_ascii_isdigit(*digit); digit++)
        number = number * 10 + (uint64_t)(*digit - '0');
    return (int64_t)(negative ? 0 - number : number);
}

char *fz_store_describe_to(void)
{
    GString *text = g_string_new("Where to: ");

    for (size_t i = 0; i < fz_store_count; i++)
        g_string_append_printf(text, "%s%s", i ? " or " : "", fz_stores[i]->address);
    g_string_append(text, " (default " FZ_DEFAULT_STORE ")");
    return g_string_free(text, FALSE);
}

fz_store *fz_store_open_for(const char *address, fz_access access, const fz_patience *patience, GError **error)
{
    const fz_store_ops *store = access == FZ_ACCESS_TEMPORARY ? &fz_store_sqlite : fz_store_find(address, error);

    return store ? store->open(address, access, patience, error) : NULL;
}

fz_store *fz_store_open(const char *address, const fz_patience *patience, GError **error)
{
    return fz_store_open_for(address, FZ_ACCESS_LOAD, patience, error);
}

void fz_store_close(fz_store *store)
{
    if (store)
        store->ops->close(store);
}
