// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-attrs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "base/cleanup.h"

/* What is one attribute and one part, wherever it stands. */
static const struct key_attr {
	uint8_t attr, part, len;
} key_attrs[] = {
	{ OVS_KEY_ATTR_IN_PORT, FLOW_PORT, sizeof(uint32_t) },
	{ OVS_KEY_ATTR_ETHERNET, FLOW_ETHERNET, sizeof(struct ovs_key_ethernet) },
	{ OVS_KEY_ATTR_IPV4, FLOW_IP4, sizeof(struct ovs_key_ipv4) },
	{ OVS_KEY_ATTR_IPV6, FLOW_IP6, sizeof(struct ovs_key_ipv6) },
	{ OVS_KEY_ATTR_TCP, FLOW_L4, sizeof(struct ovs_key_tcp) },
	{ OVS_KEY_ATTR_UDP, FLOW_L4, sizeof(struct ovs_key_udp) },
	{ OVS_KEY_ATTR_SCTP, FLOW_L4, sizeof(struct ovs_key_sctp) },
	{ OVS_KEY_ATTR_TCP_FLAGS, FLOW_TCP_FLAGS, sizeof(__be16) },
	{ OVS_KEY_ATTR_ICMP, FLOW_ICMP, sizeof(struct ovs_key_icmp) },
	{ OVS_KEY_ATTR_ICMPV6, FLOW_ICMP, sizeof(struct ovs_key_icmpv6) },
	{ OVS_KEY_ATTR_ARP, FLOW_ARP, sizeof(struct ovs_key_arp) },
};

void attr_put(struct attrs *a, uint16_t type, const void *data, size_t len)
{
	struct nlattr attr = { .nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = type };
	size_t whole = NLA_ALIGN(NLA_HDRLEN + len);

	if (a->full || whole > UINT16_MAX || whole > a->room - a->len) {
		a->full = true;
		return;
	}
	memset(a->p + a->len, 0, whole);
	memcpy(a->p + a->len, &attr, sizeof(attr));
	if (len)
		memcpy(a->p + a->len + NLA_HDRLEN, data, len);
	a->len += whole;
}

size_t attr_begin(struct attrs *a, uint16_t type)
{
	size_t begun = a->len;

	attr_put(a, type, NULL, 0);
	return begun;
}

void attr_end(struct attrs *a, size_t begun)
{
	uint16_t len = (uint16_t)(a->len - begun);

	if (a->len - begun > UINT16_MAX)
		a->full = true;
	if (!a->full)
		memcpy(a->p + begun, &len, sizeof(len));
}

/* One attribute at *@p, of what is left; moves behind it. 0 at the end, negative if cut. */
static int next_attr(const uint8_t **p, size_t *left, uint16_t *ret_type, const uint8_t **ret_data,
		     size_t *ret_len)
{
	struct nlattr attr;
	size_t whole;

	if (!*left)
		return 0;
	if (*left < NLA_HDRLEN)
		return -EINVAL;
	memcpy(&attr, *p, sizeof(attr));
	if (attr.nla_len < NLA_HDRLEN || attr.nla_len > *left)
		return -EINVAL;
	*ret_type = attr.nla_type & NLA_TYPE_MASK;
	*ret_data = *p + NLA_HDRLEN;
	*ret_len = attr.nla_len - (size_t)NLA_HDRLEN;
	whole = NLA_ALIGN(attr.nla_len);
	if (whole > *left)
		whole = *left;
	*p += whole;
	*left -= whole;
	return 1;
}

static const struct key_attr *key_attr(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_attrs); i++)
		if (key_attrs[i].attr == type)
			return &key_attrs[i];
	return NULL;
}

/* What stands around or behind a tag. */
struct layer {
	const uint8_t *type, *tci, *encap;
	size_t encap_len;
};

