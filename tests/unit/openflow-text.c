// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows as text: read, sent, told, printed; and where it points when something is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "openflow/action-rows.h"
#include "openflow/client/flow-wire.h"
#include "openflow/text/flow-text.h"

static const struct port_name ports[] = { { 1, "vif1.0" }, { 2, "vif2.0" } };
static const struct port_names names = { ports, 2 };

/* What is printed of it after it was sent and told in @version. */
static char *round_trip(const char *text, uint8_t version)
{
	struct flow_problem problem;
	struct of_flow_mod fm, told;
	struct of_message m;
	struct of_out out = {};
	struct of_flow flow;
	size_t len = strlen(text);
	char *copy = malloc(len + !len), *printed = NULL;
	FILE *f;

	/* No NUL behind it: what reads too far is seen. */
	memcpy(copy, text, len);
	if (flow_text_parse(copy, len, FLOW_TEXT_ADD, &names, &fm, NULL, &problem) < 0) {
		fail_msg("%s: %zu: %s", text, problem.at, problem.text);
	}
	free(copy);
	wire_flow_mod(&out, version, 7, &fm);
	flow_mod_deinit(&fm);
	assert_true(message_parse(out.data, out.len, &m));
	assert_int_equal(flow_mod_decode(&m, false, &told), OFE_OK);
	out_deinit(&out);
	flow = wire_flow_of(&told);
	f = open_memstream(&printed, &len);
	flow_text_print(&flow, f);
	fclose(f);
	free(flow.match);
	flow_mod_deinit(&told);
	return printed;
}

