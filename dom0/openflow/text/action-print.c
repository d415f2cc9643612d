// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "openflow/action-rows.h"
#include "openflow/text/action-text.h"
#include "openflow/text/ct-text.h"
#include "openflow/text/learn-text.h"
#include "openflow/version.h"

static void print_output(const struct of_action *a, FILE *out)
{
	if (a->a[0] == OFPP_CONTROLLER)
		fprintf(out, "CONTROLLER:%llu", (unsigned long long)a->a[1]);
	else if (port_word((uint32_t)a->a[0]))
		port_print((uint32_t)a->a[0], out);
	else
		fprintf(out, "output:%llu", (unsigned long long)a->a[0]);
}

static void print_octets(const struct of_action *a, FILE *out)
{
	for (unsigned int i = 0; i < a->len; i++)
		fprintf(out, i ? ".%02x" : "%02x", a->data[i]);
}

static void print_controller(const struct of_action *a, FILE *out)
{
	const char *comma = "";

	fputs("controller(", out);
	if (a->a[2] < controller_reason_count && a->a[2] != 1)
		fprintf(out, "reason=%s", controller_reasons[a->a[2]]), comma = ",";
	else if (a->a[2] != 1)
		fprintf(out, "reason=%llu", (unsigned long long)a->a[2]), comma = ",";
	if (a->a[0] != UINT16_MAX)
		fprintf(out, "%smax_len=%llu", comma, (unsigned long long)a->a[0]), comma = ",";
	if (a->a[1])
		fprintf(out, "%sid=%llu", comma, (unsigned long long)a->a[1]), comma = ",";
	if (a->data) {
		fprintf(out, "%suserdata=", comma);
		print_octets(a, out);
	}
	fputc(')', out);
}

/* Which bits a mask has, if they are in a row and at most 64. */
static bool in_a_row(struct of_value mask, unsigned int *ret_ofs, unsigned int *ret_count)
{
	unsigned int ofs = mask.lo ? (unsigned int)__builtin_ctzll(mask.lo) :
		mask.hi ? 64 + (unsigned int)__builtin_ctzll(mask.hi) : 128, n = 0;

	while (ofs + n < 128 && (ofs + n < 64 ? mask.lo >> (ofs + n) :
				 mask.hi >> (ofs + n - 64)) & 1)
		n++;
	*ret_ofs = ofs;
	*ret_count = n;
	return n && n <= 64 &&
	       n == (unsigned int)(__builtin_popcountll(mask.lo) + __builtin_popcountll(mask.hi));
}

static void print_set(const struct of_action *a, FILE *out)
{
	unsigned int ofs, n;

	if (a->form == SET_AS_LOAD && in_a_row(a->mask, &ofs, &n)) {
		uint64_t v = ofs >= 64 ? a->value.hi >> (ofs - 64) :
			a->value.lo >> ofs | (ofs ? a->value.hi << (64 - ofs) : 0);

		if (n < 64)
			v &= (1ULL << n) - 1;
		fprintf(out, "load:0x%llx->", (unsigned long long)v);
		bits_print(a->dst.field, ofs, n, out);
		return;
	}
	if (a->form == SET_AS_TUNNEL) {
		fprintf(out, a->value.lo > UINT32_MAX ? "set_tunnel64:0x%llx" : "set_tunnel:0x%llx",
			(unsigned long long)a->value.lo);
		return;
	}
	fputs("set_field:", out);
	field_value_print(a->dst.field, a->value, a->mask, out);
	fprintf(out, "->%s", a->dst.field->name);
}

static void print_resubmit(const struct of_action *a, FILE *out)
{
	if (a->form) {
		fputs("resubmit:", out);
		port_print((uint32_t)a->a[0], out);
		return;
	}
	fputs("resubmit(", out);
	if (a->a[0] != OFPP_IN_PORT)
		port_print((uint32_t)a->a[0], out);
	fputc(',', out);
	if (a->a[1] != OF_TABLE_ALL)
		fprintf(out, "%llu", (unsigned long long)a->a[1]);
	fputc(')', out);
}

