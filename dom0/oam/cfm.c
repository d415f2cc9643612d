// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "oam/cfm.h"

/* Faults that we tell the others of: RDI is none, or two ends would hold each other in it. */
#define TOLD	(~(CFM_BIT(RDI) | CFM_BIT(INTERVAL) | CFM_BIT(OVERFLOW)))

const char *cfm_fault_word(enum cfm_fault fault)
{
#define X(name, word) word,
	static const char *const words[] = { CFM_FAULTS(X) };
#undef X
	return words[fault];
}

static uint64_t patience(uint8_t interval)
{
	return ccm_interval_us(interval) * 7 / 2;
}

static uint64_t own_patience(const struct cfm *cfm)
{
	return patience(cfm->config.interval);
}

static bool is_expected(const struct cfm_config *config, uint16_t mpid)
{
	for (size_t i = 0; i < config->expected_count; i++)
		if (config->expected[i] == mpid)
			return true;
	return false;
}

static void open_window(struct cfm *cfm, uint64_t now)
{
	cfm->window_until = now + CFM_HEALTH_INTERVALS * ccm_interval_us(cfm->config.interval);
	for (size_t i = 0; i < cfm->remote_count; i++)
		cfm->remotes[i].in_window = 0;
}

void cfm_init(struct cfm *cfm, const struct cfm_config *config, uint64_t now)
{
	*cfm = (struct cfm){ .config = *config, .send_at = now };
	cfm->listen_until = now + own_patience(cfm);
	for (size_t i = 0; i < config->expected_count; i++)
		cfm->remotes[cfm->remote_count++] = (struct cfm_remote){
			.mpid = config->expected[i], .expected = true,
			.health = CFM_HEALTH_UNKNOWN, .deadline = cfm->listen_until };
	open_window(cfm, now);
}

void cfm_configure(struct cfm *cfm, const struct cfm_config *config, uint64_t now)
{
	uint64_t flaps = cfm->flaps;
	uint32_t seq = cfm->seq;

	if (memcmp(&cfm->config, config, sizeof(*config)) == 0)
		return;
	cfm_init(cfm, config, now);
	cfm->flaps = flaps;
	cfm->seq = seq;
}

void cfm_resume(struct cfm *cfm, uint64_t now)
{
	uint64_t until = now + own_patience(cfm);

	cfm->send_at = now;
	/* Who was missed before is missed still; nobody else is to blame for our absence. */
	if (!(cfm->faults & CFM_BIT(RECV)))
		cfm->listen_until = until;
	for (size_t i = 0; i < cfm->remote_count; i++)
		if (now < cfm->remotes[i].deadline || cfm->remotes[i].alive)
			cfm->remotes[i].deadline = until;
	for (size_t i = 0; i < CFM_FAULT_COUNT; i++)
		if (cfm->error_until[i])
			cfm->error_until[i] = until;
	open_window(cfm, now);
}

bool cfm_check(const struct cfm *cfm)
{
	const struct cfm_config *c = &cfm->config;

	return cfm->remote_count <= CFM_REMOTES_MAX && c->expected_count <= CFM_REMOTES_MAX &&
	       c->mpid >= 1 && c->mpid <= CFM_MPID_MAX && c->level <= CFM_LEVEL_MAX &&
	       c->interval >= 1 && c->interval < CFM_INTERVALS;
}

/* ---- what comes in ---- */

static void blame(struct cfm *cfm, enum cfm_fault fault, const struct ccm *ccm, uint64_t now)
{
	uint8_t interval = ccm->interval ?: cfm->config.interval;

	cfm->error_until[fault] = now + patience(interval);
	memcpy(cfm->error_maid, ccm->maid, sizeof(cfm->error_maid));
	memcpy(cfm->error_mac, ccm->source, sizeof(cfm->error_mac));
	cfm->error_mpid = ccm->mpid;
	cfm->error_level = ccm->level;
	cfm->error_interval = ccm->interval;
}

static struct cfm_remote *find(struct cfm *cfm, uint16_t mpid)
{
	for (size_t i = 0; i < cfm->remote_count; i++)
		if (cfm->remotes[i].mpid == mpid)
			return &cfm->remotes[i];
	return NULL;
}

/* A new one, maybe in place of one that is silent; NULL: there is no room. */
static struct cfm_remote *enter(struct cfm *cfm, uint16_t mpid)
{
	struct cfm_remote *r = NULL;

	if (cfm->remote_count < CFM_REMOTES_MAX)
		r = &cfm->remotes[cfm->remote_count++];
	for (size_t i = 0; !r && i < cfm->remote_count; i++)
		if (!cfm->remotes[i].alive && !cfm->remotes[i].expected)
			r = &cfm->remotes[i];
	if (r)
		*r = (struct cfm_remote){ .mpid = mpid, .health = CFM_HEALTH_UNKNOWN };
	return r;
}

