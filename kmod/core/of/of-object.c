// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-object.h"
#include "of-check.h"

#define BIT_NS		8000000000ULL	/* an octet at a bit/s */
#define PACKET_NS	1000000000ULL
#define OCTETS_MIN	60

struct vs_of_object *vs_of_object_newest(const struct vs_of *of, u32 id, bool meter)
{
	struct vs_of_object *o = of->object[vs_of_object_hash(id)];

	while (o && (o->id != id || o->meter != meter || o->life.until != VS_OF_FOREVER))
		o = o->next;
	return o;
}

void vs_of_object_put(struct vs_of *of, struct vs_of_object *o)
{
	struct vs_of_object **head = &of->object[vs_of_object_hash(o->id)];

	o->next = *head;
	vs_of_publish(*head, o);
}

void vs_of_object_take(struct vs_of *of, struct vs_of_object *o)
{
	struct vs_of_object **at = &of->object[vs_of_object_hash(o->id)];

	while (*at != o)
		at = &(*at)->next;
	vs_of_publish(*at, o->next);
}

static struct vs_of_object *group_make(const struct vifswitch_of_group *r)
{
	const struct vifswitch_of_bucket *b = (const void *)(r + 1);
	size_t size = sizeof(struct vs_of_group) + r->bucket_count * sizeof(struct vs_of_bucket);
	struct vs_of_group *g = vs_of_alloc(size + r->record.len);
	u8 *ops;
	u32 i;

	if (!g)
		return NULL;
	g->object.size = (u32)(size + r->record.len);
	g->object.id = r->id;
	g->type = r->type;
	g->bucket_count = r->bucket_count;
	ops = (u8 *)g + size;
	for (i = 0; i < r->bucket_count; i++, b = vs_of_bucket_next(b)) {
		g->bucket[i] = (struct vs_of_bucket){
			.id = b->id, .weight = b->weight, .ops_len = b->ops_len,
			.watch_port = b->watch_port, .watch_group = b->watch_group, .ops = ops,
		};
		memcpy(ops, b + 1, b->ops_len);
		ops += b->ops_len;
	}
	return &g->object;
}

static void band_make(struct vs_of_band *to, const struct vifswitch_of_band *b, bool packets)
{
	u64 burst = b->burst ? b->burst : b->rate;

	to->said = *b;
	to->type = b->type;
	to->levels = b->levels;
	if (packets) {
		to->per_second = b->rate;
		vs_rate_init(&to->rate, PACKET_NS, b->rate, burst, 1);
		return;
	}
	to->per_second = b->rate * 1000ULL;
	burst = burst * 1000 / 8;
	vs_rate_init(&to->rate, BIT_NS, to->per_second,
		     burst > VIFSWITCH_BURST_MAX_BYTES ? VIFSWITCH_BURST_MAX_BYTES : burst,
		     OCTETS_MIN);
}

static struct vs_of_object *meter_make(const struct vifswitch_of_meter *r)
{
	const struct vifswitch_of_band *b = (const void *)(r + 1);
	size_t size = sizeof(struct vs_of_meter) + r->band_count * sizeof(struct vs_of_band);
	struct vs_of_meter *m = vs_of_alloc(size);
	u32 i;

	if (!m)
		return NULL;
	m->object.size = (u32)size;
	m->object.id = r->id;
	m->object.meter = true;
	m->flags = r->flags;
	m->band_count = r->band_count;
	for (i = 0; i < r->band_count; i++)
		band_make(&m->band[i], &b[i], r->flags & VIFSWITCH_OF_METER_PACKETS);
	return &m->object;
}

struct vs_of_object *vs_of_object_make(const struct vifswitch_of_record *r)
{
	return r->kind == VIFSWITCH_OF_METER ? meter_make((const void *)r) :
					       group_make((const void *)r);
}
