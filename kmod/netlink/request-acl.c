// SPDX-License-Identifier: GPL-2.0-or-later
/* ACLs over netlink. */
#include "family.h"

int vs_acl_request_new(struct vs_request *req)
{
	return vs_acl_stage(vs_net_of(req->net), nla_get_u32(req->attrs[VIFSWITCH_A_ACL]),
			    nla_get_u32(req->attrs[VIFSWITCH_A_ACL_LEN]), &req->err);
}

int vs_acl_request_chunk(struct vs_request *req)
{
	u32 offset = nla_get_u32(req->attrs[VIFSWITCH_A_ACL_OFFSET]);
	const struct nlattr *data = req->attrs[VIFSWITCH_A_ACL_DATA];
	struct vs_acl_object *acl = req->acl;

	if (!acl->staged || offset != acl->filled)
		return vs_refuse(&req->err, -EINVAL,
				 "ACL_OFFSET is %u; accepted: %u, the end of what came so far",
				 offset, acl->filled);
	if (nla_len(data) > acl->staged_len - offset)
		return vs_refuse(&req->err, -EINVAL,
				 "ACL_DATA: length is %d; accepted: the %u octets that are left",
				 nla_len(data), acl->staged_len - offset);
	memcpy(acl->staged + offset, nla_data(data), nla_len(data));
	acl->filled += nla_len(data);
	return 0;
}

int vs_acl_request_commit(struct vs_request *req)
{
	struct vs_cookie *cookie;
	int rc = vs_request_cookie(req, &cookie);

	if (rc)
		return rc;
	rc = vs_acl_commit(req->acl, vs_net_of(req->net), cookie, &req->err);
	if (rc)
		kfree(cookie);
	return rc;
}

int vs_acl_request_del(struct vs_request *req)
{
	return vs_acl_delete(vs_net_of(req->net), req->acl, &req->err);
}

struct piece {
	const struct vs_acl_object *acl;
	u32 offset;
};

static int put_piece(struct sk_buff *msg, void *what)
{
	const struct piece *piece = what;
	const struct vs_acl_version *version = rtnl_dereference(piece->acl->version);

	return nla_put_u32(msg, VIFSWITCH_A_ACL, piece->acl->id) ||
	       nla_put_u32(msg, VIFSWITCH_A_ACL_LEN, version->blob_len) ||
	       nla_put_u32(msg, VIFSWITCH_A_ACL_OFFSET, piece->offset) ||
	       nla_put(msg, VIFSWITCH_A_ACL_DATA,
		       min_t(u32, VIFSWITCH_ACL_CHUNK_MAX, version->blob_len - piece->offset),
		       version->blob + piece->offset) ? -EMSGSIZE : 0;
}

int vs_acl_request_read(struct vs_request *req)
{
	struct piece piece = { req->acl, nla_get_u32(req->attrs[VIFSWITCH_A_ACL_OFFSET]) };
	u32 len = rtnl_dereference(req->acl->version)->blob_len;

	if (piece.offset >= len)
		return vs_refuse(&req->err, -ERANGE,
				 "ACL_OFFSET is %u; accepted: less than the ACL's %u octets",
				 piece.offset, len);
	return vs_reply(req, put_piece, &piece);
}

static int put_acl(struct sk_buff *msg, void *what)
{
	const struct vs_acl_object *acl = what;
	const struct vs_acl_version *version = rtnl_dereference(acl->version);

	return nla_put_u32(msg, VIFSWITCH_A_ACL, acl->id) ||
	       nla_put_u32(msg, VIFSWITCH_A_ACL_LEN, version->blob_len) ||
	       nla_put_u32(msg, VIFSWITCH_A_ACL_RULE_COUNT, version->acl.rule_count) ||
	       nla_put_u32(msg, VIFSWITCH_A_PORT_COUNT, acl->users) ||
	       (acl->cookie && nla_put(msg, VIFSWITCH_A_COOKIE, acl->cookie->len,
				       acl->cookie->data)) ? -EMSGSIZE : 0;
}

void vs_acl_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct vs_acl_object *acl;
	unsigned long id;

	xa_for_each_start(&vs_net_of(sock_net(msg->sk))->acls, id, acl, at->place + 1) {
		if (rtnl_dereference(acl->version) && vs_dump_put(msg, cb, put_acl, acl))
			break;
		at->place = id;
	}
}

struct hits_part {
	const struct vs_acl_object *acl;
	long *place;
};

/* Of the @n-th that is told: the rules, then the default of FROM, then that of TO. */
static u32 place_of(const struct vs_acl *acl, u32 n)
{
	return n < acl->rule_count ? n + VIFSWITCH_ACL_DIRECTIONS :
				     VS_HITS_PLACES(acl) - 1 - n;
}

