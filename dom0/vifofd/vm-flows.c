// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifofd/vm-flows.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "openflow/of-txn.h"
#include "openflow/text/flow-error.h"
#include "openflow/text/flow-text.h"

struct vm_flow {
	struct piece text;		/* in that of all */
	struct of_flow_mod fm;
};

struct vm_flows {
	char *text;
	struct vm_port *ports;
	size_t port_count;
	struct port_name *names;	/* of which the flows were made; the switch's ports first */
	size_t name_count, own_count;
	struct vm_flow *wanted;
	size_t count, room;
	bool made;
	char problem[VM_FLOWS_PROBLEM];	/* "": all of them are in the tables, or wait */
};

static void forget_wanted(struct vm_flows *f)
{
	for (size_t i = 0; i < f->count; i++)
		flow_mod_deinit(&f->wanted[i].fm);
	f->count = 0;
}

void vm_flows_free(struct bridge *b)
{
	struct vm_flows *f = b->vm_flows;

	if (!f)
		return;
	forget_wanted(f);
	free(f->wanted);
	free(f->names);
	free(f->ports);
	free(f->text);
	free(f);
	b->vm_flows = NULL;
}

void vm_flows_set(struct bridge *b, const char *text, const struct vm_port *ports, size_t count)
{
	struct vm_flows *f = b->vm_flows;

	if (f && !strcmp(f->text, text) && f->port_count == count &&
	    (!count || !memcmp(f->ports, ports, count * sizeof(*ports))))
		return;
	if (!f)
		f = b->vm_flows = xzalloc(sizeof(*f));
	free(f->text);
	free(f->ports);
	f->text = xstrdup(text);
	f->ports = xzalloc((count + 1) * sizeof(*ports));
	if (count)
		memcpy(f->ports, ports, count * sizeof(*ports));
	f->port_count = count;
	f->made = false;
}

/* ---- names of ports ---- */

/* Are the ports those of which the flows were made? */
static bool names_hold(const struct bridge *b)
{
	const struct vm_flows *f = b->vm_flows;

	if (f->own_count != b->sw.port_count)
		return false;
	for (size_t i = 0; i < f->own_count; i++)
		if (f->names[i].number != b->sw.ports[i].number ||
		    strncmp(f->names[i].name, b->sw.ports[i].name, OF_PORT_NAME))
			return false;
	return true;
}

static void take_names(struct bridge *b)
{
	struct vm_flows *f = b->vm_flows;
	struct port_name *names = xzalloc((b->sw.port_count + f->port_count + 1) * sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < b->sw.port_count; i++, n++) {
		names[n].number = b->sw.ports[i].number;
		snprintf(names[n].name, sizeof(names[n].name), "%.16s", b->sw.ports[i].name);
	}
	for (size_t k = 0; k < f->port_count; k++)
		for (size_t i = 0; i < b->sw.port_count; i++)
			if (!strncmp(b->sw.ports[i].name, f->ports[k].netdev, OF_PORT_NAME)) {
				names[n].number = b->sw.ports[i].number;
				snprintf(names[n++].name, sizeof(names[0].name), VM_PORT "%.44s",
					 f->ports[k].identity);
			}
	free(f->names);
	f->names = names;
	f->name_count = n;
	f->own_count = b->sw.port_count;
}

/* Does the flow name a VM that has no port here? */
static bool waits(const struct vm_flows *f, struct piece text)
{
	const struct port_names names = { f->names, f->name_count };
	struct piece rest = text, one;
	uint32_t port;

	while (piece_split(rest, VM_PORT, &one, &rest)) {
		struct flow_problem problem = { .base = text.p };
		size_t len = 0;

		while (len < rest.len && !strchr(", \t)", rest.p[len]))
			len++;
		one = (struct piece){ rest.p - strlen(VM_PORT), len + strlen(VM_PORT) };
		if (port_parse(one, &names, &port, &problem) < 0)
			return true;
	}
	return false;
}

