/* The schema, once for all stores: tables, views, and their versions.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SCHEMA_H
#define FZ_SCHEMA_H

#include "dialect.h"

/* All CREATE statements, in order, each to be run alone; harmless on a store that has them. The row of fz_meta is not
 * among them: insert it with fz_statement_insert(FZ_TABLE_META) when the table is empty. The caller frees with
 * g_strfreev.
 */
char **fz_schema_ddl(const fz_dialect *dialect);

/* "ALTER TABLE fz_load ADD COLUMN ...": each column that a store of FZ_SCHEMA_VERSION_BEFORE lacks; another program may
 * have added it meanwhile. Behind them those of fz_schema_renumber, in one transaction. The caller frees
 * with g_strfreev. */
char **fz_schema_add_columns(const fz_dialect *dialect);
extern const char *const fz_schema_renumber[2];

/* All statements, in order, each to be run alone, that bring a store of an older program up to date, and the last to
 * say so in fz_meta. What a store holds is not touched, and the same again does no harm. The caller frees with
 * g_strfreev. */
char **fz_schema_upgrade(const fz_dialect *dialect);

/* True where a store of ours with this fz_meta.program is to be brought up to date. NULL: not known. */
bool fz_schema_is_old(const char *program);

/* "SELECT schema_version, program FROM fz_meta". */
#define FZ_SCHEMA_SELECT_META "SELECT schema_version, program FROM fz_meta"

/* Judges what FZ_SCHEMA_SELECT_META answered: true for FZ_SCHEMA_VERSION_BEFORE too; `rows` may be 0 (tables of that
 * name, but not ours). `where` names the store. */
bool fz_schema_check(const char *where, size_t rows, int64_t version, const char *program, GError **error);

#endif
