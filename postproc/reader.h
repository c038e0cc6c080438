/* The process that reads a flow file, for one that must not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_READER_H
#define FZ_READER_H

#include "confine.h"
#include "input.h"
#include "source.h"

/* Starts it on an input, which it shares. It holds the input and two pipes and nothing else, and is locked before it
 * reads the first byte. Its end of the record pipe (pipe.h) is in `source`, to be read in another process or in this
 * one. */
bool fz_reader_start(fz_source *source, const fz_input *input, fz_confine *confine, GError **error);

#endif
