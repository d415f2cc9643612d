/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies into programs for the datapath, each checked by the kernel's own code. */
#ifndef DATAPATH_KO_PROGRAM_COMPILE_H
#define DATAPATH_KO_PROGRAM_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "datapath/ko/program-view.h"
#include "policy/model.h"

/* A program; equal octets mean equal policy. */
struct program {
	void *blob;
	uint32_t len;
};

int compile_vif(const struct vif_policy *policy, struct program *ret, struct problem *problem);
int compile_uplink(const struct vlans *vlans, struct program *ret, struct problem *problem);
int compile_local(const struct vlans *vlans, struct program *ret, struct problem *problem);
void program_deinit(struct program *p);
bool program_equal(const struct program *p, const void *blob, uint32_t len);

#endif /* DATAPATH_KO_PROGRAM_COMPILE_H */
