// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/ko/client-acl.h"
#include "datapath/ko/client-snoop.h"
#include "datapath/ko/client-memory.h"
#include "datapath/ko/client-network.h"
#include "vifctl/view/select.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"
#include "vifctl/why/flow-world.h"

struct reading {
	struct why_world *w;
	uint32_t *wanted;		/* of each port: the ACL its program names */
	const json_t *ports, *acls;
};

static long sysfs_number(const char *netdev, const char *file, long otherwise)
{
	_cleanup_free_ char *path = xprintf("/sys/class/net/%s/%s", netdev, file);
	FILE *f = fopen(path, "re");
	long value = otherwise;

	if (!f)
		return otherwise;
	if (fscanf(f, "%ld", &value) != 1)
		value = otherwise;
	fclose(f);
	return value;
}

static void describe(const json_t *ports, struct why_port *p)
{
	const json_t *one;
	size_t i;

	snprintf(p->label, sizeof(p->label), "%s", p->name);
	json_array_foreach(ports, i, one) {
		const json_t *vm = json_object_get(one, "vm");

		if (strcmp(get_text(one, "netdev"), p->name))
			continue;
		p->doc = one;
		if (!json_is_object(vm))
			continue;
		snprintf(p->label, sizeof(p->label), "%.70s/%lld", get_vm_word(one),
			 (long long)json_integer_value(json_object_get(one, "devid")));
	}
}

static int add_port(const struct dp_port *dp, void *arg)
{
	struct reading *r = arg;
	struct why_world *w = r->w;
	struct vs_program_error err;
	struct why_port *p;

	w->ports = xrealloc(w->ports, (w->port_count + 1) * sizeof(*w->ports));
	r->wanted = xrealloc(r->wanted, (w->port_count + 1) * sizeof(*r->wanted));
	p = &w->ports[w->port_count];
	*p = (struct why_port){
		.ifindex = dp->ifindex, .sw = dp->sw, .local = dp->flags & VIFSWITCH_PORT_LOCAL,
		.dormant = dp->claim == VIFSWITCH_CLAIM_DORMANT,
		.connections = dp->connections,
	};
	r->wanted[w->port_count++] = 0;
	strcpy(p->name, dp->name);
	p->cookie_len = dp->cookie_len <= sizeof(p->cookie) ? dp->cookie_len : 0;
	if (p->cookie_len)
		memcpy(p->cookie, dp->cookie, p->cookie_len);
	p->mtu = (uint32_t)sysfs_number(p->name, "mtu", 0);
	p->up = (sysfs_number(p->name, "carrier", 0) == 1);
	describe(r->ports, p);
	if (!dp->program_len)
		return 0;
	p->program = xmalloc(sizeof(*p->program));
	if (vs_program_parse(dp->program, dp->program_len, p->program, &err) < 0) {
		free(p->program);
		p->program = NULL;
		return -EBADMSG;
	}
	r->wanted[w->port_count - 1] = p->program->acl;
	return 0;
}

static int add_entry(const struct dp_fdb *dp, void *arg)
{
	struct reading *r = arg;
	struct why_world *w = r->w;

	/* Twice as much whenever a power of two is reached. */
	if (!(w->fdb_count & (w->fdb_count - 1)))
		w->fdb = xrealloc(w->fdb, (w->fdb_count ? w->fdb_count * 2 : 1) * sizeof(*w->fdb));
	w->fdb[w->fdb_count] = (struct why_fdb){
		.sw = dp->sw, .port = dp->port, .vlan = dp->vlan,
		.dormant = dp->flags & VIFSWITCH_FDB_DORMANT,
		.fixed = dp->flags & VIFSWITCH_FDB_STATIC,
	};
	w->fdb[w->fdb_count].has_remote = dp->has_remote;
	memcpy(w->fdb[w->fdb_count].remote, dp->remote, sizeof(dp->remote));
	memcpy(w->fdb[w->fdb_count++].mac, dp->mac, 6);
	return 0;
}