static void print_dec_ttl(const struct of_action *a, FILE *out)
{
	fputs("dec_ttl", out);
	for (unsigned int i = 0; i + 1 < a->len; i += 2)
		fprintf(out, i ? ",%u" : "(%u", (unsigned int)wire_get(a->data + i, 2));
	if (a->len)
		fputc(')', out);
}

static void print_fin_timeout(const struct of_action *a, FILE *out)
{
	fputs("fin_timeout(", out);
	if (a->a[0])
		fprintf(out, "idle_timeout=%llu", (unsigned long long)a->a[0]);
	if (a->a[1])
		fprintf(out, "%shard_timeout=%llu", a->a[0] ? "," : "", (unsigned long long)a->a[1]);
	fputc(')', out);
}

static void print_row(const struct action_row *row, const struct of_action *a, FILE *out)
{
	unsigned int n = 0;

	fputs(row->word, out);
	for (const char *t = row->text; *t; t++) {
		if (*t != '%') {
			fputc(*t, out);
			continue;
		}
		t++;
		if (*t == 'p')
			port_print((uint32_t)a->a[n++], out);
		else
			fprintf(out, *t == 'x' ? "0x%04llx" : "%llu", (unsigned long long)a->a[n++]);
	}
}

static void print_nested(const char *word, const struct of_action *a, FILE *out)
{
	fprintf(out, "%s(", word);
	actions_print(a->inner, out);
	fputc(')', out);
}

static const struct action_row *row_of(unsigned int kind)
{
	for (unsigned int i = 0; i < action_row_count; i++)
		if (action_rows[i].kind == kind)
			return &action_rows[i];
	return NULL;
}

static void print_one(const struct of_action *a, FILE *out)
{
	const struct action_row *row = row_of(a->kind);

	switch ((enum of_action_kind)a->kind) {
	case ACT_OUTPUT:
		print_output(a, out);
		return;
	case ACT_TRUNCATE:
		fputs("output(port=", out);
		port_print((uint32_t)a->a[0], out);
		fprintf(out, ",max_len=%llu)", (unsigned long long)a->a[1]);
		return;
	case ACT_OUTPUT_REG:
		fputs("output:", out);
		bits_print(a->src.field, a->src.ofs, a->src.count, out);
		return;
	case ACT_CONTROLLER:
		print_controller(a, out);
		return;
	case ACT_SET_FIELD:
		print_set(a, out);
		return;
	case ACT_MOVE:
		fputs("move:", out);
		bits_print(a->src.field, a->src.ofs, a->src.count, out);
		fputs("->", out);
		bits_print(a->dst.field, a->dst.ofs, a->dst.count, out);
		return;
	case ACT_RESUBMIT:
		print_resubmit(a, out);
		return;
	case ACT_DEC_TTL:
		print_dec_ttl(a, out);
		return;
	case ACT_FIN_TIMEOUT:
		print_fin_timeout(a, out);
		return;
	case ACT_CONJUNCTION:
		fprintf(out, "conjunction(%llu,%llu/%llu)", (unsigned long long)a->a[2],
			(unsigned long long)a->a[0] + 1, (unsigned long long)a->a[1]);
		return;
	case ACT_CT:
		ct_print(a, out);
		return;
	case ACT_LEARN:
		learn_print(a, out);
		return;
	case ACT_METADATA:
		fprintf(out, "write_metadata:0x%llx", (unsigned long long)a->a[0]);
		if (a->a[1] != UINT64_MAX)
			fprintf(out, "/0x%llx", (unsigned long long)a->a[1]);
		return;
	case ACT_NOTE:
		fputs("note:", out);
		print_octets(a, out);
		return;
	case ACT_CLONE:
	case ACT_WRITE:
		print_nested(row->word, a, out);
		return;
	default:
		break;
	}
	if (row && row->text)
		print_row(row, a, out);
	else
		fprintf(out, "%s(...)", row && row->word ? row->word : "unknown");
}

void actions_print(const struct of_actions *list, FILE *out)
{
	if (!list->count)
		fputs("drop", out);
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			fputc(',', out);
		print_one(&list->v[i], out);
	}
}
