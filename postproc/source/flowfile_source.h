/* The process that reads a flow file, for one that must not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOWFILE_SOURCE_H
#define FZ_FLOWFILE_SOURCE_H

#include "confine.h"
#include "input.h"
#include "source.h"

/* Starts it on an input, which it shares. It has only the input and two pipes open, and is locked before it reads the
 * first byte. `capture`, which may be NULL, is the capture whose flow file is being written: it is open too, only to
 * notice whether it changes. Its end of the record pipe (pipe.h) is in `source`, to be read in another process or in
 * this one. */
bool fz_flowfile_source_start(fz_source *source, const fz_input *input, const fz_input *capture, fz_confine *confine,
                              GError **error);

#endif
