/* Retention as a chore of a batch.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_BATCH_RETAIN_H
#define FZ_BATCH_RETAIN_H

#include "batch.h"

/* What section [retain] of the configuration file asks for, in the store of the batch. Both arguments are borrowed
 * until it is freed; conf_file: NULL is none. NULL with an error of usage. */
fz_batch_chore *fz_batch_retain_new(const fz_batch_settings *settings, const char *conf_file, GError **error);

/* `chore` may be NULL, and is no longer running. */
void fz_batch_retain_free(fz_batch_chore *chore);

#endif
