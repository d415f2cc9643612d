// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "datapath/ko/flow-socket.h"
#include "vifexportd/exporting.h"

#define TICK_US		1000000ULL
#define MESSAGES_AT_ONCE 64		/* then others have a turn */

/* Of the host's clock, but never back: where that is put back, ours goes on from where it was. */
static uint64_t now_ms(void)
{
	static uint64_t last_ms, last_us;
	uint64_t real = clock_of(CLOCK_REALTIME) / 1000, us = clock_us();
	uint64_t passed = last_us ? (us - last_us) / 1000 : 0;

	last_us = last_us ? last_us + passed * 1000 : us;
	last_ms += passed;
	if (real > last_ms)
		last_ms = real;
	return last_ms;
}

/* ---- what the kernel tells ---- */

/* False: there is nobody to tell. */
static bool tell_flow(struct exporting *x, uint32_t ifindex, const struct vifswitch_flow *flow)
{
	const struct export_port *port = told_ports_get(&x->ports, ifindex);
	struct told_flow told = { .flow = flow, .output = told_ports_number(&x->ports, flow->to) };
	uint64_t now = now_ms();
	bool ret = false;

	for (size_t i = 0; port && i < x->target_count; i++) {
		if (!export_port_tells(port, i) || !target_takes_flows(x->targets[i]))
			continue;
		told.port = &port->told;
		target_flow(x->targets[i], &told, now);
		ret = true;
	}
	return ret;
}

static void ask_told(struct exporting *x)
{
	bool under_way = x->asker.to.asked[ASK_TOLD];

	asker_ask(&x->asker, ASK_TOLD, json_pack("{s:I}", "since", x->generation));
	if (!under_way)
		x->waiting_asked = x->waiting_count;
}

static void on_record(const struct flow_port *from, const struct vifswitch_flow *flow, void *arg)
{
	struct exporting *x = arg;

	if (tell_flow(x, from->ifindex, flow))
		return;
	if (x->waiting_count == WAITING_MAX) {
		x->counts.unclaimed++;
		return;
	}
	x->waiting[x->waiting_count++] = (struct waiting_flow){ from->ifindex, *flow };
	ask_told(x);
}

static void on_sample(const struct flow_port *from, const struct vifswitch_sample *sample,
		      const uint8_t *packet, uint32_t len, void *arg)
{
	struct exporting *x = arg;
	const struct export_port *port = told_ports_get(&x->ports, from->ifindex);
	struct told_sample told = { .sample = sample, .packet = packet, .packet_len = len };
	uint64_t now = now_ms();
	bool claimed = false;

	if (len > VIFSWITCH_SAMPLE_OCTETS_MAX)
		port = NULL;
	told.output = told_ports_number(&x->ports, sample->to);
	for (size_t i = 0; port && i < x->target_count; i++) {
		if (!export_port_tells(port, i) || target_takes_flows(x->targets[i]))
			continue;
		told.port = &port->told;
		target_sample(x->targets[i], &told, now);
		claimed = true;
	}
	x->counts.unclaimed += !claimed;
}

static void close_flows(struct exporting *x)
{
	x->flows = sd_event_source_disable_unref(x->flows);
	x->reader = flow_reader_free(x->reader);
}

static int on_flows(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct exporting *x = arg;
	const struct flow_sink sink = { .record = on_record, .sample = on_sample, .arg = x };
	int r = flow_reader_take(x->reader, MESSAGES_AT_ONCE, &sink);

	if (r == -ENOBUFS)
		x->counts.overruns++;
	else if (r < 0 && r != -EAGAIN && r != -EINTR)
		close_flows(x);
	return 0;
}

static int take_socket(struct exporting *x, int fd)
{
	int r = flow_reader_new(fd, &x->reader);

	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_event_add_io(x->asker.to.event, &x->flows, fd, EPOLLIN, on_flows, x);
	if (r < 0)
		close_flows(x);
	return r < 0 ? r : 0;
}

static void want_socket(struct exporting *x)
{
	int r;

	/* What a module that is gone had told was read by now; the next one has other groups. */
	if (x->reader && !flow_socket_listens(flow_reader_fd(x->reader)))
		close_flows(x);
	if (x->reader || !x->target_count)
		return;
	r = asker_flow_socket(x->asker.to.path);
	if (r >= 0)
		r = take_socket(x, r);
	if (r < 0 && r != x->socket_error)
		log_warning("vifswitchd does not hand over the socket of flow records: %s",
			    strerror(-r));
	x->socket_error = r < 0 ? r : 0;
}

/* ---- what vifswitchd tells ---- */

static int find_target(const struct exporting *x, const json_t *json)
{
	for (size_t i = 0; i < x->target_count; i++)
		if (x->targets[i] && json_equal(x->targets[i]->json, json))
			return (int)i;
	return -1;
}

/* Those that are as they were stay. One that we cannot serve has a number, but no place. */
static void read_targets(struct exporting *x, json_t *exporters, struct target_places *ret)
{
	static const uint8_t host[16];
	struct target *list[TARGETS_MAX] = {};
	size_t n = 0, i;
	json_t *json;

	for (i = 0; i < TARGETS_MAX; i++)
		ret->of_old[i] = ret->of_number[i] = -1;
	json_array_foreach(exporters, i, json) {
		int at = find_target(x, json);

		if (i == TARGETS_MAX)
			break;
		list[n] = at >= 0 ? x->targets[at] :
			  target_new(json, x->asker.to.event, host, &x->queued);
		if (!list[n])
			continue;
		if (at >= 0) {
			ret->of_old[at] = (int)n;
			x->targets[at] = NULL;
		}
		ret->of_number[i] = (int)n++;
	}
	for (i = 0; i < x->target_count; i++)
		target_free(x->targets[i]);
	memcpy(x->targets, list, sizeof(list));
	x->target_count = n;
	for (i = 0; i < n; i++)
		target_tick(x->targets[i], now_ms());
}

