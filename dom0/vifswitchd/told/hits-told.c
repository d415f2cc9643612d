// SPDX-License-Identifier: GPL-2.0-or-later
/* How often the rules of ports' ACLs decided, port by port. */
#include "base/cleanup.h"
#include "show/acl-document.h"
#include "show/list-document.h"
#include "vifswitchd/documents.h"

/* NULL: its ACL is none of ours, or it just went. */
static json_t *show_port(struct daemon *d, const struct port *port)
{
	const struct acl_object *acl = document_acl(d, port->policy);
	_cleanup_(rule_hits_deinit) struct rule_hits hits = {};
	const struct subject subject = {
		.sw = document_netdev(d, port->sw), .netdev = document_netdev(d, port->ifindex),
		.ifindex = port->ifindex, .owner = document_owner_of(d, port->ifindex),
	};

	if (!acl || d->ops->port_hits(d->dp, port->ifindex, rule_hits_add, &hits) < 0)
		return NULL;
	return port_hits_json(&subject, &(struct acl_facts){
		.name = acl->name, .parts = acl->parts, .rules = acl->rules,
		.rule_count = acl->rule_count, .default_part = acl->default_part,
		.default_action = acl->default_action, .hits = &hits });
}

json_t *document_hits(struct daemon *d)
{
	json_t *ports = json_array(), *one;
	const struct port *port;

	if (!d->ops->port_hits || !(d->facts.module.features & VIFSWITCH_FEATURE_PORT_HITS))
		return list_document("vifswitchd", "ports", ports);
	map_for_each(&d->facts.ports.by_index, i, port) {
		one = show_port(d, port);
		if (one)
			json_array_append_new(ports, one);
	}
	return list_document("vifswitchd", "ports", ports);
}
