/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other side of OpenFlow: what somebody sends who asks a switch for its flows and changes
 * them, and what he is told. Versions 1.3 to 1.5. No I/O.
 */
#ifndef OPENFLOW_CLIENT_FLOW_WIRE_H
#define OPENFLOW_CLIENT_FLOW_WIRE_H

#include "openflow/of-message.h"
#include "openflow/of-reply.h"

#define FLOW_WIRE_VERSIONS	((1u << OF13) | (1u << OF14) | (1u << OF15))

/* A flow, as a switch tells of it. */
struct flow_told {
	struct of_flow flow;		/* its times are not set */
	uint64_t age_ms;		/* since it came */
	uint64_t idle_ms; /* since the last frame; UINT64_MAX: not told (before 1.5) */
};

struct flows_told {
	struct flow_told *v;
	size_t count, room;
};

void flows_told_deinit(struct flows_told *flows);

/* The flow that an addition makes: its match is to be freed, its actions are @fm's still. */
struct of_flow wire_flow_of(const struct of_flow_mod *fm);
/* What adds a flow, whose actions it has. */
struct of_flow_mod wire_mod_of(const struct of_flow *flow);

/* Each appends one message. Of a hello: this version alone is spoken. */
void wire_hello(struct of_out *out, uint8_t version);
void wire_request(struct of_out *out, uint8_t version, uint8_t type, uint32_t xid);
void wire_flow_mod(struct of_out *out, uint8_t version, uint32_t xid, const struct of_flow_mod *fm);
/* Of flows that @fm's match, table, cookie and out_port mean. */
void wire_ask_flows(struct of_out *out, uint8_t version, uint32_t xid,
		    const struct of_flow_mod *fm);
void wire_ask_ports(struct of_out *out, uint8_t version, uint32_t xid);
void wire_ask_groups(struct of_out *out, uint8_t version, uint32_t xid);

enum wire_bundle { WIRE_OPEN = 0, WIRE_CLOSE = 2, WIRE_COMMIT = 4 };

#define WIRE_BUNDLE	1	/* its number: one at a time */
#define WIRE_BARRIER_REQUEST	20
#define WIRE_BARRIER_REPLY	21
#define WIRE_MULTIPART_REPLY	19

void wire_bundle_control(struct of_out *out, uint8_t version, uint32_t xid, enum wire_bundle what);
/* The message from @start to the end of @out becomes one of the bundle. */
void wire_bundle_add(struct of_out *out, uint8_t version, size_t start);

/*
 * Of what answers a question, which may be many messages: 0 or -EBADMSG. *ret is appended to. @m
 * is a WIRE_MULTIPART_REPLY.
 */
int wire_told_flows(struct of_message *m, struct flows_told *ret);

struct wire_port {
	uint32_t number;
	char name[OF_PORT_NAME + 1];
	uint32_t state;
};

int wire_told_ports(struct of_message *m, struct wire_port **ports, size_t *count, size_t *room);

/* The version to speak with who sent this hello; 0: there is none. */
uint8_t wire_common_version(const struct of_message *hello);

#endif /* OPENFLOW_CLIENT_FLOW_WIRE_H */
