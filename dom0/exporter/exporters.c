// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporter/exporters.h"

static int compare(const void *a, const void *b)
{
	const struct exporter *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void exporters_deinit(struct exporters *all)
{
	for (size_t i = 0; i < all->count; i++)
		exporter_free(all->list[i]);
	free(all->list);
	all->list = NULL;
	all->count = 0;
}

void exporters_read(struct exporters *all, const struct policies *policies)
{
	const struct row *row;

	if (all->policies && all->of_rows == policies->exporter_generation)
		return;
	exporters_deinit(all);
	all->list = xmalloc((policies->exporters.count + 1) * sizeof(*all->list));
	map_chain_for_each(&policies->exporters.by_key, i, row)
		all->list[all->count++] = exporter_read(row->uuid, row->derived);
	qsort(all->list, all->count, sizeof(*all->list), compare);
	all->policies = policies;
	all->of_rows = policies->exporter_generation;
}

static void least(uint32_t *at, uint32_t n)
{
	if (!*at || n < *at)
		*at = n;
}

static void add(struct export_wish *wish, const struct exporter *e)
{
	if (!exporter_samples(e)) {
		wish->flows = true;
		least(&wish->active_s, e->active_s);
		least(&wish->idle_s, e->idle_s);
		return;
	}
	least(&wish->every, e->sampling);
	if (e->header > wish->octets)
		wish->octets = e->header;
	wish->drops |= e->format == EXPORT_SFLOW;
}

bool exporters_wish(const struct exporters *all, const struct chosen_port *port,
		    struct export_wish *ret)
{
	const struct policy_row *vm = port->vm && all->policies ?
		policies_vm(all->policies, port->vm) : NULL;

	*ret = (struct export_wish){};
	for (size_t i = 0; i < all->count; i++)
		if (exporter_is_on(all->list[i]) && exporter_tells_of(all->list[i], port, vm))
			add(ret, all->list[i]);
	return ret->flows || ret->every;
}

uint32_t exporters_number(const struct exporters *all, const uint8_t vm[16], uint32_t devid)
{
	return !all->policies ? 0 :
		(uint32_t)row_number(policies_interface(all->policies, vm, devid), "number", 0);
}
