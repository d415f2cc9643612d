// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mirrors of a switch, by number. They change under rtnl; frames read them under
 * RCU. One that is set anew gets a new object, and what the old one's counters hold
 * goes with it. An output that leaves is taken out of its mirrors before its grace
 * period, so a frame that still sees it may send there; so is a mirror's ACL, which
 * cannot be deleted while a mirror names it.
 */
#include <linux/slab.h>
#include <net/rtnetlink.h>

#include "limit.h"
#include "mirror-object.h"

static struct vs_mirror_object *mirror_at(const struct vs_switch *sw, unsigned int i)
{
	return rtnl_dereference(sw->mirror[i]);
}

static void object_free(struct vs_mirror_object *m)
{
	if (!m)
		return;
	free_percpu(m->counts);
	kfree(m->cookie);
	kfree(m);
}

/* Nobody begins to use it any more. */
static void unpublished(struct vs_mirror_object *m)
{
	struct vs_port *output = rtnl_dereference(m->output);

	if (output)
		output->outputs--;
	if (m->acl)
		m->acl->users--;
}

static struct vs_mirror_counts __percpu *counts_new(void)
{
	struct vs_mirror_counts __percpu *counts = alloc_percpu(struct vs_mirror_counts);
	int cpu;

	if (!counts)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(counts, cpu)->syncp);
	return counts;
}

void vs_mirror_stats(const struct vs_mirror_object *m, struct vifswitch_mirror_stats *ret)
{
	u64 *sum = (u64 *)ret, one[sizeof(*ret) / sizeof(u64)];
	unsigned int i, start;
	int cpu;

	memset(ret, 0, sizeof(*ret));
	for_each_possible_cpu(cpu) {
		const struct vs_mirror_counts *c = per_cpu_ptr(m->counts, cpu);

		do {
			start = u64_stats_fetch_begin(&c->syncp);
			for (i = 0; i < ARRAY_SIZE(one); i++)
				one[i] = u64_stats_read(&c->field[i]);
		} while (u64_stats_fetch_retry(&c->syncp, start));
		for (i = 0; i < ARRAY_SIZE(one); i++)
			sum[i] += one[i];
	}
}

static bool is_kind(const struct net_device *dev, const char *kind)
{
	return dev->rtnl_link_ops && !strcmp(dev->rtnl_link_ops->kind, kind);
}

static int find_output(struct vs_switch *sw, struct vs_mirror_object *m, struct vs_error *err)
{
	u32 index = m->mirror.output_port;
	struct net_device *dev;
	struct vs_port *port;

	if (!index)
		return 0;
	dev = __dev_get_by_index(dev_net(sw->dev), index);
	port = dev ? vs_port_of(dev) : NULL;
	if (!port || port->sw != sw || port->local)
		return vs_refuse(err, port ? -EINVAL : -ENOENT,
				 "MIRROR_DATA: output_port is %u; accepted: the ifindex of a port of %s, not its own",
				 index, sw->dev->name);
	if (vs_loop_policy(port))
		return vs_refuse(err, -EBUSY,
				 "MIRROR_DATA: output_port %s has a program; accepted: a closed port",
				 dev->name);
	RCU_INIT_POINTER(m->output, port);
	m->opaque = is_kind(dev, "ip6erspan") || is_kind(dev, "ip6gretap");
	m->tunnel = m->opaque || is_kind(dev, "erspan") || is_kind(dev, "gretap");
	return 0;
}

static int find_acl(struct vs_switch *sw, struct vs_mirror_object *m, struct vs_error *err)
{
	u32 id = m->mirror.acl;

	if (!id)
		return 0;
	m->acl = vs_acl_committed(vs_net_of(dev_net(sw->dev)), id);
	return m->acl ? 0 : vs_refuse(err, -ENOENT,
				      "MIRROR_DATA: acl is %u; accepted: 0, or the id of a committed ACL",
				      id);
}

static int object_new(struct vs_switch *sw, const void *blob, u32 len,
		      struct vs_mirror_object **ret, struct vs_error *err)
{
	struct vs_mirror_object *m = kzalloc(struct_size(m, blob, len), GFP_KERNEL_ACCOUNT);
	struct vs_program_error perr;
	int rc;

	err->attr = VIFSWITCH_A_MIRROR_DATA;
	if (!m)
		return vs_out_of_memory(err, "MIRROR_DATA");
	m->blob_len = len;
	memcpy(m->blob, blob, len);
	rc = vs_mirror_parse(m->blob, len, &m->mirror, &perr);
	if (rc) {
		vs_refuse(err, rc, "MIRROR_DATA: %s is %llu; accepted: %s", perr.field, perr.value,
			  perr.accepted);
		goto free;
	}
	rc = find_output(sw, m, err);
	if (!rc)
		rc = find_acl(sw, m, err);
	if (rc)
		goto free;
	m->counts = counts_new();
	if (!m->counts) {
		rc = vs_out_of_memory(err, "MIRROR_DATA");
		goto free;
	}
	*ret = m;
	return 0;

free:
	kfree(m);
	return rc;
}

