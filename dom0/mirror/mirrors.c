// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "mirror/mirrors.h"

/* ---- the rows ---- */

static int compare(const void *a, const void *b)
{
	const struct mirror *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void clear(struct mirrors *all)
{
	for (size_t i = 0; i < all->count; i++)
		mirror_free(all->list[i]);
	free(all->list);
	all->list = NULL;
	all->count = all->rows = 0;
}

static void add_copy_vlan(struct mirrors *all, struct mirror *m)
{
	uint16_t vid = m->spec.output_vlan;

	for (int i = 0; i < VIFSWITCH_COPY_VLANS_MAX; i++) {
		if (all->copy_vlan[i] && all->copy_vlan[i] != vid)
			continue;
		all->copy_vlan[i] = vid;
		return;
	}
	mirror_refuse(m, "to-vlan=%u: at most %d VLANs carry copies, and others are taken first",
		      vid, VIFSWITCH_COPY_VLANS_MAX);
}

void mirrors_read(struct mirrors *all, const struct policies *policies)
{
	const struct row *row;

	if (all->known && all->of_rows == policies->mirror_generation)
		return;
	clear(all);
	all->list = xmalloc((2 * policies->mirrors.count + 1) * sizeof(*all->list));
	map_chain_for_each(&policies->mirrors.by_key, i, row)
		all->list[all->count++] = mirror_read(row->uuid, row->derived);
	qsort(all->list, all->count, sizeof(*all->list), compare);
	memset(all->copy_vlan, 0, sizeof(all->copy_vlan));
	for (size_t i = 0; i < all->count; i++)
		if (mirror_is_on(all->list[i]) && all->list[i]->output == MIRROR_TO_VLAN)
			add_copy_vlan(all, all->list[i]);
	all->rows = all->count;
	all->located = false;
	all->known = true;
	all->of_rows = policies->mirror_generation;
}

const struct mirror *mirrors_find(const struct mirrors *all, const uint8_t uuid[16])
{
	for (size_t i = 0; i < all->count; i++)
		if (memcmp(all->list[i]->uuid, uuid, 16) == 0)
			return all->list[i];
	return NULL;
}

static void use_free(struct mirror_use *use)
{
	retry_reset(&use->retry);
	free(use);
}

void mirrors_deinit(struct mirrors *all)
{
	clear(all);
	for (struct mirror_use *use = all->uses, *next; use; use = next) {
		next = use->next;
		use_free(use);
	}
	mirrors_mark(all);
	mirrors_sweep(all);
	free(all->kernel);
	*all = (struct mirrors){};
}

/* ---- what the kernel has ---- */

struct kernel_mirror *mirrors_kernel(const struct mirrors *all, uint32_t sw, uint32_t number)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->sw == sw && all->kernel[i]->number == number)
			return all->kernel[i];
	return NULL;
}

static struct kernel_mirror *kernel_want(struct mirrors *all, uint32_t sw, uint32_t number)
{
	struct kernel_mirror *k = mirrors_kernel(all, sw, number);

	if (k)
		return k;
	k = xzalloc(sizeof(*k));
	k->sw = sw;
	k->number = number;
	all->kernel = xgrow(all->kernel, all->kernel_count, &all->kernel_room, sizeof(k));
	return all->kernel[all->kernel_count++] = k;
}

void mirrors_mark(struct mirrors *all)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		all->kernel[i]->seen = false;
}

void mirrors_enter(struct mirrors *all, const struct dp_mirror *dp)
{
	struct kernel_mirror *k = kernel_want(all, dp->sw, dp->number);

	k->spec = dp->spec;
	k->seen = true;
	k->ours = dp->cookie_len == UUID_TEXT_LEN &&
		  uuid_parse(dp->cookie, UUID_TEXT_LEN, k->uuid);
}

static void forget(struct mirrors *all, size_t i)
{
	retry_reset(&all->kernel[i]->retry);
	free(all->kernel[i]);
	all->kernel[i] = all->kernel[--all->kernel_count];
}

void mirrors_sweep(struct mirrors *all)
{
	for (size_t i = all->kernel_count; i-- > 0;)
		if (!all->kernel[i]->seen)
			forget(all, i);
}

void mirrors_entered(struct mirrors *all, const struct mirror_use *use)
{
	struct kernel_mirror *k = kernel_want(all, use->sw_ifindex, use->number);

	k->spec = use->spec;
	k->ours = true;
	memcpy(k->uuid, use->uuid, sizeof(k->uuid));
}

void mirrors_left(struct mirrors *all, uint32_t sw, uint32_t number)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->sw == sw && all->kernel[i]->number == number) {
			forget(all, i);
			return;
		}
}

void mirrors_port_left(struct mirrors *all, uint32_t ifindex)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->spec.output_port == ifindex)
			all->kernel[i]->spec.output_port = 0;
}

/* ---- what is in use ---- */

static bool is_its(const struct kernel_mirror *k, const uint8_t uuid[16])
{
	return k->ours && memcmp(k->uuid, uuid, 16) == 0;
}

/* Is the number free for that mirror? */
static bool may_have(const struct mirrors *all, const struct mirror_use *its, uint32_t number)
{
	const struct kernel_mirror *k = mirrors_kernel(all, its->sw_ifindex, number);

	if (k && !is_its(k, its->uuid))
		return false;
	for (const struct mirror_use *use = all->uses; use; use = use->next)
		if (use != its && use->number == number && strcmp(use->sw, its->sw) == 0)
			return false;
	return true;
}

