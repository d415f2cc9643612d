// SPDX-License-Identifier: GPL-2.0-or-later
#include "oam/path-mtu.h"

#define ROUND_US	60000000ULL
#define STEP_US		1000000ULL	/* how long an answer may take; and between two sizes */
#define TRIES		3		/* RFC 8899, 5.1.2: MAX_PROBES */

static void ask(struct path_mtu *p, enum path_mtu_state state, uint32_t size)
{
	p->state = state;
	p->size = size;
	p->tries = 0;
}

static void rest(struct path_mtu *p, uint32_t known, uint64_t now)
{
	ask(p, PATH_MTU_REST, 0);
	p->known = known;
	p->at = now + ROUND_US;
}

static void halve(struct path_mtu *p, uint64_t now)
{
	if (p->high - p->low <= 1)
		rest(p, p->low, now);
	else
		ask(p, PATH_MTU_TRY_BETWEEN, p->low + (p->high - p->low) / 2);
}

void path_mtu_forget(struct path_mtu *p, uint64_t now)
{
	rest(p, 0, now);
	p->at = now + STEP_US;
}

void path_mtu_set(struct path_mtu *p, uint32_t most, uint64_t now)
{
	if (most < PATH_MTU_LEAST)
		most = 0;
	if (most == p->most)
		return;
	p->most = most;
	path_mtu_forget(p, now);
}

/* It was sent as often as it may be. */
static void give_up(struct path_mtu *p, uint64_t now)
{
	bool known;

	switch (p->state) {
	case PATH_MTU_TRY_MOST:
		known = p->known && p->known < p->most;
		ask(p, PATH_MTU_TRY_LEAST, known ? p->known : PATH_MTU_LEAST);
		break;
	case PATH_MTU_TRY_LEAST:
		if (p->size > PATH_MTU_LEAST)
			ask(p, PATH_MTU_TRY_LEAST, PATH_MTU_LEAST);
		else
			rest(p, 0, now);
		break;
	case PATH_MTU_TRY_BETWEEN:
		p->high = p->size;
		halve(p, now);
		break;
	case PATH_MTU_REST:
		break;
	}
}

void path_mtu_answered(struct path_mtu *p, uint64_t now)
{
	if (!p->tries)
		return;
	/* An answer that comes twice, or late, is not to count for the next size. */
	p->at = now + STEP_US;
	switch (p->state) {
	case PATH_MTU_TRY_MOST:
		rest(p, p->most, now);
		break;
	case PATH_MTU_TRY_LEAST:
		p->low = p->size;
		p->high = p->most;
		/* What was found before is so still, if one more octet is too much. */
		if (p->size > PATH_MTU_LEAST && p->high - p->low > 1)
			ask(p, PATH_MTU_TRY_BETWEEN, p->size + 1);
		else
			halve(p, now);
		break;
	case PATH_MTU_TRY_BETWEEN:
		p->low = p->size;
		halve(p, now);
		break;
	case PATH_MTU_REST:
		break;
	}
}

bool path_mtu_tick(struct path_mtu *p, uint64_t now, uint32_t *ret_size)
{
	if (!p->most || now < p->at)
		return false;
	if (p->state == PATH_MTU_REST)
		ask(p, PATH_MTU_TRY_MOST, p->most);
	else if (p->tries == TRIES)
		give_up(p, now);
	if (p->state == PATH_MTU_REST)
		return false;
	p->tries++;
	p->at = now + STEP_US;
	*ret_size = p->size;
	return true;
}

uint64_t path_mtu_next(const struct path_mtu *p)
{
	return p->most ? p->at : UINT64_MAX;
}
