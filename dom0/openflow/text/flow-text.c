// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/flow-text.h"
#include "openflow/text/flow-error.h"

#include <errno.h>
#include <string.h>

struct reading {
	enum flow_text_use use;
	const struct port_names *names;
	struct of_flow_mod fm;
	struct match_words words;
	bool priority_said, actions_said;
	struct flow_problem *problem;
};

/* Words of a flow that are a number, and where it goes. */
static const struct {
	const char *word;
	uint64_t max;
	size_t at, size;
	bool filter;		/* may be said of which flows are meant */
} numbers[] = {
#define AT(member) offsetof(struct of_flow_mod, member), sizeof(((struct of_flow_mod *)0)->member)
	{ "table", OF_TABLES - 1, AT(table), true },
	{ "priority", UINT16_MAX, AT(priority), true },
	{ "idle_timeout", UINT16_MAX, AT(idle), false },
	{ "hard_timeout", UINT16_MAX, AT(hard), false },
	{ "importance", UINT16_MAX, AT(importance), false },
	{ "out_group", UINT32_MAX, AT(out_group), true },
};

static const struct {
	const char *word;
	uint16_t flag;
} flags[] = {
	{ "send_flow_rem", OFPFF_SEND_FLOW_REM }, { "check_overlap", OFPFF_CHECK_OVERLAP },
	{ "reset_counts", OFPFF_RESET_COUNTS }, { "no_packet_counts", OFPFF_NO_PKT_COUNTS },
	{ "no_byte_counts", OFPFF_NO_BYT_COUNTS },
};

/* What dump-flows tells of a flow. */
static const char *const told[] = {
	"duration", "n_packets", "n_bytes", "idle_age", "hard_age",
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void put_number(struct of_flow_mod *fm, size_t at, size_t size, uint64_t value)
{
	void *to = (char *)fm + at;

	if (size == 1)
		*(uint8_t *)to = (uint8_t)value;
	else if (size == 2)
		*(uint16_t *)to = (uint16_t)value;
	else
		*(uint32_t *)to = (uint32_t)value;
}

static int read_number(struct reading *r, const struct pair *pair)
{
	uint64_t value;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		if (!piece_is(pair->key, numbers[i].word))
			continue;
		if (r->use == FLOW_TEXT_FILTER && !numbers[i].filter)
			return flow_problem_at(r->problem, pair->whole,
					       "flows are not looked for by this");
		if (!piece_number(pair->value, numbers[i].max, &value))
			return flow_problem_at(r->problem, pair->value, "%s is a number from 0 to %llu",
					       numbers[i].word, (unsigned long long)numbers[i].max);
		put_number(&r->fm, numbers[i].at, numbers[i].size, value);
		r->priority_said |= numbers[i].at == offsetof(struct of_flow_mod, priority);
		return 0;
	}
	return -ENOENT;
}

static int read_cookie(struct reading *r, const struct pair *pair)
{
	struct piece value, mask;
	uint64_t cookie, bits = UINT64_MAX;
	bool masked = piece_split(pair->value, "/", &value, &mask);

	if (!piece_number(value, UINT64_MAX, &cookie))
		return flow_problem_at(r->problem, value, "a number of 64 bits is accepted");
	if (masked && !piece_number(mask, UINT64_MAX, &bits))
		return flow_problem_at(r->problem, mask, "a mask of 64 bits is accepted");
	if (masked && r->use == FLOW_TEXT_ADD)
		return flow_problem_at(r->problem, pair->value, "a new flow's cookie has no mask");
	if (!masked && r->use == FLOW_TEXT_MODIFY)
		return flow_problem_at(r->problem, pair->whole, "a flow keeps its cookie: cookie=N/-1 "
				       "says which flows are meant");
	if (r->use == FLOW_TEXT_ADD) {
		r->fm.cookie = cookie;
		return 0;
	}
	r->fm.filter = cookie & bits;
	r->fm.filter_mask = bits;
	return 0;
}

static bool is_told(struct piece key)
{
	for (size_t i = 0; i < COUNT(told); i++)
		if (piece_is(key, told[i]))
			return true;
	return false;
}

static bool read_flag(struct reading *r, const struct pair *pair)
{
	for (size_t i = 0; i < COUNT(flags); i++)
		if (!pair->mark && piece_is(pair->key, flags[i].word)) {
			r->fm.flags |= flags[i].flag;
			return true;
		}
	return false;
}

static int read_pair(struct reading *r, const struct pair *pair)
{
	int status;

	if (is_told(pair->key))
		return 0;
	if (piece_is(pair->key, "cookie"))
		return read_cookie(r, pair);
	if (piece_is(pair->key, "out_port"))
		return port_parse(pair->value, r->names, &r->fm.out_port, r->problem);
	if (r->use != FLOW_TEXT_FILTER && read_flag(r, pair))
		return 0;
	status = read_number(r, pair);
	if (status != -ENOENT)
		return status;
	return match_words_add(&r->words, pair, r->names, r->problem);
}

