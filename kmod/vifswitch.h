/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may touch what:
 *
 *  - Configuration (switches, their port lists, programs, cookies) changes under
 *    rtnl only.
 *  - The two hash tables, the guards' active bits and the ports' lists and counts
 *    of entries change under sw->lock, taken with bottom halves off: frames learn
 *    and claim, too.
 *  - Frames read everything under RCU. What they can reach (ports, policies,
 *    cookies, guards, entries) is unpublished first and freed a grace period
 *    later. Leaving ports get theirs from netdev_rx_handler_unregister().
 *
 * Teardown. Removing the link kind removes the switches, a switch that goes first
 * makes its ports leave (port.c says in which order), then stops its two works, and
 * its tables go with the netdev. Frames cannot start anything that outlives a port:
 * no timer, no work and no callback but kfree_rcu() is begun by one, so nothing is
 * flushed and no code of the module runs after its exit.
 *
 * PREEMPT_RT. Frames run with bottom halves off, and that is all they rely on: it
 * keeps them on one CPU, and other frames off it, so counters of a CPU (stats.h) need no
 * more. Nothing disables preemption or interrupts. All locks are
 * spinlocks, which may sleep there, and none is held over a wait; allocations under
 * one are GFP_ATOMIC. Where bottom halves no longer exclude each other (kernels that
 * are built without PREEMPT_RT_NEEDS_BH_LOCK) those counters would lose counts and
 * need the lock that u64_stats has there. No test runs on such a kernel yet.
 */
#ifndef VS_VIFSWITCH_H
#define VS_VIFSWITCH_H

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/jump_label.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <vifswitch/abi.h>

#include "compat.h"
#include "core/group-table.h"
#include "core/pipeline.h"
#include "core/session-record.h"
#include "core/source.h"
#include "stats.h"

#define VS_GUARD_BITS	12
#define VS_FDB_BITS	14
#define VS_KEY(mac, vid)	((mac) | (u64)(vid) << 48)
#define VS_KEY_MAC(key)		((key) & (BIT_ULL(48) - 1))
/* Of an access port in that VLAN, or of one with several */
#define VS_LISTED_KEY(mac, vid)	VS_KEY(mac, (vid) + 1)
#define VS_LISTED_SEVERAL	0xfffe

/* One refusal, with its values. */
struct vs_error {
	const char *brief;	/* without them, for rtnetlink, which keeps no copy */
	int attr;		/* enum vifswitch_attr, or 0 */
	char text[240];
};

__printf(3, 4)
int vs_refuse(struct vs_error *err, int code, const char *fmt, ...);

/* A program as loaded. The buckets are written by traffic, hence apart. */
struct vs_policy {
	struct rcu_head rcu;	/* kfree_rcu() finds it within the first page only */
	struct vs_acl_use __rcu *use;	/* of what prog.acl names (acl-object.h), or NULL */
	struct vs_acl_object *acl;	/* that, likewise; under rtnl */
	struct vs_meter *meter;	/* what it asks for, or NULL; lives longer than frames with it */
	struct vs_program prog;
	u8 way;			/* prog.way of a switch that is not in flow mode */
	u64 bucket[VS_LIMITS] ____cacheline_aligned_in_smp;	/* of prog.limit[] */
	u32 blob_len;
	u8 blob[];
};

struct vs_cookie {
	struct rcu_head rcu;
	u8 len;
	u8 data[];
};

/*
 * An address of a guarded port (core/source.h). Its own ones have the address as their
 * key, so that listed ones are in nobody's way who looks for a destination.
 */
struct vs_guard {
	struct hlist_node node;
	u64 key;		/* or VS_LISTED_KEY() */
	struct vs_port *port;
	struct vs_port *at;	/* where it is while active: here, or at a VIF of the same VM */
	bool active;
	bool local;		/* the switch netdev's own address */
};

struct vs_guards {
	struct rcu_head rcu;
	unsigned int own;	/* the first so many; the rest are listed */
	unsigned int count;
	struct vs_guard entry[];
};

