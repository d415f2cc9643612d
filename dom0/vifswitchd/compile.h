/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies into programs for the datapath, each checked by the kernel's own code. */
#ifndef VIFSWITCH_COMPILE_H
#define VIFSWITCH_COMPILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "vifswitchd/vif-policy.h"

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

/* Does a program in the datapath hold its port to addresses? */
bool program_guards(const void *blob, uint32_t len);
/* The number of the ACL it names; 0: none. */
uint32_t program_acl(const void *blob, uint32_t len);

/* The queue of a program in the datapath; 0 if it has none. */
uint16_t program_queue(const void *blob, uint32_t len);

/* What `show` tells of a program; false if it cannot be read. */
struct program_view {
	struct vlans vlans;
	uint32_t flags;
	unsigned int mac_count;
	uint8_t macs[VIFSWITCH_PROGRAM_MACS_MAX][6];
	uint64_t rate_bps;
	uint64_t rate_burst;
	uint64_t packet_rate;
	uint16_t ip4_count, ip6_count;
	struct vifswitch_prefix4 ip4[VIFSWITCH_PROGRAM_PREFIXES_MAX];
	struct vifswitch_prefix6 ip6[VIFSWITCH_PROGRAM_PREFIXES_MAX];
};
/* The locked prefixes as an array of text. */
json_t *program_ip_json(const struct program_view *view);
/* "off", "mac" or "mac+ip". */
const char *program_guard_word(const struct program_view *view);
bool program_read(const void *blob, uint32_t len, struct program_view *ret);

#endif /* VIFSWITCH_COMPILE_H */