static int keep(struct layer *layer, uint16_t type, const uint8_t *data, size_t len)
{
	if (type == OVS_KEY_ATTR_ENCAP) {
		if (layer->encap)
			return -EINVAL;
		layer->encap = data;
		layer->encap_len = len;
		return 0;
	}
	if (len != 2 || (type == OVS_KEY_ATTR_VLAN ? layer->tci : layer->type))
		return -EINVAL;
	if (type == OVS_KEY_ATTR_VLAN)
		layer->tci = data;
	else
		layer->type = data;
	return 0;
}

static int decode_layer(const uint8_t *p, size_t left, struct layer *layer, struct flow_key *key)
{
	const struct key_attr *known;
	const uint8_t *data;
	uint16_t type;
	uint32_t size;
	size_t len;
	int r;

	while ((r = next_attr(&p, &left, &type, &data, &len)) > 0) {
		if (type == OVS_KEY_ATTR_ENCAP || type == OVS_KEY_ATTR_VLAN ||
		    type == OVS_KEY_ATTR_ETHERTYPE) {
			r = keep(layer, type, data, len);
			if (r < 0)
				return r;
			continue;
		}
		known = key_attr(type);
		if (!known)
			continue;
		if (len != known->len || flow_has(key, (enum flow_part)known->part))
			return -EINVAL;
		key->parts |= 1U << known->part;
		memcpy(flow_part(key, (enum flow_part)known->part, &size), data, len);
	}
	return r;
}

/* The tag that a layer tells of: of one that is cut, without the bit that says that it is there. */
static bool layer_tag(const struct layer *layer, struct flow_tag *ret)
{
	if (!layer->type || !layer->tci || !layer->encap)
		return false;
	memcpy(&ret->type, layer->type, 2);
	memcpy(&ret->tci, layer->tci, 2);
	return true;
}

/* @ret_last: of what stands behind all tags. The number of tags, or -EINVAL. */
static int decode_layers(const uint8_t *p, size_t len, struct flow_key *key,
			 struct layer *ret_last)
{
	struct flow_tag *const tags[] = { &key->tag, &key->inner_tag };
	struct layer layers[3] = {};
	int depth, r = decode_layer(p, len, &layers[0], key);

	for (depth = 0; r >= 0 && depth < 2 && layer_tag(&layers[depth], tags[depth]); depth++) {
		key->parts |= 1U << (depth ? FLOW_INNER_TAG : FLOW_TAG);
		r = decode_layer(layers[depth].encap, layers[depth].encap_len, &layers[depth + 1],
				 key);
	}
	if (r < 0)
		return r;
	*ret_last = layers[depth];
	if (ret_last->type) {
		memcpy(&key->type, ret_last->type, 2);
		key->parts |= 1U << FLOW_TYPE;
	}
	return depth;
}

int flow_key_decode(const uint8_t *p, size_t len, struct flow_key *ret)
{
	struct flow_key key = {};
	struct layer last;
	int depth = decode_layers(p, len, &key, &last);
	__be16 tci = depth == 2 ? key.inner_tag.tci : key.tag.tci;

	if (depth < 0)
		return depth;
	if (!flow_has(&key, FLOW_PORT) || !flow_has(&key, FLOW_ETHERNET))
		return -EINVAL;
	/* 802.3 has no type there; behind a tag that is cut there is nothing */
	if (!last.type && (!depth || ntohs(tci) & FLOW_TAG_PRESENT)) {
		key.type = htons(FLOW_TYPE_8022);
		key.parts |= 1U << FLOW_TYPE;
	}
	*ret = key;
	return 0;
}

int flow_mask_decode(const uint8_t *p, size_t len, struct flow_key *ret)
{
	struct flow_key mask = {};
	struct layer last;
	int depth = decode_layers(p, len, &mask, &last);

	if (depth < 0)
		return depth;
	*ret = mask;
	return 0;
}

