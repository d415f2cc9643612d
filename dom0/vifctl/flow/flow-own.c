// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-own.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/flow/flow-order.h"
#include "vifctl/flow/flow-walk.h"
#include "vifctl/vifctl.h"

#define PROBE_OCTETS	60
#define SSH		22

/* The host's own end, and one outside. */
struct ends {
	uint8_t mac[6], peer_mac[6];
	uint8_t ip[4], peer_ip[4];
};

static const uint8_t somebody[6] = { 2, 0, 0, 0, 0, 1 };

/* Who is logged in from somewhere, else a neighbour. */
static void choose_peer(struct ends *e)
{
	const char *ssh = secure_getenv("SSH_CONNECTION");
	char address[INET_ADDRSTRLEN] = "";

	memcpy(e->peer_mac, somebody, sizeof(somebody));
	if (ssh && strcspn(ssh, " ") < sizeof(address))
		memcpy(address, ssh, strcspn(ssh, " "));
	if (inet_pton(AF_INET, address, e->peer_ip) == 1)
		return;
	memcpy(e->peer_ip, e->ip, sizeof(e->ip));
	e->peer_ip[3] ^= 1;
}

/* False: the host has no address there. */
static bool read_ends(const char *name, struct ends *ret)
{
	bool has_mac = false, has_ip = false;
	struct ifaddrs *all, *a;

	if (getifaddrs(&all) < 0)
		return false;
	for (a = all; a; a = a->ifa_next) {
		if (strcmp(a->ifa_name, name) || !a->ifa_addr)
			continue;
		if (a->ifa_addr->sa_family == AF_INET && !has_ip) {
			memcpy(ret->ip, &((struct sockaddr_in *)a->ifa_addr)->sin_addr, 4);
			has_ip = true;
		} else if (a->ifa_addr->sa_family == AF_PACKET) {
			memcpy(ret->mac, ((struct sockaddr_ll *)a->ifa_addr)->sll_addr, 6);
			has_mac = true;
		}
	}
	freeifaddrs(all);
	choose_peer(ret);
	return has_mac && has_ip;
}

/* ---- frames ---- */

static void put_ends(uint8_t *p, const uint8_t *dst, const uint8_t *src, uint16_t type)
{
	memset(p, 0, PROBE_OCTETS);
	memcpy(p, dst, 6);
	memcpy(p + 6, src, 6);
	wire_put(p + 12, 2, type);
}

static void put_arp(uint8_t *p, const struct ends *e, bool from_host)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	const uint8_t *mac = from_host ? e->mac : e->peer_mac;

	put_ends(p, all, mac, 0x0806);
	wire_put(p + 14, 8, 0x0001080006040001);
	memcpy(p + 22, mac, 6);
	memcpy(p + 28, from_host ? e->ip : e->peer_ip, 4);
	memcpy(p + 38, from_host ? e->peer_ip : e->ip, 4);
}

static void put_tcp(uint8_t *p, const struct ends *e, bool from_host)
{
	put_ends(p, from_host ? e->peer_mac : e->mac, from_host ? e->mac : e->peer_mac, 0x0800);
	wire_put(p + 14, 4, 0x45000000 | (PROBE_OCTETS - 14));
	wire_put(p + 22, 2, 64 << 8 | 6);
	memcpy(p + 26, from_host ? e->ip : e->peer_ip, 4);
	memcpy(p + 30, from_host ? e->peer_ip : e->ip, 4);
	wire_put(p + 34, 2, from_host ? SSH : 40000);
	wire_put(p + 36, 2, from_host ? 40000 : SSH);
	wire_put(p + 46, 2, 0x5010);
}

/* ---- their way ---- */

struct passing {
	bool from_host, passes;
};

static void on_flow(void *arg, const struct of_flow *flow)
{
}

static void on_note(void *arg, char *text)
{
	free(text);
}

static void on_out(void *arg, struct flow_walk *w, uint32_t port)
{
	struct passing *p = arg;

	p->passes |= p->from_host || port == OFPP_LOCAL || port == OFPP_NORMAL ||
		     port == OFPP_FLOOD || port == OFPP_ALL;
}

static bool is_up(const void *arg, uint32_t port)
{
	return true;
}

