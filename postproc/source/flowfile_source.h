/* The process that reads a flow file, for one that must not.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FLOWFILE_SOURCE_H
#define FZ_FLOWFILE_SOURCE_H

#include "confine.h"
#include "input.h"
#include "source.h"

/* Starts it on an input, which it shares. It holds the input and two pipes and nothing else, and is locked before it
 * reads the first byte. `capture`, NULL where there is none, is the capture whose flow file is being written: this
 * process holds it too, and reads nothing of it but whether it changed meanwhile. Its end of the record pipe (pipe.h)
 * is in `source`, to be read in another process or in this one. */
bool fz_flowfile_source_start(fz_source *source, const fz_input *input, const fz_input *capture, fz_confine *confine,
                              GError **error);

#endif
