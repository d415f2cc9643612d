// SPDX-License-Identifier: GPL-2.0-or-later
/* What a driver tells of its virtual functions, and whose each is. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <cmocka.h>

#include "policy/fields.h"
#include "vf/vfs.h"

/* ---- what is told ---- */

static void put_vf(struct nl_msg *msg, uint32_t number, uint32_t state, uint32_t trust)
{
	struct ifla_vf_mac mac = { number, { 2, 0, 0, 0, 0, (uint8_t)number } };
	struct ifla_vf_vlan vlan = { number, 100, 5 };
	struct ifla_vf_rate rate = { number, 0, 50 };
	struct ifla_vf_spoofchk check = { number, 1 };
	struct ifla_vf_link_state link = { number, state };
	struct ifla_vf_trust trusted = { number, trust };
	struct nlattr *nest = nla_nest_start(msg, IFLA_VF_INFO);

	nla_put(msg, IFLA_VF_MAC, sizeof(mac), &mac);
	nla_put(msg, IFLA_VF_VLAN, sizeof(vlan), &vlan);
	nla_put(msg, IFLA_VF_RATE, sizeof(rate), &rate);
	nla_put(msg, IFLA_VF_SPOOFCHK, sizeof(check), &check);
	nla_put(msg, IFLA_VF_LINK_STATE, sizeof(link), &link);
	nla_put(msg, IFLA_VF_TRUST, sizeof(trusted), &trusted);
	nla_nest_end(msg, nest);
}

static struct nl_msg *link_message(uint16_t type)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);
	struct ifinfomsg info = { .ifi_index = 5 };

	assert_int_equal(nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO), 0);
	return msg;
}

/* One that the driver does not tell of may be open: it must not pass for closed. */
static void test_told(void **state)
{
	struct nl_msg *msg = link_message(RTM_NEWLINK);
	struct vf_setting vfs[VF_NUMBERS_MAX] = {};
	struct nlattr *list;
	size_t count = 7;

	nla_put_u32(msg, IFLA_NUM_VF, 4);
	list = nla_nest_start(msg, IFLA_VFINFO_LIST);
	put_vf(msg, 0, IFLA_VF_LINK_STATE_DISABLE, 0);
	put_vf(msg, 1, IFLA_VF_LINK_STATE_AUTO, 1);
	put_vf(msg, 2, IFLA_VF_LINK_STATE_ENABLE, UINT32_MAX);
	put_vf(msg, VF_NUMBERS_MAX, IFLA_VF_LINK_STATE_AUTO, 0);
	nla_nest_end(msg, list);
	assert_int_equal(vf_link_parse(nlmsg_hdr(msg), vfs, &count), 0);
	assert_int_equal(count, 4);
	assert_true(vfs[0].known && !vfs[0].is.open && vfs[0].is.checked && !vfs[0].is.trusted);
	assert_int_equal(vfs[0].is.vlan, 100);
	assert_int_equal(vfs[0].is.pcp, 5);
	assert_int_equal(vfs[0].is.mbps, 50);
	assert_true(vfs[1].known && vfs[1].is.open && vfs[1].is.trusted);
	assert_int_equal(vfs[1].is.mac[5], 1);
	assert_true(!vfs[2].known && vfs[2].is.open);
	assert_true(!vfs[3].known && vfs[3].is.open);
	nlmsg_free(msg);

	msg = link_message(RTM_DELLINK);
	assert_int_equal(vf_link_parse(nlmsg_hdr(msg), vfs, &count), -EBADMSG);
	assert_int_equal(count, 4);
	nlmsg_free(msg);
}

/* ---- whose each is ---- */

struct bed {
	struct domains domains;
	struct xen_pcis pcis;
	struct policies policies;
	struct config config;
	struct vfs vfs;
	struct vf_world world;
	bool known;
	struct xen_pci lists[2];
};

static bool knows(const uint8_t vm[16], void *arg)
{
	return ((struct bed *)arg)->known;
}

