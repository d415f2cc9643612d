// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "datapath/links/netdev-files.h"
#include "datapath/links/vf-link.h"

/* What rtnetlink says of a setting that the driver has not got. */
#define NOT_TOLD	UINT32_MAX

struct reading {
	struct vf_setting *vfs;
	size_t count;
};

/* An attribute that has the size it must have, or NULL. */
static const void *sized(struct nlattr *const *attrs, int type, size_t size)
{
	return attrs[type] && (size_t)nla_len(attrs[type]) >= size ? nla_data(attrs[type]) : NULL;
}

static void read_vf(struct nlattr *nest, struct reading *reading)
{
	struct nlattr *attrs[IFLA_VF_MAX + 1];
	const struct ifla_vf_spoofchk *check;
	const struct ifla_vf_link_state *state;
	const struct ifla_vf_trust *trust;
	const struct ifla_vf_vlan *vlan;
	const struct ifla_vf_rate *rate;
	const struct ifla_vf_mac *mac;
	struct vf_setting *vf;

	if (nla_parse_nested(attrs, IFLA_VF_MAX, nest, NULL) < 0)
		return;
	mac = sized(attrs, IFLA_VF_MAC, sizeof(*mac));
	vlan = sized(attrs, IFLA_VF_VLAN, sizeof(*vlan));
	rate = sized(attrs, IFLA_VF_RATE, sizeof(*rate));
	check = sized(attrs, IFLA_VF_SPOOFCHK, sizeof(*check));
	state = sized(attrs, IFLA_VF_LINK_STATE, sizeof(*state));
	trust = sized(attrs, IFLA_VF_TRUST, sizeof(*trust));
	if (!mac || mac->vf >= VF_NUMBERS_MAX)
		return;
	if (mac->vf >= reading->count)
		reading->count = mac->vf + 1;
	vf = &reading->vfs[mac->vf];
	memcpy(vf->is.mac, mac->mac, sizeof(vf->is.mac));
	vf->is.open = !state || state->link_state != IFLA_VF_LINK_STATE_DISABLE;
	vf->known = vlan && rate && check && check->setting != NOT_TOLD && state && trust &&
		    trust->setting != NOT_TOLD;
	if (!vf->known)
		return;
	vf->is.vlan = vlan->vlan;
	vf->is.pcp = vlan->qos;
	vf->is.mbps = rate->max_tx_rate;
	vf->is.checked = check->setting;
	vf->is.trusted = trust->setting;
}

int vf_link_parse(const struct nlmsghdr *h, struct vf_setting *ret, size_t *ret_count)
{
	struct nlattr *attrs[IFLA_MAX + 1], *nest;
	struct reading reading = { .vfs = ret };
	uint32_t told;
	int left;

	if (h->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse((struct nlmsghdr *)h, sizeof(struct ifinfomsg), attrs, IFLA_MAX, NULL) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < VF_NUMBERS_MAX; i++)
		ret[i] = (struct vf_setting){ .is.open = true };
	told = attrs[IFLA_NUM_VF] ? nla_get_u32(attrs[IFLA_NUM_VF]) : 0;
	reading.count = told < VF_NUMBERS_MAX ? told : VF_NUMBERS_MAX;
	if (attrs[IFLA_VFINFO_LIST]) {
		nla_for_each_nested(nest, attrs[IFLA_VFINFO_LIST], left)
			if (nla_type(nest) == IFLA_VF_INFO)
				read_vf(nest, &reading);
	}
	*ret_count = reading.count;
	return 0;
}

struct answer {
	struct vf_setting *vfs;
	size_t *count;
	bool came;
};

static int on_link(const struct nlmsghdr *h, void *arg)
{
	struct answer *answer = arg;

	answer->came |= vf_link_parse(h, answer->vfs, answer->count) == 0;
	return 0;
}

int vf_link_read(struct rtnl *rtnl, uint32_t ifindex, struct vf_setting *ret, size_t *ret_count)
{
	struct nl_msg *msg = rtnl_message(RTM_GETLINK, 0, ifindex);
	struct answer answer = { .vfs = ret, .count = ret_count };
	int r;

	if (msg)
		nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
	r = netlink_request(&rtnl->req, msg, on_link, &answer);
	return r < 0 || answer.came ? r : -EBADMSG;
}

