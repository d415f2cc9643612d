// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tells the network outside where a VM is now, as QEMU does after a migration:
 * a RARP request (RFC 903) from each of its addresses.
 */
#include <linux/rculist.h>
#include <net/arp.h>

#include "vifswitch.h"

#define VLANS_MAX	64
#define BATCH		256	/* frames, after which others have their turn */
#define NEXT_BATCH	max(HZ / 100, 1)
#define AGAIN		HZ

static struct sk_buff *rarp_new(struct vs_switch *sw, const u8 *mac)
{
	struct sk_buff *skb;

	skb = arp_create(ARPOP_RREQUEST, ETH_P_RARP, 0, sw->dev, 0, NULL, mac, mac);
	if (!skb || skb_put_padto(skb, ETH_ZLEN))
		return NULL;
	skb_reset_mac_header(skb);
	skb_pull(skb, ETH_HLEN);
	skb->protocol = htons(ETH_P_RARP);
	return skb;
}

/* A listed address is announced only where it is here: its user may be on another host. */
static bool is_here(const struct vs_port *port, const struct vs_program *prog, u64 mac, u16 vid)
{
	const struct vs_fdb_entry *e;

	if (!vs_lists(prog, mac))
		return true;
	e = vs_fdb_find(port->sw, VS_KEY(mac, vid));
	return e && READ_ONCE(e->port) == port;
}

/* What is told, and by which uplink: NULL: all. */
struct telling {
	struct vs_port *port;
	const struct vs_program *prog;
	struct vs_port *by;
	unsigned int frames;
};

static int tell_by(struct telling *t, struct vs_port *uplink, u64 mac, u16 vid)
{
	const struct vs_policy *policy = rcu_dereference(uplink->policy);
	const struct vs_verdict v = { .target = VS_TO_UPLINKS, .vid = vid };
	const struct vs_wire wire = { 1, ETH_ZLEN, ETH_ZLEN };
	struct sk_buff *skb;
	u8 addr[ETH_ALEN];
	u32 tag;

	if (uplink == t->port || !policy || !vs_wants_flood(&policy->prog, v.target) ||
	    vs_egress(&v, &policy->prog, &tag))
		return 0;
	vs_mac_store(addr, mac);
	skb = rarp_new(t->port->sw, addr);
	if (!skb)
		return -ENOMEM;
	vs_deliver(uplink, skb, tag, &wire);
	t->frames++;
	return 0;
}

static int announce_in(struct telling *t, u64 mac, u16 vid)
{
	struct vs_port *uplink;
	int rc = 0;

	if (!is_here(t->port, t->prog, mac, vid))
		return 0;
	if (t->by)
		return tell_by(t, t->by, mac, vid);
	list_for_each_entry_rcu(uplink, &t->port->sw->ports, list) {
		rc = tell_by(t, uplink, mac, vid);
		if (rc)
			break;
	}
	return rc;
}

/* In the PVID, or on a trunk in each of its first VLANS_MAX VLANs. */
static int tell(struct telling *t)
{
	unsigned int i, vid, count;
	int rc = 0;

	local_bh_disable();
	rcu_read_lock();
	for (i = 0; i < t->prog->mac_count && !rc; i++) {
		if (t->prog->pvid != VIFSWITCH_VID_NONE) {
			rc = announce_in(t, t->prog->macs[i], t->prog->pvid);
			continue;
		}
		count = 0;
		for (vid = 0; vid <= VIFSWITCH_VID_MAX && count < VLANS_MAX && !rc; vid++) {
			if (!vs_bit(t->prog->allowed, vid))
				continue;
			rc = announce_in(t, t->prog->macs[i], vid);
			count++;
		}
	}
	rcu_read_unlock();
	local_bh_enable();
	return rc;
}

static const struct vs_program *guarded(const struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);

	return policy && policy->prog.flags & VIFSWITCH_PF_GUARD ? &policy->prog : NULL;
}

int vs_announce(struct vs_port *port)
{
	struct telling t = { .port = port, .prog = guarded(port) };

	ASSERT_RTNL();
	return t.prog ? tell(&t) : -EINVAL;
}

/* Those from announce_from on, BATCH frames at once; true: there are more. */
static bool announce_some(struct vs_port *uplink)
{
	struct telling t = { .by = uplink };

	list_for_each_entry(t.port, &uplink->sw->ports, list) {
		if (t.port->seq < uplink->announce_from || !t.port->active)
			continue;
		if (t.frames >= BATCH) {
			uplink->announce_from = t.port->seq;
			return true;
		}
		t.prog = guarded(t.port);
		if (t.prog)
			tell(&t);
	}
	uplink->announce_from = U64_MAX;
	return false;
}

/* Whoever has rtnl may wait for this to end, so this does not wait for rtnl. */
static void announcing(struct work_struct *work)
{
	struct vs_port *uplink = container_of(work, struct vs_port, announcing.work);
	bool more = true;

	if (rtnl_trylock()) {
		if (!uplink->announce_from)
			uplink->announced = jiffies;
		more = announce_some(uplink);
		rtnl_unlock();
	}
	if (more)
		queue_delayed_work(system_wq, &uplink->announcing, NEXT_BATCH);
}

void vs_announce_init(struct vs_port *uplink)
{
	INIT_DELAYED_WORK(&uplink->announcing, announcing);
	uplink->announced = jiffies - AGAIN;
}

/*
 * The switches outside are to know that whatever is active here is behind @uplink, which has
 * another way out now. At once, but after the last time that began not before AGAIN.
 */
void vs_announce_all(struct vs_port *uplink)
{
	unsigned long next = uplink->announced + AGAIN, now = jiffies;

	ASSERT_RTNL();
	uplink->announce_from = 0;
	queue_delayed_work(system_wq, &uplink->announcing,
			   time_after(next, now) ? next - now : 0);
}

void vs_announce_leave(struct vs_port *uplink)
{
	cancel_delayed_work_sync(&uplink->announcing);
}
