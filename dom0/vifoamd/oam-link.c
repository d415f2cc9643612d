// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "oam/oam-status.h"
#include "vifoamd/oam-link.h"

#define FRAMES_AT_ONCE	16
/* Who sends more than can be read in that part of the time is heard late, or not at all. */
#define READING_PART	10
#define READING_US	5000
#define READING_BREAK_US 100000

static bool is_on(const struct oam_slot *s, enum oam_protocol protocol)
{
	return protocol == OAM_CFM ? s->cfm_on : protocol == OAM_BFD ? s->bfd_on : s->lldp_on;
}

/* ---- what there is to tell ---- */

static uint64_t mix(uint64_t so_far, uint64_t n)
{
	return (so_far ^ n) * 0x9e3779b97f4a7c15ULL;
}

static uint64_t state_of(const struct oam_link *link)
{
	const struct oam_slot *s = link->slot;
	uint64_t state = mix(1, (uint64_t)-link->error);

	state = mix(state, s->cfm_on | s->bfd_on << 1 | s->lldp_on << 2);
	if (s->cfm_on)
		state = mix(mix(state, s->cfm.faults), s->cfm.flaps);
	for (size_t i = 0; s->cfm_on && i < s->cfm.remote_count; i++)
		state = mix(state, s->cfm.remotes[i].alive | s->cfm.remotes[i].mpid << 1);
	if (s->bfd_on)
		state = mix(mix(state, s->bfd.state | s->bfd.diag << 4 | s->bfd.remote_state << 16 |
				(uint32_t)s->bfd.refused << 24), s->bfd.flaps);
	state = mix(state, link->path.known);
	return s->lldp_on ? mix(state, s->lldp.changes) : state;
}

static void notice(struct oam_link *link)
{
	uint64_t state = state_of(link);

	if (state == link->state)
		return;
	link->state = state;
	link->told = false;
	if (link->changed)
		link->changed(link, link->arg);
}

json_t *oam_link_status(const struct oam_link *link)
{
	const struct oam_slot *s = link->slot;

	return oam_status_json(s->netdev, s->cfm_on ? &s->cfm : NULL, s->bfd_on ? &s->bfd : NULL,
			       link->stranger, &link->path, s->lldp_on ? &s->lldp : NULL,
			       link->error ? strerror(-link->error) : NULL);
}

/* ---- frames and time ---- */

static int try_to_send(struct oam_link *link, enum oam_protocol protocol, const uint8_t *frame,
		       size_t len)
{
	const struct oam_tunnel *tunnel = &link->slot->tunnel;
	int fd = link->fds[protocol];

	return fd < 0 ? 0 : tunnel->kind ? oam_tunnel_send(tunnel, link->out, frame, len) :
				   oam_socket_send(fd, link->slot->ifindex, frame, len);
}

static void send_frame(struct oam_link *link, enum oam_protocol protocol, const uint8_t *frame,
		       size_t len)
{
	int r = try_to_send(link, protocol, frame, len);

	/* One of many that found no room is as if it were lost on the way. */
	if (link->fds[protocol] >= 0 && r != -EAGAIN && r != -ENOBUFS)
		link->error = r;
}

static void send_bfd(struct oam_link *link, const struct bfd_frame *f)
{
	uint8_t frame[BFD_FRAME_LEN];

	bfd_frame_format(f, frame);
	send_frame(link, OAM_BFD, frame, sizeof(frame));
}

/* If it is too large for the netdev itself, that is the same as if it were so further on. */
static void send_probe(struct oam_link *link, uint64_t now)
{
	static uint8_t frame[OAM_FRAME_MAX];
	struct oam_slot *s = link->slot;
	struct bfd_frame packet;
	uint32_t size;

	if (!bfd_may_probe(&s->bfd)) {
		path_mtu_forget(&link->path, now);
	} else if (path_mtu_tick(&link->path, now, &size)) {
		bfd_probe(&s->bfd, (uint16_t)size, &packet);
		bfd_frame_format(&packet, frame);
		try_to_send(link, OAM_BFD, frame, bfd_frame_len(&packet));
	}
}

