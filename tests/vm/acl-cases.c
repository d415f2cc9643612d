// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * acl-cases SEED RULES PACKETS DIR: a random ACL as our blob (DIR/blob) and as a
 * ruleset for nftables' bridge family (DIR/ruleset), and random frames from the
 * VM (DIR/frames: for each an octet that is 1 if a linear scan lets it pass, two
 * of length, the frame). Only what nftables can express: no VLANs, no fragments,
 * nothing tracked, reject is drop. The last octets of a frame's source are its
 * number.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/acl/compile.h"
#include "tests/unit/policy-frame.h"
#include "tests/unit/policy-oracle.h"

static FILE *create(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void finish(FILE *f)
{
	if (ferror(f) || fclose(f)) {
		perror("acl-cases");
		exit(1);
	}
}

/* False if the list has nothing of the family, so that the rule cannot match there. */
static bool print_addresses(FILE *f, const struct prefix_set *set, const char *field, int family)
{
	char text[PREFIX_TEXT_MAX];
	size_t count = 0;

	for (size_t i = 0; set && i < set->count; i++) {
		/* a set of everything is not one that nftables takes */
		if (set->items[i].family == family && !set->items[i].len)
			return true;
	}
	for (size_t i = 0; set && i < set->count; i++) {
		if (set->items[i].family != family)
			continue;
		prefix_format(&set->items[i], text);
		if (count++)
			fprintf(f, ", %s", text);
		else
			fprintf(f, " ip%s %s { %s", family == 6 ? "6" : "", field, text);
	}
	if (count)
		fputs(" }", f);
	return count || !set;
}

/* Neighbours and overlaps joined, as nftables demands. */
static void print_ports(FILE *f, const struct acl_ranges *ranges, const char *field)
{
	static uint8_t used[65537];
	unsigned int n = 0, first;

	memset(used, 0, sizeof(used));
	for (size_t i = 0; i < ranges->count; i++)
		memset(used + ranges->items[i].first, 1,
		       ranges->items[i].last - ranges->items[i].first + 1U);
	if (!ranges->count || !memchr(used, 0, 65536))
		return;
	for (unsigned int port = 0; port < 65536; port++) {
		if (!used[port])
			continue;
		first = port;
		while (used[port + 1])
			port++;
		if (n++)
			fputs(", ", f);
		else
			fprintf(f, " th %s { ", field);
		fprintf(f, first == port ? "%u" : "%u-%u", first, port);
	}
	fputs(" }", f);
}

/* @family 0: rules that do not look at addresses need not say which. */
static void print_rule(FILE *out, const struct acl_rule *rule, int family)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (rule->ethertype != ACL_ANY)
		fprintf(f, " ether type 0x%04x", rule->ethertype);
	if (family)
		fprintf(f, " ether type 0x%04x", family == 4 ? 0x0800 : 0x86dd);
	if (rule->protocol != ACL_ANY)
		fprintf(f, " meta l4proto %d", rule->protocol);
	if (!family || (print_addresses(f, rule->src, "saddr", family) &&
			print_addresses(f, rule->dst, "daddr", family))) {
		print_ports(f, &rule->src_ports, "sport");
		print_ports(f, &rule->dst_ports, "dport");
		if (rule->icmp_type != ACL_ANY)
			fprintf(f, " @th,0,8 %d", rule->icmp_type);
		if (rule->icmp_code != ACL_ANY)
			fprintf(f, " @th,8,8 %d", rule->icmp_code);
		if (rule->tcp_set || rule->tcp_clear)
			fprintf(f, " @th,104,8 & 0x%02x == 0x%02x",
				rule->tcp_set | rule->tcp_clear, rule->tcp_set);
		fprintf(f, " %s\n", rule->action == VIFSWITCH_ACL_ALLOW ? "accept" : "drop");
		fflush(f);
		fwrite(text, 1, len, out);
	}
	fclose(f);
	free(text);
}

