// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything of one port: what has no words of its own here is shown by its name. */
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/program-json.h"
#include "policy/sources.h"
#include "show/drops-document.h"
#include "vifctl/view.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static void line_from(FILE *out, const char *title, const char *value, const char *source)
{
	_cleanup_free_ char *safe = NULL;

	if (!value || !*value)
		return;
	safe = safe_text(value);
	fprintf(out, "  %-16s %s%s\n", title, safe, source);
}

static void line(FILE *out, const char *title, const char *value)
{
	line_from(out, title, value, "");
}

/* Where the value of a member comes from, in brackets; "" if that is not known. */
static const char *source_of(const json_t *port, const char *member)
{
	static const struct {
		const char *source, *text;
	} words[] = {
		{ "config", " (VM's config)" }, { "database", " (database)" },
		{ "copy", " (copy of the database)" }, { "qos", " (QoS)" }, { "", " (default)" },
	};
	const json_t *sources = json_object_get(port, "sources");
	const struct field *f = policy_field_shown(member);

	for (size_t i = 0; json_is_object(sources) && f && i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].source, get_text(sources, f->name)))
			return words[i].text;
	return "";
}

/* ---- any member ---- */

static char *scalar_text(const json_t *value)
{
	if (json_is_integer(value))
		return xprintf("%lld", (long long)json_integer_value(value));
	if (json_is_boolean(value))
		return xprintf(json_is_true(value) ? "yes" : "no");
	return json_is_string(value) ? xprintf("%s", json_string_value(value)) : NULL;
}

/* Items one below the other, members behind the name of the whole. */
static void view_value(const char *title, const json_t *value, const char *source, FILE *out)
{
	_cleanup_free_ char *text = scalar_text(value);
	const char *name;
	json_t *part;
	size_t i;

	line_from(out, title, text, source);
	json_array_foreach(value, i, part)
		view_value(i ? "" : title, part, i ? "" : source, out);
	json_object_foreach((json_t *)value, name, part) {
		_cleanup_free_ char *longer = xprintf("%s %s", title, name);

		view_value(longer, part, source, out);
	}
}

static char *title_of(const char *name)
{
	char *title = xprintf("%s", name);

	for (char *p = title; *p; p++)
		*p = *p == '_' ? ' ' : *p;
	return title;
}

/* ---- those with words of their own ---- */

static char *text_vm(const json_t *port, const char *member)
{
	const json_t *vm = json_object_get(port, member);
	const char *name = get_text(vm, "name"), *uuid = get_text(vm, "uuid");
	_cleanup_free_ char *domid = text_integer(vm, "domid");
	_cleanup_free_ char *domain = domid ? xprintf("domain %s", domid) : NULL;
	const char *more = domain ? domain : "";

	if (!json_is_object(vm))
		return NULL;
	if (!*name)
		return xprintf("%s%s%s%s", uuid, *more ? " (" : "", more, *more ? ")" : "");
	if (!text_ids())
		uuid = "";
	return xprintf("%s%s%s%s%s%s", name, *more || *uuid ? " (" : "", more,
		       *more && *uuid ? ", " : "", uuid, *more || *uuid ? ")" : "");
}

static char *text_vlan_of(const json_t *port, const char *member)
{
	return text_vlan(port);
}

static char *text_limit(const json_t *port, const char *member)
{
	const json_t *rate = json_object_get(port, member);
	const json_t *burst = json_object_get(rate, "burst_bytes");
	_cleanup_free_ char *bits = text_port_rate(port, member), *bytes = NULL;

	if (!bits)
		return json_is_object(json_object_get(port, "vm")) ? xprintf("no limit") : NULL;
	if (!burst)
		return xprintf("%s", bits);
	bytes = text_bytes((uint64_t)json_integer_value(burst));
	return xprintf("%s, burst %s", bits, bytes);
}

static char *text_direction(const json_t *port, const char *direction)
{
	const json_t *one = json_object_get(json_object_get(port, "counters"), direction);
	_cleanup_free_ char *bytes = text_traffic(port, direction);
	long long packets;

	if (!bytes)
		return NULL;
	packets = (long long)json_integer_value(json_object_get(one, "packets"));
	return xprintf("%s in %lld packet%s", bytes, packets, packets == 1 ? "" : "s");
}

