// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#include <vifswitch/network-abi.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/number.h"
#include "mesh/mesh.h"

#define KEY_TEXT	44	/* octets of a key in base64 */
#define DAY_S		86400
#define HOUR_S		3600	/* clocks that differ by less do no harm */

void mesh_prefix(struct prefix *ret)
{
	static const uint8_t prefix[] = VIFSWITCH_SEALED_PREFIX;

	*ret = (struct prefix){ .family = PREFIX_IP6, .len = 8 * sizeof(prefix) };
	memcpy(ret->addr, prefix, sizeof(prefix));
}

/* The hash is part of what hosts have agreed on: it is FNV-1a of 64 bits, big-endian. */
void mesh_inner(const char *name, struct prefix *ret)
{
	uint64_t hash = map_name_key(name);

	mesh_prefix(ret);
	ret->len = 128;
	for (size_t i = 0; i < sizeof(hash); i++)
		ret->addr[8 + i] = (uint8_t)(hash >> (56 - 8 * i));
}

void mesh_init(struct mesh *m)
{
	*m = (struct mesh){};
	for (size_t p = 0; p < MESH_PLANES; p++)
		snprintf(m->plane[p].netdev, sizeof(m->plane[p].netdev),
			 VIFSWITCH_SEALED_NETDEV "%zu", p);
}

static void host_free(struct mesh_host *h)
{
	free(h->name);
	free(h->problem);
	free(h);
}

static void forget(struct mesh *m)
{
	while (m->count)
		host_free(m->hosts[--m->count]);
	free(m->hosts);
	m->hosts = NULL;
}

void mesh_deinit(struct mesh *m)
{
	forget(m);
	for (size_t p = 0; p < MESH_PLANES; p++) {
		wireguard_device_deinit(&m->plane[p].is);
		explicit_bzero(m->plane[p].private_key, WG_KEY_LEN);
	}
	wireguard_close(&m->wg);
	free(m->problem);
	free(m->name);
	free(m->key_path);
	free(m->unsigned_why);
	*m = (struct mesh){};
}

/* ---- what hosts say ---- */

/* "KEY PORT" */
static bool read_said(const char *text, struct mesh_key *ret)
{
	char key[KEY_TEXT + 1];
	uint8_t octets[WG_KEY_LEN + 2];
	uint64_t port;

	if (strlen(text) < KEY_TEXT + 2 || text[KEY_TEXT] != ' ' ||
	    !number_parse(text + KEY_TEXT + 1, strlen(text + KEY_TEXT + 1), 1, 65535, &port))
		return false;
	memcpy(key, text, KEY_TEXT);
	key[KEY_TEXT] = '\0';
	if (b64_pton(key, octets, sizeof(octets)) != WG_KEY_LEN)
		return false;
	*ret = (struct mesh_key){ .said = true, .port = (uint16_t)port };
	memcpy(ret->key, octets, WG_KEY_LEN);
	return true;
}

static char *problem_of(struct mesh_host *h, const struct pool_host *row)
{
	if (row->doubt)
		return xstrdup(row->doubt);
	if (!row->address || !prefix_parse_host(row->address, &h->outer))
		return xprintf("host %s tells no address (address in its vifswitch.conf)", h->name);
	for (size_t p = 0; p < MESH_PLANES; p++)
		if (row->keys[p] && !read_said(row->keys[p], &h->said[p]))
			return xprintf("what host %s tells as its key of plane %zu is none", h->name, p);
	if (!h->said[0].said && !h->said[1].said)
		return xprintf("host %s tells no key: its vifswitchd is older, or has no such network", h->name);
	return NULL;
}

static bool share_key(const struct mesh_host *a, const struct mesh_host *b)
{
	for (size_t i = 0; i < MESH_PLANES; i++)
		for (size_t j = 0; j < MESH_PLANES; j++)
			if (a->said[i].said && b->said[j].said &&
			    memcmp(a->said[i].key, b->said[j].key, WG_KEY_LEN) == 0)
				return true;
	return false;
}

static bool is_own_key(const struct mesh *m, const struct mesh_host *h)
{
	for (size_t i = 0; i < MESH_PLANES; i++)
		for (size_t j = 0; h->said[i].said && j < MESH_PLANES; j++)
			if (m->plane[j].is.port &&
			    memcmp(h->said[i].key, m->plane[j].is.public_key, WG_KEY_LEN) == 0)
				return true;
	return false;
}

