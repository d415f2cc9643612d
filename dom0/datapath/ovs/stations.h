/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ports of a switch and the addresses behind them, where the kernel has no table of ours:
 * what kmod/fdb.c and kmod/claim.c keep for vifswitch.ko. No I/O; time is an argument.
 */
#ifndef DATAPATH_OVS_STATIONS_H
#define DATAPATH_OVS_STATIONS_H

#include "base/map.h"
#include "datapath/ovs/decide.h"

#define STATIONS_MAX	VIFSWITCH_FDB_SWITCH_MAX	/* entries of a switch */

struct station_port {
	struct dp_world_port dp;	/* the world's: first */
	struct vs_program program;	/* of dp.program, unless that is NULL */
	uint8_t cookie[VIFSWITCH_COOKIE_MAX];
	bool dormant;			/* its claim on its own addresses */
	uint32_t entries;		/* learned here */
	uint32_t meters[VS_LIMITS];	/* of its limits, in openvswitch.ko; 0: none */
};

struct stations {
	struct dp_world world;		/* to be decided in */
	struct station_port **ports;	/* what world.ports names */
	struct station_port *local;	/* dom0's own, NULL if it is not known; */
	uint64_t local_mac;		/* the switch's own address, which leads there; 0: none */
	struct map entries;		/* of struct station, by address and VLAN */
	struct map moved;		/* own addresses that another port of the VM sent from */
};

void stations_init(struct stations *s);
void stations_deinit(struct stations *s);

struct station_port *stations_port(const struct stations *s, uint32_t number);
/* A closed port; @number is of no other. */
struct station_port *stations_add(struct stations *s, uint32_t number, const uint8_t *cookie,
				  size_t cookie_len);
void stations_remove(struct stations *s, struct station_port *port);
/*
 * @blob: a program, checked here; NULL: closed. @acl is what it names, and stays as long. On
 * failure everything is as it was.
 */
int stations_program(struct stations *s, struct station_port *port, const void *blob, size_t len,
		     const struct vs_acl *acl, struct vs_program_error *err);

/*
 * A frame from @mac in @vid was accepted at @port, and decide() said of its source what it did.
 * True: what is decided may be another now, of frames from and to that address; the frame is to
 * be decided again.
 */
bool stations_saw(struct stations *s, struct station_port *port, uint64_t mac, uint16_t vid,
		  enum vs_source source, uint64_t now_ms);

/* Would it change anything to see that now? Then no flow may keep such frames from being seen. */
bool stations_would(const struct stations *s, const struct station_port *port, uint64_t mac,
		    uint16_t vid, enum vs_source source);

/* Tells of each entry not seen since @before_ms, and forgets it. */
typedef void (*stations_gone_fn)(uint64_t mac, uint16_t vid, void *arg);
void stations_age(struct stations *s, uint64_t before_ms, stations_gone_fn gone, void *arg);

/* The switch's own address is @mac, and leads to @port. True: it was another. */
bool stations_set_local(struct stations *s, struct station_port *port, uint64_t mac);

/* A port's claim was set: own addresses are where their owner is. */
void stations_claimed(struct stations *s);

/* Frames from it passed until @now_ms. */
void stations_touch(struct stations *s, uint64_t mac, uint16_t vid, uint64_t now_ms);

/* Each learned entry; a negative return ends it. */
typedef int (*stations_fn)(const struct station_port *port, uint64_t mac, uint16_t vid,
			   uint64_t seen_ms, void *arg);
int stations_each(const struct stations *s, stations_fn fn, void *arg);

#endif /* DATAPATH_OVS_STATIONS_H */
