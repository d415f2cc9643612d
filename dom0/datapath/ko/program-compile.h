/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies into programs for the module, each checked by the kernel's own code. */
#ifndef DATAPATH_KO_PROGRAM_COMPILE_H
#define DATAPATH_KO_PROGRAM_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "policy/port-policy.h"

struct program {
	void *blob;
	uint32_t len;
};

/* -EINVAL with the problem if the kernel would refuse it. @policy is not NULL. */
int program_compile(const struct port_policy *policy, struct program *ret, struct problem *problem);
void program_deinit(struct program *p);

#endif /* DATAPATH_KO_PROGRAM_COMPILE_H */