static const struct {
	const char *text, *printed;	/* NULL: the same, with priority=32768 before it */
} flows[] = {
	{ "actions=drop", "priority=32768 actions=drop" },
	{ "priority=5,ip,nw_src=10.1.2.3/8,actions=output:1", "priority=5,ip,nw_src=10.0.0.0/8 actions=output:1" },
	{ "nw_src=10.0.0.0/255.0.0.0 ip actions=vif2.0", "priority=32768,ip,nw_src=10.0.0.0/8 actions=output:2" },
	{ "in_port=vif1.0,actions=NORMAL", "priority=32768,in_port=1 actions=NORMAL" },
	{ "in_port=LOCAL,actions=IN_PORT,FLOOD,ALL,LOCAL,CONTROLLER",
	  "priority=32768,in_port=LOCAL actions=IN_PORT,FLOOD,ALL,LOCAL,CONTROLLER:65535" },
	{ "table=3,cookie=0x1f,idle_timeout=5,hard_timeout=6,send_flow_rem,tcp,tp_dst=80,actions=controller:128",
	  "table=3,cookie=0x1f,idle_timeout=5,hard_timeout=6,send_flow_rem,priority=32768,tcp,tcp_dst=80 "
	  "actions=CONTROLLER:128" },
	{ "cookie=0x0, duration=1.5s, table=1, n_packets=3, n_bytes=180, idle_age=1, priority=7,udp,tp_src=53 "
	  "actions=resubmit(,5)", "table=1,priority=7,udp,udp_src=53 actions=resubmit(,5)" },
	{ "arp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_proto=1,arp_sha=02:0:0:0:0:1,actions=drop",
	  "priority=32768,arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01 actions=drop" },
	{ "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1,nd_sll=02:00:00:00:00:01,actions=drop",
	  "priority=32768,icmp6,icmpv6_type=135,icmpv6_code=0,nd_target=fe80::1,nd_sll=02:00:00:00:00:01 actions=drop" },
	{ "dl_vlan=5,dl_vlan_pcp=3,actions=strip_vlan,mod_vlan_vid:7,mod_vlan_pcp:1,1",
	  "priority=32768,dl_vlan=5,dl_vlan_pcp=3 actions=pop_vlan,mod_vlan_vid:7,mod_vlan_pcp:1,output:1" },
	{ "dl_vlan=0xffff,actions=drop", "priority=32768,vlan_tci=0x0000/0x1fff actions=drop" },
	{ "tcp,tcp_flags=syn|ack,actions=drop", "priority=32768,tcp,tcp_flags=0x0012 actions=drop" },
	{ "vlan_tci=0,actions=drop", "priority=32768,vlan_tci=0x0000/0x1fff actions=drop" },
	{ "vlan_tci=0x0000/0xffff,actions=drop", NULL },
	{ "vlan_tci=0x1000/0x1000,actions=drop", "priority=32768,vlan_tci=0x1000/0x1000 actions=drop" },
	{ "vlan_tci=0x3000/0x3000,actions=drop", "priority=32768,vlan_tci=0x3000/0x3000 actions=drop" },
	{ "vlan_vid=0x1005/0x100f,actions=drop", "priority=32768,vlan_tci=0x1005/0x100f actions=drop" },
	{ "tcp6,ipv6_src=fe80::/10,tcp_flags=+syn-ack,actions=drop",
	  "priority=32768,tcp6,ipv6_src=fe80::/10,tcp_flags=+syn-ack actions=drop" },
	{ "ip,nw_frag=not_later,nw_tos=0x20,nw_ecn=1,nw_ttl=9,actions=dec_ttl",
	  "priority=32768,ip,ip_dscp=8,nw_ecn=1,nw_ttl=9,nw_frag=not_later actions=dec_ttl" },
	{ "reg3=0x5/0xff,xreg2=0x1,metadata=7/0xf,tun_id=9,actions=drop",
	  "priority=32768,metadata=0x7/0xf,tun_id=0x9,reg3=0x5/0xff,reg4=0x0,reg5=0x1 actions=drop" },
	{ "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,dl_type=0x88cc,actions=drop", NULL },
	{ "ip,nw_proto=47,actions=push_vlan:0x8100,set_field:4103->vlan_vid,output:1",
	  "priority=32768,ip,nw_proto=47 actions=push_vlan:0x8100,set_field:0x1007->vlan_vid,output:1" },
	{ "tcp,actions=mod_dl_src:02:00:00:00:00:01,mod_nw_dst:10.0.0.9,mod_tp_dst:8080,mod_nw_tos:16,output:1",
	  "priority=32768,tcp actions=set_field:02:00:00:00:00:01->dl_src,set_field:10.0.0.9->nw_dst,"
	  "set_field:8080->tcp_dst,set_field:4->ip_dscp,output:1" },
	{ "ip,actions=load:0x5->NXM_NX_REG0[8..15],move:NXM_OF_IP_SRC[0..7]->NXM_NX_REG1[8..15],output:reg1[]",
	  "priority=32768,ip actions=load:0x5->reg0[8..15],move:nw_src[0..7]->reg1[8..15],output:reg1[]" },
	{ "actions=set_field:0x50/0xf0->reg2,load:1->OXM_OF_METADATA[3]",
	  "priority=32768 actions=load:0x5->reg2[4..7],load:0x1->metadata[3]" },
	{ "actions=set_tunnel:7,output:1", "priority=32768 actions=set_field:0x7->tun_id,output:1" },
	{ "actions=group:5,resubmit:2,resubmit(1,2),exit", "priority=32768 actions=group:5,resubmit:2,resubmit(1,2),exit" },
	{ "actions=note:01.02.ff.00.00.00,controller(reason=no_match,max_len=99,id=7),controller(userdata=01.02)",
	  NULL },
	{ "actions=clone(load:0x1->reg0[],output:1),output:2", NULL },
	{ "tcp,actions=fin_timeout(idle_timeout=5)", NULL },
	{ "tcp,actions=conjunction(3,1/2),conjunction(4,2/3)", NULL },
	{ "ip,actions=push_mpls:0x8847,dec_mpls_ttl,output:1", NULL },
	{ "conj_id=3,ip,actions=drop", "priority=32768,ip,conj_id=0x3 actions=drop" },
	{ "actions=meter:4,output:1,clear_actions,write_actions(pop_vlan,output:2),write_metadata:0x5/0xff,goto_table:9",
	  NULL },
	{ "actions=output(port=1,max_len=100)", NULL },
	{ "actions=set_queue:3,output:1,pop_queue", NULL },
	{ "sctp,tp_dst=7,actions=drop", "priority=32768,sctp,sctp_dst=7 actions=drop" },
	{ "icmp,tp_src=8,tp_dst=0,actions=drop", "priority=32768,icmp,icmp_type=8,icmp_code=0 actions=drop" },
};

