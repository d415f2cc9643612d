// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "datapath/links/route.h"
#include "mesh/mesh-here.h"
#include "mesh/mesh-keys.h"
#include "mesh/mesh-proved.h"

#define KEYS_FILE	"wireguard.json"
#define SECOND_US	1000000ULL
#define SOON_US		(1 * SECOND_US)		/* while something is on its way */
#define LATER_US	(10 * SECOND_US)
#define AROUND_IP4	60			/* octets of IP, UDP and WireGuard */
#define AROUND_IP6	80

/* The first stays: what comes after it may only follow from it. */
static int fail(struct mesh *m, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct mesh *m, int r, const char *fmt, ...)
{
	char text[PROBLEM_MAX];
	va_list ap;

	if (m->problem)
		return r;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->problem = xstrdup(text);
	return r;
}

/* ---- netdevs and keys ---- */

/* The kernel's own choice is 1420, of which an underlay of 9000 has nothing. */
static uint32_t find_mtu(const struct mesh *m, const struct mesh_world *w)
{
	uint32_t least = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct mesh_host *h = m->hosts[i];
		uint32_t around = h->outer.family == PREFIX_IP6 ? AROUND_IP6 : AROUND_IP4, mtu;
		const struct link *link;
		struct route way = {};

		if (h->problem || route_get(&w->rtnl->req, &h->outer, &way) < 0)
			continue;
		link = links_get(w->rtnl->links, way.oif);
		mtu = way.mtu ? way.mtu : link ? link->mtu : 0;
		if (mtu >= around + MESH_MTU_MIN && (!least || mtu - around < least))
			least = mtu - around;
	}
	return least;
}

static int find_netdev(struct mesh *m, const struct mesh_world *w, struct mesh_plane *plane)
{
	const struct link_spec spec = { .name = plane->netdev, .kind = "wireguard" };
	int r;

	plane->ifindex = if_nametoindex(plane->netdev);
	if (plane->ifindex)
		return 0;
	r = rtnl_link_new(w->rtnl, &spec);
	if (r < 0)
		return fail(m, r, "the netdev %s cannot be made: %s", plane->netdev,
			    rtnl_error(w->rtnl));
	plane->ifindex = if_nametoindex(plane->netdev);
	return 0;
}

static int read_device(struct mesh *m, struct mesh_plane *plane)
{
	struct wireguard_device is = {};
	int r = wireguard_get(&m->wg, plane->ifindex, &is);

	if (r < 0)
		return fail(m, r, "the netdev %s: %s", plane->netdev,
			    r == -EOPNOTSUPP && !m->wg.nl.error[0] ? "it is not WireGuard's" : m->wg.nl.error);
	wireguard_device_deinit(&plane->is);
	plane->is = is;
	return 0;
}

static int set_key(struct mesh *m, struct mesh_plane *plane)
{
	uint16_t port = (uint16_t)(MESH_PORT + (plane - m->plane));
	int r = read_device(m, plane);

	if (r < 0 || (memcmp(plane->is.private_key, plane->private_key, WG_KEY_LEN) == 0 &&
		      plane->is.port == port))
		return r;
	r = wireguard_set(&m->wg, plane->ifindex, plane->private_key, port);
	if (r < 0)
		return fail(m, r, "the netdev %s, UDP port %u: %s", plane->netdev, port,
			    m->wg.nl.error);
	m->generation++;
	return read_device(m, plane);
}

