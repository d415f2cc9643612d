// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "vifexportd/outlet.h"

#define RETRY_US	1000000ULL	/* doubles */
#define RETRY_MAX_US	30000000ULL
#define CONNECT_US	10000000ULL
#define STUCK_US	60000000ULL	/* a connection that takes nothing for so long is none */
#define RECEIVE_OCTETS	4096		/* nobody reads what is sent to us */

static void drop_first(struct outlet *o, bool lost)
{
	struct outlet_slot *slot = o->first;

	o->first = slot->next;
	if (!o->first)
		o->last = &o->first;
	o->queued -= slot->len;
	*o->queued_all -= slot->len;
	if (lost)
		o->lost += slot->records;
	free(slot);
}

/* What is in the encoder was for a connection that is gone. */
static void lose_begun(struct outlet *o)
{
	if (!o->encoding)
		return;
	o->lost += o->encoder.records + o->encoder.other_count;
	encoder_reconnected(&o->encoder);
}

static void close_it(struct outlet *o, int error)
{
	uint64_t now = clock_us();

	while (o->first)
		drop_first(o, true);
	o->io = sd_event_source_disable_unref(o->io);
	closep(&o->fd);
	o->fd = -1;
	lose_begun(o);
	if (o->state == OUTLET_UP && now - o->since_us > RETRY_MAX_US)
		o->delay_us = 0;
	o->delay_us = !o->delay_us ? RETRY_US :
		      2 * o->delay_us < RETRY_MAX_US ? 2 * o->delay_us : RETRY_MAX_US;
	o->retry_us = now + o->delay_us;
	o->state = OUTLET_DOWN;
	o->error = error ? error : o->error;
}

static void want_io(struct outlet *o)
{
	if (o->io)
		sd_event_source_set_io_events(o->io, (o->first || o->state == OUTLET_CONNECTING ?
						      EPOLLOUT : 0) | (o->tcp ? EPOLLRDHUP : 0));
}

/* What came back says that the last datagram found nobody. */
static void refused(struct outlet *o, int error)
{
	uint32_t n = o->last_records < o->records ? o->last_records : (uint32_t)o->records;

	o->error = error;
	o->records -= n;
	o->lost += n;
	o->last_records = 0;
}

/* Is it an answer to an earlier datagram, so that this one may be sent all the same? */
static bool is_answer(const struct outlet *o, int error)
{
	return !o->tcp && (error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
			   error == EHOSTDOWN || error == EPROTO || error == ENOPROTOOPT ||
			   error == EMSGSIZE || error == EACCES);
}

static ssize_t send_slot(struct outlet *o, const struct outlet_slot *slot)
{
	ssize_t n = -1;

	for (int i = 0; i < 2; i++) {
		n = send(o->fd, slot->octets + slot->done, slot->len - slot->done,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0 || !is_answer(o, errno))
			break;
		refused(o, errno);
	}
	return n;
}

static void flush(struct outlet *o)
{
	while (o->state == OUTLET_UP && o->first) {
		struct outlet_slot *slot = o->first;
		ssize_t n = send_slot(o, slot);

		if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
			break;
		if (n < 0 && is_answer(o, errno)) {
			drop_first(o, true);
			continue;
		}
		if (n < 0) {
			close_it(o, errno);
			return;
		}
		o->taken_us = clock_us();
		slot->done += (size_t)n;
		if (slot->done < slot->len)
			continue;
		o->datagrams++;
		o->records += slot->records;
		o->last_records = slot->records;
		drop_first(o, false);
	}
	want_io(o);
}

static void on_datagram(const uint8_t *octets, size_t len, uint32_t records, void *arg)
{
	struct outlet *o = arg;
	struct outlet_slot *slot;

	if (o->state != OUTLET_UP || o->queued + len > OUTLET_QUEUE_MAX ||
	    *o->queued_all + len > OUTLETS_QUEUE_MAX) {
		o->lost += records;
		return;
	}
	slot = xmalloc(sizeof(*slot) + len);
	/* It is in the queue now, not in the encoder. */
	o->encoder.records = 0;
	if (!o->first)
		o->taken_us = clock_us();
	*slot = (struct outlet_slot){ .records = records, .len = len };
	memcpy(slot->octets, octets, len);
	*o->last = slot;
	o->last = &slot->next;
	o->queued += len;
	*o->queued_all += len;
	flush(o);
}

/* ---- its socket ---- */

