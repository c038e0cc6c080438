/* What a browser adds to a report's page: style, script, and the policy that admits these two and nothing else.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_PAGE_BROWSER_H
#define FZ_PAGE_BROWSER_H

/* The whole text of the page's one <style> and of its one <script> beside the data: page.css and page.js, as
 * cmake/embed.cmake shortens them. They hold no "</". Not one byte may stand beside them within the elements: the
 * policy has their digests. */
extern const char fz_page_css[];
extern const char fz_page_js[];

/* The value of the page's Content-Security-Policy (CSP level 3): nothing is loaded, and no style or script runs but
 * those above. It holds single quotes, and none of < > & ". Caller frees. */
char *fz_page_policy(void);

#endif
