// SPDX-License-Identifier: GPL-2.0-or-later
/* Switches with flow tables: what vifofd is told of them, tells, and what is shown. */
#include <errno.h>

#include "base/json-value.h"
#include "show/list-document.h"
#include "show/openflow-document.h"
#include "vifswitchd/documents.h"
#include "vifswitchd/told.h"
#include "xen/identity.h"

#define OPENFLOW_US	10000000ULL	/* vifofd asks once a second */

static struct openflow_facts openflow_facts(const struct daemon *d, const struct cfg_switch *sw)
{
	uint64_t now;

	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	return (struct openflow_facts){
		.name = sw->name, .link = links_switch(&d->facts.links, sw->name),
		.settings = &sw->flows, .status = json_object_get(d->openflow_status, sw->name),
		.served = d->asked_by_openflow && now - d->asked_by_openflow < OPENFLOW_US,
		.error = sw->problem,
	};
}

json_t *document_openflow(struct daemon *d)
{
	const struct config *config = &d->facts.config;
	json_t *list = json_array();

	for (size_t i = 0; i < config->count; i++) {
		const struct openflow_facts facts = openflow_facts(d, &config->switches[i]);

		if (facts.settings->on)
			json_array_append_new(list, openflow_json(&facts));
	}
	return list_document("vifswitchd", "switches", list);
}

/* Of a VM with two netdevs, vif and tap, the vif: the other ends with the first frame. */
static json_t *vms_of(struct daemon *d, const struct cfg_switch *sw)
{
	const struct link *link = links_switch(&d->facts.links, sw->name);
	json_t *list = json_array();
	const struct port *port;

	map_for_each(&d->facts.ports.by_index, i, port) {
		const struct link *netdev = links_get(&d->facts.links, port->ifindex);
		uint32_t domid, devid;
		enum half half;

		if (link && netdev && port->sw == link->ifindex &&
		    cookie_kind(port->cookie, port->cookie_len) == COOKIE_VIF &&
		    !(link_parse_name(netdev->name, &domid, &devid, &half) && half != HALF_VIF))
			json_array_append_new(list, json_pack("{s:s%, s:s}", "vm", port->cookie,
				(size_t)port->cookie_len, "netdev", netdev->name));
	}
	return list;
}

json_t *document_openflow_told(struct daemon *d, json_int_t since)
{
	const struct config *config = &d->facts.config;
	json_t *list;

	if (!told_is_new(d, since))
		return told_nothing(since);
	list = json_array();
	for (size_t i = 0; i < config->count; i++) {
		struct openflow_facts facts = openflow_facts(d, &config->switches[i]);
		json_t *told;

		facts.vms = *facts.settings->vm_flows ? vms_of(d, &config->switches[i]) : NULL;
		told = openflow_told_json(&facts);
		json_decref(facts.vms);
		if (told)
			json_array_append_new(list, told);
	}
	return json_pack("{s:I, s:o}", "generation", (json_int_t)d->passes, "switches", list);
}

int document_openflow_note(struct daemon *d, const json_t *told)
{
	json_t *status = openflow_status_read(told);
	const char *name = json_text_of(status, "switch");

	if (!status || !config_find(&d->facts.config, name)) {
		json_decref(status);
		return status ? -ENOENT : -EINVAL;
	}
	if (!d->openflow_status)
		d->openflow_status = json_object();
	json_object_set_new(d->openflow_status, name, status);
	return 0;
}