/* The first is told; each is said once, until something changes. */
static void complain(struct bridge *b, struct piece text, const char *problem)
{
	struct vm_flows *f = b->vm_flows;
	char whole[VM_FLOWS_PROBLEM];

	snprintf(whole, sizeof(whole), "%.*s%s%s", PIECE(text), text.len ? ": " : "", problem);
	log_warning("%s: vm-flows: %s", b->sw.name, whole);
	if (!*f->problem)
		memcpy(f->problem, whole, sizeof(whole));
}

static void make_one(struct bridge *b, struct piece text)
{
	struct vm_flows *f = b->vm_flows;
	const struct port_names names = { f->names, f->name_count };
	struct flow_problem problem;
	struct of_flow_mod fm;

	if (!text.len || waits(f, text))
		return;
	if (flow_text_parse(text.p, text.len, FLOW_TEXT_ADD, &names, &fm, NULL, &problem) < 0) {
		complain(b, text, problem.text);
		return;
	}
	fm.cookie = VM_FLOW_COOKIE | (f->count + 1);
	f->wanted = xgrow(f->wanted, f->count, &f->room, sizeof(*f->wanted));
	f->wanted[f->count++] = (struct vm_flow){ text, fm };
}

/* True: what is wanted may be other flows than before. */
static bool make(struct bridge *b)
{
	struct vm_flows *f = b->vm_flows;
	struct piece rest = { f->text, strlen(f->text) }, one;

	if (f->made && names_hold(b))
		return false;
	take_names(b);
	forget_wanted(f);
	*f->problem = '\0';
	while (rest.len) {
		piece_split(rest, ";", &one, &rest);
		make_one(b, piece_trim(one));
	}
	f->made = true;
	return true;
}

/* ---- in the tables ---- */

static bool is_wanted(const struct vm_flows *f, const struct of_flow *flow)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct of_flow_mod *fm = &f->wanted[i].fm;
		_cleanup_free_ struct of_words *match = words_of(&fm->match);

		if (flow->table == fm->table && flow->priority == fm->priority &&
		    words_equal(flow->match, match))
			return true;
	}
	return false;
}

static void remove_others(struct bridge *b, struct of_txn *txn)
{
	struct of_flow *flow, *next;

	for (unsigned int t = 0; t < OF_TABLES; t++)
		for (flow = TAILQ_FIRST(&b->sw.tables[t].flows); flow; flow = next) {
			next = TAILQ_NEXT(flow, link);
			if ((flow->cookie & VM_FLOW_COOKIE_MASK) == VM_FLOW_COOKIE &&
			    !is_wanted(b->vm_flows, flow))
				txn_remove_flow(txn, flow, REMOVED_DELETE);
		}
}

static bool is_there(const struct bridge *b, const struct of_flow_mod *fm)
{
	_cleanup_free_ struct of_words *match = words_of(&fm->match);
	const struct of_flow *flow = table_find(&b->sw.tables[fm->table], match, fm->priority);

	return flow && flow->cookie == fm->cookie &&
	       instructions_same(&flow->actions, &fm->actions);
}

void vm_flows_settle(struct bridge *b)
{
	struct of_txn txn = { .sw = &b->sw };
	struct vm_flows *f = b->vm_flows;
	struct piece refused = { "", 0 };
	enum of_error e = OFE_OK;
	bool changes;

	if (!f)
		return;
	changes = make(b);
	if (changes)
		remove_others(b, &txn);
	for (size_t i = 0; i < f->count && !e; i++) {
		if (is_there(b, &f->wanted[i].fm))
			continue;
		changes = true;
		e = txn_flow_mod(&txn, &f->wanted[i].fm);
		if (e)
			refused = f->wanted[i].text;
	}
	if (!changes)
		return;
	e = txn_end(&txn, e);
	if (!e)
		return;
	complain(b, refused, flow_error_text(e));
	forget_wanted(f);
}

const char *vm_flows_problem(const struct bridge *b)
{
	return b->vm_flows && *b->vm_flows->problem ? b->vm_flows->problem : NULL;
}
