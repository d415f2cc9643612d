// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl mirror list and mirror show: what the database says, and how it does here. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/here/here.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static json_int_t copies_of(const json_t *here)
{
	const json_t *use;
	json_int_t sum = 0;
	size_t i;

	json_array_foreach(json_object_get(here, "switches"), i, use)
		sum += json_integer_value(json_object_get(json_object_get(use, "copies"), "packets"));
	return sum;
}

/* What it is copied to here: netdevs, or a VLAN. */
static char *output_text(const json_t *here)
{
	json_t *words = json_array();
	const json_t *use;
	char *text;
	size_t i;

	json_array_foreach(json_object_get(here, "switches"), i, use) {
		const json_t *vlan = json_object_get(use, "output_vlan");
		const char *host = get_text(use, "host");
		_cleanup_free_ char *word = json_is_integer(vlan) ?
			xprintf("VLAN %lld", (long long)json_integer_value(vlan)) :
			xprintf("%s%s%s", get_text(use, "output"),
				*host ? " to the sensor's host " : "", host);

		if (*word)
			json_array_append_new(words, json_string(word));
	}
	text = text_join(words, ", ");
	json_decref(words);
	return text;
}

static void print_list(struct vifctl *v, struct object **mirrors, size_t count, const json_t *doc)
{
	static const char *const titles[] = { "NAME", "STATE", ">COPIES", "OUTPUT", "POLICY", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);

	for (size_t i = 0; i < count; i++) {
		const json_t *here = here_of(doc, mirrors[i]);
		_cleanup_free_ char *policy = object_summary(mirrors[i]);
		_cleanup_free_ char *output = output_text(here);
		_cleanup_free_ char *copies = here ? xprintf("%lld", (long long)copies_of(here)) : NULL;

		table_row(t, (const char *[]){ mirrors[i]->name, get_text(here, "state"), copies,
					       output, policy });
	}
	table_print(t, v->out);
}

/* ---- show ---- */

/* "3 over the rate, 1 had no output" */
static char *lost_text(const json_t *copies)
{
	static const struct {
		const char *member, *words;
	} kinds[] = {
		{ "over_rate", "over its rate" }, { "no_output", "without an output" },
		{ "failed", "failed" }, { "cut", "cut" },
	};
	json_t *words = json_array();
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_int_t n = json_integer_value(json_object_get(copies, kinds[i].member));
		_cleanup_free_ char *word = xprintf("%lld %s", (long long)n, kinds[i].words);

		if (n)
			json_array_append_new(words, json_string(word));
	}
	text = text_join(words, ", ");
	json_decref(words);
	return text;
}

static void print_use(const json_t *use, FILE *out)
{
	const json_t *copies = json_object_get(use, "copies");
	_cleanup_free_ char *sources = text_join(json_object_get(use, "sources"), ", "), *state = NULL,
			    *lost = lost_text(copies), *sent = NULL, *safe = NULL;
	json_t *one = json_pack("{s:[O]}", "switches", use);
	_cleanup_free_ char *output = output_text(one);

	json_decref(one);
	safe = safe_text(get_text(use, "switch"));
	fprintf(out, "\non switch %s\n", safe);
	state = *get_text(use, "error") ?
		xprintf("%s: %s", get_text(use, "state"), get_text(use, "error")) :
		xprintf("%s", get_text(use, "state"));
	here_line(out, "state", state);
	here_line(out, json_is_true(json_object_get(use, "from_hosts")) ? "from other hosts" : "copied",
		  sources);
	here_line(out, "output", output);
	if (json_is_object(copies)) {
		sent = xprintf("%lld, %lld octets",
			       (long long)json_integer_value(json_object_get(copies, "packets")),
			       (long long)json_integer_value(json_object_get(copies, "bytes")));
		here_line(out, "copies", sent);
		here_line(out, "not whole or lost", lost);
	}
}

static void print_here(const json_t *here, FILE *out)
{
	const json_t *item;
	size_t i;

	fprintf(out, "\non this host\n");
	here_line(out, "state", get_text(here, "state"));
	here_line(out, "error", get_text(here, "error"));
	json_array_foreach(json_object_get(here, "notes"), i, item)
		here_line(out, "note", json_string_value(item));
	json_array_foreach(json_object_get(here, "switches"), i, item)
		print_use(item, out);
}

static const struct here_view mirrors_view = { OBJECT_MIRROR, print_list, print_here };

int run_mirror_list(struct vifctl *v)
{
	return here_list(v, &mirrors_view);
}

int run_mirror_show(struct vifctl *v)
{
	return here_show(v, &mirrors_view);
}
