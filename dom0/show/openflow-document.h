/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Switches that have flow tables: what vifofd is told, and docs/schema/openflow.json. */
#ifndef SHOW_OPENFLOW_DOCUMENT_H
#define SHOW_OPENFLOW_DOCUMENT_H

#include <jansson.h>

#include "datapath/links/link.h"
#include "policy/flow-settings.h"

struct openflow_facts {
	const char *name;
	const struct link *link;	/* NULL: the switch is not there */
	const struct flow_settings *settings;
	const json_t *status;		/* as vifofd told it; NULL: nothing yet */
	bool served;			/* vifofd runs */
	const char *error;		/* what is wrong with the settings, or NULL */
	json_t *vms;			/* its VMs' ports: [{"vm":"UUID/DEVID", "netdev"}]; or NULL */
};

/* NULL: it is not there yet, or its tables are not. */
json_t *openflow_told_json(const struct openflow_facts *facts);
json_t *openflow_json(const struct openflow_facts *facts);
/* A copy of what vifofd tells of a switch, made of known members alone; NULL: it makes no sense. */
json_t *openflow_status_read(const json_t *told);

#endif /* SHOW_OPENFLOW_DOCUMENT_H */
