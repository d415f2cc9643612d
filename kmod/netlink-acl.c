// SPDX-License-Identifier: GPL-2.0-or-later
/* ACLs over netlink. */
#include <vifswitch/acl.h>

#include "acl.h"
#include "netlink.h"

static int request_u32(struct vs_request *req, enum vifswitch_attr attr, const char *accepted,
		       u32 *ret)
{
	struct nlattr *a = req->info->attrs[attr];

	if (!a)
		return vs_missing(req, attr, accepted);
	req->err.attr = attr;
	*ret = nla_get_u32(a);
	return 0;
}

static int request_id(struct vs_request *req, u32 *ret)
{
	int rc = request_u32(req, VIFSWITCH_A_ACL, "an id that is not 0", ret);

	if (rc || *ret)
		return rc;
	return vs_refuse(&req->err, -ERANGE, "the ACL's id is 0",
			 "ACL is 0; accepted: 1 to 4294967295");
}

static int request_acl(struct vs_request *req, struct vs_acl_object **ret)
{
	u32 id;
	int rc = request_id(req, &id);

	if (rc)
		return rc;
	*ret = xa_load(&vs_net_of(req->net)->acls, id);
	if (!*ret)
		return vs_refuse(&req->err, -ENOENT, "no such ACL", "ACL: there is none of id %u", id);
	return 0;
}

static int request_version(struct vs_request *req, struct vs_acl_object **ret)
{
	int rc = request_acl(req, ret);

	if (rc || rtnl_dereference((*ret)->version))
		return rc;
	return vs_refuse(&req->err, -ENOENT, "the ACL was not committed yet",
			 "ACL: %u was not committed yet", (*ret)->id);
}

int vs_acl_request_new(struct vs_request *req)
{
	u32 id, len;
	int rc;

	rc = request_id(req, &id);
	if (!rc)
		rc = request_u32(req, VIFSWITCH_A_ACL_LEN, "the blob's octets", &len);
	if (rc)
		return rc;
	if (len < sizeof(struct vifswitch_acl) || len > VIFSWITCH_ACL_MAX)
		return vs_refuse(&req->err, -ERANGE, "the ACL's length is out of range",
				 "ACL_LEN is %u; accepted: %zu to %u", len,
				 sizeof(struct vifswitch_acl), VIFSWITCH_ACL_MAX);
	return vs_acl_stage(vs_net_of(req->net), id, len, &req->err);
}

int vs_acl_request_chunk(struct vs_request *req)
{
	struct nlattr *data = req->info->attrs[VIFSWITCH_A_ACL_DATA];
	struct vs_acl_object *acl;
	u32 offset;
	int rc;

	rc = request_acl(req, &acl);
	if (!rc)
		rc = request_u32(req, VIFSWITCH_A_ACL_OFFSET, "where the chunk begins", &offset);
	if (!rc && !data)
		rc = vs_missing(req, VIFSWITCH_A_ACL_DATA, "1 to 32768 octets");
	if (rc)
		return rc;
	if (!acl->staged || offset != acl->filled)
		return vs_refuse(&req->err, -EINVAL, "the chunk is out of order",
				 "ACL_OFFSET is %u; accepted: %u, the end of what came so far",
				 offset, acl->filled);
	req->err.attr = VIFSWITCH_A_ACL_DATA;
	if (!nla_len(data) || nla_len(data) > VIFSWITCH_ACL_CHUNK_MAX ||
	    nla_len(data) > acl->staged_len - offset)
		return vs_refuse(&req->err, -EINVAL, "the chunk's length is wrong",
				 "ACL_DATA: length is %d; accepted: 1 to %u octets", nla_len(data),
				 min_t(u32, VIFSWITCH_ACL_CHUNK_MAX, acl->staged_len - offset));
	memcpy(acl->staged + offset, nla_data(data), nla_len(data));
	acl->filled += nla_len(data);
	return 0;
}

