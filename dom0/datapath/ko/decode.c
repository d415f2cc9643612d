// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "datapath/ko/decode.h"
#include "network.h"

static struct nla_policy policy[VIFSWITCH_A_MAX + 1] = {
	[VIFSWITCH_A_SWITCH]		= { .type = NLA_U32 },
	[VIFSWITCH_A_SWITCH_NAME]	= { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[VIFSWITCH_A_PORT]		= { .type = NLA_U32 },
	[VIFSWITCH_A_PORT_NAME]		= { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[VIFSWITCH_A_CLAIM]		= { .type = NLA_U8 },
	[VIFSWITCH_A_PORT_FLAGS]	= { .type = NLA_U32 },
	[VIFSWITCH_A_COUNTERS]		= { .type = NLA_NESTED },
	[VIFSWITCH_A_DROPS]		= { .type = NLA_NESTED },
	[VIFSWITCH_A_AGEING_MS]		= { .type = NLA_U32 },
	[VIFSWITCH_A_FDB_COUNT]		= { .type = NLA_U32 },
	[VIFSWITCH_A_PORT_COUNT]	= { .type = NLA_U32 },
	[VIFSWITCH_A_MAC]		= { .minlen = 6, .maxlen = 6 },
	[VIFSWITCH_A_VLAN]		= { .type = NLA_U16 },
	[VIFSWITCH_A_FDB_FLAGS]		= { .type = NLA_U32 },
	[VIFSWITCH_A_AGE_MS]		= { .type = NLA_U32 },
	[VIFSWITCH_A_EVENT]		= { .type = NLA_U32 },
	[VIFSWITCH_A_OLD_PORT]		= { .type = NLA_U32 },
	[VIFSWITCH_A_REASON]		= { .type = NLA_U32 },
	[VIFSWITCH_A_PACKET_LEN]	= { .type = NLA_U32 },
	[VIFSWITCH_A_SUPPRESSED]	= { .type = NLA_U64 },
	[VIFSWITCH_A_ACL]		= { .type = NLA_U32 },
	[VIFSWITCH_A_ACL_LEN]		= { .type = NLA_U32 },
	[VIFSWITCH_A_ACL_OFFSET]	= { .type = NLA_U32 },
	[VIFSWITCH_A_ACL_RULE_COUNT]	= { .type = NLA_U32 },
	[VIFSWITCH_A_ACL_HITS]		= { .minlen = sizeof(struct vifswitch_acl_hits) },
	[VIFSWITCH_A_RULE]		= { .type = NLA_U64 },
	[VIFSWITCH_A_CONNECTIONS]	= { .type = NLA_U32 },
	[VIFSWITCH_A_VERSION]		= { .type = NLA_STRING },
	[VIFSWITCH_A_FEATURES]		= { .type = NLA_U64 },
	[VIFSWITCH_A_MIRROR]		= { .type = NLA_U32 },
	[VIFSWITCH_A_MIRROR_DATA]	= { .minlen = VIFSWITCH_MIRROR_FIRST_LEN },
	[VIFSWITCH_A_NETWORK_DATA]	= { .minlen = VIFSWITCH_NETWORK_FIRST_LEN },
	[VIFSWITCH_A_SNOOP]		= { .minlen = sizeof(struct vifswitch_snoop) },
	[VIFSWITCH_A_GROUP]		= { .minlen = sizeof(struct vifswitch_group) },
	[VIFSWITCH_A_SESSIONS]		= { .minlen = VIFSWITCH_SESSIONS_FIRST_LEN },
	[VIFSWITCH_A_SESSIONS_TAKEN]	= { .type = NLA_U32 },
	[VIFSWITCH_A_SESSIONS_KNOWN]	= { .type = NLA_U32 },
	[VIFSWITCH_A_SESSIONS_REFUSED]	= { .type = NLA_U32 },
	[VIFSWITCH_A_SESSIONS_EXCESS]	= { .type = NLA_U32 },
	[VIFSWITCH_A_STATE]		= { .minlen = sizeof(struct vifswitch_state) },
	[VIFSWITCH_A_LOOP]		= { .minlen = sizeof(struct vifswitch_loop) },
	[VIFSWITCH_A_LOOP_PORT]		= { .minlen = sizeof(struct vifswitch_loop_port) },
};

static int parse(const struct nlmsghdr *h, struct nlattr **attrs)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)h;