/* The devices that a domain has; none: it has gone. */
static void give(struct bed *b, unsigned int which, uint32_t domid, const char *const *devices)
{
	struct xen_pci *pci = &b->lists[which];

	if (pci->domain) {
		map_remove(&b->pcis.by_domid, pci->domid);
		domains_release(&b->domains, pci->domid);
	}
	*pci = (struct xen_pci){ .domid = domid };
	if (!devices)
		return;
	pci->domain = domains_hold(&b->domains, domid);
	domain_set_uuid(pci->domain, (uint8_t[16]){ [15] = (uint8_t)domid });
	for (; *devices; devices++)
		strcpy(pci->devices[pci->count++], *devices);
	assert_int_equal(map_put(&b->pcis.by_domid, domid, pci), 0);
}

static void put_port(struct bed *b, unsigned int vm, unsigned int devid, const char *more)
{
	char text[512];
	json_t *json;

	snprintf(text, sizeof(text), "{\"_uuid\": [\"uuid\", \"00000000-0000-4000-8000-%06x%06x\"],"
		 "\"vm\": [\"uuid\", \"00000000-0000-0000-0000-0000000000%02x\"], \"devid\": %u,"
		 "\"tag\": %u, \"mac_lock\": \"02:00:00:00:%02x:%02x\", \"allow\": [\"set\","
		 "[\"router-advertisement\", \"dhcp-server\", \"control\", \"stacked\"]]%s}",
		 vm, devid, vm, devid, 100 + devid, vm, devid, more);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_int_equal(policies_put(&b->policies, OBJECT_PORT, json), 0);
	json_decref(json);
}

static void judge(struct bed *b)
{
	vfs_judge(&b->vfs, &b->world);
}

static int set_up(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	b->world = (struct vf_world){
		.pcis = &b->pcis, .policies = &b->policies, .config = &b->config,
		.knows = knows, .arg = b,
	};
	b->known = true;
	vfs_list(&b->vfs, (const char[][IFNAMSIZ]){ "nic0" }, 1);
	assert_int_equal(vf_nic_resize(&b->vfs.nics[0], 3), 0);
	for (unsigned int i = 0; i < 3; i++) {
		struct vf *vf = &b->vfs.nics[0].vfs[i];

		snprintf(vf->address, sizeof(vf->address), "0000:07:10.%u", i);
		vf->has.known = true;
	}
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *b = *state;

	give(b, 0, 0, NULL);
	give(b, 1, 0, NULL);
	map_deinit(&b->pcis.by_domid);
	domains_deinit(&b->domains);
	vfs_deinit(&b->vfs);
	policies_deinit(&b->policies);
	free(b);
	return 0;
}

/* The n-th of a VM's is that of its n-th Port with vf, whatever else it has. */
static void test_places(void **state)
{
	static const char *const devices[] = { "0000:00:1f.0", "0000:07:10.2", "0000:07:10.0", NULL };
	struct bed *b = *state;
	struct vf *vf = b->vfs.nics[0].vfs;

	put_port(b, 5, 0, "");
	put_port(b, 5, 1, ", \"vf\": true");
	give(b, 0, 5, devices);
	judge(b);
	assert_int_equal(vf[2].verdict, VF_WANTED);
	assert_int_equal(vf[2].wanted.vlan, 101);
	assert_int_equal(vf[0].verdict, VF_WITHOUT);
	assert_int_equal(vf[1].verdict, VF_FREE);
	put_port(b, 5, 4, ", \"vf\": true, \"mtu\": 1400");
	judge(b);
	assert_int_equal(vf[0].verdict, VF_REFUSED);
	assert_int_equal(vf[0].devid, 4);
	assert_memory_equal(vf[0].problem, "mtu:", 4);
	put_port(b, 5, 4, ", \"vf\": true");
	judge(b);
	assert_int_equal(vf[0].verdict, VF_WANTED);
	assert_int_equal(vf[0].wanted.vlan, 104);
	give(b, 0, 5, NULL);
	judge(b);
	assert_true(vf_is_shut(&vf[0]) && vf_is_shut(&vf[2]));
}

