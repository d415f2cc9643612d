// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/ko/client-acl.h"
#include "datapath/ko/decode.h"
#include "datapath/ko/request.h"

#define HITS_AT_ONCE	(VIFSWITCH_HITS_MAX / sizeof(struct vifswitch_acl_hits))

_Static_assert(sizeof(struct vifswitch_acl_hits) == VIFSWITCH_HITS_LEN, "as the kernel has it");
_Static_assert(VIFSWITCH_HITS_MAX <= DATAPATH_ACL_PIECE, "requests have room for that");

struct piece {
	uint32_t id;
	uint32_t total;		/* 0: not said */
	uint32_t offset;
	bool has_offset;
	const void *data;	/* or NULL */
	uint32_t len;
	const void *cookie;
	uint32_t cookie_len;
};

static void fill_piece(struct nl_msg *msg, const void *what)
{
	const struct piece *p = what;

	if (p->id)
		nla_put_u32(msg, VIFSWITCH_A_ACL, p->id);
	if (p->total)
		nla_put_u32(msg, VIFSWITCH_A_ACL_LEN, p->total);
	if (p->has_offset)
		nla_put_u32(msg, VIFSWITCH_A_ACL_OFFSET, p->offset);
	if (p->data)
		nla_put(msg, VIFSWITCH_A_ACL_DATA, p->len, p->data);
	if (p->cookie)
		nla_put(msg, VIFSWITCH_A_COOKIE, p->cookie_len, p->cookie);
}

int datapath_acl_load(struct datapath *dp, uint32_t id, const void *blob, uint32_t len,
		      const void *cookie, uint32_t cookie_len)
{
	struct piece p = { .id = id, .total = len };
	int r = datapath_request(dp, VIFSWITCH_CMD_ACL_NEW, 0, fill_piece, &p, NULL, NULL);

	for (uint32_t at = 0; r == 0 && at < len; at += p.len) {
		p = (struct piece){
			.id = id, .offset = at, .has_offset = true,
			.data = (const char *)blob + at,
			.len = len - at < DATAPATH_ACL_PIECE ? len - at : DATAPATH_ACL_PIECE,
		};
		r = datapath_request(dp, VIFSWITCH_CMD_ACL_CHUNK, 0, fill_piece, &p, NULL, NULL);
	}
	if (r < 0)
		return r;
	p = (struct piece){ .id = id, .cookie = cookie, .cookie_len = cookie_len };
	return datapath_request(dp, VIFSWITCH_CMD_ACL_COMMIT, 0, fill_piece, &p, NULL, NULL);
}

int datapath_acl_del(struct datapath *dp, uint32_t id)
{
	struct piece p = { .id = id };

	return datapath_request(dp, VIFSWITCH_CMD_ACL_DEL, 0, fill_piece, &p, NULL, NULL);
}

struct acl_call {
	int (*on_acl)(const struct dp_acl *acl, void *arg);
	int (*on_hits)(const struct vifswitch_acl_hits *hits, void *arg);
	void *arg;
};

static int acl_reply(const struct nlmsghdr *h, void *arg)
{
	struct acl_call *call = arg;
	struct dp_acl acl;
	int r = dp_acl_decode(h, &acl);

	return r < 0 ? r : call->on_acl(&acl, call->arg);
}

int datapath_acl_dump(struct datapath *dp, int (*fn)(const struct dp_acl *acl, void *arg),
		      void *arg)
{
	struct acl_call call = { .on_acl = fn, .arg = arg };
	struct piece p = {};

	return datapath_request(dp, VIFSWITCH_CMD_ACL_GET, NLM_F_DUMP, fill_piece, &p, acl_reply,
				&call);
}

static int hits_reply(const struct nlmsghdr *h, void *arg)
{
	struct acl_call *call = arg;

	return dp_acl_hits_decode(h, call->on_hits, call->arg);
}

int datapath_acl_hits(struct datapath *dp, uint32_t id,
		      int (*fn)(const struct vifswitch_acl_hits *hits, void *arg), void *arg)
{
	struct acl_call call = { .on_hits = fn, .arg = arg };
	struct piece p = { .id = id };

	return datapath_request(dp, VIFSWITCH_CMD_ACL_HITS, NLM_F_DUMP, fill_piece, &p, hits_reply,
				&call);
}

struct port_hits {
	uint32_t port;
	const struct vifswitch_acl_hits *hits;
	uint32_t count;		/* 0: none are given */
};

static void fill_hits(struct nl_msg *msg, const void *what)
{
	const struct port_hits *p = what;

	nla_put_u32(msg, VIFSWITCH_A_PORT, p->port);
	if (p->count)
		nla_put(msg, VIFSWITCH_A_HITS, (int)(p->count * sizeof(*p->hits)), p->hits);
}

int datapath_port_hits(struct datapath *dp, uint32_t port, dp_hits_fn fn, void *arg)
{
	struct acl_call call = { .on_hits = fn, .arg = arg };
	struct port_hits p = { .port = port };

	return datapath_request(dp, VIFSWITCH_CMD_PORT_HITS, NLM_F_DUMP, fill_hits, &p, hits_reply,
				&call);
}

static int taken_reply(const struct nlmsghdr *h, void *arg)
{
	uint32_t *taken = arg, more = 0;
	int r = dp_hits_taken_decode(h, &more);

	*taken += more;
	return r;
}

int datapath_hits_add(struct datapath *dp, uint32_t port, const struct vifswitch_acl_hits *hits,
		      uint32_t count, uint32_t *ret_taken)
{
	uint32_t taken = 0;
	int r = 0;

	for (uint32_t at = 0; r == 0 && at < count; at += HITS_AT_ONCE) {
		struct port_hits p = {
			.port = port, .hits = hits + at,
			.count = count - at < HITS_AT_ONCE ? count - at : HITS_AT_ONCE,
		};

		r = datapath_request(dp, VIFSWITCH_CMD_HITS_CARRY, 0, fill_hits, &p, taken_reply,
				     &taken);
	}
	*ret_taken = taken;
	return r;
}

struct blob {
	char *data;
	uint32_t total;
	uint32_t at;
};

static int piece_reply(const struct nlmsghdr *h, void *arg)
{
	struct dp_acl_piece piece;
	struct blob *blob = arg;
	int r = dp_acl_piece_decode(h, &piece);

	if (r < 0)
		return r;
	if (!blob->data) {
		if (!piece.total || piece.total > VIFSWITCH_ACL_MAX)
			return -EBADMSG;
		blob->total = piece.total;
		blob->data = malloc(piece.total);
		if (!blob->data)
			return -ENOMEM;
	}
	if (piece.total != blob->total || piece.offset != blob->at || !piece.len)
		return -EAGAIN;
	if (piece.len > blob->total - blob->at)
		return -EBADMSG;
	memcpy(blob->data + blob->at, piece.data, piece.len);
	blob->at += piece.len;
	return 0;
}

int datapath_acl_read(struct datapath *dp, uint32_t id, void **ret_blob, uint32_t *ret_len)
{
	struct blob blob = {};
	int r = 0;

	do {
		struct piece p = { .id = id, .offset = blob.at, .has_offset = true };
		uint32_t before = blob.at;

		r = datapath_request(dp, VIFSWITCH_CMD_ACL_READ, 0, fill_piece, &p, piece_reply,
				     &blob);
		if (r == 0 && blob.at == before)
			r = -EBADMSG;
	} while (r == 0 && blob.at < blob.total);
	if (r < 0) {
		free(blob.data);
		return r;
	}
	*ret_blob = blob.data;
	*ret_len = blob.total;
	return 0;
}
