// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sensors of mirrors on other hosts. Hosts say many things all the time, so rows are looked
 * at only when one of a sensor changed, or the address of a host that was asked for; then
 * p->places counts up, and there is a pass.
 */
#include <string.h>

#include "base/json-value.h"
#include "policydb/follow.h"

static const struct vifdb_row *host_row(const struct policy_db *p, const char *name)
{
	const struct vifdb_row *row = vifdb_first(p->db, "Host");

	for (; row; row = vifdb_next(row)) {
		const char *its = vifdb_string(row, "name");

		if (its && strcmp(its, name) == 0)
			break;
	}
	return row;
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

bool policy_host_absent(const struct policy_db *p, const char *name)
{
	const struct vifdb_row *row = host_row(p, name);
	const char *is = row ? vifdb_string(row, "presence") : NULL;

	return is && strcmp(is, "absent") == 0;
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

void policy_place_find(struct policy_db *p, const struct row_vif *vif, struct policy_place *ret)
{
	const struct vifdb_row *row;
	const char *host, *address;

	*ret = (struct policy_place){};
	host = policy_report_elsewhere(p, vif->vm, vif->devid) ? newest_host(p, vif) : NULL;
	if (!host || strlen(host) > HOST_NAME_MAX_LEN)
		return;
	strcpy(ret->host, host);
	row = host_row(p, host);
	address = row ? vifdb_string(row, "address") : NULL;
	if (address)
		prefix_parse_host(address, &ret->address);
	if (!p->asked_hosts)
		p->asked_hosts = json_object();
	json_object_set_new(p->asked_hosts, host, json_text(address ?: ""));
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

		if (!vif || vif->devid != devid || memcmp(vif->vm, vm, 16) != 0)
			continue;
		changed(p);
		return;
	}
}

void policy_place_host(struct policy_db *p, const struct vifdb_row *row)
{
	const char *name = vifdb_string(row, "name"), *address = vifdb_string(row, "address");
	const char *known = name ? json_string_value(json_object_get(p->asked_hosts, name)) : NULL;

	if (known && strcmp(known, address ?: "") != 0)
		changed(p);
}