static int put_hits(struct sk_buff *msg, void *what)
{
	const struct hits_part *part = what;
	const struct vs_acl_version *version = rtnl_dereference(part->acl->version);
	u32 count = VS_HITS_PLACES(&version->acl);
	struct vifswitch_acl_hits hits;
	long first = *part->place;

	if (nla_put_u32(msg, VIFSWITCH_A_ACL, part->acl->id))
		return -EMSGSIZE;
	for (; *part->place < count; ++*part->place) {
		u32 place = place_of(&version->acl, *part->place);

		hits.cookie = vs_acl_place_cookie(&version->acl, place);
		hits.packets = vs_acl_hits(part->acl, place);
		if (nla_put(msg, VIFSWITCH_A_ACL_HITS, sizeof(hits), &hits))
			return *part->place > first ? 0 : -EMSGSIZE;
	}
	return 0;
}

/* As many in a message as it has room for. A commit meanwhile interrupts the dump. */
void vs_acl_hits_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct hits_part part = { .place = &at->place };
	const struct vs_acl_version *version;

	part.acl = vs_acl_committed(vs_net_of(sock_net(msg->sk)), at->only_acl);
	if (!part.acl)
		return;
	version = rtnl_dereference(part.acl->version);
	cb->seq = version->seq;
	if (at->place < VS_HITS_PLACES(&version->acl))
		vs_dump_put(msg, cb, put_hits, &part);
}

struct port_part {
	const struct vs_port *port;
	const struct vs_acl_use *use;
	u32 id;
	long *place;
};

/* Rules that decided; the others are left out. */
static int put_port_hits(struct sk_buff *msg, void *what)
{
	const struct port_part *part = what;
	const struct vs_acl *acl = &part->use->version->acl;
	long first = *part->place;

	if (nla_put_u32(msg, VIFSWITCH_A_PORT, part->port->dev->ifindex) ||
	    nla_put_u32(msg, VIFSWITCH_A_ACL, part->id))
		return -EMSGSIZE;
	for (; *part->place < VS_HITS_PLACES(acl); ++*part->place) {
		const struct vifswitch_acl_hits hits = {
			.cookie = vs_acl_place_cookie(acl, *part->place),
			.packets = vs_acl_use_hits(part->use, *part->place),
		};

		if (hits.packets && nla_put(msg, VIFSWITCH_A_ACL_HITS, sizeof(hits), &hits))
			return *part->place > first ? 0 : -EMSGSIZE;
	}
	return 0;
}

/* The same of a port; a commit, and another program that names another ACL, interrupt it. */
void vs_port_hits_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct net_device *dev = __dev_get_by_index(sock_net(msg->sk), at->only_port);
	struct port_part part = { .port = dev ? vs_port_of(dev) : NULL, .place = &at->place };
	const struct vs_policy *policy = part.port ? rtnl_dereference(part.port->policy) : NULL;

	part.use = policy ? rtnl_dereference(policy->use) : NULL;
	if (!part.use)
		return;
	part.id = policy->acl->id;
	cb->seq = part.use->version->seq;
	if (at->place < VS_HITS_PLACES(&part.use->version->acl))
		vs_dump_put(msg, cb, put_port_hits, &part);
}

static int put_taken(struct sk_buff *msg, void *what)
{
	return nla_put_u32(msg, VIFSWITCH_A_ACL_RULE_COUNT, *(const u32 *)what) ? -EMSGSIZE : 0;
}

int vs_hits_request_carry(struct vs_request *req)
{
	const struct vs_policy *policy = rtnl_dereference(req->port->policy);
	struct vs_acl_use *use = policy ? rtnl_dereference(policy->use) : NULL;
	const struct nlattr *a = req->attrs[VIFSWITCH_A_HITS];
	struct vifswitch_acl_hits *hits;
	u32 taken = 0;
	int rc;

	req->err.attr = VIFSWITCH_A_HITS;
	if (nla_len(a) % sizeof(*hits))
		return vs_refuse(&req->err, -EINVAL,
				 "HITS: length is %d; accepted: a multiple of %zu", nla_len(a),
				 sizeof(*hits));
	if (use) {
		/* attributes are aligned to 4 octets */
		hits = kmemdup(nla_data(a), nla_len(a), GFP_KERNEL);
		if (!hits)
			return vs_out_of_memory(&req->err, "HITS");
		rc = vs_acl_hits_carry(use, hits, nla_len(a) / sizeof(*hits), &taken, &req->err);
		kfree(hits);
		if (rc)
			return rc;
	}
	return vs_reply(req, put_taken, &taken);
}
