/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual functions of a NIC (SR-IOV): what its driver holds them to, by rtnetlink
 * (IFLA_VF_* of linux/if_link.h), and their PCI addresses, by sysfs.
 */
#ifndef DATAPATH_LINKS_VF_LINK_H
#define DATAPATH_LINKS_VF_LINK_H

#include <string.h>

#include "datapath/links/rtnl.h"

#define VF_NUMBERS_MAX		256	/* of a NIC */
#define VF_MBPS_MAX		1000000	/* what its driver takes, Mbit/s */
#define PCI_ADDRESS_LEN		12	/* octets of "0000:03:10.1" */

struct vf_settings {
	uint8_t mac[6];
	uint16_t vlan;		/* that its frames are put into; 0: tags are its VM's own */
	uint8_t pcp;		/* of that tag */
	uint32_t mbps;		/* most that it may send, Mbit/s; 0: no limit */
	bool checked;		/* sends from no other MAC address */
	bool trusted;		/* may be promiscuous, and change its address */
	bool open;		/* its link is the NIC's; else it is down */
};

struct vf_setting {
	bool known;		/* the driver told all of it */
	struct vf_settings is;
};

/*
 * From a message about a NIC, as vf_link_read() tells it. One that is not told of counts as
 * open, so that it is closed. -EBADMSG: it is no such message; nothing is done.
 */
int vf_link_parse(const struct nlmsghdr *h, struct vf_setting *ret, size_t *ret_count);
/*
 * Those of NIC @ifindex, by their numbers; @ret holds VF_NUMBERS_MAX, and *ret_count is how
 * many there are. A NIC without any has 0. Negative: rtnl_error() says why.
 */
int vf_link_read(struct rtnl *rtnl, uint32_t ifindex, struct vf_setting *ret, size_t *ret_count);
/*
 * What is not open yet is opened last, and what is to be closed is closed first: with an
 * error in the middle it is closed.
 */
int vf_link_set(struct rtnl *rtnl, uint32_t ifindex, unsigned int number,
		const struct vf_settings *to);
/* Its link goes down, and nothing else is touched. */
int vf_link_close(struct rtnl *rtnl, uint32_t ifindex, unsigned int number);

/* "0000:03:10.1" in small letters; false for all else. */
bool pci_address_valid(const char *text, size_t len);
/* False: sysfs does not tell it. */
bool vf_link_address(const char *nic, unsigned int number, char ret[PCI_ADDRESS_LEN + 1]);

static inline bool vf_settings_equal(const struct vf_settings *a, const struct vf_settings *b)
{
	return memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 && a->vlan == b->vlan &&
	       a->pcp == b->pcp && a->mbps == b->mbps && a->checked == b->checked &&
	       a->trusted == b->trusted && a->open == b->open;
}

#endif /* DATAPATH_LINKS_VF_LINK_H */
