/* Rows of fz_flow as text for a MySQL server: lines for LOAD DATA, tuples for INSERT. Independent of the client
 * library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_TEXT_H
#define FZ_MYSQL_TEXT_H

#include "dialect.h"

/* The statement that asks for the file `token` (letters and digits only). Addresses are sent as hexadecimal digits, so
 * that a line needs no escapes in any character set. `charset`: CHARACTER SET of the data; NULL: the statement has
 * none. The caller frees. */
char *fz_mysql_text_load_data(const fz_dialect *dialect, const char *token, const char *charset);

/* Appends a row: numbers and hexadecimal digits between tabs, a newline at the end. */
void fz_mysql_text_line(GString *text, int64_t load_id, uint64_t row_no, const fz_record *record);

/* Appends a row: "(1,1,...,x'0a000001',...)". */
void fz_mysql_text_tuple(GString *text, int64_t load_id, uint64_t row_no, const fz_record *record);

/* "Records: 3  Deleted: 0  Skipped: 0  Warnings: 0", as servers report after LOAD DATA: true if it has `records`
 * records and nothing deleted, skipped or warned of. */
bool fz_mysql_text_all_loaded(const char *info, uint64_t records);

#endif
