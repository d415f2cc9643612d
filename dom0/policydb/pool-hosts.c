// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policydb/follow.h"
#include "policydb/pool-hosts.h"

static int compare(const void *a, const void *b)
{
	const struct pool_host *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static const char *said(const struct vifdb_row *row, const char *column)
{
	const char *text = vifdb_string(row, column);

	return text && *text ? text : NULL;
}

size_t policy_pool_hosts(const struct policy_db *p, struct pool_host **ret)
{
	const struct vifdb_row *row = p->db ? vifdb_first(p->db, "Host") : NULL;
	struct pool_host *list = xmalloc(POOL_HOSTS_MAX * sizeof(*list));
	size_t n = 0;

	for (; row && n < POOL_HOSTS_MAX; row = vifdb_next(row)) {
		int64_t applied = -1;

		if (!said(row, "name"))
			continue;
		vifdb_integer(row, "cur_cfg", &applied);
		list[n++] = (struct pool_host){
			.name = said(row, "name"), .presence = said(row, "presence"),
			.version = said(row, "version"), .error = said(row, "last_error"),
			.address = policy_host_address(row),
			.keys = { vifdb_map_string(row, "wireguard", "0"),
				  vifdb_map_string(row, "wireguard", "1") },
			.proof = { vifdb_map_string(row, "wireguard_proof", "certificate"),
				   vifdb_map_string(row, "wireguard_proof", "sequence"),
				   vifdb_map_string(row, "wireguard_proof", "signature") },
			.in_force = applied >= p->next_cfg,
		};
	}
	qsort(list, n, sizeof(*list), compare);
	*ret = list;
	return n;
}
