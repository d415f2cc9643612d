// SPDX-License-Identifier: GPL-2.0-or-later
/* Records that come before, while and after vifswitchd tells of their ports and exporters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "datapath/ko/flow-socket.h"
#include "vifexportd/exporting.h"

/* vifswitchd, the kernel and a collector. */
struct bed {
	sd_event *event;
	struct exporting x;
	int collector;
	char to[32];
};

static struct kernel {
	int pipe[2];
	uint32_t ifindex;		/* whose record or sample is next; 0: none */
	bool sample;
} kernel;

/* ---- in place of the control socket and of netlink ---- */

void asker_init(struct asker *a, sd_event *event, const char *path)
{
	a->to = (struct control_asker){ .event = event, .path = path };
}

void asker_ask(struct asker *a, enum question question, json_t *param)
{
	json_decref(param);
	a->to.asked[question] = true;
}

void asker_close(struct asker *a)
{
}

int asker_flow_socket(const char *path)
{
	return kernel.pipe[0];
}

bool flow_socket_listens(int fd)
{
	return true;
}

int flow_reader_new(int fd, struct flow_reader **ret)
{
	*ret = (struct flow_reader *)&kernel;
	return 0;
}

struct flow_reader *flow_reader_free(struct flow_reader *reader)
{
	return NULL;
}

int flow_reader_fd(const struct flow_reader *reader)
{
	return kernel.pipe[0];
}

int flow_reader_take(struct flow_reader *reader, int limit, const struct flow_sink *sink)
{
	static const struct vifswitch_flow flow = { .packets = 1, .octets = 64, .octets_l3 = 50 };
	static const struct vifswitch_sample sample = {
		.flags = VIFSWITCH_SAMPLE_CHOSEN, .every = 1, .count = 1,
	};
	static const uint8_t packet[64];
	const struct flow_port port = { .ifindex = kernel.ifindex };
	char octet;

	assert_int_equal(read(kernel.pipe[0], &octet, 1), 1);
	if (kernel.sample)
		sink->sample(&port, &sample, packet, sizeof(packet), sink->arg);
	else
		sink->record(&port, &flow, sink->arg);
	kernel.ifindex = 0;
	return 1;
}

/* ---- what happens ---- */

static void happens(struct bed *b, uint32_t ifindex, bool sample)
{
	kernel.ifindex = ifindex;
	kernel.sample = sample;
	assert_int_equal(write(kernel.pipe[1], "", 1), 1);
	while (kernel.ifindex)
		assert_true(sd_event_run(b->event, 100000) >= 0);
}

static void record(struct bed *b, uint32_t ifindex)
{
	happens(b, ifindex, false);
}

/* vifswitchd answers what it was asked. */
static void answer(struct bed *b, json_t *told)
{
	assert_non_null(told);
	b->x.asker.to.asked[ASK_TOLD] = false;
	b->x.asker.answer(ASK_TOLD, told, b->x.asker.arg);
	json_decref(told);
}

static json_t *exporter(const struct bed *b, const char *uuid, const char *format)
{
	return json_pack("{s:s, s:s, s:s, s:[s], s:i, s:i, s:i}", "uuid", uuid, "format", format,
			 "transport", "udp", "to", b->to, "sampling", 1, "header", 128, "polling_s", 1000);
}

/* @numbers: of the exporters that are told of the port. */
static json_t *port(int ifindex, json_t *numbers)
{
	return json_pack("{s:i, s:s, s:o}", "ifindex", ifindex, "netdev", "vif3.0", "exporters",
			 numbers);
}

static json_t *told(int generation, json_t *exporters, json_t *ports)
{
	return json_pack("{s:i, s:o, s:o}", "generation", generation, "exporters", exporters,
			 "ports", ports);
}

/* How many that target was told, and what it has not sent yet. */
static uint64_t told_to(const struct bed *b, size_t target)
{
	const struct outlet *o = &b->x.targets[target]->outlets[0];

	assert_true(target < b->x.target_count);
	return o->records + o->encoder.records;
}

