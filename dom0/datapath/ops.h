/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a datapath must do for vifswitchd. vifswitch.ko is the first (ko/); another
 * translates the same meaning into rules of its own. It may be less than all: what of a
 * policy it cannot hold a port to, check() refuses before a port is opened, and
 * -EOPNOTSUPP is the answer to an operation that it does not have.
 *
 * Whatever it is made of:
 *  - A port without a policy (NULL) passes nothing, and so does one that just joined
 *    without one. A change of policy is whole: every frame meets the old or the new.
 *  - Policies, cookies and claims are kept by the datapath, not by the daemon: a daemon
 *    that starts finds them with port_dump(), equal in meaning to what was put in force.
 *    What it cannot read back is not whole (policy/port-policy.h), and is set anew.
 *  - A port's netdev is left as it is but for what leaving requires: a guest's goes down.
 *  - Nothing here waits for a guest or the network.
 *
 * Calls return 0 or a negative errno, and error() then says why; -EPROTONOSUPPORT: it is
 * not there now (a module that is not loaded). Then ports have to be read again.
 */
#ifndef DATAPATH_OPS_H
#define DATAPATH_OPS_H

#include "base/problem.h"
#include "datapath/messages.h"

/* A datapath in use: each implementation's own. */
struct datapath;

typedef int (*dp_switch_fn)(const struct dp_switch *sw, void *arg);
typedef int (*dp_port_fn)(const struct dp_port *port, void *arg);
typedef int (*dp_fdb_fn)(const struct dp_fdb *entry, void *arg);
typedef int (*dp_acl_fn)(const struct dp_acl *acl, void *arg);
typedef int (*dp_hits_fn)(const struct vifswitch_acl_hits *hits, void *arg);
/* @session has what the datapath knows of it; what that does not know is 0. */
typedef int (*dp_session_fn)(const struct vifswitch_session *session, void *arg);
typedef int (*dp_mirror_fn)(const struct dp_mirror *mirror, void *arg);
typedef int (*dp_group_fn)(const struct dp_group *group, void *arg);
typedef int (*dp_network_fn)(const struct dp_network *network, void *arg);
typedef void (*dp_event_fn)(const struct dp_event *event, void *arg);

struct datapath_ops {
	/* @dir: a directory of its own, for what it keeps outside the kernel while that runs. */
	int (*open)(const char *dir, struct datapath **ret);
	struct datapath *(*close)(struct datapath *dp);
	/* Look for it (again), and subscribe to its events. */
	int (*resolve)(struct datapath *dp);
	/* As found then; NULL: it is not there. */
	const struct dp_module *(*module)(const struct datapath *dp);
	const char *(*error)(const struct datapath *dp);

	/*
	 * May @policy be in force @at that place? -EINVAL with the problem if not, -EOPNOTSUPP
	 * if only not there, or not with @module (NULL: one of this release). Asks nobody,
	 * changes nothing.
	 */
	int (*check)(const struct dp_module *module, const struct dp_place *at,
		     const struct port_policy *policy, struct problem *problem);
	/* "name (words), name (words)" of what @module lacks, cut to @size; empty: nothing. */
	void (*lacking)(const struct dp_module *module, char *ret, size_t size);

	/*
	 * A switch that rtnetlink cannot make or delete: one made of flows, whose netdev is
	 * @name. NULL: a datapath whose switches are netdevs of a kind.
	 */
	int (*switch_new)(struct datapath *dp, const char *name);
	int (*switch_del)(struct datapath *dp, uint32_t sw);
	int (*switch_get)(struct datapath *dp, uint32_t sw, struct dp_switch *ret);
	int (*switch_dump)(struct datapath *dp, dp_switch_fn fn, void *arg);
	/* Each as in struct dp_switch; @ageing_ms 0, @flow_mode -1: as it is. */
	int (*switch_set)(struct datapath *dp, uint32_t sw, uint32_t ageing_ms, int flow_mode);

	/* Multicast snooping (vifswitch/snoop-abi.h); NULL: a datapath without. */
	int (*switch_snoop)(struct datapath *dp, uint32_t sw, const struct dp_snoop *snoop);
	/* Loop protection (vifswitch/loop-abi.h); NULL: a datapath without. */
	int (*switch_loop)(struct datapath *dp, uint32_t sw, bool on);
	/* Of one switch, or of all if @sw is 0. */
	int (*group_dump)(struct datapath *dp, uint32_t sw, dp_group_fn fn, void *arg);

