// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "kmod/core/reason.h"
#include "policy/program-json.h"
#include "show/port-document.h"

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), n = strlen(suffix);

	return len > n && !strcmp(text + len - n, suffix);
}

static const char *half_word(enum half half)
{
	return half == HALF_TAP ? "tap" : "vif";
}

/* A netdev's name may have been changed; then its cookie still tells whose it is. */
static const char *role_of(const struct port_facts *p)
{
	const struct dp_port *dp = p->dp;

	if (p->link && p->link->is_half)
		return half_word(p->link->half);
	if (!dp)
		return half_word(p->half);
	if (dp->flags & VIFSWITCH_PORT_LOCAL)
		return "local";
	switch (cookie_kind(dp->cookie, dp->cookie_len)) {
	case COOKIE_UPLINK:
		return "uplink";
	case COOKIE_SENSOR:
		return "sensor";
	case COOKIE_VIF:
		return half_word(has_suffix(dp->name, "-emu") ? HALF_TAP : HALF_VIF);
	default:
		return "other";
	}
}

static const char *state_of(const struct port_facts *p)
{
	if (p->state)
		return p->state;
	/* Closed is what it is to be: it gets copies. */
	if (p->dp && cookie_kind(p->dp->cookie, p->dp->cookie_len) == COOKIE_SENSOR)
		return "plugged";
	if (!p->dp || !p->dp->policy)
		return "closed";
	return p->owner.known ? "plugged" : "active";
}

static json_t *identity_json(const struct port_facts *p)
{
	const struct dp_port *dp = p->dp;

	if (dp && cookie_kind(dp->cookie, dp->cookie_len) == COOKIE_VIF)
		return json_stringn(dp->cookie, dp->cookie_len);
	return json_text(p->identity);
}

static json_t *backend_json(const struct port_facts *p)
{
	if (!p->has_backend)
		return json_null();
	return json_sprintf("/local/domain/%u/backend/vif/%lld/%u", p->own_domid,
			    (long long)p->owner.domid, p->owner.identity.devid);
}

static json_t *rate_json(uint64_t bps)
{
	return bps ? json_pack("{s:I}", "bits_per_second", (json_int_t)bps) : json_null();
}

static json_t *direction_json(const uint64_t *packets, const uint64_t *bytes)
{
	return json_pack("{s:I, s:I}", "packets", (json_int_t)*packets, "bytes",
			 (json_int_t)*bytes);
}

static json_t *counters_json(const struct dp_port *dp)
{
	const uint64_t *c = dp->counters;
	json_t *drops = json_object();

	for (uint32_t reason = 0; reason < VIFSWITCH_DROP_COUNT; reason++) {
		if (dp->drops[reason] && vs_reason_word(reason))
			json_object_set_new(drops, vs_reason_word(reason),
					    json_integer((json_int_t)dp->drops[reason]));
	}
	return json_pack("{s:o, s:o, s:o}",
			 "from_vm", direction_json(&c[VIFSWITCH_CTR_FROM_PACKETS],
						   &c[VIFSWITCH_CTR_FROM_BYTES]),
			 "to_vm", direction_json(&c[VIFSWITCH_CTR_TO_PACKETS],
						 &c[VIFSWITCH_CTR_TO_BYTES]),
			 "drops", drops);
}

json_t *port_json(const struct port_facts *p)
{
	const struct dp_port *dp = p->dp;
	struct program_parts parts;
	json_t *port = subject_json(&(struct subject){
		.sw = p->sw, .owner = p->owner,
		.netdev = p->link ? p->link->name : dp ? dp->name : NULL,
		.ifindex = p->link ? p->link->ifindex : dp ? dp->ifindex : 0,
	});

	json_object_set_new(port, "role", json_string(role_of(p)));
	json_object_set_new(port, "state", json_string(state_of(p)));
	json_object_set_new(port, "admin_state", json_text(p->admin_state));
	json_object_set_new(port, "error", json_text(p->error));
	json_object_set_new(port, "datapath", json_text(p->datapath));
	json_object_set_new(port, "output_of", json_text(p->output_of));
	json_object_set_new(port, "identity", identity_json(p));
	json_object_set_new(port, "interface_number", json_number(p->number));
	json_object_set_new(port, "backend", backend_json(p));
	json_object_set_new(port, "policy", !p->policy ? json_null() :
			    json_pack("{s:s}", "source", p->policy));
	json_object_set_new(port, "sources", p->sources ? json_deep_copy(p->sources) : json_null());
	json_object_set_new(port, "qos", json_text(p->qos));
	json_object_set_new(port, "acl", json_text(p->acl));
	json_object_set_new(port, "mtu", json_number(p->link ? p->link->mtu : 0));
	port_policy_parts(dp ? dp->policy : p->policy_wanted, &parts);
	program_json(port, &parts);
	json_object_set_new(port, "rate_to_vm", rate_json(p->to_bps));
	json_object_set_new(port, "offload", p->offload ? offload_json(p->offload) : json_null());
	json_object_set_new(port, "addresses_seen", json_integer(dp ? dp->fdb_count : 0));
	json_object_set_new(port, "connections", json_integer(dp ? dp->connections : 0));
	json_object_set_new(port, "handover", p->handover ? json_deep_copy(p->handover) : json_null());
	json_object_set_new(port, "counters", dp ? counters_json(dp) : json_null());
	return port;
}
