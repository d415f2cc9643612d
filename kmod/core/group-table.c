// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A member is in three lists: with the others of its group, where frames find all who want
 * it; by group and port, where a report finds it at once however many want the group; and
 * with its port's. Only the first two are read while they change. A member that is taken out
 * still leads on.
 */
#include "group-table.h"

#define PLACES		(1U << VS_GROUPS_BITS)
#define FACTOR		0x9e3779b97f4a7c15ULL

#define MEMBER(link, field) \
	((struct vs_member *)((char *)(link) - offsetof(struct vs_member, field)))

static u64 mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * FACTOR;
	return hash ^ hash >> 29;
}

static u64 hash_of(const struct vs_groups *t, const struct vs_group *g)
{
	return mix(mix(mix(t->seed, g->address[0]), g->address[1]), g->vid);
}

static u32 place_of(u64 hash)
{
	return (u32)(hash * FACTOR >> (64 - VS_GROUPS_BITS));
}

static u32 place_by_port(const struct vs_groups *t, const struct vs_group_port *port,
			 const struct vs_group *g)
{
	return place_of(mix(hash_of(t, g), (u64)(uintptr_t)port));
}

static void link_in(struct vs_link **head, struct vs_link *l)
{
	l->next = *head;
	l->at = head;
	if (l->next)
		l->next->at = &l->next;
	vs_publish(*head, l);
}

static void link_out(struct vs_link *l)
{
	vs_publish(*l->at, l->next);
	if (l->next)
		l->next->at = l->at;
}

void vs_groups_init(struct vs_groups *t, u64 seed, u32 max)
{
	memset(t, 0, sizeof(*t));
	t->seed = seed;
	t->max = max;
}

struct vs_member *vs_groups_find(const struct vs_groups *t, const struct vs_group_port *port,
				 const struct vs_group *group)
{
	struct vs_link *l = vs_look(t->port[place_by_port(t, port, group)]);

	for (; l; l = vs_look(l->next)) {
		struct vs_member *m = MEMBER(l, by_port);

		if (m->port == port && vs_group_same(&m->group, group))
			return m;
	}
	return NULL;
}

void vs_groups_insert(struct vs_groups *t, struct vs_group_port *port,
		      const struct vs_group *group, u64 until, struct vs_member *m)
{
	m->group = *group;
	m->port = port;
	m->until = until;
	link_in(&port->members, &m->of_port);
	link_in(&t->port[place_by_port(t, port, group)], &m->by_port);
	link_in(&t->group[place_of(hash_of(t, group))], &m->in_group);
	port->count++;
	t->count++;
}

enum vs_join vs_groups_join(struct vs_groups *t, struct vs_group_port *port,
			    const struct vs_group *group, u64 until, struct vs_member *spare)
{
	struct vs_member *m = vs_groups_find(t, port, group);

	if (m) {
		vs_publish(m->until, until);
		return VS_JOIN_KNOWN;
	}
	if (port->count >= port->max || t->count >= t->max) {
		port->refused++;
		return VS_JOIN_REFUSED;
	}
	if (!spare)
		return VS_JOIN_NO_SPARE;
	vs_groups_insert(t, port, group, until, spare);
	return VS_JOIN_NEW;
}

void vs_groups_remove(struct vs_groups *t, struct vs_member *m)
{
	link_out(&m->in_group);
	link_out(&m->by_port);
	link_out(&m->of_port);
	m->port->count--;
	t->count--;
}

void vs_groups_shorten(struct vs_groups *t, const struct vs_group *group, u64 until)
{
	struct vs_link *l;

	for (l = t->group[place_of(hash_of(t, group))]; l; l = l->next) {
		struct vs_member *m = MEMBER(l, in_group);

		if (m->until > until && vs_group_same(&m->group, group))
			vs_publish(m->until, until);
	}
}

struct vs_member *vs_groups_sweep(struct vs_groups *t, u64 now, u32 *places)
{
	struct vs_link *l;

	for (; *places; --*places) {
		for (l = t->group[t->hand]; l; l = l->next) {
			struct vs_member *m = MEMBER(l, in_group);

			if (m->until > now)
				continue;
			vs_groups_remove(t, m);
			return m;
		}
		t->hand = (t->hand + 1) % PLACES;
	}
	return NULL;
}

struct vs_member *vs_groups_take(struct vs_groups *t, struct vs_group_port *port)
{
	struct vs_member *m;

	if (!port->members)
		return NULL;
	m = MEMBER(port->members, of_port);
	vs_groups_remove(t, m);
	return m;
}

/* @l, or the first behind it that is a member of @group. */
static const struct vs_member *from(const struct vs_link *l, const struct vs_group *group,
				    u64 now)
{
	for (; l; l = vs_look(l->next)) {
		const struct vs_member *m = MEMBER(l, in_group);

		if (vs_group_same(&m->group, group) && vs_member_is(m, now))
			return m;
	}
	return NULL;
}

const struct vs_member *vs_groups_first(const struct vs_groups *t, const struct vs_group *group,
					u64 now)
{
	return from(vs_look(t->group[place_of(hash_of(t, group))]), group, now);
}

const struct vs_member *vs_groups_next(const struct vs_member *m, u64 now)
{
	return from(vs_look(m->in_group.next), &m->group, now);
}
