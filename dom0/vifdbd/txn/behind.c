// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"
#include "vifdbd/txn/behind.h"

static uint32_t change_hash(const void *item, const void *ctx)
{
	return uuid_hash(&((const struct change *)item)->uuid);
}

struct behind *behind_new(void)
{
	struct behind *b = xzalloc(sizeof(*b));

	slots_init(&b->changes, change_hash, NULL);
	return b;
}

static size_t change_bytes(const struct change *c)
{
	return sizeof(*c) + 2 * sizeof(void *) + (c->old ? sizeof(*c->old) + c->old->len : 0) +
	       (c->new ? sizeof(*c->new) + c->new->len : 0);
}

static void change_free(struct change *c)
{
	row_unref(c->old);
	row_unref(c->new);
	free(c);
}

struct behind *behind_free(struct behind *b)
{
	size_t i;

	if (!b)
		return NULL;
	for (i = 0; i < b->changes.cap; i++)
		if (b->changes.v[i])
			change_free(b->changes.v[i]);
	slots_free(&b->changes);
	free(b);
	return NULL;
}

static struct change *find(const struct behind *b, const struct change *like)
{
	struct change *c;
	size_t at;

	for (c = slots_first(&b->changes, uuid_hash(&like->uuid), &at); c;
	     c = slots_next(&b->changes, &at))
		if (c->table == like->table && uuid_equal(&c->uuid, &like->uuid))
			return c;
	return NULL;
}

static void add_one(struct behind *b, const struct change *change)
{
	struct change *c = find(b, change);

	if (!c) {
		c = xzalloc(sizeof(*c));
		c->table = change->table;
		c->uuid = change->uuid;
		c->old = row_ref(change->old);
		slots_add(&b->changes, c);
	} else {
		b->bytes -= change_bytes(c);
		row_unref(c->new);
	}
	c->new = row_ref(change->new);
	b->bytes += change_bytes(c);
	/* A row that came and went is none of the client's business. */
	if (!c->old && !c->new) {
		b->bytes -= change_bytes(c);
		slots_del(&b->changes, c);
		change_free(c);
	}
}

void behind_add(struct behind *b, const struct watch *w, const struct txn *txn,
		const struct uuid *id)
{
	size_t i;

	for (i = 0; i < txn->n; i++)
		if (w->tables[txn->changes[i]->table->schema->index])
			add_one(b, txn->changes[i]);
	b->last = *id;
}

void behind_json(const struct behind *b, const struct watch *w, struct buf *out)
{
	struct change **changes = xmalloc((b->changes.n + 1) * sizeof(*changes));
	size_t i, n = 0;

	for (i = 0; i < b->changes.cap; i++)
		if (b->changes.v[i])
			changes[n++] = b->changes.v[i];
	watch_changes(w, changes, n, out);
	free(changes);
}