static int add_acl(const struct dp_acl *dp, void *arg)
{
	struct reading *r = arg;
	struct why_world *w = r->w;
	const json_t *one;
	size_t i;

	w->acls = xrealloc(w->acls, (w->acl_count + 1) * sizeof(*w->acls));
	w->acls[w->acl_count] = (struct why_acl){ .id = dp->id };
	json_array_foreach(r->acls, i, one)
		if (json_integer_value(json_object_get(one, "id")) == (json_int_t)dp->id)
			w->acls[w->acl_count].doc = one;
	w->acl_count++;
	return 0;
}

/* Only those that somebody refers to: an ACL may be megabytes. */
static int read_acls(struct datapath *dp, struct reading *r)
{
	struct why_world *w = r->w;
	struct vs_program_error err;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->acl_count; i++) {
		struct why_acl *acl = &w->acls[i];
		bool needed = false;
		uint32_t len;

		if (acl->blob)
			continue;

		for (size_t j = 0; j < w->port_count; j++)
			needed |= r->wanted[j] == acl->id;
		if (!needed)
			continue;
		for (int tries = 0; tries < 5; tries++) {
			rc = datapath_acl_read(dp, acl->id, &acl->blob, &len);
			if (rc != -EAGAIN)
				break;
		}
		if (rc == 0)
			rc = vs_acl_parse(acl->blob, len, &acl->view, &err);
	}
	for (size_t j = 0; rc == 0 && j < w->port_count; j++)
		for (size_t i = 0; i < w->acl_count; i++)
			if (r->wanted[j] == w->acls[i].id && w->acls[i].blob)
				w->ports[j].acl = &w->acls[i];
	return rc;
}

void why_sessions_deinit(struct why_sessions *s)
{
	free(s->entries);
	*s = (struct why_sessions){};
}

static bool is_end(const struct vifswitch_session *s, const uint8_t *octets,
		   const union vs_address *address)
{
	uint8_t of_packet[16];

	if (s->family == VIFSWITCH_ACL_IP4)
		return vs_get_be32(octets) == address->ip4;
	for (int i = 0; i < 16; i++)
		of_packet[i] = (uint8_t)(address->ip6[i / 8] >> (56 - 8 * (i % 8)));
	return !memcmp(octets, of_packet, sizeof(of_packet));
}

void why_sessions_add(struct why_sessions *s, const struct vs_packet *pkt,
		      const struct vifswitch_session *session)
{
	if (session->family != pkt->family ||
	    !(is_end(session, session->vm_addr, &pkt->src) ||
	      is_end(session, session->vm_addr, &pkt->dst) ||
	      is_end(session, session->peer_addr, &pkt->src) ||
	      is_end(session, session->peer_addr, &pkt->dst)))
		return;
	/* Twice as much whenever a power of two is reached. */
	if (!(s->count & (s->count - 1)))
		s->entries = xrealloc(s->entries,
				      (s->count ? s->count * 2 : 1) * sizeof(*s->entries));
	s->entries[s->count++] = *session;
}

struct remembering {
	const struct vs_packet *pkt;
	struct why_sessions *sessions;
};

static int add_session(const struct vifswitch_session *session, void *arg)
{
	struct remembering *r = arg;

	why_sessions_add(r->sessions, r->pkt, session);
	return 0;
}

/* Out of the kernel, if it has such tables. */
static bool read_sessions(const struct why_port *port, const struct vs_packet *pkt,
			  struct why_sessions *ret)
{
	_cleanup_(datapath_freep) struct datapath *dp = NULL;
	struct why_sessions found = {};
	struct remembering r = { pkt, &found };

	if (datapath_new(&dp) < 0 || datapath_resolve(dp) < 0 ||
	    !(datapath_module(dp)->features & VIFSWITCH_FEATURE_SESSIONS))
		return false;
	if (datapath_session_dump(dp, port->ifindex, false, add_session, &r) < 0) {
		why_sessions_deinit(&found);
		return false;
	}
	*ret = found;
	return true;
}

