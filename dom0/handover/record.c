// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <jansson.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "handover/record.h"
#include "kmod/core/session-record.h"
#include "kmod/core/reason.h"

#define AGE_MAX_MS	(1000ULL * 86400 * 365)		/* the kernel's, too */
#define CHUNK_OCTETS	(sizeof(struct vifswitch_sessions) + \
			 HANDOVER_CHUNK * sizeof(struct vifswitch_session))
#define COOKIE_LEN	16				/* hexadecimal digits */
#define BASE64_LEN(n)	(((n) + 2) / 3 * 4)

_Static_assert(CHUNK_OCTETS <= VIFSWITCH_SESSIONS_CHUNK_MAX, "the kernel takes a chunk");
_Static_assert(HANDOVER_CHUNK * HANDOVER_CHUNKS_MAX == HANDOVER_SESSIONS_MAX, "as many fit");
_Static_assert(HANDOVER_CHUNK * HANDOVER_TRACKED_CHUNKS_MAX == HANDOVER_TRACKED_MAX, "likewise");
_Static_assert((HANDOVER_CHUNKS_MAX + HANDOVER_TRACKED_CHUNKS_MAX) *
	       (BASE64_LEN(CHUNK_OCTETS) + 4) +
	       HANDOVER_ADDRESSES_MAX * 28 + VIFSWITCH_DROP_COUNT * 64 + HANDOVER_HITS_MAX * 40 <
	       HANDOVER_TEXT_MAX,
	       "what is written can be read");

void handover_record_deinit(struct handover_record *r)
{
	free(r->addresses);
	free(r->sessions.v);
	free(r->tracked.v);
	free(r->hits);
	*r = (struct handover_record){};
}

/* ---- filling ---- */

static void swap(struct vifswitch_session *a, struct vifswitch_session *b)
{
	struct vifswitch_session was = *a;

	*a = *b;
	*b = was;
}

/* Of a heap of sessions the first is to go. */
static void sift_up(struct vifswitch_session *heap, uint32_t i)
{
	for (; i && heap[i].idle_ms > heap[(i - 1) / 2].idle_ms; i = (i - 1) / 2)
		swap(&heap[i], &heap[(i - 1) / 2]);
}

static void sift_down(struct vifswitch_session *heap, uint32_t count)
{
	for (uint32_t i = 0, child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && heap[child + 1].idle_ms > heap[child].idle_ms)
			child++;
		if (heap[child].idle_ms <= heap[i].idle_ms)
			return;
		swap(&heap[i], &heap[child]);
	}
}

int handover_record_session(struct handover_sessions *to, uint32_t max,
			    const struct vifswitch_session *session)
{
	if (!to->v)
		to->v = calloc(max, sizeof(*to->v));
	if (!to->v)
		return -ENOMEM;
	if (to->count < max) {
		to->v[to->count] = *session;
		sift_up(to->v, to->count++);
		return 0;
	}
	to->left++;
	if (session->idle_ms < to->v[0].idle_ms) {
		to->v[0] = *session;
		sift_down(to->v, to->count);
	}
	return 0;
}

int handover_record_address(struct handover_record *r, const uint8_t mac[6], uint16_t vlan)
{
	struct handover_address *at;

	if (!r->addresses)
		r->addresses = calloc(HANDOVER_ADDRESSES_MAX, sizeof(*r->addresses));
	if (!r->addresses)
		return -ENOMEM;
	if (r->address_count == HANDOVER_ADDRESSES_MAX) {
		r->addresses_left++;
		return 0;
	}
	at = &r->addresses[r->address_count++];
	memcpy(at->mac, mac, sizeof(at->mac));
	at->vlan = vlan;
	return 0;
}

int handover_record_hits(struct handover_record *r, const struct vifswitch_acl_hits *hits)
{
	if (!hits->packets)
		return 0;
	if (!r->hits)
		r->hits = calloc(HANDOVER_HITS_MAX, sizeof(*r->hits));
	if (!r->hits)
		return -ENOMEM;
	if (r->hits_count == HANDOVER_HITS_MAX)
		r->hits_left++;
	else
		r->hits[r->hits_count++] = *hits;
	return 0;
}

/* ---- writing ---- */

static json_t *write_numbers(const __u64 *numbers, size_t count)
{
	json_t *ret = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(ret, json_integer((json_int_t)numbers[i]));
	return ret;
}

