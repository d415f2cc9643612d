// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl drops --follow: frames as they are dropped, from vifswitchd's control
 * socket, or, when it does not run, from the kernel's own events made into the
 * same form. The kernel shows at most ten a second of each port and counts the
 * others; those are told of in one line a second at most.
 */
#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/control.h"
#include "base/mac.h"
#include "datapath/ko/client.h"
#include "show/drops-document.h"
#include "show/event-document.h"
#include "show/event-packet.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/ask/follow-until.h"
#include "vifctl/view.h"
#include "vifctl/view/select.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

#define NOTE_MS		1000
#define EVENTS_AT_ONCE	256

struct follow {
	struct watch watch;
	struct vifctl *v;
	json_t *ports;		/* only of these; NULL: all */
	pcap_t *pcap;
	pcap_dumper_t *dump;
	bool quiet;		/* the capture is on standard output */
	uint64_t hidden;	/* that were not told of yet */
	int64_t noted;		/* when such were told of last */
	json_t *last;		/* told of last, and how many were the same since */
	uint64_t same;
};

static int open_capture(struct follow *f)
{
	const char *path = f->v->capture;

	if (!path)
		return VIFCTL_OK;
	f->pcap = pcap_open_dead(DLT_EN10MB, EVENT_PACKET_MAX);
	f->dump = f->pcap ? pcap_dump_open(f->pcap, path) : NULL;
	if (!f->dump)
		return vifctl_fail(VIFCTL_FAILED, "%s", f->pcap ? pcap_geterr(f->pcap) :
				   "out of memory");
	f->quiet = !strcmp(path, "-");
	return VIFCTL_OK;
}

static int close_capture(struct follow *f, int status)
{
	if (f->dump && pcap_dump_flush(f->dump) && status == VIFCTL_OK)
		status = vifctl_fail(VIFCTL_FAILED, "%s: %s", f->v->capture, strerror(errno));
	if (f->dump)
		pcap_dump_close(f->dump);
	if (f->pcap)
		pcap_close(f->pcap);
	return status;
}

static void capture(struct follow *f, const json_t *event)
{
	const json_int_t whole = json_integer_value(json_object_get(event, "length"));
	uint8_t octets[EVENT_PACKET_MAX];
	struct pcap_pkthdr header = {};
	struct timespec now;

	if (!f->dump)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	header.ts.tv_sec = now.tv_sec;
	header.ts.tv_usec = now.tv_nsec / 1000;
	header.caplen = (bpf_u_int32)event_packet(event, octets, sizeof(octets));
	header.len = whole > header.caplen ? (bpf_u_int32)whole : header.caplen;
	pcap_dump((u_char *)f->dump, &header, octets);
	pcap_dump_flush(f->dump);
}

/* The same port now, or the same interface of the same VM after it came back. */
static bool is_of(const json_t *event, const json_t *port)
{
	const char *uuid = get_text(json_object_get(port, "vm"), "uuid");

	if (json_equal(json_object_get(event, "ifindex"), json_object_get(port, "ifindex")))
		return true;
	return *uuid && !strcmp(get_text(json_object_get(event, "vm"), "uuid"), uuid) &&
	       json_equal(json_object_get(event, "devid"), json_object_get(port, "devid"));
}

/* A frame that the port sent, which another port did not take: counted there. */
static bool is_from(const json_t *event, const json_t *port)
{
	uint8_t octets[EVENT_PACKET_MAX];
	char source[sizeof("00:00:00:00:00:00")];
	const json_t *mac;
	size_t i;

	if (strncmp(get_text(event, "reason"), "to-", 3) ||
	    event_packet(event, octets, sizeof(octets)) < 12)
		return false;
	snprintf(source, sizeof(source), MAC_FORMAT, MAC_OCTETS((octets + 6)));
	json_array_foreach(json_object_get(port, "mac"), i, mac)
		if (!strcmp(json_string_value(mac) ?: "", source))
			return true;
	return false;
}

static bool wanted(const struct follow *f, const json_t *event)
{
	const json_t *port;
	size_t i;

	if (!f->ports)
		return true;
	json_array_foreach(f->ports, i, port)
		if (is_of(event, port) || is_from(event, port))
			return true;
	return false;
}