	if (!genlmsg_valid_hdr(msg, 0) ||
	    genlmsg_parse(msg, 0, attrs, VIFSWITCH_A_MAX, policy) < 0)
		return -EBADMSG;
	return 0;
}

static uint32_t get_u32(struct nlattr **attrs, int type)
{
	return attrs[type] ? nla_get_u32(attrs[type]) : 0;
}

static void get_name(struct nlattr **attrs, int type, char name[IFNAMSIZ])
{
	if (attrs[type])
		nla_strlcpy(name, attrs[type], IFNAMSIZ);
}

static void get_snoop(struct nlattr *attr, struct dp_switch *ret)
{
	struct vifswitch_snoop *s = &ret->snooped;

	if (!attr)
		return;
	memcpy(s, nla_data(attr), sizeof(*s));
	ret->snoop = (struct dp_snoop){
		s->flags & VIFSWITCH_SNOOP_ON, s->flags & VIFSWITCH_SNOOP_FLOOD, s->querier,
		s->port_max, s->ageing_s,
	};
}

int dp_switch_decode(const struct nlmsghdr *h, struct dp_switch *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_SWITCH])
		return -EBADMSG;
	*ret = (struct dp_switch){
		.ifindex = get_u32(attrs, VIFSWITCH_A_SWITCH),
		.ageing_ms = get_u32(attrs, VIFSWITCH_A_AGEING_MS),
		.flow_mode = get_u32(attrs, VIFSWITCH_A_OF_MODE),
		.fdb_count = get_u32(attrs, VIFSWITCH_A_FDB_COUNT),
		.port_count = get_u32(attrs, VIFSWITCH_A_PORT_COUNT),
	};
	if (attrs[VIFSWITCH_A_UNDERLAY]) {
		ret->underlay = nla_data(attrs[VIFSWITCH_A_UNDERLAY]);
		ret->underlay_len = (uint32_t)nla_len(attrs[VIFSWITCH_A_UNDERLAY]);
	}
	get_snoop(attrs[VIFSWITCH_A_SNOOP], ret);
	if (attrs[VIFSWITCH_A_LOOP])
		memcpy(&ret->looped, nla_data(attrs[VIFSWITCH_A_LOOP]), sizeof(ret->looped));
	ret->loop = ret->looped.flags & VIFSWITCH_LOOP_ON;
	get_name(attrs, VIFSWITCH_A_SWITCH_NAME, ret->name);
	return 0;
}

int dp_group_decode(const struct nlmsghdr *h, struct dp_group *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_PORT] || !attrs[VIFSWITCH_A_VLAN] ||
	    !attrs[VIFSWITCH_A_GROUP])
		return -EBADMSG;
	*ret = (struct dp_group){
		.sw = get_u32(attrs, VIFSWITCH_A_SWITCH), .port = get_u32(attrs, VIFSWITCH_A_PORT),
		.vlan = nla_get_u16(attrs[VIFSWITCH_A_VLAN]),
	};
	memcpy(&ret->group, nla_data(attrs[VIFSWITCH_A_GROUP]), sizeof(ret->group));
	return 0;
}

static void get_numbers(struct nlattr *nest, uint64_t *numbers, int count)
{
	struct nlattr *at;
	int left;

	if (!nest)
		return;
	nla_for_each_nested(at, nest, left) {
		if (nla_type(at) < count && nla_len(at) >= (int)sizeof(uint64_t))
			numbers[nla_type(at)] = nla_get_u64(at);
	}
}

