/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document "show": the host, its switches and their ports. */
#ifndef SHOW_SWITCH_DOCUMENT_H
#define SHOW_SWITCH_DOCUMENT_H

#include <jansson.h>

#include "datapath/ko/client.h"
#include "datapath/links/link.h"
#include "policydb/pool-hosts.h"

struct switch_facts {
	const char *name;
	const struct link *link;	/* NULL: it is missing */
	uint32_t ageing_ms;
	uint32_t fdb_count;
	struct dp_snoop snoop;
	struct vifswitch_snoop snooped;
	const struct vifswitch_loop *loop;
	const struct dp_flow_counts *flows;	/* NULL: it is not made of flows */
	const char *error;		/* NULL: none */
	json_t *uplink_errors;		/* [{"uplink","error"}], stolen; NULL: none */
};

/* What only vifswitchd knows of the host. */
struct host_facts {
	bool xenstore;			/* answers */
	const char *database;		/* a word for its state */
	const char *database_error;	/* NULL: none */
	int64_t database_heard;		/* seconds since 1970, while it is away; 0: not known */
	const struct pool_host *hosts;	/* that share it */
	size_t host_count;
	uint64_t operations;
};

json_t *switch_json(const struct switch_facts *facts);
/* Its version and what it lacks; null without one. */
json_t *module_json(const struct dp_module *module);
/* Steals @switches and @ports; without @host the kernel alone was asked. */
json_t *show_document(const struct host_facts *host, const struct dp_module *module,
		      json_t *switches, json_t *ports);

#endif /* SHOW_SWITCH_DOCUMENT_H */
