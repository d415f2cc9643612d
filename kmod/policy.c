// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing a port's program, cookie and claim: prepare what can fail, check it
 * against the other ports, then commit what cannot.
 */
#include <linux/slab.h>

#include "acl-object.h"
#include "limit.h"
#include "meter.h"
#include "slb.h"

int vs_refuse(struct vs_error *err, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return code;
}

int vs_out_of_memory(struct vs_error *err, const char *what)
{
	return vs_refuse(err, -ENOMEM, "out of memory for %s", what);
}

/* @len: 1 to VIFSWITCH_PROGRAM_MAX, or 0 to close the port. */
int vs_config_program(struct vs_config *cfg, struct vs_net *vn, const void *blob, u32 len,
		      struct vs_error *err)
{
	struct vs_program_error perr;
	int rc;

	err->attr = VIFSWITCH_A_PROGRAM;
	cfg->set_policy = true;
	if (!len)
		return 0;
	cfg->policy = kzalloc(struct_size(cfg->policy, blob, len), GFP_KERNEL_ACCOUNT);
	if (!cfg->policy)
		return vs_out_of_memory(err, "PROGRAM");
	rc = vs_program_parse(blob, len, &cfg->policy->prog, &perr);
	if (rc)
		return vs_refuse(err, rc, "PROGRAM: %s is %llu; accepted: %s", perr.field,
				 perr.value, perr.accepted);
	if (cfg->policy->prog.acl) {
		cfg->policy->acl = vs_acl_committed(vn, cfg->policy->prog.acl);
		if (!cfg->policy->acl)
			return vs_refuse(err, -ENOENT,
					 "PROGRAM: acl is %u; accepted: 0, or the id of a committed ACL",
					 cfg->policy->prog.acl);
	}
	cfg->policy->blob_len = len;
	memcpy(cfg->policy->blob, blob, len);
	cfg->guards = vs_guards_of(&cfg->policy->prog);
	if (!cfg->guards)
		return vs_out_of_memory(err, "PROGRAM");
	return 0;
}

/* NULL: out of memory. */
struct vs_cookie *vs_cookie_new(const void *data, u8 len)
{
	struct vs_cookie *cookie = kzalloc(struct_size(cookie, data, len), GFP_KERNEL_ACCOUNT);

	if (!cookie)
		return NULL;
	cookie->len = len;
	memcpy(cookie->data, data, len);
	return cookie;
}

void vs_config_free(struct vs_config *cfg)
{
	if (cfg->policy)
		vs_acl_use_free(rcu_dereference_protected(cfg->policy->use, true));
	kfree(cfg->policy);
	kfree(cfg->guards);
	kfree(cfg->cookie);
	vs_meter_free(cfg->meter);
	vs_slb_free(cfg->slb);
	memset(cfg, 0, sizeof(*cfg));
}

/* What hits, sessions and fragments need, for a port whose program names an ACL. */
static int prepare_acl(struct vs_port *port, const struct vs_config *cfg, struct vs_error *err)
{
	const struct vs_policy *old = rtnl_dereference(port->policy);

	if (!cfg->policy || !cfg->policy->acl)
		return 0;
	err->attr = VIFSWITCH_A_PROGRAM;
	if (!old || old->acl != cfg->policy->acl) {
		struct vs_acl_version *version = rtnl_dereference(cfg->policy->acl->version);
		struct vs_acl_use *use = vs_acl_use_new(version, err);

		if (!use)
			return -ENOMEM;
		RCU_INIT_POINTER(cfg->policy->use, use);
	}
	if (!port->fragments) {
		u64 *fragments = vs_fragments_new();

		if (!fragments)
			return vs_out_of_memory(err, "fragments");
		smp_store_release(&port->fragments, fragments);
	}
	return vs_sessions_new(port, cfg->policy, err);
}

