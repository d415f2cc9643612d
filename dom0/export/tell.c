// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/netflow5.h"
#include "export/sflow.h"
#include "export/tell.h"
#include "export/template.h"

void encoder_flow(struct encoder *e, const struct told_flow *flow, uint64_t now_ms)
{
	e->now_ms = now_ms;
	if (e->set.format == EXPORT_NETFLOW5)
		netflow5_flow(e, flow);
	else if (e->set.format != EXPORT_SFLOW)
		template_flow(e, flow);
}

void encoder_sample(struct encoder *e, const struct told_sample *sample, uint64_t now_ms)
{
	e->now_ms = now_ms;
	if (e->set.format == EXPORT_SFLOW)
		sflow_sample(e, sample);
}

void encoder_counters(struct encoder *e, const struct told_counters *counters, uint64_t now_ms)
{
	e->now_ms = now_ms;
	if (e->set.format == EXPORT_SFLOW)
		sflow_counters(e, counters);
}

void encoder_flush(struct encoder *e, uint64_t now_ms)
{
	e->now_ms = now_ms;
	switch (e->set.format) {
	case EXPORT_SFLOW:
		sflow_flush(e);
		break;
	case EXPORT_NETFLOW5:
		netflow5_flush(e);
		break;
	default:
		template_flush(e);
		break;
	}
}
