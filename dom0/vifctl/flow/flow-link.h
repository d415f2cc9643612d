/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch of this host's vifofd, spoken with by OpenFlow on NAME.mgmt. What is to be sent is
 * appended to `out`; flow_link_run() sends it and brings the answers.
 */
#ifndef VIFCTL_FLOW_LINK_H
#define VIFCTL_FLOW_LINK_H

#include "openflow/client/flow-wire.h"
#include "openflow/text/flow-text.h"

#define VIFOFD_DIRECTORY	"/run/vifofd"
#define VIFOFD_DIRECTORY_ENV	"VIFOFD_DIRECTORY"
#define FLOW_ANSWERS_MAX	(512u << 20)	/* octets that one question may be answered with */

struct flow_link {
	int fd;
	bool silent;			/* set before flow_link_open(): nothing is said */
	uint8_t version;
	const char *name;		/* the switch, as it was named */
	struct of_out out, in;
	uint32_t xid;
	struct wire_port *ports;
	size_t port_count, port_room;
	struct port_name *port_names;
	struct port_names names;	/* of the ports */

	/* the first error that came, and in answer to what */
	enum of_error error;
	bool refused;
	uint32_t refused_xid;
	uint16_t refused_type, refused_code;
	struct flows_told flows;	/* that were told */
	struct of_group **groups;
	size_t group_count, group_room;
};

/*
 * Of "xenbr0" or "unix:PATH". An exit status of vifctl's, having said what is wrong;
 * flow_link_close() in any case.
 */
int flow_link_open(struct flow_link *l, const char *name);
void flow_link_close(struct flow_link *l);
/*
 * Sends what waits, until all of it was answered. Where the switch refused some of it, l->refused
 * is true; the status is not VIFCTL_OK only where nobody can be spoken with.
 */
int flow_link_run(struct flow_link *l);
/* vifctl_fail(), unless the link is silent; @status. */
int flow_link_fail(const struct flow_link *l, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Flows that are meant, into l->flows; @filter may be NULL for all. */
int flow_link_flows(struct flow_link *l, const struct of_flow_mod *filter);
/* "ACTION_OUT_GROUP: there is no group of that number" */
char *flow_link_refusal(const struct flow_link *l);

#endif /* VIFCTL_FLOW_LINK_H */
