// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vifdbd/etcd/etcd-wire.h"

#define OP_OVERHEAD 64 /* octets of protobuf around a key and a value, generously */
#define ERROR_MAX 300

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(struct buf *b, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t v;
	size_t i;

	for (i = 0; i < len; i += 3) {
		v = p[i] << 16 | (i + 1 < len ? p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);
		buf_putc(b, alphabet[v >> 18]);
		buf_putc(b, alphabet[v >> 12 & 63]);
		buf_putc(b, i + 1 < len ? alphabet[v >> 6 & 63] : '=');
		buf_putc(b, i + 2 < len ? alphabet[v & 63] : '=');
	}
}

static int sextet(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? at - alphabet : -1;
}

/* Into the arena, with a NUL behind it; NULL if it is not base64. */
static char *take_base64(const char *s, size_t len, struct arena *arena, size_t *ret_len)
{
	size_t i, n = 0, pad = len && s[len - 1] == '=' ? 1 + (len > 1 && s[len - 2] == '=') : 0;
	uint8_t *out = arena_alloc(arena, len / 4 * 3 + 1);
	uint32_t v = 0;

	if (len % 4)
		return NULL;
	for (i = 0; i < len; i++) {
		int x = i >= len - pad ? 0 : sextet(s[i]);

		if (x < 0)
			return NULL;
		v = v << 6 | x;
		if (i % 4 < 3)
			continue;
		out[n++] = v >> 16;
		out[n++] = v >> 8;
		out[n++] = v;
	}
	n -= pad;
	out[n] = 0;
	*ret_len = n;
	return (char *)out;
}

static void put_text(struct buf *b, const char *name, const void *data, size_t len)
{
	buf_puts(b, name);
	buf_putc(b, '"');
	put_base64(b, data, len);
	buf_putc(b, '"');
}

static void put_number(struct buf *b, const char *name, int64_t v)
{
	buf_puts(b, name);
	buf_putc(b, '"');
	buf_i64(b, v);
	buf_putc(b, '"');
}

/* The first key behind all that begin with prefix: etcd's way to say "prefix". */
static void put_range_end(struct buf *b, const char *prefix)
{
	size_t len = strlen(prefix);
	char *end = strdup(prefix);

	end[len - 1]++;
	put_text(b, ",\"range_end\":", end, len);
	free(end);
}

static void begin_compare(struct etcd_txn *t, const char *key, const char *result)
{
	buf_puts(&t->compare, t->n_compare++ ? "," : "");
	put_text(&t->compare, "{\"key\":", key, strlen(key));
	buf_puts(&t->compare, ",\"target\":\"MOD\",\"result\":");
	buf_puts(&t->compare, result);
	t->octets += strlen(key) + OP_OVERHEAD;
}

void etcd_txn_unchanged(struct etcd_txn *t, const char *key, int64_t revision)
{
	begin_compare(t, key, "\"EQUAL\"");
	put_number(&t->compare, ",\"mod_revision\":", revision);
	buf_putc(&t->compare, '}');
}

void etcd_txn_exists(struct etcd_txn *t, const char *key)
{
	begin_compare(t, key, "\"GREATER\"");
	put_number(&t->compare, ",\"mod_revision\":", 0);
	buf_putc(&t->compare, '}');
}

static void begin_success(struct etcd_txn *t, const char *op, const char *key, size_t len)
{
	buf_puts(&t->success, t->n_success++ ? "," : "");
	buf_puts(&t->success, op);
	put_text(&t->success, "{\"key\":", key, strlen(key));
	t->octets += strlen(key) + len + OP_OVERHEAD;
}

void etcd_txn_put_leased(struct etcd_txn *t, const char *key, const void *value, size_t len,
			 int64_t lease)
{
	begin_success(t, "{\"request_put\":", key, len);
	put_text(&t->success, ",\"value\":", value, len);
	if (lease)
		put_number(&t->success, ",\"lease\":", lease);
	buf_puts(&t->success, "}}");
}

void etcd_txn_put(struct etcd_txn *t, const char *key, const void *value, size_t len)
{
	etcd_txn_put_leased(t, key, value, len, 0);
}

void etcd_txn_delete(struct etcd_txn *t, const char *key)
{
	begin_success(t, "{\"request_delete_range\":", key, 0);
	buf_puts(&t->success, "}}");
}

void etcd_txn_delete_all(struct etcd_txn *t, const char *prefix)
{
	begin_success(t, "{\"request_delete_range\":", prefix, strlen(prefix));
	put_range_end(&t->success, prefix);
	buf_puts(&t->success, "}}");
}

bool etcd_txn_fits(const struct etcd_txn *t)
{
	return t->n_compare <= ETCD_OPS_MAX && t->n_success <= ETCD_OPS_MAX &&
	       t->octets <= ETCD_OCTETS_MAX;
}

