/* The question `report`: numbers are read, then printed.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting.h"

#include "disguise.h"
#include "findings.h"
#include "page.h"
#include "picture.h"
#include "reporting_find.h"
#include "reporting_read.h"

#include <errno.h>
#include <stdio.h>

/* Where a reader went away, the process ends as such programs do, once it sees what became of standard output. */
static bool print(const GString *page, const char *out, GError **error)
{
    if (fwrite(page->str, 1, page->len, stdout) == page->len && fflush(stdout) == 0)
        return true;
    const int fault = errno;
    if (out)
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE, "out=%s: cannot be written: %s", out,
                    g_strerror(fault));
    else
        g_set_error(error, FZ_QUESTION_ERROR, FZ_QUESTION_ERROR_STORE, "cannot write the output: %s",
                    g_strerror(fault));
    return false;
}

bool fz_reporting_answer(fz_asking *asking, GError **error)
{
    const fz_reporting *reporting = asking->question->user;
    g_autoptr(fz_overview) overview = fz_reporting_read(asking, reporting, error);
    g_autoptr(GString) page = g_string_new(NULL);

    if (!overview)
        return false;
    if (asking->question->sql)
        return fz_reporting_find(asking, reporting, overview, error);
    if (reporting->anonymizer)
        fz_disguise(overview, reporting->anonymizer);
    fz_findings_add(overview);
    if (!fz_reporting_find(asking, reporting, overview, error))
        return false;
    if (reporting->format == FZ_REPORTING_SVG)
        fz_picture_print(page, overview);
    else
        fz_page_print(page, overview);
    g_autofree char *details =
        fz_tier_words(FZ_TIER_DETAILS, &asking->coverage, &asking->question->aside, &asking->question->range, false);
    g_autofree char *from = g_strconcat("sums and ", details, NULL);
    return print(page, asking->question->out, error) &&
           fz_asking_cover(asking, (uint64_t)overview->now.sum.bytes, overview->now.sum.flows, from, error);
}
