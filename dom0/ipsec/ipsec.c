// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "ipsec/ipsec.h"
#include "ipsec/ipsec-words.h"

const char *ipsec_state_word(enum ipsec_state state)
{
	static const char *const words[] = {
		[IPSEC_OFF] = "off", [IPSEC_BLOCKED] = "blocked", [IPSEC_CONNECTING] = "connecting",
		[IPSEC_UP] = "up", [IPSEC_FAILED] = "failed",
	};

	return words[state];
}

/* ---- the state ---- */

static bool all_in(const struct ipsec_remote *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->tunnels[i].sends)
			return false;
	return r->ike;
}

/* @failure: charon refused something just now, in words; NULL: nothing new of that kind. */
static void step(const struct ipsec *all, struct ipsec_remote *r, const char *failure, uint64_t now)
{
	const char *lacks = r->problem ?: all->problem;
	enum ipsec_state is = r->state;

	if (failure) {
		char *was = r->reason;

		r->reason = xstrdup(failure);
		free(was);
		is = IPSEC_FAILED;
	} else if (!all->there || r->problem || !r->told) {
		is = IPSEC_BLOCKED;
	} else if (all_in(r)) {
		is = IPSEC_UP;
	} else if (is != IPSEC_FAILED) {
		is = IPSEC_CONNECTING;
	}
	if (is == IPSEC_UP || is == IPSEC_CONNECTING || is == IPSEC_BLOCKED) {
		free(r->reason);
		r->reason = is == IPSEC_BLOCKED && lacks ? xstrdup(lacks) : NULL;
	}
	if (is == IPSEC_UP)
		r->again = 0;
	if (is == r->state)
		return;
	r->state = is;
	r->since = now;
}

/* ---- remotes ---- */

static void remote_free(struct ipsec_remote *r)
{
	free(r->problem);
	free(r->reason);
	free(r);
}

void ipsec_deinit(struct ipsec *all)
{
	while (all->count)
		remote_free(all->list[--all->count]);
	free(all->list);
	free(all->problem);
	ipsec_file_deinit(&all->file);
	*all = (struct ipsec){};
}

struct ipsec_remote *ipsec_remote(const struct ipsec *all, const struct prefix *to)
{
	for (size_t i = 0; i < all->count; i++)
		if (prefix_compare(&all->list[i]->to, to) == 0)
			return all->list[i];
	return NULL;
}

void ipsec_name(const struct ipsec_remote *r, char ret[IPSEC_NAME_MAX])
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(&r->to, text);
	snprintf(ret, IPSEC_NAME_MAX, IPSEC_NAME "%s", text);
}

struct ipsec_remote *ipsec_by_name(const struct ipsec *all, const char *name)
{
	struct prefix to;

	if (strncmp(name, IPSEC_NAME, strlen(IPSEC_NAME)) != 0 ||
	    !prefix_parse_host(name + strlen(IPSEC_NAME), &to))
		return NULL;
	return ipsec_remote(all, &to);
}

void ipsec_want_begin(struct ipsec *all)
{
	for (size_t i = 0; i < all->count; i++) {
		all->list[i]->wanted = false;
		for (size_t j = 0; j < all->list[i]->count; j++)
			all->list[i]->tunnels[j].wanted = false;
	}
}

static struct ipsec_remote *remote_new(struct ipsec *all, const struct prefix *to)
{
	struct ipsec_remote *r = xzalloc(sizeof(*r));

	r->to = *to;
	r->rekey = -1;
	r->rank = IPSEC_WORDS;
	all->list = xgrow(all->list, all->count, &all->room, sizeof(*all->list));
	all->list[all->count++] = r;
	return r;
}

void ipsec_want(struct ipsec *all, const struct prefix *own, const struct prefix *to, uint16_t port)
{
	struct ipsec_remote *r = ipsec_remote(all, to);

	if (!r && all->count < IPSEC_REMOTES_MAX)
		r = remote_new(all, to);
	if (!r)
		return;
	r->wanted = true;
	if (prefix_compare(&r->own, own) != 0)
		r->told = false;
	r->own = *own;
	for (size_t i = 0; i < r->count; i++)
		if (r->tunnels[i].port == port) {
			r->tunnels[i].wanted = true;
			return;
		}
	if (r->count == IPSEC_TUNNELS_MAX)
		return;
	r->tunnels[r->count++] = (struct ipsec_tunnel){ .port = port, .wanted = true };
	r->told = false;
}