/* The attributes behind all tags. What is not looked at at all is left out. */
static void encode_packet(const struct flow_key *kernel, const struct flow_key *mask,
			  struct attrs *ret)
{
	static const uint8_t l4_attrs[][2] = {
		{ VS_PROTO_TCP, OVS_KEY_ATTR_TCP }, { VS_PROTO_UDP, OVS_KEY_ATTR_UDP },
		{ VS_PROTO_SCTP, OVS_KEY_ATTR_SCTP },
	};
	uint8_t proto = flow_has(kernel, FLOW_IP4) ? kernel->ip4.ipv4_proto :
						     kernel->ip6.ipv6_proto;

	attr_put(ret, OVS_KEY_ATTR_ETHERTYPE, &mask->type, sizeof(mask->type));
	if (flow_has(mask, FLOW_IP4))
		attr_put(ret, OVS_KEY_ATTR_IPV4, &mask->ip4, sizeof(mask->ip4));
	if (flow_has(mask, FLOW_IP6))
		attr_put(ret, OVS_KEY_ATTR_IPV6, &mask->ip6, sizeof(mask->ip6));
	if (flow_has(mask, FLOW_ARP))
		attr_put(ret, OVS_KEY_ATTR_ARP, &mask->arp, sizeof(mask->arp));
	for (size_t i = 0; flow_has(mask, FLOW_L4) && i < ARRAY_SIZE(l4_attrs); i++)
		if (l4_attrs[i][0] == proto)
			attr_put(ret, l4_attrs[i][1], &mask->l4, sizeof(mask->l4));
	if (flow_has(mask, FLOW_TCP_FLAGS))
		attr_put(ret, OVS_KEY_ATTR_TCP_FLAGS, &mask->tcp_flags, sizeof(mask->tcp_flags));
	if (flow_has(mask, FLOW_ICMP))
		attr_put(ret, flow_has(kernel, FLOW_IP4) ? OVS_KEY_ATTR_ICMP : OVS_KEY_ATTR_ICMPV6,
			 &mask->icmp, sizeof(mask->icmp));
}

void flow_mask_encode(const struct flow_key *kernel, const struct flow_key *mask,
		      struct attrs *ret)
{
	unsigned int tags = flow_has(kernel, FLOW_TAG) + flow_has(kernel, FLOW_INNER_TAG);
	unsigned int depth = 0;
	size_t begun[2];

	attr_put(ret, OVS_KEY_ATTR_IN_PORT, &mask->in_port, sizeof(mask->in_port));
	attr_put(ret, OVS_KEY_ATTR_ETHERNET, &mask->eth, sizeof(mask->eth));
	for (; depth < tags; depth++) {
		const struct flow_tag *tag = depth ? &mask->inner_tag : &mask->tag;

		attr_put(ret, OVS_KEY_ATTR_ETHERTYPE, &tag->type, sizeof(tag->type));
		attr_put(ret, OVS_KEY_ATTR_VLAN, &tag->tci, sizeof(tag->tci));
		begun[depth] = attr_begin(ret, OVS_KEY_ATTR_ENCAP);
	}
	encode_packet(kernel, mask, ret);
	while (depth)
		attr_end(ret, begun[--depth]);
}

static void put_u32(struct attrs *a, uint16_t type, uint32_t value)
{
	attr_put(a, type, &value, sizeof(value));
}

/* Is it the tag that the frame came with, but for DEI? */
static bool is_as_it_came(uint32_t came, uint32_t tag)
{
	return !((came ^ tag) & ~(uint32_t)FLOW_TAG_PRESENT) ||
	       (came == VS_NO_TAG && tag == VS_NO_TAG);
}

static void put_output(const struct decided_output *to, flow_meter_fn meter_of, struct attrs *ret)
{
	size_t begun;

	if (!to->port->program->limit[VS_LIMIT_TO_PACKETS].mult) {
		put_u32(ret, OVS_ACTION_ATTR_OUTPUT, to->port->number);
		return;
	}
	/* a meter that is in the red ends the list it is in */
	begun = attr_begin(ret, OVS_ACTION_ATTR_CLONE);
	put_u32(ret, OVS_ACTION_ATTR_METER, meter_of(to->port, VS_LIMIT_TO_PACKETS));
	put_u32(ret, OVS_ACTION_ATTR_OUTPUT, to->port->number);
	attr_end(ret, begun);
}

