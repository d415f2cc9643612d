/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a loaded module can do that the first release's cannot (abi.h), and what of a
 * program needs it. The daemon and the module are upgraded at different moments: a
 * policy that needs what the module lacks changes no port, and is told in these words.
 */
#ifndef DATAPATH_KO_FEATURES_H
#define DATAPATH_KO_FEATURES_H

#include <stddef.h>

#include "base/problem.h"
#include "datapath/ko/client.h"

struct feature {
	uint64_t bit;			/* VIFSWITCH_FEATURE_* */
	const char *name;
	char words[80];			/* what is not in force without it */
};

/* The @i-th of all; false behind the last. */
bool feature_at(size_t i, struct feature *ret);
/* What a good program needs. */
uint64_t features_of(const void *program, uint32_t len);
/* -EOPNOTSUPP with the problem if @module lacks some of that. */
int features_check(const struct dp_module *module, const void *program, uint32_t len,
		   struct problem *problem);
/* The same if it lacks some of @bits, whoever needs them. */
int features_need(const struct dp_module *module, uint64_t bits, struct problem *problem);
/* "name (words), name (words)" of what @module lacks, cut to @size; empty: nothing. */
void features_lacking(const struct dp_module *module, char *ret, size_t size);

#endif /* DATAPATH_KO_FEATURES_H */
