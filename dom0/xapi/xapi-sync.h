/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of XAPI's protocol: what is asked next, and what an answer means. JSON-RPC 2.0 in the
 * body of an HTTP request, one at a time. No I/O, no clock: whoever calls has both.
 *
 *   LOGIN ---session---> SNAPSHOT ---all---> FOLLOW <--events--+
 *     ^                     ^                  |  |            |
 *     |                     +--EVENTS_LOST,----+  +------------+
 *     |                        or a count differs
 *     +--- session is not valid; anything else: after a while, longer each time
 */
#ifndef XAPI_XAPI_SYNC_H
#define XAPI_XAPI_SYNC_H

#include "xapi/xapi-model.h"

#define XAPI_ANSWER_MAX		(64U << 20)	/* octets */
#define XAPI_EVENT_WAIT_S	30		/* that XAPI waits for events to tell */
#define XAPI_ANSWER_WAIT_S	90		/* for an answer of any kind */
#define XAPI_RETRY_MIN_MS	500
#define XAPI_RETRY_MAX_MS	30000
#define XAPI_TOKEN_MAX		4096		/* octets of a session or a token */

enum xapi_state { XAPI_LOGIN, XAPI_SNAPSHOT, XAPI_FOLLOW };

struct xapi_sync {
	struct xapi_model model;
	enum xapi_state state;
	char *session, *token;
	int64_t id;		/* of the request under way */
	int64_t retry_at;	/* not before, in ms of the caller's clock; 0: now */
	unsigned int failures;	/* in a row */
	unsigned int lost;	/* snapshots in a row that something made necessary */
	struct problem problem;	/* the last; "" if the last answer was good */
};

void xapi_sync_init(struct xapi_sync *sync);
void xapi_sync_deinit(struct xapi_sync *sync);
/* The body of the next request, to be freed. */
char *xapi_sync_request(struct xapi_sync *sync);
/* The answer to it, or none: @why is in the way. */
void xapi_sync_answer(struct xapi_sync *sync, const char *text, size_t len, int64_t now);
void xapi_sync_failed(struct xapi_sync *sync, const char *why, int64_t now);

#endif /* XAPI_XAPI_SYNC_H */
