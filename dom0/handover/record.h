/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live state of a port, written down for the host that its VM goes to; one JSON
 * object, which may come from anybody who can write to the database:
 *
 *   {"version": 1, "counters": [N, N, N, N], "debts": [N, ...], "drops": {"acl": N, ...},
 *    "addresses": ["00:16:3e:00:00:01@100", ...], "addresses_left": N,
 *    "sessions": ["base64 of struct vifswitch_sessions", ...], "sessions_left": N,
 *    "hits": {"0123456789abcdef": N, ...}, "hits_of": "UUID", "hits_left": N,
 *    "tracked": ["base64 of struct vifswitch_sessions", ...], "tracked_left": N}
 *
 * It is taken whole or not at all. What a reader does not know by name (a drop reason of
 * a later release) is left out; what is malformed, too much or too large refuses all of
 * it. The last two lines came later: who writes none of them has no hits and no sessions
 * of flow tables, who does not know them passes them over. Whose state it may become is not
 * asked here: turn.h has that, and the kernel holds each session and address to the port's
 * own program (SESSION_PUT, FDB_CARRY).
 */
#ifndef HANDOVER_RECORD_H
#define HANDOVER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "vifswitch/abi.h"
#include "vifswitch/acl.h"
#include "vifswitch/session-abi.h"

#define HANDOVER_VERSION	1
#define HANDOVER_TEXT_MAX	(1U << 20)	/* octets */
#define HANDOVER_SESSIONS_MAX	4080		/* those that were used last */
#define HANDOVER_ADDRESSES_MAX	1024
#define HANDOVER_HITS_MAX		4096		/* rules */
#define HANDOVER_CHUNK		255		/* sessions in one struct vifswitch_sessions */
#define HANDOVER_CHUNKS_MAX	16
#define HANDOVER_TRACKED_MAX	765		/* the same of flow tables */
#define HANDOVER_TRACKED_CHUNKS_MAX	3

struct handover_address {
	uint8_t mac[6];
	uint16_t vlan;
};

/* A heap: no child was idle longer than its parent. */
struct handover_sessions {
	struct vifswitch_session *v;
	uint32_t count;
	uint64_t left;			/* that there was no room for */
};

struct handover_record {
	struct vifswitch_state state;
	struct handover_address *addresses;
	uint32_t address_count;
	struct handover_sessions sessions;	/* of its ACL, at most SESSIONS_MAX */
	struct handover_sessions tracked;	/* of flow tables, at most TRACKED_MAX */
	/*
	 * How often rules decided at the port, by their cookies, each once. @hits_of: what its ACL
	 * is (all zero: not said), for built-in rules and defaults, which are alike in all. Of a
	 * record that was read they ascend.
	 */
	struct vifswitch_acl_hits *hits;
	uint32_t hits_count;
	uint8_t hits_of[16];
	uint64_t addresses_left, hits_left;	/* that there was no room for */
};

void handover_record_deinit(struct handover_record *r);
/* One more session; beyond the limit @max the one that was idle longest is left. -ENOMEM. */
int handover_record_session(struct handover_sessions *to, uint32_t max,
			    const struct vifswitch_session *session);
/* One more address; those beyond the limit are left. -ENOMEM. */
int handover_record_address(struct handover_record *r, const uint8_t mac[6], uint16_t vlan);
/* One more rule's; one of 0 is none, and those beyond the limit are left. -ENOMEM. */
int handover_record_hits(struct handover_record *r, const struct vifswitch_acl_hits *hits);
/* NULL: out of memory. */
char *handover_record_write(const struct handover_record *r);
/*
 * -EINVAL with the problem; @ret is untouched then. Sessions have become older by
 * @elapsed_ms, the time since it was written.
 */
int handover_record_read(const char *text, size_t len, uint64_t elapsed_ms,
			 struct handover_record *ret, struct problem *problem);

#endif /* HANDOVER_RECORD_H */