/* A learned or static entry: one address in one VLAN. */
struct vs_fdb_entry {
	struct hlist_node node;
	u64 key;		/* VS_KEY(mac, vid) */
	struct vs_port *port;
	unsigned long seen;	/* jiffies */
	bool fixed;		/* from FDB_ADD */
	bool told;		/* likewise, with FDB_TOLD: it does not age, frames move it */
	struct list_head port_node;
	struct vs_remote *remote;	/* behind a tunnel: where; NULL: not known, or no tunnel */
	struct rcu_head rcu;
};

/* So many a second of something that a port causes; imprecise under concurrency, by design. */
struct vs_sampler {
	unsigned long start;
	atomic_t count;
	atomic64_t suppressed;
};

struct vs_meter;
struct vs_slb;
struct vs_tunnel;
struct vs_remote;
struct vs_network_object;
struct vs_locked_port;

/* loop/loop.h; under rtnl */
struct vs_port_loop {
	struct vs_policy *held;	/* while it is closed: what it has otherwise */
	bool closed;
	bool echoes;
	u8 more;		/* by so many 256th parts it is closed for longer */
	u32 other;		/* ifindex */
	u32 count;
	unsigned long changed, heard, echoed;	/* jiffies */
};

struct vs_port {
	/* for every frame */
	struct vs_policy __rcu *policy;
	struct vs_stats __percpu *stats;
	struct vs_switch *sw;
	struct net_device *dev;
	bool local;
	bool special;		/* local, or with networks over IP: deliver.h */
	bool claimed;		/* active, and all of its own addresses are here */
	struct vs_meter __rcu *meter;	/* what its program's flow_* and sample_* ask for */
	struct vs_port_sessions *sessions;	/* with an ACL; see port-sessions.c */
	struct vs_port_sessions *tracked;	/* of flow tables (OP_CT); NULL: none yet */

	/* for the rest */
	bool leaving;
	bool guest;		/* its last program said so; closing it changes nothing */
	bool promiscuous;
	bool active;		/* its claim is */
	u32 outputs;		/* mirrors whose copies it gets; under rtnl */
	u64 seq;		/* ascends along sw->ports */
	struct list_head list;
	struct vs_cookie __rcu *cookie;
	struct vs_guards *guards;
	struct list_head entries;
	u32 learned;
	struct vs_sampler events;
	struct vs_sampler answers;	/* to what its ACL rejects */
	struct vs_sampler moves;	/* of addresses that others may have, too */
	u64 *fragments;			/* with an ACL; see fragment.c */
	struct vs_recorder __rcu *recorder;	/* recording.c; NULL: none */
	u32 number;			/* in flow mode */
	u64 told_until;			/* of what a controller is told; a policer's state */
	atomic64_t told;
	atomic64_t not_told;
	struct vs_slb __rcu *slb;		/* slb.h; NULL: none */
	/* Of an uplink, by which all ports' addresses are told: from which seq on still */
	struct delayed_work announcing;
	u64 announce_from;
	unsigned long announced;		/* jiffies */
	struct vs_tunnel __rcu *tunnel;	/* networks over IP; NULL: never had any */
	struct vs_locked_port *locked;	/* tunnel/locked.c; NULL: nothing there */
	/* snoop/: changes under the snoop's lock */
	struct vs_group_port groups;
	struct vs_member always;	/* where what routers get goes to it, whatever is heard */
	bool is_always;
	struct vs_sampler reports;
	struct vs_sampler asked;
	struct vs_port_loop loop;
};

struct vs_mirror_object;
struct vs_flows;
struct vs_underlay;
struct vs_locked;
struct vs_snoop;
struct vs_loop;

struct vs_switch {
	/* for every frame */
	struct hlist_head *guard_table;
	struct hlist_head *fdb_table;
	u64 hash_seed;
	u64 hash_factor;
	struct net_device *dev;
	bool promiscuous;
	struct list_head ports;		/* without the local one */
	struct vs_port local;

