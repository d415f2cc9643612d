// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "vifdbd/net/session.h"
#include "vifdbd/ovsdb/work.h"

#define READ_SIZE 65536
#define IOV_BATCH 64
#define MSG_OVERHEAD 64 /* of a message: its header, its place in the queue */

/* Of a queued message; shared ones count for each. */
static size_t msg_memory(const struct msg *m)
{
	return m->len + MSG_OVERHEAD;
}

static void out_push(struct out_queue *q, struct msg *m)
{
	if (q->n == q->cap) {
		size_t i, cap = q->cap ? q->cap * 2 : 8;
		struct msg **v = xmalloc(cap * sizeof(*v));

		for (i = 0; i < q->n; i++)
			v[i] = q->v[(q->head + i) & (q->cap - 1)];
		free(q->v);
		q->v = v;
		q->cap = cap;
		q->head = 0;
	}
	q->v[(q->head + q->n++) & (q->cap - 1)] = m;
	q->bytes += msg_memory(m);
}

static void out_pop(struct out_queue *q)
{
	struct msg *m = q->v[q->head];

	q->bytes -= msg_memory(m);
	q->offset = 0;
	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	msg_unref(m);
}

static void update_interest(struct session *s)
{
	bool write = s->out.n || stream_wants_write(s->stream);

	sd_event_source_set_io_events(s->io, (s->paused || s->waits_turn ? 0 : EPOLLIN) |
						     (write ? EPOLLOUT : 0));
}

static int on_turn(sd_event_source *source, void *arg);

/* True if others must have their turn first. */
static bool turn_over(struct session *s)
{
	struct sessions *all = s->all;

	if (work_total() - all->turn_began <= WORK_TURN)
		return false;
	if (!all->turn && sd_event_add_defer(all->event, &all->turn, on_turn, all) < 0)
		return false;
	s->waits_turn = true;
	TAILQ_INSERT_TAIL(&all->turns, s, turn_link);
	sd_event_source_set_enabled(all->turn, SD_EVENT_ONESHOT);
	return true;
}

static void process(struct session *s)
{
	const char *text;
	size_t len;
	int r;

	while (!s->closed && !s->hang_up && !s->doomed && !s->waits_turn) {
		s->paused = s->out.bytes > PAUSE_BYTES || s->n_queued >= QUEUED_MAX;
		if (s->paused || turn_over(s))
			return;
		r = json_frame_next(&s->frame, &text, &len);
		if (r == 0)
			return;
		if (r > 0)
			r = s->all->ops->message(s, text, len);
		if (r < 0) {
			session_close(s, r == -EMSGSIZE ? "message too large"
					 : r == -E2BIG	? "message with too many values"
					 : r == -ELOOP	? "message too deep"
							: "not a JSON-RPC message");
			return;
		}
	}
}

/* Charge the connection and its input buffer to the total. */
static void account(struct session *s)
{
	size_t n = sizeof(*s) + stream_memory(s->stream) + s->frame.size;

	s->all->memory += n - s->accounted;
	s->accounted = n;
}

static void receive(struct session *s)
{
	char *p = json_frame_room(&s->frame, READ_SIZE);
	ssize_t n = p ? stream_read(s->stream, p, s->frame.size - s->frame.len) : -ENOMEM;

	if (n == -EAGAIN) {
		n = 0;
	} else if (n <= 0) {
		session_close(s, n ? strerror(-n) : "closed by peer");
		return;
	} else {
		s->last_read_ms = clock_ms();
		s->probed = false;
	}
	json_frame_added(&s->frame, n);
	account(s);
	process(s);
	if (s->closed)
		return;
	/* An idle client should cost next to nothing. */
	json_frame_trim(&s->frame);
	account(s);
	if (s->all->memory > s->all->limits.max_memory)
		session_close(s, "all clients together use too much memory");
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct session *s = session_ref(arg);
	struct sessions *all = s->all;

	all->turn_began = work_total();
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) || stream_wants_write(s->stream))
		receive(s);
	if (!s->closed)
		session_flush(s);
	session_unref(s);
	/* A lock that went to another client, for one. */
	sessions_send(all);
	return 0;
}

