/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the addresses of VMs in networks over IP are, by the Location rows of the pool. Of
 * several rows that have an address one counts:
 *  - none, where this host is one of them: it knows better;
 *  - that of a host that is there before one whose daemon is gone, whatever it said last;
 *  - then that of one where the VM is active before one where it is about to be;
 *  - then the newest, if they are one VIF's; of two VIFs' none, for one of them is wrong.
 * Hosts of a release that tells nothing of it have no such rows: what they have is learned.
 */
#ifndef POLICYDB_VM_PLACES_H
#define POLICYDB_VM_PLACES_H

#include "base/prefix.h"

#define VM_PLACES_MAX	65536	/* addresses in networks; more are left out, and learned */
#define VM_HOSTS_MAX	1024

/* An address in a network, by one row. */
struct vm_place {
	const char *network, *host;
	const char *address;		/* where the host is reached; NULL: it tells nothing */
	bool here, absent, active;
	uint8_t vm[16], mac[6];
	uint32_t devid;
	int64_t since;			/* seconds since 1970, by that host's clock */
};

struct vm_host {
	char *name;
	uint32_t sum;			/* of the name */
	struct prefix address;		/* family 0: it tells none */
};

struct vm_at {
	uint64_t network;		/* map_name_key() */
	uint64_t vif;			/* map_identity_key() */
	int64_t since;
	uint8_t mac[6];
	uint16_t host;			/* which of the hosts */
	uint8_t weight;
	bool here, doubtful;
};

/* Between begin and choose in any order, then each address of a network once, ascending. */
struct vm_places {
	struct vm_host *hosts;
	size_t host_count, host_room;
	struct vm_at *list;
	size_t count, room;
	size_t left_out;
};

void vm_places_add(struct vm_places *p, const struct vm_place *at);
void vm_places_choose(struct vm_places *p);
/* The first of a network; behind the last one: @p->count. */
size_t vm_places_first(const struct vm_places *p, uint64_t network);
bool vm_places_equal(const struct vm_places *a, const struct vm_places *b);
void vm_places_deinit(struct vm_places *p);

#endif /* POLICYDB_VM_PLACES_H */