static json_t *write_drops(const __u64 *drops)
{
	json_t *ret = json_object();

	for (uint32_t i = VIFSWITCH_DROP_NONE + 1; i < VIFSWITCH_DROP_COUNT; i++) {
		if (drops[i])
			json_object_set_new(ret, vs_reason_word(i),
					    json_integer((json_int_t)drops[i]));
	}
	return ret;
}

static json_t *write_addresses(const struct handover_record *r)
{
	json_t *ret = json_array();

	for (uint32_t i = 0; i < r->address_count; i++)
		json_array_append_new(ret, json_sprintf(MAC_FORMAT "@%u",
							MAC_OCTETS(r->addresses[i].mac),
							r->addresses[i].vlan));
	return ret;
}

static json_t *write_chunk(const struct vifswitch_session *sessions, uint32_t count)
{
	char text[BASE64_LEN(CHUNK_OCTETS) + 1];
	unsigned char octets[CHUNK_OCTETS];
	struct vifswitch_sessions head = {
		.magic = VIFSWITCH_SESSIONS_MAGIC, .version = VIFSWITCH_SESSIONS_VERSION,
		.header_len = sizeof(head), .entry_len = sizeof(*sessions), .entry_count = count,
		.total_len = (uint32_t)(sizeof(head) + count * sizeof(*sessions)),
	};

	memcpy(octets, &head, sizeof(head));
	memcpy(octets + sizeof(head), sessions, count * sizeof(*sessions));
	b64_ntop(octets, head.total_len, text, sizeof(text));
	return json_string(text);
}

static json_t *write_sessions(const struct handover_sessions *sessions)
{
	json_t *ret = json_array();

	for (uint32_t i = 0; i < sessions->count; i += HANDOVER_CHUNK) {
		uint32_t left = sessions->count - i;
		uint32_t count = left < HANDOVER_CHUNK ? left : HANDOVER_CHUNK;

		json_array_append_new(ret, write_chunk(sessions->v + i, count));
	}
	return ret;
}

static json_t *write_hits(const struct handover_record *r)
{
	json_t *ret = json_object();

	for (uint32_t i = 0; i < r->hits_count; i++) {
		char cookie[COOKIE_LEN + 1];

		snprintf(cookie, sizeof(cookie), "%016llx",
			 (unsigned long long)r->hits[i].cookie);
		json_object_set_new(ret, cookie, json_integer((json_int_t)r->hits[i].packets));
	}
	return ret;
}

char *handover_record_write(const struct handover_record *r)
{
	const struct vifswitch_state *state = &r->state;
	_cleanup_(json_decrefp) json_t *record = NULL;
	char hits_of[UUID_TEXT_LEN + 1];

	uuid_format(r->hits_of, hits_of);
	record = json_pack(
		"{s:i, s:o, s:o, s:o, s:o, s:I, s:o, s:I, s:o, s:s, s:I, s:o, s:I}", "version", HANDOVER_VERSION,
		"counters", write_numbers(state->counters, ARRAY_SIZE(state->counters)),
		"debts", write_numbers(state->debts, ARRAY_SIZE(state->debts)),
		"drops", write_drops(state->drops),
		"addresses", write_addresses(r), "addresses_left", (json_int_t)r->addresses_left,
		"sessions", write_sessions(&r->sessions), "sessions_left",
		(json_int_t)r->sessions.left,
		"hits", write_hits(r), "hits_of", hits_of, "hits_left",
		(json_int_t)r->hits_left, "tracked", write_sessions(&r->tracked), "tracked_left",
		(json_int_t)r->tracked.left);
	return record ? json_dumps(record, JSON_COMPACT) : NULL;
}

/* ---- reading ---- */

static int read_number(const json_t *value, const char *what, __u64 *ret, struct problem *problem)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return problem_set(problem, "its %s must be numbers from 0 to 2^63-1", what);
	*ret = (__u64)json_integer_value(value);
	return 0;
}

static int read_numbers(const json_t *record, const char *what, __u64 *ret, size_t count,
			struct problem *problem)
{
	const json_t *values = json_object_get(record, what);
	int r = 0;

	if (!json_is_array(values) || json_array_size(values) != count)
		return problem_set(problem, "its %s must be %zu numbers", what, count);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = read_number(json_array_get(values, i), what, &ret[i], problem);
	return r;
}

/* VIFSWITCH_DROP_NONE: one of a later release. */
static uint32_t reason_of(const char *word)
{
	for (uint32_t i = VIFSWITCH_DROP_NONE + 1; i < VIFSWITCH_DROP_COUNT; i++) {
		if (strcmp(vs_reason_word(i), word) == 0)
			return i;
	}
	return VIFSWITCH_DROP_NONE;
}

