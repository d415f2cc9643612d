/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of openvswitch.ko: its generic netlink families ovs_datapath, ovs_vport, ovs_flow,
 * ovs_packet and ovs_meter (linux/openvswitch.h). A datapath of ours stands beside those of
 * ovs-vswitchd, each port with an upcall socket of its own, so that one port's packets wait for
 * no other's.
 *
 * Not thread-safe. Calls return 0 or a negative errno; ovs_client_error() then says why.
 * -EPROTONOSUPPORT: openvswitch.ko is not loaded.
 */
#ifndef DATAPATH_OVS_OVS_CLIENT_H
#define DATAPATH_OVS_OVS_CLIENT_H

#include <net/if.h>
#include <stdbool.h>

#include "datapath/ko/genl.h"

#define OVS_UPCALL_MAX	(72 * 1024)	/* octets of a message with a packet */
#define OVS_UFID_LEN	16

enum ovs_family { OVS_DATAPATH, OVS_VPORT, OVS_FLOW, OVS_PACKET, OVS_METER, OVS_FAMILIES };

struct ovs_client {
	struct netlink nl;
	uint16_t family[OVS_FAMILIES];
	uint32_t group[OVS_FAMILIES];	/* where it tells what becomes of them; 0: nowhere */
};

/* A miss, as the kernel tells of it; pointers lead into the buffer it was received in. */
struct ovs_upcall {
	const uint8_t *key, *packet;
	size_t key_len, packet_len;
	const void *hash, *mru;		/* to be given back as they are, or NULL */
	size_t hash_len, mru_len;
};

struct ovs_flow {
	const uint8_t *ufid;		/* OVS_UFID_LEN octets */
	const uint8_t *key, *mask, *actions;
	size_t key_len, mask_len, actions_len;
};

/* Is the module there, without its being loaded for the question? */
bool ovs_client_is_loaded(void);
/* -EPROTONOSUPPORT: the module is neither loaded nor to be had. Asking loads it. */
int ovs_client_open(struct ovs_client *c);
void ovs_client_close(struct ovs_client *c);
const char *ovs_client_error(const struct ovs_client *c);

/* Makes a datapath whose own port, 0, is a new netdev @name; *@ret is its index. */
int ovs_datapath_new(struct ovs_client *c, const char *name, int *ret);
/* Its index if it is there, else -ENODEV. */
int ovs_datapath_find(struct ovs_client *c, const char *name, int *ret);
int ovs_datapath_del(struct ovs_client *c, int dp);
/*
 * Misses go to the sockets of ports (OVS_FEATURES), as from the beginning. Whoever opens a
 * datapath as ovs-dpctl does, if only to show it, has it ask one socket for each CPU, of which
 * it has none: then every miss is lost.
 */
#define OVS_FEATURES	(OVS_DP_F_UNALIGNED | OVS_DP_F_VPORT_PIDS)
int ovs_datapath_mend(struct ovs_client *c, int dp);

/* @upcalls: port of a socket (ovs_upcall_socket()), or 0: nobody is asked, what misses is lost. */
int ovs_vport_new(struct ovs_client *c, int dp, const char *netdev, uint32_t upcalls,
		  uint32_t *ret_number);
int ovs_vport_set(struct ovs_client *c, int dp, uint32_t number, uint32_t upcalls);
int ovs_vport_del(struct ovs_client *c, int dp, uint32_t number);

/* A socket to be polled for misses, and its netlink port. */
int ovs_upcall_socket(uint32_t *ret_port);
/*
 * The next miss of @fd into @buf, of OVS_UPCALL_MAX octets. 1: *ret is it; 0: there is none, or
 * what came was none; -ENOBUFS: some were lost.
 */
int ovs_upcall_receive(const struct ovs_client *c, int fd, uint8_t *buf, struct ovs_upcall *ret);

/* -EEXIST: one with that key, or that UFID, is there. */
int ovs_flow_new(struct ovs_client *c, int dp, const struct ovs_flow *flow);
/* -ENOENT: it is not there. *@ret_packets: how many it took. */
int ovs_flow_del(struct ovs_client *c, int dp, const uint8_t *ufid, uint64_t *ret_packets);

/* The packet of @upcall by @actions. */
int ovs_packet_execute(struct ovs_client *c, int dp, const struct ovs_upcall *upcall,
		       const uint8_t *actions, size_t len);

/* A request of a family; NULL: no memory. What is added and finds no room makes it NULL. */
struct nl_msg *ovs_message(const struct ovs_client *c, enum ovs_family family, uint8_t cmd, int dp,
			   int flags);
void ovs_message_add(struct nl_msg **msg, int type, const void *data, size_t len);
void ovs_message_add_u32(struct nl_msg **msg, int type, uint32_t value);

#endif /* DATAPATH_OVS_OVS_CLIENT_H */
