/* The page of a report: one file of HTML that needs nothing else.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PAGE_H
#define FZ_PAGE_H

#include "overview.h"

/* How a page begins, and no other file does. */
#define FZ_PAGE_BEGIN \
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"generator\" content=\"flowzone"

/* A page of more bytes has names that are cut, and less data for its script; and says so. */
enum { FZ_PAGE_MOST = 2000000 };

/* Appends the page. Texts of the overview may be hostile; the page is the same for the same overview. */
void fz_page_print(GString *to, const fz_overview *overview);

#endif
