// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A switch of flows over an openvswitch.ko that is played here: it reads frames as the module
 * does, takes the first flow that matches, and asks about what has none. What becomes of each
 * frame must be what is decided of it afresh, whatever flows are there; and they are bounded.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "core-packets.h"
#include "datapath/ovs/flow-hold.h"
#include "datapath/ovs/flow-miss.h"
#include "datapath/ovs/flow-switch.h"
#include "datapath/ovs/ovs-dump.h"
#include "datapath/ovs/ovs-meter.h"
#include "tests/unit/core-acl.h"
#include "tests/unit/megaflow-kernel.h"
#include "tests/unit/megaflow-world.h"

#define FLOWS_MAX	8192
#define ACTIONS_MAX	512
#define WORLDS		60

struct kernel_flow {
	bool there;
	u8 ufid[OVS_UFID_LEN];
	struct flow_key key, mask;
	size_t actions_len;
	u8 actions[ACTIONS_MAX];
	u8 told_key[512], told_mask[1024];	/* as they came */
	size_t told_key_len, told_mask_len;
};

/* The module; its ports' numbers are those of their sockets, too. */
static struct {
	struct kernel_flow flows[FLOWS_MAX];
	size_t flow_count;
	uint32_t ports, sockets;
	int fds[16];			/* by number of the socket */
	uint32_t upcalls[16];		/* by number of the port: its socket; 0: none */
	int waiting;			/* fd of the socket at which a miss waits, or 0 */
	const u8 *packet;
	size_t packet_len;
	u8 key[512];
	size_t key_len;
	u8 done[ACTIONS_MAX];		/* what was done with the last frame */
	size_t done_len;
	bool refuses;			/* no further flow */
} kernel;

int ovs_datapath_find(struct ovs_client *c, const char *name, int *ret)
{
	return -ENODEV;
}

int ovs_datapath_new(struct ovs_client *c, const char *name, int *ret)
{
	*ret = 7;
	return 0;
}

int ovs_datapath_del(struct ovs_client *c, int dp)
{
	return 0;
}

int ovs_upcall_socket(uint32_t *ret_port)
{
	*ret_port = ++kernel.sockets;
	return kernel.fds[kernel.sockets] = eventfd(0, EFD_CLOEXEC);
}

int ovs_vport_new(struct ovs_client *c, int dp, const char *netdev, uint32_t upcalls,
		  uint32_t *ret_number)
{
	*ret_number = ++kernel.ports;
	kernel.upcalls[*ret_number] = upcalls;
	return 0;
}

int ovs_vport_set(struct ovs_client *c, int dp, uint32_t number, uint32_t upcalls)
{
	kernel.upcalls[number] = upcalls;
	return 0;
}

int ovs_vport_del(struct ovs_client *c, int dp, uint32_t number)
{
	kernel.upcalls[number] = 0;
	return 0;
}

int ovs_upcall_receive(const struct ovs_client *c, int fd, uint8_t *buf, struct ovs_upcall *ret)
{
	if (!kernel.waiting || fd != kernel.waiting)
		return 0;
	kernel.waiting = 0;
	*ret = (struct ovs_upcall){ .key = kernel.key, .key_len = kernel.key_len,
				    .packet = kernel.packet, .packet_len = kernel.packet_len };
	return 1;
}

int ovs_flow_new(struct ovs_client *c, int dp, const struct ovs_flow *flow)
{
	struct kernel_flow *f = kernel.flows;

	while (f < kernel.flows + FLOWS_MAX && f->there)
		f++;
	assert_true(f < kernel.flows + FLOWS_MAX && flow->actions_len <= ACTIONS_MAX);
	if (kernel.refuses)
		return -EINVAL;
	assert_int_equal(flow_key_decode(flow->key, flow->key_len, &f->key), 0);
	assert_int_equal(flow_mask_decode(flow->mask, flow->mask_len, &f->mask), 0);
	/* tags are looked at whatever a mask says */
	memset(&f->mask.tag, 0xff, sizeof(f->mask.tag));
	memset(&f->mask.inner_tag, 0xff, sizeof(f->mask.inner_tag));
	memcpy(f->ufid, flow->ufid, OVS_UFID_LEN);
	assert_true(flow->key_len <= sizeof(f->told_key) &&
		    flow->mask_len <= sizeof(f->told_mask));
	memcpy(f->told_key, flow->key, f->told_key_len = flow->key_len);
	memcpy(f->told_mask, flow->mask, f->told_mask_len = flow->mask_len);
	memcpy(f->actions, flow->actions, flow->actions_len);
	f->actions_len = flow->actions_len;
	f->there = true;
	kernel.flow_count++;
	return 0;
}

