/* The schema of all stores: tables, views, and their versions.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SCHEMA_H
#define FZ_SCHEMA_H

#include "dialect.h"

/* Stores of this version and of later ones have the tables of the current one, and are upgraded in place. */
enum { FZ_SCHEMA_IN_PLACE = 4 };

/* All CREATE statements, tables first, to be run in order, one at a time; harmless if tables and views exist. They do
 * not insert the row of fz_meta: use fz_statement_insert(FZ_TABLE_META) if the table is empty. The caller frees with
 * g_strfreev. */
char **fz_schema_ddl(const fz_dialect *dialect);

/* The statements that upgrade a store of an older program, to be run in order, one at a time; the last one records the
 * upgrade in fz_meta. They do not change rows, and may be run again. The caller frees with g_strfreev. */
char **fz_schema_upgrade(const fz_dialect *dialect);

/* True if a store with this fz_meta.program needs the upgrade. NULL: not known. */
bool fz_schema_is_old(const char *program);

/* "SELECT schema_version, program FROM fz_meta". */
#define FZ_SCHEMA_SELECT_META "SELECT schema_version, program FROM fz_meta"

/* Checks the result of FZ_SCHEMA_SELECT_META; `rows` may be 0 (tables of that name, but not ours). `where` names the
 * store. */
bool fz_schema_check(const char *where, size_t rows, int64_t version, const char *program, GError **error);

#endif
