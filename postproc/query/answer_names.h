/* The names of the addresses that an answer shows: asked for when all of them are known.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ANSWER_NAMES_H
#define FZ_ANSWER_NAMES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct fz_answer_names fz_answer_names;

/* Asks over the channel of fz_namer_open. NULL if it is 0: no names are wanted. */
fz_answer_names *fz_answer_names_new(int channel);
void fz_answer_names_free(fz_answer_names *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fz_answer_names, fz_answer_names_free)

/* Remembers a text of a cell that is about to be shown, if it is an address. Once names are asked for, nothing more is
 * taken: an answer of several tables adds the addresses of all of them before the first. Nothing to do for NULL. */
void fz_answer_names_add(fz_answer_names *names, const char *text);

/* Whether as many addresses were added as are asked for, or they were. */
bool fz_answer_names_are_full(const fz_answer_names *names);

/* Asks for what was added, the first time only. */
void fz_answer_names_ask(fz_answer_names *names);

/* The name of an address, given as text; NULL: it has none, or the text is no address. */
const char *fz_answer_names_find(const fz_answer_names *names, const char *text);

/* The same for a table, in the place of the address: NULL too if it is longer than `most`, or another address has it.
 */
const char *fz_answer_names_show(const fz_answer_names *names, const char *text, size_t most);

/* Prints a line on standard error: what these names are. Nothing if no address was to be shown. */
void fz_answer_names_tell(const fz_answer_names *names, bool utc);

#endif