/* One more of what doubles as it grows. */
#define APPEND(list, count, what) do { \
	if (!((count) & ((count) - 1))) \
		(list) = xrealloc((list), ((count) ? (count) * 2 : 1) * sizeof(*(list))); \
	(list)[(count)++] = (what); \
} while (0)

static int add_switch(const struct dp_switch *dp, void *arg)
{
	struct why_world *w = ((struct reading *)arg)->w;

	APPEND(w->switches, w->switch_count, *dp);
	return 0;
}

static int add_group(const struct dp_group *dp, void *arg)
{
	struct why_world *w = ((struct reading *)arg)->w;

	APPEND(w->groups, w->group_count, *dp);
	return 0;
}

/* A module without snooping knows no such request. */
static int read_groups(struct datapath *dp, struct reading *r)
{
	int rc = datapath_switch_dump(dp, add_switch, r);

	if (rc == 0 && datapath_module(dp)->features & VIFSWITCH_FEATURE_SNOOP)
		rc = datapath_group_dump(dp, 0, add_group, r);
	return rc;
}

static int add_network(const struct dp_network *dp, void *arg)
{
	struct why_world *w = ((struct reading *)arg)->w;
	struct why_network *n;

	w->networks = xrealloc(w->networks, (w->network_count + 1) * sizeof(*w->networks));
	n = &w->networks[w->network_count++];
	*n = (struct why_network){
		.port = dp->port, .vlan = dp->vlan, .key = dp->spec.key,
		.remote_count = dp->spec.remote_count, .eid_count = dp->spec.eid_count,
	};
	n->remotes = xmalloc((n->remote_count + 1) * sizeof(*n->remotes));
	memcpy(n->remotes, dp->spec.remotes, n->remote_count * sizeof(*n->remotes));
	n->eids = xmalloc((n->eid_count + 1) * sizeof(*n->eids));
	if (n->eid_count)
		memcpy(n->eids, dp->spec.eids, n->eid_count * sizeof(*n->eids));
	return 0;
}

static int read_ko(struct datapath *dp, struct reading *r)
{
	int rc = datapath_port_dump(dp, 0, add_port, r);

	if (rc == 0)
		rc = datapath_fdb_dump(dp, 0, 0, add_entry, r);
	if (rc == 0)
		rc = read_groups(dp, r);
	if (rc == 0 && datapath_module(dp)->features & VIFSWITCH_FEATURE_TUNNELS)
		rc = datapath_network_dump(dp, add_network, r);
	return rc == 0 ? datapath_acl_dump(dp, add_acl, r) : rc;
}

static bool is_known(const struct why_world *w, uint32_t id)
{
	for (size_t i = 0; i < w->acl_count; i++)
		if (w->acls[i].id == id)
			return true;
	return false;
}

/* Those that ports in switches of flows name, and vifswitch.ko does not have. */
static int read_flow_acls(struct reading *r)
{
	struct why_world *w = r->w;
	struct vs_program_error err;

	for (size_t i = 0; i < w->port_count; i++) {
		struct dp_acl acl = { .id = r->wanted[i] };
		struct why_acl *added;

		if (!acl.id || is_known(w, acl.id))
			continue;
		add_acl(&acl, r);
		added = &w->acls[w->acl_count - 1];
		added->blob = flow_world_acl(acl.id, &acl.len);
		if (!added->blob || vs_acl_parse(added->blob, acl.len, &added->view, &err) < 0)
			return -ENOENT;
	}
	return 0;
}

