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
	const struct record *record;	/* or NULL */
};

static void fill_target(struct nl_msg *msg, const void *what)
{
	const struct target *t = what;

	nla_put_u32(msg, VIFSWITCH_A_PORT, t->port);
	if (t->record)
		nla_put(msg, VIFSWITCH_A_SESSIONS, (int)t->record->head.total_len, t->record);
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

int datapath_session_dump(struct datapath *dp, uint32_t port, dp_session_fn fn, void *arg)
{
	struct call call = { fn, arg };
	struct target t = { .port = port };

	return datapath_request(dp, VIFSWITCH_CMD_SESSION_GET, NLM_F_DUMP, fill_target, &t,
				sessions_reply, &call);
}

int datapath_session_flush(struct datapath *dp, uint32_t port)
{
	struct target t = { .port = port };

	return datapath_request(dp, VIFSWITCH_CMD_SESSION_FLUSH, 0, fill_target, &t, NULL, NULL);
}

int datapath_session_forget(struct datapath *dp, uint32_t port,
			    const struct vifswitch_session *sessions, uint32_t count)
{
	struct record record = { .head = {
		.magic = VIFSWITCH_SESSIONS_MAGIC,
		.version = VIFSWITCH_SESSIONS_VERSION,
		.header_len = sizeof(record.head),
		.total_len = (uint32_t)(sizeof(record.head) + count * sizeof(*sessions)),
		.entry_len = sizeof(*sessions),
		.entry_count = count,
	} };
	struct target t = { .port = port, .record = &record };

	if (count > DATAPATH_FORGET_MAX)
		return -EINVAL;
	memcpy(record.entries, sessions, count * sizeof(*sessions));
	return datapath_request(dp, VIFSWITCH_CMD_SESSION_FLUSH, 0, fill_target, &t, NULL, NULL);
}