int ovs_flow_del(struct ovs_client *c, int dp, const uint8_t *ufid, uint64_t *ret_packets)
{
	for (size_t i = 0; i < FLOWS_MAX; i++)
		if (kernel.flows[i].there && !memcmp(kernel.flows[i].ufid, ufid, OVS_UFID_LEN)) {
			kernel.flows[i].there = false;
			kernel.flow_count--;
			return 0;
		}
	fail_msg("there is no such flow");
	return -ENOENT;
}

int ovs_flow_dump(struct ovs_client *c, int dp, bool whole, ovs_flow_fn fn, void *arg)
{
	for (size_t i = 0; i < FLOWS_MAX; i++) {
		const struct kernel_flow *f = &kernel.flows[i];
		const struct ovs_flow flow = {
			.ufid = f->ufid, .key = f->told_key, .key_len = f->told_key_len,
			.mask = f->told_mask, .mask_len = f->told_mask_len,
			.actions = f->actions, .actions_len = f->actions_len,
		};

		if (f->there)
			assert_int_equal(fn(&flow, 1, 0, arg), 0);
	}
	return 0;
}

int ovs_meter_set(struct ovs_client *c, int dp, uint32_t number, const struct vs_program *prog,
		  enum vs_limit limit)
{
	assert_true(number && prog->limit[limit].mult);
	return 0;
}

int ovs_meter_drops(struct ovs_client *c, int dp, uint32_t number, uint64_t *ret)
{
	*ret = 0;
	return 0;
}

/* No flow may name it any more. */
int ovs_meter_del(struct ovs_client *c, int dp, uint32_t number)
{
	const struct nlattr meter = { .nla_len = 8, .nla_type = OVS_ACTION_ATTR_METER };
	u8 action[8];

	memcpy(action, &meter, 4);
	memcpy(action + 4, &number, 4);
	for (size_t i = 0; i < FLOWS_MAX; i++)
		if (kernel.flows[i].there)
			assert_null(memmem(kernel.flows[i].actions, kernel.flows[i].actions_len,
					   action, sizeof(action)));
	return 0;
}

const char *ovs_client_error(const struct ovs_client *c)
{
	return "";
}

int ovs_packet_execute(struct ovs_client *c, int dp, const struct ovs_upcall *upcall,
		       const uint8_t *actions, size_t len)
{
	assert_ptr_equal(upcall->packet, kernel.packet);
	assert_true(len <= ACTIONS_MAX);
	memcpy(kernel.done, actions, len);
	kernel.done_len = len;
	return 0;
}

/* The first flow that takes a frame; all that do so do the same with it. */
static const struct kernel_flow *lookup(const struct flow_key *key)
{
	const struct kernel_flow *found = NULL;

	for (size_t i = 0; i < FLOWS_MAX; i++) {
		const struct kernel_flow *f = &kernel.flows[i];

		if (!f->there || !flow_key_matches(key, &f->key, &f->mask))
			continue;
		if (!found)
			found = f;
		assert_int_equal(found->actions_len, f->actions_len);
		assert_memory_equal(found->actions, f->actions, f->actions_len);
	}
	return found;
}