static void send_due(struct oam_link *link, uint64_t now)
{
	struct oam_slot *s = link->slot;
	uint8_t frame[LLDP_FRAME_MAX > CFM_FRAME_LEN ? LLDP_FRAME_MAX : CFM_FRAME_LEN];
	struct bfd_frame packet;
	struct ccm ccm;
	size_t len;

	if (s->cfm_on && cfm_tick(&s->cfm, now, &ccm)) {
		ccm_format(&ccm, frame);
		send_frame(link, OAM_CFM, frame, CFM_FRAME_LEN);
	}
	while (s->bfd_on && bfd_tick(&s->bfd, now, &packet))
		send_bfd(link, &packet);
	if (s->bfd_on)
		send_probe(link, now);
	len = s->lldp_on ? lldp_tick(&s->lldp, now, frame) : 0;
	if (len)
		send_frame(link, OAM_LLDP, frame, len);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void set_reading(struct oam_link *link, bool on)
{
	for (enum oam_protocol p = OAM_CFM; p < OAM_PROTOCOLS; p++)
		if (link->io[p])
			sd_event_source_set_enabled(link->io[p], on ? SD_EVENT_ON : SD_EVENT_OFF);
}

/* What was read took from @begin to now. */
static void spend(struct oam_link *link, uint64_t begin)
{
	uint64_t now = clock_us(), at = allowance_spend(&link->reading, now, now - begin);

	if (at <= now)
		return;
	link->read_at = at;
	set_reading(link, false);
}

static void run(struct oam_link *link)
{
	struct oam_slot *s = link->slot;
	uint64_t next = UINT64_MAX, now = clock_us();

	send_due(link, now);
	if (link->read_at && now >= link->read_at) {
		link->read_at = 0;
		set_reading(link, true);
	}
	if (link->read_at)
		next = link->read_at;
	if (s->cfm_on)
		next = sooner(next, cfm_next(&s->cfm));
	if (s->bfd_on)
		next = sooner(sooner(next, bfd_next(&s->bfd)), path_mtu_next(&link->path));
	if (s->lldp_on)
		next = sooner(next, lldp_next(&s->lldp));
	sd_event_source_set_time(link->timer, next);
	sd_event_source_set_enabled(link->timer, next == UINT64_MAX ? SD_EVENT_OFF :
				    SD_EVENT_ONESHOT);
	notice(link);
}

static int on_time(sd_event_source *source, uint64_t usec, void *arg)
{
	run(arg);
	return 0;
}

/* Of the packet that was refused just now, if that was for its address. */
static void note_stranger(struct oam_link *link, const uint8_t *frame, size_t len)
{
	struct bfd_frame f;

	if (link->slot->bfd.refused == BFD_REFUSED_ADDRESS &&
	    bfd_frame_parse(frame, len, &f) == 0 && !f.control.your_disc)
		memcpy(link->stranger, f.src, sizeof(link->stranger));
}

static void input_bfd(struct oam_link *link, const uint8_t *frame, size_t len, uint64_t now)
{
	if (bfd_input(&link->slot->bfd, frame, len, now))
		path_mtu_answered(&link->path, now);
	note_stranger(link, frame, len);
}

static void input(struct oam_link *link, enum oam_protocol protocol, const uint8_t *frame,
		  size_t len)
{
	struct oam_slot *s = link->slot;
	uint64_t now = clock_us();

	if (s->tunnel.kind)
		frame = oam_tunnel_frame(&s->tunnel, frame, len, &len);
	if (!frame)
		return;
	if (protocol == OAM_CFM)
		cfm_input(&s->cfm, frame, len, now);
	else if (protocol == OAM_BFD)
		input_bfd(link, frame, len, now);
	else
		lldp_input(&s->lldp, frame, len, now);
}

static int on_frames(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct oam_link *link = arg;
	static uint8_t frame[OAM_FRAME_MAX];
	enum oam_protocol protocol = OAM_CFM;
	uint64_t begin = clock_us();

	while (protocol < OAM_LLDP && link->fds[protocol] != fd)
		protocol++;
	for (int i = 0; i < FRAMES_AT_ONCE; i++) {
		ssize_t n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (n < 0)
			break;
		input(link, protocol, frame, (size_t)n);
	}
	spend(link, begin);
	run(link);
	return 0;
}

/* ---- sockets ---- */

static void close_socket(struct oam_link *link, enum oam_protocol protocol)
{
	link->io[protocol] = sd_event_source_disable_unref(link->io[protocol]);
	if (link->fds[protocol] >= 0)
		close(link->fds[protocol]);
	link->fds[protocol] = -1;
	if (protocol != OAM_BFD)
		return;
	if (link->out >= 0)
		close(link->out);
	link->out = -1;
}

static int open_socket(struct oam_link *link, enum oam_protocol protocol)
{
	sd_event *event = sd_event_source_get_event(link->timer);
	const struct oam_tunnel *tunnel = &link->slot->tunnel;
	int r = tunnel->kind ? oam_tunnel_open(tunnel, &link->fds[protocol], &link->out) :
			       oam_socket_open(protocol, link->slot->ifindex);

	if (r < 0)
		return r;
	if (!tunnel->kind)
		link->fds[protocol] = r;
	r = sd_event_add_io(event, &link->io[protocol], link->fds[protocol], EPOLLIN, on_frames,
			    link);
	if (r < 0)
		close_socket(link, protocol);
	return r < 0 ? r : 0;
}

/* Those of what is on, and no others. */
static void open_sockets(struct oam_link *link)
{
	link->error = 0;
	for (enum oam_protocol p = OAM_CFM; p < OAM_PROTOCOLS; p++) {
		if (!is_on(link->slot, p))
			close_socket(link, p);
		else if (link->fds[p] < 0) {
			int r = open_socket(link, p);

			if (r < 0)
				link->error = r;
		}
	}
}

void oam_link_mend(struct oam_link *link)
{
	if (!link->error)
		return;
	open_sockets(link);
	run(link);
}

void oam_link_open(struct oam_link *link, struct oam_slot *slot, sd_event *event)
{
	uint64_t now = clock_us();

	link->slot = slot;
	link->out = -1;
	link->reading = (struct allowance){ .part = READING_PART, .burst_us = READING_US,
					    .break_max_us = READING_BREAK_US };
	for (enum oam_protocol p = OAM_CFM; p < OAM_PROTOCOLS; p++)
		link->fds[p] = -1;
	sd_event_add_time(event, &link->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_time, link);
	if (!slot->used)
		return;
	if (slot->cfm_on)
		cfm_resume(&slot->cfm, now);
	if (slot->bfd_on)
		bfd_resume(&slot->bfd, now);
	open_sockets(link);
	run(link);
}

static void configure(struct oam_slot *s, const struct oam_wanted *w, uint32_t disc)
{
	uint64_t now = clock_us();

	if (w->cfm_on && s->cfm_on)
		cfm_configure(&s->cfm, &w->cfm, now);
	else if (w->cfm_on)
		cfm_init(&s->cfm, &w->cfm, now);
	if (w->bfd_on && s->bfd_on)
		bfd_configure(&s->bfd, &w->bfd, now);
	else if (w->bfd_on)
		bfd_init(&s->bfd, &w->bfd, disc, now);
	if (w->lldp_on && s->lldp_on)
		lldp_configure(&s->lldp, &w->lldp, now);
	else if (w->lldp_on)
		lldp_init(&s->lldp, &w->lldp, now);
	s->cfm_on = w->cfm_on;
	s->bfd_on = w->bfd_on;
	s->lldp_on = w->lldp_on;
}

/* The others are told what ends here. */
static void say_end(struct oam_link *link, bool bfd, bool lldp)
{
	struct oam_slot *s = link->slot;
	uint8_t frame[LLDP_FRAME_MAX];
	struct bfd_frame packet;
	size_t len;

	if (bfd && s->bfd_on) {
		bfd_end(&s->bfd, &packet);
		send_bfd(link, &packet);
		s->bfd_on = false;
	}
	len = lldp && s->lldp_on ? lldp_end(&s->lldp, frame) : 0;
	if (len)
		send_frame(link, OAM_LLDP, frame, len);
}

void oam_link_set(struct oam_link *link, const struct oam_wanted *w, uint32_t disc)
{
	struct oam_slot *s = link->slot;

	if (s->used && (s->ifindex != w->ifindex ||
			memcmp(&s->tunnel, &w->tunnel, sizeof(s->tunnel)) != 0))
		for (enum oam_protocol p = OAM_CFM; p < OAM_PROTOCOLS; p++)
			close_socket(link, p);
	else if (s->used)
		say_end(link, !w->bfd_on, !w->lldp_on || !w->lldp.sends);
	memcpy(s->netdev, w->netdev, sizeof(s->netdev));
	s->ifindex = w->ifindex;
	s->tunnel = w->tunnel;
	configure(s, w, disc);
	path_mtu_set(&link->path, w->bfd_on ? w->mtu : 0, clock_us());
	s->used = true;
	open_sockets(link);
	run(link);
}

void oam_link_close(struct oam_link *link, bool say)
{
	if (say)
		say_end(link, true, true);
	for (enum oam_protocol p = OAM_CFM; p < OAM_PROTOCOLS; p++)
		close_socket(link, p);
	link->timer = sd_event_source_disable_unref(link->timer);
	link->slot = NULL;
}
