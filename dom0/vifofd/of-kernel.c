// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/genl/genl.h>

#include "base/log.h"
#include "vifswitch/abi.h"
#include "vifofd/of-kernel.h"

#define HEADS		256		/* octets of a request beside what is long in it */
#define DUMP_TRIES	5
#define AT_ONCE		256		/* messages, then others have their turn */

/* ---- what it is told ---- */

static void take_packet_in(struct kernel *k, struct nlattr **attrs)
{
	const struct nlattr *head = attrs[VIFSWITCH_A_OF_PACKET];
	const struct nlattr *packet = attrs[VIFSWITCH_A_PACKET];
	struct vifswitch_of_packet_in in;

	if (!head || !packet || nla_len(head) < (int)sizeof(in))
		return;
	memcpy(&in, nla_data(head), sizeof(in));
	fair_put(&k->fair, in.in_port, &in, sizeof(in), nla_data(packet), (size_t)nla_len(packet));
}

/* A record at @at, of which @left octets are there; NULL: there is none that is whole. */
static const struct vifswitch_of_record *record_at(const uint8_t *at, size_t left)
{
	const struct vifswitch_of_record *r = (const void *)at;

	return left < sizeof(*r) || r->len < sizeof(*r) || r->len > left ? NULL : r;
}

static void take_ended(struct kernel *k, const struct vifswitch_of_record *r)
{
	struct kernel_ended *e;

	if (r->kind != VIFSWITCH_OF_FLOW_STATS || r->len < sizeof(e->stats))
		return;
	e = xzalloc(sizeof(*e));
	memcpy(&e->stats, r, sizeof(e->stats));
	TAILQ_INSERT_TAIL(&k->ended, e, link);
}

/* Copied: attributes are aligned to four octets only. */
static void each_record(struct kernel *k, const struct nlattr *a, kernel_record_fn fn)
{
	size_t left = (size_t)nla_len(a);
	_cleanup_free_ uint8_t *copy = xmalloc(left + 1);
	const struct vifswitch_of_record *r;
	const uint8_t *at = copy;

	memcpy(copy, nla_data(a), left);
	for (; (r = record_at(at, left)); at += r->len, left -= r->len)
		fn(k, r);
}

/* Only noted: a request may be under way. */
static int on_told(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];
	struct nlmsghdr *msg = (struct nlmsghdr *)h;
	struct kernel *k = arg;

	if (h->nlmsg_type != k->family || !genlmsg_valid_hdr(msg, 0) ||
	    genlmsg_parse(msg, 0, attrs, VIFSWITCH_A_MAX, NULL) < 0)
		return 0;
	if (genlmsg_hdr(msg)->cmd == VIFSWITCH_CMD_OF_PACKET_IN)
		take_packet_in(k, attrs);
	else if (genlmsg_hdr(msg)->cmd == VIFSWITCH_CMD_OF_EVENT && attrs[VIFSWITCH_A_OF_RECORDS])
		each_record(k, attrs[VIFSWITCH_A_OF_RECORDS], take_ended);
	return 0;
}

int kernel_receive(struct kernel *k)
{
	int r = netlink_receive(&k->nl, AT_ONCE, on_told, k);

	/* what was lost was counted where it was lost; flows that ended are missed by a refresh */
	return r == -ENOBUFS ? 0 : r;
}

/* ---- requests ---- */

static struct nl_msg *message(const struct kernel *k, uint8_t cmd, int flags, size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(room + HEADS);

	if (!msg || !genlmsg_put(msg, 0, 0, k->family, 0, flags, cmd, VIFSWITCH_GENL_VERSION) ||
	    nla_put_u32(msg, VIFSWITCH_A_SWITCH, k->ifindex) < 0)
		mem_out();
	return msg;
}

static void put(struct nl_msg *msg, int type, const void *data, size_t len)
{
	if (nla_put(msg, type, (int)len, data) < 0)
		mem_out();
}

/* The switch, the module or the grant is gone: somebody has to open it again. */
static bool is_lost(int r)
{
	return r == -EPERM || r == -ENODEV || r == -ENOENT || r == -EOPNOTSUPP ||
	       r == -EPROTONOSUPPORT;
}

