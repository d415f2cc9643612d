/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An Exporter row, as it is meant: what is told, to whom, and of which ports. */
#ifndef EXPORTER_EXPORTER_ROW_H
#define EXPORTER_EXPORTER_ROW_H

#include <jansson.h>

#include "base/endpoint.h"
#include "base/prefix.h"
#include "policy/port-choice.h"
#include "policy/words.h"

struct exporter {
	uint8_t uuid[16];
	char name[POLICY_NAME_MAX + 1];
	bool enabled;
	char *problem;			/* it cannot be; what else it says is not meant */

	struct port_choice choice;
	char *labels;			/* "KEY\0VALUE\0" of each */
	size_t labels_size;

	enum export_format format;
	bool tcp;
	struct endpoint collectors[EXPORTER_COLLECTORS_MAX];	/* each with a port */
	size_t collector_count;
	uint32_t sampling;		/* one of so many; 1: every frame */
	uint32_t header, polling_s, active_s, idle_s, domain;
	uint32_t point;			/* 0: none */
	bool has_agent;
	struct prefix agent;
};

/* As vifexportd is told it. */
json_t *exporter_told_json(const struct exporter *e);
struct exporter *exporter_read(const uint8_t uuid[16], const struct policy_row *row);
void exporter_free(struct exporter *e);
/* @vm: the row of the port's VM, or NULL. */
bool exporter_tells_of(const struct exporter *e, const struct chosen_port *port,
		       const struct policy_row *vm);
static inline bool exporter_is_on(const struct exporter *e)
{
	return e->enabled && !e->problem;
}
/* Is it told of single packets? Else of flows that are counted whole. */
static inline bool exporter_samples(const struct exporter *e)
{
	return e->format == EXPORT_SFLOW || e->sampling > 1;
}

#endif /* EXPORTER_EXPORTER_ROW_H */
