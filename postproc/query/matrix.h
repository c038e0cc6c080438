/* The question `matrix`: zones of clients against zones of servers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MATRIX_H
#define FZ_MATRIX_H

#include "grouping.h"

/* The question's `user`; `most` is the number of lines, without that of the sums. */
typedef struct fz_matrix_question {
    fz_measure measure; /* bytes, packets or flows */
} fz_matrix_question;

/* Its fz_answer_work. CSV and JSON have a row for each pair. */
bool fz_matrix_answer(fz_asking *asking, GError **error);

#endif
