/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An exporter, as vifswitchd tells it: what its collectors are told, and how. */
#ifndef VIFEXPORTD_TARGET_H
#define VIFEXPORTD_TARGET_H

#include "policy/bounds.h"
#include "vifexportd/outlet.h"

struct target {
	json_t *json;			/* as it was told; by that it is recognised */
	enum export_format format;
	uint32_t sampling;
	uint64_t polling_ms, polled_ms;
	uint64_t dice;
	struct outlet outlets[EXPORTER_COLLECTORS_MAX];
	size_t outlet_count;
	uint64_t told_sum;		/* of its figures when they were told last */
};

/* NULL: @json is no exporter that this version can serve. */
struct target *target_new(json_t *json, sd_event *event, const uint8_t host[16],
			  size_t *queued_all);
struct target *target_free(struct target *t);
void target_flow(struct target *t, const struct told_flow *flow, uint64_t now_ms);
/* @told: of one packet that was chosen by chance, or dropped. For one that takes no flows. */
void target_sample(struct target *t, const struct told_sample *told, uint64_t now_ms);
void target_counters(struct target *t, const struct told_counters *counters, uint64_t now_ms);
void target_tick(struct target *t, uint64_t now_ms);
/* Is it told flows that are counted whole? */
static inline bool target_takes_flows(const struct target *t)
{
	return t->format != EXPORT_SFLOW && t->sampling == 1;
}
/* Are counters due? */
static inline bool target_is_due(const struct target *t, uint64_t now_ms)
{
	return t->format == EXPORT_SFLOW && now_ms - t->polled_ms >= t->polling_ms;
}
/* The same; then they are not for a while. */
bool target_polls(struct target *t, uint64_t now_ms);
json_t *target_status(const struct target *t);
/* Changes with its status. */
uint64_t target_sum(const struct target *t);

#endif /* VIFEXPORTD_TARGET_H */