	/* for the rest */
	spinlock_t lock;
	u32 fdb_count;			/* addresses of any kind */
	u32 port_count;
	unsigned long ageing;		/* jiffies */
	bool mtu_fixed;
	struct vs_mirror_object __rcu *mirror[VIFSWITCH_MIRRORS_MAX];
	struct vs_guards *own;
	struct delayed_work ageing_work;
	struct vs_underlay __rcu *underlay;	/* tunnel/underlay.c; NULL: none */
	struct vs_locked __rcu *locked;	/* tunnel/locked.c; NULL: nobody asked */
	struct vs_snoop __rcu *snoop;	/* snoop/snoop.h; NULL: off */
	struct vs_loop __rcu *loop;	/* loop/loop.h; NULL: not protected */
	struct vs_sampler probes;	/* of others, passed on */
	struct delayed_work sweeper;	/* of sessions */
	struct vs_flows __rcu *flows;	/* openflow.h; NULL: not in flow mode */
	struct list_head list;
	u64 seq;
};

/* What belongs to a network namespace. Changes under rtnl. */
struct vs_net {
	struct xarray acls;		/* struct vs_acl_object by id */
	u32 acl_count;
	u32 staged;			/* octets of ACLs being loaded */
	bool sealed;			/* SEALED_PREFIX is watched (tunnel/sealed.c) */
	struct vs_esp *esp;		/* tunnel/esp.c; NULL: nothing has to be in ESP */
	atomic64_t sealed_out, sealed_in;	/* packets dropped by these two */
};

/* main.c */
struct vs_net *vs_net_of(const struct net *net);
bool vs_net_allowed(const struct net *net);
#define VS_NET_REFUSAL	"in a user namespace only with the module's parameter user_namespaces"

/* switch.c */
extern struct rtnl_link_ops vs_link_ops;
extern struct list_head vs_switches;	/* all namespaces; under rtnl */
struct vs_switch *vs_switch_of(const struct net_device *dev);
void vs_switch_ports_changed(struct vs_switch *sw);
void vs_switch_mtu_update(struct vs_switch *sw);
u64 vs_next_seq(void);

/* policy.c */
struct vs_config {
	bool set_policy;
	bool set_cookie;
	bool set_claim;
	bool claim;
	struct vs_policy *policy;	/* NULL with set_policy: close */
	struct vs_guards *guards;
	struct vs_cookie *cookie;
	struct vs_meter *meter;		/* that the policy asks for and the port does not have */
	struct vs_slb *slb;		/* likewise */
};

int vs_out_of_memory(struct vs_error *err, const char *what);
int vs_config_program(struct vs_config *cfg, struct vs_net *vn, const void *blob, u32 len,
		      struct vs_error *err);
/* No frame is on its way with it any more. */
void vs_policy_release(struct vs_policy *policy);
struct vs_cookie *vs_cookie_new(const void *data, u8 len);
int vs_config_check(struct vs_port *port, struct vs_config *cfg, struct vs_error *err);
void vs_config_commit(struct vs_port *port, struct vs_config *cfg);
void vs_config_free(struct vs_config *cfg);
void vs_policy_settle(const struct vs_port *port, struct vs_policy *policy);
/* Networks over IP began to have to do with what goes to @port, or ceased to. */
void vs_policy_asks(struct vs_port *port);

/* port.c */
rx_handler_result_t vs_port_rx(struct sk_buff **pskb);
int vs_port_init(struct vs_port *port, struct vs_switch *sw, struct net_device *dev);
int vs_port_join(struct vs_switch *sw, struct net_device *dev, struct vs_config *cfg,
		 struct vs_error *err);
void vs_port_leave(struct vs_port *port);
void vs_port_release(struct vs_port *port);
void vs_port_fini(struct vs_port *port);
bool vs_port_is_guest(const struct vs_port *port);
struct vs_port *vs_port_of(const struct net_device *dev);
extern struct notifier_block vs_port_notifier;

/* fdb.c */
int vs_fdb_init(struct vs_switch *sw);
void vs_fdb_free(struct vs_switch *sw);
enum vifswitch_drop_reason vs_fdb_learn(struct vs_port *port, const struct vs_program *prog,
					u64 mac, u16 vid);
enum vifswitch_drop_reason vs_fdb_take(struct vs_port *port, const struct vs_program *prog,
				       u64 mac, u16 vid);
