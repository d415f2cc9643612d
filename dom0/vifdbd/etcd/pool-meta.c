// SPDX-License-Identifier: GPL-2.0-or-later
/* The few keys below m/ that say how a pool stands. */
#include "vifdbd/etcd/pool-state.h"

void pool_meta_reset(struct pool *p)
{
	memset(p->guards.table, 0, p->db->schema->n_tables * sizeof(*p->guards.table));
	p->guards = (struct pool_guards){ .table = p->guards.table };
	p->host_last = (struct uuid){ 0 };
	p->has_head = false;
	p->wanted = 0;
	free(TAKE_PTR(p->foreign));
	free(TAKE_PTR(p->stuck));
}

/* Who has another schema than the pool may read what both know, and store nothing. */
static void set_schema(struct pool *p, const struct etcd_kv *kv)
{
	json_t *json = json_loadb(kv->value, kv->value_len, 0, NULL);
	const char *name = json_string_value(json_object_get(json, "name"));
	const char *version = json_string_value(json_object_get(json, "version"));

	p->guards.schema = kv->revision;
	free(TAKE_PTR(p->foreign));
	if (!name || strcmp(name, p->db->schema->name))
		p->foreign = xprintf("the pool's database is %.60s, this one %s", name ?: "damaged",
				     p->db->schema->name);
	else if (strcmp(version ?: "", p->db->schema->version))
		p->foreign = xprintf("the pool has schema version %.60s, this host %s",
				     version ?: "none", p->db->schema->version);
	if (p->foreign)
		log_warning("pool: %s: this host only reads", p->foreign);
	json_decref(json);
}

static void set_pending(struct pool *p, const struct etcd_kv *kv)
{
	p->guards.pending = 0;
	free(TAKE_PTR(p->stuck));
	if (kv->deleted || !pool_head_read(kv->value, kv->value_len, &p->pending))
		return;
	p->guards.pending = kv->revision;
	p->pending_ms = clock_ms();
	p->unpacked = 0;
}

static void set_host(struct pool *p, const struct etcd_kv *kv)
{
	struct pool_head head;

	p->guards.host = kv->deleted ? 0 : kv->revision;
	p->host_last = (struct uuid){ 0 };
	if (!kv->deleted && pool_head_read(kv->value, kv->value_len, &head))
		p->host_last = head.id;
}

static void set_guard(struct pool *p, const char *name, const struct etcd_kv *kv)
{
	const struct table_schema *t = schema_table(p->db->schema, name);

	if (t)
		p->guards.table[t->index] = kv->deleted ? 0 : kv->revision;
}

void pool_meta_set(struct pool *p, const char *rest, const struct etcd_kv *kv)
{
	if (!strcmp(rest, "pool")) {
		p->guards.pool = kv->deleted ? 0 : kv->revision;
		if (!uuid_parse(kv->value, kv->value_len, p->id.b))
			p->guards.pool = 0;
	} else if (!strcmp(rest, "schema")) {
		set_schema(p, kv);
	} else if (!strcmp(rest, "head")) {
		p->has_head = pool_head_read(kv->value, kv->value_len, &p->head);
		if (kv->revision > p->wanted)
			p->wanted = kv->revision;
	} else if (!strcmp(rest, "pending")) {
		set_pending(p, kv);
	} else if (!strncmp(rest, "guard/", 6)) {
		set_guard(p, rest + 6, kv);
	} else if (!strncmp(rest, "host/", 5) && !strcmp(rest + 5, p->host)) {
		set_host(p, kv);
	}
}