static int on_turn(sd_event_source *source, void *arg)
{
	struct sessions *all = arg;
	struct session *s = TAILQ_FIRST(&all->turns);

	if (!s)
		return 0;
	TAILQ_REMOVE(&all->turns, s, turn_link);
	s->waits_turn = false;
	session_ref(s);
	all->turn_began = work_total();
	process(s);
	if (!s->closed)
		session_flush(s);
	session_unref(s);
	sessions_send(all);
	if (!TAILQ_EMPTY(&all->turns))
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int session_new(struct sessions *all, struct server *server, struct stream *stream,
		const char *name, struct remote *remote, bool probe, struct session **ret)
{
	struct session *s = xzalloc(sizeof(*s));
	size_t max = all->limits.max_message;
	int r;

	s->all = all;
	s->server = server;
	s->stream = stream;
	s->name = xstrdup(name);
	s->remote = remote;
	s->probe = probe;
	s->refs = 1;
	s->since_ms = s->last_read_ms = clock_ms();
	if (max > all->limits.max_memory / SHARE)
		max = all->limits.max_memory / SHARE;
	json_frame_init(&s->frame, &(struct json_frame_limits){
					   .octets = max,
					   .values = max / 8 + 64,
					   .depth = DEPTH_MAX,
				   });
	account(s);
	TAILQ_INSERT_TAIL(&all->list, s, link);
	all->n++;
	r = sd_event_add_io(all->event, &s->io, stream_fd(stream), EPOLLIN, on_io, s);
	if (r < 0) {
		session_close(s, strerror(-r));
		return r;
	}
	update_interest(s);
	if (ret)
		*ret = s;
	return 0;
}

struct session *session_ref(struct session *s)
{
	s->refs++;
	return s;
}

void session_unref(struct session *s)
{
	if (--s->refs)
		return;
	free(s->name);
	free(s);
}

struct dberr *session_keep(struct session *s, size_t n)
{
	struct sessions *all = s->all;
	size_t max = all->limits.max_memory;

	if (s->kept + n > max / SHARE)
		return err_new(ERR_RESOURCES,
			       "the monitors, locks and waiting transactions of a client may take "
			       "%zu octets, not %zu",
			       max / SHARE, s->kept + n);
	if (all->memory + n > max)
		return err_new(ERR_RESOURCES, "all clients together may take %zu octets", max);
	s->kept += n;
	all->memory += n;
	return NULL;
}

void session_let_go(struct session *s, size_t n)
{
	s->kept -= n;
	s->all->memory -= n;
}

static void drop_output(struct session *s)
{
	s->all->memory -= s->out.bytes;
	while (s->out.n)
		out_pop(&s->out);
}

static void mark_dirty(struct session *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	TAILQ_INSERT_TAIL(&s->all->dirty, s, dirty_link);
}

void session_close(struct session *s, const char *why)
{
	if (s->closed)
		return;
	log_debug("%s: disconnected: %s", s->name, why);
	s->closed = true;
	s->all->ops->closing(s);
	if (s->dirty)
		TAILQ_REMOVE(&s->all->dirty, s, dirty_link);
	if (s->waits_turn)
		TAILQ_REMOVE(&s->all->turns, s, turn_link);
	TAILQ_REMOVE(&s->all->list, s, link);
	s->all->n--;
	s->all->memory -= s->accounted;
	drop_output(s);
	free(s->out.v);
	json_frame_deinit(&s->frame);
	sd_event_source_disable_unref(s->io);
	stream_free(s->stream);
	s->stream = NULL;
	session_unref(s);
}

void session_hang_up(struct session *s)
{
	s->hang_up = true;
	mark_dirty(s);
}

static void doom(struct session *s, const char *why)
{
	s->doomed = why;
	drop_output(s);
	mark_dirty(s);
}

void session_send(struct session *s, struct msg *m, bool update)
{
	if (!update && s->n_behind)
		s->all->ops->catch_up(s);
	if (s->closed || s->doomed) {
		msg_unref(m);
		return;
	}
	out_push(&s->out, m);
	s->all->memory += msg_memory(m);
	mark_dirty(s);
	session_check_backlog(s, update);
}

void session_check_backlog(struct session *s, bool update)
{
	struct sessions *all = s->all;
	size_t bytes = s->out.bytes + s->behind_bytes;

	/* One message of any size is let through, but not to many clients at once. */
	if (s->out.n <= 2 && all->memory - s->out.bytes <= all->limits.max_memory / 2)
		return;
	if (update && s->out.n > 2 && bytes > all->limits.max_backlog) {
		log_warning("%s: does not read its updates, cut off with %zu octets waiting",
			    s->name, bytes);
		doom(s, "reads too slowly");
	} else if (all->memory > all->limits.max_memory) {
		doom(s, "all clients together use too much memory");
	}
}

static ssize_t write_some(struct session *s)
{
	struct out_queue *q = &s->out;
	struct iovec iov[IOV_BATCH];
	size_t i;

	for (i = 0; i < q->n && i < IOV_BATCH; i++) {
		struct msg *m = q->v[(q->head + i) & (q->cap - 1)];

		iov[i].iov_base = m->data + (i ? 0 : q->offset);
		iov[i].iov_len = m->len - (i ? 0 : q->offset);
	}
	return stream_write(s->stream, iov, i);
}

static void sent(struct session *s, size_t n)
{
	struct out_queue *q = &s->out;

	while (q->n && n >= q->v[q->head]->len - q->offset) {
		n -= q->v[q->head]->len - q->offset;
		s->all->memory -= msg_memory(q->v[q->head]);
		out_pop(q);
	}
	if (n)
		q->offset += n;
}

/* False if the session was closed over it. Most take all, and cost no look at the clock. */
static bool write_out(struct session *s)
{
	ssize_t n;

	while (s->out.n) {
		n = write_some(s);
		if (n == -EAGAIN) {
			if (!s->stalled_ms)
				s->stalled_ms = clock_ms();
			return true;
		}
		if (n < 0) {
			session_close(s, strerror(-n));
			return false;
		}
		s->stalled_ms = 0;
		sent(s, n);
		/* It reads again: tell it what it was not told yet. */
		if (!s->out.n && s->n_behind)
			s->all->ops->catch_up(s);
	}
	return true;
}

void session_flush(struct session *s)
{
	if (s->dirty) {
		s->dirty = false;
		TAILQ_REMOVE(&s->all->dirty, s, dirty_link);
	}
	if (!write_out(s))
		return;
	if (s->doomed) {
		session_close(s, s->doomed);
		return;
	}
	if (s->hang_up && !s->out.n) {
		session_close(s, "has to begin anew: the schema changed");
		return;
	}
	if (s->paused && !s->waits_turn && s->out.bytes <= PAUSE_BYTES &&
	    s->n_queued < QUEUED_MAX) {
		/* Requests that were read but not looked at. */
		session_ref(s);
		process(s);
		if (!s->closed)
			update_interest(s);
		session_unref(s);
		return;
	}
	update_interest(s);
}

static void session_tick(struct session *s, int64_t now_ms)
{
	static const char probe[] = "{\"id\":\"echo\",\"method\":\"echo\",\"params\":[]}";
	unsigned int ms = s->all->limits.probe_ms;
	struct buf b = { 0 };

	if (now_ms - s->since_ms > HANDSHAKE_MS && !stream_established(s->stream)) {
		session_close(s, "showed no certificate in time");
		return;
	}
	if (s->stalled_ms && now_ms - s->stalled_ms > STALL_MS) {
		session_close(s, "takes nothing");
		return;
	}
	if (!s->probe || !ms || s->out.n)
		return;
	if (now_ms - s->last_read_ms > 2 * (int64_t)ms && s->probed) {
		session_close(s, "did not answer a probe");
	} else if (now_ms - s->last_read_ms > ms && !s->probed) {
		s->probed = true;
		buf_puts(&b, probe);
		session_send(s, msg_from_buf(&b), false);
		buf_free(&b);
		session_flush(s);
	}
}

void sessions_init(struct sessions *all, const struct limits *limits, const struct session_ops *ops)
{
	*all = (struct sessions){ .limits = *limits, .ops = ops };
	TAILQ_INIT(&all->list);
	TAILQ_INIT(&all->dirty);
	TAILQ_INIT(&all->turns);
}

void sessions_close(struct sessions *all, const char *why)
{
	while (!TAILQ_EMPTY(&all->list))
		session_close(TAILQ_FIRST(&all->list), why);
	all->turn = sd_event_source_disable_unref(all->turn);
}

void sessions_send(struct sessions *all)
{
	while (!TAILQ_EMPTY(&all->dirty))
		session_flush(TAILQ_FIRST(&all->dirty));
}

void sessions_tick(struct sessions *all, int64_t now_ms)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&all->list); s; s = next) {
		next = TAILQ_NEXT(s, link);
		session_tick(s, now_ms);
	}
}
