/* Text from strangers, for people.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TEXT_H
#define FZ_TEXT_H

/* The text as a terminal may be sent it: what can't be seen, or would move what can, is spelt out, as `\x1b` and
 * `\u{202e}`; so is what is not UTF-8. The caller frees. */
char *fz_text_visible(const char *text);

#endif
