// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policydb/locations.h"

struct entry {
	struct entry *next;		/* of the same hash */
	uint8_t vm[16];
	uint32_t devid;
	bool wanted, told;
	bool has_row;
	uint8_t row[16];
	struct location want, is;
};

static struct entry *find(const struct locations *l, const uint8_t vm[16], uint32_t devid)
{
	struct entry *e = map_get(&l->by_identity, map_identity_key(vm, devid));

	while (e && (e->devid != devid || memcmp(e->vm, vm, 16) != 0))
		e = e->next;
	return e;
}

static struct entry *hold(struct locations *l, const uint8_t vm[16], uint32_t devid)
{
	struct entry *e = find(l, vm, devid);

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	if (map_chain_add(&l->by_identity, map_identity_key(vm, devid), e) < 0) {
		free(e);
		return NULL;
	}
	memcpy(e->vm, vm, 16);
	e->devid = devid;
	l->count++;
	return e;
}

static void location_deinit(struct location *at)
{
	free(at->error);
	free(at->networks);
	free(at->macs);
}

static void entry_free(struct entry *e)
{
	location_deinit(&e->want);
	location_deinit(&e->is);
	free(e);
}

static bool release(struct locations *l, struct entry *e)
{
	if (e->wanted || e->has_row)
		return false;
	map_chain_remove(&l->by_identity, map_identity_key(e->vm, e->devid), e);
	entry_free(e);
	l->count--;
	return true;
}

static int copy(struct location *to, const struct location *from)
{
	struct location made = *from;

	made.error = from->error ? strndup(from->error, LOCATION_ERROR_MAX) : NULL;
	made.networks = from->networks ? strdup(from->networks) : NULL;
	made.macs = from->macs ? strdup(from->macs) : NULL;
	if (!made.error != !from->error || !made.networks != !from->networks ||
	    !made.macs != !from->macs) {
		location_deinit(&made);
		return -ENOMEM;
	}
	location_deinit(to);
	*to = made;
	return 0;
}

void locations_mark(struct locations *l)
{
	struct entry *e;

	map_chain_for_each(&l->by_identity, i, e)
		e->told = false;
}

static bool release_untold(void *owner, void *value)
{
	struct entry *e = value;

	e->wanted = e->told;
	return release(owner, e);
}

void locations_sweep(struct locations *l)
{
	map_chain_sweep(&l->by_identity, struct entry, release_untold, l);
}

int locations_want(struct locations *l, const struct location *at, int64_t now)
{
	struct entry *e = hold(l, at->vm, at->devid);
	int64_t since;

	if (!e)
		return -ENOMEM;
	if (e->told && e->want.domid > at->domid)
		return 0;
	if (e->wanted && strcmp(e->want.state, at->state) == 0)
		since = e->want.since;
	else if (!e->wanted && e->has_row && e->is.since > 0 && strcmp(e->is.state, at->state) == 0)
		since = e->is.since;
	else
		since = now;
	e->told = e->wanted = true;
	if (copy(&e->want, at) < 0)
		return -ENOMEM;
	e->want.since = since;
	return 0;
}

bool locations_wanted(const struct locations *l, const uint8_t vm[16], uint32_t devid)
{
	const struct entry *e = find(l, vm, devid);

	return e && e->wanted;
}

int locations_row(struct locations *l, const uint8_t row[16], const struct location *at)
{
	struct entry *e = hold(l, at->vm, at->devid);

	if (!e)
		return -ENOMEM;
	e->has_row = true;
	memcpy(e->row, row, 16);
	return copy(&e->is, at);
}

void locations_no_row(struct locations *l, const uint8_t row[16], const uint8_t vm[16],
		      uint32_t devid)
{
	struct entry *e = find(l, vm, devid);

	/* Another row of the same identity may have come before this one went. */
	if (!e || !e->has_row || memcmp(e->row, row, 16) != 0)
		return;
	e->has_row = false;
	release(l, e);
}

static bool text_differs(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

static bool differs(const struct location *a, const struct location *b)
{
	return a->domid != b->domid || strcmp(a->netdev, b->netdev) != 0 ||
	       strcmp(a->sw, b->sw) != 0 || strcmp(a->state, b->state) != 0 ||
	       a->since != b->since || text_differs(a->networks, b->networks) ||
	       text_differs(a->macs, b->macs) || !a->error != !b->error ||
	       (a->error && strcmp(a->error, b->error) != 0);
}

size_t locations_diff(const struct locations *l,
		      void (*fn)(enum location_change change, const uint8_t row[16],
				 const struct location *want, const struct location *is,
				 void *arg),
		      void *arg)
{
	const struct entry *e;
	size_t n = 0;

	map_chain_for_each(&l->by_identity, i, e) {
		if (e->wanted && !e->has_row)
			fn(LOCATION_INSERT, NULL, &e->want, NULL, arg);
		else if (!e->wanted && e->has_row)
			fn(LOCATION_DELETE, e->row, NULL, &e->is, arg);
		else if (e->wanted && differs(&e->want, &e->is))
			fn(LOCATION_UPDATE, e->row, &e->want, &e->is, arg);
		else
			continue;
		n++;
	}
	return n;
}

void locations_deinit(struct locations *l)
{
	struct entry *e, *next;

	map_for_each(&l->by_identity, i, e) {
		for (; e; e = next) {
			next = e->next;
			entry_free(e);
		}
	}
	map_deinit(&l->by_identity);
	l->count = 0;
}
