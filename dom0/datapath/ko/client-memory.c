// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/ko/client-memory.h"
#include "datapath/ko/decode.h"
#include "datapath/ko/request.h"

struct record {
	struct vifswitch_sessions head;
	struct vifswitch_session entries[DATAPATH_FORGET_MAX];
};

_Static_assert(sizeof(struct record) <= DATAPATH_ACL_PIECE, "requests have room for that");

struct target {
	uint32_t port;
	bool tracked;			/* sessions of flow tables */
	const struct record *record;	/* these may be NULL */
	const struct vifswitch_state *state;
	const uint8_t *mac;
	uint16_t vlan;			/* with mac */
};

static void fill_target(struct nl_msg *msg, const void *what)
{
	const struct target *t = what;

	nla_put_u32(msg, VIFSWITCH_A_PORT, t->port);
	if (t->tracked)
		nla_put_u8(msg, VIFSWITCH_A_SESSIONS_TRACKED, 1);
	if (t->record)
		nla_put(msg, VIFSWITCH_A_SESSIONS, (int)t->record->head.total_len, t->record);
	if (t->state)
		nla_put(msg, VIFSWITCH_A_STATE, sizeof(*t->state), t->state);
	if (!t->mac)
		return;
	nla_put(msg, VIFSWITCH_A_MAC, 6, t->mac);
	nla_put_u16(msg, VIFSWITCH_A_VLAN, t->vlan);
}

struct call {
	dp_session_fn fn;
	void *arg;
};

static int sessions_reply(const struct nlmsghdr *h, void *arg)
{
	const struct call *call = arg;

	return dp_sessions_decode(h, call->fn, call->arg);
}

int datapath_session_dump(struct datapath *dp, uint32_t port, bool tracked, dp_session_fn fn,
			  void *arg)
{
	struct call call = { fn, arg };
	struct target t = { .port = port, .tracked = tracked };

	return datapath_request(dp, VIFSWITCH_CMD_SESSION_GET, NLM_F_DUMP, fill_target, &t,
				sessions_reply, &call);
}

int datapath_session_flush(struct datapath *dp, uint32_t port, bool tracked)
{
	struct target t = { .port = port, .tracked = tracked };

	return datapath_request(dp, VIFSWITCH_CMD_SESSION_FLUSH, 0, fill_target, &t, NULL, NULL);
}

/* @count: at most DATAPATH_FORGET_MAX. */
static void fill_record(struct record *record, const struct vifswitch_session *sessions,
			uint32_t count)
{
	record->head = (struct vifswitch_sessions){
		.magic = VIFSWITCH_SESSIONS_MAGIC,
		.version = VIFSWITCH_SESSIONS_VERSION,
		.header_len = sizeof(record->head),
		.total_len = (uint32_t)(sizeof(record->head) + count * sizeof(*sessions)),
		.entry_len = sizeof(*sessions),
		.entry_count = count,
	};
	memcpy(record->entries, sessions, count * sizeof(*sessions));
}

int datapath_session_forget(struct datapath *dp, uint32_t port, bool tracked,
			    const struct vifswitch_session *sessions, uint32_t count)
{
	struct record record;
	struct target t = { .port = port, .tracked = tracked, .record = &record };

	if (count > DATAPATH_FORGET_MAX)
		return -EINVAL;
	fill_record(&record, sessions, count);
	return datapath_request(dp, VIFSWITCH_CMD_SESSION_FLUSH, 0, fill_target, &t, NULL, NULL);
}

static int taken_reply(const struct nlmsghdr *h, void *arg)
{
	return dp_sessions_taken_decode(h, arg);
}

int datapath_session_put(struct datapath *dp, uint32_t port, bool tracked,
			 const struct vifswitch_session *sessions, uint32_t count,
			 struct dp_sessions_taken *ret)
{
	struct record record;
	struct target t = { .port = port, .tracked = tracked, .record = &record };
	int r = 0;

	while (r == 0 && count) {
		uint32_t now = count < DATAPATH_FORGET_MAX ? count : DATAPATH_FORGET_MAX;

		fill_record(&record, sessions, now);
		r = datapath_request(dp, VIFSWITCH_CMD_SESSION_PUT, 0, fill_target, &t, taken_reply,
				     ret);
		sessions += now;
		count -= now;
	}
	return r;
}

static int state_reply(const struct nlmsghdr *h, void *arg)
{
	return dp_state_decode(h, arg);
}

int datapath_state_get(struct datapath *dp, uint32_t port, struct vifswitch_state *ret)
{
	struct target t = { .port = port };

	return datapath_request(dp, VIFSWITCH_CMD_PORT_STATE, 0, fill_target, &t, state_reply, ret);
}

int datapath_state_add(struct datapath *dp, uint32_t port, const struct vifswitch_state *state)
{
	struct target t = { .port = port, .state = state };

	return datapath_request(dp, VIFSWITCH_CMD_PORT_CARRY, 0, fill_target, &t, NULL, NULL);
}

int datapath_fdb_carry(struct datapath *dp, uint32_t port, const uint8_t mac[6], uint16_t vlan)
{
	struct target t = { .port = port, .mac = mac, .vlan = vlan };

	return datapath_request(dp, VIFSWITCH_CMD_FDB_CARRY, 0, fill_target, &t, NULL, NULL);
}
