// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_sched.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "oam/bfd-frame.h"
#include "oam/cfm-frame.h"
#include "oam/lldp-frame.h"
#include "vifoamd/oam-socket.h"

#define ANCILLARY(what)		(uint32_t)(SKF_AD_OFF + (what))
#define LOAD(size, at)		BPF_STMT(BPF_LD | BPF_##size | BPF_ABS, (at))
/* Goes on if it is so, else to the last statement but one, @left statements on. */
#define IS(value, left)		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (left))
#define IS_NOT(value, left)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (left), 0)
#define TAKE			BPF_STMT(BPF_RET | BPF_K, OAM_FRAME_MAX)
#define LEAVE			BPF_STMT(BPF_RET | BPF_K, 0)

/* Without the tag that a frame for a group had, it counts as another host's: not ours. */
static const struct sock_filter group_filter[] = {
	LOAD(W, ANCILLARY(SKF_AD_PKTTYPE)), IS_NOT(PACKET_OTHERHOST, 1), TAKE, LEAVE,
};

/* Untagged IPv4 without options, no fragment, UDP to BFD's port. */
static const struct sock_filter bfd_filter[] = {
	LOAD(H, 12), IS(ETH_P_IP, 11),
	LOAD(B, 23), IS(IPPROTO_UDP, 9),
	LOAD(B, 14), IS(0x45, 7),
	LOAD(H, 36), IS(BFD_PORT, 5),
	LOAD(H, 20), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x3fff), IS(0, 2),
	LOAD(W, ANCILLARY(SKF_AD_VLAN_TAG_PRESENT)), IS_NOT(0, 1),
	LEAVE,
	TAKE,
};

static const struct {
	uint16_t type;
	const struct sock_filter *filter;
	uint16_t statements;
} kinds[OAM_PROTOCOLS] = {
	[OAM_CFM] = { CFM_TYPE, group_filter, ARRAY_SIZE(group_filter) },
	[OAM_BFD] = { ETH_P_ALL, bfd_filter, ARRAY_SIZE(bfd_filter) },
	[OAM_LLDP] = { LLDP_TYPE, group_filter, ARRAY_SIZE(group_filter) },
};

int oam_socket_filter(int fd, const struct sock_filter *filter, uint16_t statements)
{
	struct sock_fprog program = { .len = statements, .filter = (struct sock_filter *)filter };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ?
	       -errno : 0;
}

int oam_socket_hear_nothing(int fd)
{
	static const struct sock_filter nothing[] = { LEAVE };

	return oam_socket_filter(fd, nothing, ARRAY_SIZE(nothing));
}

/* That the device lets it in; what it lets in anyway need not be asked for. */
static void take_address(int fd, int ifindex, int kind, const uint8_t mac[ETHER_ADDR_LEN])
{
	struct packet_mreq want = { .mr_ifindex = ifindex, .mr_type = (uint16_t)kind,
				    .mr_alen = ETHER_ADDR_LEN };

	memcpy(want.mr_address, mac, ETHER_ADDR_LEN);
	setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &want, sizeof(want));
}

static void take_addresses(int fd, enum oam_protocol protocol, int ifindex)
{
	uint8_t cfm[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x30 };
	static const uint8_t lldp[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e };
	static const uint8_t bfd[] = { 0x00, 0x23, 0x20, 0x00, 0x00, 0x01 };

	if (protocol == OAM_BFD)
		take_address(fd, ifindex, PACKET_MR_UNICAST, bfd);
	if (protocol == OAM_LLDP)
		take_address(fd, ifindex, PACKET_MR_MULTICAST, lldp);
	/* Of each level: a lower one than ours is a fault, and ours may change. */
	for (int level = 0; protocol == OAM_CFM && level <= CFM_LEVEL_MAX; level++, cfm[5]++)
		take_address(fd, ifindex, PACKET_MR_MULTICAST, cfm);
}

int oam_socket_open(enum oam_protocol protocol, int ifindex)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(kinds[protocol].type),
		.sll_ifindex = ifindex,
	};
	/* Without a type nothing comes before all is set. */
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1, priority = TC_PRIO_CONTROL, r;

	if (fd < 0)
		return -errno;
	r = oam_socket_filter(fd, kinds[protocol].filter, kinds[protocol].statements);
	if (r < 0)
		return r;
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
	take_addresses(fd, protocol, ifindex);
	return TAKE_FD(fd);
}

int oam_socket_send(int fd, int ifindex, const uint8_t *frame, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = ifindex,
				  .sll_halen = ETHER_ADDR_LEN };

	memcpy(&to.sll_protocol, frame + 2 * ETHER_ADDR_LEN, sizeof(to.sll_protocol));
	memcpy(to.sll_addr, frame, ETHER_ADDR_LEN);
	return sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

int oam_socket_hold_bfd_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(BFD_PORT) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = oam_socket_hear_nothing(fd);
	if (r < 0)
		return r;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	return TAKE_FD(fd);
}
