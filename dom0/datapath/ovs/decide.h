/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to become of a frame, and of which others the same: the decision core over one
 * frame that openvswitch.ko asks about, in the order of kmod/forward.c, with what was looked
 * at (seen.h). Pure: no I/O, no memory, no clock. What it is asked of are tables that the
 * caller has, as in kmod/core/forward.h; it holds them still meanwhile.
 *
 * A decision is for good as long as programs, ACLs and the tables stay. It says nothing of
 * what openvswitch.ko sees to itself: whether the netdev is up and takes a frame so large.
 */
#ifndef DATAPATH_OVS_DECIDE_H
#define DATAPATH_OVS_DECIDE_H

#include "datapath/ovs/seen.h"
#include "kmod/core/forward.h"

struct dp_world_port {
	uint32_t number;			/* in openvswitch.ko */
	const struct vs_program *program;	/* NULL: closed */
	const struct vs_acl *acl;		/* what the program names, if it is loaded */
	const uint8_t *cookie;
	size_t cookie_len;
};

/* The ports of a switch, and its tables of addresses. */
struct dp_world {
	const struct dp_world_port *const *ports;
	size_t count;
	const void *tables;
	vs_guard_of_fn guard_of;		/* these return ports of the world, */
	vs_entry_of_fn entry_of;		/* and take @tables */
	/* How ports other than @from hold @mac in @vid. */
	void (*others)(const void *tables, const struct dp_world_port *from, uint64_t mac,
		       uint16_t vid, struct vs_others *ret);
};

struct decided_output {
	const struct dp_world_port *port;
	uint32_t tag;				/* VS_TAG or VS_NO_TAG */
};

struct decision {
	struct vs_verdict v;
	enum vifswitch_drop_reason reason;	/* NONE: it goes to all of the outputs */
	const struct dp_world_port *dropped_at;	/* whose counter that is */
	bool accepted;				/* of the sender, whatever came then */
	enum vs_source source;			/* if it was accepted, or CLAIMED */
	struct seen seen;
	struct flow_key ours;			/* what we read */
	uint32_t limits;			/* bits of enum vs_limit: those it is charged to */
	size_t output_count;
	struct decided_output *outputs;		/* the caller's, world->count of them */
};

/*
 * @p: @len octets of a frame of @whole, at least min(@whole, VS_PACKET_HEADERS), with its
 * tags in it. ret->outputs is set before. A decision that no flow may stand for says so in
 * ret->seen.hand; it holds for this frame all the same.
 */
void decide(const struct dp_world *world, const struct dp_world_port *from, const uint8_t *p,
	    size_t len, size_t whole, struct decision *ret);

/* Does @kernel, openvswitch.ko's key of the frame, bear a flow? Else ret->seen.hand says so. */
bool decision_bears_flow(struct decision *d, const struct flow_key *kernel);

#endif /* DATAPATH_OVS_DECIDE_H */