int why_world_read(const json_t *ports, const json_t *acls, struct why_world *ret)
{
	_cleanup_(datapath_freep) struct datapath *dp = NULL;
	struct why_world w = { .sessions = read_sessions };
	struct reading r = { .w = &w, .ports = ports, .acls = json_object_get(acls, "acls") };
	int flows, rc = datapath_new(&dp);

	if (rc < 0)
		return vifctl_fail(VIFCTL_UNAVAILABLE, "netlink: %s", strerror(-rc));
	rc = read_ko(dp, &r);
	/* a host may do with openvswitch.ko alone */
	flows = flow_world_ports(add_port, &r);
	if (rc == 0 || (rc == -EPROTONOSUPPORT && flows > 0))
		rc = flows < 0 ? flows : flow_world_fdb(add_entry, &r);
	if (rc == 0)
		rc = read_flow_acls(&r);
	if (rc == 0)
		rc = read_acls(dp, &r);
	free(r.wanted);
	if (rc < 0) {
		why_world_deinit(&w);
		return vifctl_fail(VIFCTL_UNAVAILABLE, "reading what is in force: %s: %s",
				   strerror(-rc), datapath_error(dp));
	}
	*ret = w;
	return VIFCTL_OK;
}

static void networks_deinit(struct why_world *w)
{
	for (size_t i = 0; i < w->network_count; i++) {
		free(w->networks[i].remotes);
		free(w->networks[i].eids);
	}
	free(w->networks);
}

void why_world_deinit(struct why_world *w)
{
	for (size_t i = 0; i < w->port_count; i++)
		free(w->ports[i].program);
	for (size_t i = 0; i < w->acl_count; i++)
		free(w->acls[i].blob);
	free(w->ports);
	free(w->fdb);
	free(w->switches);
	free(w->groups);
	networks_deinit(w);
	free(w->acls);
	*w = (struct why_world){};
}

const struct why_port *why_port(const struct why_world *w, uint32_t ifindex)
{
	for (size_t i = 0; i < w->port_count; i++)
		if (w->ports[i].ifindex == ifindex)
			return &w->ports[i];
	return NULL;
}

int why_select_port(const struct why_world *w, const json_t *ports, const char *word,
		    const struct why_port **ret)
{
	_cleanup_free_ char *problem = NULL;
	json_t *chosen, *one;
	int status = select_ports(ports, word, &chosen, &problem);
	size_t i;

	if (status)
		return vifctl_fail_lines(status, problem);
	*ret = NULL;
	json_array_foreach(chosen, i, one)
		if (!*ret)
			*ret = why_port(w, (uint32_t)json_integer_value(
						json_object_get(one, "ifindex")));
	i = json_array_size(chosen);
	json_decref(chosen);
	if (!*ret)
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s is not plugged into a switch: vifctl port show "
				   "%s tells why", word, word);
	if (i > 1 && strchr(word, '/') == NULL)
		vifctl_say("vifctl: %s has %zu ports; this is about %s", word, i, (*ret)->name);
	return VIFCTL_OK;
}

static bool locked_to(const struct vs_program *prog, int family, const uint8_t *addr)
{
	if (family == 4) {
		uint32_t ip = (uint32_t)addr[0] << 24 | addr[1] << 16 | addr[2] << 8 | addr[3];

		for (unsigned int i = 0; i < prog->range4_count; i++)
			if (ip >= prog->range4[i].first && ip <= prog->range4[i].last)
				return true;
		return false;
	}
	for (unsigned int i = 0; i < prog->range6_count; i++) {
		const struct vs_range6 *r = &prog->range6[i];
		uint64_t high = 0, low = 0;

		for (int j = 0; j < 8; j++) {
			high = high << 8 | addr[j];
			low = low << 8 | addr[8 + j];
		}
		if ((high > r->first[0] || (high == r->first[0] && low >= r->first[1])) &&
		    (high < r->last[0] || (high == r->last[0] && low <= r->last[1])))
			return true;
	}
	return false;
}

const struct why_port *why_owner(const struct why_world *w, uint32_t sw, int family,
				 const uint8_t *addr)
{
	for (size_t i = 0; i < w->port_count; i++) {
		const struct why_port *p = &w->ports[i];

		if (p->sw == sw && p->program && p->program->mac_count &&
		    locked_to(p->program, family, addr))
			return p;
	}
	return NULL;
}
