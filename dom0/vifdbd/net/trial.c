// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A trial is in the database, so it outlives whoever asked for it, this process and, in
 * a pool, this host. Each server measures its time from when it saw the row, by its own
 * clock that never jumps; only after a restart what is left is told by the date, and only
 * by the host that wrote it. In a pool all servers would take it back: the one that was
 * asked does so first, the others GRACE_MS later, and that its row is still there is a
 * condition of the transaction, so it happens once.
 *
 * One transaction takes it back. What others did since can make that one impossible, by
 * what refers to what, or by a name that is taken: then it goes back in parts. One that is
 * refused is halved, down to single rows, so that all goes back that can, in few
 * transactions, and the trial ends.
 */
#include "base/clock.h"
#include "base/log.h"
#include "vifdbd/net/own-client.h"
#include "vifdbd/net/trial-request.h"
#include "vifdbd/net/trial.h"

#define GRACE_MS 5000
#define RETRY_MS 10000
#define TRIES 5	 /* for what others are faster with */
#define ROUNDS 4 /* of parts: a row may go back only after another */
#define TOLD 20	 /* names in the log of what stays */

struct seen {
	struct uuid uuid;
	int64_t due_ms;
	bool there;
	bool in_parts; /* it was refused as a whole */
	unsigned int tries, rounds;
	/* The parts of this round, each a list of trial_units(), and the next of them; units that
	 * were refused in it; and what will not go back. */
	json_t *parts, *again, *stays;
	size_t next;
	bool progress; /* in this round */
};

struct trials {
	struct seen *v;
	size_t n, cap;
	bool started; /* rows that were there before this process were looked at */
	struct own_client client;
	/* The request that runs: of which trial, and what stays if it is done. */
	struct uuid asked;
	int64_t entry;
	json_t *stays;
};

static void on_done(struct own_client *c, const json_t *error);

static struct trials *get(struct server *server)
{
	if (!server->trials) {
		server->trials = xzalloc(sizeof(*server->trials));
		server->trials->client =
			(struct own_client){ .server = server,
					     .what = "to take back an unconfirmed change",
					     .done = on_done };
	}
	return server->trials;
}

static void seen_deinit(struct seen *s)
{
	json_decref(s->parts);
	json_decref(s->again);
	json_decref(s->stays);
}

void trials_free(struct server *server)
{
	if (!server->trials)
		return;
	own_client_close(&server->trials->client);
	json_decref(server->trials->stays);
	while (server->trials->n)
		seen_deinit(&server->trials->v[--server->trials->n]);
	free(server->trials->v);
	free(TAKE_PTR(server->trials));
}

static int64_t due(const struct trials *t, const struct trial *trial, int64_t now_ms)
{
	int64_t left = trial->seconds;

	if (!t->started && trial->here && trial->until_s - time(NULL) < left)
		left = trial->until_s - time(NULL);
	if (left < 0)
		left = 0;
	return now_ms + left * 1000 + (trial->here ? 0 : GRACE_MS);
}

static struct seen *find(struct trials *t, const struct uuid *uuid)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (uuid_equal(&t->v[i].uuid, uuid))
			return &t->v[i];
	return NULL;
}

/* The list as the table is. */
static void look(struct server *server, struct trials *t, int64_t now_ms)
{
	const struct table *table = journal_trials(server->db->journal);
	size_t i, n = 0;

	for (i = 0; i < t->n; i++)
		t->v[i].there = false;
	for (i = 0; i < table->rows.cap; i++) {
		const struct row *row = table->rows.v[i];
		struct seen *s = row ? find(t, &row->uuid) : NULL;
		struct trial trial;

		if (row && !s) {
			trial = journal_trial(server->db->journal, row, server->host);
			t->v = xgrow(t->v, t->n, &t->cap, sizeof(*t->v));
			s = &t->v[t->n++];
			*s = (struct seen){ .uuid = row->uuid, .due_ms = due(t, &trial, now_ms) };
		}
		if (s)
			s->there = true;
	}
	for (i = 0; i < t->n; i++) {
		if (t->v[i].there)
			t->v[n++] = t->v[i];
		else
			seen_deinit(&t->v[i]);
	}
	t->n = n;
	t->started = true;
}

/* ---- taking back ---- */

/* What did not go back, by name; after so many only how many there are. */
static void tell_stays(int64_t entry, const json_t *stays)
{
	const json_t *item;
	size_t i;

	json_array_foreach(stays, i, item) {
		_cleanup_free_ char *key =
			json_dumps(json_object_get(item, "key"), JSON_COMPACT | JSON_ENCODE_ANY);
		const char *column = json_string_value(json_object_get(item, "column"));

		if (i == TOLD) {
			log_warning("change %lld: %zu more did not go back", (long long)entry,
				    json_array_size(stays) - i);
			return;
		}
		log_warning("change %lld: %s %.200s%s%s did not go back", (long long)entry,
			    json_string_value(json_object_get(item, "table")), key ?: "",
			    column ? ": " : "", column ?: "");
	}
}

static void begin_round(struct seen *s, json_t *units)
{
	json_decref(s->parts);
	s->parts = json_pack("[o]", units);
	s->again = json_array();
	s->next = 0;
	s->progress = false;
}

/* Another round for the units that were refused in this one, if that may help. */
static bool next_round(struct seen *s)
{
	json_t *unit;
	size_t i;

	if (s->progress && json_array_size(s->again) && s->rounds++ < ROUNDS) {
		begin_round(s, s->again);
		return true;
	}
	json_array_foreach(s->again, i, unit)
		json_array_append(s->stays, json_array_get(unit, 0));
	json_array_clear(s->again);
	return false;
}