static int read_drops(const json_t *record, __u64 *drops, struct problem *problem)
{
	json_t *object = json_object_get(record, "drops"), *value;
	const char *word;
	int r = 0;

	if (!json_is_object(object))
		return problem_set(problem, "its drops must be an object");
	json_object_foreach(object, word, value) {
		__u64 count = 0;

		r = read_number(value, "drops", &count, problem);
		if (r < 0)
			return r;
		drops[reason_of(word)] = count;
	}
	drops[VIFSWITCH_DROP_NONE] = 0;
	return 0;
}

static int read_address(struct handover_record *r, const char *text, struct problem *problem)
{
	unsigned int vlan;
	uint8_t mac[6];
	int end = 0;

	if (!text || strlen(text) < 19 || text[17] != '@' || !mac_parse(text, 17, mac) ||
	    sscanf(text + 18, "%4u%n", &vlan, &end) != 1 || text[18 + end] ||
	    vlan > VIFSWITCH_VID_MAX)
		return problem_set(problem, "its addresses must be like 00:16:3e:00:00:01@100, not %s",
				   QUOTE(text ? text : "", text ? strlen(text) : 0));
	return handover_record_address(r, mac, (uint16_t)vlan);
}

static int read_addresses(struct handover_record *r, const json_t *record, struct problem *problem)
{
	const json_t *values = json_object_get(record, "addresses");
	int rc = 0;

	if (!json_is_array(values) || json_array_size(values) > HANDOVER_ADDRESSES_MAX)
		return problem_set(problem, "its addresses must be at most %d", HANDOVER_ADDRESSES_MAX);
	for (size_t i = 0; rc == 0 && i < json_array_size(values); i++)
		rc = read_address(r, json_string_value(json_array_get(values, i)), problem);
	return rc;
}

static void grow_older(struct vifswitch_session *s, uint64_t ms)
{
	s->age_ms = s->age_ms + ms < AGE_MAX_MS ? s->age_ms + ms : AGE_MAX_MS;
	s->idle_ms = s->idle_ms + ms < s->age_ms ? s->idle_ms + ms : s->age_ms;
}

/* Octets of @text, at most CHUNK_OCTETS and what rounding adds, into @ret; 0: it is none. */
static size_t decode(const char *text, size_t len, unsigned char *ret)
{
	int octets;

	if (!len || len % 4 || len > BASE64_LEN(CHUNK_OCTETS) ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != len)
		return 0;
	octets = b64_pton(text, ret, BASE64_LEN(CHUNK_OCTETS));
	return octets < 0 ? 0 : (size_t)octets;
}

static int read_left(const json_t *record, const char *what, uint64_t *ret, struct problem *problem)
{
	__u64 left = 0;
	int r = read_number(json_object_get(record, what), what, &left, problem);

	*ret += left < UINT32_MAX ? left : UINT32_MAX;
	return r;
}

/* Sessions by their name in the record. */
struct kind {
	const char *name, *left;
	size_t chunks;
	int (*check)(const void *blob, size_t len, uint32_t *ret_count,
		     struct vs_program_error *err);
};

static const struct kind of_acl = { "sessions", "sessions_left", HANDOVER_CHUNKS_MAX,
				    vs_sessions_check };
static const struct kind of_tables = { "tracked", "tracked_left", HANDOVER_TRACKED_CHUNKS_MAX,
				       vs_sessions_check_tracked };

