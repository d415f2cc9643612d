// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of the groups "flows" and "samples", whole, longer than known, and broken. */
#include <errno.h>
#include <netlink/genl/genl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "datapath/ko/flow-reader.h"
#include "datapath/ko/genl.h"

struct seen {
	uint32_t records, samples, packet_len;
	uint64_t octets;
	struct flow_port port;
};

static void on_record(const struct flow_port *port, const struct vifswitch_flow *record, void *arg)
{
	struct seen *seen = arg;

	seen->records++;
	seen->octets += record->octets;
	seen->port = *port;
}

static void on_sample(const struct flow_port *port, const struct vifswitch_sample *sample,
		      const uint8_t *packet, uint32_t packet_len, void *arg)
{
	struct seen *seen = arg;

	seen->samples++;
	seen->packet_len = packet_len;
	seen->port = *port;
}

static struct nl_msg *message(uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 0, 30, 0, 0, cmd, 1));
	nla_put_u32(msg, VIFSWITCH_A_SWITCH, 3);
	nla_put_u32(msg, VIFSWITCH_A_PORT, 7);
	nla_put_string(msg, VIFSWITCH_A_PORT_NAME, "vif1.0");
	nla_put(msg, VIFSWITCH_A_COOKIE, 4, "vm/0");
	return msg;
}

static int taken(struct nl_msg *msg, struct seen *ret)
{
	struct flow_sink sink = { on_record, on_sample, ret };
	int r = flow_message(nlmsg_hdr(msg), &sink);

	nlmsg_free(msg);
	return r;
}

/* Two records, each of @size octets. */
static struct nl_msg *flows(uint32_t size)
{
	struct nl_msg *msg = message(VIFSWITCH_CMD_FLOWS);
	uint8_t room[2 * (sizeof(struct vifswitch_flow) + 8)] = { 0 };
	struct vifswitch_flow record = { .octets = 1000, .packets = 10 };

	memcpy(room, &record, sizeof(record));
	if (size >= sizeof(record))
		memcpy(room + size, &record, sizeof(record));
	nla_put_u32(msg, VIFSWITCH_A_FLOW_LEN, size);
	nla_put(msg, VIFSWITCH_A_FLOWS, (int)(2 * size), room);
	return msg;
}

static void test_records(void **state)
{
	for (uint32_t more = 0; more <= 8; more += 8) {
		struct seen seen = { 0 };

		assert_int_equal(taken(flows(sizeof(struct vifswitch_flow) + more), &seen), 0);
		assert_int_equal(seen.records, 2);
		assert_int_equal(seen.octets, 2000);
		assert_int_equal(seen.port.ifindex, 7);
		assert_int_equal(seen.port.sw, 3);
		assert_string_equal(seen.port.name, "vif1.0");
		assert_int_equal(seen.port.cookie_len, 4);
	}
}

static void test_sample(void **state)
{
	struct nl_msg *msg = message(VIFSWITCH_CMD_SAMPLE);
	struct vifswitch_sample sample = { .every = 1000 };
	struct seen seen = { 0 };

	nla_put(msg, VIFSWITCH_A_SAMPLE, sizeof(sample), &sample);
	nla_put(msg, VIFSWITCH_A_PACKET, 60, (uint8_t[60]){ 0 });
	assert_int_equal(taken(msg, &seen), 0);
	assert_int_equal(seen.samples, 1);
	assert_int_equal(seen.packet_len, 60);
}

static void test_broken(void **state)
{
	struct seen seen = { 0 };
	struct nl_msg *msg;

	assert_int_equal(taken(flows(0), &seen), -EBADMSG);
	assert_int_equal(taken(flows(sizeof(struct vifswitch_flow) - 8), &seen), -EBADMSG);
	assert_int_equal(taken(message(VIFSWITCH_CMD_FLOWS), &seen), -EBADMSG);
	assert_int_equal(taken(message(VIFSWITCH_CMD_SAMPLE), &seen), -EBADMSG);
	assert_int_equal(taken(message(VIFSWITCH_CMD_EVENT), &seen), -EBADMSG);
	msg = flows(sizeof(struct vifswitch_flow));
	nlmsg_hdr(msg)->nlmsg_len -= 8;
	assert_int_equal(taken(msg, &seen), -EBADMSG);
	msg = message(VIFSWITCH_CMD_SAMPLE);
	nla_put(msg, VIFSWITCH_A_SAMPLE, sizeof(struct vifswitch_sample) - 1,
		(uint8_t[sizeof(struct vifswitch_sample)]){ 0 });
	nla_put(msg, VIFSWITCH_A_PACKET, 60, (uint8_t[60]){ 0 });
	assert_int_equal(taken(msg, &seen), -EBADMSG);
	assert_int_equal(seen.records + seen.samples, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
