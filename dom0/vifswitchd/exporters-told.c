// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json-value.h"
#include "base/uuid.h"
#include "show/exporter-document.h"
#include "show/list-document.h"
#include "vifswitchd/documents.h"
#include "vifswitchd/told.h"

#define EXPORTER_US	10000000ULL	/* vifexportd asks once a second */

/* The port as exporters choose it; false: it is none that they can. */
static bool choose(const struct daemon *d, const struct port *port, struct chosen_port *ret)
{
	const struct link *link = links_get(&d->facts.links, port->ifindex);
	const struct vif *vif = document_vif(d, link);
	const char *sw = document_netdev(d, port->sw);

	if (!link || !sw)
		return false;
	*ret = (struct chosen_port){ .sw = sw, .sw_ifindex = port->sw };
	if (vif) {
		ret->vm = vif->seen.domain->has_uuid ? vif->seen.domain->uuid : NULL;
		ret->devid = vif->seen.devid;
	} else {
		ret->netdev = link->name;
	}
	return true;
}

static bool tells_of(const struct daemon *d, const struct exporter *e, const struct port *port,
		     const struct chosen_port *at)
{
	const struct policy_row *vm = at->vm ? policies_vm(&d->policy.policies, at->vm) : NULL;

	return port->policy && exporter_is_on(e) && exporter_tells_of(e, at, vm);
}

static json_t *told_port(const struct daemon *d, const struct port *port)
{
	const struct exporters *all = &d->facts.exporters;
	const struct owner owner = document_owner_of(d, port->ifindex);
	json_t *json, *numbers = json_array();
	struct chosen_port at;
	char uuid[UUID_TEXT_LEN + 1] = "";
	json_int_t number = 0;

	if (!choose(d, port, &at)) {
		json_decref(numbers);
		return NULL;
	}
	for (size_t i = 0; i < all->count; i++) {
		if (!exporter_is_on(all->list[i]))
			continue;
		if (tells_of(d, all->list[i], port, &at))
			json_array_append_new(numbers, json_integer(number));
		number++;
	}
	if (at.vm)
		uuid_format(at.vm, uuid);
	json = json_pack("{s:I, s:s, s:s, s:o, s:I, s:o}", "ifindex", (json_int_t)port->ifindex,
			 "switch", at.sw, "netdev", document_netdev(d, port->ifindex), "vm",
			 json_text(at.vm ? uuid : NULL), "devid", (json_int_t)at.devid, "exporters",
			 numbers);
	json_object_set_new(json, "name", json_text(owner.known ? owner.name : NULL));
	json_object_set_new(json, "number", json_number(
		at.vm ? exporters_number(all, at.vm, at.devid) : 0));
	return json;
}

/* Before that nobody knows which exporters there are: what was told before us still holds. */
static bool is_heard(const struct daemon *d)
{
	return d->facts.exporters.policies && d->policy.state != POLICY_UNHEARD;
}

json_t *document_told(struct daemon *d, json_int_t since)
{
	json_t *exporters, *ports, *json;
	const struct port *port;

	if (since == (json_int_t)d->passes || !is_heard(d))
		return told_nothing(since);
	exporters = json_array();
	ports = json_array();
	for (size_t i = 0; i < d->facts.exporters.count; i++)
		if (exporter_is_on(d->facts.exporters.list[i]))
			json_array_append_new(exporters,
					      exporter_told_json(d->facts.exporters.list[i]));
	map_for_each(&d->facts.ports.by_index, i, port) {
		json = json_array_size(exporters) ? told_port(d, port) : NULL;
		if (json)
			json_array_append_new(ports, json);
	}
	return json_pack("{s:I, s:o, s:o}", "generation", (json_int_t)d->passes,
			 "exporters", exporters, "ports", ports);
}

static json_t *exported_ports(const struct daemon *d, const struct exporter *e)
{
	json_t *names = json_array();
	const struct port *port;
	struct chosen_port at;

	map_for_each(&d->facts.ports.by_index, i, port)
		if (choose(d, port, &at) && tells_of(d, e, port, &at))
			json_array_append_new(names, json_text(document_netdev(d, port->ifindex)));
	return names;
}

static bool is_recent(const struct daemon *d, uint64_t at)
{
	uint64_t now;

	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	return at && now - at < EXPORTER_US;
}

json_t *document_exporters(struct daemon *d)
{
	const struct exporters *all = &d->facts.exporters;
	json_t *list = json_array();

	for (size_t i = 0; i < all->count; i++) {
		const struct exporter_facts facts = {
			.all = all, .exporter = all->list[i],
			.ports = exported_ports(d, all->list[i]),
			.served = is_recent(d, d->asked_by_exporter),
			.denied = is_recent(d, d->refused_exporter),
		};

		json_array_append_new(list, exporter_json(&facts));
	}
	return list_document("vifswitchd", "exporters", list);
}