static int request(struct kernel *k, struct nl_msg *msg, netlink_fn fn, void *arg)
{
	if (!kernel_is_open(k)) {
		nlmsg_free(msg);
		return -ENODEV;
	}
	k->nl.other = on_told;
	k->nl.other_arg = k;
	return netlink_request(&k->nl, msg, fn, arg);
}

static int send_records(struct kernel *k, const uint8_t *records, size_t len, bool keep)
{
	struct nl_msg *msg = message(k, VIFSWITCH_CMD_OF_CHANGE, 0, len);

	put(msg, VIFSWITCH_A_OF_RECORDS, records, len);
	if (keep)
		nla_put_u8(msg, VIFSWITCH_A_OF_KEEP, 1);
	return request(k, msg, NULL, NULL);
}

/* How many octets of whole records go into one message. */
static size_t piece(const uint8_t *at, size_t left)
{
	size_t len = 0;

	while (len < left) {
		const struct vifswitch_of_record *r = (const void *)(at + len);

		if (len + r->len > VIFSWITCH_OF_CHANGES_MAX)
			break;
		len += r->len;
	}
	return len;
}

int kernel_change(struct kernel *k, const struct of_out *records)
{
	size_t at = 0;
	int r = 0;

	while (at < records->len && r == 0) {
		size_t len = piece(records->data + at, records->len - at);

		r = send_records(k, records->data + at, len, at + len < records->len);
		at += len;
	}
	if (r == 0)
		return 0;
	log_warning("%s: flow tables: %s", k->sw->name, k->nl.error);
	if (is_lost(request(k, message(k, VIFSWITCH_CMD_OF_ABORT, 0, 0), NULL, NULL)))
		kernel_close(k);
	return r;
}

int kernel_send(struct kernel *k, const struct vifswitch_of_packet_out *head,
		const struct of_out *ops, const uint8_t *frame, size_t len)
{
	struct nl_msg *msg = message(k, VIFSWITCH_CMD_OF_PACKET_OUT, 0, len + ops->len);
	struct nlattr *a = nla_reserve(msg, VIFSWITCH_A_OF_PACKET, (int)(sizeof(*head) + ops->len));
	int r;

	if (!a)
		mem_out();
	memcpy(nla_data(a), head, sizeof(*head));
	if (ops->len)
		memcpy((uint8_t *)nla_data(a) + sizeof(*head), ops->data, ops->len);
	put(msg, VIFSWITCH_A_PACKET, frame, len);
	r = request(k, msg, NULL, NULL);
	if (is_lost(r))
		kernel_close(k);
	return r;
}

struct getting {
	struct kernel *k;
	kernel_record_fn fn;
};

static int on_records(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];
	const struct getting *g = arg;

	if (genlmsg_parse((struct nlmsghdr *)h, 0, attrs, VIFSWITCH_A_MAX, NULL) < 0)
		return -EBADMSG;
	if (attrs[VIFSWITCH_A_OF_RECORDS])
		each_record(g->k, attrs[VIFSWITCH_A_OF_RECORDS], g->fn);
	return 0;
}

int kernel_get(struct kernel *k, uint32_t kind, kernel_record_fn fn)
{
	struct getting g = { k, fn };
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		struct nl_msg *msg = message(k, VIFSWITCH_CMD_OF_GET, NLM_F_DUMP, 0);

		nla_put_u32(msg, VIFSWITCH_A_OF_KIND, kind);
		r = request(k, msg, on_records, &g);
	}
	if (is_lost(r))
		kernel_close(k);
	return r == -EINTR ? 0 : r;
}

/* ---- open and close ---- */

void kernel_init(struct kernel *k, struct of_switch *sw)
{
	*k = (struct kernel){ .nl = { .fd = -1 }, .sw = sw };
	fair_init(&k->fair);
	TAILQ_INIT(&k->ended);
}

void kernel_close(struct kernel *k)
{
	netlink_close(&k->nl);
	map_clear(&k->flows);
	k->own = 0;
}

void kernel_deinit(struct kernel *k)
{
	struct kernel_ended *e;

	kernel_close(k);
	map_deinit(&k->flows);
	map_deinit(&k->learners);
	fair_deinit(&k->fair);
	while ((e = TAILQ_FIRST(&k->ended))) {
		TAILQ_REMOVE(&k->ended, e, link);
		free(e);
	}
}