static void view_counters(const json_t *port, FILE *out)
{
	_cleanup_free_ char *from = text_direction(port, "from_vm");
	_cleanup_free_ char *to = text_direction(port, "to_vm");
	json_t *array = json_pack("[O]", port), *drops = drops_of(array), *drop;
	size_t i;

	line(out, "from VM", from);
	line(out, "to VM", to);
	json_array_foreach(drops, i, drop) {
		_cleanup_free_ char *text = xprintf(
			"%lld %s: %s", (long long)json_integer_value(json_object_get(drop, "count")),
			get_text(drop, "reason"), get_text(drop, "sentence"));

		line(out, i ? "" : "dropped", text);
	}
	json_decref(drops);
	json_decref(array);
}

static long long count_of(const json_t *story, const char *of, const char *name)
{
	return (long long)json_integer_value(json_object_get(json_object_get(story, of), name));
}

static char *text_handover(const json_t *port, const char *member)
{
	const json_t *story = json_object_get(port, member);
	time_t taken = (time_t)json_integer_value(json_object_get(story, "taken"));
	long long connections = count_of(story, "connections", "taken");
	long long missing = count_of(story, "connections", "refused") +
			    count_of(story, "connections", "no_room") +
			    count_of(story, "connections", "left");
	const char *problem = get_text(story, "problem");
	char when[40] = "not taken";

	if (!json_is_object(story))
		return NULL;
	if (taken)
		strftime(when, sizeof(when), "%F %T", localtime(&taken));
	return xprintf("host %s, %s: %lld connection%s (%lld more did not come), %lld address%s, "
		       "hits of %lld rule%s, counters and budgets %s%s%s", get_text(story, "from"), when,
		       connections, connections == 1 ? "" : "s",
		       missing, count_of(story, "addresses", "taken"),
		       count_of(story, "addresses", "taken") == 1 ? "" : "es",
		       count_of(story, "rules", "taken"),
		       count_of(story, "rules", "taken") == 1 ? "" : "s",
		       json_is_true(json_object_get(story, "counters")) ? "went on" : "began anew",
		       *problem ? "; " : "", problem);
}

static const struct {
	const char *member, *title;
	char *(*text)(const json_t *port, const char *member);	/* NULL: as any other */
} members[] = {
	{ "vm", "VM", text_vm }, { "devid", "device", NULL }, { "qos", "QoS", NULL },
	{ "acl", "ACL", NULL }, { "mtu", "MTU", NULL }, { "vlan", "VLAN", text_vlan_of },
	{ "mac", "MAC", NULL }, { "ip", "IP", NULL }, { "handover", "came from", text_handover },
	{ "rate_from_vm", "rate from VM", text_limit }, { "rate_to_vm", "rate to VM", text_limit },
};

static void view_member(const json_t *port, const char *name, const json_t *value, FILE *out)
{
	_cleanup_free_ char *title = title_of(name), *text = NULL;
	const struct field *f = field_of_member(name);
	const char *source = source_of(port, name);

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (strcmp(members[i].member, name))
			continue;
		if (!members[i].text) {
			view_value(members[i].title, value, source, out);
			return;
		}
		text = members[i].text(port, name);
		line_from(out, members[i].title, text, source);
		return;
	}
	text = f ? field_member_text(f, value) : NULL;
	if (text)
		line_from(out, title, text, source);
	else if (!f)
		view_value(title, value, source, out);
}

void view_port(const json_t *port, FILE *out)
{
	_cleanup_free_ char *head = safe_text(*get_text(port, "netdev") ? get_text(port, "netdev") :
					      get_text(port, "identity"));
	const bool named = *get_text(json_object_get(port, "vm"), "name");
	const char *name;
	json_t *value;

	fprintf(out, "%s\n", head);
	json_object_foreach((json_t *)port, name, value) {
		if (!strcmp(name, "counters"))
			view_counters(port, out);
		else if (!strcmp(name, "identity") && named && !text_ids())
			continue;
		else if (strcmp(name, "netdev") && strcmp(name, "sources"))
			view_member(port, name, value, out);
	}
}
