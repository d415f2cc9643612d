// SPDX-License-Identifier: GPL-2.0-or-later
/* How a pool stands, for people. Members are asked one after the other, also those not in use. */
#include <stdio.h>

#include "vifdbd/etcd/pool-state.h"

#define ASK_MS 3000

static void on_member(const char *error, const char *text, size_t len, void *arg)
{
	struct pool *p = arg;
	struct pool_member *m = &p->members[p->asked];
	struct etcd_answer a = { 0 };

	p->member = NULL;
	arena_reset(&p->arena);
	m->known = true;
	m->answers = !error && !etcd_parse(ETCD_STATUS, text, len, &p->arena, &a);
	m->leader = m->answers && a.leader && a.leader == a.member;
	m->db_size = a.db_size;
	snprintf(m->version, sizeof(m->version), "%s", a.version ? a.version : "");
	free(m->error);
	if (error || a.error)
		m->error = xstrdup(error ? error : a.error);
	else
		m->error = m->answers && !a.leader ? xstrdup("it knows no leader") : NULL;
}

static void ask_next(struct pool *p)
{
	_cleanup_free_ char *url = NULL;
	struct buf body = { 0 };

	if (p->member || clock_ms() - p->asked_ms < ASK_MS)
		return;
	p->asked_ms = clock_ms();
	p->asked = (p->asked + 1) % p->n_urls;
	url = xprintf("%s/v3/maintenance/status", p->urls[p->asked]);
	buf_puts(&body, "{}");
	p->member = http_post(p->http, &(struct http_request){ .url = url,
							       .body = &body,
							       .max = 1 << 20,
							       .timeout_ms = POOL_TIMEOUT_MS,
							       .done = on_member,
							       .arg = p });
}

void pool_members_free(struct pool *p)
{
	unsigned int i;

	for (i = 0; i < POOL_URLS_MAX; i++)
		free(p->members[i].error);
}

static json_t *member_json(const struct pool *p, unsigned int i)
{
	const struct pool_member *m = &p->members[i];

	return json_pack("{s:s, s:o, s:b, s:s?, s:I, s:s?}", "url", p->urls[i], "answers",
			 m->known ? json_boolean(m->answers) : json_null(), "leader", m->leader,
			 "version", *m->version ? m->version : NULL, "db_size",
			 (json_int_t)m->db_size, "error", m->error);
}

static json_t *members_json(const struct pool *p)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < p->n_urls; i++)
		json_array_append_new(list, member_json(p, i));
	return list;
}

/* "HOST/INSTANCE" */
static json_t *servers_json(const struct pool *p)
{
	json_t *list = json_array(), *names;
	const char *server;

	json_object_foreach(p->servers, server, names) {
		const char *slash = strrchr(server, '/');

		json_array_append_new(list,
				      json_pack("{s:s%, s:O}", "host", server,
						slash ? (size_t)(slash - server) : strlen(server),
						"present", names));
	}
	return list;
}

static const char *state_word(const struct pool *p)
{
	if (p->away_ms)
		return "away";
	return p->state == POOL_FOLLOW && p->applied >= p->wanted ? "in-step" : "catching-up";
}

static json_t *seconds_since(int64_t ms)
{
	return ms ? json_integer((clock_ms() - ms) / 1000) : json_null();
}

json_t *pool_status(struct pool *p)
{
	const char *refusal = pool_refusal(p);
	bool behind = !p->away_ms && p->behind_at && p->applied < p->wanted;

	ask_next(p);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s?, s:s?, s:I, s:I, s:o, s:o, s:s, s:o, s:o}", "storage",
		"etcd", "host", p->host, "prefix", p->prefix, "state", state_word(p), "problem",
		p->problem, "refusal", refusal, "revision", (json_int_t)p->applied, "newest",
		(json_int_t)(p->wanted > p->applied ? p->wanted : p->applied), "away_s",
		seconds_since(p->away_ms), "lag_s", seconds_since(behind ? p->behind_ms : 0),
		"member", p->urls[p->at], "members", members_json(p), "servers", servers_json(p));
}
