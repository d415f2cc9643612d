// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file: a head, and then for each object its number, 8 octets, and the message of OpenFlow 1.5
 * that adds it. So it is read by what reads controllers' messages. Beside it the log: a head,
 * and for each transaction since the file was written its length and what it did, in the same
 * form. Both heads have the file's generation; a log of another one is what an older file began.
 * A transaction is written by one call after the kernel took it and before anybody is told, so
 * what was answered is there after a kill, and one that is cut off was not.
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

#define MAGIC_BEFORE	"vifofd1"	/* with its NUL; of a file without generation */
#define MAGIC		"vifofd2"
#define HEAD_BEFORE	9		/* and whether there is the default flow */
#define HEAD		17		/* and the generation */
#define LOG_HEAD	16
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

static void put_group(const struct of_group *g, uint16_t command, struct of_out *out)
{
	size_t start = begin(out, OFPT_GROUP_MOD), buckets;

	out_u16(out, command);
	out_u8(out, g->type);
	out_u8(out, 0);
	out_u32(out, g->id);
	buckets = out->len;
	out_u32(out, 0);
	out_u32(out, BUCKET_ALL);
	if (command != GROUP_DELETE)
		group_buckets_encode(g, OF15, out);
	wire_put(out->data + buckets, 2, out->len - buckets - 8);
	out_length(out, start, start + 2);
}

static void put_meter(const struct of_meter *m, uint16_t command, struct of_out *out)
{
	size_t start = begin(out, OFPT_METER_MOD);

	out_u16(out, command);
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
	out_u64(out, b->kept_generation);
	map_for_each(&sw->meters, i, m)
		put_meter(m, METER_ADD, out);
	map_for_each(&sw->groups, i, g)
		put_group(g, GROUP_ADD, out);
	for (unsigned int t = 0; t < OF_TABLES; t++)
		TAILQ_FOREACH(flow, &sw->tables[t].flows, link)
			put_flow(flow, out);
}

/* What is new is added or put in the place of the old one, of the same match or number. */
static void put_change(const struct of_change *c, struct of_out *out)
{
	struct of_flow_mod fm;

	if (c->object == OBJECT_GROUP) {
		put_group(c->new ?: c->old, c->new ? GROUP_ADD_OR_MOD : GROUP_DELETE, out);
	} else if (c->object == OBJECT_METER) {
		put_meter(c->new ?: c->old,
			  !c->new ? METER_DELETE : c->old ? METER_MODIFY : METER_ADD, out);
	} else if (c->new) {
		put_flow(c->new, out);
	} else {
		fm = wire_mod_of(c->old);
		fm.command = FLOW_DELETE_STRICT;
		fm.cookie = 0;
		out_u64(out, 0);
		wire_flow_mod(out, OF15, 0, &fm);
	}
}

static char *path_of(const struct bridge *b, const char *directory, const char *suffix)
{
	return xprintf("%s/%s.flows%s", directory, b->sw.name, suffix);
}

static int write_all(int fd, const struct of_out *out)
{
	size_t at = 0;

	while (fd >= 0 && at < out->len) {
		ssize_t n = write(fd, out->data + at, out->len - at);

		if (n < 0)
			return -errno;
		at += (size_t)n;
	}
	return fd < 0 ? -errno : 0;
}

static int write_file(const char *path, const struct of_out *out)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return write_all(fd, out);
}

/* ---- the log ---- */

/* Without it what is new is kept when the file is written. */
static void log_end(struct bridge *b, const char *path, int r)
{
	if (r < 0)
		log_warning("%s: %s", path, strerror(-r));
	if (b->kept_log >= 0)
		close(b->kept_log);
	b->kept_log = -1;
}

/* Of what comes after the file of this generation. */
static void log_begin(struct bridge *b, const char *path)
{
	struct of_out head = {};
	int r;

	log_end(b, path, 0);
	b->kept_log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	out_bytes(&head, MAGIC, sizeof(MAGIC));
	out_u64(&head, b->kept_generation);
	r = write_all(b->kept_log, &head);
	if (r < 0)
		log_end(b, path, r);
	out_deinit(&head);
}

void kept_note(struct bridge *b, const struct of_journal *journal)
{
	struct of_out out = {};
	int r;

	if (b->kept_log < 0)
		return;
	out_u32(&out, 0);
	for (size_t i = 0; i < journal->count; i++)
		put_change(&journal->v[i], &out);
	wire_put(out.data, 4, out.len - 4);
	r = write_all(b->kept_log, &out);
	if (r < 0)
		log_end(b, b->sw.name, r);
	out_deinit(&out);
}

