/* The question `report`: one page from many answers.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_REPORTING_H
#define FZ_REPORTING_H

#include "anonymizer.h"
#include "policy.h"
#include "question.h"

/* A page, or its picture of who talks to whom alone. */
typedef enum fz_reporting_format { FZ_REPORTING_HTML, FZ_REPORTING_SVG } fz_reporting_format;

/* What it asks: the question's `user`. */
typedef struct fz_reporting {
    fz_reporting_format format;
    char *title;               /* NULL: none is given */
    fz_policy *policy;         /* NULL: none */
    char *policy_name;         /* of its file, without its folder: any bytes */
    fz_anonymizer *anonymizer; /* shows stand-ins in place of machines; NULL: does not */
    unsigned find;             /* what to find besides: a sum of bits, see fz_reporting_find_parse */
    bool compared;             /* with `before` */
    fz_range before;
} fz_reporting;

/* Its fz_answer_work. The same store and the same question make the same bytes. */
bool fz_reporting_answer(fz_asking *asking, GError **error);

#endif
