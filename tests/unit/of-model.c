// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>

#include "of-model.h"

#define W(name)	VIFSWITCH_OF_##name

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put_words(uint8_t *p, const uint16_t *w, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		put16(p + 2 * i, w[i]);
}

/* ---- packets ---- */

static void few(struct model_packet *p, struct dice *d, unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		p->word[first + i] = (uint16_t)(dice_below(d, 3) + (i ? 0 : 0x0a00));
}

void model_packet_random(struct model_packet *p, struct dice *d)
{
	memset(p, 0, sizeof(*p));
	p->kind = (enum model_kind)dice_below(d, 7);
	p->six = p->kind == MODEL_ND || (p->kind != MODEL_LATER && dice_below(d, 2));
	few(p, d, W(ETH_DST), 3);
	few(p, d, W(ETH_SRC), 3);
	p->word[W(IN_PORT) + 1] = (uint16_t)(1 + dice_below(d, 4));
	if (dice_below(d, 2)) {
		p->word[W(VLAN_TCI)] = (uint16_t)(dice_below(d, 2) << 13 | 0x1000 |
						  dice_below(d, 3));
		p->tag = VS_TAG(0x8100, p->word[W(VLAN_TCI)] & ~0x1000U);
	}
	if (p->kind == MODEL_OTHER) {
		p->word[W(ETH_TYPE)] = (uint16_t)(0x9999 + dice_below(d, 2));
		return;
	}
	if (p->kind == MODEL_ARP) {
		p->word[W(ETH_TYPE)] = 0x0806;
		p->word[W(ARP_OP)] = (uint16_t)(1 + dice_below(d, 2));
		few(p, d, W(ARP_SPA), 2);
		few(p, d, W(ARP_TPA), 2);
		few(p, d, W(ARP_SHA), 3);
		few(p, d, W(ARP_THA), 3);
		return;
	}
	p->word[W(ETH_TYPE)] = p->six ? 0x86dd : 0x0800;
	p->word[W(IP_TOS)] = (uint16_t)(dice_below(d, 4) * 41 & 0xff);
	p->word[W(IP_TTL)] = (uint16_t)(dice_below(d, 4) * 21);
	p->word[W(IP_PROTO)] = p->kind == MODEL_TCP ? 6 : p->kind == MODEL_UDP ? 17 :
			       p->kind == MODEL_LATER ? 17 : p->six ? 58 : 1;
	if (p->six) {
		few(p, d, W(IP6_SRC), 8);
		few(p, d, W(IP6_DST), 8);
		p->word[W(IP6_LABEL) + 1] = (uint16_t)dice_below(d, 3);
		p->word[W(IP6_LABEL)] = (uint16_t)dice_below(d, 2);
	} else {
		few(p, d, W(IP4_SRC), 2);
		few(p, d, W(IP4_DST), 2);
	}
	if (p->kind == MODEL_LATER) {
		p->word[W(IP_FRAG)] = 3;
		return;
	}
	if (p->kind == MODEL_ICMP) {
		p->word[W(L4_SRC)] = (uint16_t)(p->six ? 128 + dice_below(d, 2) :
							 8 * dice_below(d, 2));
		p->word[W(L4_DST)] = (uint16_t)dice_below(d, 2);
	} else if (p->kind == MODEL_ND) {
		p->word[W(L4_SRC)] = (uint16_t)(135 + dice_below(d, 2));
		few(p, d, W(ND_TARGET), 8);
		p->sll = dice_below(d, 2);
		p->tll = dice_below(d, 2);
		if (p->sll)
			few(p, d, W(ND_SLL), 3);
		if (p->tll)
			few(p, d, W(ND_TLL), 3);
	} else {
		p->word[W(L4_SRC)] = (uint16_t)(1000 + dice_below(d, 3));
		p->word[W(L4_DST)] = (uint16_t)(80 + dice_below(d, 3));
		p->no_sum = p->kind == MODEL_UDP && !p->six && one_in(d, 4);
	}
	if (p->kind == MODEL_TCP)
		p->word[W(TCP_FLAGS)] = (uint16_t)(2 + 0x10 * dice_below(d, 2) +
						   0x100 * dice_below(d, 2));
}

