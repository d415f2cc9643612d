// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "oam/oam-fault.h"

static struct oam_fault *find(struct oam_faults *faults, const char *netdev)
{
	for (size_t i = 0; i < OAM_FAULTS_MAX; i++)
		if (strcmp(faults->list[i].netdev, netdev) == 0)
			return &faults->list[i];
	return NULL;
}

static uint64_t hold_us(const struct oam_fault *f)
{
	uint64_t hold = OAM_HOLD_US;

	for (uint32_t i = 1; i < f->count && hold < OAM_HOLD_MAX_US; i++)
		hold *= 2;
	return hold;
}

static bool is_held(const struct oam_fault *f, uint64_t now)
{
	return !f->failed && f->count && now - f->since < hold_us(f);
}

static bool is_forgotten(const struct oam_fault *f, uint64_t now)
{
	return !f->failed && now - f->since >= OAM_FORGET_US;
}

bool oam_faults_note(struct oam_faults *faults, const char *netdev, bool failed, uint64_t now)
{
	struct oam_fault *f = find(faults, netdev);

	if (!f && !failed)
		return false;
	for (size_t i = 0; !f && i < OAM_FAULTS_MAX; i++)
		if (!faults->list[i].netdev[0] || is_forgotten(&faults->list[i], now))
			f = &faults->list[i];
	/* Of more than there are links of uplinks here. */
	if (!f || f->failed == failed)
		return false;
	if (strcmp(f->netdev, netdev) != 0 || is_forgotten(f, now)) {
		*f = (struct oam_fault){};
		strncpy(f->netdev, netdev, sizeof(f->netdev) - 1);
	}
	f->failed = failed;
	f->count += failed;
	f->since = now;
	return true;
}

bool oam_faults_unwatched(struct oam_faults *faults, uint64_t now)
{
	bool any = false;

	for (size_t i = 0; i < OAM_FAULTS_MAX; i++)
		if (faults->list[i].failed)
			any |= oam_faults_note(faults, faults->list[i].netdev, false, now);
	return any;
}

bool oam_faults_any(const struct oam_faults *faults)
{
	for (size_t i = 0; i < OAM_FAULTS_MAX; i++)
		if (faults->list[i].failed)
			return true;
	return false;
}

bool oam_faults_has(const struct oam_faults *faults, const char *netdev, uint64_t now)
{
	const struct oam_fault *f = find((struct oam_faults *)faults, netdev);

	return f && (f->failed || is_held(f, now));
}

uint64_t oam_faults_next(const struct oam_faults *faults, uint64_t now)
{
	uint64_t next = 0;

	for (size_t i = 0; i < OAM_FAULTS_MAX; i++) {
		const struct oam_fault *f = &faults->list[i];

		if (f->netdev[0] && is_held(f, now) && (!next || f->since + hold_us(f) < next))
			next = f->since + hold_us(f);
	}
	return next;
}