int dp_port_decode(const struct nlmsghdr *h, struct dp_port *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_PORT] || !attrs[VIFSWITCH_A_SWITCH])
		return -EBADMSG;
	*ret = (struct dp_port){
		.sw = get_u32(attrs, VIFSWITCH_A_SWITCH),
		.ifindex = get_u32(attrs, VIFSWITCH_A_PORT),
		.flags = get_u32(attrs, VIFSWITCH_A_PORT_FLAGS),
		.fdb_count = get_u32(attrs, VIFSWITCH_A_FDB_COUNT),
		.claim = attrs[VIFSWITCH_A_CLAIM] ? nla_get_u8(attrs[VIFSWITCH_A_CLAIM]) : 0,
		.connections = get_u32(attrs, VIFSWITCH_A_CONNECTIONS),
	};
	get_name(attrs, VIFSWITCH_A_PORT_NAME, ret->name);
	if (attrs[VIFSWITCH_A_LOOP_PORT])
		memcpy(&ret->loop, nla_data(attrs[VIFSWITCH_A_LOOP_PORT]), sizeof(ret->loop));
	if (attrs[VIFSWITCH_A_PROGRAM]) {
		ret->program = nla_data(attrs[VIFSWITCH_A_PROGRAM]);
		ret->program_len = nla_len(attrs[VIFSWITCH_A_PROGRAM]);
	}
	if (attrs[VIFSWITCH_A_COOKIE]) {
		ret->cookie = nla_data(attrs[VIFSWITCH_A_COOKIE]);
		ret->cookie_len = nla_len(attrs[VIFSWITCH_A_COOKIE]);
	}
	get_numbers(attrs[VIFSWITCH_A_COUNTERS], ret->counters, VIFSWITCH_CTR_MAX + 1);
	get_numbers(attrs[VIFSWITCH_A_DROPS], ret->drops, VIFSWITCH_DROP_COUNT);
	return 0;
}

int dp_fdb_decode(const struct nlmsghdr *h, struct dp_fdb *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_SWITCH] || !attrs[VIFSWITCH_A_MAC])
		return -EBADMSG;
	*ret = (struct dp_fdb){
		.sw = get_u32(attrs, VIFSWITCH_A_SWITCH),
		.port = get_u32(attrs, VIFSWITCH_A_PORT),
		.vlan = attrs[VIFSWITCH_A_VLAN] ? nla_get_u16(attrs[VIFSWITCH_A_VLAN]) :
			VIFSWITCH_VID_NONE,
		.flags = get_u32(attrs, VIFSWITCH_A_FDB_FLAGS),
		.age_ms = get_u32(attrs, VIFSWITCH_A_AGE_MS),
	};
	memcpy(ret->mac, nla_data(attrs[VIFSWITCH_A_MAC]), sizeof(ret->mac));
	ret->has_remote = attrs[VIFSWITCH_A_REMOTE] &&
			  nla_len(attrs[VIFSWITCH_A_REMOTE]) == VIFSWITCH_ADDRESS_LEN;
	if (ret->has_remote)
		memcpy(ret->remote, nla_data(attrs[VIFSWITCH_A_REMOTE]), sizeof(ret->remote));
	return 0;
}

