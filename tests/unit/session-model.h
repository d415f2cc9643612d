/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What core/sessions.h promises, once more: slow, linear, and as plain as it could be
 * written. No limits, no pages, no hash; every session that ever was is kept, and
 * found by looking at all of them.
 */
#ifndef SESSION_MODEL_H
#define SESSION_MODEL_H

#include "sessions.h"

#define MODEL_SESSIONS	512

struct model_address {
	u64 high, low;
};

/* What is known of what one direction sends. */
struct model_side {
	bool seen, finished;
	u32 next;	/* TCP: behind the last octet */
	u32 room;	/* and behind the last that there is room for */
	u32 window;
	int scale;	/* -1: the SYN offered none */
	u32 tag, fresh;	/* SCTP */
	u64 packets, octets;
};

struct model_session {
	u8 family, proto;
	u16 vid;
	struct model_address vm, peer;
	u16 vm_port, peer_port;
	u8 begun;
	u8 state;
	bool confirmed, loose;
	int claimed;		/* the direction whose segment did not fit, or -1 */
	u32 claim;
	u32 created, seen;
	struct model_side side[2];
};

struct model {
	struct model_session session[MODEL_SESSIONS];
	u32 count;
	u32 since;		/* it began to remember */
};

enum vifswitch_drop_reason model_settle(struct model *m, const struct vs_acl *acl,
					const struct vs_access *access,
					const struct vs_session_packet *in);

/* To another host: what @acl would not let begin there stays behind. */
void model_move(struct model *m, const struct vs_acl *acl, u32 now);

/* How many are not forgotten at @now. */
u32 model_alive(const struct model *m, u32 now);
bool model_is_over(const struct model_session *s, u32 now);

#endif /* SESSION_MODEL_H */