static void print_ruleset(FILE *f, const struct acl *acl)
{
	bool allow = acl->default_action[VIFSWITCH_ACL_FROM] == VIFSWITCH_ACL_ALLOW;

	fprintf(f, "table bridge t {\n chain c {\n  type filter hook forward priority 0; policy %s;\n",
		allow ? "accept" : "drop");
	for (size_t i = 0; i < acl->rule_count; i++) {
		const struct acl_rule *rule = &acl->rules[i];
		bool four = rule->icmp_type != ACL_ANY && rule->protocol == 1;
		bool six = rule->icmp_type != ACL_ANY && rule->protocol == 58;

		if (rule->direction != VIFSWITCH_ACL_FROM)
			continue;
		if (!rule->src && !rule->dst && !four && !six) {
			print_rule(f, rule, 0);
			continue;
		}
		if (!six)
			print_rule(f, rule, 4);
		if (!four)
			print_rule(f, rule, 6);
	}
	fputs(" }\n}\n", f);
}

static void make_packet(struct acl_packet *packet, const struct pool *pool, struct dice *dice)
{
	bool fragment;

	do {
		random_packet(packet, pool, dice);
		packet_sane(packet);
		packet->vlan = 0;
		fragment = packet->l4_src == VIFSWITCH_ACL_ABSENT &&
			   (acl_protocol_has_ports(packet->protocol) || packet->protocol == 1 ||
			    packet->protocol == 58);
	} while (fragment || packet->ethertype == 0x8100);
}

static void write_frames(FILE *f, const struct acl *acl, const struct pool *pool,
			 struct dice *dice, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct acl_packet packet;
		uint8_t *frame, action;
		uint16_t head;
		size_t rule, len;

		make_packet(&packet, pool, dice);
		rule = oracle_lookup(acl, VIFSWITCH_ACL_FROM, &packet);
		action = rule == ACL_NO_RULE ? acl->default_action[VIFSWITCH_ACL_FROM] :
			 (uint8_t)acl->rules[rule].action;
		len = frame_make(&packet, dice, &frame, NULL);
		memcpy(frame, "\x02\xff\0\0\0\1\x02\0\0\0", 10);
		head = htobe16((uint16_t)i);
		memcpy(frame + 10, &head, sizeof(head));
		head = htobe16((uint16_t)len);
		fputc(action == VIFSWITCH_ACL_ALLOW, f);
		fwrite(&head, sizeof(head), 1, f);
		fwrite(frame, len, 1, f);
		free(frame);
	}
}

static void plain(struct acl *acl)
{
	for (int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++) {
		acl->default_flags[d] = VIFSWITCH_ACL_RF_STATELESS;
		if (acl->default_action[d] == VIFSWITCH_ACL_REJECT)
			acl->default_action[d] = VIFSWITCH_ACL_DENY;
	}
	for (size_t i = 0; i < acl->rule_count; i++) {
		struct acl_rule *rule = &acl->rules[i];

		free(rule->vlans);
		rule->vlans = NULL;
		rule->log = false;
		if (rule->action == VIFSWITCH_ACL_REJECT)
			rule->action = VIFSWITCH_ACL_DENY;
		rule->stateless = rule->action == VIFSWITCH_ACL_ALLOW;
	}
}

int main(int argc, char **argv)
{
	struct dice dice = {};
	struct problem problem;
	struct pool pool;
	struct acl acl;
	void *blob;
	size_t len;
	FILE *f;

	if (argc != 5) {
		fputs("usage: acl-cases SEED RULES PACKETS DIR\n", stderr);
		return 2;
	}
	dice.state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15ULL | 1;
	pool_make(&pool, &dice);
	random_acl(&acl, &pool, &dice, (unsigned int)atoi(argv[2]));
	plain(&acl);
	if (acl_seal(&acl, &problem) < 0 || acl_compile(&acl, &blob, &len, &problem) < 0) {
		fprintf(stderr, "acl-cases: %s\n", problem.text);
		return 1;
	}
	f = create(argv[4], "blob");
	fwrite(blob, len, 1, f);
	finish(f);
	f = create(argv[4], "ruleset");
	print_ruleset(f, &acl);
	finish(f);
	f = create(argv[4], "frames");
	write_frames(f, &acl, &pool, &dice, (unsigned int)atoi(argv[3]));
	finish(f);
	free(blob);
	acl_deinit(&acl);
	pool_deinit(&pool);
	return 0;
}