static int setup(void **state)
{
	static struct bed bed;
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(at);

	bed = (struct bed){ .collector = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(bind(bed.collector, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(bed.collector, (struct sockaddr *)&at, &len), 0);
	snprintf(bed.to, sizeof(bed.to), "127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(pipe(kernel.pipe), 0);
	assert_true(sd_event_new(&bed.event) >= 0);
	assert_true(exporting_start(&bed.x, bed.event, "") >= 0);
	/* Nobody asks but for a reason. */
	bed.x.timer = sd_event_source_disable_unref(bed.x.timer);
	*state = &bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;

	exporting_stop(&b->x);
	sd_event_unref(b->event);
	close(b->collector);
	close(kernel.pipe[0]);
	close(kernel.pipe[1]);
	return 0;
}

/* An exporter of a later version has a number, and is not served: the others keep theirs. */
static void test_skew(void **state)
{
	struct bed *b = *state;

	for (int round = 1; round <= 2; round++) {
		answer(b, told(round, json_pack("[o, o, o]", exporter(b, "a", "of tomorrow"),
						exporter(b, "b", "netflow9"),
						exporter(b, "c", "netflow9")),
			       json_pack("[o, o]", port(3, json_pack("[i, i]", 0, 1)),
					 port(4, json_pack("[i]", 2)))));
		assert_int_equal(b->x.target_count, 2);
		record(b, 3);
		record(b, 3);
		record(b, 4);
		assert_int_equal(told_to(b, 0), 2 * round);
		assert_int_equal(told_to(b, 1), round);
	}
}

static json_t *lists(const struct bed *b, int generation, json_t *numbers)
{
	return told(generation, json_pack("[o, o]", exporter(b, "a", "netflow9"),
					  exporter(b, "b", "sflow")),
		    json_pack("[o]", port(3, numbers)));
}

/* What an answer of before the record says of its port, or that nothing is new, is no answer. */
static void test_waits(void **state)
{
	struct bed *b = *state;

	answer(b, lists(b, 1, json_pack("[i]", 1)));
	record(b, 3);	/* of flows, which nobody is told of */
	assert_int_equal(b->x.waiting_count, 1);
	assert_true(b->x.asker.to.asked[ASK_TOLD]);
	/* The question is under way. */
	record(b, 3);
	record(b, 4);
	answer(b, lists(b, 2, json_pack("[i, i]", 0, 1)));
	assert_int_equal(told_to(b, 0), 1);
	assert_int_equal(b->x.counts.unclaimed, 0);
	assert_int_equal(b->x.waiting_count, 2);
	assert_true(b->x.asker.to.asked[ASK_TOLD]);
	answer(b, json_pack("{s:i}", "generation", 2));
	assert_int_equal(told_to(b, 0), 2);
	assert_int_equal(b->x.counts.unclaimed, 1);
	assert_int_equal(b->x.waiting_count, 0);
	assert_false(b->x.asker.to.asked[ASK_TOLD]);
}

/* vifswitchd does not know yet, or another one answers. */
static void test_unheard(void **state)
{
	struct bed *b = *state;

	answer(b, lists(b, 5, json_array()));
	record(b, 3);
	b->x.asker.to.asked[ASK_TOLD] = false;
	b->x.asker.lost(b->x.asker.arg);
	record(b, 3);
	answer(b, json_pack("{s:i}", "generation", 0));
	assert_int_equal(b->x.waiting_count, 2);
	record(b, 3);
	answer(b, lists(b, 1, json_pack("[i]", 0)));
	assert_int_equal(told_to(b, 0), 3);
	assert_int_equal(b->x.counts.unclaimed, 0);
}

static void test_samples(void **state)
{
	struct bed *b = *state;

	answer(b, lists(b, 1, json_pack("[i]", 1)));
	happens(b, 3, true);
	assert_int_equal(told_to(b, 1), 1);
	assert_int_equal(b->x.counts.unclaimed, 0);
	happens(b, 4, true);
	answer(b, lists(b, 2, json_pack("[i]", 0)));
	happens(b, 3, true);
	assert_int_equal(b->x.counts.unclaimed, 2);
}

/* vifswitchd began anew, and does not know the exporter yet: it is told again how it does. */
static void test_status(void **state)
{
	struct bed *b = *state;

	answer(b, told(1, json_pack("[o]", exporter(b, "a", "netflow9")), json_array()));
	b->x.targets[0]->told_sum = 5;
	b->x.asker.answer(ASK_STATUS, NULL, b->x.asker.arg);
	assert_int_equal(b->x.targets[0]->told_sum, 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_skew), TEST(test_waits), TEST(test_unheard), TEST(test_samples),
		TEST(test_status),
	};

	return cmocka_run_group_tests_name("vifexportd-exporting", tests, NULL, NULL);
}