static int read_chunk(struct handover_sessions *to, const struct kind *kind, const json_t *value,
		      uint64_t elapsed_ms, struct problem *problem)
{
	unsigned char octets[BASE64_LEN(CHUNK_OCTETS)];
	size_t len = json_is_string(value) ?
		     decode(json_string_value(value), json_string_length(value), octets) : 0;
	struct vs_program_error err;
	struct vifswitch_sessions head;
	uint32_t count;

	if (!len)
		return problem_set(problem, "its %s must be base64", kind->name);
	if (kind->check(octets, len, &count, &err) < 0)
		return problem_set(problem, "its %s: %s is %llu; accepted: %s", kind->name, err.field,
				   (unsigned long long)err.value, err.accepted);
	memcpy(&head, octets, sizeof(head));
	for (uint32_t i = 0; i < count; i++) {
		struct vifswitch_session s = {};

		memcpy(&s, octets + head.header_len + (size_t)i * head.entry_len,
		       head.entry_len < sizeof(s) ? head.entry_len : sizeof(s));
		grow_older(&s, elapsed_ms);
		if (handover_record_session(to, (uint32_t)kind->chunks * HANDOVER_CHUNK, &s) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_sessions(struct handover_sessions *to, const struct kind *kind,
			 const json_t *record, uint64_t elapsed_ms, struct problem *problem)
{
	const json_t *chunks = json_object_get(record, kind->name);
	int rc = 0;

	if (!json_is_array(chunks) || json_array_size(chunks) > kind->chunks)
		return problem_set(problem, "its %s must be at most %zu pieces", kind->name,
				   kind->chunks);
	for (size_t i = 0; rc == 0 && i < json_array_size(chunks); i++)
		rc = read_chunk(to, kind, json_array_get(chunks, i), elapsed_ms, problem);
	return rc < 0 ? rc : read_left(record, kind->left, &to->left, problem);
}

static int by_cookie(const void *a, const void *b)
{
	const struct vifswitch_acl_hits *x = a, *y = b;

	return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

static int read_rule(struct handover_record *r, const char *cookie, const json_t *value,
		     struct problem *problem)
{
	struct vifswitch_acl_hits hits = {};
	int rc;

	if (strlen(cookie) != COOKIE_LEN || strspn(cookie, "0123456789abcdef") != COOKIE_LEN)
		return problem_set(problem, "its hits must be of cookies like 0123456789abcdef, not %s",
				   QUOTE(cookie, strlen(cookie)));
	rc = read_number(value, "hits", &hits.packets, problem);
	hits.cookie = strtoull(cookie, NULL, 16);
	return rc < 0 ? rc : handover_record_hits(r, &hits);
}

/* Of a host of before there are none. */
static int read_hits(struct handover_record *r, json_t *record, struct problem *problem)
{
	json_t *object = json_object_get(record, "hits"), *value;
	const json_t *of = json_object_get(record, "hits_of");
	const char *cookie;
	int rc = 0;

	if (!object)
		return 0;
	if (!json_is_object(object) || json_object_size(object) > HANDOVER_HITS_MAX)
		return problem_set(problem, "its hits must be of at most %d rules", HANDOVER_HITS_MAX);
	if (!json_is_string(of) ||
	    !uuid_parse(json_string_value(of), json_string_length(of), r->hits_of))
		return problem_set(problem, "its hits_of must be a UUID");
	json_object_foreach(object, cookie, value) {
		rc = read_rule(r, cookie, value, problem);
		if (rc < 0)
			return rc;
	}
	if (r->hits_count)
		qsort(r->hits, r->hits_count, sizeof(*r->hits), by_cookie);
	return read_left(record, "hits_left", &r->hits_left, problem);
}

static int read_all(json_t *record, uint64_t elapsed_ms, struct handover_record *r,
		    struct problem *problem)
{
	const json_t *version = json_object_get(record, "version");
	struct vifswitch_state *state = &r->state;
	int rc;

	if (!json_is_integer(version) || json_integer_value(version) != HANDOVER_VERSION)
		return problem_set(problem, "it is none of version %d", HANDOVER_VERSION);
	rc = read_numbers(record, "counters", state->counters, ARRAY_SIZE(state->counters), problem);
	if (rc == 0)
		rc = read_numbers(record, "debts", state->debts, ARRAY_SIZE(state->debts), problem);
	if (rc == 0)
		rc = read_drops(record, state->drops, problem);
	if (rc == 0)
		rc = read_addresses(r, record, problem);
	if (rc == 0)
		rc = read_left(record, "addresses_left", &r->addresses_left, problem);
	if (rc == 0)
		rc = read_sessions(&r->sessions, &of_acl, record, elapsed_ms, problem);
	if (rc == 0)
		rc = read_hits(r, record, problem);
	/* of a host of before there are none */
	if (rc == 0 && json_object_get(record, of_tables.name))
		rc = read_sessions(&r->tracked, &of_tables, record, elapsed_ms, problem);
	if (rc == -ENOMEM)
		problem_set(problem, "out of memory");
	return rc;
}

int handover_record_read(const char *text, size_t len, uint64_t elapsed_ms,
			 struct handover_record *ret, struct problem *problem)
{
	_cleanup_(handover_record_deinit) struct handover_record r = {};
	_cleanup_(json_decrefp) json_t *record = NULL;
	int rc;

	if (len > HANDOVER_TEXT_MAX)
		return problem_set(problem, "it has %zu octets; at most %u", len, HANDOVER_TEXT_MAX);
	record = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(record))
		return problem_set(problem, "it is no JSON object");
	rc = read_all(record, elapsed_ms, &r, problem);
	if (rc < 0)
		return rc;
	*ret = r;
	r = (struct handover_record){};
	return 0;
}
