// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "datapath/ko/program-view.h"
#include "show/switch-document.h"
#include "tests/unit/core-helpers.h"
#include "tests/unit/show-sample.h"

struct owner sample_owner(const char *name, const char *uuid, uint32_t domid, uint32_t devid)
{
	struct owner owner = { .known = true, .name = name, .domid = domid,
			       .identity = { .has_uuid = true, .devid = devid } };

	assert_true(uuid_parse(uuid, strlen(uuid), owner.identity.uuid));
	return owner;
}

static struct link half(uint32_t ifindex, const char *name, uint32_t domid, uint32_t devid)
{
	struct link link = { .ifindex = ifindex, .mtu = 1500 };

	strcpy(link.name, name);
	link.is_half = link_parse_name(name, &link.domid, &link.devid, &link.half);
	return link;
}

static void access_100(struct blob *b, uint64_t rate_bps)
{
	blob_init(b, VIFSWITCH_PF_GUARD, 100, VLANS(100), VLANS(100));
	b->hdr.rate_bps = rate_bps;
	b->hdr.rate_burst = rate_bps ? 6250 : 0;
}

static json_t *port_of_web(bool kernel)
{
	static const struct link link_of[] = { { .ifindex = 9, .name = "vif3.0", .mtu = 1500,
						 .is_half = true, .domid = 3 } };
	struct dp_port dp = {
		.sw = 4, .ifindex = 9, .name = "vif3.0", .cookie = WEB "/0",
		.cookie_len = strlen(WEB "/0"), .fdb_count = 5, .connections = 2,
		.counters = { [VIFSWITCH_CTR_FROM_PACKETS] = 7,
			      [VIFSWITCH_CTR_FROM_BYTES] = 12939428,
			      [VIFSWITCH_CTR_TO_PACKETS] = 1, [VIFSWITCH_CTR_TO_BYTES] = 60 },
		.drops = { [VIFSWITCH_DROP_MAC_GUARD] = 3 },
	};
	struct port_facts facts = { .dp = &dp, .link = link_of, .sw = "xenbr0" };
	_cleanup_free_ struct port_policy *policy = NULL;
	_cleanup_(json_decrefp) json_t *sources = NULL;
	struct blob program;

	access_100(&program, 1000000);
	dp.policy = policy = program_read(&program, sizeof(program));
	if (kernel) {
		owner_from_cookie(&facts.owner, dp.cookie, dp.cookie_len);
		return port_json(&facts);
	}
	facts.owner = sample_owner("web", WEB, 3, 0);
	facts.number = 1048600;
	facts.has_backend = true;
	facts.state = "active";
	facts.admin_state = "up";
	facts.policy = "database";
	facts.qos = "gold";
	facts.acl = "web";
	facts.to_bps = 5000000;
	facts.sources = sources = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "switch", "config",
					    "vlan", "database", "acl", "database", "qos", "copy",
					    "rate-from-vm", "qos", "mac-lock", "config");
	return port_json(&facts);
}

json_t *sample_port(void)
{
	return port_of_web(false);
}

json_t *sample_port_of_kernel(void)
{
	return port_of_web(true);
}

static json_t *twin_of_web(void)
{
	struct link link = half(10, "vif3.0-emu", 3, 0);
	_cleanup_free_ struct port_policy *policy = NULL;
	struct blob program;

	access_100(&program, 0);
	policy = program_read(&program, sizeof(program));
	return port_json(&(struct port_facts){
		.link = &link, .sw = "xenbr0", .owner = sample_owner("web", WEB, 3, 0),
		.half = HALF_TAP, .state = "plugged", .policy_wanted = policy });
}

static json_t *uplink(void)
{
	struct link link = { .ifindex = 2, .name = "eth0", .mtu = 1500 };
	struct dp_port dp = { .sw = 4, .ifindex = 2, .name = "eth0", .cookie = "uplink:eth0",
			      .cookie_len = strlen("uplink:eth0"),
			      .counters = { [VIFSWITCH_CTR_FROM_BYTES] = 1024,
					    [VIFSWITCH_CTR_TO_BYTES] = 60 } };
	_cleanup_free_ struct port_policy *policy = NULL;
	struct blob program;

	blob_init(&program, VIFSWITCH_PF_UPLINK, 0, VLANS(0), VLANS(0));
	program.hdr.mac_count = program.hdr.mac_offset = 0;
	for (unsigned int vid = 1; vid <= VIFSWITCH_VID_MAX; vid++)
		vs_bit_set(program.allowed, vid);
	dp.policy = policy = program_read(&program, sizeof(program));
	return port_json(&(struct port_facts){ .link = &link, .dp = &dp, .sw = "xenbr0" });
}

static json_t *trunk_of_db(void)
{
	struct link link = half(11, "vif4.1", 4, 1);
	_cleanup_free_ struct port_policy *policy = NULL;
	struct blob program;

	blob_init(&program, VIFSWITCH_PF_GUARD, VIFSWITCH_VID_NONE, VLANS(20), VLANS());
	for (unsigned int vid = 30; vid <= 40; vid++)
		vs_bit_set(program.allowed, vid);
	policy = program_read(&program, sizeof(program));
	return port_json(&(struct port_facts){
		.link = &link, .sw = "xenbr0", .owner = sample_owner("db", DB, 4, 1),
		.state = "plugged", .policy_wanted = policy });
}

json_t *sample_show(void)
{
	struct link xenbr0 = { .ifindex = 4, .name = "xenbr0", .flags = IFF_UP, .mtu = 1500,
			       .is_switch = true };
	json_t *switches = json_array(), *ports = json_array();

	json_array_append_new(switches, switch_json(&(struct switch_facts){
		.name = "xenbr0", .link = &xenbr0, .ageing_ms = 300000, .fdb_count = 5 }));
	json_array_append_new(switches, switch_json(&(struct switch_facts){
		.name = "xenbr1", .error = "no such netdev" }));
	json_array_append_new(ports, sample_port());
	json_array_append_new(ports, twin_of_web());
	json_array_append_new(ports, uplink());
	json_array_append_new(ports, trunk_of_db());
	json_array_append_new(ports, port_json(&(struct port_facts){
		.sw = "nosuch", .owner = sample_owner("3", THREE, 12, 0), .state = "failed",
		.error = "no switch \"nosuch\"" }));
	return show_document(&(struct host_facts){ .xenstore = true, .database = "off" }, NULL,
			     switches, ports);
}