/* XAPI's interfaces are told apart by the address that each function was given, not by order. */
static void test_addresses(void **state)
{
	static const char *const devices[] = { "0000:07:10.0", "0000:07:10.1", "0000:07:10.2", NULL };
	struct bed *b = *state;
	struct vf *vf = b->vfs.nics[0].vfs;

	put_port(b, 5, 1, ", \"vf\": true");
	put_port(b, 5, 2, ", \"vf\": true");
	put_port(b, 5, 4, ", \"vf\": true");
	give(b, 0, 5, devices);
	b->lists[0].numbers = 1 << 1 | 1 << 4;
	for (unsigned int i = 0; i < 3; i++)
		memcpy(vf[i].has.is.mac, (uint8_t[]){ 2, 0, 0, 0, 5, (uint8_t)(4 - i) }, 6);
	judge(b);
	assert_int_equal(vf[0].verdict, VF_WANTED);
	assert_int_equal(vf[0].devid, 4);
	assert_int_equal(vf[0].wanted.vlan, 104);
	/* Its address is that of no interface; that of one that is no function, as XAPI says. */
	assert_int_equal(vf[1].verdict, VF_WITHOUT);
	assert_non_null(strstr(vf[1].problem, "XAPI"));
	assert_int_equal(vf[2].verdict, VF_WITHOUT);
	vf[1].has.is.mac[5] = 1;
	judge(b);
	assert_int_equal(vf[1].verdict, VF_WANTED);
	assert_int_equal(vf[1].devid, 1);
	/* As libxl has them: by order. */
	b->lists[0].numbers = 0;
	judge(b);
	assert_int_equal(vf[0].devid, 1);
	assert_int_equal(vf[1].devid, 2);
	assert_int_equal(vf[2].devid, 4);
}

/* While nothing is known of its VM it stays; but not with what another VM had. */
static void test_waits(void **state)
{
	static const char *const devices[] = { "0000:07:10.1", NULL };
	struct bed *b = *state;
	struct vf *vf = &b->vfs.nics[0].vfs[1];

	put_port(b, 5, 0, ", \"vf\": true");
	b->known = false;
	give(b, 0, 5, devices);
	judge(b);
	assert_int_equal(vf->verdict, VF_WAITING);
	assert_false(vf_is_shut(vf));
	b->known = true;
	judge(b);
	assert_int_equal(vf->verdict, VF_WANTED);
	b->known = false;
	judge(b);
	assert_false(vf_is_shut(vf));
	give(b, 0, 5, NULL);
	give(b, 1, 6, devices);
	judge(b);
	assert_int_equal(vf->verdict, VF_WAITING);
	assert_true(vf_is_shut(vf));
	judge(b);
	assert_true(vf_is_shut(vf));
	put_port(b, 6, 0, ", \"vf\": true");
	b->known = true;
	judge(b);
	assert_int_equal(vf->verdict, VF_WANTED);
	assert_int_equal(vf->wanted.mac[4], 6);
}

/* One in force outlives a row that asks for what cannot be. */
static void test_held(void **state)
{
	static const char *const devices[] = { "0000:07:10.1", NULL };
	struct bed *b = *state;
	struct vf *vf = &b->vfs.nics[0].vfs[1];

	put_port(b, 5, 0, ", \"vf\": true");
	give(b, 0, 5, devices);
	judge(b);
	vf->has.is = vf->wanted;
	put_port(b, 5, 0, ", \"vf\": true, \"mtu\": 1400");
	judge(b);
	assert_int_equal(vf->verdict, VF_HELD);
	vf->has.is.open = false;
	judge(b);
	assert_int_equal(vf->verdict, VF_REFUSED);
}

#define IN_BED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told), IN_BED(test_places), IN_BED(test_addresses),
		IN_BED(test_waits), IN_BED(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
