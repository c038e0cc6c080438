/* An eponymous virtual table (sqlite.org/vtab.html) with an open-addressed hash table.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sqlite_added.h"

#include "plus.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* GROUPS take about 30 MB. */
enum { COLUMNS = 32, QUERY = COLUMNS, KEYS, SUMS, GROUPS = 1 << 17, SLOTS = GROUPS * 2 };

typedef struct added_table {
    sqlite3_vtab base;
    sqlite3 *db;
    uint64_t seed; /* random: the input cannot choose the slots of its rows */
} added_table;

/* Its key is in `keys`, its values in `values`. */
typedef struct added_group {
    uint64_t hash;
    guint key, size;
} added_group;

typedef struct added_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *query;
    int keys, sums, columns;
    bool ended; /* the query has no more rows */
    GByteArray *key, *all_keys;
    added_group *groups;
    int64_t *values; /* of each group */
    uint32_t *slots; /* number of the group + 1; 0: empty */
    guint count, at;
    guint last; /* to which the row before was added */
    sqlite3_int64 row;
} added_cursor;

static int added_connect(sqlite3 *db, void *user, int argc, const char *const *argv, sqlite3_vtab **made, char **fault)
{
    g_autoptr(GString) sql = g_string_new("CREATE TABLE fz_added (");

    (void)user, (void)argc, (void)argv, (void)fault;
    for (int i = 0; i < COLUMNS; i++)
        g_string_append_printf(sql, "c%d, ", i);
    g_string_append(sql, "query HIDDEN, keys HIDDEN, sums HIDDEN)");
    int code = sqlite3_declare_vtab(db, sql->str);
    if (code != SQLITE_OK)
        return code;
    added_table *table = g_new0(added_table, 1);
    table->db = db;
    table->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    *made = &table->base;
    return SQLITE_OK;
}

static int added_disconnect(sqlite3_vtab *table)
{
    g_free(table);
    return SQLITE_OK;
}

/* The three arguments are all that a plan can be about. */
static int added_best_index(sqlite3_vtab *table, sqlite3_index_info *plan)
{
    int found = 0;

    (void)table;
    for (int i = 0; i < plan->nConstraint; i++) {
        const struct sqlite3_index_constraint *constraint = &plan->aConstraint[i];
        if (constraint->iColumn < QUERY || !constraint->usable || constraint->op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        plan->aConstraintUsage[i].argvIndex = constraint->iColumn - QUERY + 1;
        plan->aConstraintUsage[i].omit = 1;
        found++;
    }
    return found == SUMS - QUERY + 1 ? SQLITE_OK : SQLITE_CONSTRAINT;
}

static int added_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
    added_cursor *made = g_new0(added_cursor, 1);

    (void)table;
    made->key = g_byte_array_new();
    made->all_keys = g_byte_array_new();
    made->groups = g_new(added_group, GROUPS);
    *cursor = &made->base;
    return SQLITE_OK;
}

static int added_close(sqlite3_vtab_cursor *cursor)
{
    added_cursor *at = (added_cursor *)cursor;

    sqlite3_finalize(at->query);
    g_byte_array_unref(at->key);
    g_byte_array_unref(at->all_keys);
    g_free(at->groups);
    g_free(at->values);
    g_free(at->slots);
    g_free(at);
    return SQLITE_OK;
}

static int fail(added_cursor *at, const char *why)
{
    sqlite3_free(at->base.pVtab->zErrMsg);
    at->base.pVtab->zErrMsg = sqlite3_mprintf("%s", why);
    return SQLITE_ERROR;
}

