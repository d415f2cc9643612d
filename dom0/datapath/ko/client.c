// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>

#include "datapath/ko/client.h"
#include "datapath/ko/decode.h"
#include "datapath/ko/program-compile.h"
#include "datapath/ko/program-view.h"
#include "datapath/ko/request.h"

#define DUMP_TRIES	5

struct datapath {
	struct netlink req;
	struct netlink events;
	uint16_t family;	/* 0: not known */
	uint32_t group;		/* of events; 0: not known */
	struct dp_module module;
};

int datapath_new(struct datapath **ret)
{
	_cleanup_(datapath_freep) struct datapath *dp = calloc(1, sizeof(*dp));
	int r;

	if (!dp)
		return -ENOMEM;
	dp->req.fd = dp->events.fd = -1;
	r = netlink_open(&dp->req, NETLINK_GENERIC);
	if (r == 0)
		r = netlink_open(&dp->events, NETLINK_GENERIC);
	/* The controller's own group "notify" has its family's number. */
	if (r == 0)
		r = netlink_join(&dp->events, GENL_ID_CTRL);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(dp);
	return 0;
}

struct datapath *datapath_free(struct datapath *dp)
{
	if (dp) {
		netlink_close(&dp->req);
		netlink_close(&dp->events);
		free(dp);
	}
	return NULL;
}

void datapath_freep(struct datapath **dp)
{
	datapath_free(*dp);
}

const char *datapath_error(const struct datapath *dp)
{
	return dp->req.error[0] ? dp->req.error : "no error";
}

const struct dp_module *datapath_module(const struct datapath *dp)
{
	return dp->family ? &dp->module : NULL;
}