static void sweep_tunnels(struct ipsec_remote *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->tunnels[i].wanted)
			r->tunnels[n++] = r->tunnels[i];
	r->told &= n == r->count;
	r->count = n;
}

static int compare(const void *a, const void *b)
{
	const struct ipsec_remote *const *x = a, *const *y = b;

	return prefix_compare(&(*x)->to, &(*y)->to);
}

bool ipsec_want_end(struct ipsec *all)
{
	bool other = false;
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++) {
		sweep_tunnels(all->list[i]);
		other |= !all->list[i]->wanted || !all->list[i]->told;
		if (all->list[i]->wanted)
			all->list[n++] = all->list[i];
		else
			remote_free(all->list[i]);
	}
	all->count = n;
	if (n)
		qsort(all->list, n, sizeof(*all->list), compare);
	return other;
}

uint32_t ipsec_around(const struct ipsec_remote *r)
{
	return IPSEC_ESP_AROUND + (r && r->nat ? IPSEC_NAT_AROUND : 0);
}

/* ESP pads what it carries, with two octets of its own, to a multiple of four (RFC 4303). */
uint32_t ipsec_room(uint32_t mtu, uint32_t ip, uint32_t around)
{
	if (mtu < ip + around + 6)
		return 0;
	return (mtu - ip - around) / 4 * 4 - 2;
}

/* ---- what charon is told ---- */

static char *own_id(const struct ipsec *all, const struct ipsec_remote *r)
{
	char text[PREFIX_TEXT_MAX];

	if (all->file.identity)
		return xstrdup(all->file.identity);
	if (!r->own.family)
		return NULL;
	prefix_format(&r->own, text);
	return xstrdup(text);
}

static char *remote_id(const struct ipsec *all, const struct ipsec_remote *r)
{
	const char *said = ipsec_file_id(&all->file, &r->to);
	char text[PREFIX_TEXT_MAX];

	prefix_format(&r->to, text);
	return xstrdup(said ?: text);
}

/* "udp4789-out": by which we send; the other host calls it "in". GRE needs one alone. */
static void child_name(const struct ipsec_tunnel *t, bool out, char ret[24])
{
	if (t->port)
		snprintf(ret, 24, "udp%u-%s", t->port, out ? "out" : "in");
	else
		snprintf(ret, 24, "gre");
}

static json_t *selector(const struct ipsec_tunnel *t, bool with_port)
{
	if (!t->port)
		return json_pack("[s]", "dynamic[gre]");
	return with_port ? json_pack("[o]", json_sprintf("dynamic[udp/%u]", t->port)) :
			   json_pack("[s]", "dynamic[udp]");
}

static json_t *child(const struct ipsec_tunnel *t, bool out)
{
	return json_pack("{s:o, s:o, s:s, s:[s, s], s:s, s:s, s:s}",
			 "local_ts", selector(t, !out), "remote_ts", selector(t, out),
			 "mode", "transport",
			 "esp_proposals", "aes256gcm16-ecp256", "aes256gcm16",
			 "start_action", "trap", "dpd_action", "trap", "close_action", "trap");
}

static json_t *children_of(const struct ipsec_remote *r)
{
	json_t *all = json_object();
	char name[24];

	for (size_t i = 0; i < r->count; i++)
		for (int out = 1; out >= (r->tunnels[i].port ? 0 : 1); out--) {
			child_name(&r->tunnels[i], out, name);
			json_object_set_new(all, name, child(&r->tunnels[i], out));
		}
	return all;
}

static json_t *fail(struct ipsec_remote *r, char *why)
{
	free(r->problem);
	r->problem = why;
	return NULL;
}