/* The next part that is not back. NULL: there is none. */
static json_t *next_part(struct server *server, struct trials *t, struct seen *s, int64_t entry)
{
	struct trial_request q = {
		.server = server, .trial = &s->uuid, .entry = entry, .how = ", in parts"
	};
	json_t *list;

	do {
		for (; s->next < json_array_size(s->parts); s->next++) {
			json_t *unit, *changes = json_array();
			size_t i;

			json_array_foreach(json_array_get(s->parts, s->next), i, unit)
				json_array_extend(changes, unit);
			q.changes = changes;
			list = trial_request(&q);
			json_decref(changes);
			json_decref(t->stays);
			t->stays = q.stays;
			if (!q.nothing)
				return list;
			json_decref(list);
			json_array_extend(s->stays, t->stays);
		}
	} while (next_round(s));
	return NULL;
}

/* What of the part can be tried by itself. */
static void split(struct seen *s)
{
	json_t *part = json_array_get(s->parts, s->next),
	       *halves[2] = { json_array(), json_array() };
	size_t i, n = json_array_size(part);

	if (n > 1) {
		for (i = 0; i < n; i++)
			json_array_append(halves[i >= n / 2], json_array_get(part, i));
		json_array_set(s->parts, s->next, halves[0]);
		json_array_insert(s->parts, s->next + 1, halves[1]);
	} else {
		json_array_extend(s->again, part);
		s->next++;
	}
	json_decref(halves[0]);
	json_decref(halves[1]);
}

static json_t *in_parts(struct server *server, struct trials *t, struct seen *s, int64_t entry)
{
	struct trial_request q = {
		.server = server, .trial = &s->uuid, .entry = entry, .end = true, .how = ""
	};
	json_t *changes, *list;

	if (!s->parts) {
		changes = trial_changes(server, entry);
		begin_round(s, trial_units(server, changes));
		s->stays = json_array();
		json_decref(changes);
	}
	list = next_part(server, t, s, entry);
	if (list)
		return list;
	json_decref(t->stays);
	t->stays = json_incref(s->stays);
	return trial_request(&q);
}

static json_t *at_once(struct server *server, struct trials *t, struct seen *s, int64_t entry)
{
	struct trial_request q = {
		.server = server, .trial = &s->uuid, .entry = entry, .end = true, .how = ""
	};
	json_t *changes = trial_changes(server, entry), *list;

	q.changes = changes;
	list = trial_request(&q);
	json_decref(changes);
	json_decref(t->stays);
	t->stays = q.stays;
	if (!changes)
		log_error("change %lld was not confirmed, but nothing is known of it: it stays",
			  (long long)entry);
	else
		log_notice("change %lld was not confirmed: it goes back%s", (long long)entry,
			   json_array_size(t->stays) ? ", but for what was changed since" : "");
	return list;
}

static void take_back(struct server *server, struct trials *t, struct seen *s, int64_t now_ms)
{
	const struct journal *j = server->db->journal;
	struct row *row = j ? table_row(journal_trials(j), &s->uuid) : NULL;
	int64_t entry;

	s->due_ms = now_ms + RETRY_MS;
	if (!row)
		return;
	entry = journal_trial(j, row, server->host).entry;
	t->asked = s->uuid;
	t->entry = entry;
	own_client_transact(&t->client, s->in_parts ? in_parts(server, t, s, entry)
						    : at_once(server, t, s, entry));
}

static bool at_end(const struct seen *s)
{
	return !s->in_parts || s->next >= json_array_size(s->parts);
}

/* It may be done the next time, as it is. */
static bool passes(struct seen *s, const char *error)
{
	if (!error)
		return true;
	if (!strcmp(error, ERR_TIMEOUT)) /* somebody else was faster */
		return s->tries++ < TRIES;
	if (!strcmp(error, ERR_RESOURCES)) /* too much at once, or for now */
		return s->in_parts && json_array_size(json_array_get(s->parts, s->next)) <= 1;
	return !strcmp(error, ERR_IO);
}

/* True if it goes on at once. */
static bool refused(struct trials *t, struct seen *s, const json_t *error)
{
	_cleanup_free_ char *text = json_dumps(error, JSON_COMPACT | JSON_ENCODE_ANY);

	log_warning("%s was not done: %.500s", t->client.what, text ?: "");
	if (passes(s, json_string_value(json_object_get(error, "error"))))
		return false;
	if (!s->in_parts)
		s->in_parts = true;
	else if (!at_end(s))
		split(s);
	else
		return false;
	s->tries = 0;
	return true;
}

static bool went_back(struct trials *t, struct seen *s)
{
	if (at_end(s)) {
		tell_stays(t->entry, t->stays);
		return false;
	}
	json_array_extend(s->stays, t->stays);
	s->next++;
	s->tries = 0;
	s->progress = true;
	return true;
}

static void on_done(struct own_client *c, const json_t *error)
{
	struct trials *t = c->server->trials;
	struct seen *s = find(t, &t->asked);

	if (s && (error ? refused(t, s, error) : went_back(t, s)))
		take_back(c->server, t, s, clock_ms());
}

void trials_tick(struct server *server, int64_t now_ms)
{
	struct trials *t = get(server);
	size_t i;

	if (!server->db->journal || own_client_busy(&t->client))
		return;
	look(server, t, now_ms);
	for (i = 0; i < t->n && !own_client_busy(&t->client); i++)
		if (now_ms >= t->v[i].due_ms)
			take_back(server, t, &t->v[i], now_ms);
}
