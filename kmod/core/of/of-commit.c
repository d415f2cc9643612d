// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A commit puts the new flows into the tables, where no lookup takes them yet, and makes the
 * next version the version. An abort walks the log backwards.
 */
#include "of-commit.h"
#include "of-ids.h"
#include "of-index.h"
#include "of-log.h"
#include "of-names.h"
#include "of-object.h"
#include "of-refuse.h"

bool vs_of_is_open(const struct vs_of *of)
{
	return of->log;
}

void vs_of_flow_end(struct vs_of *of, struct vs_of_flow *f)
{
	vs_of_id_take(of, f);
	vs_of_names_count(of, f->ops, f->ops_len, (u32)-1);
	vs_of_publish(f->life.until, of->version + 1);
	vs_of_log_put(of, VS_OF_FLOW_ENDED, f);
}

static void flow_end_not(struct vs_of *of, struct vs_of_flow *f)
{
	vs_of_publish(f->life.until, VS_OF_FOREVER);
	f->heir = NULL;
	vs_of_names_count(of, f->ops, f->ops_len, 1);
	vs_of_id_put(of, f);
}

/* Of something that was added and is to be forgotten: nothing leads to it any more. */
static void flow_forget(struct vs_of *of, struct vs_of_flow *f)
{
	if (f->heir)
		f->heir->was = NULL;
	if (f->was)
		f->was->heir = NULL;
	of->memory -= f->size;
	vs_of_free_later(f);
}

static void object_forget(struct vs_of *of, struct vs_of_object *o)
{
	of->memory -= o->size;
	vs_of_object_take(of, o);
	vs_of_free_later(o);
}

u32 *vs_of_count_of(struct vs_of *of, bool meter)
{
	return meter ? &of->meter_count : &of->group_count;
}

static void undo(struct vs_of *of, const struct vs_of_entry *e)
{
	struct vs_of_object *o = e->what;
	struct vs_of_flow *f = e->what;

	switch (e->kind) {
	case VS_OF_FLOW_ADDED:
		if (f->indexed)
			vs_of_index_remove(of->table[f->table], f);
		vs_of_names_count(of, f->ops, f->ops_len, (u32)-1);
		vs_of_id_take(of, f);
		flow_forget(of, f);
		break;
	case VS_OF_FLOW_ENDED:
		flow_end_not(of, f);
		break;
	case VS_OF_OBJECT_ADDED:
		--*vs_of_count_of(of, o->meter);
		object_forget(of, o);
		break;
	case VS_OF_OBJECT_ENDED:
		vs_of_publish(o->life.until, VS_OF_FOREVER);
		++*vs_of_count_of(of, o->meter);
		break;
	}
}

/*
 * References are counted in the newest object of an id; what counted there while there was
 * another one is undone before the old one is the newest again.
 */
void vs_of_abort(struct vs_of *of)
{
	while (of->log && of->log->count)
		undo(of, &of->log->entry[--of->log->count]);
	vs_of_log_free(of);
}

static void die(struct vs_of *of, struct vs_of_flow *f, u64 grace)
{
	f->grace = grace;
	if (of->dead_last)
		of->dead_last->dead_next = f;
	else
		of->dead = f;
	of->dead_last = f;
}

/* The new flows of one table go in together. */
static int index_added(struct vs_of *of, struct vs_of_flow **list, u16 table, u64 room)
{
	u32 i, count = 0;

	for (i = 0; i < of->log->count; i++) {
		struct vs_of_flow *f = of->log->entry[i].what;

		if (of->log->entry[i].kind == VS_OF_FLOW_ADDED && f->table == table &&
		    f->life.until == VS_OF_FOREVER)
			list[count++] = f;
	}
	return count ? vs_of_index_add(of, of->table[table], list, count, room) : 0;
}

u64 vs_of_memory(const struct vs_of *of)
{
	u64 sum = of->memory + sizeof(*of) + (sizeof(*of->ids) << of->id_bits);
	u32 i;

	for (i = 0; i < VIFSWITCH_OF_TABLES; i++)
		if (of->table[i])
			sum += vs_of_index_memory(of->table[i]);
	return sum;
}

static int index_all(struct vs_of *of, struct vs_of_flow **list)
{
	u64 memory = vs_of_memory(of);
	u64 room = memory < VIFSWITCH_OF_MEMORY_MAX ? VIFSWITCH_OF_MEMORY_MAX - memory : 0;
	bool done[VIFSWITCH_OF_TABLES] = { false };
	u32 i;
	int rc = 0;

	for (i = 0; !rc && i < of->log->count; i++) {
		const struct vs_of_flow *f = of->log->entry[i].what;

		if (of->log->entry[i].kind != VS_OF_FLOW_ADDED || done[f->table])
			continue;
		done[f->table] = true;
		rc = index_added(of, list, f->table, room);
	}
	return rc;
}

