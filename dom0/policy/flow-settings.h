/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a Switch says of OpenFlow, made of what is written: for who writes and who reads. */
#ifndef POLICY_FLOW_SETTINGS_H
#define POLICY_FLOW_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/bounds.h"
#include "policy/openflow-place.h"

struct flow_settings {
	bool on;			/* frames go through flow tables */
	bool secure;			/* fail mode */
	bool trusted;			/* outputs are not asked of the port's ACL */
	uint64_t datapath_id;		/* 0: made of the switch's address */
	uint32_t versions;		/* bits of the wire's numbers; 0: all that are spoken */
	unsigned int controller_count;
	char controllers[CONTROLLERS_MAX][CONTROLLER_TEXT_MAX + 1];
	char vm_flows[VM_FLOWS_MAX + 1];	/* as they are written: vifofd reads them */
};

/* As columns or the file have them; NULL, false: not given. */
struct flow_words {
	bool openflow, secure, trusted;
	const char *controller, *datapath_id, *protocols, *vm_flows;
};

/* -EINVAL with the problem; then *ret is untouched. */
int flow_settings_make(const struct flow_words *words, struct flow_settings *ret,
		       struct problem *problem);

/* "OpenFlow13", of the wire's number; NULL: none that is spoken. */
const char *flow_protocol_name(unsigned int number);

#endif /* POLICY_FLOW_SETTINGS_H */
