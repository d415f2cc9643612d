// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/select.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/near.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

#define NEAR_MAX	5

enum kind { KIND_NETDEV, KIND_NAME, KIND_UUID, KIND_DOMID, KIND_COUNT };

static const char *const prefixes[KIND_COUNT] = { "netdev:", "name:", "uuid:", "domid:" };

struct selector {
	int only;		/* enum kind, or -1 for any */
	char *whole;		/* without prefix */
	char *base;		/* without /DEVID too; NULL if there is none */
	long devid;
};

static void selector_deinit(struct selector *s)
{
	free(s->whole);
	free(s->base);
}

static void selector_init(struct selector *s, const char *word)
{
	const char *slash;
	char *end;

	*s = (struct selector){ .only = -1, .devid = -1 };
	for (int k = 0; k < KIND_COUNT; k++) {
		if (strncmp(word, prefixes[k], strlen(prefixes[k])))
			continue;
		s->only = k;
		word += strlen(prefixes[k]);
		break;
	}
	s->whole = xprintf("%s", word);
	slash = strrchr(word, '/');
	if (!slash || !isdigit((unsigned char)slash[1]))
		return;
	s->devid = strtol(slash + 1, &end, 10);
	if (!*end)
		s->base = xprintf("%.*s", (int)(slash - word), word);
}

static bool vm_matches(const json_t *vm, enum kind kind, const char *word)
{
	const json_t *domid = json_object_get(vm, "domid");
	char number[24];

	switch (kind) {
	case KIND_NAME:
		return !strcmp(get_text(vm, "name"), word);
	case KIND_UUID:
		return !strcasecmp(get_text(vm, "uuid"), word);
	case KIND_DOMID:
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(domid));
		return json_is_integer(domid) && !strcmp(number, word);
	case KIND_NETDEV:
	case KIND_COUNT:
		break;
	}
	return false;
}

static bool port_matches(const json_t *port, const struct selector *s, enum kind kind)
{
	const json_t *vm = json_object_get(port, "vm");

	if (!*s->whole)
		return false;
	if (kind == KIND_NETDEV)
		return !strcmp(get_text(port, "netdev"), s->whole);
	if (!json_is_object(vm))
		return false;
	if (vm_matches(vm, kind, s->whole))
		return true;
	return s->base && *s->base && vm_matches(vm, kind, s->base) &&
	       json_integer_value(json_object_get(port, "devid")) == s->devid;
}

/* Ports of one VM are one subject, so that "web" may mean all of them. */
static const char *subject(const json_t *port)
{
	const char *uuid = get_text(json_object_get(port, "vm"), "uuid");

	return *uuid ? uuid : get_text(port, "netdev");
}

static void add_candidate(char **text, const json_t *port, enum kind kind)
{
	const json_t *vm = json_object_get(port, "vm");
	_cleanup_free_ char *one = NULL, *safe = NULL;
	char *longer;

	if (kind == KIND_NETDEV)
		one = xprintf("  netdev:%s (%s)", get_text(port, "netdev"),
			      *get_vm_label(port) ? get_vm_label(port) : get_text(port, "role"));
	else
		one = xprintf("  uuid:%s (VM %s, domain %lld)", get_text(vm, "uuid"),
			      get_text(vm, "name"),
			      (long long)json_integer_value(json_object_get(vm, "domid")));
	safe = safe_text(one);
	if (strstr(*text, safe))
		return;
	longer = xprintf("%s\n%s", *text, safe);
	free(*text);
	*text = longer;
}

static char *near_matches(const json_t *ports, const struct selector *s)
{
	const char *word = s->base && *s->base ? s->base : s->whole;
	char *text = xprintf("no port or VM \"%s\"", s->whole), *longer;
	const char *seen[NEAR_MAX], *names[2];
	size_t n = 0, i;
	json_t *port;

	json_array_foreach(ports, i, port) {
		names[0] = get_text(json_object_get(port, "vm"), "name");
		names[1] = get_text(port, "netdev");
		for (size_t k = 0; k < 2; k++) {
			bool known = !near_is(word, names[k]);

			for (size_t j = 0; j < n; j++)
				known |= !strcmp(seen[j], names[k]);
			if (known || n == NEAR_MAX)
				continue;
			seen[n++] = names[k];
		}
	}
	for (i = 0; i < n; i++) {
		longer = xprintf("%s%s%s", text, i ? ", " : "; near: ", seen[i]);
		free(text);
		text = longer;
	}
	return text;
}

int select_ports(const json_t *ports, const char *word, json_t **ret, char **ret_problem)
{
	struct selector __attribute__((cleanup(selector_deinit))) s;
	json_t *found = json_array(), *port;
	_cleanup_free_ char *problem = NULL, *safe_word = NULL;
	char *candidates = xprintf("%s", "");
	const char *first = NULL;
	bool ambiguous = false;
	size_t i;

	selector_init(&s, word);
	json_array_foreach(ports, i, port) {
		bool matched = false;

		for (int k = 0; k < KIND_COUNT; k++) {
			if ((s.only >= 0 && s.only != k) || !port_matches(port, &s, k))
				continue;
			ambiguous |= first && strcmp(first, subject(port));
			first = first ? first : subject(port);
			add_candidate(&candidates, port, k);
			matched = true;
		}
		if (matched)
			json_array_append(found, port);
	}
	if (first && !ambiguous) {
		free(candidates);
		*ret = found;
		return VIFCTL_OK;
	}
	json_decref(found);
	if (first) {
		safe_word = safe_text(word);
		*ret_problem = xprintf("\"%s\" could be any of these:%s", safe_word, candidates);
	} else {
		problem = near_matches(ports, &s);
		*ret_problem = safe_text(problem);
	}
	free(candidates);
	return first ? VIFCTL_AMBIGUOUS : VIFCTL_NOT_FOUND;
}

void select_words(const json_t *ports, FILE *out)
{
	json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		const char *name = get_text(json_object_get(port, "vm"), "name");
		const json_t *devid = json_object_get(port, "devid");
		_cleanup_free_ char *safe = safe_text(name);

		/* A word that could not be typed. */
		if (strcmp(safe, name))
			name = "";

		if (*get_text(port, "netdev"))
			fprintf(out, "%s\n", get_text(port, "netdev"));
		if (*name)
			fprintf(out, "%s\n", name);
		if (*name && json_is_integer(devid))
			fprintf(out, "%s/%lld\n", name, (long long)json_integer_value(devid));
	}
}
