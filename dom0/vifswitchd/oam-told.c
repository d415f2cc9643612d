// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links are uplinks that are no bonds, and the members of those that are: what vifoamd is to
 * do on each, and how that does.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mem.h"
#include "network/network-bfd.h"
#include "oam/oam-status.h"
#include "show/list-document.h"
#include "uplink/bond.h"
#include "uplink/oam-settings.h"
#include "vifswitchd/oam-told.h"
#include "vifswitchd/told.h"

#define OAM_US	10000000ULL	/* vifoamd asks once a second */

struct oam_place {
	const struct daemon *d;
	const struct cfg_switch *sw;
	const struct cfg_uplink *uplink;
	const struct link *link;
	bool member;
};

/* Returns false to go no further. */
typedef bool (*place_fn)(const struct oam_place *place, void *arg);

static bool each_member(struct oam_place *place, const struct link *bond, place_fn look, void *arg)
{
	const struct links *links = &place->d->facts.links;
	const struct bond *wanted = place->uplink->bond;
	bool more = true;

	place->member = true;
	for (size_t i = 0; wanted && i < wanted->count && more; i++) {
		place->link = links_by_name(links, wanted->members[i]);
		more = !place->link || look(place, arg);
	}
	/* Somebody else's bond has those that it has. */
	map_for_each(&links->by_index, i, place->link)
		if (!wanted && more && place->link->master == bond->ifindex)
			more = look(place, arg);
	return more;
}

static void each_link(const struct daemon *d, place_fn look, void *arg)
{
	const struct config *config = &d->facts.config;
	bool more = true;

	for (size_t i = 0; i < config->count && more; i++) {
		for (size_t j = 0; j < config->switches[i].uplink_count && more; j++) {
			const struct cfg_uplink *uplink = &config->switches[i].uplinks[j];
			struct oam_place place = { .d = d, .sw = &config->switches[i],
						   .uplink = uplink };

			place.link = links_by_name(&d->facts.links, uplink->name);
			if (uplink->bond || (place.link && !strcmp(place.link->kind, BOND_KIND)))
				more = each_member(&place, place.link, look, arg);
			else if (place.link)
				more = look(&place, arg);
		}
	}
}

/* Whether or not they all are here, so that none moves for another one's sake. */
static unsigned int place_of(const struct oam_place *p)
{
	const struct bond *bond = p->uplink->bond;
	const struct link *link;
	unsigned int place = 0;

	for (size_t i = 0; bond && i < bond->count; i++)
		place += strverscmp(bond->members[i], p->link->name) < 0;
	map_for_each(&p->d->facts.links.by_index, i, link)
		place += !bond && link->master == p->link->master &&
			 strverscmp(link->name, p->link->name) < 0;
	return place;
}

static struct oam_rows rows_of(const struct oam_place *p)
{
	const struct cfg_uplink *in_file = config_uplink(&p->d->file, p->uplink->name);
	const struct policies *rows = &p->d->policy.policies;

	return (struct oam_rows){
		.own = policies_uplink(rows, p->link->name),
		.uplink = p->member ? policies_uplink(rows, p->uplink->name) : NULL,
		.file = in_file ? in_file->row : NULL,
		.place = p->member ? place_of(p) : 0,
	};
}

/* The VLAN of untagged frames; 0: none, or the untagged network. */
static int pvid_of(const struct oam_place *p)
{
	unsigned int pvid = p->uplink->policy ? p->uplink->policy->header.pvid : 0;

	return pvid <= VIFSWITCH_VID_MAX ? (int)pvid : 0;
}

/* ---- told ---- */

struct told {
	json_t *links;
	char host[64];
};

static bool add_told(const struct oam_place *p, void *arg)
{
	const struct told *told = arg;
	const struct oam_rows rows = rows_of(p);
	const struct link *sw = links_switch(&p->d->facts.links, p->sw->name);
	_cleanup_free_ char *problem = NULL, *description = NULL;
	json_t *link = oam_settings_json(&rows, &problem);

	description = xprintf("uplink %s of %s", p->uplink->name, p->sw->name);
	json_object_set_new(link, "netdev", json_string(p->link->name));
	json_object_set_new(link, "ifindex", json_integer(p->link->ifindex));
	json_object_set_new(link, "mac", json_mac(p->link->mac));
	json_object_set_new(link, "mtu", json_integer(p->link->mtu));
	json_object_set_new(link, "chassis", json_mac(sw ? sw->mac : p->link->mac));
	json_object_set_new(link, "pvid", json_integer(pvid_of(p)));
	json_object_set_new(link, "system", json_text(told->host));
	json_object_set_new(link, "description", json_string(description));
	json_array_append_new(told->links, link);
	return true;
}

