/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in force now, out of the kernel. */
#ifndef VIFCTL_WHY_WORLD_H
#define VIFCTL_WHY_WORLD_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/messages.h"
#include "kmod/core/forward.h"
#include "vifswitch/session-abi.h"

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
	uint8_t cookie[VIFSWITCH_COOKIE_MAX];
	uint32_t cookie_len;
	const json_t *doc;		/* what "show" says of it, or NULL */
	bool local;
	bool up;			/* netdev and carrier */
	bool dormant;			/* its claim is */
	uint32_t mtu;
	uint32_t connections;		/* that it has now */
	struct vs_program *program;	/* NULL: closed */
	const struct why_acl *acl;
};

struct why_fdb {
	uint32_t sw, port;
	uint8_t mac[6];
	uint16_t vlan;			/* VIFSWITCH_VID_NONE: every VLAN of the port */
	bool dormant;			/* or only listed */
	bool fixed;			/* not learned */
	bool has_remote;		/* behind a tunnel, at that host */
	uint8_t remote[VIFSWITCH_ADDRESS_LEN];
};

/* As in struct dp_network. */
struct why_network {
	uint32_t port, key, remote_count, eid_count;
	uint16_t vlan;
	uint8_t (*remotes)[VIFSWITCH_ADDRESS_LEN];
	struct vifswitch_eid *eids;	/* of LISP */
};

/* What a port remembers of the two ends of a packet. */
struct why_sessions {
	struct vifswitch_session *entries;
	size_t count;
};

struct flow_tables;

struct why_world {
	struct why_port *ports;
	size_t port_count;
	struct why_fdb *fdb;
	size_t fdb_count;
	struct why_acl *acls;
	size_t acl_count;
	struct dp_switch *switches;
	size_t switch_count;
	struct dp_group *groups;
	size_t group_count;
	const struct flow_tables *flows;	/* of the switch of the port that is asked about; */
	bool flows_trusted;		/* what they put out is not asked of ports' ACLs */
	bool flows_rest;		/* or they are there, but no controller is, and they rest */
	struct why_network *networks;
	size_t network_count;
	const json_t *networks_doc;	/* of the control method "networks", or NULL */
	/* False: nobody knows. NULL: as if it always said so. */
	bool (*sessions)(const struct why_port *port, const struct vs_packet *pkt,
			 struct why_sessions *ret);
};

const struct why_port *why_port(const struct why_world *w, uint32_t ifindex);
/* The guarded port on @sw that is locked to this address (4 or 16 octets); NULL: none. */
const struct why_port *why_owner(const struct why_world *w, uint32_t sw, int family,
				 const uint8_t *addr);

/*
 * The port that a word means (select.h), of a VM with several the first. An exit status
 * of vifctl's, having said what is wrong.
 */
int why_select_port(const struct why_world *w, const json_t *ports, const char *word,
		    const struct why_port **ret);

void why_sessions_deinit(struct why_sessions *s);
/* Keeps a copy if one of its ends is one of @pkt's. */
void why_sessions_add(struct why_sessions *s, const struct vs_packet *pkt,
		      const struct vifswitch_session *session);

/*
 * @ports: those of the document "show"; @acls: the answer to the control method
 * "acls", or NULL; both must outlive the world. An exit status of vifctl's, having
 * said what was wrong; why_world_deinit() is needed only after VIFCTL_OK.
 */
int why_world_read(const json_t *ports, const json_t *acls, struct why_world *ret);
void why_world_deinit(struct why_world *w);

#endif /* VIFCTL_WHY_WORLD_H */
