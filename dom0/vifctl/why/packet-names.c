// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/packet-names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"
#include "vifctl/why/packet-text.h"

#define DESTINATION	2	/* word of a packet: KIND SRC DST ... */

/* Digits with dots or several colons between them, good or bad. */
static bool looks_like_address(const char *word)
{
	const char *colon = strchr(word, ':');

	return (strpbrk(word, ".[") || (colon && strchr(colon + 1, ':'))) &&
	       !word[strspn(word, "0123456789abcdefABCDEF.:[]/")];
}

/* Octets of the name in "NAME" or "NAME:PORT". */
static size_t name_len(const char *word)
{
	const char *colon = strrchr(word, ':');

	return colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")] ?
	       (size_t)(colon - word) : strlen(word);
}

static bool names_destination(const char *const *words, int count)
{
	_cleanup_free_ char *name = NULL;
	uint8_t family;

	if (count <= DESTINATION || !packet_text_has_addresses(words[0], &family))
		return false;
	name = xprintf("%.*s", (int)name_len(words[DESTINATION]), words[DESTINATION]);
	return *name && !strchr(name, '=') && !looks_like_address(name) &&
	       !looks_like_address(words[DESTINATION]);
}

/* The VM in "to=VM"; NULL if the word is another, or says an address. */
static const char *named_by_option(const char *word)
{
	return !strncmp(word, "to=", 3) && word[3] && !looks_like_address(word + 3) ? word + 3 : NULL;
}

bool packet_names_any(const char *const *words, int count)
{
	bool any = names_destination(words, count);

	for (int i = 1; i < count; i++)
		any |= !!named_by_option(words[i]);
	return any;
}

static bool mac_of(const struct why_world *w, const struct why_port *port, uint8_t ret[6])
{
	if (port->program && port->program->mac_count) {
		vs_mac_store(ret, port->program->macs[0]);
		return true;
	}
	for (size_t i = 0; i < w->fdb_count; i++) {
		if (w->fdb[i].port != port->ifindex)
			continue;
		memcpy(ret, w->fdb[i].mac, 6);
		return true;
	}
	return false;
}

static void put(struct packet_words *p, char *made)
{
	p->made[p->count] = made;
	p->words[p->count++] = made;
}

static int put_mac(const struct why_world *w, const struct why_port *port, struct packet_words *p)
{
	uint8_t mac[6];

	if (!mac_of(w, port, mac))
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s: nobody knows its MAC address yet; to=MAC says "
				   "it", port->label);
	put(p, xprintf("to=" MAC_FORMAT, MAC_OCTETS(mac)));
	return VIFCTL_OK;
}

/* The one address of a family that the port is locked to, of several the first. */
static const char *address_of(const struct why_port *port, bool ip6)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(port->doc, "ip"), i, item) {
		const char *text = json_string_value(item) ?: "";

		if (!strchr(text, '/') && !!strchr(text, ':') == ip6)
			return text;
	}
	return NULL;
}

static bool is_ip6(const char *const *words)
{
	const char *colon = strchr(words[1], ':');
	uint8_t family = 0;

	packet_text_has_addresses(words[0], &family);
	return family == 6 || (colon && strchr(colon + 1, ':'));
}

static int put_destination(const struct why_port *port, const char *const *words,
			   struct packet_words *p)
{
	const char *word = words[DESTINATION], *behind = word + name_len(word);
	const bool ip6 = is_ip6(words);
	const char *address = address_of(port, ip6);

	if (!address)
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s: %s is locked to no single IPv%d address; write "
				   "the address, and to=%s", word, port->label, ip6 ? 6 : 4,
				   port->label);
	put(p, xprintf(ip6 && *behind ? "[%s]%s" : "%s%s", address, behind));
	return VIFCTL_OK;
}

/* Broadcast is right for a question; else the frame goes to who has the address. */
static bool wants_mac(const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (!strncmp(words[i], "to=", 3))
			return false;
	return strcmp(words[0], "arp") != 0;
}

static int resolve_destination(const struct why_world *w, const json_t *ports,
			       const char *const *words, int count, struct packet_words *p)
{
	const char *word = words[DESTINATION];
	_cleanup_free_ char *name = xprintf("%.*s", (int)name_len(word), word);
	const struct why_port *port;
	int status = why_select_port(w, ports, name, &port);

	if (status == VIFCTL_OK)
		status = put_destination(port, words, p);
	if (status == VIFCTL_OK && wants_mac(words, count))
		status = put_mac(w, port, p);
	return status;
}

int packet_names_resolve(const struct why_world *w, const json_t *ports, const char *const *words,
			 int count, struct packet_words *ret)
{
	const bool destination = names_destination(words, count);
	struct packet_words p = {};
	int status = VIFCTL_OK;

	if (count > PACKET_NAMES_WORDS_MAX)
		return vifctl_fail(VIFCTL_USAGE, "%d words are too many", count);
	for (int i = 0; i < count && status == VIFCTL_OK; i++) {
		const char *named = i ? named_by_option(words[i]) : NULL;
		const struct why_port *port;

		if (i == DESTINATION && destination) {
			status = resolve_destination(w, ports, words, count, &p);
		} else if (named) {
			status = why_select_port(w, ports, named, &port);
			if (status == VIFCTL_OK)
				status = put_mac(w, port, &p);
		} else {
			p.words[p.count++] = words[i];
		}
	}
	if (status == VIFCTL_OK)
		*ret = p;
	else
		packet_words_deinit(&p);
	return status;
}

void packet_words_deinit(struct packet_words *w)
{
	for (int i = 0; i < w->count; i++)
		free(w->made[i]);
	*w = (struct packet_words){};
}
