// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "ipsec/ipsec-file.h"

#define BLANKS	" \t\r"

void ipsec_wipe(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void ipsec_file_deinit(struct ipsec_file *f)
{
	for (size_t i = 0; i < f->count; i++) {
		ipsec_wipe(&f->peers[i].psk);
		free(f->peers[i].id);
	}
	free(f->peers);
	free(f->identity);
	free(f->certificate);
	free(f->key);
	free(f->ca);
	free(f->charon);
	*f = (struct ipsec_file){};
}

/* The word at *at, which then is behind it and what is blank; NULL: there is none. */
static char *word(char **at)
{
	char *start = *at, *end = start + strcspn(start, BLANKS);

	if (!*start)
		return NULL;
	*at = end + strspn(end, BLANKS);
	*end = '\0';
	return start;
}

static int read_peer(struct ipsec_file *f, char *rest, struct problem *problem)
{
	char *who = word(&rest), *what = word(&rest);
	struct ipsec_file_peer peer = {};
	size_t len = strlen(rest);

	while (len && strchr(BLANKS, rest[len - 1]))
		rest[--len] = '\0';
	if (!who || !what || !*rest)
		return problem_set(problem, "peer: accepted: peer ADDRESS|any psk SECRET, peer ADDRESS|any id NAME");
	if (strcmp(who, "any") != 0 && !prefix_parse_host(who, &peer.to))
		return problem_set(problem, "peer: must be an address, or any");
	if (f->count == IPSEC_FILE_PEERS_MAX)
		return problem_set(problem, "more than %d peers", IPSEC_FILE_PEERS_MAX);
	if (strcmp(what, "psk") == 0)
		peer.psk = xstrdup(rest);
	else if (strcmp(what, "id") == 0 && !strpbrk(rest, BLANKS))
		peer.id = xstrdup(rest);
	else
		return problem_set(problem, "peer: accepted: psk SECRET, id NAME");
	f->peers = xgrow(f->peers, f->count, &f->room, sizeof(*f->peers));
	f->peers[f->count++] = peer;
	return 0;
}

static int read_line(struct ipsec_file *f, char *line, struct problem *problem)
{
	const struct {
		const char *name;
		char **value;
	} names[] = {
		{ "identity", &f->identity }, { "certificate", &f->certificate },
		{ "key", &f->key }, { "ca", &f->ca }, { "charon", &f->charon },
	};
	char *rest = line + strspn(line, BLANKS), *name = word(&rest), *value;

	if (!name || *name == '#')
		return 0;
	if (strcmp(name, "peer") == 0)
		return read_peer(f, rest, problem);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i].name) != 0)
			continue;
		value = word(&rest);
		if (!value || *rest)
			return problem_set(problem, "%s: one word is accepted", name);
		if (names[i].value != &f->identity && *value != '/')
			return problem_set(problem, "%s: must be a path that begins with /", name);
		free(*names[i].value);
		*names[i].value = xstrdup(value);
		return 0;
	}
	return problem_set(problem, "accepted: identity, certificate, key, ca, charon, peer");
}

int ipsec_file_parse(const char *text, size_t len, struct ipsec_file *ret, struct problem *problem)
{
	_cleanup_(ipsec_file_deinit) struct ipsec_file f = {};
	unsigned int number = 1;
	struct problem why;

	if (len > IPSEC_FILE_MAX)
		return problem_set(problem, "more than %d octets", IPSEC_FILE_MAX);
	for (size_t at = 0; at < len; number++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t size = end ? (size_t)(end - text) - at : len - at;
		char *line = xmalloc(size + 1);
		int r;

		memcpy(line, text + at, size);
		line[size] = '\0';
		r = memchr(line, 0, size) ? problem_set(&why, "an octet is 0") :
					    read_line(&f, line, &why);
		explicit_bzero(line, size);
		free(line);
		if (r < 0)
			return problem_set(problem, "line %u: %s", number, why.text);
		at += size + 1;
	}
	if (!f.certificate != !f.key || !f.certificate != !f.ca)
		return problem_set(problem, "certificate, key and ca belong together");
	*ret = f;
	f = (struct ipsec_file){};
	return 0;
}

/* The last of its own lines counts, else the last of those for any. */
static const struct ipsec_file_peer *line_of(const struct ipsec_file *f, const struct prefix *to,
					     bool psk)
{
	const struct ipsec_file_peer *own = NULL, *any = NULL;

	for (size_t i = 0; i < f->count; i++) {
		const struct ipsec_file_peer *p = &f->peers[i];

		if (!p->psk == psk)
			continue;
		if (!p->to.family)
			any = p;
		else if (prefix_compare(&p->to, to) == 0)
			own = p;
	}
	return own ? own : any;
}

const char *ipsec_file_psk(const struct ipsec_file *f, const struct prefix *to)
{
	const struct ipsec_file_peer *p = line_of(f, to, true);

	return p ? p->psk : NULL;
}

const char *ipsec_file_id(const struct ipsec_file *f, const struct prefix *to)
{
	const struct ipsec_file_peer *p = line_of(f, to, false);

	return p ? p->id : NULL;
}