/* Appends a cell to the key: its type, its size, and its value. */
static bool append_key(GByteArray *key, sqlite3_stmt *query, int column)
{
    const uint8_t type = (uint8_t)sqlite3_column_type(query, column);
    const int64_t number = type == SQLITE_INTEGER ? sqlite3_column_int64(query, column) : 0;
    const bool is_bytes = type == SQLITE_BLOB || type == SQLITE_TEXT;
    const void *bytes = is_bytes ? sqlite3_column_blob(query, column) : &number;
    const int size = is_bytes ? sqlite3_column_bytes(query, column) : type == SQLITE_INTEGER ? (int)sizeof number : 0;
    const guint end = key->len;

    g_byte_array_set_size(key, end + 1 + (guint)sizeof size + (guint)size);
    key->data[end] = type;
    memcpy(key->data + end + 1, &size, sizeof size);
    if (size > 0)
        memcpy(key->data + end + 1 + sizeof size, bytes, (size_t)size);
    return type != SQLITE_FLOAT;
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t hash_of(uint64_t seed, const GByteArray *key)
{
    uint64_t hash = seed ^ key->len;

    for (guint i = 0; i < key->len; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, key->data + i, MIN(key->len - i, sizeof word));
        hash = mix(hash ^ word);
    }
    return hash;
}

static bool is_key_of(const added_cursor *at, guint number)
{
    const added_group *group = &at->groups[number];

    return group->size == at->key->len &&
           (group->size == 0 || memcmp(at->all_keys->data + group->key, at->key->data, group->size) == 0);
}

/* The slot of the cursor's key: of its group, or the empty one where that would be. */
static uint32_t *find(const added_cursor *at, uint64_t hash)
{
    size_t slot = hash & (SLOTS - 1);

    for (; at->slots[slot] != 0; slot = (slot + 1) & (SLOTS - 1))
        if (at->groups[at->slots[slot] - 1].hash == hash && is_key_of(at, at->slots[slot] - 1))
            break;
    return &at->slots[slot];
}

static int64_t *values_of(const added_cursor *at, guint group)
{
    return at->values + (size_t)group * (size_t)(at->columns - at->keys);
}

static void add(const added_cursor *at, int64_t *values)
{
    for (int i = 0; i < at->columns - at->keys; i++) {
        const int64_t value = sqlite3_column_int64(at->query, at->keys + i);
        if (i == at->sums)
            values[i] = MIN(values[i], value);
        else if (i > at->sums)
            values[i] = MAX(values[i], value);
        else
            values[i] = fz_plus(values[i], value);
    }
}

static int take_row(added_cursor *at)
{
    const uint64_t seed = ((const added_table *)at->base.pVtab)->seed;

    g_byte_array_set_size(at->key, 0);
    for (int i = 0; i < at->keys; i++)
        if (!append_key(at->key, at->query, i))
            return fail(at, "fz_added: a key is a fraction");
    /* Rows of sums lie in the order of most keys. */
    if (at->last < at->count && is_key_of(at, at->last)) {
        add(at, values_of(at, at->last));
        return SQLITE_OK;
    }
    const uint64_t hash = hash_of(seed, at->key);
    uint32_t *slot = find(at, hash);
    at->last = *slot != 0 ? *slot - 1 : at->count;
    if (*slot != 0) {
        add(at, values_of(at, at->last));
        return SQLITE_OK;
    }
    at->groups[at->count] = (added_group){hash, at->all_keys->len, at->key->len};
    g_byte_array_append(at->all_keys, at->key->data, at->key->len);
    for (int i = 0; i < at->columns - at->keys; i++)
        values_of(at, at->count)[i] = sqlite3_column_int64(at->query, at->keys + i);
    *slot = ++at->count;
    return SQLITE_OK;
}

/* Takes rows until there are as many groups as there is room for. */
static int fill(added_cursor *at)
{
    int code = SQLITE_OK;

    if (at->count > 0 && !at->ended)
        memset(at->slots, 0, SLOTS * sizeof *at->slots);
    at->count = at->at = 0;
    g_byte_array_set_size(at->all_keys, 0);
    while (!at->ended && at->count < GROUPS && code == SQLITE_OK) {
        code = sqlite3_step(at->query);
        at->ended = code != SQLITE_ROW;
        code = code == SQLITE_ROW ? take_row(at) : code == SQLITE_DONE ? SQLITE_OK : code;
    }
    return code;
}

