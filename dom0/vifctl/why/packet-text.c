// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/packet-text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "policy/words.h"

#define KINDS "tcp, udp, sctp, icmp, icmp6, ip:PROTOCOL, arp, arp-reply, ns, na, ra, eth:TYPE or hex"
#define SMALLEST 60

enum kind { KIND_PORTS, KIND_ICMP, KIND_ND, KIND_IP, KIND_ARP, KIND_ETH, KIND_HEX };

struct packet_word {
	const char *name;
	enum kind kind;
	int number;		/* protocol, ICMP type or ARP operation */
	uint8_t family;		/* 0: that of the addresses */
};

static const struct packet_word kinds[] = {
	{ "tcp", KIND_PORTS, 6, 0 },	   { "udp", KIND_PORTS, 17, 0 },
	{ "sctp", KIND_PORTS, 132, 0 },	   { "icmp", KIND_ICMP, 8, 4 },
	{ "icmp6", KIND_ICMP, 128, 6 },	   { "ra", KIND_ND, 134, 6 },
	{ "ns", KIND_ND, 135, 6 },	   { "na", KIND_ND, 136, 6 },
	{ "arp", KIND_ARP, 1, 4 },	   { "arp-reply", KIND_ARP, 2, 4 },
	{ "hex", KIND_HEX, 0, 0 },
};

struct source {
	struct packet_word what;
	uint8_t from[6], to[6];
	bool from_given, to_given;
	uint8_t family;
	uint8_t src[16], dst[16], target[16];
	bool target_given;
	int src_port, dst_port;
	int vlan, pcp, type, code, flags, len;	/* -1: not said */
	int fragment;				/* 0, 1 first, 2 later */
};

static bool number(const char *text, int max, int *ret)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)*text))
		return false;
	value = strtol(text, &end, 0);
	if (*end || value < 0 || value > max)
		return false;
	*ret = (int)value;
	return true;
}

static uint8_t address(const char *text, uint8_t ret[16])
{
	if (inet_pton(AF_INET, text, ret) == 1)
		return 4;
	return inet_pton(AF_INET6, text, ret) == 1 ? 6 : 0;
}

/* "ADDR", "ADDR4:PORT", "[ADDR6]:PORT". */
static uint8_t endpoint(const char *text, uint8_t ret[16], int *ret_port)
{
	_cleanup_free_ char *copy = xprintf("%s", text);
	char *host = copy, *port = NULL;

	if (*copy == '[') {
		char *close = strchr(copy, ']');

		if (!close || (close[1] && close[1] != ':'))
			return 0;
		*close = '\0';
		host = copy + 1;
		port = close[1] ? close + 2 : NULL;
	} else if (strchr(copy, '.') && (port = strchr(copy, ':'))) {
		*port++ = '\0';
	}
	if (port && !number(port, 65535, ret_port))
		return 0;
	return address(host, ret);
}

static bool flag_names(const char *text, int *ret)
{
	uint32_t flags = 0;

	for (const char *p = text; *p;) {
		size_t len = strcspn(p, ",");
		const struct word *flag = word_find(tcp_flag_words, p, len);

		if (!flag)
			return false;
		flags |= flag->value;
		p += len + (p[len] == ',');
	}
	*ret = (int)flags;
	return true;
}

static const char *option(struct source *s, const char *word)
{
	const char *value = strchr(word, '=');
	size_t key = value ? (size_t)(value - word) : 0;
	static const char *const accepted =
		"from=, to=, vlan=, pcp=, flags=, type=, code=, target=, fragment= or len=";

	if (!value)
		return accepted;
	value++;
#define IS(name) (key == strlen(name) && !strncmp(word, name, key))
	if (IS("from"))
		return (s->from_given = mac_parse_short(value, strlen(value), s->from)) ? NULL :
			"a MAC address";
	if (IS("to"))
		return (s->to_given = mac_parse_short(value, strlen(value), s->to)) ? NULL :
			"a MAC address";
	if (IS("vlan"))
		return number(value, 4094, &s->vlan) ? NULL : "0 to 4094";
	if (IS("pcp"))
		return number(value, 7, &s->pcp) ? NULL : "0 to 7";
	if (IS("type"))
		return number(value, 255, &s->type) ? NULL : "0 to 255";
	if (IS("code"))
		return number(value, 255, &s->code) ? NULL : "0 to 255";
	if (IS("flags"))
		return flag_names(value, &s->flags) ? NULL :
			"fin, syn, rst, psh, ack, urg, ece, cwr, with commas";
	if (IS("target"))
		return (s->target_given = address(value, s->target) == 6) ? NULL :
			"an IPv6 address";
	if (IS("len"))
		return number(value, PACKET_TEXT_MAX, &s->len) ? NULL : "0 to 9018";
	if (IS("fragment")) {
		s->fragment = !strcmp(value, "first") ? 1 : !strcmp(value, "later") ? 2 : 0;
		return s->fragment ? NULL : "first or later";
	}
#undef IS
	return accepted;
}

