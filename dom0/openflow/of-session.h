/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One who speaks OpenFlow with a switch: octets of whole messages in, octets out in `out`.
 *
 *	HELLO --hello of theirs--> UP --error, or our doing--> DOOMED
 *
 * A doomed session sends what is in `out` and is closed by its owner.
 */
#ifndef OPENFLOW_SESSION_H
#define OPENFLOW_SESSION_H

#include "openflow/of-switch.h"

#define OF_VERSIONS	((1u << OF10) | (1u << OF13) | (1u << OF14) | (1u << OF15))

/* What somebody makes us keep. */
#define OF_BUNDLES_MAX		64		/* of a session */
#define OF_BUNDLE_OCTETS_MAX	(64u << 20)
#define OF_BUNDLE_SECONDS	10		/* without a message for it */
#define OF_MONITORS_MAX		64
#define OF_BUNDLES_OCTETS_MAX	(256u << 20)	/* of all sessions of a switch */
/* Octets that wait; beyond it no packet-in is added. */
#define OF_OUT_PACKET_INS	(1u << 20)

enum {
	OFPT_HELLO = 0, OFPT_ERROR = 1, OFPT_ECHO_REQUEST = 2, OFPT_ECHO_REPLY = 3, OFPT_VENDOR = 4,
};

enum of_session_kind {
	SESSION_CONTROLLER,	/* one that is configured */
	SESSION_SERVICE,	/* came to us: nothing that it did not ask for is sent to it */
};

enum of_session_state { SESSION_HELLO, SESSION_UP, SESSION_DOOMED };

enum of_async { ASYNC_PACKET_IN, ASYNC_PORT_STATUS, ASYNC_FLOW_REMOVED, ASYNC_ROLE_STATUS,
		ASYNC_TABLE_STATUS, ASYNC_REQUESTFORWARD, ASYNC_KINDS };

enum of_packet_in_format { PACKET_IN_STANDARD, PACKET_IN_NX, PACKET_IN_NX2 };

struct of_bundle;
struct of_monitor;

struct of_session {
	TAILQ_ENTRY(of_session) link;
	struct of_switch *sw;
	enum of_session_kind kind;
	enum of_session_state state;
	char name[96];
	const char *doom;		/* why */
	uint32_t versions;		/* that it may take; 0: any of OF_VERSIONS */
	uint8_t version;
	enum of_role role;
	uint16_t miss_send_len, controller_id;
	uint8_t packet_in_format;
	bool table_id;			/* NXT_FLOW_MOD_TABLE_ID */
	uint32_t async[2][ASYNC_KINDS];	/* reasons, as secondary and otherwise */
	struct of_out out;
	size_t sent;			/* so many octets of it are gone */
	uint64_t packet_ins_dropped;
	uint64_t last_in;		/* ms */
	LIST_HEAD(, of_bundle) bundles;
	unsigned int bundle_count;
	size_t bundle_octets;
	LIST_HEAD(, of_monitor) monitors;
	unsigned int monitor_count;
};

/* A whole message, cut by the length in its header, which is at least OF_HEADER. */
struct of_message {
	uint8_t version, type;
	uint32_t xid;
	const uint8_t *data;
	size_t len;
	struct of_in body;
};

void session_send_echo(struct of_session *s);
static inline size_t session_waiting(const struct of_session *s)
{
	return s->out.len - s->sent;
}

/* Of what waits, so much was sent. */
void session_sent(struct of_session *s, size_t len);
/* Nobody takes what waits. */
void session_drop_out(struct of_session *s);
void session_doom(struct of_session *s, const char *why);

/* Nobody that should be there is (fail mode standalone), or is again. */
void switch_set_standalone(struct of_switch *sw, bool standalone);
/* Who is connected, or in which version, has changed. */
void switch_settle_miss(struct of_switch *sw);
void switch_packet_in(struct of_switch *sw, const struct of_packet_in *in);

/* ---- for those who answer ---- */

size_t message_begin(struct of_session *s, uint8_t type, uint32_t xid);
/* @subtype of Nicira's or the ONF's. */
size_t message_begin_vendor(struct of_session *s, uint32_t vendor, uint32_t subtype, uint32_t xid);
/* False: it is longer than a message may be, and was dropped. */
bool message_end(struct of_session *s, size_t start);
void session_error(struct of_session *s, enum of_error e, const struct of_message *m);
bool session_wants(const struct of_session *s, enum of_async kind, unsigned int reason);
void session_default_async(struct of_session *s);

/* Everybody who should know is told. */
void sessions_flow_removed(struct of_switch *sw, const struct of_flow *flow, enum of_removed why);
void sessions_port_status(struct of_switch *sw, const struct of_port *port, uint8_t reason);
void sessions_request_forward(struct of_switch *sw, const struct of_session *by, uint8_t reason,
			      const struct of_message *m);

/* Handlers, by file. */
typedef enum of_error of_handle(struct of_session *s, struct of_message *m);
of_handle handle_role, handle_nx_role, handle_get_async, handle_set_async, handle_nx_async,
	handle_nx_async2, handle_features, handle_get_config, handle_set_config, handle_barrier,
	handle_echo, handle_flow_mod, handle_nx_flow_mod, handle_group_mod, handle_nx_group_mod,
	handle_meter_mod, handle_port_mod, handle_table_mod, handle_packet_out, handle_multipart,
	handle_bundle_control, handle_bundle_add, handle_monitor_cancel, handle_queue_config,
	handle_nx_flow_format, handle_nx_table_id, handle_nx_packet_in_format,
	handle_nx_controller_id, handle_ignore;

#endif /* OPENFLOW_SESSION_H */
