/* Finds the ledger row that was loaded from a file: reads the ledger backwards, into a table by digest of the file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"
#include "ledger.h"

#include <string.h>

enum {
    PAGE = 1024,
    AT_LEAST = 4096, /* rows to read before a file counts as not found */
    EACH = 8,        /* plus this many per question: others may load into the store too */
};

typedef struct known {
    char file[65], identity[65];
    int64_t first_us;
    bool is_one; /* false: several captures match the file, so none is found */
} known;

struct fz_ledger_files {
    GHashTable *by_file; /* of known */
    int64_t before;      /* load_id of the row read last */
    size_t read, asked;  /* rows read; questions asked */
    bool all;            /* the whole ledger has been read */
    const fz_run *run;   /* of the current question; borrowed */
};

fz_ledger_files *fz_ledger_files_new(void)
{
    fz_ledger_files *files = g_new(fz_ledger_files, 1);

    *files = (fz_ledger_files){
        .by_file = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free),
        .before = G_MAXINT64,
    };
    return files;
}

void fz_ledger_files_free(fz_ledger_files *files)
{
    if (!files)
        return;
    g_hash_table_unref(files->by_file);
    g_free(files);
}

static void add_row(const fz_load_brief *row, void *user)
{
    fz_ledger_files *files = user;
    fz_run run = *files->run;

    files->before = row->load_id;
    files->read++;
    if (!row->source || !row->whole || row->file.bytes == 0 || row->file.written_ns == 0)
        return;
    g_autofree char *source = g_strdup(row->source);
    run.source = source;
    g_autofree char *file = fz_identity_of_file(&run, row->file.bytes, row->file.written_ns);
    known *before = g_hash_table_lookup(files->by_file, file);
    if (before) {
        before->is_one = false;
        return;
    }
    known *now = g_new0(known, 1);
    g_strlcpy(now->file, file, sizeof now->file);
    g_strlcpy(now->identity, row->identity, sizeof now->identity);
    now->first_us = row->first_us;
    now->is_one = true;
    g_hash_table_insert(files->by_file, now->file, now);
}

static bool read_page(fz_ledger_files *files, fz_store *store, GError **error)
{
    const size_t before = files->read;

    if (!store->ops->recent(store, files->run, files->before, PAGE, add_row, files, error))
        return false;
    files->all = files->read - before < PAGE;
    return true;
}

bool fz_ledger_files_find(fz_ledger_files *files, fz_store *store, const fz_run *run, fz_ledger_question *question,
                          GError **error)
{
    const known *found;

    files->asked++;
    files->run = run;
    *question->identity = '\0';
    while (!(found = g_hash_table_lookup(files->by_file, question->file)) && !files->all &&
           files->read < AT_LEAST + EACH * files->asked)
        if (!read_page(files, store, error))
            return false;
    if (!found || !found->is_one)
        return true;
    g_strlcpy(question->identity, found->identity, sizeof question->identity);
    question->first_us = found->first_us;
    return true;
}
