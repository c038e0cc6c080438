/* What a process that prints an answer and the one that started it send each other. Only this room includes it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_NAMES_MESSAGE_PRIVATE_H
#define FZ_NAMES_MESSAGE_PRIVATE_H

#include "names.h"

enum { FZ_NAMES_AT_ONCE = 64 };

/* All of the questions are sent before the first answer is read. */
typedef struct fz_names_question {
    uint32_t count; /* 1 to FZ_NAMES_AT_ONCE */
    uint32_t more;  /* 1: another one follows; 0: this is the last */
    fz_addr addrs[FZ_NAMES_AT_ONCE];
} fz_names_question;

typedef struct fz_names_told {
    int64_t asked_s; /* when a server was asked, seconds since 1970; 0: none was */
    uint32_t status; /* fz_name_status */
    char name[FZ_HOST_NAME_SIZE];
} fz_names_told;

/* One for each question, in their order. */
typedef struct fz_names_answer {
    fz_names_told told[FZ_NAMES_AT_ONCE];
} fz_names_answer;

#endif
