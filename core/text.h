/* Texts for CSV, JSON and terminals, and the one rule for what a text must not contain.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_TEXT_H
#define FZ_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character that steers what shows a text instead of being shown: C0, DEL and C1 (general category Cc), line and
 * paragraph separator (Zl, Zp), and those that turn the direction of what follows (the property Bidi_Control, UAX 9).
 * Zone files, flow files, the record pipe and options refuse texts that have one. */
bool fz_text_is_control(gunichar character);

/* The first such character among the `size` bytes of `text`, which are valid UTF-8; 0: there is none. */
gunichar fz_text_find_control(const char *text, size_t size);

/* A field of RFC 4180, quoted if necessary. A text that a spreadsheet would run as a formula gets an apostrophe in
 * front: names may come from untrusted files. The caller frees. */
char *fz_text_csv(const char *text);

/* A string of RFC 8259 section 7, in its quotes, with controls escaped; what is not UTF-8 is U+FFFD. The
 * caller frees. */
char *fz_text_json(const char *text);

/* For a terminal: characters that are invisible or control it are spelled out. The caller frees. */
char *fz_text_table(const char *text);

/* The name of a file, which is bytes, as the text that flow files and stores have: what is not UTF-8 and what
 * fz_text_is_control refuses is spelt out byte by byte, \xe9, and a backslash before an x is \x5c, so that different
 * names are different texts. All other names stay as they are. The caller frees. */
char *fz_text_name(const char *bytes);

/* The bytes of which fz_text_name made a text; NULL: of none. The caller frees. */
char *fz_text_name_bytes(const char *text);

/* The name of a file, which is bytes, as one word of a line for people: unchanged if every character can be shown and
 * none misleads; else quoted, with escapes. The caller frees. */
char *fz_text_word(const char *name);

/* Any bytes as one word of a shell's line, in quotes: where they cannot all be shown, those are spelt out, $'a\x0ab',
 * which the shell reads as the same bytes. The caller frees. */
char *fz_text_shell(const char *bytes);

/* 1234567 as "1,234,567". The caller frees. */
char *fz_text_grouped(uint64_t count);

/* The ending of a regular noun that is counted: "" or "s". */
const char *fz_text_plural(uint64_t count);

/* The index of a name among `count` names, or -1. */
int fz_name_index(const char *const *names, size_t count, const char *name);

/* The most similar of `names`, NULL-ended, if one is similar enough to be what was meant; else NULL. */
const char *fz_nearest_name(const char *name, const char *const *names);

/* The columns that a text made by fz_text_table takes on a terminal. */
size_t fz_text_width(const char *text);

#endif