int vs_fdb_add(struct vs_port *port, u64 mac, u16 vid, struct vs_remote *remote, u32 flags,
	       struct vs_error *err);
/* A frame came by a tunnel from that remote: the address, if it is behind @port, is there. */
void vs_fdb_seen_from(struct vs_port *port, u64 mac, u16 vid, struct vs_remote *remote);
/* Entries that have a remote have @now's of the same address, or are no more. */
void vs_fdb_repoint(struct vs_port *port, u16 vid, const struct vs_network_object *now);
int vs_fdb_del(struct vs_port *port, u64 mac, u16 vid);
int vs_fdb_carry(struct vs_port *port, u64 mac, u16 vid, struct vs_error *err);
void vs_fdb_flush(struct vs_switch *sw, struct vs_port *port, int vid);
void vs_fdb_flush_unlisted(struct vs_port *port, const struct vs_program *prog);
void vs_fdb_forget(struct vs_switch *sw, u64 key);
void vs_fdb_port_gone(struct vs_port *port);
int vs_fdb_set_own(struct vs_switch *sw, const u8 *addr, struct vs_error *err);

/* netlink-fdb.c */
int vs_fdb_show(struct sk_buff *msg, struct netlink_callback *cb, struct net_device *dev,
		struct net_device *filter_dev, int *idx);

/* claim.c */
struct vs_guards *vs_guards_new(unsigned int own, unsigned int count);
struct vs_guards *vs_guards_of(const struct vs_program *prog);
void vs_guards_insert(struct vs_switch *sw, struct vs_guards *guards);
void vs_guards_remove(struct vs_switch *sw, struct vs_guards *guards);
void vs_guards_replace(struct vs_port *port, struct vs_guards *guards);
void vs_guards_give_back(struct vs_port *port, const struct vs_guards *was);
const struct vs_guard *vs_guard_conflict(struct vs_switch *sw, const struct vs_port *port,
					 const struct vs_cookie *cookie, enum vs_hold hold,
					 u64 mac);
const struct vs_guard *vs_guard_lister(const struct vs_switch *sw, const struct vs_port *port,
				       u64 mac, u16 vid);
void vs_claim_set(struct vs_port *port, bool active);
void vs_claim_reset(struct vs_port *port);
void vs_guards_forget(struct vs_port *port);
void vs_claim_from_frame(struct vs_port *port, u64 mac, u16 vid);
bool vs_may_move(struct vs_port *port);

/* source.c */
enum vs_kin vs_cookies_kin(const struct vs_cookie *a, const struct vs_cookie *b);
enum vs_kin vs_ports_kin(const struct vs_port *a, const struct vs_port *b);
enum vs_source vs_source_look(const struct vs_port *port, const struct vs_program *prog, u64 mac,
			      u16 vid, const struct vs_fdb_entry *e);

/* forward.c */
bool vs_deliver(struct vs_port *port, struct sk_buff *skb, u32 tag, const struct vs_wire *wire);
void vs_deliver_back(struct vs_port *port, struct sk_buff *skb, u32 tag);

/* access.c: the ACL's answer for one frame, carried out */
struct vs_acl_use;
struct vs_acl_version;

enum vifswitch_drop_reason vs_access_settle(struct vs_port *port, struct vs_acl_use *use,
					    enum vifswitch_acl_direction dir,
					    struct sk_buff *skb, const struct vs_verdict *v,
					    const struct vs_access *access, u64 *ret_rule);

/* answer.c */
void vs_answer(struct vs_port *port, struct sk_buff *skb, const struct vs_verdict *v,
	       enum vs_answer kind);
/* To @port, which sent @skb that an MTU of so many octets does not let pass. */
void vs_answer_too_big(struct vs_port *port, struct sk_buff *skb, const struct vs_verdict *v,
		       u32 mtu);

/* tunnel/: networks over IP */
DECLARE_STATIC_KEY_FALSE(vs_tunnels);	/* there are some, or hosts no VM may pass for */
struct vs_network_shown {
	const void *blob;
	u32 blob_len;
	const struct vs_cookie *cookie;
};