static void put16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static size_t put_transport(const struct source *s, uint8_t *p)
{
	int type = s->type >= 0 ? s->type : s->what.number;

	switch (s->what.kind) {
	case KIND_PORTS:
		put16(p, (unsigned int)s->src_port);
		put16(p + 2, (unsigned int)s->dst_port);
		if (s->what.number == 6) {
			p[12] = 5 << 4;
			p[13] = s->flags >= 0 ? (uint8_t)s->flags : 0x02;
			return 20;
		}
		put16(p + 4, 12);
		return 12;
	case KIND_ICMP:
		p[0] = (uint8_t)type;
		p[1] = s->code >= 0 ? (uint8_t)s->code : 0;
		return 8;
	case KIND_ND:
		p[0] = (uint8_t)type;
		if (s->what.number == 134)
			return 16;
		memcpy(p + 8, s->target_given ? s->target : s->what.number == 136 ? s->src : s->dst,
		       16);
		return 24;
	default:
		return 8;
	}
}

static size_t put_ip(const struct source *s, uint8_t *p)
{
	bool later = s->fragment == 2;
	int proto = s->what.kind == KIND_ICMP || s->what.kind == KIND_ND ?
		    (s->family == 4 ? 1 : 58) : s->what.number;
	size_t head = s->family == 4 ? 20 : 40, len;

	if (s->family == 6 && s->fragment) {
		p[40] = (uint8_t)proto;
		put16(p + 42, later ? 1480 : 1);
		put16(p + 46, 1);
		proto = 44;
		head += 8;
	}
	len = later ? 16 : put_transport(s, p + head);
	if (s->fragment && len % 8)
		len += 8 - len % 8;
	if (s->family == 4) {
		p[0] = 0x45;
		put16(p + 2, (unsigned int)(head + len));
		put16(p + 4, 1);
		put16(p + 6, s->fragment == 1 ? 0x2000 : later ? 185 : 0);
		p[8] = 64;
		p[9] = (uint8_t)proto;
		memcpy(p + 12, s->src, 4);
		memcpy(p + 16, s->dst, 4);
	} else {
		p[0] = 0x60;
		put16(p + 4, (unsigned int)(head + len - 40));
		p[6] = (uint8_t)proto;
		p[7] = s->what.kind == KIND_ND ? 255 : 64;
		memcpy(p + 8, s->src, 16);
		memcpy(p + 24, s->dst, 16);
	}
	return head + len;
}

static size_t put_arp(const struct source *s, uint8_t *p)
{
	put16(p, 1);
	put16(p + 2, 0x0800);
	p[4] = 6;
	p[5] = 4;
	put16(p + 6, (unsigned int)s->what.number);
	memcpy(p + 8, s->from, 6);
	memcpy(p + 14, s->src, 4);
	memcpy(p + 24, s->dst, 4);
	return 28;
}

static void build(const struct source *s, struct packet_text *ret)
{
	size_t at = 12;
	unsigned int type = s->what.kind == KIND_ETH ? (unsigned int)s->what.number :
			    s->what.kind == KIND_ARP ? 0x0806 : s->family == 4 ? 0x0800 : 0x86dd;

	memcpy(ret->frame, s->to, 6);
	memcpy(ret->frame + 6, s->from, 6);
	if (s->vlan >= 0 || s->pcp >= 0) {
		put16(ret->frame + at, 0x8100);
		put16(ret->frame + at + 2, (unsigned int)((s->pcp > 0 ? s->pcp << 13 : 0) |
							  (s->vlan > 0 ? s->vlan : 0)));
		at += 4;
	}
	put16(ret->frame + at, type);
	at += 2;
	if (s->what.kind == KIND_ARP) {
		ret->arp = at;
		at += put_arp(s, ret->frame + at);
	} else if (s->what.kind != KIND_ETH) {
		at += put_ip(s, ret->frame + at);
	}
	ret->len = at < SMALLEST ? SMALLEST : at;
	if (s->len > (int)ret->len)
		ret->len = (size_t)s->len;
	if (s->what.kind != KIND_ETH) {
		ret->family = s->family;
		memcpy(ret->dst, s->dst, 16);
	}
}

/* Broadcast and multicast destinations follow from what the packet is. */
static void fill_destination(struct source *s)
{
	if (s->to_given)
		return;
	if (s->what.kind == KIND_ARP && s->what.number == 1) {
		memset(s->to, 0xff, 6);
		s->to_given = true;
	} else if (s->family == 4 && (s->dst[0] & 0xf0) == 0xe0) {
		const uint8_t group[6] = { 1, 0, 0x5e, s->dst[1] & 0x7f, s->dst[2], s->dst[3] };

		memcpy(s->to, group, 6);
		s->to_given = true;
	} else if (s->family == 4 && !memcmp(s->dst, "\xff\xff\xff\xff", 4)) {
		memset(s->to, 0xff, 6);
		s->to_given = true;
	} else if (s->family == 6 && s->dst[0] == 0xff) {
		const uint8_t group[6] = { 0x33, 0x33, s->dst[12], s->dst[13], s->dst[14],
					   s->dst[15] };

		memcpy(s->to, group, 6);
		s->to_given = true;
	}
}