static int bring_up(struct mesh *m, const struct mesh_world *w, struct mesh_plane *plane,
		    uint32_t mtu)
{
	const struct link *link = links_get(w->rtnl->links, plane->ifindex);
	struct link_change change = { .up = true, .quiet = true };
	int r = 0;

	if (mtu && (!link || link->mtu != mtu))
		change.mtu = mtu;
	if (change.mtu || !link || !(link->flags & IFF_UP))
		r = rtnl_set(w->rtnl, plane->ifindex, &change);
	if (r == 0)
		r = route_address(&w->rtnl->req, plane->ifindex, &m->inner);
	if (r == -EACCES || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return fail(m, r, "IPv6 is switched off on %s: sysctl net.ipv6.conf.%s.disable_ipv6=0; and default, for the next boot",
			    plane->netdev, plane->netdev);
	return r < 0 ? fail(m, r, "the netdev %s: %s", plane->netdev, rtnl_error(w->rtnl)) : 0;
}

static int make_planes(struct mesh *m, const struct mesh_world *w)
{
	uint32_t mtu = find_mtu(m, w);
	struct prefix all;
	int r;

	r = mesh_keys_load(m, m->key_path, time(NULL));
	if (r < 0)
		return fail(m, r, "keys cannot be kept in %s: %s", m->key_path, strerror(-r));
	mesh_prefix(&all);
	r = route_set(&w->rtnl->req, &all, 0);
	if (r < 0)
		return fail(m, r, "the route that drops what no key is there for: %s",
			    rtnl_error(w->rtnl));
	for (size_t p = 0; r == 0 && p < MESH_PLANES; p++) {
		r = find_netdev(m, w, &m->plane[p]);
		if (r == 0)
			r = set_key(m, &m->plane[p]);
		if (r == 0)
			r = bring_up(m, w, &m->plane[p], mtu);
	}
	return r;
}

/* ---- routes ---- */

struct ways {
	struct mesh *m;
	const struct mesh_world *w;
	struct prefix list[2 * MESH_HOSTS_MAX];	/* that are there */
	uint32_t oif[2 * MESH_HOSTS_MAX];
	size_t count;
};

static void note_way(const struct prefix *to, uint32_t oif, void *arg)
{
	struct ways *ways = arg;

	if (to->len != 128 || ways->count == 2 * MESH_HOSTS_MAX)
		return;
	ways->list[ways->count] = *to;
	ways->oif[ways->count++] = oif;
}

static int read_ways(struct mesh *m, const struct mesh_world *w, struct ways *ret)
{
	int r = -EINTR;

	for (int i = 0; i < 5 && r == -EINTR; i++) {
		ret->count = 0;
		r = route_dump(&w->rtnl->req, note_way, ret);
	}
	return r < 0 ? fail(m, r, "routes cannot be read: %s", rtnl_error(w->rtnl)) : 0;
}

/* As the kernel has it, which a daemon before this one may have set. */
static void note_ways(struct mesh *m, const struct ways *ways)
{
	for (size_t k = 0; k < m->count; k++) {
		m->hosts[k]->way = -1;
		for (size_t i = 0; i < ways->count; i++)
			for (int p = 0; p < MESH_PLANES; p++)
				if (prefix_compare(&ways->list[i], &m->hosts[k]->inner) == 0 &&
				    ways->oif[i] == m->plane[p].ifindex)
					m->hosts[k]->way = p;
	}
}

/* Those that are to be lead where they are to before any peer goes. */
static int set_ways(struct mesh *m, const struct mesh_world *w, const struct ways *ways)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < m->count; k++) {
		struct mesh_host *h = m->hosts[k];
		int way = mesh_way(m, h);

		if (way == h->way || way < 0)
			continue;
		r = route_set(&w->rtnl->req, &h->inner, m->plane[way].ifindex);
		if (r < 0)
			return fail(m, r, "the route to host %s: %s", h->name, rtnl_error(w->rtnl));
		if (h->way >= 0)
			log_info("network encryption: host %s is reached by %s", h->name,
				 m->plane[way].netdev);
		h->way = way;
	}
	for (size_t i = 0; i < ways->count; i++) {
		struct mesh_host *h = mesh_host(m, &ways->list[i]);

		if (h && mesh_way(m, h) >= 0)
			continue;
		route_del(&w->rtnl->req, &ways->list[i]);
		if (h)
			h->way = -1;
	}
	return r;
}

/* ---- peers ---- */

