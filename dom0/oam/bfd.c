// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "oam/bfd.h"

/* Who listens to it listens to any; Open vSwitch sends there, too. */
static const uint8_t anybody[ETHER_ADDR_LEN] = { 0x00, 0x23, 0x20, 0x00, 0x00, 0x01 };

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static bool is_zero_mac(const uint8_t mac[ETHER_ADDR_LEN])
{
	static const uint8_t zero[ETHER_ADDR_LEN];

	return memcmp(mac, zero, sizeof(zero)) == 0;
}

/* A fraction of @us that is not the same each time: RFC 5880, 6.8.7. */
static uint64_t jittered(struct bfd *bfd, uint64_t us)
{
	uint32_t range = bfd->config.mult == 1 ? 16 : 26;

	bfd->dice = bfd->dice * 1664525 + 1013904223;
	return us * (75 + (bfd->dice >> 16) % range) / 100;
}

static uint64_t send_interval(struct bfd *bfd)
{
	return jittered(bfd, most(bfd->used_tx, bfd->remote_min_rx));
}

uint64_t bfd_patience_us(const struct bfd *bfd)
{
	return bfd->heard ? (uint64_t)bfd->remote_mult * most(bfd->used_rx, bfd->remote_min_tx) : 0;
}

/*
 * What we tell of our times has changed: while up, what makes the other wait longer holds
 * once it has answered, what makes us wait shorter, too (RFC 5880, 6.8.3).
 */
static void tell(struct bfd *bfd)
{
	uint32_t min_tx = bfd->state == BFD_UP ? bfd->config.min_tx :
			  most(bfd->config.min_tx, BFD_SLOW_US);
	bool up = bfd->state == BFD_UP;

	if (min_tx == bfd->min_tx && bfd->used_rx == bfd->config.min_rx)
		return;
	bfd->min_tx = min_tx;
	if (!up || min_tx < bfd->used_tx)
		bfd->used_tx = min_tx;
	if (!up || bfd->config.min_rx > bfd->used_rx)
		bfd->used_rx = bfd->config.min_rx;
	bfd->polling = up;
}

static void agreed(struct bfd *bfd)
{
	bfd->polling = false;
	bfd->used_tx = bfd->min_tx;
	bfd->used_rx = bfd->config.min_rx;
}

/* The one writer of the state. */
static void enter(struct bfd *bfd, enum bfd_state state, enum bfd_diagnostic diag, uint64_t now)
{
	bfd->flaps += (bfd->state == BFD_UP) != (state == BFD_UP);
	bfd->state = (uint8_t)state;
	if (state == BFD_UP)
		bfd->refused = BFD_REFUSED_NONE;
	bfd->diag = (uint8_t)diag;
	tell(bfd);
	/* The other is to know soon; not at once, or two ends could do nothing else. */
	if (state == BFD_UP && bfd->send_at > now + bfd->used_tx)
		bfd->send_at = now + jittered(bfd, bfd->used_tx);
}

static void set_addresses(struct bfd *bfd, const struct bfd_config *config)
{
	bfd->config = *config;
	memcpy(bfd->peer_mac, is_zero_mac(config->peer_mac) ? anybody : config->peer_mac,
	       sizeof(bfd->peer_mac));
}

void bfd_init(struct bfd *bfd, const struct bfd_config *config, uint32_t disc, uint64_t now)
{
	*bfd = (struct bfd){ .state = BFD_DOWN, .remote_state = BFD_DOWN, .my_disc = disc,
			     .remote_min_rx = 1, .dice = disc, .send_at = now };
	set_addresses(bfd, config);
	bfd->min_tx = bfd->used_tx = most(config->min_tx, BFD_SLOW_US);
	bfd->used_rx = config->min_rx;
}

void bfd_configure(struct bfd *bfd, const struct bfd_config *config, uint64_t now)
{
	const struct bfd_config old = bfd->config;
	uint64_t flaps = bfd->flaps + (bfd->state == BFD_UP);

	if (memcmp(&old, config, sizeof(old)) == 0)
		return;
	if (memcmp(&old, config, offsetof(struct bfd_config, min_tx)) != 0) {
		bfd_init(bfd, config, bfd->my_disc, now);
		bfd->flaps = flaps;
		return;
	}
	bfd->config = *config;
	tell(bfd);
}

void bfd_resume(struct bfd *bfd, uint64_t now)
{
	bfd->send_at = now;
	if (bfd->silent_at)
		bfd->silent_at = now + bfd_patience_us(bfd);
}

bool bfd_check(const struct bfd *bfd)
{
	const struct bfd_config *c = &bfd->config;

	return bfd->state <= BFD_UP && bfd->remote_state <= BFD_UP && bfd->my_disc &&
	       c->mult >= 1 && c->mult <= BFD_MULT_MAX && c->min_tx && c->min_rx &&
	       bfd->used_tx && (!bfd->heard || bfd->remote_mult);
}

/* ---- what comes in ---- */

const char *bfd_refusal_word(const struct bfd *bfd)
{
#define X(name, word) word,
	static const char *const words[] = { BFD_REFUSALS(X) };
#undef X
	return bfd->refused < BFD_REFUSAL_COUNT ? words[bfd->refused] : "";
}

/* By our number, if it knows it, else by its address (RFC 5880, 6.8.6; RFC 5881, 3). */
static enum bfd_refusal judge(const struct bfd *bfd, const struct bfd_frame *f, int parsed)
{
	if (parsed < 0)
		return parsed == -EACCES ? BFD_REFUSED_AUTHENTICATED : BFD_REFUSED_MALFORMED;
	if (f->control.your_disc)
		return f->control.your_disc == bfd->my_disc ? BFD_REFUSED_NONE :
		       BFD_REFUSED_SESSION;
	if (bfd->config.any_peer || memcmp(f->src, bfd->config.dst, sizeof(f->src)) == 0)
		return BFD_REFUSED_NONE;
	return BFD_REFUSED_ADDRESS;
}

