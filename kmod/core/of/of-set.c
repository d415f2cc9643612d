// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A transaction is a log of what it added and ended. What it added lives from the next version
 * on, what it ended lives until then. What replaces a thing is a new thing, and its
 * forerunner's end.
 */
#include "of-set.h"
#include "of-commit.h"
#include "of-hash.h"
#include "of-index.h"
#include "of-log.h"
#include "of-names.h"
#include "of-object.h"
#include "of-plain.h"
#include "of-refuse.h"

/* ---- flows ---- */

static struct vs_of_flow *flow_make(const struct vifswitch_of_flow *r, u64 now_ms)
{
	u32 words = r->match_count * sizeof(struct vifswitch_of_word), size, lanes;
	struct vs_of_flow *f;
	u8 *ops;

	lanes = vs_of_lanes((const struct vifswitch_of_word *)(r + 1), r->match_count, NULL, NULL);
	size = (u32)(sizeof(*f) + vs_of_words_size(r->match_count) + 8 + r->ops_len +
		     lanes * sizeof(u64));
	f = vs_of_alloc(size);
	if (!f)
		return NULL;
	f->size = size;
	f->priority = r->priority;
	f->table = r->table;
	f->flags = r->flags;
	f->word_count = r->match_count;
	f->ops_len = r->ops_len;
	f->id = r->id;
	f->cookie = r->cookie;
	f->idle = r->idle;
	f->hard = r->hard;
	f->created = now_ms;
	f->used = now_ms;
	memcpy(f->word, r + 1, words);
	ops = (u8 *)(((uintptr_t)f->word + words + 7) & ~(uintptr_t)7);
	memcpy(ops, (const u8 *)(r + 1) + vs_of_words_size(r->match_count), r->ops_len);
	f->ops = ops;
	f->lane = (u64 *)(ops + r->ops_len);
	vs_of_lanes(f->word, f->word_count, NULL, (u64 *)(ops + r->ops_len));
	vs_of_plain_note(f);
	f->conjunct = r->ops_len &&
		      ((const struct vifswitch_of_op *)ops)->code == VIFSWITCH_OF_OP_CONJUNCTION;
	return f;
}

/* What @f takes over from what it replaces. */
static void inherit(struct vs_of_flow *f, struct vs_of_flow *old)
{
	if (!(f->flags & VIFSWITCH_OF_FLOW_AGED)) {
		f->created = old->created;
		f->used = vs_of_look(old->used);
	}
	f->was = old;
	old->heir = f;
}

static int table_of(struct vs_of *of, u16 number, struct vs_of_table **ret)
{
	struct vs_of_table *t = of->table[number];

	if (!t) {
		t = vs_of_alloc(sizeof(*t));
		if (!t)
			return -ENOMEM;
		vs_of_publish(of->table[number], t);
	}
	*ret = t;
	return 0;
}

static int flow_change(struct vs_of *of, const struct vifswitch_of_flow *r, u64 now_ms,
		       struct vs_program_error *err)
{
	struct vs_of_flow *old = vs_of_flow_by_id(of, r->id), *f;
	struct vs_of_table *t;
	int rc;

	if (!old && of->flow_count >= VIFSWITCH_OF_FLOWS_MAX)
		return refuse(err, -ENOSPC, "flows", of->flow_count, "up to 200000 in a switch");
	if (of->memory > VIFSWITCH_OF_MEMORY_MAX)
		return refuse(err, -ENOSPC, "octets of flows", of->memory, "up to 256 MiB in a switch");
	rc = vs_of_names_find(of, (const u8 *)(r + 1) + vs_of_words_size(r->match_count),
			      r->ops_len, err);
	if (rc)
		return rc;
	f = vs_of_log_reserve(of) || table_of(of, r->table, &t) ? NULL : flow_make(r, now_ms);
	if (!f)
		return no_memory(err);
	if (old) {
		vs_of_flow_end(of, old);
		if (vs_of_log_reserve(of)) {
			vs_of_free(f);
			return no_memory(err);
		}
		inherit(f, old);
	}
	f->life = (struct vs_of_life){ of->version + 1, VS_OF_FOREVER };
	vs_of_ids_grow(of);
	vs_of_id_put(of, f);
	of->memory += f->size;
	vs_of_names_count(of, f->ops, f->ops_len, 1);
	vs_of_note_flow(of, f);
	vs_of_log_put(of, VS_OF_FLOW_ADDED, f);
	return 0;
}

static int flow_del(struct vs_of *of, u64 id, struct vs_program_error *err)
{
	struct vs_of_flow *f = vs_of_flow_by_id(of, id);

	if (!f)
		return refuse(err, -ENOENT, "flow", id, "the id of a flow");
	if (vs_of_log_reserve(of))
		return no_memory(err);
	vs_of_flow_end(of, f);
	return 0;
}

/* ---- groups and meters ---- */

static void object_end(struct vs_of *of, struct vs_of_object *o)
{
	vs_of_publish(o->life.until, of->version + 1);
	--*vs_of_count_of(of, o->meter);
	vs_of_log_put(of, VS_OF_OBJECT_ENDED, o);
}

