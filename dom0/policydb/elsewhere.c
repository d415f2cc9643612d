// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sensors of mirrors on other hosts. Hosts say many things all the time, so rows are looked
 * at only when one of a sensor changed, or the address of a host that was asked for; and
 * only if the sensor is another place then, p->places counts up, and there is a pass: what a
 * VM does with its frontend costs no other host one.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/json-value.h"
#include "base/uuid.h"
#include "policydb/follow.h"
#include "policydb/pool-hosts.h"

#define KEY_MAX		(UUID_TEXT_LEN + 12)
#define SAID_MAX	(HOST_NAME_MAX_LEN + PREFIX_TEXT_MAX + 2)

const struct vifdb_row *policy_host_row(const struct policy_db *p, const char *name)
{
	const struct vifdb_row *row = vifdb_first(p->db, "Host");

	for (; row; row = vifdb_next(row)) {
		const char *its = vifdb_string(row, "name");

		if (its && strcmp(its, name) == 0)
			break;
	}
	return row;
}

/*
 * NULL: it says none. A daemon of a release that has no address leaves the column as the newer one
 * before it wrote it, but says since when it is connected: then the address is not its.
 */
const char *policy_host_address(const struct vifdb_row *row)
{
	int64_t since, connected;

	if (vifdb_integer(row, "address_since", &since) &&
	    vifdb_integer(row, "since", &connected) && since != connected)
		return NULL;
	return vifdb_string(row, "address");
}

bool policy_row_is_of(const struct vifdb_row *row, const uint8_t vm[16], uint32_t devid)
{
	const uint8_t *its = vifdb_uuid(row, "vm");
	int64_t number;

	return its && memcmp(its, vm, 16) == 0 && vifdb_integer(row, "devid", &number) &&
	       number == devid;
}

/* Is the row another host's, of that VIF, which is there or about to be? */
static const char *host_of(const struct policy_db *p, const struct vifdb_row *row,
			   const struct row_vif *vif)
{
	const char *host = vifdb_string(row, "host"), *state = vifdb_string(row, "state");

	if (!host || !policy_row_is_of(row, vif->vm, vif->devid) ||
	    strcmp(host, p->host) == 0 || (state && strcmp(state, "gone") == 0))
		return NULL;
	return host;
}

bool policy_row_absent(const struct vifdb_row *row)
{
	const char *is = vifdb_string(row, "presence");

	return is && strcmp(is, "absent") == 0;
}

bool policy_host_absent(const struct policy_db *p, const char *name)
{
	const struct vifdb_row *row = policy_host_row(p, name);

	return row && policy_row_absent(row);
}

/* What a host says that died is stale; one where it cannot be, or is not yet, comes after. */
static int weight(const struct policy_db *p, const struct vifdb_row *row, const char *host)
{
	const char *state = vifdb_string(row, "state") ?: "";

	return 2 * !policy_host_absent(p, host) +
	       (strcmp(state, "waiting") != 0 && strcmp(state, "failed") != 0 &&
		strcmp(state, "closed") != 0);
}

static const char *newest_host(const struct policy_db *p, const struct row_vif *vif)
{
	const struct vifdb_row *row = vifdb_first(p->db, "Location");
	const char *ret = NULL;
	int64_t newest = 0;
	int best = 0;

	for (; row; row = vifdb_next(row)) {
		const char *host = host_of(p, row, vif);
		int its = host ? weight(p, row, host) : 0;
		int64_t since = 0;

		vifdb_integer(row, "since", &since);
		if (!host || (ret && (its < best || (its == best && since <= newest))))
			continue;
		best = its;
		newest = since;
		ret = host;
	}
	return ret;
}

static void look(const struct policy_db *p, const struct row_vif *vif, struct policy_place *ret)
{
	const struct vifdb_row *row;
	const char *host, *address;

	*ret = (struct policy_place){};
	host = policy_report_elsewhere(p, vif->vm, vif->devid) ? newest_host(p, vif) : NULL;
	if (!host || strlen(host) > HOST_NAME_MAX_LEN)
		return;
	strcpy(ret->host, host);
	row = policy_host_row(p, host);
	address = row ? policy_host_address(row) : NULL;
	if (address)
		prefix_parse_host(address, &ret->address);
}

static void key_of(const struct row_vif *vif, char ret[KEY_MAX])
{
	char vm[UUID_TEXT_LEN + 1];

	uuid_format(vif->vm, vm);
	snprintf(ret, KEY_MAX, "%s/%u", vm, vif->devid);
}