json_t *ipsec_connection(const struct ipsec *all, struct ipsec_remote *r, const char *certificate,
			 const char *ca)
{
	bool psk = ipsec_file_psk(&all->file, &r->to);
	_cleanup_free_ char *own = own_id(all, r), *id = remote_id(all, r);
	char to[PREFIX_TEXT_MAX], from[PREFIX_TEXT_MAX] = "%any", name[IPSEC_NAME_MAX];
	json_t *local, *remote;

	prefix_format(&r->to, to);
	if (r->own.family)
		prefix_format(&r->own, from);
	free(r->problem);
	r->problem = NULL;
	if (!psk && !(certificate && ca))
		return fail(r, xprintf("ipsec.conf has neither a psk for %s nor a certificate of this host", to));
	if (!own)
		return fail(r, xprintf("this host's address towards %s is not known: own of the network, or address in vifswitch.conf", to));
	local = json_pack("{s:s, s:s}", "auth", psk ? "psk" : "pubkey", "id", own);
	remote = json_pack("{s:s, s:s}", "auth", psk ? "psk" : "pubkey", "id", id);
	if (!psk) {
		json_object_set_new(local, "certs", json_pack("[s]", certificate));
		json_object_set_new(remote, "cacerts", json_pack("[s]", ca));
	}
	ipsec_name(r, name);
	return json_pack("{s:{s:s, s:[s], s:[s], s:[s, s], s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}}", name,
			 "version", "2", "local_addrs", from, "remote_addrs", to, "proposals",
			 "aes256gcm16-prfsha256-ecp256", "aes256gcm16-prfsha256-modp2048",
			 "keyingtries", "1", "unique", "replace", "dpd_delay", "10s", "mobike", "no",
			 "send_cert", "always", "local", local, "remote", remote, "children",
			 children_of(r));
}

json_t *ipsec_shared(const struct ipsec *all, const struct ipsec_remote *r)
{
	const char *psk = ipsec_file_psk(&all->file, &r->to);
	_cleanup_free_ char *own = own_id(all, r), *id = remote_id(all, r);
	char name[IPSEC_NAME_MAX];

	if (!psk || !own)
		return NULL;
	ipsec_name(r, name);
	return json_pack("{s:s, s:s, s:s, s:[s, s]}", "id", name, "type", "IKE", "data", psk,
			 "owners", own, id);
}

void ipsec_told(struct ipsec_remote *r, const char *why, uint64_t now)
{
	r->told = !why;
	r->since = now;
	free(r->problem);
	r->problem = why ? xprintf("charon does not take its connection: %s", why) : NULL;
}

void ipsec_there(struct ipsec *all, const char *why, uint64_t now)
{
	all->there = !why;
	free(all->problem);
	all->problem = why ? xstrdup(why) : NULL;
	for (size_t i = 0; i < all->count; i++) {
		all->list[i]->told &= !why;
		step(all, all->list[i], NULL, now);
	}
}

/* ---- SAs that are asked for ---- */

static bool comes_first(const struct ipsec_remote *r)
{
	return !r->own.family || prefix_compare(&r->own, &r->to) < 0;
}

/* The remote asks for the one that it sends by when it does, and loses its first packet by that. */
static bool lacks(const struct ipsec_remote *r, const struct ipsec_tunnel *t)
{
	return !t->sends || (!t->receives && comes_first(r));
}

static uint64_t due_of(const struct ipsec *all, const struct ipsec_remote *r,
		       const struct ipsec_tunnel *t)
{
	uint64_t begin = r->since + (r->ike || comes_first(r) ? 0 : IPSEC_GRACE_US);

	if (!all->there || !r->told || r->busy || !lacks(r, t))
		return 0;
	return !t->tried ? begin ?: 1 :
	       t->tried + (!t->sends && r->again ? r->again : IPSEC_AGAIN_US);
}

json_t *ipsec_initiate(struct ipsec *all, struct ipsec_remote *r, uint64_t now)
{
	char name[IPSEC_NAME_MAX], sa[24];

	for (size_t i = 0; i < r->count; i++) {
		struct ipsec_tunnel *t = &r->tunnels[i];
		uint64_t due = due_of(all, r, t);

		if (!due || due > now)
			continue;
		if (t->tried && !t->sends) {
			r->again = r->again ? 2 * r->again : IPSEC_AGAIN_US;
			if (r->again > IPSEC_AGAIN_MAX_US)
				r->again = IPSEC_AGAIN_MAX_US;
		}
		t->tried = now;
		r->rank = IPSEC_WORDS;
		ipsec_name(r, name);
		child_name(t, !t->sends, sa);
		return json_pack("{s:s, s:s, s:s}", "child", sa, "ike", name, "timeout", "-1");
	}
	return NULL;
}

uint64_t ipsec_due(const struct ipsec *all)
{
	uint64_t first = 0;

	for (size_t i = 0; i < all->count; i++)
		for (size_t j = 0; j < all->list[i]->count; j++) {
			uint64_t due = due_of(all, all->list[i], &all->list[i]->tunnels[j]);

			if (due && (!first || due < first))
				first = due;
		}
	return first;
}