static uint32_t number_for(const struct mirrors *all, const struct mirror_use *use)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->sw == use->sw_ifindex && is_its(all->kernel[i], use->uuid) &&
		    may_have(all, use, all->kernel[i]->number))
			return all->kernel[i]->number;
	for (uint32_t n = 1; n <= VIFSWITCH_MIRRORS_MAX; n++)
		if (may_have(all, use, n))
			return n;
	return 0;
}

struct mirror_use *mirrors_use(const struct mirrors *all, const struct mirror *m, const char *sw)
{
	struct mirror_use *use = all->uses;

	while (use && (memcmp(use->uuid, m->uuid, 16) != 0 || strcmp(use->sw, sw) != 0))
		use = use->next;
	return use;
}

static struct mirror_use *use_want(struct mirrors *all, const struct mirror *m, const char *sw,
				   uint32_t sw_ifindex)
{
	struct mirror_use *use = mirrors_use(all, m, sw);

	if (!use) {
		use = xzalloc(sizeof(*use));
		memcpy(use->uuid, m->uuid, sizeof(use->uuid));
		strcpy(use->sw, sw);
		use->next = all->uses;
		all->uses = use;
	}
	use->mirror = m;
	use->sw_ifindex = sw_ifindex;
	if (!use->number || !may_have(all, use, use->number))
		use->number = number_for(all, use);
	return use;
}

void mirrors_begin(struct mirrors *all, bool supported)
{
	all->supported = supported;
	for (struct mirror_use *use = all->uses; use; use = use->next) {
		const struct mirror *m = mirrors_find(all, use->uuid);

		/* What is new of it does not wait for what the old one failed at. */
		if (m != use->mirror)
			retry_reset(&use->retry);
		use->mirror = m;
		use->sourced = use->ready = false;
		use->waits = NULL;
	}
}

void mirrors_keep(struct mirrors *all, const struct kernel_mirror *k, const char *sw)
{
	const struct mirror *m = k->ours ? mirrors_find(all, k->uuid) : NULL;

	if (m && mirror_is_on(m))
		use_want(all, m, sw, k->sw);
}

uint32_t mirrors_want_one(struct mirrors *all, const struct mirror *m, const char *sw,
			  uint32_t sw_ifindex)
{
	struct mirror_use *use = use_want(all, m, sw, sw_ifindex);

	use->sourced = true;
	return use->number ? 1U << (use->number - 1) : 0;
}

void mirrors_want(struct mirrors *all, const struct chosen_port *port, uint32_t *ret_from,
		  uint32_t *ret_to)
{
	*ret_from = *ret_to = 0;
	for (size_t i = 0; i < all->rows; i++) {
		const struct mirror *m = all->list[i];
		uint32_t bit;

		if (!mirror_is_on(m) || !port_choice_has(&m->sources, port))
			continue;
		bit = mirrors_want_one(all, m, port->sw, port->sw_ifindex);
		if (m->direction & MIRROR_FROM)
			*ret_from |= bit;
		if (m->direction & MIRROR_TO)
			*ret_to |= bit;
	}
	if (!all->supported)
		*ret_from = *ret_to = 0;
}

const struct mirror_use *mirrors_kernel_use(const struct mirrors *all,
					    const struct kernel_mirror *k)
{
	for (const struct mirror_use *use = all->uses; use; use = use->next)
		if (use->number == k->number && use->sw_ifindex == k->sw && is_its(k, use->uuid))
			return use;
	return NULL;
}

/* One that has no source here goes when the kernel has not got it, or its row is gone. */
static bool is_needed(const struct mirrors *all, const struct mirror_use *use)
{
	const struct kernel_mirror *k;

	if (!use->mirror || !mirror_is_on(use->mirror))
		return false;
	k = mirrors_kernel(all, use->sw_ifindex, use->number);
	return use->sourced || (k && is_its(k, use->uuid));
}

void mirrors_end(struct mirrors *all)
{
	struct mirror_use **at = &all->uses;

	while (*at) {
		struct mirror_use *use = *at;

		if (is_needed(all, use)) {
			at = &use->next;
			continue;
		}
		*at = use->next;
		use_free(use);
	}
}

/* ---- outputs ---- */

const struct mirror *mirrors_of_vif(const struct mirrors *all, const uint8_t vm[16],
				    uint32_t devid)
{
	for (size_t i = 0; all->supported && i < all->count; i++) {
		const struct mirror *m = all->list[i];

		if (mirror_is_on(m) && !m->away && mirror_has_sensor(m, vm, devid))
			return m;
	}
	return NULL;
}

const struct mirror *mirrors_of_netdev(const struct mirrors *all, const char *netdev)
{
	for (size_t i = 0; all->supported && i < all->count; i++) {
		const struct mirror *m = all->list[i];
		const char *its = mirror_is_on(m) ? mirror_netdev(m) : NULL;

		if (its && strcmp(its, netdev) == 0)
			return m;
	}
	return NULL;
}

static bool same_spec(const struct dp_mirror_spec *a, const struct dp_mirror_spec *b)
{
	return a->output_port == b->output_port && a->output_vlan == b->output_vlan &&
	       a->dropped == b->dropped && a->acl == b->acl && a->snaplen == b->snaplen &&
	       a->rate_bps == b->rate_bps && a->packet_rate == b->packet_rate &&
	       a->some_vlans == b->some_vlans &&
	       memcmp(a->vlans, b->vlans, sizeof(a->vlans)) == 0;
}

bool mirror_use_in_force(const struct mirrors *all, const struct mirror_use *use)
{
	const struct kernel_mirror *k = mirrors_kernel(all, use->sw_ifindex, use->number);

	return k && is_its(k, use->uuid) && use->ready && same_spec(&k->spec, &use->spec);
}
