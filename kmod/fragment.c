// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * First fragments that passed a port's ACL, so that the rest of their packets may.
 * A table of fixed size for each port with an ACL: nothing is allocated, nothing
 * is searched but the few slots of one set, and the oldest makes room. Frames
 * share it without a lock, for a slot is one word: 48 bits of a keyed hash of what
 * names the packet, and the second it came in 16.
 */
#include <linux/net.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "vifswitch.h"

#define SETS		128
#define WAYS		4
#define LIFETIME	30	/* seconds */
#define STAMP		0xffffULL

u64 *vs_fragments_new(void)
{
	return kcalloc(SETS * WAYS, sizeof(u64), GFP_KERNEL_ACCOUNT);
}

static u64 hash_of(enum vifswitch_acl_direction dir, const struct vs_verdict *v)
{
	static siphash_key_t key __read_mostly;
	const struct vs_packet *pkt = &v->packet;
	struct {
		union vs_address src, dst;
		u32 id;
		u16 vid;
		u8 proto;
		u8 kind;
	} name = {};

	BUILD_BUG_ON(sizeof(name) != 40);
	net_get_random_once(&key, sizeof(key));
	if (pkt->family == VIFSWITCH_ACL_IP4) {
		name.src.ip4 = pkt->src.ip4;
		name.dst.ip4 = pkt->dst.ip4;
	} else {
		name.src = pkt->src;
		name.dst = pkt->dst;
	}
	name.id = pkt->fragment_id;
	name.vid = v->vid;
	name.proto = pkt->fragment_proto;
	name.kind = pkt->family * VIFSWITCH_ACL_DIRECTIONS + dir;
	return siphash(&name, sizeof(name), &key);
}

static u16 age_of(u64 slot)
{
	return slot ? (u16)(ktime_get_seconds() - slot) : STAMP;
}

bool vs_fragment_passed(const struct vs_port *port, enum vifswitch_acl_direction dir,
			const struct vs_verdict *v)
{
	const u64 *fragments = READ_ONCE(port->fragments);
	u64 hash = hash_of(dir, v), slot;
	unsigned int i;

	for (i = 0; fragments && i < WAYS; i++) {
		slot = READ_ONCE(fragments[hash % SETS * WAYS + i]);
		if (!((slot ^ hash) & ~STAMP) && age_of(slot) <= LIFETIME)
			return true;
	}
	return false;
}

void vs_fragment_passes(struct vs_port *port, enum vifswitch_acl_direction dir,
			const struct vs_verdict *v)
{
	u64 *fragments = READ_ONCE(port->fragments);
	u64 hash = hash_of(dir, v), slot;
	unsigned int i, best = 0;
	u16 age, oldest = 0;

	if (!fragments)
		return;
	for (i = 0; i < WAYS; i++) {
		slot = READ_ONCE(fragments[hash % SETS * WAYS + i]);
		age = (slot ^ hash) & ~STAMP ? age_of(slot) : STAMP;
		if (age >= oldest) {
			oldest = age;
			best = i;
		}
	}
	WRITE_ONCE(fragments[hash % SETS * WAYS + best],
		   (hash & ~STAMP) | (ktime_get_seconds() & STAMP));
}