/* A frame comes by a port. True: it had a flow. */
static bool receive(struct flow_switch *s, uint32_t number, const u8 *p, size_t len)
{
	struct attrs told = { .p = kernel.key, .room = sizeof(kernel.key) };
	const struct kernel_flow *f;
	struct flow_key key;

	ovs_kernel_key(p, len, number, &key);
	kernel.done_len = 0;
	f = lookup(&key);
	if (f) {
		memcpy(kernel.done, f->actions, f->actions_len);
		kernel.done_len = f->actions_len;
		return true;
	}
	if (!kernel.upcalls[number])
		return false;
	ovs_kernel_tell(&key, &told);
	kernel.key_len = told.len;
	kernel.packet = p;
	kernel.packet_len = len;
	kernel.waiting = kernel.fds[kernel.upcalls[number]];
	while (flow_switch_run(s, 1) > 0)
		;
	assert_int_equal(kernel.waiting, 0);
	return false;
}

/* The same ports, as they are when every frame is decided afresh. */
struct bed {
	struct flow_switch *s;
	struct stations afresh;
	uint32_t numbers[WORLD_PORTS];
	bool open[WORLD_PORTS];
};

static void set_program(struct bed *b, unsigned int i, const struct world *w)
{
	struct station_port *port = stations_port(&b->afresh, b->numbers[i]);
	const struct vs_acl *acl = w->ports[i].acl;
	struct problem problem = {};
	struct vs_program_error err;
	int r = flow_switch_program(b->s, b->numbers[i], w->blobs[i], w->blob_len[i], acl,
				    &problem);

	assert_true(r == 0 || (r == -EOPNOTSUPP && problem.text[0]));
	b->open[i] = r == 0;
	memcpy(port->meters, flow_switch_station(b->s, b->numbers[i])->meters,
	       sizeof(port->meters));
	assert_int_equal(stations_program(&b->afresh, port, r ? NULL : w->blobs[i],
					  w->blob_len[i], acl, &err), 0);
}

static void bed_make(struct bed *b, const struct world *w)
{
	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(flow_switch_new(NULL, "sw0", &b->s), 0);
	stations_init(&b->afresh);
	stations_add(&b->afresh, OVSP_LOCAL, NULL, 0);
	for (unsigned int i = 0; i < WORLD_PORTS; i++) {
		const struct dp_world_port *port = &w->ports[i];

		assert_int_equal(flow_switch_add(b->s, "vif", port->cookie, port->cookie_len,
						 &b->numbers[i]), 0);
		stations_add(&b->afresh, b->numbers[i], port->cookie, port->cookie_len);
		set_program(b, i, w);
	}
}

static void bed_end(struct bed *b)
{
	flow_switch_close(b->s, false);
	stations_deinit(&b->afresh);
}

static u32 meter_of(const struct dp_world_port *port, enum vs_limit limit)
{
	u32 meter = ((const struct station_port *)port)->meters[limit];

	assert_true(meter);
	return meter;
}

/* What is to become of a frame; false: no key tells what it is. */
static bool decide_afresh(struct bed *b, unsigned int i, const u8 *p, size_t len,
			  struct attrs *ret)
{
	struct station_port *port = stations_port(&b->afresh, b->numbers[i]);
	struct decided_output outputs[WORLD_PORTS + 1];
	struct decision d = { .outputs = outputs };
	struct flow_key key;

	decide(&b->afresh.world, &port->dp, p, len, len, &d);
	ovs_kernel_key(p, len, b->numbers[i], &key);
	if (ovs_kernel_hides(&key, &d))
		return false;
	if (d.accepted && stations_saw(&b->afresh, port, d.v.frame.src, d.v.vid, d.source, 1))
		decide(&b->afresh.world, &port->dp, p, len, len, &d);
	flow_actions_encode(&d, &port->dp, meter_of, ret);
	return true;
}

