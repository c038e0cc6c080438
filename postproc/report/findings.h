/* What of a report's numbers deserves a look, in words.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_FINDINGS_H
#define FZ_FINDINGS_H

#include "overview.h"

/* Adds what the policy does not allow, what is new, what is gone, and what changed most. Sentences are made of numbers
 * alone: none says why. */
void fz_findings_add(fz_overview *overview);

#endif