static uint32_t sum_of(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t l4_octets(const struct model_packet *p, uint8_t *l4)
{
	size_t len = 24;

	if (p->kind == MODEL_ICMP || p->kind == MODEL_ND) {
		l4[0] = (uint8_t)p->word[W(L4_SRC)];
		l4[1] = (uint8_t)p->word[W(L4_DST)];
	} else if (p->kind != MODEL_LATER) {
		put_words(l4, &p->word[W(L4_SRC)], 2);
	}
	if (p->kind == MODEL_TCP) {
		put16(l4 + 12, 0x5000U | p->word[W(TCP_FLAGS)]);
	} else if (p->kind == MODEL_UDP) {
		put16(l4 + 4, (unsigned int)len);
	} else if (p->kind == MODEL_ND) {
		put_words(l4 + 8, &p->word[W(ND_TARGET)], 8);
		if (p->sll) {
			l4[len] = 1;
			l4[len + 1] = 1;
			put_words(l4 + len + 2, &p->word[W(ND_SLL)], 3);
			len += 8;
		}
		if (p->tll) {
			l4[len] = 2;
			l4[len + 1] = 1;
			put_words(l4 + len + 2, &p->word[W(ND_TLL)], 3);
			len += 8;
		}
	}
	return len;
}

static void put_sum(const struct model_packet *p, uint8_t *l4, size_t len, uint32_t pseudo)
{
	uint16_t sum;
	size_t at = p->kind == MODEL_TCP ? 16 : p->kind == MODEL_UDP ? 6 : 2;

	if (p->kind == MODEL_LATER || p->no_sum)
		return;
	if (p->kind == MODEL_ICMP && !p->six)
		pseudo = 0;
	sum = fold(sum_of(l4, len) + pseudo);
	if (p->kind == MODEL_UDP && !sum)
		sum = 0xffff;
	put16(l4 + at, sum);
}

static size_t ip_octets(const struct model_packet *p, uint8_t *ip)
{
	size_t head = p->six ? 40 : 20, len = l4_octets(p, ip + head);
	uint32_t pseudo = (uint32_t)len + p->word[W(IP_PROTO)];
	uint16_t tos = p->word[W(IP_TOS)];

	if (p->six) {
		put16(ip, 0x6000U | (unsigned int)tos << 4 | (p->word[W(IP6_LABEL)] & 0xf));
		put16(ip + 2, p->word[W(IP6_LABEL) + 1]);
		put16(ip + 4, (unsigned int)len);
		ip[6] = (uint8_t)p->word[W(IP_PROTO)];
		ip[7] = (uint8_t)p->word[W(IP_TTL)];
		put_words(ip + 8, &p->word[W(IP6_SRC)], 16);
		pseudo += sum_of(ip + 8, 32);
	} else {
		ip[0] = 0x45;
		ip[1] = (uint8_t)tos;
		put16(ip + 2, (unsigned int)(head + len));
		put16(ip + 6, p->kind == MODEL_LATER ? 100 : 0);
		ip[8] = (uint8_t)p->word[W(IP_TTL)];
		ip[9] = (uint8_t)p->word[W(IP_PROTO)];
		put_words(ip + 12, &p->word[W(IP4_SRC)], 4);
		pseudo += sum_of(ip + 12, 8);
		put16(ip + 10, fold(sum_of(ip, head)));
	}
	put_sum(p, ip + head, len, pseudo);
	return head + len;
}

size_t model_packet_octets(const struct model_packet *p, uint8_t *ret)
{
	memset(ret, 0, MODEL_FRAME_MAX);
	put_words(ret, &p->word[W(ETH_DST)], 6);
	put16(ret + 12, p->word[W(ETH_TYPE)]);
	if (p->kind == MODEL_OTHER)
		return 60;
	if (p->kind != MODEL_ARP)
		return 14 + ip_octets(p, ret + 14);
	put_words(ret + 14, (const uint16_t[]){ 1, 0x0800, 0x0604, p->word[W(ARP_OP)] }, 4);
	put_words(ret + 22, &p->word[W(ARP_SHA)], 3);
	put_words(ret + 28, &p->word[W(ARP_SPA)], 2);
	put_words(ret + 32, &p->word[W(ARP_THA)], 3);
	put_words(ret + 38, &p->word[W(ARP_TPA)], 2);
	return 60;
}

/* ---- the interpreter ---- */

struct model {
	const struct model_tables *t;
	struct model_packet p;
	struct model_list *list;
	const struct vifswitch_of_op *set[64];
	unsigned int sets, lookups, depth, steps;
	bool stopped, missed;
};

static void run_ops(struct model *m, const uint8_t *ops, size_t len, uint16_t table);

static bool one_step(struct model *m)
{
	if (++m->steps <= VIFSWITCH_OF_STEPS_MAX)
		return true;
	m->stopped = true;
	m->list->reason = VIFSWITCH_DROP_FLOW_LIMIT;
	return false;
}

static void look_up(struct model *m, uint16_t table)
{
	const struct vifswitch_of_flow *best;

	m->lookups++;
	best = model_find(m->t, &m->p, table, &m->lookups, &m->steps);
	if (m->lookups > VIFSWITCH_OF_LOOKUPS_MAX || m->steps > VIFSWITCH_OF_STEPS_MAX) {
		m->stopped = true;
		m->list->reason = VIFSWITCH_DROP_FLOW_LIMIT;
		return;
	}
	if (!best) {
		if (!m->depth)
			m->missed = true;
		return;
	}
	if (!m->list->first)
		m->list->first = best;
	run_ops(m, model_ops(best), best->ops_len, table);
}

static void put_out(struct model *m, uint32_t port, uint64_t data)
{
	struct model_out *out = &m->list->out[m->list->count];

	if (!port || port == ((uint32_t)m->p.word[0] << 16 | m->p.word[1]) ||
	    (port == VIFSWITCH_OF_PORT_TABLE && !data))
		return;
	if (m->list->count == MODEL_OUT_MAX) {
		m->stopped = true;
		return;
	}
	m->list->count++;
	out->port = port;
	out->vlan = m->p.vlan;
	out->tag = m->p.tag;
	out->data = data;
	out->len = model_packet_octets(&m->p, out->octets);
}

static bool has_field(const struct model_packet *p, unsigned int word)
{
	bool ip = p->kind >= MODEL_TCP, l4 = ip && p->kind != MODEL_LATER;

	if (word < W(VLAN_TCI))
		return true;
	if (word >= W(ND_TLL))
		return p->kind == MODEL_ND && p->tll;
	if (word >= W(ND_SLL))
		return p->kind == MODEL_ND && p->sll;
	if (word >= W(ND_TARGET))
		return p->kind == MODEL_ND &&
		       (p->word[W(L4_SRC)] == 135 || p->word[W(L4_SRC)] == 136);
	if (word >= W(ARP_OP))
		return p->kind == MODEL_ARP;
	if (word >= W(IP6_SRC))
		return ip && p->six;
	if (word >= W(IP4_SRC))
		return ip && !p->six;
	return word >= W(L4_SRC) ? l4 : ip;
}

/* How many bits of a word the frame has room for. */
static uint16_t room_of(const struct model_packet *p, unsigned int word)
{
	bool icmp = p->kind == MODEL_ICMP || p->kind == MODEL_ND;

	if (word == W(IP_TOS) || word == W(IP_TTL) ||
	    ((word == W(L4_SRC) || word == W(L4_DST)) && icmp))
		return 0xff;
	return word == W(IP6_LABEL) ? 0xf : 0xffff;
}

static void set_tci(struct model_packet *p, uint16_t tci)
{
	bool present = tci & 0x1000;

	p->word[W(VLAN_TCI)] = present ? tci : 0;
	p->tag = present ? VS_TAG(0x8100, tci & ~0x1000U) : VS_NO_TAG;
	p->vlan = present && tci & 0xfff ? VS_OF_VLAN_TAG : VS_OF_VLAN_NATIVE;
}

static void set_word(struct model_packet *p, unsigned int word, uint16_t value, uint16_t mask)
{
	uint16_t old = p->word[word], to;

	if (word == W(VLAN_TCI)) {
		to = (uint16_t)((old & ~mask) | value);
		if (old & 0x1000 || mask & 0x1000)
			set_tci(p, to);
		return;
	}
	if (word >= W(ETH_DST) && !has_field(p, word))
		return;
	if (word >= W(ETH_DST))
		mask &= room_of(p, word);
	p->word[word] = (uint16_t)((old & ~mask) | (value & mask));
}

static void set_words(struct model_packet *p, unsigned int first, unsigned int count,
		      const uint16_t *value, const uint16_t *mask)
{
	for (unsigned int i = 0; i < count; i++)
		set_word(p, first + i, value[i], mask[i]);
}

static void do_set(struct model *m, const struct vifswitch_of_op *op)
{
	const uint16_t *pair = (const uint16_t *)(op + 1);

	for (unsigned int i = 0; i < op->b; i++)
		set_word(&m->p, op->a + i, pair[2 * i], pair[2 * i + 1]);
}

static void do_move(struct model *m, const struct vifswitch_of_op *op)
{
	const struct vifswitch_of_bits *from = (const void *)(op + 1), *to = from + 1;
	uint16_t value[8] = { 0 }, mask[8] = { 0 };

	for (unsigned int i = 0; i < op->b; i++) {
		unsigned int n = from->ofs + i, k = to->ofs + i;
		unsigned int bit = m->p.word[from->first + from->words - 1 - n / 16] >> n % 16 & 1;

		mask[to->words - 1 - k / 16] |= (uint16_t)(1U << k % 16);
		value[to->words - 1 - k / 16] |= (uint16_t)(bit << k % 16);
	}
	set_words(&m->p, to->first, to->words, value, mask);
}

static void do_group(struct model *m, uint32_t id)
{
	const struct vifswitch_of_group *g = m->t->group[id];
	const struct vifswitch_of_bucket *b = (const void *)(g + 1);
	struct model_packet was;

	for (unsigned int i = 0; i < g->bucket_count && !m->stopped; i++) {
		/* ports with odd numbers are down */
		bool down = b->watch_port & 1;

		if (!one_step(m))
			return;
		if (g->type != VIFSWITCH_OF_GROUP_FAILOVER || !down) {
			was = m->p;
			run_ops(m, (const uint8_t *)(b + 1), b->ops_len, 0);
			m->p = was;
			if (g->type != VIFSWITCH_OF_GROUP_FULL)
				return;
		}
		b = (const void *)((const uint8_t *)(b + 1) + b->ops_len);
	}
}

static void do_clone(struct model *m, const struct vifswitch_of_op *op)
{
	struct model_packet was = m->p;

	run_ops(m, (const uint8_t *)(op + 1), (op->units - 1U) * 8, 0);
	m->p = was;
}

static bool sets_the_same(const struct vifswitch_of_op *a, const struct vifswitch_of_op *b)
{
	const uint16_t *pa = (const uint16_t *)(a + 1), *pb = (const uint16_t *)(b + 1);
	bool same = a->a == b->a && a->b == b->b;

	for (unsigned int i = 0; same && i < a->b; i++)
		same = pa[2 * i + 1] == pb[2 * i + 1];
	return same;
}

static void write_set(struct model *m, const struct vifswitch_of_op *op)
{
	unsigned int fields = 0;

	for (unsigned int i = 0; i < m->sets; i++) {
		const struct vifswitch_of_op *old = m->set[i];
		bool output = op->code <= VIFSWITCH_OF_OP_CONTROLLER &&
			      old->code <= VIFSWITCH_OF_OP_CONTROLLER;

		fields += old->code == VIFSWITCH_OF_OP_SET;
		if ((old->code == op->code || output) &&
		    (op->code != VIFSWITCH_OF_OP_SET || sets_the_same(old, op))) {
			m->set[i] = op;
			return;
		}
	}
	if (op->code == VIFSWITCH_OF_OP_SET && fields == VS_OF_SET_MAX) {
		m->stopped = true;
		m->list->reason = VIFSWITCH_DROP_FLOW_LIMIT;
		return;
	}
	assert(m->sets < 64);
	m->set[m->sets++] = op;
}

/* Looks up in @table; afterwards in_port and what is tracked are as before. */
static void look_up_inside(struct model *m, uint16_t table, const uint16_t *in_port,
			   const uint16_t *tracked)
{
	uint16_t port_was[2] = { m->p.word[0], m->p.word[1] };
	uint16_t tracked_was[2] = { m->p.word[W(CT_STATE)], m->p.word[W(CT_ZONE)] };

	if (m->depth == VIFSWITCH_OF_DEPTH_MAX) {
		m->stopped = true;
		m->list->reason = VIFSWITCH_DROP_FLOW_LIMIT;
		return;
	}
	m->depth++;
	memcpy(m->p.word, in_port, 4);
	memcpy(&m->p.word[W(CT_STATE)], tracked, 4);
	look_up(m, table);
	memcpy(m->p.word, port_was, 4);
	memcpy(&m->p.word[W(CT_STATE)], tracked_was, 4);
	m->depth--;
}

static void do_resubmit(struct model *m, const struct vifswitch_of_op *op)
{
	uint16_t given[2] = { (uint16_t)(op->b >> 16), (uint16_t)op->b };

	look_up_inside(m, op->a, op->b ? given : m->p.word, &m->p.word[W(CT_STATE)]);
}

static void do_ct(struct model *m, const struct vifswitch_of_op *op)
{
	uint16_t zone = (uint16_t)op->b, tracked[2];

	if (op->b & VIFSWITCH_OF_CT_CLEAR) {
		m->p.word[W(CT_STATE)] = 0;
		m->p.word[W(CT_ZONE)] = 0;
		return;
	}
	if (op->b & VIFSWITCH_OF_CT_WORD)
		zone = m->p.word[zone];
	if (model_ct_reason(zone, op->b & VIFSWITCH_OF_CT_COMMIT)) {
		m->stopped = true;
		m->list->reason = VIFSWITCH_DROP_CONNECTION_LIMIT;
		return;
	}
	tracked[0] = model_ct_state(zone);
	tracked[1] = zone;
	if (op->a != VIFSWITCH_OF_CT_HERE)
		look_up_inside(m, op->a, m->p.word, tracked);
}

static void do_one(struct model *m, const struct vifswitch_of_op *op, uint16_t table)
{
	uint64_t data;
	uint16_t ttl;

	if (!one_step(m))
		return;
	switch (op->code) {
	case VIFSWITCH_OF_OP_OUTPUT:
		put_out(m, op->b, 0);
		break;
	case VIFSWITCH_OF_OP_OUTPUT_FIELD:
		put_out(m, (uint32_t)m->p.word[op->a] << 16 | m->p.word[op->a + 1], 0);
		break;
	case VIFSWITCH_OF_OP_CONTROLLER:
		memcpy(&data, op + 1, 8);
		put_out(m, VIFSWITCH_OF_PORT_TABLE, data);
		break;
	case VIFSWITCH_OF_OP_GROUP:
		do_group(m, op->b);
		break;
	case VIFSWITCH_OF_OP_METER:
		if (op->b & 1) {
			m->stopped = true;
			m->list->reason = VIFSWITCH_DROP_FLOW_METER;
		}
		break;
	case VIFSWITCH_OF_OP_PUSH_VLAN:
		if (m->p.tag != VS_NO_TAG) {
			m->stopped = true;
			m->list->reason = VIFSWITCH_DROP_VLAN_STACKED;
		} else {
			set_tci(&m->p, 0x1000);
		}
		break;
	case VIFSWITCH_OF_OP_POP_VLAN:
		if (m->p.tag != VS_NO_TAG)
			set_tci(&m->p, 0);
		break;
	case VIFSWITCH_OF_OP_SET:
		do_set(m, op);
		break;
	case VIFSWITCH_OF_OP_MOVE:
		do_move(m, op);
		break;
	case VIFSWITCH_OF_OP_DEC_TTL:
		ttl = m->p.word[W(IP_TTL)];
		if (m->p.kind < MODEL_TCP)
			break;
		m->stopped = ttl <= 1;
		if (!m->stopped)
			m->p.word[W(IP_TTL)]--;
		break;
	case VIFSWITCH_OF_OP_GOTO:
		look_up(m, op->a);
		break;
	case VIFSWITCH_OF_OP_WRITE:
		for (const struct vifswitch_of_op *o = op + 1;
		     o < op + op->units && one_step(m); o += o->units)
			write_set(m, o);
		break;
	case VIFSWITCH_OF_OP_CLEAR:
		m->sets = 0;
		break;
	case VIFSWITCH_OF_OP_CLONE:
		do_clone(m, op);
		break;
	case VIFSWITCH_OF_OP_RESUBMIT:
		do_resubmit(m, op);
		break;
	case VIFSWITCH_OF_OP_CT:
		do_ct(m, op);
		break;
	default:
		m->stopped = true;
	}
}

static void run_ops(struct model *m, const uint8_t *ops, size_t len, uint16_t table)
{
	const struct vifswitch_of_op *op = (const void *)ops, *end = (const void *)(ops + len);

	for (; op < end && !m->stopped; op += op->units)
		do_one(m, op, table);
}

static void run_set(struct model *m, unsigned int from, unsigned int to)
{
	for (unsigned int i = 0; i < m->sets && !m->stopped; i++)
		if (m->set[i]->code >= from && m->set[i]->code <= to)
			do_one(m, m->set[i], 0);
}

static bool has_group(const struct model *m)
{
	for (unsigned int i = 0; i < m->sets; i++)
		if (m->set[i]->code == VIFSWITCH_OF_OP_GROUP)
			return true;
	return false;
}

void model_run(const struct model_tables *t, const struct model_packet *p, struct model_list *ret)
{
	struct model m = { .t = t, .p = *p, .list = ret };

	ret->count = 0;
	ret->first = NULL;
	ret->reason = VIFSWITCH_DROP_FLOW_DROP;
	look_up(&m, 0);
	if (m.missed && !m.stopped) {
		ret->reason = VIFSWITCH_DROP_FLOW_MISS;
		if (t->standalone && !ret->first && !ret->count)
			put_out(&m, VIFSWITCH_OF_PORT_NORMAL, 0);
	} else if (!m.stopped) {
		run_set(&m, VIFSWITCH_OF_OP_POP_VLAN, VIFSWITCH_OF_OP_POP_VLAN);
		run_set(&m, VIFSWITCH_OF_OP_PUSH_VLAN, VIFSWITCH_OF_OP_PUSH_VLAN);
		run_set(&m, VIFSWITCH_OF_OP_DEC_TTL, VIFSWITCH_OF_OP_DEC_TTL);
		run_set(&m, VIFSWITCH_OF_OP_SET, VIFSWITCH_OF_OP_MOVE);
		if (has_group(&m))
			run_set(&m, VIFSWITCH_OF_OP_GROUP, VIFSWITCH_OF_OP_GROUP);
		else
			run_set(&m, VIFSWITCH_OF_OP_OUTPUT, VIFSWITCH_OF_OP_CONTROLLER);
	}
	if (ret->count)
		ret->reason = VIFSWITCH_DROP_NONE;
}
