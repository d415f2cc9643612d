/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

#include "base/uuid.h"

/* What nobody can guess, at most 256 octets; no failure: without it the process ends. */
void random_bytes(void *p, size_t n);
void uuid_random(struct uuid *ret);

#endif /* BASE_RANDOM_H */
