// SPDX-License-Identifier: GPL-2.0-or-later
/* Mirrors over netlink. */
#include <linux/slab.h>

#include "../mirror-object.h"
#include "family.h"

int vs_mirror_request_set(struct vs_request *req)
{
	const struct nlattr *data = req->attrs[VIFSWITCH_A_MIRROR_DATA];
	struct vs_cookie *cookie;
	int rc = vs_request_cookie(req, &cookie);

	if (rc)
		return rc;
	rc = vs_mirror_set(req->sw, nla_get_u32(req->attrs[VIFSWITCH_A_MIRROR]), nla_data(data),
			   nla_len(data), cookie, &req->err);
	if (rc)
		kfree(cookie);
	return rc;
}

int vs_mirror_request_del(struct vs_request *req)
{
	return vs_mirror_delete(req->sw, nla_get_u32(req->attrs[VIFSWITCH_A_MIRROR]), &req->err);
}

struct numbered {
	const struct vs_switch *sw;
	const struct vs_mirror_object *m;
	u32 number;
};

/* As it was set, but for an output that left. */
static int put_data(struct sk_buff *msg, const struct vs_mirror_object *m)
{
	struct nlattr *data = nla_reserve(msg, VIFSWITCH_A_MIRROR_DATA, m->blob_len);
	__u32 none = 0;

	if (!data)
		return -EMSGSIZE;
	memcpy(nla_data(data), m->blob, m->blob_len);
	if (!rtnl_dereference(m->output))
		memcpy(nla_data(data) + offsetof(struct vifswitch_mirror, output_port), &none,
		       sizeof(none));
	return 0;
}

static int put_mirror(struct sk_buff *msg, void *what)
{
	const struct numbered *one = what;
	struct vifswitch_mirror_stats stats;

	vs_mirror_stats(one->m, &stats);
	return nla_put_u32(msg, VIFSWITCH_A_SWITCH, one->sw->dev->ifindex) ||
	       nla_put_u32(msg, VIFSWITCH_A_MIRROR, one->number) || put_data(msg, one->m) ||
	       nla_put(msg, VIFSWITCH_A_MIRROR_STATS, sizeof(stats), &stats) ||
	       (one->m->cookie && nla_put(msg, VIFSWITCH_A_COOKIE, one->m->cookie->len,
					  one->m->cookie->data)) ? -EMSGSIZE : 0;
}

static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	struct vs_dump *at = vs_dump_of(cb);

	for (; at->place < VIFSWITCH_MIRRORS_MAX; at->place++) {
		struct numbered one = {
			sw, rtnl_dereference(sw->mirror[at->place]), at->place + 1,
		};

		if (one.m && vs_dump_put(msg, cb, put_mirror, &one))
			return -EMSGSIZE;
	}
	return 0;
}

void vs_mirror_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	vs_dump_switches(msg, cb, dump_one);
}
