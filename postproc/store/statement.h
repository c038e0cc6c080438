/* Statements that add, find and correct rows.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_STATEMENT_H
#define FZ_STATEMENT_H

#include "dialect.h"

/* "INSERT INTO fz_load (identity, ...) VALUES (?, ...)": one '?' for each of the table's columns, after load_id
 * where the table has it; for FZ_TABLE_FLOW and FZ_TABLE_PACKET the dialect's row_id_names ("load_id, row_no") first.
 * The store assigns load_id and zone_id; with fz_statement_insert_id the caller does, and the id comes first. The
 * caller frees. */
char *fz_statement_insert(const fz_dialect *dialect, fz_table table);

char *fz_statement_insert_id(const fz_dialect *dialect, fz_table table);

/* "load_id, row_no, start_us, ...": the columns that fz_statement_insert binds, for LOAD DATA. The caller frees. */
char *fz_statement_columns(const fz_dialect *dialect, fz_table table);

/* "UPDATE fz_load SET identity = ?, ... WHERE load_id = ?": values as for the insert, then the id. The caller frees. */
char *fz_statement_finish(const fz_dialect *dialect);

/* "SELECT load_id, identity, ... FROM fz_load WHERE identity = ?". The value of every column i >= 1 is for
 * fz_column_set with fz_tables[FZ_TABLE_LOAD].columns[i - 1]. The caller frees. */
char *fz_statement_find(const fz_dialect *dialect);

/* "UPDATE fz_load SET capture_bytes = 1234, ... WHERE load_id = 5": a row's file, as fz_store_ops.set_file. The caller
 * frees. */
char *fz_statement_set_file(int64_t load_id, const fz_load_file *file);

#endif