static void test_round_trips(void **state)
{
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		_cleanup_free_ char *printed = round_trip(flows[i].text, OF14), *again = NULL;
		char expected[512];

		if (flows[i].printed) {
			assert_string_equal(printed, flows[i].printed);
		} else {
			const char *actions = strstr(flows[i].text, "actions=");

			snprintf(expected, sizeof(expected), "priority=32768%s%.*s %s",
				 actions > flows[i].text ? "," : "", actions > flows[i].text ?
				 (int)(actions - flows[i].text - 1) : 0, flows[i].text, actions);
			assert_string_equal(printed, expected);
		}
		again = round_trip(printed, OF14);
		assert_string_equal(again, printed);
		for (uint8_t v = OF13; v <= OF15; v++)
			free(round_trip(printed, v));
	}
}

/* "^" stands below what is pointed at. */
static const struct {
	enum flow_text_use use;
	const char *text;
	size_t at, len;
	const char *says;
} faults[] = {
	{ FLOW_TEXT_ADD, "priority=70000,actions=drop", 9, 5, "0 to 65535" },
	{ FLOW_TEXT_ADD, "ip,nw_src=10.0.0.300,actions=drop", 10, 10, "an IPv4 address" },
	{ FLOW_TEXT_ADD, "nw_src=10.0.0.1,actions=drop", 0, 15, "ip" },
	{ FLOW_TEXT_ADD, "tp_dst=80,actions=drop", 0, 9, "tcp" },
	{ FLOW_TEXT_ADD, "ip,colour=red,actions=drop", 3, 6, "no field" },
	{ FLOW_TEXT_ADD, "ip", 2, 0, "actions=" },
	{ FLOW_TEXT_ADD, "actions=", 8, 0, "actions are missing" },
	{ FLOW_TEXT_ADD, "actions=output:1,outputt:2", 17, 7, "neither an action nor a port" },
	{ FLOW_TEXT_ADD, "actions=output:vif9.0", 15, 6, "no port of that name" },
	{ FLOW_TEXT_ADD, "actions=multipath(x)", 8, 9, "neither an action" },
	{ FLOW_TEXT_ADD, "actions=learn(table=1,no_field=3)", 22, 8, "no field of that name" },
	{ FLOW_TEXT_ADD, "actions=ct(table=1,nat)", 19, 3, "commit, table and zone" },
	{ FLOW_TEXT_ADD, "actions=clone(output:1", 13, 1, "not closed" },
	{ FLOW_TEXT_ADD, "table=5,actions=output:1,goto_table:5", 25, 12, "later table" },
	{ FLOW_TEXT_ADD, "actions=output:1,mod_nw_src:10.0.0.1", 17, 19, "that field" },
	{ FLOW_TEXT_ADD, "actions=goto_table:3,output:1", 8, 21, "in this order" },
	{ FLOW_TEXT_ADD, "actions=conjunction(3,1/2),output:1", 27, 8, "conjunction" },
	{ FLOW_TEXT_ADD, "actions=load:0x100->reg0[0..7]", 13, 5, "8 bits" },
	{ FLOW_TEXT_ADD, "actions=load:1->reg0[30..40]", 21, 6, "0 to 31" },
	{ FLOW_TEXT_ADD, "actions=move:reg0[0..3]->reg1[0..7]", 25, 10, "4 bits" },
	{ FLOW_TEXT_ADD, "dl_vlan=4096,actions=drop", 8, 4, "0 to 4095" },
	{ FLOW_TEXT_ADD, "in_port=1,in_port=2,actions=drop", 10, 9, "twice" },
	{ FLOW_TEXT_ADD, "tcp,tcp_flags=+syn+fish,actions=drop", 19, 4, "a flag of TCP" },
	{ FLOW_TEXT_ADD, "dl_type=0x800/0xff,actions=drop", 14, 4, "no mask" },
	{ FLOW_TEXT_ADD, "cookie=1/2,actions=drop", 7, 3, "no mask" },
	{ FLOW_TEXT_MODIFY, "cookie=1,actions=drop", 0, 8, "keeps its cookie" },
	{ FLOW_TEXT_FILTER, "ip,actions=drop", 3, 7, "no actions" },
	{ FLOW_TEXT_FILTER, "idle_timeout=3", 0, 14, "not looked for" },
	{ FLOW_TEXT_FILTER, "table=254", 6, 3, "0 to 253" },
};