int dp_event_decode(const struct nlmsghdr *h, struct dp_event *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_EVENT])
		return -EBADMSG;
	*ret = (struct dp_event){
		.event = get_u32(attrs, VIFSWITCH_A_EVENT),
		.sw = get_u32(attrs, VIFSWITCH_A_SWITCH),
		.port = get_u32(attrs, VIFSWITCH_A_PORT),
		.old_port = get_u32(attrs, VIFSWITCH_A_OLD_PORT),
		.reason = get_u32(attrs, VIFSWITCH_A_REASON),
		.frame_len = get_u32(attrs, VIFSWITCH_A_PACKET_LEN),
		.vlan = attrs[VIFSWITCH_A_VLAN] ? nla_get_u16(attrs[VIFSWITCH_A_VLAN]) :
			VIFSWITCH_VID_NONE,
		.suppressed = attrs[VIFSWITCH_A_SUPPRESSED] ?
			nla_get_u64(attrs[VIFSWITCH_A_SUPPRESSED]) : 0,
		.has_rule = attrs[VIFSWITCH_A_RULE],
		.rule = attrs[VIFSWITCH_A_RULE] ? nla_get_u64(attrs[VIFSWITCH_A_RULE]) : 0,
	};
	get_name(attrs, VIFSWITCH_A_SWITCH_NAME, ret->switch_name);
	get_name(attrs, VIFSWITCH_A_PORT_NAME, ret->port_name);
	if (attrs[VIFSWITCH_A_MAC]) {
		ret->has_mac = true;
		memcpy(ret->mac, nla_data(attrs[VIFSWITCH_A_MAC]), sizeof(ret->mac));
	}
	if (attrs[VIFSWITCH_A_COOKIE]) {
		ret->cookie = nla_data(attrs[VIFSWITCH_A_COOKIE]);
		ret->cookie_len = nla_len(attrs[VIFSWITCH_A_COOKIE]);
	}
	if (attrs[VIFSWITCH_A_PACKET]) {
		ret->packet = nla_data(attrs[VIFSWITCH_A_PACKET]);
		ret->packet_len = nla_len(attrs[VIFSWITCH_A_PACKET]);
	}
	return 0;
}

int dp_module_decode(const struct nlmsghdr *h, struct dp_module *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_VERSION] || !attrs[VIFSWITCH_A_FEATURES])
		return -EBADMSG;
	*ret = (struct dp_module){ .features = nla_get_u64(attrs[VIFSWITCH_A_FEATURES]) };
	nla_strlcpy(ret->version, attrs[VIFSWITCH_A_VERSION], sizeof(ret->version));
	return 0;
}

int dp_acl_decode(const struct nlmsghdr *h, struct dp_acl *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_ACL])
		return -EBADMSG;
	*ret = (struct dp_acl){
		.id = get_u32(attrs, VIFSWITCH_A_ACL),
		.len = get_u32(attrs, VIFSWITCH_A_ACL_LEN),
		.rule_count = get_u32(attrs, VIFSWITCH_A_ACL_RULE_COUNT),
		.port_count = get_u32(attrs, VIFSWITCH_A_PORT_COUNT),
	};
	if (attrs[VIFSWITCH_A_COOKIE]) {
		ret->cookie = nla_data(attrs[VIFSWITCH_A_COOKIE]);
		ret->cookie_len = nla_len(attrs[VIFSWITCH_A_COOKIE]);
	}
	return 0;
}

int dp_acl_piece_decode(const struct nlmsghdr *h, struct dp_acl_piece *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_ACL_DATA])
		return -EBADMSG;
	*ret = (struct dp_acl_piece){
		.total = get_u32(attrs, VIFSWITCH_A_ACL_LEN),
		.offset = get_u32(attrs, VIFSWITCH_A_ACL_OFFSET),
		.data = nla_data(attrs[VIFSWITCH_A_ACL_DATA]),
		.len = nla_len(attrs[VIFSWITCH_A_ACL_DATA]),
	};
	return 0;
}

/* A message holds several: ACL_HITS may occur any number of times. */
int dp_acl_hits_decode(const struct nlmsghdr *h,
		       int (*fn)(const struct vifswitch_acl_hits *hits, void *arg), void *arg)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)h;
	struct vifswitch_acl_hits hits;
	struct nlattr *at;
	int left, r = 0;

	if (!genlmsg_valid_hdr(msg, 0))
		return -EBADMSG;
	nla_for_each_attr(at, genlmsg_attrdata(nlmsg_data(msg), 0),
			  genlmsg_attrlen(nlmsg_data(msg), 0), left) {
		if (nla_type(at) != VIFSWITCH_A_ACL_HITS || nla_len(at) < (int)sizeof(hits))
			continue;
		memcpy(&hits, nla_data(at), sizeof(hits));
		r = fn(&hits, arg);
		if (r < 0)
			break;
	}
	return r;
}

