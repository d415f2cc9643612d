/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace with an uplink, up0, that bears a host's network, and sw0, which
 * plays the switch; and a datapath that only counts. For tests of adoption.
 */
#ifndef TESTS_UPLINK_WORLD_H
#define TESTS_UPLINK_WORLD_H

#include "uplink/adoption.h"

struct world {
	struct links links;
	struct rtnl rtnl;
	struct adoption adoption;
	char path[64];
	uint32_t left;		/* the port that left its switch last */
	int port_error;		/* of leaving */
	uint32_t deleted;	/* the switch of flows that went last */
	bool no_switch;		/* none can be made */
	bool knows_nothing;	/* as a process does that has just begun */
	char went_back[IFNAMSIZ];
};

extern bool isolated;		/* in a namespace of our own */

/* What up0 bears. */
#define WORLD_NETWORK \
	"ip addr add 192.0.2.2/24 dev up0 && ip addr add 192.0.2.3/32 dev up0 label up0:1 && " \
	"ip route add default via 192.0.2.1 && ip route add 198.51.100.0/24 dev up0 && " \
	"ip addr add 2001:db8::2/64 dev up0 nodad && ip -6 route add default via 2001:db8::1"

void world_isolate(void);
void world_run(const char *command);
/* By sed: the file of the process that ended; one on the way as far as the next can see. */
#define DIED_ON_THE_WAY	"s/\"moved\":true/\"moved\":false/"
void world_edit_state(struct world *w, const char *script);
void world_output(const char *command, char *ret, size_t size);
void world_begin_process(struct world *w);
void world_end_process(struct world *w);
int world_setup(void **state);
int world_teardown(void **state);
void routes_lead_out_of(const char *netdev);
void addresses_are_on(const char *netdev, const char *label, const char *other);
void it_is_on_the_uplink(void);
void it_is_on_the_switch(void);
void mac_of(const char *netdev, char ret[32]);
void world_begin(struct world *w, unsigned int seconds);
void it_went_back(struct world *w);
void snapshot(const char *netdev, char *ret, size_t size);
void bears(const char *netdev, const char *want);
void world_dump(struct world *w);

#endif /* TESTS_UPLINK_WORLD_H */
