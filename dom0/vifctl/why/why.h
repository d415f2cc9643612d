/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a packet is or is not delivered: the decision core (kmod/core), the same
 * code that the kernel runs, on the programs, ACLs and addresses that are in
 * force, told stage by stage. Nothing here talks to anybody.
 */
#ifndef VIFCTL_WHY_WHY_H
#define VIFCTL_WHY_WHY_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/core/pipeline.h"

struct why_acl {
	uint32_t id;
	void *blob;
	struct vs_acl view;
	const json_t *doc;	/* of the control method "acls" (control.h), or NULL */
};

struct why_port {
	uint32_t ifindex, sw;
	char name[IFNAMSIZ];
	char label[80];			/* "web/0", or the netdev's name */
	bool local;
	bool up;			/* netdev and carrier */
	bool dormant;			/* its claim is */
	uint32_t mtu;
	struct vs_program *program;	/* NULL: closed */
	const struct why_acl *acl;
};

struct why_fdb {
	uint32_t sw, port;
	uint8_t mac[6];
	uint16_t vlan;			/* VIFSWITCH_VID_NONE: every VLAN of the port */
	bool dormant;
	bool fixed;			/* not learned */
};

struct why_world {
	struct why_port *ports;
	size_t port_count;
	struct why_fdb *fdb;
	size_t fdb_count;
	struct why_acl *acls;
	size_t acl_count;
};

const struct why_port *why_port(const struct why_world *w, uint32_t ifindex);
/* The guarded port on @sw that is locked to this address (4 or 16 octets); NULL: none. */
const struct why_port *why_owner(const struct why_world *w, uint32_t sw, int family,
				 const uint8_t *addr);

/*
 * {"verdict":"delivered"|"dropped", "reason":WORD|null, "sentence":"..."|null,
 *  "rule":"..."|null,
 *  "stages":[{"stage","port","result":"ok"|"drop"|"note","text",
 *             of an ACL also "rules" (those before the one that decided: rules.h)
 *             and, if there is one which would say otherwise but comes too late,
 *             "behind":{"rule","number","action"}}],
 *  "to":[{"netdev","port"}], "fix":"..."|null}; NULL without memory.
 */
json_t *why_explain(const struct why_world *w, const struct why_port *from, const uint8_t *frame,
		    size_t len);

#endif /* VIFCTL_WHY_WHY_H */