/* Those that the answer is for. */
static void tell_waiting(struct exporting *x)
{
	size_t n = x->waiting_asked;

	for (size_t i = 0; i < n; i++)
		if (!tell_flow(x, x->waiting[i].ifindex, &x->waiting[i].flow))
			x->counts.unclaimed++;
	x->waiting_count -= n;
	x->waiting_asked = 0;
	memmove(x->waiting, x->waiting + n, x->waiting_count * sizeof(*x->waiting));
}

static void on_told(struct exporting *x, const json_t *result)
{
	json_t *exporters = json_object_get(result, "exporters");
	struct target_places places;

	if (json_is_array(exporters)) {
		read_targets(x, exporters, &places);
		told_ports_read(&x->ports, json_object_get(result, "ports"), &places, now_ms());
	}
	x->generation = json_integer_value(json_object_get(result, "generation"));
	/* 0: vifswitchd knows nothing itself yet. */
	if (x->generation)
		tell_waiting(x);
	if (x->generation && x->waiting_count)
		ask_told(x);
	want_socket(x);
}

static uint64_t counter_of(const json_t *counters, const char *way, const char *what)
{
	return (uint64_t)json_integer_value(json_object_get(json_object_get(counters, way), what));
}

static void read_counters(struct told_counters *told, const json_t *port)
{
	json_t *counters = json_object_get(port, "counters"), *count;
	const char *word = json_string_value(json_object_get(port, "state")) ?: "", *reason;

	told->in_packets = counter_of(counters, "from_vm", "packets");
	told->in_octets = counter_of(counters, "from_vm", "bytes");
	told->out_packets = counter_of(counters, "to_vm", "packets");
	told->out_octets = counter_of(counters, "to_vm", "bytes");
	told->up = strcmp(word, "active") == 0 || strcmp(word, "plugged") == 0;
	json_object_foreach(json_object_get(counters, "drops"), reason, count) {
		bool out = strncmp(reason, "to-", 3) == 0;

		*(out ? &told->out_drops : &told->in_drops) += (uint64_t)json_integer_value(count);
	}
}

static void tell_counters(struct exporting *x, struct target *t, size_t number, const json_t *ports)
{
	uint64_t now = now_ms();
	json_t *json;
	size_t i;

	json_array_foreach((json_t *)ports, i, json) {
		const json_t *ifindex = json_object_get(json, "ifindex");
		const struct export_port *port =
			told_ports_get(&x->ports, (uint32_t)json_integer_value(ifindex));
		struct told_counters told = {};

		if (!port || !export_port_tells(port, number) ||
		    !json_is_object(json_object_get(json, "counters")))
			continue;
		told.port = &port->told;
		read_counters(&told, json);
		target_counters(t, &told, now);
	}
}

static void on_show(struct exporting *x, const json_t *result)
{
	uint64_t now = now_ms();

	for (size_t i = 0; i < x->target_count; i++)
		if (target_polls(x->targets[i], now))
			tell_counters(x, x->targets[i], i, json_object_get(result, "ports"));
}

/* What was refused is told again. */
static void forget_status(struct exporting *x)
{
	for (size_t i = 0; i < x->target_count; i++)
		x->targets[i]->told_sum = 0;
}

static void on_answer(enum question question, const json_t *result, void *arg)
{
	if (question == ASK_TOLD && result)
		on_told(arg, result);
	else if (question == ASK_SHOW && result)
		on_show(arg, result);
	else if (question == ASK_STATUS && !result)
		forget_status(arg);
}

/* Another one counts anew, and knows no status of ours. */
static void on_lost(void *arg)
{
	struct exporting *x = arg;

	x->generation = 0;
	x->waiting_asked = 0;
	forget_status(x);
}

/* ---- each second ---- */

static bool counters_are_due(const struct exporting *x, uint64_t now)
{
	for (size_t i = 0; i < x->target_count; i++)
		if (target_is_due(x->targets[i], now))
			return true;
	return false;
}

static void tell_status(struct exporting *x)
{
	for (size_t i = 0; i < x->target_count; i++) {
		struct target *t = x->targets[i];
		uint64_t sum = target_sum(t);

		if (sum == t->told_sum)
			continue;
		asker_ask(&x->asker, ASK_STATUS, target_status(t));
		t->told_sum = x->asker.to.client.fd >= 0 ? sum : 0;
	}
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	struct exporting *x = arg;
	uint64_t now = now_ms();

	for (size_t i = 0; i < x->target_count; i++)
		target_tick(x->targets[i], now);
	ask_told(x);
	want_socket(x);
	tell_status(x);
	if (counters_are_due(x, now))
		asker_ask(&x->asker, ASK_SHOW, NULL);
	sd_event_source_set_time_relative(source, TICK_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int exporting_start(struct exporting *x, sd_event *event, const char *path)
{
	*x = (struct exporting){ .asker = { .answer = on_answer, .lost = on_lost, .arg = x } };
	asker_init(&x->asker, event, path);
	x->waiting = xmalloc(WAITING_MAX * sizeof(*x->waiting));
	return sd_event_add_time_relative(event, &x->timer, CLOCK_MONOTONIC, 0, 0, on_tick, x);
}

void exporting_stop(struct exporting *x)
{
	uint64_t now = now_ms();

	x->timer = sd_event_source_disable_unref(x->timer);
	close_flows(x);
	for (size_t i = 0; i < x->target_count; i++) {
		target_tick(x->targets[i], now);
		target_free(x->targets[i]);
	}
	x->target_count = 0;
	asker_close(&x->asker);
	told_ports_deinit(&x->ports);
	free(x->waiting);
}