int dp_hits_taken_decode(const struct nlmsghdr *h, uint32_t *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_ACL_RULE_COUNT])
		return -EBADMSG;
	*ret = get_u32(attrs, VIFSWITCH_A_ACL_RULE_COUNT);
	return 0;
}

/* What this release knows of it; a section that is not there says nothing. */
static void read_mirror(const void *data, size_t len, struct dp_mirror_spec *ret)
{
	struct vifswitch_mirror h = {};

	memcpy(&h, data, len < sizeof(h) ? len : sizeof(h));
	*ret = (struct dp_mirror_spec){
		.output_port = h.output_port, .output_vlan = h.output_vlan,
		.dropped = h.flags & VIFSWITCH_MF_DROPPED, .acl = h.acl, .snaplen = h.snaplen,
		.rate_bps = h.rate_bps, .packet_rate = h.packet_rate,
		.some_vlans = h.vlan_offset,
	};
	if (h.vlan_offset && h.vlan_offset <= len && sizeof(ret->vlans) <= len - h.vlan_offset)
		memcpy(ret->vlans, (const char *)data + h.vlan_offset, sizeof(ret->vlans));
}

int dp_mirror_decode(const struct nlmsghdr *h, struct dp_mirror *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1], *data, *stats;

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_SWITCH] || !attrs[VIFSWITCH_A_MIRROR] ||
	    !attrs[VIFSWITCH_A_MIRROR_DATA])
		return -EBADMSG;
	*ret = (struct dp_mirror){
		.sw = get_u32(attrs, VIFSWITCH_A_SWITCH),
		.number = get_u32(attrs, VIFSWITCH_A_MIRROR),
	};
	data = attrs[VIFSWITCH_A_MIRROR_DATA];
	read_mirror(nla_data(data), (size_t)nla_len(data), &ret->spec);
	stats = attrs[VIFSWITCH_A_MIRROR_STATS];
	if (stats)
		memcpy(&ret->stats, nla_data(stats), (size_t)nla_len(stats) < sizeof(ret->stats) ?
		       (size_t)nla_len(stats) : sizeof(ret->stats));
	if (attrs[VIFSWITCH_A_COOKIE]) {
		ret->cookie = nla_data(attrs[VIFSWITCH_A_COOKIE]);
		ret->cookie_len = nla_len(attrs[VIFSWITCH_A_COOKIE]);
	}
	return 0;
}

/* Is what the header says there? */
static bool sessions_sound(const struct vifswitch_sessions *head, size_t len)
{
	return head->magic == VIFSWITCH_SESSIONS_MAGIC && head->header_len <= len &&
	       head->entry_len >= VIFSWITCH_SESSION_FIRST_LEN &&
	       head->entry_count <= (len - head->header_len) / head->entry_len;
}

int dp_sessions_decode(const struct nlmsghdr *h,
		       int (*fn)(const struct vifswitch_session *session, void *arg), void *arg)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];
	struct vifswitch_sessions head;
	const char *at;
	int r = 0;

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_SESSIONS])
		return -EBADMSG;
	at = nla_data(attrs[VIFSWITCH_A_SESSIONS]);
	memcpy(&head, at, sizeof(head));
	if (!sessions_sound(&head, (size_t)nla_len(attrs[VIFSWITCH_A_SESSIONS])))
		return -EBADMSG;
	at += head.header_len;
	for (uint32_t i = 0; r >= 0 && i < head.entry_count; i++, at += head.entry_len) {
		struct vifswitch_session session = {};

		memcpy(&session, at, head.entry_len < sizeof(session) ? head.entry_len :
							     sizeof(session));
		r = fn(&session, arg);
	}
	return r;
}