	int (*port_get)(struct datapath *dp, uint32_t port, dp_port_fn fn, void *arg);
	/* All ports, or those of one switch if @sw is not 0. */
	int (*port_dump)(struct datapath *dp, uint32_t sw, dp_port_fn fn, void *arg);
	/* Join, with all of @change at once. */
	int (*port_new)(struct datapath *dp, uint32_t sw, uint32_t port,
			const struct dp_port_change *change);
	int (*port_set)(struct datapath *dp, uint32_t port, const struct dp_port_change *change);
	int (*port_del)(struct datapath *dp, uint32_t port);
	/* Tell the network where the port's addresses are now. */
	int (*port_announce)(struct datapath *dp, uint32_t port);

	int (*fdb_dump)(struct datapath *dp, uint32_t sw, uint32_t port, dp_fdb_fn fn, void *arg);

	/*
	 * What a port has that goes where its VM goes: with VIFSWITCH_FEATURE_CARRY, sessions
	 * with VIFSWITCH_FEATURE_SESSIONS. What is added is held to the port's own policy, and
	 * what the port has already stays. In session_dump() @fn asks nothing of @dp.
	 */
	int (*state_get)(struct datapath *dp, uint32_t port, struct vifswitch_state *ret);
	int (*state_add)(struct datapath *dp, uint32_t port, const struct vifswitch_state *state);
	int (*fdb_carry)(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan);
	/* @tracked: of flow tables (VIFSWITCH_FEATURE_TRACKED), else of its ACL. */
	int (*session_dump)(struct datapath *dp, uint32_t port, bool tracked, dp_session_fn fn,
			    void *arg);
	/* Adds to @ret. */
	int (*session_put)(struct datapath *dp, uint32_t port, bool tracked,
			   const struct vifswitch_session *sessions, uint32_t count,
			   struct dp_sessions_taken *ret);

	/* An ACL is in force for every port that names it by the end of the call, or as before. */
	int (*acl_load)(struct datapath *dp, uint32_t id, const void *blob, uint32_t len,
			const void *cookie, uint32_t cookie_len);
	int (*acl_del)(struct datapath *dp, uint32_t id);
	int (*acl_dump)(struct datapath *dp, dp_acl_fn fn, void *arg);
	int (*acl_hits)(struct datapath *dp, uint32_t id, dp_hits_fn fn, void *arg);
	/*
	 * With VIFSWITCH_FEATURE_PORT_HITS. Rules of a port's ACL that decided there. What is
	 * added, each rule once, cookies ascending, is for those that the ACL has: *ret_taken.
	 */
	int (*port_hits)(struct datapath *dp, uint32_t port, dp_hits_fn fn, void *arg);
	int (*hits_add)(struct datapath *dp, uint32_t port, const struct vifswitch_acl_hits *hits,
			uint32_t count, uint32_t *ret_taken);

	/* Put in the place of the one of that number; with the same cookie its counts go on. */
	int (*mirror_set)(struct datapath *dp, uint32_t sw, uint32_t number,
			  const struct dp_mirror_spec *spec, const void *cookie,
			  uint32_t cookie_len);
	int (*mirror_del)(struct datapath *dp, uint32_t sw, uint32_t number);
	int (*mirror_dump)(struct datapath *dp, dp_mirror_fn fn, void *arg);

	/* With VIFSWITCH_FEATURE_TUNNELS. The VLAN of the port's switch goes on behind it. */
	int (*network_set)(struct datapath *dp, uint32_t port, uint16_t vlan,
			   const struct dp_network_spec *spec, const void *cookie,
			   uint32_t cookie_len);
	int (*network_del)(struct datapath *dp, uint32_t port, uint16_t vlan);
	int (*network_dump)(struct datapath *dp, dp_network_fn fn, void *arg);
	/*
	 * With VIFSWITCH_FEATURE_TOLD: of a network in @vlan behind that port, the address is at
	 * @remote until a frame says otherwise; NULL: nobody knows any more where.
	 */
	int (*fdb_tell)(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan,
			const uint8_t *remote);
	/* With VIFSWITCH_FEATURE_ESP; NULL: a datapath without. */
	int (*sealed_drops)(struct datapath *dp, struct vifswitch_sealed_drops *ret);
	/* No VM of the switch may pass for one of these hosts. */
	int (*underlay_set)(struct datapath *dp, uint32_t sw,
			    const uint8_t (*hosts)[VIFSWITCH_ADDRESS_LEN], uint32_t count);

	/* A socket for who is to read flow records and samples; see ko/flow-reader.h. */
	int (*flow_socket)(struct datapath *dp);
	/* One that may change @sw's flow tables, and the number of the family that it speaks. */
	int (*tables_socket)(struct datapath *dp, uint32_t sw, uint16_t *ret_family);

	/*
	 * Poll for input, then take up to @limit events. -ENOBUFS: some were lost; -ESTALE: it
	 * came or went. Then resolve and look at everything again.
	 */
	int (*events_fd)(const struct datapath *dp);
	int (*events)(struct datapath *dp, int limit, dp_event_fn fn, void *arg);
};

#endif /* DATAPATH_OPS_H */