void etcd_txn_end(struct etcd_txn *t, const char *otherwise, struct buf *out)
{
	buf_puts(out, "{\"compare\":[");
	if (t->compare.len)
		buf_put(out, t->compare.data, t->compare.len);
	buf_puts(out, "],\"success\":[");
	if (t->success.len)
		buf_put(out, t->success.data, t->success.len);
	buf_puts(out, "],\"failure\":[");
	if (otherwise) {
		put_text(out, "{\"request_range\":{\"key\":", otherwise, strlen(otherwise));
		buf_puts(out, "}}");
	}
	buf_puts(out, "]}");
	etcd_txn_free(t);
}

void etcd_txn_free(struct etcd_txn *t)
{
	buf_free(&t->compare);
	buf_free(&t->success);
	*t = (struct etcd_txn){ 0 };
}

void etcd_range_request(const struct etcd_range *r, struct buf *out)
{
	put_text(out, "{\"key\":", r->from, strlen(r->from));
	if (r->to)
		put_text(out, ",\"range_end\":", r->to, strlen(r->to));
	else if (r->prefix)
		put_range_end(out, r->prefix);
	if (r->revision)
		put_number(out, ",\"revision\":", r->revision);
	if (r->limit)
		put_number(out, ",\"limit\":", r->limit);
	if (r->keys_only)
		buf_puts(out, ",\"keys_only\":true");
	buf_putc(out, '}');
}

void etcd_lease_request(int64_t lease, unsigned int ttl_s, struct buf *out)
{
	put_number(out, "{\"ID\":", lease);
	if (!lease)
		put_number(out, ",\"TTL\":", ttl_s);
	buf_putc(out, '}');
}

void etcd_watch_request(const char *from, const char *to, int64_t revision, struct buf *out)
{
	put_text(out, "{\"create_request\":{\"key\":", from, strlen(from));
	put_text(out, ",\"range_end\":", to, strlen(to));
	put_number(out, ",\"start_revision\":", revision);
	buf_puts(out, ",\"fragment\":true}}");
}

/* Of an answer: what was wrong first. */
struct reading {
	struct arena *arena;
	struct etcd_answer *a;
	bool bad;
};

static const char *keep(struct reading *r, const char *text, size_t len)
{
	char *s = arena_alloc(r->arena, len + 1);
	size_t i;

	for (i = 0; i < len; i++)
		s[i] = (unsigned char)text[i] < ' ' || text[i] == 127 ? '?' : text[i];
	s[len] = 0;
	return s;
}

static void bad(struct reading *r, const char *what)
{
	if (!r->bad)
		r->a->error = what;
	r->bad = true;
}

/* Numbers are strings of digits; the gateway leaves out those that are 0. */
static uint64_t number(struct reading *r, const json_t *object, const char *name)
{
	const json_t *json = json_object_get(object, name);
	const char *s = json_string_value(json);
	char *end;
	uint64_t v;

	if (!json)
		return 0;
	if (json_is_integer(json) && json_integer_value(json) >= 0)
		return json_integer_value(json);
	if (!s || *s < '0' || *s > '9') {
		bad(r, "a number is none");
		return 0;
	}
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno || *end)
		bad(r, "a number is none");
	return v;
}

static int64_t revision(struct reading *r, const json_t *object, const char *name)
{
	uint64_t v = number(r, object, name);

	if (v > INT64_MAX)
		bad(r, "a revision is out of range");
	return v > INT64_MAX ? 0 : v;
}

static const char *octets(struct reading *r, const json_t *object, const char *name, size_t *len)
{
	const json_t *json = json_object_get(object, name);
	const char *s;

	*len = 0;
	if (!json)
		return "";
	s = json_is_string(json) ? take_base64(json_string_value(json), json_string_length(json),
					       r->arena, len)
				 : NULL;
	if (!s)
		bad(r, "a key or a value is not base64");
	return s ?: "";
}

static void read_header(struct reading *r, const json_t *json)
{
	const json_t *header = json_object_get(json, "header");

	if (!json_is_object(header)) {
		bad(r, "it has no header");
		return;
	}
	r->a->cluster = number(r, header, "cluster_id");
	r->a->member = number(r, header, "member_id");
	r->a->revision = revision(r, header, "revision");
}

static void read_kv(struct reading *r, const json_t *json, struct etcd_kv *ret)
{
	size_t len;

	if (!json_is_object(json))
		bad(r, "a key is missing");
	ret->key = octets(r, json, "key", &len);
	if (!len || strlen(ret->key) != len)
		bad(r, "a key is empty, or has a NUL in it");
	ret->value = octets(r, json, "value", &ret->value_len);
	ret->revision = revision(r, json, "mod_revision");
}