int dp_network_decode(const struct nlmsghdr *h, struct dp_network *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];
	struct vs_program_error err;
	struct vs_network network;
	const uint8_t *blob;

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_PORT] || !attrs[VIFSWITCH_A_VLAN] ||
	    !attrs[VIFSWITCH_A_NETWORK_DATA])
		return -EBADMSG;
	blob = nla_data(attrs[VIFSWITCH_A_NETWORK_DATA]);
	if (vs_network_parse(blob, (size_t)nla_len(attrs[VIFSWITCH_A_NETWORK_DATA]), &network,
			     &err) < 0)
		return -EBADMSG;
	*ret = (struct dp_network){
		.sw = get_u32(attrs, VIFSWITCH_A_SWITCH), .port = get_u32(attrs, VIFSWITCH_A_PORT),
		.vlan = nla_get_u16(attrs[VIFSWITCH_A_VLAN]),
		.spec = {
			.flags = network.flags, .udp_port = network.udp_port,
			.key = network.key, .remote_count = network.remote_count,
			.remotes = (const uint8_t (*)[VIFSWITCH_ADDRESS_LEN])
				   (blob + network.remote_offset),
			.eid_count = network.eid_count,
			.eids = (const struct vifswitch_eid *)(blob + network.eid_offset),
		},
	};
	memcpy(ret->spec.own, network.own, sizeof(ret->spec.own));
	memcpy(ret->spec.silent, network.silent, sizeof(ret->spec.silent));
	if (attrs[VIFSWITCH_A_COOKIE]) {
		ret->cookie = nla_data(attrs[VIFSWITCH_A_COOKIE]);
		ret->cookie_len = nla_len(attrs[VIFSWITCH_A_COOKIE]);
	}
	return 0;
}

int dp_sealed_drops_decode(const struct nlmsghdr *h, struct vifswitch_sealed_drops *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];
	const struct nlattr *drops;

	if (parse(h, attrs) < 0)
		return -EBADMSG;
	drops = attrs[VIFSWITCH_A_SEALED_DROPS];
	if (!drops || nla_len(drops) < (int)sizeof(*ret))
		return -EOPNOTSUPP;
	memcpy(ret, nla_data(drops), sizeof(*ret));
	return 0;
}

int dp_sessions_taken_decode(const struct nlmsghdr *h, struct dp_sessions_taken *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_SESSIONS_TAKEN])
		return -EBADMSG;
	ret->taken += get_u32(attrs, VIFSWITCH_A_SESSIONS_TAKEN);
	ret->known += get_u32(attrs, VIFSWITCH_A_SESSIONS_KNOWN);
	ret->refused += get_u32(attrs, VIFSWITCH_A_SESSIONS_REFUSED);
	ret->excess += get_u32(attrs, VIFSWITCH_A_SESSIONS_EXCESS);
	return 0;
}

int dp_state_decode(const struct nlmsghdr *h, struct vifswitch_state *ret)
{
	struct nlattr *attrs[VIFSWITCH_A_MAX + 1];

	if (parse(h, attrs) < 0 || !attrs[VIFSWITCH_A_STATE])
		return -EBADMSG;
	memcpy(ret, nla_data(attrs[VIFSWITCH_A_STATE]), sizeof(*ret));
	return 0;
}

const char *datapath_event_word(uint32_t event)
{
	static const char *const words[] = {
		[VIFSWITCH_EV_PORT_JOINED]	= "port-joined",
		[VIFSWITCH_EV_PORT_LEFT]	= "port-left",
		[VIFSWITCH_EV_PORT_OPENED]	= "port-opened",
		[VIFSWITCH_EV_PORT_CLOSED]	= "port-closed",
		[VIFSWITCH_EV_CLAIMED]		= "claimed",
		[VIFSWITCH_EV_MAC_LEARNED]	= "mac-learned",
		[VIFSWITCH_EV_MAC_MOVED]	= "mac-moved",
		[VIFSWITCH_EV_MAC_REFUSED]	= "mac-refused",
		[VIFSWITCH_EV_DROP]		= "drop",
		[VIFSWITCH_EV_RULE_LOG]		= "rule-log",
	};

	return event < sizeof(words) / sizeof(words[0]) ? words[event] : NULL;
}