static const struct wireguard_peer *peer_in(const struct mesh_plane *plane, const uint8_t *key)
{
	for (size_t i = 0; i < plane->is.count; i++)
		if (memcmp(plane->is.peers[i].key, key, WG_KEY_LEN) == 0)
			return &plane->is.peers[i];
	return NULL;
}

static int set_peers(struct mesh *m, size_t p)
{
	struct mesh_plane *plane = &m->plane[p];
	int r = 0;

	for (size_t i = 0; i < plane->is.count; i++)
		if (!mesh_keeps(m, p, &plane->is.peers[i]))
			wireguard_peer_del(&m->wg, plane->ifindex, plane->is.peers[i].key);
	for (size_t k = 0; r == 0 && k < m->count; k++) {
		const struct mesh_host *h = m->hosts[k];
		struct wireguard_peer peer = { .outer = h->outer, .port = h->said[p].port,
					       .inner = h->inner };

		if (!mesh_wants(h, p, peer_in(plane, h->said[p].key)))
			continue;
		memcpy(peer.key, h->said[p].key, WG_KEY_LEN);
		r = wireguard_peer_set(&m->wg, plane->ifindex, &peer, MESH_KEEPALIVE_S);
		if (r < 0)
			fail(m, r, "host %s as a peer of %s: %s", h->name, plane->netdev,
			     m->wg.nl.error);
	}
	return r < 0 ? r : read_device(m, plane);
}

/* ---- the whole ---- */

static int turn(struct mesh *m, uint64_t now)
{
	int old = mesh_old(m, time(NULL)), r = 0;
	struct problem problem;

	for (size_t p = 0; r == 0 && p < MESH_PLANES; p++) {
		if (!mesh_turn(m, p, now))
			continue;
		r = mesh_keys_renew(m, m->key_path, p, time(NULL));
		if (r < 0)
			return fail(m, r, "keys cannot be kept in %s: %s", m->key_path, strerror(-r));
		r = set_key(m, &m->plane[p]);
		log_notice("network encryption: %s has a new key", m->plane[p].netdev);
	}
	if (old >= 0)
		mesh_close(m, (size_t)old, now, &problem);
	return r;
}

static int carry_out(struct mesh *m, const struct mesh_world *w, uint64_t now)
{
	struct ways ways = {};
	int r = make_planes(m, w);

	if (r == 0)
		r = read_ways(m, w, &ways);
	if (r < 0)
		return r;
	note_ways(m, &ways);
	mesh_see(m, now, time(NULL));
	r = turn(m, now);
	/* Twice: a peer must be there before a route, and gone after it. */
	for (size_t p = 0; r == 0 && p < MESH_PLANES; p++)
		r = set_peers(m, p);
	mesh_see(m, now, time(NULL));
	if (r == 0)
		r = set_ways(m, w, &ways);
	for (size_t p = 0; r == 0 && p < MESH_PLANES; p++)
		r = set_peers(m, p);
	return r;
}

/* Nothing in the datapath goes there any more; its prefix stays barred by the module. */
static void take_away(struct mesh *m, const struct mesh_world *w)
{
	struct prefix all;

	for (size_t p = 0; p < MESH_PLANES; p++) {
		const struct link *link = links_by_name(w->rtnl->links, m->plane[p].netdev);

		if (link && strcmp(link->kind, "wireguard") == 0)
			rtnl_link_del(w->rtnl, link->ifindex);
		m->plane[p].ifindex = 0;
		m->plane[p].turn = MESH_OPEN;
		wireguard_device_deinit(&m->plane[p].is);
	}
	mesh_prefix(&all);
	route_del(&w->rtnl->req, &all);
	mesh_keys_forget(m, m->key_path);
	mesh_read(m, NULL, 0);
}

static bool something_waits(const struct mesh *m)
{
	bool waits = false;

	for (size_t p = 0; p < MESH_PLANES; p++)
		waits |= m->plane[p].turn != MESH_OPEN;
	for (size_t i = 0; i < m->count; i++)
		for (size_t p = 0; p < MESH_PLANES; p++)
			waits |= !m->hosts[i]->problem && m->hosts[i]->said[p].said &&
				 !m->hosts[i]->seen[p].live;
	return waits || m->problem;
}