static bool exists(const void *owner, uint32_t number)
{
	return true;
}

/* What a switch would refuse, at the action that it would refuse it for. */
static int check_actions(struct reading *r, struct piece list)
{
	static const struct of_limits limits = { exists, exists, exists, NULL };
	struct of_actions some = r->fm.actions;
	struct pair pair = {};
	enum of_error e = OFE_OK;

	for (size_t i = 1; !e && i <= r->fm.actions.count; i++) {
		some.count = i;
		pair_next(&list, &pair, r->problem);
		e = actions_check(&some, &r->fm.match, r->fm.table, OF14, &limits);
	}
	return e ? flow_problem_at(r->problem, pair.whole, "%s", flow_error_text(e)) : 0;
}

/* All behind actions= is actions. */
static int read_actions(struct reading *r, const struct pair *pair, struct piece *rest)
{
	struct piece list = { pair->value.p, (size_t)(rest->p + rest->len - pair->value.p) };

	*rest = (struct piece){ rest->p + rest->len, 0 };
	if (r->use == FLOW_TEXT_FILTER)
		return flow_problem_at(r->problem, pair->key, "no actions are accepted here");
	if (!piece_trim(list).len)
		return flow_problem_at(r->problem, list, "actions are missing; drop is none");
	r->actions_said = true;
	if (match_words_settle(&r->words, &r->fm.match, r->problem) < 0 ||
	    actions_parse(list, r->names, &r->fm.actions, r->problem) < 0)
		return -EINVAL;
	return check_actions(r, list);
}

static int read_all(struct reading *r, struct piece x)
{
	struct piece rest = x;
	struct pair pair;
	int status = 0;

	while (!status && pair_next(&rest, &pair, r->problem)) {
		if (pair.mark == '=' && (piece_is(pair.key, "actions") || piece_is(pair.key, "action")))
			status = read_actions(r, &pair, &rest);
		else
			status = read_pair(r, &pair);
	}
	if (status < 0 || *r->problem->text)
		return -EINVAL;
	if (r->use != FLOW_TEXT_FILTER && !r->actions_said)
		return flow_problem_at(r->problem, (struct piece){ x.p + x.len, 0 },
				       "actions=... is missing");
	return r->actions_said ? 0 : match_words_settle(&r->words, &r->fm.match, r->problem);
}

int flow_text_parse(const char *text, size_t len, enum flow_text_use use,
		    const struct port_names *names, struct of_flow_mod *ret,
		    bool *ret_priority_said, struct flow_problem *problem)
{
	static const enum of_flow_mod_command commands[] = { FLOW_ADD, FLOW_MODIFY, FLOW_DELETE };
	struct reading r = {
		.use = use, .names = names, .problem = problem,
		.fm = { .command = commands[use], .version = OF14, .priority = FLOW_PRIORITY,
			.table = use == FLOW_TEXT_ADD ? 0 : OF_TABLE_ALL, .buffer = OF_NO_BUFFER,
			.out_port = OFPP_ANY, .out_group = OFPG_ANY },
	};

	*problem = (struct flow_problem){ .base = text };
	if (len > FLOW_TEXT_MAX) {
		flow_problem_at(problem, (struct piece){ text, 1 }, "a flow has at most %d octets",
				FLOW_TEXT_MAX);
		return -EINVAL;
	}
	if (read_all(&r, (struct piece){ text, len }) < 0) {
		flow_mod_deinit(&r.fm);
		return -EINVAL;
	}
	if (ret_priority_said)
		*ret_priority_said = r.priority_said;
	*ret = r.fm;
	return 0;
}

void flow_text_print(const struct of_flow *flow, FILE *out)
{
	struct of_match m;

	match_of(flow->match, &m);
	if (flow->table)
		fprintf(out, "table=%u,", flow->table);
	if (flow->cookie)
		fprintf(out, "cookie=0x%llx,", (unsigned long long)flow->cookie);
	if (flow->idle)
		fprintf(out, "idle_timeout=%u,", flow->idle);
	if (flow->hard)
		fprintf(out, "hard_timeout=%u,", flow->hard);
	if (flow->importance)
		fprintf(out, "importance=%u,", flow->importance);
	for (size_t i = 0; i < COUNT(flags); i++)
		if (flow->flags & flags[i].flag)
			fprintf(out, "%s,", flags[i].word);
	fprintf(out, flow->match->count ? "priority=%u," : "priority=%u", flow->priority);
	match_print(&m, out);
	fputs(" actions=", out);
	actions_print(&flow->actions, out);
}