static void hear(struct cfm *cfm, const struct ccm *ccm, uint64_t now)
{
	struct cfm_remote *r = find(cfm, ccm->mpid) ?: enter(cfm, ccm->mpid);

	if (!r) {
		blame(cfm, CFM_FAULT_OVERFLOW, ccm, now);
		return;
	}
	memcpy(r->mac, ccm->source, sizeof(r->mac));
	r->alive = true;
	r->rdi = ccm->rdi;
	r->seq = ccm->seq;
	r->heard++;
	if (r->in_window < CFM_HEALTH_INTERVALS)
		r->in_window++;
	r->deadline = now + own_patience(cfm);
	if (ccm->interval != cfm->config.interval)
		blame(cfm, CFM_FAULT_INTERVAL, ccm, now);
}

static void find_faults(struct cfm *cfm, uint64_t now)
{
	bool heard = false, missed = false, waits = now < cfm->listen_until;
	uint32_t faults = 0;

	for (size_t i = 0; i < cfm->remote_count; i++) {
		struct cfm_remote *r = &cfm->remotes[i];

		if (now >= r->deadline)
			r->alive = r->rdi = false;
		heard |= r->alive;
		/* One that is expected has its first time to be heard in. */
		missed |= r->expected && now >= r->deadline;
		if (r->alive && r->rdi)
			faults |= CFM_BIT(RDI);
	}
	if (missed || (!heard && !waits && !cfm->config.expected_count))
		faults |= CFM_BIT(RECV);
	for (size_t i = 0; i < CFM_FAULT_COUNT; i++) {
		if (cfm->error_until[i] <= now)
			cfm->error_until[i] = 0;
		else
			faults |= 1U << i;
	}
	cfm->flaps += !faults != !cfm->faults;
	cfm->faults = faults;
	cfm->looked_at = now;
}

void cfm_input(struct cfm *cfm, const uint8_t *frame, size_t len, uint64_t now)
{
	const struct cfm_config *c = &cfm->config;
	struct ccm ccm;

	if (ccm_parse(frame, len, &ccm) < 0 || !ccm.mpid) {
		cfm->bad++;
		return;
	}
	/* A higher level goes through us, and is no business of ours. */
	if (ccm.level > c->level)
		return;
	if (ccm.level < c->level)
		blame(cfm, CFM_FAULT_LEVEL, &ccm, now);
	else if (memcmp(ccm.maid, c->maid, sizeof(ccm.maid)) != 0)
		blame(cfm, CFM_FAULT_MAID, &ccm, now);
	else if (ccm.mpid == c->mpid && memcmp(ccm.source, c->mac, sizeof(ccm.source)) == 0)
		blame(cfm, CFM_FAULT_LOOP, &ccm, now);
	else if (ccm.mpid == c->mpid)
		blame(cfm, CFM_FAULT_DUPLICATE, &ccm, now);
	else if (c->expected_count && !is_expected(c, ccm.mpid))
		blame(cfm, CFM_FAULT_UNEXPECTED, &ccm, now);
	else
		hear(cfm, &ccm, now);
	find_faults(cfm, now);
}

/* ---- what goes out ---- */

static void close_window(struct cfm *cfm, uint64_t now)
{
	for (size_t i = 0; i < cfm->remote_count; i++) {
		struct cfm_remote *r = &cfm->remotes[i];

		r->health = (uint8_t)(r->in_window * 100 / CFM_HEALTH_INTERVALS);
	}
	open_window(cfm, now);
}

bool cfm_tick(struct cfm *cfm, uint64_t now, struct ccm *ret)
{
	const struct cfm_config *c = &cfm->config;
	uint64_t interval = ccm_interval_us(c->interval);

	find_faults(cfm, now);
	if (now >= cfm->window_until)
		close_window(cfm, now);
	if (now < cfm->send_at)
		return false;
	/* What we were too late for is not made up for. */
	cfm->send_at = now - cfm->send_at < interval ? cfm->send_at + interval : now + interval;
	*ret = (struct ccm){ .level = c->level, .rdi = cfm->faults & TOLD,
			     .interval = c->interval, .seq = ++cfm->seq, .mpid = c->mpid };
	memcpy(ret->source, c->mac, sizeof(ret->source));
	memcpy(ret->maid, c->maid, sizeof(ret->maid));
	cfm->sent++;
	return true;
}

/* Whatever was over at the last look was seen then. */
static void sooner(const struct cfm *cfm, uint64_t at, uint64_t *next)
{
	if (at > cfm->looked_at && at < *next)
		*next = at;
}

uint64_t cfm_next(const struct cfm *cfm)
{
	uint64_t next = cfm->send_at;

	sooner(cfm, cfm->listen_until, &next);
	for (size_t i = 0; i < cfm->remote_count; i++)
		sooner(cfm, cfm->remotes[i].deadline, &next);
	for (size_t i = 0; i < CFM_FAULT_COUNT; i++)
		sooner(cfm, cfm->error_until[i], &next);
	return next;
}

uint8_t cfm_health(const struct cfm *cfm)
{
	uint8_t worst = CFM_HEALTH_UNKNOWN;

	for (size_t i = 0; i < cfm->remote_count; i++)
		if (cfm->remotes[i].health < worst)
			worst = cfm->remotes[i].health;
	return worst;
}