static void read_hosts(struct mesh *m, const struct mesh_world *w, uint64_t now)
{
	struct pool_host *rows = NULL;
	size_t count = policy_pool_hosts(w->policy, &rows);

	mesh_prove(m, &w->files, rows, count, now);
	mesh_read(m, rows, count);
	free(rows);
}

static void know_oneself(struct mesh *m, const struct policy_db *policy)
{
	const char *slash = strrchr(policy->copy_path ?: "", '/');

	if (m->name)
		return;
	m->name = xstrdup(policy->host);
	mesh_inner(m->name, &m->inner);
	m->key_path = slash ? xprintf("%.*s" KEYS_FILE, (int)(slash + 1 - policy->copy_path),
				      policy->copy_path) : xstrdup(KEYS_FILE);
}

static bool is_gone(const struct mesh *m, const struct links *links)
{
	bool gone = false;

	for (size_t p = 0; p < MESH_PLANES; p++) {
		const struct link *link = links_by_name(links, m->plane[p].netdev);

		gone |= m->plane[p].ifindex && (!link || link->ifindex != m->plane[p].ifindex ||
						!(link->flags & IFF_UP));
	}
	return gone;
}

void mesh_judge(struct mesh *m, const struct mesh_world *w)
{
	uint64_t now = clock_us();
	bool again = m->wanted != w->wanted || m->of_places != w->policy->places || !m->looked ||
		     m->asked || (m->look_at && m->look_at <= now) ||
		     prefix_compare(&m->own, w->own) != 0 || is_gone(m, w->rtnl->links);

	/* While the pool's hosts are not known, what is there stays. */
	if (!w->known || !again || (m->looked && !m->wanted && !w->wanted))
		return;
	know_oneself(m, w->policy);
	if (w->wanted != m->wanted)
		m->generation++;
	m->wanted = w->wanted;
	m->of_places = w->policy->places;
	m->own = *w->own;
	m->asked = false;
	free(m->problem);
	m->problem = NULL;
	m->look_at = 0;
	m->looks++;
	m->looked = w->wanted || !w->in_use;
	if (!w->wanted && !w->in_use)
		take_away(m, w);
	/* The datapath is told in this pass; then it goes. */
	if (!w->wanted)
		m->look_at = w->in_use ? now + SOON_US : 0;
	if (!w->wanted)
		return;
	read_hosts(m, w, now);
	if (!w->own->family)
		fail(m, -ENOENT, "address in vifswitch.conf says where other hosts reach this one, and encrypt=wireguard needs it");
	else
		carry_out(m, w, now);
	m->look_at = now + (something_waits(m) ? SOON_US : LATER_US);
}

int mesh_rekey(struct mesh *m, struct problem *problem)
{
	int r;

	if (!m->wanted) {
		problem_set(problem, "no network on this host has encrypt=wireguard");
		return -ENOENT;
	}
	r = mesh_close(m, mesh_older(m), clock_us(), problem);
	m->asked |= r == 0;
	return r;
}

json_t *mesh_proof_told(struct mesh *m, const struct mesh_proof_files *files)
{
	_cleanup_(json_decrefp) json_t *told = mesh_told(m);
	const char *const keys[MESH_PLANES] = {
		json_string_value(json_object_get(told, "0")),
		json_string_value(json_object_get(told, "1")),
	};
	struct problem problem = {};
	json_t *proof = NULL;

	free(m->unsigned_why);
	m->unsigned_why = NULL;
	if (!json_object_size(told) || !files->ca || !mesh_proof_wanted(files))
		return json_object();
	proof = mesh_proof_make(files, m->name, keys, time(NULL), &problem);
	if (!proof)
		m->unsigned_why = xstrdup(problem.text);
	return proof ? proof : json_object();
}