/* What changes of a tag makes which outputs be put when. */
enum turn { AS_IT_CAME, UNTAGGED, TAGGED, TURNS };

static enum turn turn_of(uint32_t came, uint32_t tag)
{
	if (is_as_it_came(came, tag))
		return AS_IT_CAME;
	return tag == VS_NO_TAG ? UNTAGGED : TAGGED;
}

static void put_push(uint32_t tag, struct attrs *ret)
{
	struct ovs_action_push_vlan push = {
		.vlan_tpid = htons(VS_TAG_TYPE(tag)),
		.vlan_tci = htons(VS_TAG_TCI(tag) | FLOW_TAG_PRESENT),
	};

	attr_put(ret, OVS_ACTION_ATTR_PUSH_VLAN, &push, sizeof(push));
}

static void put_outputs(const struct decision *d, flow_meter_fn meter_of, struct attrs *ret)
{
	uint32_t came = d->v.frame.tag;
	bool tagged = came != VS_NO_TAG;

	for (unsigned int turn = AS_IT_CAME; turn < TURNS; turn++) {
		bool begun = turn == AS_IT_CAME;

		for (size_t i = 0; i < d->output_count; i++) {
			const struct decided_output *to = &d->outputs[i];

			if (turn_of(came, to->tag) != (enum turn)turn)
				continue;
			if (!begun && tagged)
				attr_put(ret, OVS_ACTION_ATTR_POP_VLAN, NULL, 0);
			if (!begun && turn == TAGGED)
				put_push(to->tag, ret);
			tagged = begun ? tagged : turn == TAGGED;
			begun = true;
			put_output(to, meter_of, ret);
		}
	}
}

/* The program's DSCP for what is IP, as vs_mark() does; ECN is left. */
static void put_dscp(uint8_t dscp, uint16_t type, struct attrs *ret)
{
	const uint8_t tos = (uint8_t)(dscp << 2), mask = 0xfc;
	size_t begun;

	if (type != VS_TYPE_IP4 && type != VS_TYPE_IP6)
		return;
	begun = attr_begin(ret, OVS_ACTION_ATTR_SET_MASKED);
	if (type == VS_TYPE_IP4) {
		const struct ovs_key_ipv4 set[2] = { { .ipv4_tos = tos }, { .ipv4_tos = mask } };

		attr_put(ret, OVS_KEY_ATTR_IPV4, set, sizeof(set));
	} else {
		const struct ovs_key_ipv6 set[2] = { { .ipv6_tclass = tos },
						     { .ipv6_tclass = mask } };

		attr_put(ret, OVS_KEY_ATTR_IPV6, set, sizeof(set));
	}
	attr_end(ret, begun);
}

void flow_actions_encode(const struct decision *d, const struct dp_world_port *from,
			 flow_meter_fn meter_of, struct attrs *ret)
{
	static const uint8_t order[] = {
		VS_LIMIT_BROADCAST, VS_LIMIT_MULTICAST, VS_LIMIT_PACKETS, VS_LIMIT_OCTETS,
		VS_LIMIT_UNKNOWN,
	};
	size_t begun;

	if (d->reason)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (d->limits >> order[i] & 1)
			put_u32(ret, OVS_ACTION_ATTR_METER,
				meter_of(from, (enum vs_limit)order[i]));
	if (from->program->queue) {
		begun = attr_begin(ret, OVS_ACTION_ATTR_SET);
		put_u32(ret, OVS_KEY_ATTR_PRIORITY, from->program->queue);
		attr_end(ret, begun);
	}
	if (from->program->dscp != VIFSWITCH_MARK_KEEP && !d->v.frame.inner)
		put_dscp(from->program->dscp, d->v.frame.type, ret);
	put_outputs(d, meter_of, ret);
}
