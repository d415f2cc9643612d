// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/session-filter.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "show/session-document.h"
#include "vifswitch/abi.h"
#include "vifswitch/acl.h"

#define TEXT_MAX	160

enum key { KEY_PROTO, KEY_ADDR, KEY_PORT, KEY_STATE, KEY_VLAN, KEY_ZONE, KEYS };

static const char *const keys[KEYS] = { "proto", "addr", "port", "state", "vlan", "zone" };

/* Both names that people have for it. */
static bool parse_proto(const char *text, uint64_t *ret)
{
	const char *name = strcmp(text, "icmp6") ? text : "icmpv6";
	const struct word *word = word_find(protocol_words, name, strlen(name));

	if (!word)
		return number_parse(text, strlen(text), 0, 255, ret);
	*ret = word->value;
	return true;
}

static bool parse_state(const char *text, uint64_t *ret)
{
	const struct word *word = word_find(session_state_words, text, strlen(text));

	if (word)
		*ret = word->value;
	return word;
}

static bool parse_value(struct session_filter *f, enum key key, const char *text)
{
	struct problem problem;

	switch (key) {
	case KEY_PROTO:
		return parse_proto(text, &f->proto);
	case KEY_ADDR:
		return prefix_parse(text, strlen(text), &f->addr, &problem) == 0;
	case KEY_PORT:
		return range_parse(text, strlen(text), 0, 65535, &f->first_port, &f->last_port);
	case KEY_STATE:
		return parse_state(text, &f->state);
	case KEY_VLAN:
		return number_parse(text, strlen(text), 0, VIFSWITCH_VID_MAX, &f->vlan);
	default:
		return number_parse(text, strlen(text), 0, UINT16_MAX, &f->zone);
	}
}

static char *accepted(enum key key)
{
	char words[TEXT_MAX];

	words_list(key == KEY_STATE ? session_state_words : protocol_words, words, sizeof(words));
	switch (key) {
	case KEY_PROTO:
		return xprintf("%s, or 0 to 255", words);
	case KEY_ADDR:
		return xprintf("an address or prefix, like 10.0.0.5 or 2001:db8::/64");
	case KEY_PORT:
		return xprintf("0 to 65535, or a range of them, like 8000-8080");
	case KEY_STATE:
		return xprintf("%s", words);
	default:
		return xprintf("0 to %d", key == KEY_VLAN ? VIFSWITCH_VID_MAX : UINT16_MAX);
	}
}

static char *list_of_keys(void)
{
	char *list = xprintf("%s=", keys[0]), *longer;

	for (int key = 1; key < KEYS; key++) {
		longer = xprintf("%s, %s=", list, keys[key]);
		free(list);
		list = longer;
	}
	return list;
}

/* NULL, or what is wrong with the word. */
static char *parse_word(struct session_filter *f, const char *word)
{
	const char *value = strchr(word, '=');
	_cleanup_free_ char *list = NULL;

	for (int key = 0; value && key < KEYS; key++) {
		if (strlen(keys[key]) != (size_t)(value - word) ||
		    strncmp(word, keys[key], (size_t)(value - word)))
			continue;
		if (f->given & 1U << key)
			return xprintf("\"%s\": %s= is given twice", word, keys[key]);
		f->given |= 1U << key;
		if (parse_value(f, key, value + 1))
			return NULL;
		list = accepted(key);
		return xprintf("\"%s\": accepted: %s", word, list);
	}
	list = list_of_keys();
	return xprintf("\"%s\" is not one of %s", word, list);
}

bool session_filter_is_word(const char *word)
{
	return word && strchr(word, '=');
}

bool session_filter_parse(const char *const *words, int count, struct session_filter *ret,
			  char **ret_problem)
{
	struct session_filter f = {};

	for (int i = 0; i < count; i++) {
		*ret_problem = parse_word(&f, words[i]);
		if (*ret_problem)
			return false;
	}
	*ret = f;
	return true;
}

static bool is_in(const struct session_filter *f, const struct vifswitch_session *s,
		  const uint8_t *addr)
{
	bool ip4 = s->family == VIFSWITCH_ACL_IP4;
	struct prefix whole = { .family = ip4 ? PREFIX_IP4 : PREFIX_IP6 };

	whole.len = (uint8_t)prefix_bits(&whole);
	memcpy(whole.addr, addr, whole.len / 8);
	return whole.family == f->addr.family && prefix_contains(&f->addr, &whole);
}

static bool is_between(const struct session_filter *f, const struct vifswitch_session *s,
		       uint16_t port)
{
	return !session_is_icmp(s) && port >= f->first_port && port <= f->last_port;
}

bool session_filter_fits(const struct session_filter *f, const struct vifswitch_session *s,
			 bool tracked)
{
	const bool fits[KEYS] = {
		[KEY_PROTO] = s->proto == f->proto,
		[KEY_ADDR] = is_in(f, s, s->vm_addr) || is_in(f, s, s->peer_addr),
		[KEY_PORT] = is_between(f, s, s->vm_port) || is_between(f, s, s->peer_port),
		[KEY_STATE] = s->state == f->state,
		[KEY_VLAN] = !tracked && s->vlan == f->vlan,
		[KEY_ZONE] = tracked && s->vlan == f->zone,
	};

	for (int key = 0; key < KEYS; key++)
		if ((f->given & 1U << key) && !fits[key])
			return false;
	return true;
}

void session_filter_keys(FILE *out)
{
	for (int key = 0; key < KEYS; key++)
		fprintf(out, "%s=\n", keys[key]);
}
