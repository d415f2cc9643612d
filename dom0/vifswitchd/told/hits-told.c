// SPDX-License-Identifier: GPL-2.0-or-later
/* How often the rules of ACLs decided: in all, and port by port. */
#include "base/cleanup.h"
#include "show/acl-document.h"
#include "show/list-document.h"
#include "vifswitchd/daemon.h"
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
	flowers_hits(d, port->ifindex, &hits);
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
	flowers_count(d);
	map_for_each(&d->facts.ports.by_index, i, port) {
		one = show_port(d, port);
		if (one)
			json_array_append_new(ports, one);
	}
	return list_document("vifswitchd", "ports", ports);
}

static json_t *show_acl(struct daemon *d, const struct acl_object *acl)
{
	const struct kernel_acl *k = map_get(&d->facts.acls.in_kernel, acl->id);
	struct rule_hits hits = {};
	const struct port *port;
	json_t *ret;

	/* Hits that cannot be had are none: it may just have gone. */
	if (k && d->ops->acl_hits(d->dp, acl->id, rule_hits_add, &hits) < 0)
		hits.count = 0;
	map_for_each(&d->facts.ports.by_index, i, port)
		if (port_policy_acl(port->policy) == acl->id)
			flowers_hits(d, port->ifindex, &hits);
	ret = acl_json(&(struct acl_facts){
		.id = k ? k->id : 0, .name = acl->name, .port_count = acl->port_count,
		.parts = acl->parts, .part_count = acl->list.count,
		.rules = acl->rules, .rule_count = acl->rule_count,
		.default_part = acl->default_part,
		.default_action = acl->default_action, .len = k ? k->len : 0, .hits = &hits,
		.error = acl->problem ? acl->problem->text : acl->retry.error });
	rule_hits_deinit(&hits);
	return ret;
}

json_t *document_acls(struct daemon *d)
{
	json_t *acls = json_array();
	const struct acl_object *acl;

	flowers_count(d);
	map_for_each(&d->facts.acls.by_id, i, acl)
		json_array_append_new(acls, show_acl(d, acl));
	return list_document("vifswitchd", "acls", acls);
}