static void one_world(unsigned int number, uint64_t *frames, uint64_t *hits)
{
	struct dice dice = { .state = (number + 1) * 0x9e3779b97f4a7c15ULL };
	struct world w, other;
	struct bed b = {};

	world_make(&dice, &w);
	bed_make(&b, &w);
	for (unsigned int i = 0; i < 400; i++) {
		unsigned int n = dice_below(&dice, 2) ? 0 : dice_below(&dice, WORLD_PORTS);
		u8 octets[ACTIONS_MAX];
		struct attrs wanted = { .p = octets, .room = sizeof(octets) };
		struct world_frame f;

		if (i % 100 == 99) {
			world_make(&dice, &other);
			w.ports[n].acl = other.ports[n].acl;
			memcpy(w.blobs[n], other.blobs[n], WORLD_BLOB_MAX);
			w.blob_len[n] = other.blob_len[n];
			set_program(&b, n, &w);
		}
		world_frame_make(&dice, &f);
		/* addresses that come and go */
		if (f.len >= 14 && dice_below(&dice, 2)) {
			f.octets[11] = (u8)(1 + dice_below(&dice, 5));
			if (!(f.octets[0] & 1))
				f.octets[5] = (u8)(1 + dice_below(&dice, 5));
		}
		for (unsigned int again = 0; again < 2; again++) {
			wanted.len = 0;
			if (f.len < 14 || !decide_afresh(&b, n, f.octets, f.len, &wanted))
				break;
			*hits += receive(b.s, b.numbers[n], f.octets, f.len);
			++*frames;
			if (kernel.done_len != wanted.len ||
			    memcmp(kernel.done, octets, wanted.len))
				fail_msg("world %u, frame %u.%u: other actions", number, i, again);
		}
		assert_int_equal(kernel.flow_count, flow_switch_counts(b.s)->flows);
	}
	bed_end(&b);
}

static void same_as_afresh(void **state)
{
	const char *text = getenv("WORLDS");
	unsigned int worlds = text ? (unsigned int)strtoul(text, NULL, 10) : WORLDS;
	uint64_t frames = 0, hits = 0;

	for (unsigned int i = 0; i < worlds; i++)
		one_world(i, &frames, &hits);
	if (text)
		print_message("%llu frames, %llu had a flow\n", (unsigned long long)frames,
			      (unsigned long long)hits);
	assert_true(hits > frames / 4);
}

static int program_of(struct flow_switch *s, u32 number, u32 acl, const struct vs_acl *view)
{
	struct problem problem;
	struct blob b;

	blob_init(&b, VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD, 0, VLANS(0), VLANS(0));
	blob_forget_macs(&b);
	b.hdr.fdb_max = 10;
	b.hdr.acl = acl;
	b.hdr.connections_max = acl ? 1 : 0;
	return flow_switch_program(s, number, &b, b.hdr.total_len, view, &problem);
}

/*
 * A flow that looked at addresses alone goes when rules come that look at ports, even where
 * they say of the frame that made it what was said before.
 */
static void closer_look(void **state)
{
	static const struct rule deny = {
		.action = VIFSWITCH_ACL_DENY, .directions = 1, .families = 1,
		.dim[VIFSWITCH_ACL_L4_DST] = { 53, 53, true },
	};
	const u8 defaults[] = { VIFSWITCH_ACL_ALLOW, VIFSWITCH_ACL_ALLOW };
	const u8 flags[] = { VIFSWITCH_ACL_RF_STATELESS, VIFSWITCH_ACL_RF_STATELESS };
	struct acl_blob blob = make_acl(&deny, 1, defaults, flags);
	struct vs_program_error err;
	struct flow_switch *s;
	struct vs_acl acl;
	u32 a, b;
	size_t len;
	u8 *p = frame_of(ETH "0800 4500001c 00000000 40110000 0a000001 0a000002 1388 0050 0008 0000",
			 &len);

	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(vs_acl_parse(blob.data, blob.len, &acl, &err), 0);
	assert_int_equal(flow_switch_new(NULL, "sw0", &s), 0);
	assert_int_equal(flow_switch_add(s, "a", NULL, 0, &a), 0);
	assert_int_equal(flow_switch_add(s, "b", NULL, 0, &b), 0);
	assert_int_equal(program_of(s, a, 0, NULL), 0);
	assert_int_equal(program_of(s, b, 0, NULL), 0);
	receive(s, a, p, len);
	assert_true(receive(s, a, p, len) && kernel.done_len);
	assert_int_equal(program_of(s, a, 1, &acl), 0);
	p[37] = 53;
	assert_false(receive(s, a, p, len));
	assert_int_equal(kernel.done_len, 0);
	p[37] = 80;
	receive(s, a, p, len);
	assert_true(receive(s, a, p, len) && kernel.done_len);
	flow_switch_close(s, false);
	free(blob.data);
	free(p);
}