static void follow(struct bfd *bfd, const struct bfd_control *c, uint64_t now)
{
	if (c->state == BFD_ADMIN_DOWN) {
		if (bfd->state != BFD_DOWN)
			enter(bfd, BFD_DOWN, BFD_DIAG_NEIGHBOUR, now);
	} else if (bfd->state == BFD_DOWN) {
		if (c->state == BFD_DOWN)
			enter(bfd, BFD_INIT, BFD_DIAG_NONE, now);
		else if (c->state == BFD_INIT)
			enter(bfd, BFD_UP, BFD_DIAG_NONE, now);
	} else if (bfd->state == BFD_INIT) {
		if (c->state >= BFD_INIT)
			enter(bfd, BFD_UP, BFD_DIAG_NONE, now);
	} else if (c->state == BFD_DOWN) {
		enter(bfd, BFD_DOWN, BFD_DIAG_NEIGHBOUR, now);
	}
}

bool bfd_input(struct bfd *bfd, const uint8_t *frame, size_t len, uint64_t now)
{
	struct bfd_frame f;
	const struct bfd_control *c = &f.control;
	enum bfd_refusal refusal = judge(bfd, &f, bfd_frame_parse(frame, len, &f));
	bool probed = bfd_may_probe(bfd);
	uint32_t slow;

	if (refusal != BFD_REFUSED_NONE) {
		bfd->bad++;
		bfd->refused = refusal;
		return false;
	}
	if (bfd->state == BFD_ADMIN_DOWN)
		return false;
	bfd->received++;
	bfd->heard = true;
	if (is_zero_mac(bfd->config.peer_mac))
		memcpy(bfd->peer_mac, f.src_mac, sizeof(bfd->peer_mac));
	bfd->your_disc = c->my_disc;
	bfd->remote_state = c->state;
	bfd->remote_diag = c->diag;
	bfd->remote_demand = c->demand;
	bfd->remote_mult = c->mult;
	bfd->remote_min_tx = c->min_tx;
	slow = bfd->remote_min_rx;
	bfd->remote_min_rx = c->min_rx;
	if (c->final && bfd->polling)
		agreed(bfd);
	follow(bfd, c, now);
	/* It takes them faster than before: not only once the next is due. */
	if (c->min_rx < slow && bfd->send_at > now + send_interval(bfd))
		bfd->send_at = now + send_interval(bfd);
	bfd->final_due |= c->poll;
	bfd->silent_at = now + bfd_patience_us(bfd);
	return probed && c->final;
}

/* ---- what goes out ---- */

static void format(const struct bfd *bfd, bool final, struct bfd_frame *ret)
{
	const struct bfd_config *c = &bfd->config;

	*ret = (struct bfd_frame){
		.control = {
			.state = bfd->state,
			.diag = bfd->diag, .mult = (uint8_t)c->mult, .final = final,
			.poll = bfd->polling && !final, .my_disc = bfd->my_disc,
			.your_disc = bfd->your_disc, .min_tx = bfd->min_tx, .min_rx = c->min_rx,
		},
		.src_port = BFD_SOURCE_PORT_MIN + bfd->my_disc % BFD_SOURCE_PORTS,
	};
	memcpy(ret->src_mac, c->mac, sizeof(ret->src_mac));
	memcpy(ret->dst_mac, bfd->peer_mac, sizeof(ret->dst_mac));
	memcpy(ret->src, c->src, sizeof(ret->src));
	memcpy(ret->dst, c->dst, sizeof(ret->dst));
}

static void give_up(struct bfd *bfd, uint64_t now)
{
	bfd->silent_at = 0;
	bfd->your_disc = 0;
	bfd->remote_state = BFD_DOWN;
	bfd->remote_min_rx = 1;
	bfd->remote_demand = false;
	if (bfd->state >= BFD_INIT)
		enter(bfd, BFD_DOWN, BFD_DIAG_TIMEOUT, now);
}

/* It asked for none: it demands them, or takes none. */
static bool is_quiet(const struct bfd *bfd)
{
	return !bfd->remote_min_rx ||
	       (bfd->remote_demand && bfd->state == BFD_UP && bfd->remote_state == BFD_UP &&
		!bfd->polling);
}

bool bfd_tick(struct bfd *bfd, uint64_t now, struct bfd_frame *ret)
{
	if (bfd->silent_at && now >= bfd->silent_at)
		give_up(bfd, now);
	if (bfd->final_due) {
		bfd->final_due = false;
		format(bfd, true, ret);
		bfd->sent++;
		return true;
	}
	if (now < bfd->send_at || bfd->state == BFD_ADMIN_DOWN)
		return false;
	bfd->send_at = now + send_interval(bfd);
	if (is_quiet(bfd))
		return false;
	format(bfd, false, ret);
	bfd->sent++;
	return true;
}

bool bfd_may_probe(const struct bfd *bfd)
{
	return bfd->state == BFD_UP && bfd->remote_state == BFD_UP && !bfd->polling;
}

void bfd_probe(struct bfd *bfd, uint16_t size, struct bfd_frame *ret)
{
	format(bfd, false, ret);
	ret->control.poll = true;
	ret->size = size;
	bfd->sent++;
}

uint64_t bfd_next(const struct bfd *bfd)
{
	if (bfd->final_due)
		return 0;
	return bfd->silent_at && bfd->silent_at < bfd->send_at ? bfd->silent_at : bfd->send_at;
}

void bfd_end(struct bfd *bfd, struct bfd_frame *ret)
{
	enter(bfd, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN, 0);
	format(bfd, false, ret);
}