void vs_policy_release(struct vs_policy *policy)
{
	ASSERT_RTNL();
	if (policy && policy->acl)
		vs_acl_use_end(policy);
}

/* @policy is to be the port's, instead of @old: it has an ACL of its own, or @old's. */
static void use_acl(struct vs_policy *policy, const struct vs_policy *old)
{
	struct vs_acl_use *use = rtnl_dereference(policy->use);

	policy->acl->users++;
	if (use) {
		list_add_tail(&use->node, &policy->acl->uses);
	} else {
		use = rtnl_dereference(old->use);
		rcu_assign_pointer(policy->use, use);
	}
	use->policy = policy;
}

/* May @port have what @cfg asks for, next to the other ports? */
int vs_config_check(struct vs_port *port, struct vs_config *cfg, struct vs_error *err)
{
	const struct vs_guards *guards = cfg->set_policy ? cfg->guards : port->guards;
	const struct vs_cookie *cookie = cfg->set_cookie ? cfg->cookie :
					 rtnl_dereference(port->cookie);
	struct vs_switch *sw = port->sw;
	const struct vs_guard *conflict = NULL;
	unsigned int i;
	u8 mac[ETH_ALEN];
	int rc;

	ASSERT_RTNL();
	if (cfg->policy && port->outputs) {
		err->attr = VIFSWITCH_A_PROGRAM;
		return vs_refuse(err, -EBUSY,
				 "PROGRAM: %s is the output of %u mirrors; accepted: none",
				 port->dev->name, port->outputs);
	}
	if (cfg->set_claim && cfg->claim && !(guards && guards->count)) {
		err->attr = VIFSWITCH_A_CLAIM;
		return vs_refuse(err, -EINVAL,
				 "CLAIM is 1; accepted: 0, for %s is not guarded",
				 port->dev->name);
	}
	spin_lock_bh(&sw->lock);
	for (i = 0; guards && i < guards->count && !conflict; i++)
		conflict = vs_guard_conflict(sw, port, cookie, i < guards->own ? VS_HOLD_OWN :
					     VS_HOLD_LISTED, VS_KEY_MAC(guards->entry[i].key));
	if (!conflict && cfg->guards &&
	    sw->fdb_count + cfg->guards->count > VIFSWITCH_FDB_SWITCH_MAX) {
		spin_unlock_bh(&sw->lock);
		err->attr = VIFSWITCH_A_PROGRAM;
		return vs_refuse(err, -ENOSPC,
				 "PROGRAM: %u addresses; the switch holds its %u entries already",
				 cfg->guards->count, VIFSWITCH_FDB_SWITCH_MAX);
	}
	spin_unlock_bh(&sw->lock);
	if (!conflict) {
		rc = prepare_acl(port, cfg, err) ?: vs_meter_prepare(port, cfg, err);
		return rc ?: vs_slb_prepare(port, cfg, err);
	}
	vs_mac_store(mac, conflict->key);
	err->attr = cfg->set_policy ? VIFSWITCH_A_PROGRAM : VIFSWITCH_A_COOKIE;
	return vs_refuse(err, -EEXIST,
			 "%s: address %pM is the own one of port %s, whose cookie is another",
			 cfg->set_policy ? "PROGRAM" : "COOKIE", mac, conflict->port->dev->name);
}

static bool same_reach(const struct vs_program *a, const struct vs_program *b)
{
	return a->flags == b->flags && a->fdb_max == b->fdb_max && a->pvid == b->pvid &&
	       !memcmp(a->allowed, b->allowed, sizeof(a->allowed));
}

static bool asks(const struct vs_port *port, const struct vs_program *prog)
{
	return vs_program_admits(prog) || rcu_access_pointer(port->tunnel) ||
	       (rcu_access_pointer(port->sw->underlay) &&
		(port->local || prog->flags & VIFSWITCH_PF_UPLINK));
}