void kept_close(struct bridge *b)
{
	log_end(b, b->sw.name, 0);
}

void kept_save(struct bridge *b, const char *directory, bool now)
{
	_cleanup_free_ char *path = path_of(b, directory, ""), *new = path_of(b, directory, ".new");
	_cleanup_free_ char *changes = path_of(b, directory, ".log");
	struct of_out out = {};
	uint64_t began = (uint64_t)clock_ms();
	int r;

	if (b->kept_changes == b->kernel->changes || (!now && began < b->kept_next))
		return;
	b->kept_generation++;
	put_all(b, &out);
	r = write_file(new, &out);
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		log_warning("%s: %s", path, strerror(-r));
	if (r < 0)
		b->kept_generation--;
	else
		log_begin(b, changes);
	out_deinit(&out);
	b->kept_changes = b->kernel->changes;
	b->kept_next = (uint64_t)clock_ms() + SAVE_MS + SHARE * ((uint64_t)clock_ms() - began);
}

void kept_forget(struct bridge *b, const char *directory)
{
	_cleanup_free_ char *path = path_of(b, directory, ""), *changes = path_of(b, directory, ".log");

	kept_close(b);
	unlink(path);
	unlink(changes);
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
	uint64_t last = s->sw->next_id;

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

static int read_file(int fd, size_t head, struct of_out *ret)
{
	struct stat st;
	size_t at = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size < head || (uint64_t)st.st_size > FILE_MAX)
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

/* Objects of the file; what stands before them is noted. */
static int take_file(struct bridge *b, struct of_session *s, const struct of_out *file)
{
	bool before = memcmp(file->data, MAGIC_BEFORE, sizeof(MAGIC_BEFORE)) == 0;
	size_t head = before ? HEAD_BEFORE : HEAD;

	if (file->len < head || (!before && memcmp(file->data, MAGIC, sizeof(MAGIC)) != 0))
		return -EBADMSG;
	b->default_flow = file->data[HEAD_BEFORE - 1];
	b->kept_generation = before ? 0 : wire_get(file->data + HEAD_BEFORE, 8);
	return take_all(s, file->data + head, file->len - head);
}

/* Transactions of the log as far as they are whole: where the last one ends. */
static size_t take_log(struct of_session *s, const struct of_out *log)
{
	size_t at = LOG_HEAD;

	while (log->len - at >= 4) {
		size_t len = wire_get(log->data + at, 4);

		if (len > log->len - at - 4 || take_all(s, log->data + at + 4, len) < 0)
			break;
		at += 4 + len;
	}
	return at;
}

/* What the log says; it goes on from there, or begins. True: there was one. */
static bool load_log(struct bridge *b, struct of_session *s, const char *path)
{
	_cleanup_(out_deinit) struct of_out log = {};
	size_t end;

	b->kept_log = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (b->kept_log < 0 || read_file(b->kept_log, LOG_HEAD, &log) < 0 ||
	    memcmp(log.data, MAGIC, sizeof(MAGIC)) != 0 ||
	    wire_get(log.data + sizeof(MAGIC), 8) != b->kept_generation) {
		log_begin(b, path);
		return false;
	}
	end = take_log(s, &log);
	if (ftruncate(b->kept_log, (off_t)end) < 0 || lseek(b->kept_log, (off_t)end, SEEK_SET) < 0)
		log_end(b, path, -errno);
	return true;
}

int kept_load(struct bridge *b, const char *directory)
{
	static const uint8_t hello[] = { OF15, OFPT_HELLO, 0, OF_HEADER, 0, 0, 0, 0 };
	_cleanup_free_ char *path = path_of(b, directory, ""), *changes = path_of(b, directory, ".log");
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_(out_deinit) struct of_out file = {};
	struct of_session *s = session_new(&b->sw, SESSION_SERVICE, path, 1u << OF15);
	int r;

	session_input(s, hello, sizeof(hello));
	session_drop_out(s);
	r = read_file(fd, HEAD_BEFORE, &file);
	if (r == 0)
		r = take_file(b, s, &file);
	if (r < 0 && r != -ENOENT)
		log_warning("%s: %s", path, strerror(-r));
	if (load_log(b, s, changes) && r == -ENOENT)
		r = 0;
	session_free(s);
	b->kept_changes = b->kernel->changes;
	return r;
}