static int added_filter(sqlite3_vtab_cursor *cursor, int plan, const char *name, int argc, sqlite3_value **argv)
{
    added_cursor *at = (added_cursor *)cursor;
    sqlite3 *db = ((const added_table *)cursor->pVtab)->db;

    (void)plan, (void)name, (void)argc;
    sqlite3_finalize(at->query);
    at->query = NULL;
    int code = sqlite3_prepare_v2(db, (const char *)sqlite3_value_text(argv[0]), -1, &at->query, NULL);
    if (code != SQLITE_OK || !at->query)
        return fail(at, sqlite3_errmsg(db));
    at->keys = sqlite3_value_int(argv[1]);
    at->sums = sqlite3_value_int(argv[2]);
    at->columns = sqlite3_column_count(at->query);
    if (at->columns > COLUMNS || at->keys < 0 || at->sums < 0 || at->keys > at->columns - at->sums ||
        at->columns - at->sums - at->keys > 2)
        return fail(at, "fz_added: expected a query of keys, sums, and up to two columns more");
    g_free(at->values);
    at->values = g_new(int64_t, (gsize)GROUPS * (gsize)(at->columns - at->keys));
    at->ended = false;
    at->row = 0;
    g_free(at->slots);
    at->slots = g_new0(uint32_t, SLOTS);
    at->count = 0;
    return fill(at);
}

static int added_next(sqlite3_vtab_cursor *cursor)
{
    added_cursor *at = (added_cursor *)cursor;

    at->row++;
    return ++at->at < at->count ? SQLITE_OK : fill(at);
}

static int added_eof(sqlite3_vtab_cursor *cursor)
{
    const added_cursor *at = (const added_cursor *)cursor;

    return at->at >= at->count;
}

/* The cell of a key with this number. */
static void give_key(const added_cursor *at, sqlite3_context *answer, int number)
{
    const uint8_t *key = at->all_keys->data + at->groups[at->at].key;
    int64_t whole;
    int size;

    for (int i = 0;; i++, key += 1 + sizeof size + (size_t)size) {
        memcpy(&size, key + 1, sizeof size);
        if (i == number)
            break;
    }
    const uint8_t *value = key + 1 + sizeof size;
    if (*key == SQLITE_INTEGER) {
        memcpy(&whole, value, sizeof whole);
        sqlite3_result_int64(answer, whole);
    } else if (*key == SQLITE_BLOB) {
        sqlite3_result_blob(answer, value, size, SQLITE_TRANSIENT);
    } else if (*key == SQLITE_TEXT) {
        sqlite3_result_text(answer, (const char *)value, size, SQLITE_TRANSIENT);
    }
}

static int added_column(sqlite3_vtab_cursor *cursor, sqlite3_context *answer, int column)
{
    const added_cursor *at = (const added_cursor *)cursor;

    if (column < at->keys)
        give_key(at, answer, column);
    else if (column < at->columns)
        sqlite3_result_int64(answer, values_of(at, at->at)[column - at->keys]);
    return SQLITE_OK;
}

static int added_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
    *id = ((const added_cursor *)cursor)->row;
    return SQLITE_OK;
}

/* Without xCreate, SQL cannot create further tables of this kind. */
static const sqlite3_module added_module = {
    .xConnect = added_connect,
    .xBestIndex = added_best_index,
    .xDisconnect = added_disconnect,
    .xOpen = added_open,
    .xClose = added_close,
    .xFilter = added_filter,
    .xNext = added_next,
    .xEof = added_eof,
    .xColumn = added_column,
    .xRowid = added_rowid,
};

bool fz_sqlite_added_register(sqlite3 *db)
{
    return sqlite3_create_module(db, "fz_added", &added_module, NULL) == SQLITE_OK;
}