static void test_faults(void **state)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct flow_problem problem;
		struct of_flow_mod fm;

		assert_int_equal(flow_text_parse(faults[i].text, strlen(faults[i].text),
						 faults[i].use, &names, &fm, NULL, &problem),
				 -22);
		if (problem.at != faults[i].at || problem.len != faults[i].len ||
		    !strstr(problem.text, faults[i].says))
			fail_msg("%s: %zu, %zu: %s", faults[i].text, problem.at, problem.len,
				 problem.text);
	}
}

static void test_filters(void **state)
{
	struct flow_problem problem;
	struct of_flow_mod fm;
	bool said;

	assert_int_equal(flow_text_parse("", 0, FLOW_TEXT_FILTER, NULL, &fm, &said, &problem), 0);
	assert_int_equal(fm.table, OF_TABLE_ALL);
	assert_false(said);
	assert_int_equal(flow_text_parse("cookie=5/0xf,priority=1,out_port=2", 34, FLOW_TEXT_FILTER, NULL, &fm,
					 &said, &problem), 0);
	assert_int_equal(fm.filter, 5);
	assert_int_equal(fm.filter_mask, 15);
	assert_int_equal(fm.out_port, 2);
	assert_true(said);
}

/* No kind of action is without a word, so none is printed as unknown. */
static void test_each_action_has_a_word(void **state)
{
	bool found[ACT_KINDS] = {};

	for (unsigned int i = 0; i < action_row_count; i++) {
		assert_non_null(action_rows[i].word);
		found[action_rows[i].kind] = true;
	}
	for (unsigned int i = 0; i < ACT_KINDS; i++)
		assert_true(found[i]);
}

/* Each field, alone, comes back. */
static void test_each_field(void **state)
{
	static const struct {
		uint8_t needs;
		const char *text;
	} before[] = {
		{ NEEDS_VLAN, "dl_vlan=5," }, { NEEDS_IP4, "ip," }, { NEEDS_IP6, "ipv6," }, { NEEDS_IP, "ip," },
		{ NEEDS_ARP, "arp," }, { NEEDS_TCP, "tcp," }, { NEEDS_UDP, "udp," }, { NEEDS_SCTP, "sctp," },
		{ NEEDS_ICMP4, "icmp," }, { NEEDS_ICMP6, "icmp6," },
		{ NEEDS_ND, "icmp6,icmpv6_type=135,icmpv6_code=0," },
		{ NEEDS_NS, "icmp6,icmpv6_type=135,icmpv6_code=0," },
		{ NEEDS_NA, "icmp6,icmpv6_type=136,icmpv6_code=0," }, { NEEDS_NOTHING, "" },
	};

	for (unsigned int i = 0; i < of_field_count; i++) {
		const struct of_field *f = &of_fields[i];
		const char *value = f->flags & FIELD_MAC ? "02:00:00:00:00:01" :
			f->flags & FIELD_IP4 ? "10.0.0.1" : f->flags & FIELD_IP6 ? "fe80::1" :
			f->first == VIFSWITCH_OF_VLAN_TCI && f->bits > 3 ? "0x1005" : f->wire_shift ? "4" : "1";

		for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
			char text[200];

			if (before[k].needs != f->needs)
				continue;
			snprintf(text, sizeof(text), "%s%s=%s,actions=drop", before[k].text, f->name, value);
			free(round_trip(text, OF14));
			free(round_trip(text, OF15));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_each_action_has_a_word),
		cmocka_unit_test(test_each_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