bool vs_tunnel_may_be(const struct net_device *dev);
rx_handler_result_t vs_tunnel_rx(struct sk_buff **pskb);
void vs_tunnel_free(struct vs_port *port);
void vs_sealed_exit(struct net *net);		/* tunnel/sealed.c */
void vs_esp_exit(struct net *net);		/* tunnel/esp.c */
int vs_network_set(struct vs_port *port, u16 vid, const void *blob, u32 len,
		   struct vs_cookie *cookie, struct vs_error *err);
int vs_network_delete(struct vs_port *port, u16 vid, struct vs_error *err);
bool vs_network_show(const struct vs_port *port, u16 vid, struct vs_network_shown *ret);
struct vs_remote *vs_remote_find(const struct vs_port *port, u16 vid, const u8 *address);
struct vs_remote *vs_remote_again(const struct vs_network_object *n,
				  const struct vs_remote *remote);
const u8 *vs_remote_address(const struct vs_remote *remote);
int vs_underlay_set(struct vs_switch *sw, const void *addresses, u32 len, struct vs_error *err);
const void *vs_underlay_read(const struct vs_switch *sw, u32 *ret_len);
void vs_underlay_free(struct vs_switch *sw);
extern struct rtnl_link_ops vs_lisp_link_ops;	/* tunnel/lisp-device.c */
/* tunnel/locked.c: @port has another program, or is about to go */
void vs_locked_changed(struct vs_port *port);
void vs_locked_gone(struct vs_port *port);
void vs_locked_free(struct vs_switch *sw);

/* snoop/: who wants which multicast group */
DECLARE_STATIC_KEY_FALSE(vs_snooping);	/* a switch does */
void vs_snoop_port_changed(struct vs_port *port);
void vs_snoop_port_gone(struct vs_port *port);
void vs_snoop_free(struct vs_switch *sw);
/* What @port has behind it wants is to be known at once. For frames, and for others. */
void vs_snoop_ask(struct vs_port *port);

static inline void vs_snoop_arrived(struct vs_port *port)
{
	if (static_branch_unlikely(&vs_snooping))
		vs_snoop_ask(port);
}

/* loop/loop.c: the program of a port that may be closed for a loop. Under rtnl. */
const struct vs_policy *vs_loop_policy(const struct vs_port *port);
/* Around a change of it. */
void vs_loop_pause(struct vs_port *port);
void vs_loop_resume(struct vs_port *port);
void vs_loop_port_gone(struct vs_port *port);
void vs_loop_free(struct vs_switch *sw);

/* port-sessions.c */
void vs_sweeper_init(struct vs_switch *sw);
int vs_sessions_new(struct vs_port *port, const struct vs_policy *policy, struct vs_error *err);
void vs_sessions_limit(struct vs_port *port, u32 max);
void vs_sessions_free(struct vs_port *port);
u32 vs_sessions_count(const struct vs_port *port);
/* @tracked: those of flow tables, else those of its ACL. */
int vs_sessions_flush(struct vs_port *port, bool tracked);
void vs_sessions_forget(struct vs_port *port, bool tracked, const void *blob, u32 count);
u32 vs_sessions_read(const struct vs_port *port, bool tracked, u64 *place,
		     struct vifswitch_session *ret, u32 max);
void vs_sessions_write(struct vs_port *port, const void *blob, u32 count,
		       struct vs_session_import *result);
enum vifswitch_drop_reason vs_sessions_settle(struct vs_port *port,
					      const struct vs_acl_version *version,
					      enum vifswitch_acl_direction dir,
					      struct sk_buff *skb, const struct vs_packet *pkt,
					      u16 vid, const struct vs_access *access);
/*
 * Of a packet from the port, which is all of @skb and which vs_packet_parse_usual() read: does
 * it go on with a session, and pass? False says nothing, and changes nothing. If a stateful
 * rule allows it, vs_sessions_begin() has the reason in the end then.
 */
bool vs_sessions_go_on(struct vs_port *port, const struct sk_buff *skb,
		       const struct vs_packet *pkt, u16 vid, bool allowed);
enum vifswitch_drop_reason vs_sessions_begin(struct vs_port *port,
					     const struct vs_acl_version *version,
					     struct sk_buff *skb, const struct vs_packet *pkt,
					     u16 vid);