static void text_of(const struct policy_place *place, char ret[SAID_MAX])
{
	char address[PREFIX_TEXT_MAX] = "";

	if (place->address.family)
		prefix_format(&place->address, address);
	snprintf(ret, SAID_MAX, "%s %s", place->host, address);
}

static void note(json_t **object, const char *key, const char *text)
{
	if (!*object)
		*object = json_object();
	json_object_set_new(*object, key, json_text(text));
}

void policy_place_find(struct policy_db *p, const struct row_vif *vif, struct policy_place *ret)
{
	const struct vifdb_row *row;
	char key[KEY_MAX], text[SAID_MAX];

	look(p, vif, ret);
	key_of(vif, key);
	text_of(ret, text);
	note(&p->asked_places, key, text);
	row = ret->host[0] ? policy_host_row(p, ret->host) : NULL;
	if (ret->host[0])
		note(&p->asked_hosts, ret->host, row ? policy_host_address(row) ?: "" : "");
}

/* Would it be found where it was? */
static bool is_there_still(const struct policy_db *p, const struct row_vif *vif)
{
	struct policy_place place;
	char key[KEY_MAX], text[SAID_MAX];
	const char *said;

	key_of(vif, key);
	said = json_string_value(json_object_get(p->asked_places, key));
	look(p, vif, &place);
	text_of(&place, text);
	return said && strcmp(said, text) == 0;
}

size_t policy_hosts_addresses(const struct policy_db *p, struct prefix *ret, size_t most)
{
	const struct vifdb_row *row = p->db ? vifdb_first(p->db, "Host") : NULL;
	size_t n = 0, once = 0;

	for (; row && n < most; row = vifdb_next(row)) {
		const char *name = vifdb_string(row, "name"), *text = policy_host_address(row);

		if (name && text && strcmp(name, p->host) != 0 && prefix_parse_host(text, &ret[n]))
			n++;
	}
	prefix_sort(ret, n);
	for (size_t i = 0; i < n; i++)
		if (!once || prefix_compare(&ret[once - 1], &ret[i]) != 0)
			ret[once++] = ret[i];
	return once;
}

static void changed(struct policy_db *p)
{
	p->places++;
	p->touched = true;
}

void policy_place_location(struct policy_db *p, const uint8_t vm[16], int64_t devid)
{
	const struct row *row;

	map_chain_for_each(&p->policies.mirrors.by_key, i, row) {
		const struct row_vif *vif = row_octets(row->derived, "output_vif", NULL);

		p->places_stirred |= vif && vif->devid == devid && memcmp(vif->vm, vm, 16) == 0;
	}
}

static uint32_t text_sum(const char *text, uint32_t sum)
{
	return text ? bytes_sum(text, strlen(text), sum + 1) : sum;
}

/* Do other hosts tell other addresses or keys than before, and does a network go to them? */
static bool hosts_moved(struct policy_db *p)
{
	struct pool_host *hosts = NULL;
	size_t count = p->policies.networks.count ? policy_pool_hosts(p, &hosts) : 0;
	uint32_t digest = (uint32_t)count;
	bool moved;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(hosts[i].name, p->host) == 0)
			continue;
		digest = text_sum(hosts[i].name, digest);
		digest = text_sum(hosts[i].address, digest);
		for (size_t k = 0; k < ARRAY_SIZE(hosts[i].keys); k++)
			digest = text_sum(hosts[i].keys[k], digest + 1);
	}
	free(hosts);
	moved = digest != p->hosts_digest;

	p->hosts_digest = digest;
	return moved;
}

void policy_place_settle(struct policy_db *p)
{
	const struct row *row;

	p->vms_stirred |= p->hosts_stirred;
	p->touched |= policy_vms_settle(p);
	if (p->hosts_stirred && hosts_moved(p))
		changed(p);
	p->hosts_stirred = false;
	if (!p->places_stirred)
		return;
	p->places_stirred = false;
	map_chain_for_each(&p->policies.mirrors.by_key, i, row) {
		const struct row_vif *vif = row_octets(row->derived, "output_vif", NULL);

		if (!vif || is_there_still(p, vif))
			continue;
		changed(p);
		return;
	}
}

void policy_place_host(struct policy_db *p, const struct vifdb_row *row)
{
	const char *name = vifdb_string(row, "name"), *address = policy_host_address(row);
	const char *known = name ? json_string_value(json_object_get(p->asked_hosts, name)) : NULL;

	p->hosts_stirred = true;
	if (known && strcmp(known, address ?: "") != 0)
		changed(p);
}