int vs_acl_request_commit(struct vs_request *req)
{
	struct nlattr *cookie = req->info->attrs[VIFSWITCH_A_COOKIE];
	struct vs_config cfg = {};
	struct vs_acl_object *acl;
	int rc;

	rc = request_acl(req, &acl);
	if (!rc && cookie)
		rc = vs_config_cookie(&cfg, nla_data(cookie), nla_len(cookie), &req->err);
	if (rc)
		return rc;
	req->err.attr = VIFSWITCH_A_ACL;
	rc = vs_acl_commit(acl, vs_net_of(req->net), cfg.cookie, &req->err);
	if (rc)
		vs_config_free(&cfg);
	return rc;
}

int vs_acl_request_del(struct vs_request *req)
{
	struct vs_acl_object *acl;
	int rc = request_acl(req, &acl);

	return rc ? rc : vs_acl_delete(vs_net_of(req->net), acl, &req->err);
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
	struct vs_acl_object *acl;
	struct piece piece;
	int rc;

	rc = request_version(req, &acl);
	if (!rc)
		rc = request_u32(req, VIFSWITCH_A_ACL_OFFSET, "where to begin", &piece.offset);
	if (rc)
		return rc;
	piece.acl = acl;
	if (piece.offset >= rtnl_dereference(acl->version)->blob_len)
		return vs_refuse(&req->err, -ERANGE, "the offset is beyond the ACL",
				 "ACL_OFFSET is %u; accepted: less than the ACL's %u octets",
				 piece.offset, rtnl_dereference(acl->version)->blob_len);
	return vs_reply(req, VIFSWITCH_CMD_ACL_READ, put_piece, &piece);
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

int vs_acl_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct vs_acl_object *acl;
	unsigned long id;

	rtnl_lock();
	xa_for_each_start(&vs_net_of(sock_net(msg->sk))->acls, id, acl, at->place + 1) {
		if (rtnl_dereference(acl->version) &&
		    vs_dump_put(msg, cb, VIFSWITCH_CMD_ACL_GET, put_acl, acl))
			break;
		at->place = id;
	}
	rtnl_unlock();
	return msg->len;
}

int vs_acl_hits_start(struct vs_request *req, struct vs_dump *at)
{
	struct vs_acl_object *acl;
	int rc = request_version(req, &acl);

	if (!rc)
		at->only_acl = acl->id;
	return rc;
}

struct hits_part {
	const struct vs_acl_object *acl;
	long *place;
};

static int put_hits(struct sk_buff *msg, void *what)
{
	const struct hits_part *part = what;
	const struct vs_acl_version *version = rtnl_dereference(part->acl->version);
	u32 count = version->acl.rule_count + VIFSWITCH_ACL_DIRECTIONS;
	struct vifswitch_acl_hits hits;
	long first = *part->place;

	if (nla_put_u32(msg, VIFSWITCH_A_ACL, part->acl->id))
		return -EMSGSIZE;
	for (; *part->place < count; ++*part->place) {
		hits.packets = vs_acl_hits(version, *part->place, &hits.cookie);
		if (nla_put(msg, VIFSWITCH_A_ACL_HITS, sizeof(hits), &hits))
			return *part->place > first ? 0 : -EMSGSIZE;
	}
	return 0;
}

/* As many in a message as it has room for. A commit meanwhile interrupts the dump. */
int vs_acl_hits_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct hits_part part = { .place = &at->place };
	const struct vs_acl_version *version;

	rtnl_lock();
	part.acl = vs_acl_committed(vs_net_of(sock_net(msg->sk)), at->only_acl);
	if (part.acl) {
		version = rtnl_dereference(part.acl->version);
		cb->seq = version->seq;
		if (at->place < version->acl.rule_count + VIFSWITCH_ACL_DIRECTIONS)
			vs_dump_put(msg, cb, VIFSWITCH_CMD_ACL_HITS, put_hits, &part);
	}
	rtnl_unlock();
	return msg->len;
}