/*
 * Of flow tables (core/sessions.h): with bottom halves off and under RCU. A table is there from
 * its first session on, which frames begin.
 */
u16 vs_tracked_look(struct vs_port *port, const struct vs_session_packet *in);
enum vifswitch_drop_reason vs_tracked_commit(struct vs_port *port, u32 max,
					     const struct vs_session_packet *in);
void vs_tracked_write(struct vs_port *port, const void *blob, u32 count,
		      struct vs_session_import *result);
u32 vs_sessions_now(void);
void vs_tracked_sweep(struct vs_switch *sw);
/* Of a port that no frame reaches by flow tables any more. */
void vs_tracked_free(struct vs_port *port);

/* state.c */
void vs_state_read(const struct vs_port *port, struct vifswitch_state *ret);
int vs_state_add(struct vs_port *port, const struct vifswitch_state *state, struct vs_error *err);

/* fragment.c */
u64 *vs_fragments_new(void);
bool vs_fragment_passed(const struct vs_port *port, enum vifswitch_acl_direction dir,
			const struct vs_verdict *v);
void vs_fragment_passes(struct vs_port *port, enum vifswitch_acl_direction dir,
			const struct vs_verdict *v);

/* announce.c */
int vs_announce(struct vs_port *port);
void vs_announce_init(struct vs_port *uplink);
void vs_announce_all(struct vs_port *uplink);
void vs_announce_leave(struct vs_port *uplink);

/* event.c */
extern struct genl_family vs_genl_family;
void vs_event_port(struct vs_port *port, enum vifswitch_event event);
void vs_event_mac(struct vs_port *port, enum vifswitch_event event, u64 mac, u16 vid,
		  const struct vs_port *old);
u32 vs_frame_head(const struct sk_buff *skb, u8 *head, u32 room);
bool vs_sampled(struct vs_sampler *s, int per_second);
struct vifswitch_flow;
struct vifswitch_sample;
bool vs_event_flows_heard(const struct vs_port *port);
bool vs_event_samples_heard(const struct vs_port *port);
int vs_event_flows(const struct vs_port *port, const struct vifswitch_flow *told, u32 count);
int vs_event_sample(const struct vs_port *port, const struct vifswitch_sample *sample,
		    const u8 *head, u32 head_len);
void vs_event_packet(struct vs_port *port, enum vifswitch_drop_reason reason, const u64 *rule,
		     const struct sk_buff *skb);

static inline u32 vs_hash(const struct vs_switch *sw, u64 key, unsigned int bits)
{
	return ((key ^ sw->hash_seed) * sw->hash_factor) >> (64 - bits);
}

static inline struct hlist_head *vs_guard_bucket(const struct vs_switch *sw, u64 key)
{
	return &sw->guard_table[vs_hash(sw, key, VS_GUARD_BITS)];
}

static inline struct hlist_head *vs_fdb_bucket(const struct vs_switch *sw, u64 key)
{
	return &sw->fdb_table[vs_hash(sw, key, VS_FDB_BITS)];
}

/* The active guard of @mac, whoever's own it is. */
static inline struct vs_guard *vs_guard_find(const struct vs_switch *sw, u64 mac)
{
	struct vs_guard *g;

	hlist_for_each_entry_rcu(g, vs_guard_bucket(sw, mac), node)
		if (g->key == mac && READ_ONCE(g->active))
			return g;
	return NULL;
}

static inline struct vs_fdb_entry *vs_fdb_find(const struct vs_switch *sw, u64 key)
{
	struct vs_fdb_entry *e;

	hlist_for_each_entry_rcu(e, vs_fdb_bucket(sw, key), node)
		if (e->key == key)
			return e;
	return NULL;
}

static inline u32 vs_port_flags(const struct vs_port *port)
{
	return (rcu_access_pointer(port->policy) ? 0 : VIFSWITCH_PORT_CLOSED) |
	       (port->local ? VIFSWITCH_PORT_LOCAL : 0) |
	       (port->loop.closed ? VIFSWITCH_PORT_LOOPED : 0);
}

#endif /* VS_VIFSWITCH_H */
