// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "exporter/exporter-row.h"
#include "policy/exporter-shape.h"

static bool number_of(const char *column, uint64_t *ret, const void *arg)
{
	if (!row_given(arg, column))
		return false;
	/* Of one that is no number, that it is there is enough. */
	if (strcmp(column, "collectors") != 0 && strcmp(column, "agent") != 0)
		*ret = row_number(arg, column, 0);
	return true;
}

static bool has_collector(const struct exporter *e, const struct endpoint *at)
{
	for (size_t i = 0; i < e->collector_count; i++) {
		const struct endpoint *had = &e->collectors[i];

		if (had->family == at->family && had->port == at->port &&
		    memcmp(had->addr, at->addr, sizeof(at->addr)) == 0)
			return true;
	}
	return false;
}

/* Each once, with the port that it has by default. */
static void read_collectors(struct exporter *e, const struct policy_row *row)
{
	static const uint16_t ports[] = {
		[EXPORT_SFLOW] = 6343, [EXPORT_NETFLOW5] = 2055, [EXPORT_NETFLOW9] = 2055,
		[EXPORT_IPFIX] = 4739,
	};
	size_t size;
	const struct endpoint *endpoints = row_octets(row, "collectors", &size);

	for (size_t i = 0; i < size / sizeof(*endpoints); i++) {
		struct endpoint at = endpoints[i];

		if (!at.has_port)
			at.port = ports[e->format];
		at.has_port = true;
		if (!has_collector(e, &at))
			e->collectors[e->collector_count++] = at;
	}
}

static void read_numbers(struct exporter *e, const struct policy_row *row)
{
	bool sflow = e->format == EXPORT_SFLOW;
	const void *agent = row_octets(row, "agent", NULL);

	e->sampling = (uint32_t)row_number(row, "sampling", sflow ? 1000 : 1);
	e->header = (uint32_t)row_number(row, "header", 128);
	e->polling_s = (uint32_t)row_number(row, "polling_s", 30);
	e->active_s = (uint32_t)row_number(row, "active_timeout_s", 60);
	e->idle_s = (uint32_t)row_number(row, "idle_timeout_s", 15);
	e->domain = (uint32_t)row_number(row, "domain", 0);
	e->point = (uint32_t)row_number(row, "point", 0);
	e->has_agent = agent;
	if (agent)
		e->agent = *(const struct prefix *)agent;
	if (agent && (e->agent.len != prefix_bits(&e->agent) || !prefix_is_source(&e->agent))) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&e->agent, text);
		e->problem = xprintf("agent=%s: must be the address of one host", text);
	}
}

struct exporter *exporter_read(const uint8_t uuid[16], const struct policy_row *row)
{
	struct exporter *e = xzalloc(sizeof(*e));
	struct problem problem;

	memcpy(e->uuid, uuid, sizeof(e->uuid));
	strcpy(e->name, row->name);
	e->enabled = !row_number(row, "admin_state", 0);
	if (row->problem)
		e->problem = xstrdup(row->problem);
	else if (exporter_shape_check(number_of, row, &problem) < 0)
		e->problem = xstrdup(problem.text);
	if (e->problem)
		return e;
	e->format = (enum export_format)row_number(row, "format", EXPORT_SFLOW);
	e->tcp = row_number(row, "transport", 0);
	port_choice_read(&e->choice, row);
	e->labels = row_copy(row, "labels", 1, &e->labels_size);
	read_collectors(e, row);
	read_numbers(e, row);
	return e;
}

void exporter_free(struct exporter *e)
{
	port_choice_deinit(&e->choice);
	free(e->labels);
	free(e->problem);
	free(e);
}

json_t *exporter_told_json(const struct exporter *e)
{
	char text[ENDPOINT_TEXT_MAX], uuid[UUID_TEXT_LEN + 1];
	json_t *to = json_array(), *agent = json_null();

	for (size_t i = 0; i < e->collector_count; i++) {
		endpoint_format(&e->collectors[i], text);
		json_array_append_new(to, json_string(text));
	}
	if (e->has_agent) {
		prefix_format(&e->agent, text);
		agent = json_string(text);
	}
	uuid_format(e->uuid, uuid);
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:o}", "uuid", uuid,
			 "format", word_of(export_format_words, e->format),
			 "transport", word_of(transport_words, e->tcp), "to", to,
			 "sampling", (json_int_t)e->sampling, "header", (json_int_t)e->header,
			 "polling_s", (json_int_t)e->polling_s, "domain", (json_int_t)e->domain,
			 "point", (json_int_t)e->point, "agent", agent);
}

static size_t label_size(const char *label)
{
	size_t key = strlen(label) + 1;

	return key + strlen(label + key) + 1;
}

static bool has_label(const char *labels, size_t size, const char *label)
{
	size_t len = label_size(label);

	for (size_t at = 0; at < size; at += label_size(labels + at))
		if (label_size(labels + at) == len && memcmp(labels + at, label, len) == 0)
			return true;
	return false;
}

static bool has_labels(const struct exporter *e, const struct policy_row *vm)
{
	size_t size;
	const char *labels = row_octets(vm, "labels", &size);

	if (!e->labels || !labels)
		return false;
	for (size_t at = 0; at < e->labels_size; at += label_size(e->labels + at))
		if (!has_label(labels, size, e->labels + at))
			return false;
	return true;
}

bool exporter_tells_of(const struct exporter *e, const struct chosen_port *port,
		       const struct policy_row *vm)
{
	if (!e->labels && port_choice_is_empty(&e->choice))
		return true;
	return port_choice_has(&e->choice, port) || has_labels(e, vm);
}
