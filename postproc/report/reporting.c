/* The question `report`: numbers are read, then printed.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "reporting.h"

#include "disguise.h"
#include "findings.h"
#include "page.h"
#include "picture.h"
#include "reporting_find.h"
#include "reporting_read.h"

#include <stdio.h>

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
    (void)fwrite(page->str, 1, page->len, stdout); /* the last line is not printed if this failed */
    return fz_asking_cover(asking, (uint64_t)overview->now.sum.bytes, overview->now.sum.flows, "sums and details",
                           error);
}
