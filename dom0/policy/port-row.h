/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Port row of the database says of one identity, read from JSON and
 * checked value by value; whether the values fit together is merge.c's
 * business. A row that asks for something impossible, or for something this
 * version does not enforce, is kept with the problem in words: its port must
 * not open as if it had not asked.
 */
#ifndef POLICY_PORT_ROW_H
#define POLICY_PORT_ROW_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/problem.h"
#include "policy/words.h"
#include "vifswitch/abi.h"

/* Members that are 0, "", NULL or VIFSWITCH_VID_NONE are not given. */
struct port_policy {
	uint8_t vm[16];
	uint32_t devid;
	uint8_t row[16];		/* the row's own UUID, zeros if not said */

	char sw[IFNAMSIZ];
	enum vlan_mode vlan_mode;
	uint16_t tag;
	uint8_t *trunks;		/* a bitmap of VIFSWITCH_VLAN_BITMAP_LEN octets */
	unsigned int mac_count;
	uint8_t macs[VIFSWITCH_PROGRAM_MACS_MAX][6];
	enum guard_mode guard;
	struct prefix_set ip_lock;
	uint32_t allow;			/* VIFSWITCH_PF_CONTROL, _STACKED, _ROUTER, _DHCP_SERVER */
	uint64_t rate_from_vm;		/* bits per second */
	uint64_t burst_from_vm;		/* octets */
	uint64_t packets_from_vm;	/* per second */
	uint64_t rate_to_vm;		/* bits per second */
	uint64_t burst_to_vm;		/* octets */
	bool has_acl;
	uint8_t acl[16];		/* its row */
	uint32_t connections_max;
	uint32_t mtu;
	bool has_qos;
	uint8_t qos[16];		/* UUID of its row of table QoS (qos-row.h) */
	bool down;

	char *problem;			/* of the whole row */
};

/*
 * From an object of columns. -EINVAL: no vm or devid, so it is nobody's policy;
 * -ENOMEM. All else that is wrong is in ret->problem.
 */
int port_policy_parse(const json_t *row, struct port_policy *ret);
void port_policy_deinit(struct port_policy *p);
/* Do they say the same of one identity? Which row says it does not matter. */
bool port_policy_equal(const struct port_policy *a, const struct port_policy *b);

#endif /* POLICY_PORT_ROW_H */
