/* The question `zones suggest`: rows of a zone file for what no zone of the user's holds.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_SUGGEST_H
#define FZ_SUGGEST_H

#include "question.h"

enum { FZ_SUGGEST_ROWS = 30, FZ_SUGGEST_CLIENTS = 10 };

/* Its fz_answer_work: prints a zone file. An address is taken for one of the user's if it is private, or was the server
 * of FZ_SUGGEST_CLIENTS others that are not. Its network is a /24 or /64, or the largest part of it in which no zone of
 * the user's is; neighbours become one while they are alike, and until there are no more rows than FZ_SUGGEST_ROWS. */
bool fz_suggest_answer(fz_asking *asking, GError **error);

#endif