struct vf_nests {
	struct nlattr *list, *info;
};

static struct nl_msg *begin(uint32_t ifindex, struct vf_nests *nests)
{
	struct nl_msg *msg = rtnl_message(RTM_NEWLINK, 0, ifindex);

	if (msg) {
		nests->list = nla_nest_start(msg, IFLA_VFINFO_LIST);
		nests->info = nla_nest_start(msg, IFLA_VF_INFO);
	}
	return msg;
}

static int finish(struct rtnl *rtnl, struct nl_msg *msg, const struct vf_nests *nests)
{
	if (msg) {
		nla_nest_end(msg, nests->info);
		nla_nest_end(msg, nests->list);
	}
	return netlink_request(&rtnl->req, msg, NULL, NULL);
}

static int set_state(struct rtnl *rtnl, uint32_t ifindex, unsigned int number, uint32_t state)
{
	struct ifla_vf_link_state to = { .vf = number, .link_state = state };
	struct vf_nests nests;
	struct nl_msg *msg = begin(ifindex, &nests);

	if (msg)
		nla_put(msg, IFLA_VF_LINK_STATE, sizeof(to), &to);
	return finish(rtnl, msg, &nests);
}

int vf_link_close(struct rtnl *rtnl, uint32_t ifindex, unsigned int number)
{
	return set_state(rtnl, ifindex, number, IFLA_VF_LINK_STATE_DISABLE);
}

/* All but whether it is open. */
static int set_others(struct rtnl *rtnl, uint32_t ifindex, unsigned int number,
		      const struct vf_settings *to)
{
	struct ifla_vf_mac mac = { .vf = number };
	struct ifla_vf_vlan vlan = { .vf = number, .vlan = to->vlan, .qos = to->pcp };
	struct ifla_vf_rate rate = { .vf = number, .max_tx_rate = to->mbps };
	struct ifla_vf_spoofchk check = { .vf = number, .setting = to->checked };
	struct ifla_vf_trust trust = { .vf = number, .setting = to->trusted };
	struct vf_nests nests;
	struct nl_msg *msg = begin(ifindex, &nests);

	memcpy(mac.mac, to->mac, sizeof(to->mac));
	if (msg) {
		nla_put(msg, IFLA_VF_MAC, sizeof(mac), &mac);
		nla_put(msg, IFLA_VF_VLAN, sizeof(vlan), &vlan);
		nla_put(msg, IFLA_VF_RATE, sizeof(rate), &rate);
		nla_put(msg, IFLA_VF_SPOOFCHK, sizeof(check), &check);
		nla_put(msg, IFLA_VF_TRUST, sizeof(trust), &trust);
	}
	return finish(rtnl, msg, &nests);
}

int vf_link_set(struct rtnl *rtnl, uint32_t ifindex, unsigned int number,
		const struct vf_settings *to)
{
	int r = vf_link_close(rtnl, ifindex, number);

	if (r == 0)
		r = set_others(rtnl, ifindex, number, to);
	if (r == 0 && to->open)
		r = set_state(rtnl, ifindex, number, IFLA_VF_LINK_STATE_AUTO);
	return r;
}

/* ---- sysfs ---- */

bool pci_address_valid(const char *text, size_t len)
{
	static const char like[PCI_ADDRESS_LEN + 1] = "xxxx:xx:xx.7";

	if (len != PCI_ADDRESS_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (like[i] == 'x' ? !digit && (text[i] < 'a' || text[i] > 'f') :
		    like[i] == '7' ? text[i] < '0' || text[i] > '7' : text[i] != like[i])
			return false;
	}
	return true;
}

bool vf_link_address(const char *nic, unsigned int number, char ret[PCI_ADDRESS_LEN + 1])
{
	char file[32], device[64];

	snprintf(file, sizeof(file), "device/virtfn%u", number);
	if (!netdev_link(nic, file, device, sizeof(device)) ||
	    !pci_address_valid(device, strlen(device)))
		return false;
	memcpy(ret, device, PCI_ADDRESS_LEN + 1);
	return true;
}