json_t *document_oam_told(struct daemon *d, json_int_t since)
{
	struct told told = {};

	if (!told_is_new(d, since))
		return told_nothing(since);
	told.links = json_array();
	gethostname(told.host, sizeof(told.host) - 1);
	each_link(d, add_told, &told);
	networks_tunnels_told(&d->facts.networks, told.links);
	return json_pack("{s:I, s:o}", "generation", (json_int_t)d->passes, "links", told.links);
}

/* ---- noted ---- */

struct search {
	const char *netdev;
	bool found;
};

static bool is_it(const struct oam_place *p, void *arg)
{
	struct search *s = arg;

	s->found = strcmp(p->link->name, s->netdev) == 0;
	return !s->found;
}

static bool is_link(const struct daemon *d, const char *netdev)
{
	struct search s = { .netdev = netdev };

	each_link(d, is_it, &s);
	return s.found;
}

static bool is_watched(const struct daemon *d, const char *name)
{
	const uint8_t *unused;

	return networks_tunnel(&d->facts.networks, name, &unused) || is_link(d, name);
}

/* "its link does not carry: CFM recv, maid; BFD down (timeout)" */
static json_t *verdict_of(const json_t *status)
{
	const json_t *bfd = json_object_get(status, "bfd"), *fault;
	_cleanup_free_ char *cfm = xstrdup("");
	size_t i;

	json_array_foreach(json_object_get(json_object_get(status, "cfm"), "faults"), i, fault) {
		char *more = xprintf("%s%s%s", cfm, i ? ", " : "CFM ", json_string_value(fault));

		free(cfm);
		cfm = more;
	}
	if (!json_is_object(bfd))
		return json_sprintf("its link does not carry: %s", cfm);
	return json_sprintf("its link does not carry: %s%sBFD %s (%s)", cfm, *cfm ? "; " : "",
			    json_text_of(bfd, "state") ?: "", json_text_of(bfd, "diagnostic") ?: "");
}

static void tell_change(const char *netdev, const char *name, const json_t *old,
			const json_t *status)
{
	const char *verdict = json_text_of(status, "verdict");
	struct log_subject about = LOG_SUBJECT_INIT;

	about.netdev = netdev;
	if (!verdict != !json_text_of(old, "verdict"))
		log_record(verdict ? LOG_WARNING : LOG_NOTICE, &about, "%s: %s", name,
			   verdict ?: "its link carries again");
}

/* "network blue, remote 192.0.2.2" of a tunnel, whose name says nothing to people. */
static char *name_of(const struct daemon *d, const char *netdev)
{
	const uint8_t *address;
	const struct network *n = networks_tunnel(&d->facts.networks, netdev, &address);
	char text[PREFIX_TEXT_MAX];

	if (!n)
		return xstrdup(netdev);
	network_address_text(address, text);
	return xprintf("network %s, remote %s", n->name, text);
}

int oam_note(struct daemon *d, const json_t *told)
{
	json_t *status = oam_status_read(told);
	const char *netdev = json_text_of(status, "netdev");
	_cleanup_free_ char *name = NULL;
	bool failed;
	uint64_t now;

	if (!status)
		return -EINVAL;
	if (!is_watched(d, netdev)) {
		json_decref(status);
		return -ENOENT;
	}
	if (!d->oam_status)
		d->oam_status = json_object();
	failed = netdev[0] == NETWORK_TUNNEL_MARK ? network_tunnel_failed(status) :
						    oam_status_failed(status);
	if (failed)
		json_object_set_new(status, "verdict", verdict_of(status));
	name = name_of(d, netdev);
	tell_change(netdev, name, json_object_get(d->oam_status, netdev), status);
	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	if (oam_faults_note(&d->facts.oam_faults, netdev, failed, now))
		daemon_want_pass(d);
	json_object_set_new(d->oam_status, netdev, status);
	return 0;
}