/* Of the address that datagrams leave by; it is what a collector knows an agent by. */
static void take_agent(struct outlet *o)
{
	struct sockaddr_storage at = {};
	socklen_t len = sizeof(at);

	if (!o->own_agent || getsockname(o->fd, (struct sockaddr *)&at, &len) < 0)
		return;
	memset(o->settings.agent, 0, sizeof(o->settings.agent));
	o->settings.agent_is_ip6 = at.ss_family == AF_INET6;
	if (o->settings.agent_is_ip6)
		memcpy(o->settings.agent, &((struct sockaddr_in6 *)&at)->sin6_addr, 16);
	else
		memcpy(o->settings.agent, &((struct sockaddr_in *)&at)->sin_addr, 4);
}

static void is_up(struct outlet *o)
{
	const struct encoder_settings *is = &o->encoder.set;

	o->state = OUTLET_UP;
	o->since_us = clock_us();
	o->error = 0;
	take_agent(o);
	/* The record that was written when the last connection broke. */
	lose_begun(o);
	if (!o->encoding || o->tcp || is->agent_is_ip6 != o->settings.agent_is_ip6 ||
	    memcmp(is->agent, o->settings.agent, sizeof(is->agent)) != 0) {
		o->left_out += o->encoder.left_out;
		if (o->encoding)
			encoder_deinit(&o->encoder);
		encoder_init(&o->encoder, &o->settings);
		o->encoding = true;
	}
	want_io(o);
}

static int error_of(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct outlet *o = arg;
	int error = events & (EPOLLERR | EPOLLHUP | EPOLLOUT) ? error_of(fd) : 0;

	if (o->tcp && (error || events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)))
		close_it(o, error ? error : ECONNRESET);
	else if (error)
		refused(o, error);
	else if (o->state == OUTLET_CONNECTING)
		is_up(o);
	if (o->state == OUTLET_UP)
		flush(o);
	return 0;
}

static int open_socket(struct outlet *o)
{
	struct sockaddr_storage at = {};
	socklen_t len = endpoint_address(&o->to, &at);
	int octets = RECEIVE_OCTETS, r = 0;

	o->fd = socket(o->to.family, (o->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC |
		       SOCK_NONBLOCK, 0);
	if (o->fd < 0)
		return -errno;
	setsockopt(o->fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
	o->state = OUTLET_CONNECTING;
	o->since_us = clock_us();
	if (connect(o->fd, (struct sockaddr *)&at, len) < 0)
		r = -errno;
	if (r < 0 && r != -EINPROGRESS)
		return r;
	r = sd_event_add_io(o->event, &o->io, o->fd, EPOLLOUT, on_io, o);
	if (r >= 0 && !o->tcp)
		is_up(o);
	return r < 0 ? r : 0;
}

void outlet_init(struct outlet *o, sd_event *event, const struct endpoint *to, bool tcp,
		 const struct encoder_settings *settings, bool own_agent, size_t *queued_all)
{
	*o = (struct outlet){
		.event = event, .to = *to, .tcp = tcp, .settings = *settings,
		.own_agent = own_agent, .queued_all = queued_all, .fd = -1,
	};
	o->last = &o->first;
	o->settings.send = on_datagram;
	o->settings.arg = o;
}

void outlet_deinit(struct outlet *o)
{
	close_it(o, 0);
	if (o->encoding)
		encoder_deinit(&o->encoder);
}

static void open_in_time(struct outlet *o, uint64_t now)
{
	int r;

	if (o->state != OUTLET_DOWN || now < o->retry_us)
		return;
	r = open_socket(o);
	if (r < 0)
		close_it(o, -r);
}

void outlet_tick(struct outlet *o, uint64_t now_ms)
{
	uint64_t now = clock_us();

	if (o->state == OUTLET_CONNECTING && now - o->since_us > CONNECT_US)
		close_it(o, ETIMEDOUT);
	if (o->tcp && o->first && now - o->taken_us > STUCK_US)
		close_it(o, ETIMEDOUT);
	open_in_time(o, now);
	if (o->state == OUTLET_UP)
		encoder_flush(&o->encoder, now_ms);
}

struct encoder *outlet_encoder(struct outlet *o)
{
	if (o->state == OUTLET_UP)
		return &o->encoder;
	o->lost++;
	return NULL;
}

json_t *outlet_json(const struct outlet *o)
{
	static const char *const words[] = { "down", "connecting", "up" };
	char to[ENDPOINT_TEXT_MAX];

	endpoint_format(&o->to, to);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s?}", "to", to, "state", words[o->state],
			 "records", (json_int_t)o->records, "messages", (json_int_t)o->datagrams,
			 "lost", (json_int_t)o->lost,
			 "left_out", (json_int_t)(o->left_out + o->encoder.left_out),
			 "error", o->error ? strerror(o->error) : NULL);
}
