// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/prefix.h"
#include "base/random.h"
#include "vifexportd/flow-of-sample.h"
#include "vifexportd/target.h"

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static uint32_t number_of(const json_t *object, const char *key)
{
	return (uint32_t)json_integer_value(json_object_get(object, key));
}

static bool read_agent(const json_t *json, struct encoder_settings *s)
{
	const char *text = text_of(json, "agent");
	struct problem problem;
	struct prefix agent;

	if (!*text || prefix_parse(text, strlen(text), &agent, &problem) < 0)
		return false;
	s->agent_is_ip6 = agent.family == PREFIX_IP6;
	memcpy(s->agent, agent.addr, sizeof(s->agent));
	return true;
}

static bool add_outlet(struct target *t, const json_t *to, bool tcp,
		       const struct encoder_settings *settings, bool own_agent, sd_event *event,
		       size_t *queued_all)
{
	const char *text = json_string_value(to) ?: "";
	struct endpoint at;

	if (t->outlet_count == EXPORTER_COLLECTORS_MAX ||
	    !endpoint_parse(text, strlen(text), &at) || !at.has_port)
		return false;
	outlet_init(&t->outlets[t->outlet_count++], event, &at, tcp, settings, own_agent,
		    queued_all);
	return true;
}

struct target *target_new(json_t *json, sd_event *event, const uint8_t host[16],
			  size_t *queued_all)
{
	const char *format = text_of(json, "format");
	const struct word *word = word_find(export_format_words, format, strlen(format));
	struct encoder_settings settings = {
		.domain = number_of(json, "domain"), .point = number_of(json, "point"),
		.sampling = number_of(json, "sampling"), .header = number_of(json, "header"),
		.boot_ms = clock_of(CLOCK_REALTIME) / 1000,
	};
	struct target *t;
	json_t *to;
	bool agent;
	size_t i;

	if (!word || !settings.sampling)
		return NULL;
	t = xzalloc(sizeof(*t));
	memcpy(settings.host, host, sizeof(settings.host));
	settings.format = t->format = (enum export_format)word->value;
	t->sampling = settings.sampling;
	t->polling_ms = 1000ULL * number_of(json, "polling_s");
	agent = read_agent(json, &settings);
	random_bytes(&t->dice, sizeof(t->dice));
	t->dice |= 1;
	json_array_foreach(json_object_get(json, "to"), i, to)
		if (!add_outlet(t, to, strcmp(text_of(json, "transport"), "tcp") == 0, &settings, !agent,
				event, queued_all))
			return target_free(t);
	t->json = json_incref(json);
	return t;
}

struct target *target_free(struct target *t)
{
	for (size_t i = 0; t && i < t->outlet_count; i++)
		outlet_deinit(&t->outlets[i]);
	if (t)
		json_decref(t->json);
	free(t);
	return NULL;
}

void target_flow(struct target *t, const struct told_flow *flow, uint64_t now_ms)
{
	for (size_t i = 0; i < t->outlet_count; i++) {
		struct encoder *e = outlet_encoder(&t->outlets[i]);

		if (e)
			encoder_flow(e, flow, now_ms);
	}
}

static void tell_sample(struct target *t, const struct told_sample *told, uint64_t now_ms)
{
	struct vifswitch_flow flow;
	struct told_flow record = { .flow = &flow, .port = told->port, .output = told->output };

	if (t->format != EXPORT_SFLOW) {
		flow_of_sample(told->sample, told->packet, told->packet_len, now_ms, &flow);
		target_flow(t, &record, now_ms);
		return;
	}
	for (size_t i = 0; i < t->outlet_count; i++) {
		struct encoder *e = outlet_encoder(&t->outlets[i]);

		if (e)
			encoder_sample(e, told, now_ms);
	}
}

/* One of @every was chosen: is it one of ours, too? */
static bool is_ours(struct target *t, uint32_t every)
{
	t->dice ^= t->dice << 13;
	t->dice ^= t->dice >> 7;
	t->dice ^= t->dice << 17;
	return (t->dice >> 32) * t->sampling < (uint64_t)every << 32;
}

/* Of a GSO frame several segments may have been chosen; each is a sample. */
void target_sample(struct target *t, const struct told_sample *told, uint64_t now_ms)
{
	struct vifswitch_sample sample = *told->sample;
	struct told_sample ours = *told;

	ours.sample = &sample;
	ours.rate = t->sampling > sample.every ? t->sampling : sample.every;
	ours.pool = sample.pool;
	ours.dropped = ours.rate ? sample.excess * sample.every / ours.rate : 0;
	sample.flags = told->sample->flags & ~VIFSWITCH_SAMPLE_DROPPED;
	for (uint32_t n = 0; sample.flags & VIFSWITCH_SAMPLE_CHOSEN && n < told->sample->count; n++)
		if (is_ours(t, sample.every))
			tell_sample(t, &ours, now_ms);
	sample.flags = told->sample->flags & ~VIFSWITCH_SAMPLE_CHOSEN;
	if (t->format == EXPORT_SFLOW && sample.flags & VIFSWITCH_SAMPLE_DROPPED)
		tell_sample(t, &ours, now_ms);
}

void target_counters(struct target *t, const struct told_counters *counters, uint64_t now_ms)
{
	for (size_t i = 0; i < t->outlet_count; i++) {
		struct encoder *e = outlet_encoder(&t->outlets[i]);

		if (e)
			encoder_counters(e, counters, now_ms);
	}
}

bool target_polls(struct target *t, uint64_t now_ms)
{
	if (!target_is_due(t, now_ms))
		return false;
	t->polled_ms = now_ms;
	return true;
}

void target_tick(struct target *t, uint64_t now_ms)
{
	for (size_t i = 0; i < t->outlet_count; i++)
		outlet_tick(&t->outlets[i], now_ms);
}

json_t *target_status(const struct target *t)
{
	json_t *collectors = json_array();

	for (size_t i = 0; i < t->outlet_count; i++)
		json_array_append_new(collectors, outlet_json(&t->outlets[i]));
	return json_pack("{s:O, s:o}", "uuid", json_object_get(t->json, "uuid"), "collectors",
			 collectors);
}

uint64_t target_sum(const struct target *t)
{
	uint64_t sum = 1;

	for (size_t i = 0; i < t->outlet_count; i++) {
		const struct outlet *o = &t->outlets[i];

		sum = sum * 31 + o->records + (o->datagrams << 8) + (o->lost << 16);
		sum = sum * 31 + o->state + ((uint64_t)o->error << 4);
	}
	return sum;
}
