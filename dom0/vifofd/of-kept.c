// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file: a head, and then for each object its number, 8 octets, and the message of OpenFlow 1.5
 * that adds it. So it is read by what reads controllers' messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "openflow/client/flow-wire.h"
#include "openflow/of-peer.h"
#include "vifofd/of-kept.h"

#define MAGIC		"vifofd1"	/* with its NUL */
#define HEAD		9		/* and whether there is the default flow */
#define SAVE_MS		1000
#define SHARE		20		/* of the time, at most one part in so many */
#define FILE_MAX	(512u << 20)

static size_t begin(struct of_out *out, uint8_t type)
{
	size_t start;

	out_u64(out, 0);
	start = out->len;
	out_u8(out, OF15);
	out_u8(out, type);
	out_u16(out, 0);
	out_u32(out, 0);
	return start;
}

static void put_flow(const struct of_flow *flow, struct of_out *out)
{
	const struct of_flow_mod fm = wire_mod_of(flow);

	out_u64(out, flow->id);
	wire_flow_mod(out, OF15, 0, &fm);
}

static void put_group(const struct of_group *g, struct of_out *out)
{
	size_t start = begin(out, OFPT_GROUP_MOD), buckets;

	out_u16(out, GROUP_ADD);
	out_u8(out, g->type);
	out_u8(out, 0);
	out_u32(out, g->id);
	buckets = out->len;
	out_u32(out, 0);
	out_u32(out, BUCKET_ALL);
	group_buckets_encode(g, OF15, out);
	wire_put(out->data + buckets, 2, out->len - buckets - 8);
	out_length(out, start, start + 2);
}

static void put_meter(const struct of_meter *m, struct of_out *out)
{
	size_t start = begin(out, OFPT_METER_MOD);

	out_u16(out, 0);
	out_u16(out, m->flags);
	out_u32(out, m->id);
	meter_bands_encode(m, out);
	out_length(out, start, start + 2);
}

/* What flows name comes before them. */
static void put_all(const struct bridge *b, struct of_out *out)
{
	const struct of_switch *sw = &b->sw;
	const struct of_flow *flow;
	const struct of_group *g;
	const struct of_meter *m;

	out_bytes(out, MAGIC, sizeof(MAGIC));
	out_u8(out, b->default_flow);
	map_for_each(&sw->meters, i, m)
		put_meter(m, out);
	map_for_each(&sw->groups, i, g)
		put_group(g, out);
	for (unsigned int t = 0; t < OF_TABLES; t++)
		TAILQ_FOREACH(flow, &sw->tables[t].flows, link)
			put_flow(flow, out);
}

static char *path_of(const struct bridge *b, const char *directory, const char *suffix)
{
	return xprintf("%s/%s.flows%s", directory, b->sw.name, suffix);
}

static int write_file(const char *path, const struct of_out *out)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t at = 0;

	while (fd >= 0 && at < out->len) {
		ssize_t n = write(fd, out->data + at, out->len - at);

		if (n < 0)
			return -errno;
		at += (size_t)n;
	}
	return fd < 0 ? -errno : 0;
}

void kept_save(struct bridge *b, const char *directory, bool now)
{
	_cleanup_free_ char *path = path_of(b, directory, ""), *new = path_of(b, directory, ".new");
	struct of_out out = {};
	uint64_t began = (uint64_t)clock_ms();
	int r;

	if (b->kept_changes == b->kernel->changes || (!now && began < b->kept_next))
		return;
	put_all(b, &out);
	r = write_file(new, &out);
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		log_warning("%s: %s", path, strerror(-r));
	out_deinit(&out);
	b->kept_changes = b->kernel->changes;
	b->kept_next = (uint64_t)clock_ms() + SAVE_MS + SHARE * ((uint64_t)clock_ms() - began);
}

void kept_forget(struct bridge *b, const char *directory)
{
	_cleanup_free_ char *path = path_of(b, directory, "");

	unlink(path);
}

/* ---- read ---- */

static void take(struct of_session *s, uint64_t id, const uint8_t *message, size_t len,
		 uint64_t *last)
{
	/* a flow that is added gets the next number */
	if (id)
		s->sw->next_id = id - 1;
	session_input(s, message, len);
	session_drop_out(s);
	if (id > *last)
		*last = id;
}

static int take_all(struct of_session *s, const uint8_t *at, size_t left)
{
	uint64_t last = 0;

	while (left && s->state == SESSION_UP) {
		size_t len = left < 8 + OF_HEADER ? 0 : wire_get(at + 10, 2);

		if (len < OF_HEADER || len > left - 8)
			return -EBADMSG;
		take(s, wire_get(at, 8), at + 8, len, &last);
		at += 8 + len;
		left -= 8 + len;
	}
	s->sw->next_id = last;
	return 0;
}

static int read_file(const char *path, struct of_out *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	size_t at = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < HEAD || (uint64_t)st.st_size > FILE_MAX)
		return -EBADMSG;
	out_zero(ret, (size_t)st.st_size);
	while (at < ret->len) {
		ssize_t n = read(fd, ret->data + at, ret->len - at);

		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		at += (size_t)n;
	}
	return 0;
}

int kept_load(struct bridge *b, const char *directory)
{
	static const uint8_t hello[] = { OF15, OFPT_HELLO, 0, OF_HEADER, 0, 0, 0, 0 };
	_cleanup_free_ char *path = path_of(b, directory, "");
	_cleanup_(out_deinit) struct of_out file = {};
	struct of_session *s;
	int r = read_file(path, &file);

	if (r == 0 && memcmp(file.data, MAGIC, sizeof(MAGIC)) != 0)
		r = -EBADMSG;
	if (r == 0) {
		s = session_new(&b->sw, SESSION_SERVICE, path, 1u << OF15);
		session_input(s, hello, sizeof(hello));
		session_drop_out(s);
		r = take_all(s, file.data + HEAD, file.len - HEAD);
		session_free(s);
		b->default_flow = file.data[HEAD - 1];
	}
	if (r < 0 && r != -ENOENT)
		log_warning("%s: %s", path, strerror(-r));
	b->kept_changes = b->kernel->changes;
	return r;
}
