// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "policydb/vm-places.h"

/* Which it is; VM_HOSTS_MAX: there are too many. */
static size_t intern(struct vm_places *p, const struct vm_place *at)
{
	uint32_t sum = bytes_sum(at->host, strlen(at->host), 0);
	struct vm_host *h;

	for (size_t i = p->host_count; i-- > 0;)
		if (p->hosts[i].sum == sum && strcmp(p->hosts[i].name, at->host) == 0)
			return i;
	if (p->host_count == VM_HOSTS_MAX)
		return VM_HOSTS_MAX;
	p->hosts = xgrow(p->hosts, p->host_count, &p->host_room, sizeof(*p->hosts));
	h = &p->hosts[p->host_count];
	*h = (struct vm_host){ .name = xstrdup(at->host), .sum = sum };
	if (at->address)
		prefix_parse_host(at->address, &h->address);
	return p->host_count++;
}

void vm_places_add(struct vm_places *p, const struct vm_place *at)
{
	size_t host = intern(p, at);
	struct vm_at *one;

	if (host == VM_HOSTS_MAX || p->count == VM_PLACES_MAX) {
		p->left_out++;
		return;
	}
	p->list = xgrow(p->list, p->count, &p->room, sizeof(*p->list));
	one = &p->list[p->count++];
	*one = (struct vm_at){
		.network = map_name_key(at->network), .vif = map_identity_key(at->vm, at->devid),
		.since = at->since, .host = (uint16_t)host, .here = at->here,
		.weight = (uint8_t)(2 * !at->absent + at->active),
	};
	memcpy(one->mac, at->mac, sizeof(one->mac));
}

static int by_address(const struct vm_at *a, const struct vm_at *b)
{
	return a->network != b->network ? (a->network < b->network ? -1 : 1) :
	       memcmp(a->mac, b->mac, sizeof(a->mac));
}

/* Of one address the one that counts first. */
static int compare(const void *x, const void *y)
{
	const struct vm_at *a = x, *b = y;
	int order = by_address(a, b);

	if (order)
		return order;
	if (a->here != b->here)
		return a->here ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->since != b->since)
		return a->since > b->since ? -1 : 1;
	return (a->host > b->host) - (a->host < b->host);
}

/* Do both speak for the address, and neither more than the other? */
static bool contradict(const struct vm_at *first, const struct vm_at *next)
{
	return next->weight == first->weight && next->host != first->host &&
	       (next->vif != first->vif || next->since == first->since);
}

void vm_places_choose(struct vm_places *p)
{
	size_t n = 0, kept = 0;

	if (p->count)
		qsort(p->list, p->count, sizeof(*p->list), compare);
	for (size_t i = 0; i < p->count; i++) {
		if (n && by_address(&p->list[n - 1], &p->list[i]) == 0)
			p->list[n - 1].doubtful |= contradict(&p->list[n - 1], &p->list[i]);
		else
			p->list[n++] = p->list[i];
	}
	for (size_t i = 0; i < n; i++)
		if (!p->list[i].here && !p->list[i].doubtful)
			p->list[kept++] = p->list[i];
	p->count = kept;
}

size_t vm_places_first(const struct vm_places *p, uint64_t network)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (p->list[middle].network < network)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of those that say the same only the address and where it is matters. */
bool vm_places_equal(const struct vm_places *a, const struct vm_places *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct vm_host *x = &a->hosts[a->list[i].host];
		const struct vm_host *y = &b->hosts[b->list[i].host];

		if (by_address(&a->list[i], &b->list[i]) != 0 || strcmp(x->name, y->name) != 0 ||
		    prefix_compare(&x->address, &y->address) != 0)
			return false;
	}
	return true;
}

void vm_places_deinit(struct vm_places *p)
{
	while (p->host_count)
		free(p->hosts[--p->host_count].name);
	free(p->hosts);
	free(p->list);
	*p = (struct vm_places){};
}
