// SPDX-License-Identifier: GPL-2.0-or-later
/* A port's sessions shown, forgotten, and given back: vifswitch/session-abi.h. */
#include "family.h"

#define ENTRIES_MAX	48	/* in a message of a dump, which has room for 8 KiB */

struct record {
	struct vifswitch_sessions head;
	struct vifswitch_session entry[ENTRIES_MAX];
};

struct record_of {
	const struct vs_port *port;
	const struct record *record;
};

static int put_record(struct sk_buff *msg, void *what)
{
	const struct record_of *of = what;

	return nla_put_u32(msg, VIFSWITCH_A_PORT, of->port->dev->ifindex) ||
	       nla_put(msg, VIFSWITCH_A_SESSIONS, of->record->head.total_len, of->record) ?
	       -EMSGSIZE : 0;
}

static void seal(struct record *record, u32 count)
{
	record->head = (struct vifswitch_sessions){
		.magic = VIFSWITCH_SESSIONS_MAGIC,
		.version = VIFSWITCH_SESSIONS_VERSION,
		.header_len = sizeof(record->head),
		.total_len = sizeof(record->head) + count * sizeof(record->entry[0]),
		.entry_len = sizeof(record->entry[0]),
		.entry_count = count,
	};
}

/* The next part of them that has any. */
static u32 read_some(const struct vs_port *port, bool tracked, u64 *place, struct record *record)
{
	u32 count = 0;

	while (!count && *place != VS_SESSIONS_END)
		count = vs_sessions_read(port, tracked, place, record->entry, ENTRIES_MAX);
	seal(record, count);
	return count;
}

void vs_session_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct net_device *dev = __dev_get_by_index(sock_net(msg->sk), at->only_port);
	struct record_of of = { .port = dev ? vs_port_of(dev) : NULL };
	struct record *record;
	u64 place = at->place;

	if (!of.port)
		return;
	record = kmalloc(sizeof(*record), GFP_KERNEL);
	if (!record)
		return;
	of.record = record;
	while (read_some(of.port, at->kind, &place, record) &&
	       !vs_dump_put(msg, cb, put_record, &of))
		at->place = place;
	kfree(record);
}

/* Of flow tables? */
static bool tracked(const struct vs_request *req)
{
	return req->attrs[VIFSWITCH_A_SESSIONS_TRACKED];
}

void vs_session_dump_begin(struct vs_request *req)
{
	req->dump->kind = tracked(req);
}

/* The record of a request, refused by name if it is none. */
static int check_record(struct vs_request *req, u32 *ret_count)
{
	const struct nlattr *a = req->attrs[VIFSWITCH_A_SESSIONS];
	struct vs_program_error err;
	int rc = tracked(req) ?
		 vs_sessions_check_tracked(nla_data(a), nla_len(a), ret_count, &err) :
		 vs_sessions_check(nla_data(a), nla_len(a), ret_count, &err);

	if (!rc)
		return 0;
	req->err.attr = VIFSWITCH_A_SESSIONS;
	return vs_refuse(&req->err, rc, "SESSIONS: %s is %llu; accepted: %s", err.field, err.value,
			 err.accepted);
}

int vs_session_request_flush(struct vs_request *req)
{
	const struct nlattr *a = req->attrs[VIFSWITCH_A_SESSIONS];
	u32 count;
	int rc;

	if (!a)
		return vs_sessions_flush(req->port, tracked(req)) ?
		       vs_out_of_memory(&req->err, "sessions") : 0;
	rc = check_record(req, &count);
	if (!rc)
		vs_sessions_forget(req->port, tracked(req), nla_data(a), count);
	return rc;
}

static int put_import(struct sk_buff *msg, void *what)
{
	const struct vs_session_import *result = what;

	return nla_put_u32(msg, VIFSWITCH_A_SESSIONS_TAKEN, result->taken) ||
	       nla_put_u32(msg, VIFSWITCH_A_SESSIONS_KNOWN, result->known) ||
	       nla_put_u32(msg, VIFSWITCH_A_SESSIONS_REFUSED, result->refused) ||
	       nla_put_u32(msg, VIFSWITCH_A_SESSIONS_EXCESS, result->excess) ? -EMSGSIZE : 0;
}

int vs_session_request_put(struct vs_request *req)
{
	const struct nlattr *a = req->attrs[VIFSWITCH_A_SESSIONS];
	struct vs_session_import result = {};
	u32 count;
	int rc = check_record(req, &count);

	if (rc)
		return rc;
	req->err.attr = VIFSWITCH_A_PORT;
	if (!rtnl_dereference(req->port->policy))
		return vs_refuse(&req->err, -EINVAL,
				 "PORT: %s has no program; accepted: a port with one",
				 req->dev->name);
	if (tracked(req))
		vs_tracked_write(req->port, nla_data(a), count, &result);
	else
		vs_sessions_write(req->port, nla_data(a), count, &result);
	return vs_reply(req, put_import, &result);
}
