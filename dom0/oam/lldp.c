// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "oam/lldp.h"

void lldp_init(struct lldp *lldp, const struct lldp_config *config, uint64_t now)
{
	*lldp = (struct lldp){ .send_at = now, .fast = LLDP_FAST - 1 };
	memcpy(&lldp->config, config, sizeof(*config));
}

void lldp_configure(struct lldp *lldp, const struct lldp_config *config, uint64_t now)
{
	if (memcmp(&lldp->config, config, sizeof(*config)) == 0)
		return;
	memcpy(&lldp->config, config, sizeof(*config));
	lldp->send_at = now;
	lldp->fast = LLDP_FAST - 1;
}

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

bool lldp_check(const struct lldp *lldp)
{
	const struct lldp_self *s = &lldp->config.self;

	for (size_t i = 0; i < LLDP_NEIGHBOURS_MAX; i++) {
		const struct lldp_told *t = &lldp->neighbours[i].told;

		if (t->vlan_count > LLDP_VLANS_MAX || t->chassis.len > LLDP_TEXT_MAX ||
		    t->port.len > LLDP_TEXT_MAX || t->port_descr.len > LLDP_TEXT_MAX ||
		    t->system_name.len > LLDP_TEXT_MAX || t->system_descr.len > LLDP_TEXT_MAX ||
		    t->management.len > LLDP_TEXT_MAX)
			return false;
	}
	return ends(s->port, sizeof(s->port)) && ends(s->system, sizeof(s->system)) &&
	       ends(s->description, sizeof(s->description));
}

static bool same_text(const struct lldp_text *a, const struct lldp_text *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Its own, else a free one, else NULL. */
static struct lldp_neighbour *place_of(struct lldp *lldp, const struct lldp_told *told)
{
	struct lldp_neighbour *free = NULL;

	for (size_t i = 0; i < LLDP_NEIGHBOURS_MAX; i++) {
		struct lldp_neighbour *n = &lldp->neighbours[i];

		if (!n->until)
			free = free ?: n;
		else if (same_text(&n->told.chassis, &told->chassis) &&
			 same_text(&n->told.port, &told->port))
			return n;
	}
	return free;
}

static void age(struct lldp *lldp, uint64_t now)
{
	for (size_t i = 0; i < LLDP_NEIGHBOURS_MAX; i++) {
		struct lldp_neighbour *n = &lldp->neighbours[i];

		if (n->until && n->until <= now) {
			*n = (struct lldp_neighbour){};
			lldp->changes++;
		}
	}
	lldp->looked_at = now;
}

void lldp_input(struct lldp *lldp, const uint8_t *frame, size_t len, uint64_t now)
{
	struct lldp_neighbour *n;
	struct lldp_told told;
	bool is_new;

	if (lldp_parse(frame, len, &told) < 0) {
		lldp->bad++;
		return;
	}
	age(lldp, now);
	n = place_of(lldp, &told);
	lldp->received++;
	if (!n) {
		lldp->left_out++;
		return;
	}
	is_new = !n->until;
	if (!told.ttl) {
		lldp->changes += !is_new;
		*n = (struct lldp_neighbour){};
		return;
	}
	lldp->changes += is_new || memcmp(&n->told, &told, sizeof(told)) != 0;
	memcpy(&n->told, &told, sizeof(told));
	n->until = now + told.ttl * 1000000ULL;
	if (is_new) {
		lldp->fast = LLDP_FAST - 1;
		if (lldp->send_at > now + LLDP_FAST_US)
			lldp->send_at = now + LLDP_FAST_US;
	}
}

size_t lldp_tick(struct lldp *lldp, uint64_t now, uint8_t ret[LLDP_FRAME_MAX])
{
	age(lldp, now);
	if (!lldp->config.sends || now < lldp->send_at)
		return 0;
	lldp->send_at = now + (lldp->fast ? LLDP_FAST_US : LLDP_INTERVAL_US);
	lldp->fast -= lldp->fast > 0;
	lldp->sent++;
	return lldp_format(&lldp->config.self, LLDP_TTL, ret);
}

uint64_t lldp_next(const struct lldp *lldp)
{
	uint64_t next = lldp->config.sends ? lldp->send_at : UINT64_MAX;

	for (size_t i = 0; i < LLDP_NEIGHBOURS_MAX; i++) {
		uint64_t until = lldp->neighbours[i].until;

		if (until > lldp->looked_at && until < next)
			next = until;
	}
	return next;
}

size_t lldp_end(const struct lldp *lldp, uint8_t ret[LLDP_FRAME_MAX])
{
	return lldp->config.sends && lldp->sent ? lldp_format(&lldp->config.self, 0, ret) : 0;
}