const char *oam_verdict(const struct daemon *d, const char *netdev)
{
	const char *verdict = json_text_of(json_object_get(d->oam_status, netdev), "verdict");

	if (!verdict && oam_faults_has(&d->facts.oam_faults, netdev, clock_us()))
		return "its link carries again; as it failed before, it is the last choice for a while yet";
	return verdict;
}

static bool is_served(const struct daemon *d, uint64_t now)
{
	return d->asked_by_oam && now < d->asked_by_oam + OAM_US;
}

/* Of what is no uplink's any more; if it comes again, it is new. */
static void drop_former(struct daemon *d, uint64_t now)
{
	const char *netdev;
	json_t *status;
	void *next;

	json_object_foreach_safe(d->oam_status, next, netdev, status) {
		if (is_watched(d, netdev))
			continue;
		oam_faults_note(&d->facts.oam_faults, netdev, false, now);
		json_object_del(d->oam_status, netdev);
	}
}

uint64_t oam_look(struct daemon *d, uint64_t now)
{
	drop_former(d, now);
	if (is_served(d, now))
		return oam_faults_any(&d->facts.oam_faults) ? d->asked_by_oam + OAM_US : 0;
	json_decref(d->oam_status);
	d->oam_status = NULL;
	if (oam_faults_unwatched(&d->facts.oam_faults, now))
		log_warning("vifoamd does not run: links that it said do not carry are used as if they did");
	return 0;
}

/* ---- shown ---- */

struct shown {
	json_t *links, *status;
	bool served;
};

static json_t *part(const json_t *status, const char *key)
{
	json_t *value = json_object_get(status, key);

	return value ? json_incref(value) : json_null();
}

static bool add_shown(const struct oam_place *p, void *arg)
{
	struct shown *shown = arg;
	const struct oam_rows rows = rows_of(p);
	const json_t *status = shown->served ? json_object_get(shown->status, p->link->name) : NULL;
	_cleanup_free_ char *problem = NULL;
	json_t *wanted = oam_settings_json(&rows, &problem);
	const char *error = problem ?: !shown->served ? "vifoamd does not run" :
			    json_text_of(status, "error");

	json_array_append_new(shown->links, json_pack(
		"{s:s, s:s, s:s, s:b, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:o}",
		"switch", p->sw->name, "uplink", p->uplink->name, "netdev", p->link->name,
		"member", p->member, "mtu", (int)p->link->mtu, "pvid", pvid_of(p),
		"asked_for", oam_settings_given(&rows), "error", json_text(error),
		"wanted", wanted, "cfm", part(status, "cfm"), "bfd", part(status, "bfd"),
		"lldp", part(status, "lldp")));
	return true;
}

/* What is known of the tunnel to a remote, in its part of docs/schema/networks.json. */
static void add_bfd(const struct daemon *d, const struct network *n, json_t *remote, bool served,
		    uint64_t now)
{
	const char *text = json_text_of(remote, "address");
	uint8_t address[VIFSWITCH_ADDRESS_LEN];
	const uint8_t *unused;
	const json_t *status;
	char name[IFNAMSIZ];
	struct prefix p;

	if (!text || !prefix_parse_host(text, &p))
		return;
	network_address(&p, address);
	network_tunnel_name(n, address, name);
	status = served ? json_object_get(d->oam_status, name) : NULL;
	json_object_set_new(remote, "silent", json_boolean(
		oam_faults_has(&d->facts.oam_faults, name, now)));
	json_object_set_new(remote, "bfd", part(status, "bfd"));
	if (n->bfd)
		json_object_set_new(remote, "bfd_error", json_text(
			!networks_tunnel(&d->facts.networks, name, &unused) ?
			"it is beyond what a host watches, or the kernel module is too old" :
			!served ? "vifoamd does not run" : json_text_of(status, "error")));
}

void oam_add_tunnels(const struct daemon *d, json_t *document)
{
	json_t *network, *remote;
	uint64_t now;
	size_t i, k;

	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	json_array_foreach(json_object_get(document, "networks"), i, network)
		json_array_foreach(json_object_get(network, "remotes"), k, remote)
			add_bfd(d, d->facts.networks.list[i], remote, is_served(d, now), now);
}

json_t *document_oam(struct daemon *d)
{
	struct shown shown = { .links = json_array(), .status = d->oam_status };
	uint64_t now;

	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	shown.served = is_served(d, now);
	each_link(d, add_shown, &shown);
	return list_document("vifswitchd", "links", shown.links);
}