static bool same_output(const struct vs_mirror *a, const struct vs_mirror *b)
{
	return a->output_port == b->output_port && a->output_vlan == b->output_vlan;
}

/* Which mirrors have the output of which; one may be told before the others. */
static void relate(struct vs_switch *sw)
{
	struct vs_mirror_object *a, *b;
	unsigned int i, j;
	u32 bits;

	for (i = 0; i < VIFSWITCH_MIRRORS_MAX; i++) {
		a = mirror_at(sw, i);
		bits = 0;
		for (j = 0; a && j < VIFSWITCH_MIRRORS_MAX; j++) {
			b = mirror_at(sw, j);
			if (b && same_output(&a->mirror, &b->mirror))
				bits |= BIT(j);
		}
		if (a)
			WRITE_ONCE(a->siblings, bits);
	}
}

/*
 * What the old one counted; nobody counts there any more. Nothing is lost of what is
 * counted in the new one meanwhile, by any CPU.
 */
static void carry_over(struct vs_mirror_object *to, const struct vs_mirror_object *from)
{
	struct vifswitch_mirror_stats was;
	const u64 *field = (const u64 *)&was;
	struct vs_mirror_counts *c;
	unsigned int i;

	vs_mirror_stats(from, &was);
	local_bh_disable();
	c = this_cpu_ptr(to->counts);
	u64_stats_update_begin(&c->syncp);
	for (i = 0; i < ARRAY_SIZE(c->field); i++)
		u64_stats_add(&c->field[i], field[i]);
	u64_stats_update_end(&c->syncp);
	local_bh_enable();
}

static void put_in_place(struct vs_switch *sw, unsigned int i, struct vs_mirror_object *m)
{
	struct vs_mirror_object *old = mirror_at(sw, i);

	rcu_assign_pointer(sw->mirror[i], m);
	relate(sw);
	if (!old)
		return;
	unpublished(old);
	synchronize_net();
	if (m && vs_cookies_kin(m->cookie, old->cookie) == VS_KIN_TWIN)
		carry_over(m, old);
	object_free(old);
}

/* Takes over @cookie when it succeeds. */
int vs_mirror_set(struct vs_switch *sw, u32 number, const void *blob, u32 len,
		  struct vs_cookie *cookie, struct vs_error *err)
{
	struct vs_mirror_object *old = mirror_at(sw, number - 1), *m;
	struct vs_port *output;
	int rc;

	ASSERT_RTNL();
	rc = object_new(sw, blob, len, &m, err);
	if (rc)
		return rc;
	m->cookie = cookie;
	output = rtnl_dereference(m->output);
	if (output)
		output->outputs++;
	if (m->acl)
		m->acl->users++;
	if (old && vs_cookies_kin(cookie, old->cookie) == VS_KIN_TWIN)
		vs_keep_debts(m->bucket, m->mirror.limit, old->bucket, old->mirror.limit,
			      VS_MIRROR_LIMITS);
	put_in_place(sw, number - 1, m);
	return 0;
}

int vs_mirror_delete(struct vs_switch *sw, u32 number, struct vs_error *err)
{
	ASSERT_RTNL();
	err->attr = VIFSWITCH_A_MIRROR;
	if (!mirror_at(sw, number - 1))
		return vs_refuse(err, -ENOENT, "MIRROR is %u; accepted: the number of a mirror of %s",
				 number, sw->dev->name);
	put_in_place(sw, number - 1, NULL);
	return 0;
}

/* @port is on its way out; its grace period is still to come. */
void vs_mirrors_port_gone(struct vs_port *port)
{
	struct vs_mirror_object *m;
	unsigned int i;

	ASSERT_RTNL();
	for (i = 0; port->outputs && i < VIFSWITCH_MIRRORS_MAX; i++) {
		m = mirror_at(port->sw, i);
		if (!m || rtnl_dereference(m->output) != port)
			continue;
		RCU_INIT_POINTER(m->output, NULL);
		port->outputs--;
	}
}

/* Of a switch that no frame is on its way through. */
void vs_mirrors_free(struct vs_switch *sw)
{
	unsigned int i;

	for (i = 0; i < VIFSWITCH_MIRRORS_MAX; i++) {
		struct vs_mirror_object *m = mirror_at(sw, i);

		if (!m)
			continue;
		unpublished(m);
		RCU_INIT_POINTER(sw->mirror[i], NULL);
		object_free(m);
	}
}