static struct nl_msg *genl_message(uint16_t family, uint8_t cmd, uint8_t version, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(DATAPATH_ACL_PIECE + 512);

	if (msg && !genlmsg_put(msg, 0, 0, family, 0, flags, cmd, version)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static void find_group(struct nlattr *groups, uint32_t *group)
{
	struct nlattr *at, *attrs[CTRL_ATTR_MCAST_GRP_MAX + 1];
	int left;

	nla_for_each_nested(at, groups, left) {
		if (nla_parse_nested(attrs, CTRL_ATTR_MCAST_GRP_MAX, at, NULL) < 0 ||
		    !attrs[CTRL_ATTR_MCAST_GRP_NAME] || !attrs[CTRL_ATTR_MCAST_GRP_ID])
			continue;
		if (nla_strcmp(attrs[CTRL_ATTR_MCAST_GRP_NAME], VIFSWITCH_MCGRP_EVENTS) == 0)
			*group = nla_get_u32(attrs[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

static int family_reply(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];
	struct datapath *dp = arg;

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, CTRL_ATTR_MAX, NULL) < 0)
		return -EBADMSG;
	if (attrs[CTRL_ATTR_FAMILY_ID])
		dp->family = nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	if (attrs[CTRL_ATTR_MCAST_GROUPS])
		find_group(attrs[CTRL_ATTR_MCAST_GROUPS], &dp->group);
	return 0;
}

static int module_reply(const struct nlmsghdr *h, void *arg)
{
	return dp_module_decode(h, arg);
}

static void version_from_file(char *ret, size_t size)
{
	FILE *f = fopen("/sys/module/vifswitch/version", "re");

	if (!f)
		return;
	if (fgets(ret, (int)size, f))
		ret[strcspn(ret, "\n")] = '\0';
	fclose(f);
}

/* The first modules know neither the command nor anything it could tell of. */
static void ask_module(struct datapath *dp)
{
	struct nl_msg *msg = genl_message(dp->family, VIFSWITCH_CMD_VERSION_GET,
					  VIFSWITCH_GENL_VERSION, 0);
	int r;

	dp->module = (struct dp_module){ .features = ~0ULL };
	r = netlink_request(&dp->req, msg, module_reply, &dp->module);
	if (r < 0)
		version_from_file(dp->module.version, sizeof(dp->module.version));
	if (r == -EOPNOTSUPP)
		dp->module.features = 0;
}

int datapath_resolve(struct datapath *dp)
{
	struct nl_msg *msg = genl_message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	uint32_t old_group = dp->group;
	int r;

	dp->family = 0;
	dp->group = 0;
	if (msg)
		nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, VIFSWITCH_GENL_NAME);
	r = netlink_request(&dp->req, msg, family_reply, dp);
	if (r == -ENOENT || (r == 0 && !dp->family)) {
		snprintf(dp->req.error, sizeof(dp->req.error),
			 "the kernel module vifswitch is not loaded (modprobe vifswitch)");
		return -EOPNOTSUPP;
	}
	if (r == 0)
		ask_module(dp);
	if (r == 0 && dp->group && dp->group != old_group)
		r = netlink_join(&dp->events, dp->group);
	return r;
}

uint16_t datapath_family(const struct datapath *dp)
{
	return dp->family;
}

int datapath_request(struct datapath *dp, uint8_t cmd, int flags, dp_fill_fn fill,
		     const void *what, netlink_fn fn, void *arg)
{
	int tries = 2, dumps = DUMP_TRIES, r;

	for (;;) {
		struct nl_msg *msg;

		if (!dp->family) {
			r = datapath_resolve(dp);
			if (r < 0)
				return r == -EOPNOTSUPP ? -EPROTONOSUPPORT : r;
		}
		msg = genl_message(dp->family, cmd, VIFSWITCH_GENL_VERSION, flags);
		if (msg)
			fill(msg, what);
		r = netlink_request(&dp->req, msg, fn, arg);
		if (r == -EINTR && --dumps)
			continue;
		/*
		 * ENOENT is also "no such port"; only a lookup tells whether the
		 * family itself is gone or has another number now.
		 */
		if ((r == -ENOENT || r == -EOPNOTSUPP) && --tries) {
			uint16_t was = dp->family;
			char error[sizeof(dp->req.error)];

			memcpy(error, dp->req.error, sizeof(error));
			if (datapath_resolve(dp) < 0)
				return -EPROTONOSUPPORT;
			if (dp->family != was)
				continue;
			memcpy(dp->req.error, error, sizeof(error));
		}
		return r;
	}
}

struct target {
	uint32_t sw;
	uint32_t port;
	uint32_t ageing_ms;
	bool set_mode;
	uint32_t flow_mode;
	const struct dp_port_change *change;
	struct program program;		/* compiled from that */
};

static void fill_target(struct nl_msg *msg, const void *what)
{
	const struct target *t = what;

	if (t->sw)
		nla_put_u32(msg, VIFSWITCH_A_SWITCH, t->sw);
	if (t->port)
		nla_put_u32(msg, VIFSWITCH_A_PORT, t->port);
	if (t->ageing_ms)
		nla_put_u32(msg, VIFSWITCH_A_AGEING_MS, t->ageing_ms);
	if (t->set_mode)
		nla_put_u32(msg, VIFSWITCH_A_OF_MODE, t->flow_mode);
	if (!t->change)
		return;
	/* A program without octets closes the port. */
	if (t->change->set_policy)
		nla_put(msg, VIFSWITCH_A_PROGRAM, t->program.len, t->program.blob);
	if (t->change->cookie)
		nla_put(msg, VIFSWITCH_A_COOKIE, t->change->cookie_len, t->change->cookie);
	if (t->change->claim >= 0)
		nla_put_u8(msg, VIFSWITCH_A_CLAIM, t->change->claim);
}

struct call {
	union {
		dp_switch_fn on_switch;
		dp_port_fn on_port;
		dp_fdb_fn on_fdb;
	};
	void *arg;
};

static int switch_reply(const struct nlmsghdr *h, void *arg)
{
	struct call *call = arg;
	struct dp_switch sw;
	int r = dp_switch_decode(h, &sw);

	return r < 0 ? r : call->on_switch(&sw, call->arg);
}

static int port_reply(const struct nlmsghdr *h, void *arg)
{
	struct call *call = arg;
	_cleanup_free_ struct port_policy *policy = NULL;
	struct dp_port port;
	int r = dp_port_decode(h, &port);

	if (r < 0)
		return r;
	port.policy = policy = program_read(port.program, port.program_len);
	return call->on_port(&port, call->arg);
}

static int fdb_reply(const struct nlmsghdr *h, void *arg)
{
	struct call *call = arg;
	struct dp_fdb entry;
	int r = dp_fdb_decode(h, &entry);

	return r < 0 ? r : call->on_fdb(&entry, call->arg);
}

static int keep_switch(const struct dp_switch *sw, void *arg)
{
	*(struct dp_switch *)arg = *sw;
	return 0;
}

int datapath_switch_get(struct datapath *dp, uint32_t sw, struct dp_switch *ret)
{
	struct target t = { .sw = sw };
	struct dp_switch got = {};
	struct call call = { .on_switch = keep_switch, .arg = &got };
	int r = datapath_request(dp, VIFSWITCH_CMD_SWITCH_GET, 0, fill_target, &t, switch_reply,
				 &call);

	if (r == 0)
		*ret = got;
	return r;
}

int datapath_switch_dump(struct datapath *dp, dp_switch_fn fn, void *arg)
{
	struct target t = {};
	struct call call = { .on_switch = fn, .arg = arg };

	return datapath_request(dp, VIFSWITCH_CMD_SWITCH_GET, NLM_F_DUMP, fill_target, &t,
				switch_reply, &call);
}

int datapath_switch_set(struct datapath *dp, uint32_t sw, uint32_t ageing_ms, int flow_mode)
{
	struct target t = { .sw = sw, .ageing_ms = ageing_ms, .set_mode = flow_mode >= 0,
			    .flow_mode = (uint32_t)flow_mode };

	return datapath_request(dp, VIFSWITCH_CMD_SWITCH_SET, 0, fill_target, &t, NULL, NULL);
}

int datapath_port_get(struct datapath *dp, uint32_t port, dp_port_fn fn, void *arg)
{
	struct target t = { .port = port };
	struct call call = { .on_port = fn, .arg = arg };

	return datapath_request(dp, VIFSWITCH_CMD_PORT_GET, 0, fill_target, &t, port_reply, &call);
}

int datapath_port_dump(struct datapath *dp, uint32_t sw, dp_port_fn fn, void *arg)
{
	struct target t = { .sw = sw };
	struct call call = { .on_port = fn, .arg = arg };

	return datapath_request(dp, VIFSWITCH_CMD_PORT_GET, NLM_F_DUMP, fill_target, &t,
				port_reply, &call);
}

int datapath_refuse(struct datapath *dp, int r, const struct problem *problem)
{
	snprintf(dp->req.error, sizeof(dp->req.error), "%s", problem->text);
	return r;
}

/* The policy becomes a program here, and nowhere before. */
static int change_port(struct datapath *dp, uint8_t cmd, struct target *t)
{
	const struct port_policy *policy = t->change->policy;
	struct problem problem;
	int r = policy ? program_compile(policy, &t->program, &problem) : 0;

	if (r < 0)
		return datapath_refuse(dp, r, &problem);
	r = datapath_request(dp, cmd, 0, fill_target, t, NULL, NULL);
	program_deinit(&t->program);
	return r;
}

int datapath_port_new(struct datapath *dp, uint32_t sw, uint32_t port,
		      const struct dp_port_change *change)
{
	struct target t = { .sw = sw, .port = port, .change = change };

	return change_port(dp, VIFSWITCH_CMD_PORT_NEW, &t);
}

int datapath_port_set(struct datapath *dp, uint32_t port, const struct dp_port_change *change)
{
	struct target t = { .port = port, .change = change };

	return change_port(dp, VIFSWITCH_CMD_PORT_SET, &t);
}

int datapath_port_del(struct datapath *dp, uint32_t port)
{
	struct target t = { .port = port };

	return datapath_request(dp, VIFSWITCH_CMD_PORT_DEL, 0, fill_target, &t, NULL, NULL);
}

int datapath_port_announce(struct datapath *dp, uint32_t port)
{
	struct target t = { .port = port };

	return datapath_request(dp, VIFSWITCH_CMD_PORT_ANNOUNCE, 0, fill_target, &t, NULL, NULL);
}

int datapath_fdb_dump(struct datapath *dp, uint32_t sw, uint32_t port, dp_fdb_fn fn, void *arg)
{
	struct target t = { .sw = sw, .port = port };
	struct call call = { .on_fdb = fn, .arg = arg };

	return datapath_request(dp, VIFSWITCH_CMD_FDB_GET, NLM_F_DUMP, fill_target, &t,
				fdb_reply, &call);
}

struct event_call {
	struct datapath *dp;
	dp_event_fn fn;
	void *arg;
	bool stale;
};

static void controller_event(const struct nlmsghdr *h, struct event_call *call)
{
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, CTRL_ATTR_MAX, NULL) < 0 ||
	    !attrs[CTRL_ATTR_FAMILY_NAME] ||
	    nla_strcmp(attrs[CTRL_ATTR_FAMILY_NAME], VIFSWITCH_GENL_NAME) != 0)
		return;
	call->dp->family = 0;
	call->stale = true;
}

static int on_event(const struct nlmsghdr *h, void *arg)
{
	struct event_call *call = arg;
	struct dp_event event;

	if (h->nlmsg_type == GENL_ID_CTRL)
		controller_event(h, call);
	else if (call->dp->family && h->nlmsg_type == call->dp->family &&
		 dp_event_decode(h, &event) == 0)
		call->fn(&event, call->arg);
	return 0;
}

int datapath_events_fd(const struct datapath *dp)
{
	return dp->events.fd;
}

int datapath_events(struct datapath *dp, int limit, dp_event_fn fn, void *arg)
{
	struct event_call call = { .dp = dp, .fn = fn, .arg = arg };
	int r = netlink_receive(&dp->events, limit, on_event, &call);

	return call.stale ? -ESTALE : r < 0 ? r : 0;
}