/* What the switch makes of a program that is the port's, or is about to be. */
void vs_policy_settle(const struct vs_port *port, struct vs_policy *policy)
{
	WRITE_ONCE(policy->prog.way,
		   rcu_access_pointer(port->sw->flows) ? VS_WAY_FLOWS : policy->way);
	WRITE_ONCE(policy->prog.admits, asks(port, &policy->prog));
}

void vs_policy_asks(struct vs_port *port)
{
	struct vs_policy *policy = rtnl_dereference(port->policy);

	if (policy)
		vs_policy_settle(port, policy);
}

/* Takes over what @cfg holds. vs_config_check() said yes, still under rtnl. */
void vs_config_commit(struct vs_port *port, struct vs_config *cfg)
{
	struct vs_policy *old = rtnl_dereference(port->policy);
	struct vs_cookie *old_cookie = rtnl_dereference(port->cookie);
	struct vs_guards *old_guards = port->guards;
	struct vs_meter *old_meter = vs_meter_commit(port, cfg);
	struct vs_switch *sw = port->sw;
	bool active = port->active, forget, claimed;

	ASSERT_RTNL();
	forget = cfg->set_policy && old &&
		 !(cfg->policy && same_reach(&cfg->policy->prog, &old->prog));
	if (cfg->policy && old)
		vs_keep_debts(cfg->policy->bucket, cfg->policy->prog.limit, old->bucket,
			      old->prog.limit, VS_LIMITS);
	if (cfg->policy) {
		cfg->policy->way = cfg->policy->prog.way;
		vs_policy_settle(port, cfg->policy);
		port->guest = cfg->policy->prog.flags & VIFSWITCH_PF_GUEST;
	}
	if (cfg->policy && cfg->policy->acl) {
		use_acl(cfg->policy, old);
		vs_sessions_limit(port, cfg->policy->prog.connections_max);
	}

	spin_lock_bh(&sw->lock);
	if (cfg->set_cookie && vs_cookies_kin(old_cookie, cfg->cookie) != VS_KIN_TWIN)
		vs_claim_reset(port);
	if (cfg->set_cookie)
		rcu_assign_pointer(port->cookie, cfg->cookie);
	if (cfg->set_policy) {
		rcu_assign_pointer(port->policy, cfg->policy);
		vs_guards_replace(port, cfg->guards);
	}
	if (cfg->set_policy || cfg->set_claim)
		vs_claim_set(port, cfg->set_claim ? cfg->claim : active);
	claimed = port->active && !active;
	spin_unlock_bh(&sw->lock);

	if (forget)
		vs_fdb_flush(sw, port, -1);
	else if (cfg->policy && (cfg->policy->prog.flags & VIFSWITCH_PF_GUARD))
		vs_fdb_flush_unlisted(port, &cfg->policy->prog);
	if (cfg->set_policy || cfg->set_claim)
		vs_guards_forget(port);
	if (cfg->set_policy) {
		/* the port's hits go with its use of that ACL */
		if (old && old->acl && (!cfg->policy || cfg->policy->acl != old->acl))
			synchronize_net();
		vs_policy_release(old);
		if (old)
			kfree_rcu(old, rcu);
		if (old_guards)
			kfree_rcu(old_guards, rcu);
		if (!old != !cfg->policy)
			vs_event_port(port, cfg->policy ? VIFSWITCH_EV_PORT_OPENED :
							  VIFSWITCH_EV_PORT_CLOSED);
	}
	if (cfg->set_cookie && old_cookie)
		kfree_rcu(old_cookie, rcu);
	vs_slb_commit(port, cfg);
	if (old_meter)
		synchronize_net();
	vs_meter_retire(old_meter);
	vs_snoop_port_changed(port);
	vs_locked_changed(port);
	if (claimed) {
		vs_event_port(port, VIFSWITCH_EV_CLAIMED);
		vs_snoop_arrived(port);
	}
	memset(cfg, 0, sizeof(*cfg));
}