/* ---- what charon says ---- */

void ipsec_list_begin(struct ipsec *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct ipsec_remote *r = all->list[i];

		r->ike = r->busy = r->nat = false;
		r->rekey = -1;
		r->cipher[0] = '\0';
		for (size_t j = 0; j < r->count; j++)
			r->tunnels[j].sends = r->tunnels[j].receives = false;
	}
}

static const char *text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static void note_child(struct ipsec_remote *r, const json_t *sa)
{
	const char *bits = text(sa, "encr-keysize"), *rekey = text(sa, "rekey-time");
	uint64_t seconds;
	char name[24];

	if (strcmp(text(sa, "state"), "INSTALLED") != 0 && strcmp(text(sa, "state"), "REKEYING") != 0 &&
	    strcmp(text(sa, "state"), "REKEYED") != 0)
		return;
	for (size_t i = 0; i < r->count; i++) {
		child_name(&r->tunnels[i], true, name);
		r->tunnels[i].sends |= strcmp(text(sa, "name"), name) == 0;
		child_name(&r->tunnels[i], false, name);
		r->tunnels[i].receives |= strcmp(text(sa, "name"), name) == 0;
	}
	r->nat |= strcmp(text(sa, "encap"), "yes") == 0;
	snprintf(r->cipher, sizeof(r->cipher), "%.40s%s%.10s", text(sa, "encr-alg"), *bits ? "-" : "", bits);
	if (number_parse(rekey, strlen(rekey), 0, INT32_MAX, &seconds) &&
	    (r->rekey < 0 || (int64_t)seconds < r->rekey))
		r->rekey = (int64_t)seconds;
}

void ipsec_list_sa(struct ipsec *all, const json_t *event)
{
	const char *name, *child_key;
	json_t *ike, *sa;

	json_object_foreach((json_t *)event, name, ike) {
		struct ipsec_remote *r = ipsec_by_name(all, name);

		if (!r)
			continue;
		r->ike |= strcmp(text(ike, "state"), "ESTABLISHED") == 0 ||
			  strcmp(text(ike, "state"), "REKEYING") == 0;
		r->busy |= strcmp(text(ike, "state"), "CONNECTING") == 0 ||
			   json_array_size(json_object_get(ike, "tasks-active")) > 0;
		json_object_foreach(json_object_get(ike, "child-sas"), child_key, sa)
			note_child(r, sa);
	}
}

void ipsec_list_end(struct ipsec *all, uint64_t now)
{
	for (size_t i = 0; i < all->count; i++)
		step(all, all->list[i], NULL, now);
}

/* Whose line it is: by the connection, or by the number of an IKE SA that is not yet one's. */
static struct ipsec_remote *remote_of_line(const struct ipsec *all, const json_t *event)
{
	struct ipsec_remote *r = ipsec_by_name(all, text(event, "ikesa-name"));
	const char *number = text(event, "ikesa-uniqueid"), *line = text(event, "msg");
	const char *begins = strstr(line, " is initiating an IKE_SA");
	char host[PREFIX_TEXT_MAX];
	struct prefix from;
	uint64_t id;

	if (!number_parse(number, strlen(number), 1, UINT32_MAX, &id))
		return r;
	if (begins && (size_t)(begins - line) < sizeof(host)) {
		snprintf(host, sizeof(host), "%.*s", (int)(begins - line), line);
		r = prefix_parse_host(host, &from) ? ipsec_remote(all, &from) : r;
		if (r) {
			r->inbound = (unsigned int)id;
			r->rank = IPSEC_WORDS;
		}
	}
	for (size_t i = 0; !r && i < all->count; i++)
		if (all->list[i]->inbound == id)
			r = all->list[i];
	return r;
}

void ipsec_log(struct ipsec *all, const json_t *event, uint64_t now)
{
	struct ipsec_remote *r = remote_of_line(all, event);
	int rank = r ? ipsec_words(text(event, "msg")) : IPSEC_WORDS;

	if (rank >= IPSEC_WORDS || rank > r->rank || r->state == IPSEC_UP ||
	    r->state == IPSEC_BLOCKED)
		return;
	r->rank = rank;
	step(all, r, ipsec_words_text(rank), now);
}