static bool parse_hex(const char *const *words, int count, struct packet_text *ret,
		      char **ret_problem)
{
	size_t nibbles = 0;

	for (int i = 1; i < count; i++) {
		for (const char *p = words[i]; *p; p++) {
			unsigned int digit;

			if (*p == ':' || *p == ' ')
				continue;
			if (!isxdigit((unsigned char)*p) || nibbles / 2 >= PACKET_TEXT_MAX) {
				*ret_problem = xprintf("hex %.20s: \"%c\" after %zu octets; up to "
						       "%d octets as pairs of hex digits are accepted",
						       words[i], *p, nibbles / 2, PACKET_TEXT_MAX);
				return false;
			}
			digit = *p <= '9' ? (unsigned int)(*p - '0') :
				(unsigned int)(tolower((unsigned char)*p) - 'a' + 10);
			ret->frame[nibbles / 2] |= (uint8_t)(nibbles % 2 ? digit : digit << 4);
			nibbles++;
		}
	}
	if (!nibbles || nibbles % 2) {
		*ret_problem = xprintf("hex: %zu digits; whole octets are accepted", nibbles);
		return false;
	}
	ret->len = nibbles / 2;
	ret->from_given = ret->to_given = ret->exact = true;
	return true;
}

static bool find_kind(const char *text, struct packet_word *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(text, kinds[i].name)) {
			*ret = kinds[i];
			return true;
		}
	}
	*ret = (struct packet_word){ .name = text };
	if (!strncmp(text, "ip:", 3)) {
		ret->kind = KIND_IP;
		return number(text + 3, 255, &ret->number);
	}
	ret->kind = KIND_ETH;
	return !strncmp(text, "eth:", 4) && number(text + 4, 65535, &ret->number) &&
	       ret->number >= 0x600;
}

bool packet_text_has_addresses(const char *kind, uint8_t *ret_family)
{
	struct packet_word what;

	if (!find_kind(kind, &what) || what.kind == KIND_HEX || what.kind == KIND_ETH)
		return false;
	*ret_family = what.family;
	return true;
}

static bool addresses(struct source *s, const char *const *words, int count, char **ret_problem)
{
	bool ports = s->what.kind == KIND_PORTS;
	uint8_t a = 0, b = 0;

	if (count >= 3) {
		a = ports ? endpoint(words[1], s->src, &s->src_port) : address(words[1], s->src);
		b = ports ? endpoint(words[2], s->dst, &s->dst_port) : address(words[2], s->dst);
	}
	s->family = a;
	if (a && a == b && (!s->what.family || s->what.family == a))
		return true;
	*ret_problem = xprintf("%s %s %s: two addresses of one family%s are accepted%s", words[0],
			       count > 1 ? words[1] : "", count > 2 ? words[2] : "",
			       s->what.family == 4 ? ", IPv4," : s->what.family ? ", IPv6," : "",
			       ports ? ", each with :PORT if you like ([ADDR6]:PORT)" : "");
	return false;
}

bool packet_text_parse(const char *const *words, int count, struct packet_text *ret,
		       char **ret_problem)
{
	struct source s = { .vlan = -1, .pcp = -1, .type = -1, .code = -1, .flags = -1, .len = -1,
			    .src_port = 40000 };
	int at = 3;

	*ret = (struct packet_text){};
	if (count < 1 || !find_kind(words[0], &s.what)) {
		*ret_problem = xprintf("packet \"%s\": " KINDS " is accepted",
				       count < 1 ? "" : words[0]);
		return false;
	}
	if (s.what.kind == KIND_HEX)
		return parse_hex(words, count, ret, ret_problem);
	if (s.what.kind == KIND_ETH)
		at = 1;
	else if (!addresses(&s, words, count, ret_problem))
		return false;
	for (; at < count; at++) {
		const char *accepted = option(&s, words[at]);

		if (accepted) {
			*ret_problem = xprintf("%s: %s is accepted", words[at], accepted);
			return false;
		}
	}
	fill_destination(&s);
	build(&s, ret);
	ret->from_given = s.from_given;
	ret->to_given = s.to_given;
	return true;
}

void packet_text_kinds(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fprintf(out, "%s\n", kinds[i].name);
	fputs("ip:\neth:\npcap\n", out);
}

void packet_text_set_source(struct packet_text *pkt, const uint8_t mac_address[6])
{
	memcpy(pkt->frame + 6, mac_address, 6);
	if (pkt->arp)
		memcpy(pkt->frame + pkt->arp + 8, mac_address, 6);
}
