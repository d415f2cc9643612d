// SPDX-License-Identifier: GPL-2.0-or-later
/* Location rows as vm-places.h has them: all are looked at when one of them changed, or a host. */
#include <string.h>

#include "base/mac.h"
#include "policydb/follow.h"

static void add(struct vm_places *all, struct vm_place *at, const struct vifdb_row *row)
{
	for (size_t n = 0; n < vifdb_size(row, "networks"); n++)
		for (size_t m = 0; m < vifdb_size(row, "macs"); m++) {
			struct vifdb_atom network = vifdb_at(row, "networks", n);
			struct vifdb_atom mac = vifdb_at(row, "macs", m);

			if (network.type != VIFDB_STRING || mac.type != VIFDB_STRING ||
			    !mac_parse(mac.string, strlen(mac.string), at->mac) ||
			    !mac_is_station(at->mac))
				continue;
			at->network = network.string;
			vm_places_add(all, at);
		}
}

static void read_all(const struct policy_db *p, struct vm_places *all)
{
	const struct vifdb_row *row = vifdb_first(p->db, "Location"), *host = NULL;

	for (; row; row = vifdb_next(row)) {
		const char *name = vifdb_string(row, "host"), *state = vifdb_string(row, "state");
		const uint8_t *vm = vifdb_uuid(row, "vm");
		struct vm_place at = { .host = name };
		int64_t devid;

		if (!vifdb_size(row, "networks") || !name || !vm ||
		    !vifdb_integer(row, "devid", &devid))
			continue;
		/* Rows of one host come together more often than not. */
		if (!host || strcmp(vifdb_string(host, "name") ?: "", name) != 0)
			host = policy_host_row(p, name);
		at.address = host ? policy_host_address(host) : NULL;
		at.absent = host && policy_row_absent(host);
		at.here = strcmp(name, p->host) == 0;
		at.active = state && strcmp(state, "active") == 0;
		at.devid = (uint32_t)devid;
		memcpy(at.vm, vm, sizeof(at.vm));
		vifdb_integer(row, "since", &at.since);
		add(all, &at, row);
	}
}

bool policy_vms_settle(struct policy_db *p)
{
	struct vm_places now = {};
	bool same;

	if (!p->vms_stirred || !p->synced)
		return false;
	p->vms_stirred = false;
	if (p->policies.networks.count)
		read_all(p, &now);
	vm_places_choose(&now);
	same = vm_places_equal(&p->vms, &now);
	vm_places_deinit(&p->vms);
	p->vms = now;
	return !same;
}