/* What a controller is told, it may pass on. */
static bool passes(const struct flow_tables *t, const uint8_t *frame, uint32_t port)
{
	static const struct flow_walk_ops ops = { on_flow, on_note, on_out, is_up };
	_cleanup_free_ struct flow_walk *w = xzalloc(sizeof(*w));
	struct passing p = { .from_host = port == OFPP_LOCAL };

	w->ops = &ops;
	w->arg = &p;
	w->tables = t;
	flow_walk(w, frame, PROBE_OCTETS, port);
	return p.passes || w->told;
}

static int compare(const struct flow_tables *now, const struct flow_tables *then,
		   const struct ends *e, uint32_t port, const char *name)
{
	bool from_host = port == OFPP_LOCAL;
	uint8_t frame[PROBE_OCTETS];

	for (int tcp = 0; tcp < 2; tcp++) {
		if (tcp)
			put_tcp(frame, e, from_host);
		else
			put_arp(frame, e, from_host);
		if (passes(now, frame, port) && !passes(then, frame, port))
			return vifctl_fail(VIFCTL_FAILED, "%s: this host would be cut off: %s %s %s would be "
					   "dropped; --yes does it all the same", now->link->name,
					   tcp ? "TCP (ssh)" : "ARP",
					   from_host ? "from its own port" : "to it from", name);
	}
	return VIFCTL_OK;
}

static bool is_vms(const char *name)
{
	return !strncmp(name, "vif", 3) || !strncmp(name, "tap", 3);
}

static int compare_all(const struct flow_tables *now, const struct flow_tables *then,
		       const struct ends *e)
{
	const struct flow_link *l = now->link;
	int status = compare(now, then, e, OFPP_LOCAL, l->name);

	for (size_t i = 0; i < l->port_count && status == VIFCTL_OK; i++)
		if (l->ports[i].number != OFPP_LOCAL && !is_vms(l->ports[i].name))
			status = compare(now, then, e, l->ports[i].number, l->ports[i].name);
	return status;
}

/* ---- the tables as they would be ---- */

/* One that is there now and that no change ends. */
static int keep(void *arg, const struct of_flow *old, const struct of_flow *new)
{
	struct flows_told *then = arg;

	if (!new)
		then->v[then->count++].flow = *old;
	return 0;
}

/* @ret's flows are those of @now and of @changes, and are not to be freed one by one. */
static void make_then(const struct flow_link *now, const struct flow_changes *changes,
		      struct flow_link *ret)
{
	struct flows_told all = {}, gone = {};

	all.v = xzalloc((now->flows.count + 1) * sizeof(*all.v));
	for (; all.count < now->flows.count; all.count++)
		all.v[all.count].flow = now->flows.v[all.count].flow;
	gone.v = xzalloc((changes->count + 1) * sizeof(*gone.v));
	for (size_t i = 0; i < changes->count; i++)
		if (changes->v[i].old)
			gone.v[gone.count++].flow = *changes->v[i].old;
	flows_sort(&all);
	flows_sort(&gone);
	*ret = *now;
	ret->flows.v = xzalloc((now->flows.count + changes->count + 1) * sizeof(*ret->flows.v));
	ret->flows.count = 0;
	flows_differ(&all, &gone, keep, &ret->flows);
	for (size_t i = 0; i < changes->count; i++)
		if (changes->v[i].new)
			ret->flows.v[ret->flows.count++].flow = *changes->v[i].new;
	free(all.v);
	free(gone.v);
}

static int check(struct flow_link *now, const struct flow_changes *changes, const struct ends *e)
{
	struct flow_tables before, after = {};
	struct flow_link then;
	int status = flow_tables_make(&before, now, false);

	if (status != VIFCTL_OK) {
		flow_tables_deinit(&before);
		return vifctl_fail(VIFCTL_FAILED, "%s: whether this host would be cut off cannot be told; --yes "
				   "does it all the same", now->name);
	}
	make_then(now, changes, &then);
	if (flow_tables_fill(&after, &then, false) == VIFCTL_OK)
		status = compare_all(&before, &after, e);
	flow_tables_deinit(&after);
	flow_tables_deinit(&before);
	free(then.flows.v);
	return status;
}

int flow_own_check(const struct flow_link *l, const struct flow_changes *changes)
{
	struct flow_link now = { .fd = -1, .silent = true };
	struct ends e;
	int status;

	if (!read_ends(l->name, &e))
		return VIFCTL_OK;
	status = flow_link_open(&now, l->name);
	if (status == VIFCTL_OK)
		status = check(&now, changes, &e);
	flow_link_close(&now);
	return status;
}