static int object_change(struct vs_of *of, const struct vifswitch_of_record *r, u64 now_ms,
			 struct vs_program_error *err)
{
	bool meter = r->kind == VIFSWITCH_OF_METER;
	u32 id = meter ? ((const struct vifswitch_of_meter *)r)->id :
			 ((const struct vifswitch_of_group *)r)->id;
	u32 most = meter ? VIFSWITCH_OF_METERS_MAX : VIFSWITCH_OF_GROUPS_MAX;
	struct vs_of_object *old = vs_of_object_newest(of, id, meter), *o;

	if (!old && *vs_of_count_of(of, meter) >= most)
		return refuse(err, -ENOSPC, meter ? "meters" : "groups", most,
			      "up to 4096 in a switch");
	if (of->memory > VIFSWITCH_OF_MEMORY_MAX)
		return refuse(err, -ENOSPC, "octets of flows", of->memory, "up to 256 MiB in a switch");
	o = vs_of_log_reserve(of) ? NULL : vs_of_object_make(r);
	if (!o)
		return no_memory(err);
	if (old) {
		object_end(of, old);
		if (vs_of_log_reserve(of)) {
			vs_of_free(o);
			return no_memory(err);
		}
	}
	o->created = old ? old->created : now_ms;
	o->references = old ? old->references : 0;
	o->life = (struct vs_of_life){ of->version + 1, VS_OF_FOREVER };
	if (!meter)
		vs_of_note_group(of, (struct vs_of_group *)o);
	vs_of_object_put(of, o);
	of->memory += o->size;
	++*vs_of_count_of(of, meter);
	vs_of_log_put(of, VS_OF_OBJECT_ADDED, o);
	return 0;
}

static int object_del(struct vs_of *of, u64 id, bool meter, struct vs_program_error *err)
{
	struct vs_of_object *o = id >> 32 ? NULL : vs_of_object_newest(of, (u32)id, meter);

	if (!o)
		return refuse(err, -ENOENT, meter ? "meter" : "group", id, "one that there is");
	if (o->references)
		return refuse(err, -EBUSY, "flows that name it", o->references, "none");
	if (vs_of_log_reserve(of))
		return no_memory(err);
	object_end(of, o);
	return 0;
}

static int clear(struct vs_of *of, struct vs_program_error *err)
{
	struct vs_of_object *o;
	u32 i;

	for (i = 0; i < 1U << of->id_bits; i++)
		while (of->ids[i]) {
			if (vs_of_log_reserve(of))
				return no_memory(err);
			vs_of_flow_end(of, of->ids[i]);
		}
	for (i = 0; i < 1U << VS_OF_OBJECT_BITS; i++)
		for (o = of->object[i]; o; o = o->next) {
			if (o->life.until != VS_OF_FOREVER)
				continue;
			if (vs_of_log_reserve(of))
				return no_memory(err);
			object_end(of, o);
		}
	return 0;
}

int vs_of_change(struct vs_of *of, const u8 *record, u64 now_ms, struct vs_program_error *err)
{
	const struct vifswitch_of_record *r = (const void *)record;
	const struct vifswitch_of_name *name = (const void *)record;

	switch (r->kind) {
	case VIFSWITCH_OF_FLOW:
		return flow_change(of, (const void *)record, now_ms, err);
	case VIFSWITCH_OF_FLOW_DEL:
		return flow_del(of, name->id, err);
	case VIFSWITCH_OF_GROUP:
	case VIFSWITCH_OF_METER:
		return object_change(of, r, now_ms, err);
	case VIFSWITCH_OF_GROUP_DEL:
		return object_del(of, name->id, false, err);
	case VIFSWITCH_OF_METER_DEL:
		return object_del(of, name->id, true, err);
	case VIFSWITCH_OF_CLEAR:
		return clear(of, err);
	default:
		return refuse(err, -EINVAL, "kind of a record", r->kind, "one that changes something");
	}
}

/* ---- all of it ---- */

struct vs_of *vs_of_new(u64 seed)
{
	struct vs_of *of = vs_of_alloc(sizeof(*of));

	if (!of)
		return NULL;
	of->factor = seed | 1;
	of->version = 1;
	of->id_bits = VS_OF_IDS_MIN;
	of->ids = vs_of_alloc(sizeof(*of->ids) << VS_OF_IDS_MIN);
	if (of->ids)
		return of;
	vs_of_free(of);
	return NULL;
}

static void free_flows(struct vs_of *of)
{
	struct vs_of_flow *f, *next;
	u32 i;

	for (f = of->dead; f; f = next) {
		next = f->dead_next;
		vs_of_free(f);
	}
	for (i = 0; i < 1U << of->id_bits; i++)
		for (f = of->ids[i]; f; f = next) {
			next = f->id_next;
			vs_of_free(f);
		}
}

void vs_of_destroy(struct vs_of *of)
{
	struct vs_of_object *o, *next;
	u32 i;

	if (!of)
		return;
	vs_of_abort(of);
	free_flows(of);
	for (i = 0; i < 1U << VS_OF_OBJECT_BITS; i++)
		for (o = of->object[i]; o; o = next) {
			next = o->next;
			vs_of_free(o);
		}
	for (i = 0; i < VIFSWITCH_OF_TABLES; i++) {
		if (of->table[i])
			vs_of_index_free(of->table[i]);
		vs_of_free(of->table[i]);
	}
	vs_of_free(of->ids);
	vs_of_free(of);
}