/* One key, or one address, of two hosts: somebody claims to be another. Neither is believed. */
static void refuse_twins(struct mesh *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct mesh_host *a = m->hosts[i];

		if (!a->problem && (is_own_key(m, a) || prefix_compare(&a->inner, &m->inner) == 0))
			a->problem = xprintf("host %s claims this host's own key or name", a->name);
		for (size_t j = 0; j < i; j++) {
			struct mesh_host *b = m->hosts[j];

			if (!share_key(a, b) && prefix_compare(&a->inner, &b->inner) != 0)
				continue;
			if (!a->problem)
				a->problem = xprintf("hosts %s and %s tell one key", b->name, a->name);
			if (!b->problem)
				b->problem = xprintf("hosts %s and %s tell one key", b->name, a->name);
		}
	}
}

static struct mesh_host *host_new(const struct mesh *was, const struct pool_host *row)
{
	struct mesh_host *h = xzalloc(sizeof(*h)), *old;

	h->name = xstrdup(row->name);
	h->way = -1;
	mesh_inner(h->name, &h->inner);
	h->problem = problem_of(h, row);
	old = mesh_host(was, &h->inner);
	if (old) {
		h->way = old->way;
		memcpy(h->seen, old->seen, sizeof(h->seen));
	}
	return h;
}

void mesh_read(struct mesh *m, const struct pool_host *rows, size_t count)
{
	struct mesh was = { .hosts = m->hosts, .count = m->count };

	m->hosts = xzalloc((count + 1) * sizeof(*m->hosts));
	m->count = 0;
	for (size_t i = 0; i < count && m->count < MESH_HOSTS_MAX; i++)
		if (strcmp(rows[i].name, m->name) != 0)
			m->hosts[m->count++] = host_new(&was, &rows[i]);
	refuse_twins(m);
	forget(&was);
}

struct mesh_host *mesh_host(const struct mesh *m, const struct prefix *inner)
{
	for (size_t i = 0; i < m->count; i++)
		if (prefix_compare(&m->hosts[i]->inner, inner) == 0)
			return m->hosts[i];
	return NULL;
}

/* ---- what they do ---- */

static void see_peer(struct mesh_host *h, size_t plane, const struct wireguard_peer *peer,
		     uint64_t now, int64_t wall)
{
	bool fresh = peer->handshake && wall - peer->handshake < MESH_LIVE_S;

	if (!h->seen[plane].in || h->seen[plane].received != peer->received)
		h->seen[plane].changed = now;
	h->seen[plane].in = true;
	h->seen[plane].received = peer->received;
	h->seen[plane].handshake = peer->handshake;
	h->seen[plane].live = fresh && now - h->seen[plane].changed < MESH_QUIET_US;
}

void mesh_see(struct mesh *m, uint64_t now, int64_t wall)
{
	bool there[MESH_HOSTS_MAX];

	for (size_t p = 0; p < MESH_PLANES; p++) {
		const struct wireguard_device *is = &m->plane[p].is;

		memset(there, 0, sizeof(there));
		for (size_t i = 0; i < is->count; i++)
			for (size_t k = 0; k < m->count; k++) {
				if (prefix_compare(&m->hosts[k]->inner, &is->peers[i].inner) != 0)
					continue;
				see_peer(m->hosts[k], p, &is->peers[i], now, wall);
				there[k] = true;
			}
		for (size_t k = 0; k < m->count; k++)
			if (!there[k])
				memset(&m->hosts[k]->seen[p], 0, sizeof(m->hosts[k]->seen[p]));
	}
}

/* A session that lives counts most; then that it is wanted at both ends; then that it stays. */
int mesh_way(const struct mesh *m, const struct mesh_host *h)
{
	int best = -1, most = -1;

	for (int p = 0; p < MESH_PLANES && !h->problem; p++) {
		int score = 8 * h->seen[p].live + 4 * (m->plane[p].turn == MESH_OPEN) +
			    2 * h->said[p].said + (h->way == p);

		if ((h->seen[p].in || h->said[p].said) && score > most) {
			best = p;
			most = score;
		}
	}
	return best;
}

bool mesh_keeps(const struct mesh *m, size_t plane, const struct wireguard_peer *peer)
{
	const struct mesh_host *h = mesh_host(m, &peer->inner);

	if (!h || h->problem)
		return false;
	return h->said[plane].said ? memcmp(h->said[plane].key, peer->key, WG_KEY_LEN) == 0 :
				     h->way == (int)plane;
}