static void note(struct follow *f, bool now)
{
	if (f->v->json || f->quiet || (!now && clock_ms() - f->noted < NOTE_MS))
		return;
	if (f->same)
		fprintf(f->v->out, "... and the same %" PRIu64 " times more\n", f->same);
	f->same = 0;
	f->noted = clock_ms();
	if (f->hidden)
		fprintf(f->v->out, "... and %" PRIu64 " more that are not shown: a port shows at most %d a "
			"second\n", f->hidden, VIFSWITCH_EVENTS_PER_SEC);
	f->hidden = 0;
}

/* Of the same port, for the same reason, the same octets. */
static bool is_same(const json_t *a, const json_t *b)
{
	static const char *const members[] = { "ifindex", "reason", "rule", "packet", "length" };

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const json_t *x = json_object_get(a, members[i]),
			     *y = json_object_get(b, members[i]);

		if (x != y && (!x || !y || !json_equal(x, y)))
			return false;
	}
	return a;
}

/* False: it is one more of those, and only counted. */
static bool is_new(struct follow *f, json_t *event)
{
	if (is_same(f->last, event)) {
		f->same++;
		return false;
	}
	note(f, true);
	json_decref(f->last);
	f->last = json_incref(event);
	return true;
}

static void take(json_t *event, void *arg)
{
	struct follow *f = arg;
	const char *kind = get_text(event, "event");

	if (!strcmp(kind, "lost"))
		f->hidden += (uint64_t)json_integer_value(json_object_get(event, "count"));
	if (strcmp(kind, "drop") || !wanted(f, event) || watch_full(&f->watch))
		return;
	capture(f, event);
	f->watch.shown++;
	f->hidden += (uint64_t)json_integer_value(json_object_get(event, "suppressed"));
	if (f->quiet)
		return;
	if (f->v->json) {
		json_object_set_new(event, "sentence",
				    json_string(drop_sentence(get_text(event, "reason"))));
		vifctl_print_json(f->v, event, JSON_COMPACT);
	} else if (is_new(f, event)) {
		view_drop_event(event, f->v->out);
	}
	note(f, false);
	fflush(f->v->out);
}

static void take_kernel(const struct dp_event *dp, void *arg)
{
	struct owner owner;
	json_t *event;

	owner_from_cookie(&owner, dp->cookie, dp->cookie_len);
	event = event_of_datapath(dp, &owner, &(struct event_names){});
	if (event)
		take(event, arg);
	json_decref(event);
}

static int follow_kernel(struct follow *f)
{
	_cleanup_(datapath_freep) struct datapath *dp = NULL;
	int r = datapath_new(&dp);

	if (r == 0)
		r = datapath_resolve(dp);
	while (r == 0 && !watch_over(&f->watch)) {
		struct pollfd fd = { .fd = datapath_events_fd(dp), .events = POLLIN };

		if (poll(&fd, 1, watch_step(&f->watch, NOTE_MS)) <= 0)
			continue;
		r = datapath_events(dp, EVENTS_AT_ONCE, take_kernel, f);
		if (r == -ENOBUFS)
			f->hidden++;
		if (r == -ENOBUFS || r == -ESTALE)
			r = datapath_resolve(dp);
		r = r > 0 ? 0 : r;
	}
	if (r < 0)
		return vifctl_fail(VIFCTL_UNAVAILABLE, "events of the kernel: %s: %s",
				   strerror(-r), dp ? datapath_error(dp) : "");
	return VIFCTL_OK;
}

static int follow(struct follow *f)
{
	int status = watch_daemon(&f->watch, take, f);

	return status == VIFCTL_UNAVAILABLE && !f->watch.shown ? follow_kernel(f) : status;
}

int run_drops_follow(struct vifctl *v)
{
	struct follow f = { .watch = { .v = v }, .v = v };
	_cleanup_free_ char *problem = NULL;
	json_t *doc;
	int status;

	vifctl_catch_stop();
	watch_start(&f.watch, WATCH_SECONDS);
	status = fetch_document("show", &doc);
	if (status)
		return status;
	if (operand(v, 0)) {
		status = select_ports(json_object_get(doc, "ports"), operand(v, 0), &f.ports, &problem);
		if (status)
			vifctl_fail_lines(status, problem);
	}
	if (status == VIFCTL_OK)
		status = open_capture(&f);
	if (status == VIFCTL_OK)
		status = follow(&f);
	note(&f, true);
	status = close_capture(&f, status);
	json_decref(f.last);
	json_decref(f.ports);
	json_decref(doc);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}
