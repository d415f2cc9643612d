// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/filter.h>
#include <linux/pkt_sched.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "kmod/core/network.h"
#include "oam/octets.h"
#include "vifoamd/oam-socket.h"
#include "vifoamd/oam-tunnel.h"

#define UDP_LEN		8
#define ETHERNET	0x6558		/* as a protocol of Geneve and GRE */
#define VXLAN_HAS_KEY	0x08000000U	/* RFC 7348 */
#define GRE_HAS_KEY	0x2000U		/* RFC 2890 */
#define TTL		64
#define KEY_MAX		0xffffffU

static const uint8_t bfd_mac[6] = VIFSWITCH_BFD_MAC;

static bool is_given(const uint8_t address[16])
{
	static const uint8_t none[16];

	return memcmp(address, none, sizeof(none)) != 0;
}

static bool is_ip4(const struct oam_tunnel *t)
{
	return vs_network_is_ip4(t->remote);
}

bool oam_tunnel_check(const struct oam_tunnel *t)
{
	return t->kind <= OAM_GRE && t->key && (t->kind == OAM_GRE || t->key <= KEY_MAX) &&
	       (t->kind == OAM_GRE ? !t->udp_port : t->udp_port && t->udp_port <= 65535) &&
	       is_given(t->remote) &&
	       (!is_given(t->own) || vs_network_is_ip4(t->own) == is_ip4(t));
}

/* ---- what is around a frame ---- */

static size_t format_head(const struct oam_tunnel *t, uint8_t ret[OAM_TUNNEL_HEAD_MAX])
{
	if (t->kind == OAM_GRE) {
		put_be32(ret, GRE_HAS_KEY << 16 | ETHERNET);
		put_be32(ret + 4, t->key);
	} else {
		put_be32(ret, t->kind == OAM_VXLAN ? VXLAN_HAS_KEY : ETHERNET);
		put_be32(ret + 4, t->key << 8);
	}
	return 8;
}

/* Of IPv4 a raw socket gives the header, too. */
static size_t ip_len(const struct oam_tunnel *t, const uint8_t *packet, size_t len)
{
	return !is_ip4(t) ? 0 : len ? (size_t)(packet[0] & 0xf) * 4 : 0;
}

const uint8_t *oam_tunnel_frame(const struct oam_tunnel *t, const uint8_t *packet, size_t len,
				size_t *ret_len)
{
	size_t at = ip_len(t, packet, len) + (t->kind == OAM_GRE ? 0 : UDP_LEN);
	uint8_t head[OAM_TUNNEL_HEAD_MAX];
	size_t head_len = format_head(t, head);

	/* Reserved bits and the last octet may be anything: only the key and the kind count. */
	if (len < at + head_len + sizeof(bfd_mac))
		return NULL;
	if (t->kind != OAM_GRE && (get_be32(packet + at + 4) >> 8 != t->key ||
				   get_be16(packet + at - UDP_LEN + 2) != t->udp_port))
		return NULL;
	if (t->kind == OAM_GRE && memcmp(packet + at, head, head_len) != 0)
		return NULL;
	if (t->kind == OAM_GENEVE && (packet[at] || get_be16(packet + at + 2) != ETHERNET))
		return NULL;
	at += head_len;
	if (memcmp(packet + at, bfd_mac, sizeof(bfd_mac)) != 0)
		return NULL;
	*ret_len = len - at;
	return packet + at;
}

/* ---- sockets ---- */

#define LOAD(size, at)	BPF_STMT(BPF_LD | BPF_##size | BPF_IND, (at))
/* Goes on if it is so, else to the last statement, @left statements on. */
#define IS(value, left)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (left))