static void begin_kvs(struct reading *r, size_t n)
{
	r->a->kvs = arena_alloc(r->arena, (n + 1) * sizeof(*r->a->kvs));
	memset(r->a->kvs, 0, (n + 1) * sizeof(*r->a->kvs));
	r->a->n = n;
}

static void read_range(struct reading *r, const json_t *json)
{
	const json_t *kvs = json_object_get(json, "kvs");
	size_t i;

	if (kvs && !json_is_array(kvs))
		bad(r, "kvs is no list");
	r->a->more = json_is_true(json_object_get(json, "more"));
	begin_kvs(r, json_array_size(kvs));
	for (i = 0; i < r->a->n && !r->bad; i++)
		read_kv(r, json_array_get(kvs, i), &r->a->kvs[i]);
}

static void read_txn(struct reading *r, const json_t *json)
{
	const json_t *responses = json_object_get(json, "responses");

	r->a->succeeded = json_is_true(json_object_get(json, "succeeded"));
	if (!r->a->succeeded && json_array_size(responses) == 1)
		read_range(r, json_object_get(json_array_get(responses, 0), "response_range"));
}

static void read_events(struct reading *r, const json_t *json)
{
	const json_t *events = json_object_get(json, "events");
	size_t i;

	if (events && !json_is_array(events))
		bad(r, "events is no list");
	begin_kvs(r, json_array_size(events));
	for (i = 0; i < r->a->n && !r->bad; i++) {
		const json_t *event = json_array_get(events, i);
		const char *type = json_string_value(json_object_get(event, "type"));

		read_kv(r, json_object_get(event, "kv"), &r->a->kvs[i]);
		r->a->kvs[i].deleted = type && !strcmp(type, "DELETE");
		if (type && !r->a->kvs[i].deleted && strcmp(type, "PUT"))
			bad(r, "an event is of no known kind");
		if (i && r->a->kvs[i].revision < r->a->kvs[i - 1].revision)
			bad(r, "its events are not in order");
	}
}

static void read_watch(struct reading *r, const json_t *json)
{
	const char *reason = json_string_value(json_object_get(json, "cancel_reason"));

	r->a->created = json_is_true(json_object_get(json, "created"));
	r->a->canceled = json_is_true(json_object_get(json, "canceled"));
	r->a->more = json_is_true(json_object_get(json, "fragment"));
	r->a->compact_revision = revision(r, json, "compact_revision");
	if (r->a->canceled && reason && !r->bad)
		r->a->error = keep(r, reason, strnlen(reason, ERROR_MAX));
	read_events(r, json);
}

static void read_status(struct reading *r, const json_t *json)
{
	const char *version = json_string_value(json_object_get(json, "version"));
	const char *error = json_string_value(json_array_get(json_object_get(json, "errors"), 0));

	r->a->leader = number(r, json, "leader");
	r->a->db_size = revision(r, json, "dbSize");
	r->a->version = version ? keep(r, version, strnlen(version, 32)) : "";
	if (error && !r->bad)
		r->a->error = keep(r, error, strnlen(error, ERROR_MAX));
}

static void read_lease(struct reading *r, const json_t *json)
{
	r->a->lease = revision(r, json, "ID");
	r->a->ttl = revision(r, json, "TTL");
}

/* {"error":"...","code":N,...}, or in a stream {"error":{"message":"..."}} */
static bool is_error(struct reading *r, const json_t *json)
{
	const json_t *error = json_object_get(json, "error");
	const char *text;

	if (!error)
		return false;
	text = json_string_value(json_is_object(error) ? json_object_get(error, "message") : error);
	r->a->error = text ? keep(r, text, strnlen(text, ERROR_MAX)) : "an error without words";
	return true;
}

static int read_answer(struct reading *r, enum etcd_kind kind, const json_t *json)
{
	if (!json_is_object(json)) {
		bad(r, "it is no JSON object");
		return -EBADMSG;
	}
	if (is_error(r, json))
		return -EREMOTEIO;
	if (kind == ETCD_WATCH || (kind == ETCD_LEASE && json_object_get(json, "result")))
		json = json_object_get(json, "result");
	read_header(r, json);
	if (kind == ETCD_TXN)
		read_txn(r, json);
	else if (kind == ETCD_RANGE)
		read_range(r, json);
	else if (kind == ETCD_LEASE)
		read_lease(r, json);
	else if (kind == ETCD_STATUS)
		read_status(r, json);
	else
		read_watch(r, json);
	return r->bad ? -EBADMSG : 0;
}

int etcd_parse(enum etcd_kind kind, const char *text, size_t len, struct arena *arena,
	       struct etcd_answer *ret)
{
	struct etcd_answer a = { 0 };
	struct reading r = { .arena = arena, .a = &a };
	json_t *json = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	int err = read_answer(&r, kind, json);

	json_decref(json);
	if (err)
		*ret = (struct etcd_answer){ .error = a.error };
	else
		*ret = a;
	return err;
}
