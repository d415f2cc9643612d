// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "exporter/exporters.h"
#include "vifswitch/flow-abi.h"

/* Of each port; what is beyond them is counted, and no sum is wrong for it. */
#define FLOW_ENTRIES	1024
#define FLOW_RATE	1000	/* records a second of flows that made room for others */
#define SAMPLE_RATE	1000	/* a second */
#define SAMPLE_DROPS	100
#define SAMPLE_OCTETS	128
#define ERROR_MAX	128

static int compare(const void *a, const void *b)
{
	const struct exporter *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void clear(struct exporters *all)
{
	for (size_t i = 0; i < all->count; i++)
		exporter_free(all->list[i]);
	free(all->list);
	all->list = NULL;
	all->count = 0;
}

static const struct exporter *find(const struct exporters *all, const uint8_t uuid[16])
{
	for (size_t i = 0; i < all->count; i++)
		if (memcmp(all->list[i]->uuid, uuid, 16) == 0)
			return all->list[i];
	return NULL;
}

static void status_free(struct exporter_status *s)
{
	json_decref(s->collectors);
	free(s);
}

/* Of exporters that are gone. */
static void forget(struct exporters *all)
{
	struct exporter_status **at = &all->statuses;

	while (*at) {
		struct exporter_status *s = *at;

		if (find(all, s->uuid)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		status_free(s);
	}
}

void exporters_deinit(struct exporters *all)
{
	clear(all);
	forget(all);
}

void exporters_read(struct exporters *all, const struct policies *policies)
{
	const struct row *row;

	if (all->policies && all->of_rows == policies->exporter_generation)
		return;
	clear(all);
	all->list = xmalloc((policies->exporters.count + 1) * sizeof(*all->list));
	map_chain_for_each(&policies->exporters.by_key, i, row)
		all->list[all->count++] = exporter_read(row->uuid, row->derived);
	qsort(all->list, all->count, sizeof(*all->list), compare);
	forget(all);
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
	if (!wish->octets)
		wish->octets = SAMPLE_OCTETS;
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

void export_wish_put(const struct export_wish *wish, struct vifswitch_program *header)
{
	header->flow_entries = wish->flows ? FLOW_ENTRIES : 0;
	header->flow_active = wish->active_s;
	header->flow_idle = wish->idle_s;
	header->flow_rate = wish->flows ? FLOW_RATE : 0;
	header->sample_every = wish->every;
	header->sample_rate = wish->every ? SAMPLE_RATE : 0;
	header->sample_drops = wish->drops ? SAMPLE_DROPS : 0;
	header->sample_octets = wish->octets;
}

/* ---- how collectors do ---- */

static json_t *count_of(const json_t *collector, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(collector, key));

	return json_integer(n > 0 ? n : 0);
}

static json_t *text_of(const json_t *collector, const char *key)
{
	const json_t *text = json_object_get(collector, key);

	return json_string_length(text) && json_string_length(text) <= ERROR_MAX ?
	       json_string(json_string_value(text)) : json_null();
}

/* What we know of it, and no more: it comes from another process. */
static json_t *read_collector(const json_t *c)
{
	const char *to = json_string_value(json_object_get(c, "to")) ?: "";
	const char *state = json_string_value(json_object_get(c, "state")) ?: "";
	struct endpoint at;

	if (!endpoint_parse(to, strlen(to), &at) ||
	    (strcmp(state, "up") != 0 && strcmp(state, "down") != 0 && strcmp(state, "connecting") != 0))
		return NULL;
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "to", to, "state", state,
			 "records", count_of(c, "records"), "messages", count_of(c, "messages"),
			 "lost", count_of(c, "lost"), "left_out", count_of(c, "left_out"),
			 "error", text_of(c, "error"));
}

static json_t *read_collectors(const json_t *told)
{
	const json_t *list = json_object_get(told, "collectors"), *collector;
	json_t *ret = json_array();
	size_t i;

	json_array_foreach(list, i, collector) {
		json_t *one = i < EXPORTER_COLLECTORS_MAX ? read_collector(collector) : NULL;

		if (one && json_array_append_new(ret, one) == 0)
			continue;
		json_decref(ret);
		return NULL;
	}
	return ret;
}

int exporters_note(struct exporters *all, const json_t *told)
{
	const char *text = json_string_value(json_object_get(told, "uuid")) ?: "";
	struct exporter_status *s = all->statuses;
	json_t *collectors;
	uint8_t uuid[16];

	if (!uuid_parse(text, strlen(text), uuid))
		return -EINVAL;
	if (!find(all, uuid))
		return -ENOENT;
	collectors = read_collectors(told);
	if (!collectors)
		return -EINVAL;
	while (s && memcmp(s->uuid, uuid, sizeof(uuid)) != 0)
		s = s->next;
	if (!s) {
		s = xzalloc(sizeof(*s));
		memcpy(s->uuid, uuid, sizeof(uuid));
		s->next = all->statuses;
		all->statuses = s;
	}
	json_decref(s->collectors);
	s->collectors = collectors;
	return 0;
}

const json_t *exporters_collectors(const struct exporters *all, const struct exporter *e)
{
	const struct exporter_status *s = all->statuses;

	while (s && memcmp(s->uuid, e->uuid, sizeof(e->uuid)) != 0)
		s = s->next;
	return s ? s->collectors : NULL;
}