/* Of @t: behind the IP header of IPv4, whose length is found, or at once. */
static int set_filter(const struct oam_tunnel *t, int fd)
{
	bool gre = t->kind == OAM_GRE;
	uint32_t head = gre ? 0 : UDP_LEN, frame = head + 8;
	struct sock_filter filter[] = {
		is_ip4(t) ? (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0) :
				    (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 0),
		/* The second word's half: the port that it is for, or what is behind GRE. */
		LOAD(H, 2), IS(gre ? ETHERNET : t->udp_port, 8),
		LOAD(W, head + 4), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, gre ? 0 : 8),
		IS(t->key, 5),
		LOAD(W, frame), IS(get_be32(bfd_mac), 3),
		LOAD(H, frame + 4), IS(get_be16(bfd_mac + 4), 1),
		BPF_STMT(BPF_RET | BPF_K, OAM_FRAME_MAX), BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return oam_socket_filter(fd, filter, ARRAY_SIZE(filter));
}

union address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

static socklen_t format_address(const uint8_t address[16], uint16_t port, union address *ret)
{
	*ret = (union address){};
	if (vs_network_is_ip4(address)) {
		ret->ip4.sin_family = AF_INET;
		ret->ip4.sin_port = htons(port);
		memcpy(&ret->ip4.sin_addr, address + 12, 4);
		return sizeof(ret->ip4);
	}
	ret->ip6.sin6_family = AF_INET6;
	ret->ip6.sin6_port = htons(port);
	memcpy(&ret->ip6.sin6_addr, address, 16);
	return sizeof(ret->ip6);
}

/* From this host's address to the remote's, and to nobody else. */
static int tie(const struct oam_tunnel *t, int fd, uint16_t port)
{
	union address own, remote;
	socklen_t len = format_address(t->own, 0, &own);

	if (is_given(t->own) && bind(fd, &own.any, len) < 0)
		return -errno;
	len = format_address(t->remote, port, &remote);
	return connect(fd, &remote.any, len) < 0 ? -errno : 0;
}

static int open_in(const struct oam_tunnel *t)
{
	int family = is_ip4(t) ? AF_INET : AF_INET6, r;
	_cleanup_close_ int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
					t->kind == OAM_GRE ? IPPROTO_GRE : IPPROTO_UDP);

	if (fd < 0)
		return -errno;
	r = set_filter(t, fd);
	if (r == 0)
		r = tie(t, fd, 0);
	return r < 0 ? r : TAKE_FD(fd);
}

static void set_ttl(int fd, bool ip4)
{
	int ttl = TTL, tos = 0xc0, priority = TC_PRIO_CONTROL;

	if (ip4) {
		setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof(ttl));
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	}
	setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
}

static int open_out(const struct oam_tunnel *t)
{
	int family = is_ip4(t) ? AF_INET : AF_INET6, r;
	bool gre = t->kind == OAM_GRE;
	_cleanup_close_ int fd = socket(family, (gre ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC |
					SOCK_NONBLOCK, gre ? IPPROTO_GRE : 0);

	if (fd < 0)
		return -errno;
	r = oam_socket_hear_nothing(fd);
	if (r == 0)
		r = tie(t, fd, (uint16_t)t->udp_port);
	if (r < 0)
		return r;
	set_ttl(fd, is_ip4(t));
	return TAKE_FD(fd);
}

int oam_tunnel_open(const struct oam_tunnel *t, int *ret_in, int *ret_out)
{
	_cleanup_close_ int in = open_in(t);
	_cleanup_close_ int out = in < 0 ? -1 : open_out(t);

	if (in < 0)
		return in;
	if (out < 0)
		return out;
	*ret_in = TAKE_FD(in);
	*ret_out = TAKE_FD(out);
	return 0;
}

int oam_tunnel_send(const struct oam_tunnel *t, int fd, const uint8_t *frame, size_t len)
{
	uint8_t head[OAM_TUNNEL_HEAD_MAX];
	struct iovec parts[] = { { head, format_head(t, head) }, { (uint8_t *)frame, len } };
	struct msghdr packet = { .msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts) };

	/* An error that an earlier one met on the way is told once, and is BFD's to notice. */
	for (int i = 0; i < 2; i++)
		if (sendmsg(fd, &packet, 0) >= 0)
			return 0;
	return errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH ||
	       errno == EPERM || errno == EPROTO ? -EAGAIN : -errno;
}