/* A frame from one of the addresses 1 to 3 to another; the ports it goes to, as bits. */
static u32 sent(struct flow_switch *s, u32 number, u8 from, u8 to)
{
	u8 p[60] = "\x02\0\0\0\0\0\x02\0\0\0\0\0\x88\xb5";
	u32 ports = 0, port;

	p[5] = to;
	p[11] = from;
	receive(s, number, p, sizeof(p));
	for (size_t at = 0; at < kernel.done_len; at += 8) {
		memcpy(&port, kernel.done + at + 4, sizeof(port));
		ports |= 1U << port;
	}
	return ports;
}

/* Flows neither lead to where an address was, nor hide that it is somewhere else now. */
static void moves(void **state)
{
	struct flow_switch *s;
	u32 ports[3];

	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(flow_switch_new(NULL, "sw0", &s), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(flow_switch_add(s, "a", NULL, 0, &ports[i]), 0);
		assert_int_equal(program_of(s, ports[i], 0, NULL), 0);
	}
	for (unsigned int i = 0; i < 2; i++)	/* nobody knows it */
		assert_int_equal(sent(s, 1, 1, 2), 1U << 2 | 1U << 3);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int at = 2; at <= 3; at++) {
			for (unsigned int i = 0; i < 2; i++) {
				assert_int_equal(sent(s, at, 2, 1), 1U << 1);
				assert_int_equal(sent(s, 1, 1, 2), 1U << at);
			}
		}
	}
	flow_switch_age(s, UINT64_MAX);
	assert_int_equal(sent(s, 1, 1, 2), 1U << 2 | 1U << 3);
	assert_int_equal(flow_switch_remove(s, 3), 0);
	assert_int_equal(sent(s, 1, 1, 2), 1U << 2);
	flow_switch_close(s, false);
}

/*
 * Who comes after one that was killed: what has a flow goes on by it, addresses are where the
 * flows say, and a flow that does what is not wanted any more goes.
 */
static void adopted(void **state)
{
	static const u32 none[VS_LIMITS];
	struct flow_switch *s;
	u32 ports[3];

	memset(&kernel, 0, sizeof(kernel));
	assert_int_equal(flow_switch_new(NULL, "sw0", &s), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(flow_switch_add(s, "a", NULL, 0, &ports[i]), 0);
		assert_int_equal(program_of(s, ports[i], 0, NULL), 0);
	}
	sent(s, 1, 1, 2);
	sent(s, 2, 2, 1);
	assert_int_equal(sent(s, 1, 1, 2), 1U << 2);
	flow_switch_close(s, true);
	assert_int_equal(flow_switch_adopt(NULL, 7, &s), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(flow_switch_take(s, ports[i], NULL, 0, none), 0);
		if (i < 2)
			assert_int_equal(program_of(s, ports[i], 0, NULL), 0);
	}
	assert_int_equal(flow_switch_adopt_flows(s, 1), 0);
	assert_int_equal(flow_switch_counts(s)->adopted, 2);
	assert_int_equal(flow_switch_counts(s)->flows, 2);
	assert_int_equal(sent(s, 1, 1, 2), 1U << 2);
	assert_int_equal(sent(s, 2, 2, 1), 1U << 1);
	assert_int_equal(flow_switch_counts(s)->misses, 0);
	assert_int_equal(flow_switch_program(s, 2, NULL, 0, NULL, NULL), 0);
	assert_int_equal(kernel.flow_count, 0);
	assert_int_equal(sent(s, 1, 1, 2), 0);
	/* dom0's own address leads to dom0, and nobody else may send from it */
	assert_int_equal(program_of(s, OVSP_LOCAL, 0, NULL), 0);
	flow_switch_local(s, (const u8 *)"\x02\0\0\0\0\x03");
	assert_int_equal(sent(s, 1, 1, 3), 1U << 0);
	assert_int_equal(sent(s, 1, 3, 1), 0);
	assert_int_equal(flow_switch_counts(s)->last, VIFSWITCH_DROP_MAC_CLAIMED);
	assert_int_equal(flow_switch_program(s, OVSP_LOCAL, NULL, 0, NULL, NULL), 0);
	/* the number of one that left is another's: nothing of it is left */
	assert_int_equal(program_of(s, 2, 0, NULL), 0);
	sent(s, 2, 2, 1);
	kernel.ports = 1;
	assert_int_equal(flow_switch_add(s, "b", NULL, 0, &ports[1]), 0);
	assert_int_equal(ports[1], 2);
	assert_int_equal(kernel.flow_count, 1);		/* of what was not to be sent */
	assert_int_equal(flow_switch_counts(s)->flows, kernel.flow_count);
	flow_switch_close(s, false);
}

