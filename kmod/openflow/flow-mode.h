/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch's flow tables in the module. Changes come under the mutex, which is inside rtnl
 * where both are held; the work that ends flows takes the mutex alone. Frames read under RCU.
 */
#ifndef VS_FLOW_MODE_H
#define VS_FLOW_MODE_H

#include <linux/mutex.h>

#include "../openflow.h"
#include "../core/of/of-run.h"
#include "../core/of/of-set.h"

/* Frames nest where a port is a tunnel whose packets leave by a switch. */
#define VS_FLOWS_NESTED	3

struct vs_flows_runs {
	u32 depth;
	struct vs_of_run run[VS_FLOWS_NESTED];
};

/*
 * Whose socket may change the tables (grant.c). A frame may read @sk: it is freed by RCU, after
 * it was taken away from here.
 */
struct vs_flows_grant {
	struct list_head list;		/* of all grants */
	struct sock *sk;		/* NULL: nobody's */
	possible_net_t net;
	u32 portid;
};

struct vs_flows {
	struct vs_of *of;
	struct vs_switch *sw;
	struct vs_flows_runs __percpu *runs;
	refcount_t users;		/* requests outlive flow mode */
	struct vs_flows_grant grant;
	struct mutex lock;
	u32 mode;			/* VIFSWITCH_OF_* */
	bool trusted;			/* of it, for frames */
	u32 last_number;
	u32 owner;			/* netlink socket of the open transaction */
	unsigned long changed;		/* jiffies of its last change */
	struct delayed_work work;
	struct vs_rate told;		/* each port's, of what controllers are told */
	u64 learned[VIFSWITCH_OF_LEARN_PLACES];	/* of-told.c */
	struct vs_port __rcu *port[VIFSWITCH_OF_PORT_MAX + 1];
};

static inline struct vs_flows *vs_flows_of(const struct vs_switch *sw)
{
	return rtnl_dereference(sw->flows);
}

static inline u64 vs_flows_now(void)
{
	return jiffies64_to_msecs(get_jiffies_64());
}

static inline void vs_flows_get(struct vs_flows *fl)
{
	refcount_inc(&fl->users);
}

void vs_flows_put(struct vs_flows *fl);

/* grant.c: under rtnl */
void vs_flows_grant(struct vs_flows *fl, struct sock *sk, u32 portid);
void vs_flows_set_mode(struct vs_flows *fl, u32 mode);
void vs_flows_revoke(struct vs_flows *fl);

/*
 * @keep: more of the transaction is to come from @owner. What failed leaves nothing of it.
 */
int vs_flows_change(struct vs_flows *fl, const u8 *records, u32 len, bool keep, u32 owner,
		    struct vs_error *err);
/* Whoever has it open. */
void vs_flows_abort(struct vs_flows *fl);

/*
 * flow-ct.c: OP_CT, which run->track says, for a frame that came in VLAN @vid. *ret_state where the
 * reason is NONE.
 */
enum vifswitch_drop_reason vs_flows_track(struct vs_trip *t, struct sk_buff *skb,
					  const struct vs_of_run *run, u16 vid, u16 *ret_state);

/* of-told.c */
void vs_flows_tell(struct vs_flows *fl, const struct vs_of_run *run, struct vs_trip *t,
		   struct sk_buff *skb);
void vs_flows_tell_ended(struct vs_flows *fl, const struct vifswitch_of_flow_stats *stats,
			 u32 count);
/*
 * OP_LEARN: is it to be told? Who asks is taken to do that. Frames write without a lock: one told
 * twice does no harm.
 */
bool vs_flows_learns(struct vs_flows *fl, u64 learned);
void vs_flow_stats_fill(const struct vs_of_flow *f, u64 now, struct vifswitch_of_flow_stats *ret);

/* A frame that userspace sends. Takes @skb over, whose data is its Ethernet header. */
enum vifswitch_drop_reason vs_flows_packet_out(struct vs_flows *fl, struct sk_buff *skb,
					       const struct vifswitch_of_packet_out *out,
					       const u8 *ops);

#endif /* VS_FLOW_MODE_H */