/* Where it is, wireguard learns from its packets: that is better than the row. */
bool mesh_wants(const struct mesh_host *h, size_t plane, const struct wireguard_peer *is)
{
	if (h->problem || !h->said[plane].said)
		return false;
	return !is || !is->only_inner || prefix_compare(&is->inner, &h->inner) != 0 ||
	       (!h->seen[plane].live && (is->port != h->said[plane].port ||
					 prefix_compare(&is->outer, &h->outer) != 0));
}

const char *mesh_session_word(const struct mesh_host *h)
{
	return h->way >= 0 && h->seen[h->way].live ? "up" : "waiting";
}

/* ---- keys that are renewed ---- */

static uint64_t received_of(const struct mesh_plane *plane)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < plane->is.count; i++)
		sum += plane->is.peers[i].received;
	return sum;
}

static int not_now(struct problem *problem, const char *why, const char *who)
{
	problem_set(problem, "%s%s", why, who);
	return -EAGAIN;
}

int mesh_close(struct mesh *m, size_t plane, uint64_t now, struct problem *problem)
{
	struct mesh_plane *closing = &m->plane[plane];
	size_t other = !plane;

	for (size_t p = 0; p < MESH_PLANES; p++)
		if (m->plane[p].turn != MESH_OPEN || !m->plane[p].ifindex)
			return not_now(problem, "a key is being renewed already, or the netdevs are not there yet", "");
	for (size_t i = 0; i < m->count; i++) {
		const struct mesh_host *h = m->hosts[i];

		if (h->problem || !h->seen[plane].live)
			continue;
		if (!h->seen[other].live || !h->said[other].said)
			return not_now(problem, "this host's other key does not reach every host yet, or one renews its own: ",
				       h->name);
	}
	closing->turn = MESH_CLOSING;
	closing->closing = closing->quiet = now;
	closing->received = received_of(closing);
	m->generation++;
	return 0;
}

bool mesh_turn(struct mesh *m, size_t plane, uint64_t now)
{
	struct mesh_plane *closing = &m->plane[plane];
	uint64_t received = received_of(closing);

	if (closing->turn != MESH_CLOSING)
		return false;
	if (received != closing->received)
		closing->quiet = now;
	closing->received = received;
	if (now - closing->quiet < MESH_QUIET_US && now - closing->closing < MESH_CLOSING_US)
		return false;
	closing->turn = MESH_OPEN;
	m->generation++;
	return now - closing->quiet >= MESH_QUIET_US;
}

/* Each plane has its days, so that no two hosts ever close different ones. */
int mesh_old(const struct mesh *m, int64_t wall)
{
	int plane = (int)(wall / DAY_S % MESH_PLANES);
	int64_t second = wall % DAY_S;

	if (second < HOUR_S || second > DAY_S - 2 * HOUR_S || !m->plane[plane].has_key ||
	    wall - m->plane[plane].made < MESH_KEY_S)
		return -1;
	return plane;
}

size_t mesh_older(const struct mesh *m)
{
	return m->plane[1].made < m->plane[0].made;
}

json_t *mesh_told(const struct mesh *m)
{
	json_t *ret = json_object();

	for (size_t p = 0; p < MESH_PLANES; p++) {
		const struct mesh_plane *plane = &m->plane[p];
		char number[2] = { (char)('0' + p), '\0' }, key[KEY_TEXT + 1];

		if (!m->wanted || !plane->ifindex || !plane->is.port || plane->turn != MESH_OPEN)
			continue;
		b64_ntop(plane->is.public_key, WG_KEY_LEN, key, sizeof(key));
		json_object_set_new(ret, number, json_sprintf("%s %u", key, plane->is.port));
	}
	return ret;
}

json_t *mesh_keys_json(const struct mesh *m)
{
	json_t *list = json_array();

	for (size_t p = 0; m->wanted && p < MESH_PLANES; p++) {
		const struct mesh_plane *plane = &m->plane[p];
		char key[KEY_TEXT + 1] = "";

		if (!plane->ifindex || !plane->is.port)
			continue;
		b64_ntop(plane->is.public_key, WG_KEY_LEN, key, sizeof(key));
		json_array_append_new(list, json_pack(
			"{s:s, s:s, s:i, s:I, s:b}", "netdev", plane->netdev, "key", key,
			"udp_port", plane->is.port, "made", (json_int_t)plane->made, "closing",
			plane->turn == MESH_CLOSING));
	}
	return list;
}