static void unindex_all(struct vs_of *of)
{
	u32 i = of->log->count;

	while (i--) {
		struct vs_of_flow *f = of->log->entry[i].what;

		if (of->log->entry[i].kind == VS_OF_FLOW_ADDED && f->indexed)
			vs_of_index_remove(of->table[f->table], f);
	}
}

/* It ended: it is taken out when nobody sees it, or now if nobody ever did. */
static void ended(struct vs_of *of, const struct vs_of_entry *e, u64 grace)
{
	struct vs_of_object *o = e->what;

	if (e->kind == VS_OF_FLOW_ENDED) {
		die(of, e->what, grace);
	} else if (e->kind == VS_OF_OBJECT_ENDED) {
		o->grace = grace;
		o->dead_next = of->dead_objects;
		of->dead_objects = o;
	}
}

int vs_of_commit(struct vs_of *of, u64 (*grace)(void), struct vs_program_error *err)
{
	struct vs_of_flow **list;
	u64 after;
	u32 i;
	int rc;

	if (!of->log)
		return 0;
	list = vs_of_alloc((of->log->count + 1) * sizeof(*list));
	if (!list)
		return no_memory(err);
	rc = index_all(of, list);
	vs_of_free(list);
	if (rc) {
		unindex_all(of);
		if (rc == -ENOMEM)
			return no_memory(err);
		if (rc == -E2BIG)
			return refuse(err, -ENOSPC, "flows that match the same", VS_OF_SAME_MAX,
				      "that many, or up to 4096 of their masks in a table");
		if (rc == -EFBIG)
			return refuse(err, -ENOSPC, "values that a table's masks fit",
				      VS_OF_VECTOR_WORK, "fewer flows with masks of few bits");
		return refuse(err, rc, "masks in a table", VS_OF_VECTOR_MAX,
			      "64 flows or more of each of 8, and 4096 of others");
	}
	vs_of_publish(of->version, of->version + 1);
	after = grace();
	for (i = 0; i < of->log->count; i++)
		ended(of, &of->log->entry[i], after);
	vs_of_log_free(of);
	return 0;
}

/* Counts go to whoever came after it. */
static void bequeath(const struct vs_of_flow *f)
{
	struct vs_of_counts sum = vs_of_flow_counts(f);

	if (!f->heir || f->heir->flags & VIFSWITCH_OF_FLOW_RESET)
		return;
	vs_of_add(&f->heir->counts.packets, sum.packets);
	vs_of_add(&f->heir->counts.bytes, sum.bytes);
}

bool vs_of_bury(struct vs_of *of, bool (*passed)(u64 grace))
{
	struct vs_of_object **at = &of->dead_objects, *o;
	struct vs_of_flow *f;

	while ((f = of->dead) && passed(f->grace)) {
		of->dead = f->dead_next;
		if (!of->dead)
			of->dead_last = NULL;
		if (f->indexed)
			vs_of_index_remove(of->table[f->table], f);
		bequeath(f);
		flow_forget(of, f);
	}
	while ((o = *at)) {
		if (!passed(o->grace)) {
			at = &o->dead_next;
			continue;
		}
		*at = o->dead_next;
		object_forget(of, o);
	}
	return of->dead || of->dead_objects;
}

/* ---- time ---- */

static bool is_over(const struct vs_of_flow *f, u64 now_ms, enum vifswitch_of_removed *ret)
{
	if (f->hard && now_ms - f->created >= f->hard * 1000ULL) {
		*ret = VIFSWITCH_OF_REMOVED_HARD;
		return true;
	}
	*ret = VIFSWITCH_OF_REMOVED_IDLE;
	return f->idle && (s64)(now_ms - vs_of_look(f->used)) >= f->idle * 1000LL;
}

/* In a transaction of its own, which the caller commits. */
int vs_of_expire(struct vs_of *of, u64 now_ms, vs_of_ended_fn tell, void *arg)
{
	enum vifswitch_of_removed reason;
	struct vs_of_flow *f, *next;
	u32 i;

	for (i = 0; of->timed && i < 1U << of->id_bits; i++)
		for (f = of->ids[i]; f; f = next) {
			next = f->id_next;
			if (!is_over(f, now_ms, &reason))
				continue;
			if (vs_of_log_reserve(of))
				return -ENOMEM;
			vs_of_flow_end(of, f);
			tell(arg, f, reason);
		}
	return 0;
}
