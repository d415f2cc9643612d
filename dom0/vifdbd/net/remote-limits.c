// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "vifdbd/net/remote-limits.h"

enum { OF_TCP, OF_LISTENER, OF_LISTENER_NEW, OF_PEER, OF_PEER_NEW };

/* In sixteenths of --max-clients; vifdbd(8) has them as well. */
static const struct {
	unsigned int share;
	const char *what;
} rules[] = {
	[OF_TCP] = { 12, "clients by TCP and TLS" },
	[OF_LISTENER] = { 8, "clients of this remote" },
	[OF_LISTENER_NEW] = { 4, "clients of this remote that have not shown a certificate" },
	[OF_PEER] = { 2, "clients from one address" },
	[OF_PEER_NEW] = { 1, "clients from one address that have not shown a certificate" },
};

static void count(unsigned int n[], const struct session *s, const struct peer *peer)
{
	bool is_new = !stream_established(s->stream);
	bool same = s->peer.family == peer->family &&
		    !memcmp(s->peer.address, peer->address, sizeof(peer->address));

	n[OF_TCP]++;
	n[OF_LISTENER] += s->peer.listener == peer->listener;
	n[OF_LISTENER_NEW] += is_new && s->peer.listener == peer->listener;
	n[OF_PEER] += same;
	n[OF_PEER_NEW] += is_new && same;
}

const char *remote_limit(const struct sessions *all, const struct peer *peer)
{
	unsigned int i, max = all->limits.max_clients, n[ARRAY_SIZE(rules)] = { 0 };
	const struct session *s;

	if (all->n >= max)
		return "clients";
	if (!peer->family)
		return NULL;
	TAILQ_FOREACH(s, &all->list, link)
		if (s->peer.family)
			count(n, s, peer);
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		unsigned int limit = max * rules[i].share / 16;

		if (n[i] >= (limit ? limit : 1))
			return rules[i].what;
	}
	return NULL;
}
