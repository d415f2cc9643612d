// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "vifctl show --dot": the host as a graph for graphviz, from VMs on the left over their
 * interfaces and switches to uplinks on the right. Nodes have numbers for names; what
 * others wrote is in labels alone, where it is quoted.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

struct graph {
	FILE *out;
	json_t *numbers;	/* of switches and VMs, by what they are */
	json_int_t next;
};

/* Inside of double quotes; graphviz also takes &...; for a character. */
static void put_quoted(FILE *out, const char *text)
{
	_cleanup_free_ char *safe = safe_text(text);

	for (const char *p = safe; *p; p++) {
		if (*p == '&')
			fputs("&amp;", out);
		else if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else
			putc(*p, out);
	}
}

/* Its number; @lines are of its label, NULL ends them. */
static json_int_t add_node(struct graph *g, const char *style, const char *const *lines)
{
	fprintf(g->out, "\tn%lld [%s, label=\"", (long long)g->next, style);
	for (size_t i = 0; lines[i]; i++) {
		fputs(i && *lines[i] ? "\\n" : "", g->out);
		put_quoted(g->out, lines[i]);
	}
	fputs("\"];\n", g->out);
	return g->next++;
}

static void add_edge(struct graph *g, json_int_t from, json_int_t to)
{
	fprintf(g->out, "\tn%lld -- n%lld;\n", (long long)from, (long long)to);
}

/* The node of a switch or VM, made when it is met first. */
static json_int_t node_of(struct graph *g, const char *kind, const char *key, const char *style,
			  const char *label)
{
	_cleanup_free_ char *name = xprintf("%s %s", kind, key);
	const json_t *known = json_object_get(g->numbers, name);
	json_int_t n;

	if (known)
		return json_integer_value(known);
	n = add_node(g, style, (const char *[]){ label, NULL });
	json_object_set_new(g->numbers, name, json_integer(n));
	return n;
}

static json_int_t switch_node(struct graph *g, const char *name)
{
	return node_of(g, "switch", name, "shape=ellipse, style=dashed", name);
}

static void add_switch(struct graph *g, const json_t *sw)
{
	bool bad = *get_text(sw, "error") || !strcmp(get_text(sw, "state"), "missing");
	_cleanup_free_ char *key = xprintf("switch %s", get_text(sw, "name"));
	json_int_t n = add_node(g, bad ? "shape=ellipse, color=red" : "shape=ellipse",
				(const char *[]){ get_text(sw, "name"), get_text(sw, "state"),
						  get_text(sw, "error"), NULL });

	json_object_set_new(g->numbers, key, json_integer(n));
}

static const char *style_of(const json_t *port)
{
	if (*get_text(port, "error") || !strcmp(get_text(port, "state"), "failed"))
		return "color=red";
	return strcmp(get_text(port, "state"), "active") ? "style=dashed" : "style=solid";
}

static json_int_t add_port(struct graph *g, const json_t *port)
{
	_cleanup_free_ char *vlan = text_vlan(port), *second = NULL, *dropped = NULL;
	const char *netdev = get_text(port, "netdev");
	uint64_t drops = total_drops(port);

	second = xprintf("%s, %s%s%s", get_text(port, "role"), get_text(port, "state"),
			 vlan ? ", VLAN " : "", vlan ?: "");
	dropped = drops ? xprintf("dropped %llu", (unsigned long long)drops) : NULL;
	return add_node(g, style_of(port),
			(const char *[]){ *netdev ? netdev : "no netdev yet", second,
					  get_text(port, "error"), dropped ?: "", NULL });
}

/* A VM stands left of its port, an uplink right of its switch. */
static void add_branch(struct graph *g, const json_t *port)
{
	const char *uuid = get_text(json_object_get(port, "vm"), "uuid");
	json_int_t n = add_port(g, port);

	if (*uuid)
		add_edge(g, node_of(g, "vm", uuid, "shape=box3d", get_vm_label(port)), n);
	if (!*get_text(port, "switch"))
		return;
	if (*uuid)
		add_edge(g, n, switch_node(g, get_text(port, "switch")));
	else
		add_edge(g, switch_node(g, get_text(port, "switch")), n);
}

void view_dot(const json_t *doc, FILE *out)
{
	struct graph g = { .out = out, .numbers = json_object() };
	const json_t *item;
	size_t i;

	fputs("graph vifswitch {\n\trankdir=LR;\n\tnode [shape=box, fontname=\"sans-serif\"];\n", out);
	json_array_foreach(json_object_get(doc, "switches"), i, item)
		add_switch(&g, item);
	json_array_foreach(json_object_get(doc, "ports"), i, item)
		add_branch(&g, item);
	fputs("}\n", out);
	json_decref(g.numbers);
}
