/* Rows of fz_flow and fz_packet as text for a MySQL server: lines for LOAD DATA, tuples for INSERT; what servers say
 * and want said. Independent of the client library. SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MYSQL_TEXT_H
#define FZ_MYSQL_TEXT_H

#include "dialect.h"

/* What identifies a row of fz_flow or fz_packet. */
typedef struct fz_row_ids {
    int64_t day, load_id; /* the day: where the dialect has it */
    uint64_t row_no;
} fz_row_ids;

/* The statement that asks for the file `token` (letters and digits only) into FZ_TABLE_FLOW or FZ_TABLE_PACKET. Bytes
 * are sent as hexadecimal digits, so that a line needs no escapes in any character set. `charset`: CHARACTER SET of the
 * data; NULL: the statement has none. The caller frees. */
char *fz_mysql_text_load_data(const fz_dialect *dialect, fz_table table, const char *token, const char *charset);

/* Appends a row of the table: numbers and hexadecimal digits between tabs, a newline at the end. */
void fz_mysql_text_line(GString *text, const fz_dialect *dialect, fz_table table, const fz_row_ids *ids,
                        const void *row);

/* Appends a row: "(1,1,...,x'0a000001',...)". */
void fz_mysql_text_tuple(GString *text, const fz_dialect *dialect, fz_table table, const fz_row_ids *ids,
                         const void *row);

/* "Records: 3  Deleted: 0  Skipped: 0  Warnings: 0", as servers report after LOAD DATA: true if it has `records`
 * records and nothing deleted, skipped or warned of. */
bool fz_mysql_text_all_loaded(const char *info, uint64_t records);

/* Whether an error of SingleStore means that a node of its cluster is missing, not that the statement is at fault. */
bool fz_mysql_text_lacks_node(unsigned code, const char *message);

/* A statement for SingleStore, with quotes around columns whose names may be keywords there. In it, what is in small
 * letters and outside of quotes is a name. The caller frees. */
char *fz_mysql_text_spell(const char *sql);

#endif
