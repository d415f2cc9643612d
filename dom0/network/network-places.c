// SPDX-License-Identifier: GPL-2.0-or-later
#include "network/network-places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

static void add(struct network *n, const struct vm_at *at, const struct vm_host *host)
{
	struct network_place *place = &n->places[n->place_count];
	struct prefix inner;

	if (n->sealed)
		mesh_inner(host->name, &inner);
	network_address(n->sealed ? &inner : &host->address, place->remote);
	if (!network_has_address(n, place->remote))
		return;
	memcpy(place->mac, at->mac, sizeof(place->mac));
	n->place_count++;
}

void networks_place(struct networks *all, const struct vm_places *vms)
{
	for (size_t i = 0; i < all->count; i++) {
		struct network *n = all->list[i];
		uint64_t id = map_name_key(n->name);
		size_t first = vm_places_first(vms, id), end = first;

		while (end < vms->count && vms->list[end].network == id)
			end++;
		n->place_count = 0;
		if (!n->device || n->kind == NETWORK_LISP)
			end = first;
		n->places = xrealloc(n->places, (end - first + 1) * sizeof(*n->places));
		for (size_t at = first; at < end; at++)
			add(n, &vms->list[at], &vms->hosts[vms->list[at].host]);
	}
}

bool network_places_told(const struct network *n, const struct kernel_network *k)
{
	return n->place_count == k->told_count &&
	       (!n->place_count ||
		memcmp(n->places, k->told, n->place_count * sizeof(*n->places)) == 0);
}

/* ---- what was told before ---- */

static int enter(const struct dp_fdb *fdb, void *arg)
{
	struct kernel_network *k;

	if (!(fdb->flags & VIFSWITCH_FDB_TOLD) || !fdb->has_remote)
		return 0;
	k = networks_kernel(arg, fdb->port, fdb->vlan);
	if (!k || !k->ours || k->told_known)
		return 0;
	k->told = xgrow(k->told, k->told_count, &k->told_room, sizeof(*k->told));
	memcpy(k->told[k->told_count].mac, fdb->mac, 6);
	memcpy(k->told[k->told_count++].remote, fdb->remote, VIFSWITCH_ADDRESS_LEN);
	return 0;
}

static int by_mac(const void *a, const void *b)
{
	const struct network_place *x = a, *y = b;

	return memcmp(x->mac, y->mac, sizeof(x->mac));
}

int networks_places_read(struct networks *all, const struct datapath_ops *ops, struct datapath *dp)
{
	bool unknown = false;
	int r;

	for (size_t i = 0; i < all->kernel_count; i++)
		unknown |= all->kernel[i]->ours && !all->kernel[i]->told_known;
	if (!unknown || !all->tells)
		return 0;
	r = ops->fdb_dump(dp, 0, 0, enter, all);
	for (size_t i = 0; i < all->kernel_count; i++) {
		struct kernel_network *k = all->kernel[i];

		if (k->told_known)
			continue;
		if (r < 0)
			k->told_count = 0;
		else if (k->told_count)
			qsort(k->told, k->told_count, sizeof(*k->told), by_mac);
		k->told_known = r >= 0;
	}
	return r;
}

/* ---- telling it ---- */

/* Static and guarded addresses are another's: what is said of them is said in vain. */
static int say(const struct kernel_network *k, const struct network_place *place, bool is,
	       const struct datapath_ops *ops, struct datapath *dp)
{
	int r = ops->fdb_tell(dp, k->port, place->mac, k->vlan, is ? place->remote : NULL);

	return r == -EEXIST || r == -ENOENT ? 0 : r;
}

int network_places_tell(const struct network *n, struct kernel_network *k,
			const struct datapath_ops *ops, struct datapath *dp)
{
	struct network_place *now = xmalloc((n->place_count + k->told_count + 1) * sizeof(*now));
	size_t i = 0, j = 0, count = 0, said = 0;
	int r = 0;

	while (i < n->place_count || j < k->told_count) {
		int order = i == n->place_count ? 1 : j == k->told_count ? -1 :
			    by_mac(&n->places[i], &k->told[j]);
		const struct network_place *want = order <= 0 ? &n->places[i] : NULL;
		const struct network_place *told = order >= 0 ? &k->told[j] : NULL;
		bool same = want && told && memcmp(want, told, sizeof(*want)) == 0;

		if (!same && r == 0 && said++ == NETWORK_TELL_MAX)
			r = -EAGAIN;
		if (!same && r == 0)
			r = say(k, want ?: told, want, ops, dp);
		/* What could not be said is as it was. */
		if (r == 0 || same ? want != NULL : told != NULL)
			now[count++] = r == 0 || same ? *want : *told;
		i += order <= 0;
		j += order >= 0;
	}
	free(k->told);
	k->told = now;
	k->told_count = count;
	k->told_room = n->place_count + count + 1;
	return r;
}
