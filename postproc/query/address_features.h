/* The question `features`: what each address did in each hour, in numbers, for machine learning.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_ADDRESS_FEATURES_H
#define FZ_ADDRESS_FEATURES_H

#include "question.h"

/* Its fz_answer_work: by hour, in each by address. `most` 0: all. Keeps what one hour has (address_hour.h). */
bool fz_address_features_answer(fz_asking *asking, GError **error);

#endif
