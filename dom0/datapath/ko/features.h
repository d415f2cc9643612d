/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a loaded module can do that the first release's cannot (abi.h), and what of a
 * policy needs it. The daemon and the module are upgraded at different moments: a
 * policy that needs what the module lacks changes no port, and is told in these words.
 */
#ifndef DATAPATH_KO_FEATURES_H
#define DATAPATH_KO_FEATURES_H

#include <stddef.h>

#include "base/problem.h"
#include "datapath/messages.h"

struct feature {
	uint64_t bit;			/* VIFSWITCH_FEATURE_* */
	const char *name;
	char words[80];			/* what is not in force without it */
};

/* The @i-th of all; false behind the last. */
bool feature_at(size_t i, struct feature *ret);
/*
 * -EINVAL with the problem if no module takes @policy, -EOPNOTSUPP if only @module
 * (NULL: it has every feature) lacks some of what it needs.
 */
int program_check(const struct dp_module *module, const struct dp_place *at,
		  const struct port_policy *policy, struct problem *problem);
/* -EOPNOTSUPP if it lacks some of @bits, whoever needs them. */
int features_need(const struct dp_module *module, uint64_t bits, struct problem *problem);
/* "name (words), name (words)" of what @module lacks, cut to @size; empty: nothing. */
void features_lacking(const struct dp_module *module, char *ret, size_t size);

#endif /* DATAPATH_KO_FEATURES_H */