/* A port that makes many flows: its own go, the oldest first, and masks are few. */
static void bounded(void **state)
{
	struct dice dice = { .state = 1 };
	const struct flow_switch_counts *c;
	struct bed b = {};
	struct world w;
	struct world_frame f;
	u8 *h;

	do {
		world_make(&dice, &w);
	} while (!w.ports[0].program || !w.ports[1].program || w.programs[0].stormy ||
		 w.programs[1].stormy || w.programs[0].acl || w.programs[1].acl ||
		 !(w.programs[1].flags & VIFSWITCH_PF_LEARN));
	bed_make(&b, &w);
	world_frame_make(&dice, &f);
	h = f.octets;
	memset(h, 0, sizeof(f.octets));
	memcpy(h, "\xff\xff\xff\xff\xff\xff\x00\x16\x3e\x00\x00\x01\x88\xb5", 14);
	receive(b.s, b.numbers[0], h, 60);
	assert_true(receive(b.s, b.numbers[0], h, 60));
	memcpy(h + 6, "\x02\0\0\0", 4);
	for (unsigned int i = 1; i <= FLOW_PORT_MAX + 50; i++) {
		h[10] = (u8)(i >> 8);
		h[11] = (u8)i;
		receive(b.s, b.numbers[1], h, 60);
	}
	c = flow_switch_counts(b.s);
	assert_int_equal(c->flows, FLOW_PORT_MAX + 1);
	assert_true(c->evicted >= 50 && c->masks <= FLOW_MASKS_MAX);
	/* the newest has one, the oldest has not, the other port's is untouched */
	assert_true(receive(b.s, b.numbers[1], h, 60));
	memcpy(h + 6, "\x00\x16\x3e\x00\x00\x01", 6);
	assert_true(receive(b.s, b.numbers[0], h, 60));
	bed_end(&b);
}

/* What cannot be put in force is done by hand, and counted nowhere. */
static void refused_by_kernel(void **state)
{
	struct dice dice = { .state = 1 };
	struct bed b = {};
	struct world w;
	struct world_frame f;

	world_make(&dice, &w);
	bed_make(&b, &w);
	kernel.refuses = true;
	for (unsigned int i = 0; i < 50; i++) {
		world_frame_make(&dice, &f);
		receive(b.s, b.numbers[i % WORLD_PORTS], f.octets, f.len);
	}
	assert_int_equal(flow_switch_counts(b.s)->flows, 0);
	assert_int_equal(flow_switch_counts(b.s)->masks, 0);
	bed_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_afresh), cmocka_unit_test(closer_look),
		cmocka_unit_test(moves), cmocka_unit_test(adopted),
		cmocka_unit_test(bounded),
		cmocka_unit_test(refused_by_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
