// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl record: frames of a VM's ports as the kernel judged them, from the kernel itself.
 * The recordings belong to our socket, so that whatever ends us ends them. What the file
 * may become is bounded by frames, seconds and octets.
 */
#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "datapath/ko/recorder.h"
#include "policy/acl/builtin.h"
#include "show/drops-document.h"
#include "show/packet-summary.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/ask/follow-until.h"
#include "vifctl/view/pcapng.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

#define FRAMES		10000L
#define SECONDS		60L
#define OCTETS_MAX	(256ULL << 20)	/* of the file */
#define PORTS_MAX	16U
#define AT_ONCE		256
#define STEP_MS		500

struct recorded_port {
	const json_t *port;
	uint32_t ifindex;
	uint64_t first, last;	/* numbers of its frames; 0: none yet */
	uint64_t seen, kept;
	uint64_t missed;	/* that was told of */
};

struct recording {
	struct watch watch;
	struct vifctl *v;
	const json_t *ports;	/* of this host, by which others are named */
	json_t *acls;		/* NULL: rules have no names */
	struct recorded_port of[PORTS_MAX];
	unsigned int count;
	struct bpf_program filter;
	bool has_filter;
	FILE *file;		/* NULL: lines of text */
	uint64_t octets;
};

/* CPUs may change the order of numbers, so one that was missed may yet come. */
static uint64_t lost_of(const struct recorded_port *port)
{
	uint64_t all = port->first ? port->last - port->first + 1 : 0;

	return all > port->seen ? all - port->seen : 0;
}

static struct recorded_port *port_of(struct recording *r, uint32_t ifindex)
{
	for (unsigned int i = 0; i < r->count; i++)
		if (r->of[i].ifindex == ifindex)
			return &r->of[i];
	return NULL;
}

static char *name_of(const json_t *port)
{
	const json_t *devid = json_object_get(port, "devid");

	if (*get_vm_label(port) && json_is_integer(devid))
		return xprintf("%s/%lld", get_vm_label(port), (long long)json_integer_value(devid));
	return xstrdup(get_text(port, "netdev"));
}

/* "web/0", a netdev, or what is known of it. */
static char *other_of(const struct recording *r, uint32_t ifindex)
{
	const json_t *port;
	size_t i;

	if (ifindex == VIFSWITCH_RECORDED_MANY)
		return xstrdup("several ports");
	json_array_foreach(r->ports, i, port)
		if (json_integer_value(json_object_get(port, "ifindex")) == ifindex)
			return name_of(port);
	return xprintf("interface %u", ifindex);
}

/* "rule R of ACL A"; of a cookie that nobody knows, its number. */
static char *rule_of(const struct recording *r, uint64_t cookie)
{
	char hex[17];
	const json_t *acl, *rule;
	size_t i, j;

	if (acl_reserved_name(cookie))
		return xprintf("rule %s", acl_reserved_name(cookie));
	snprintf(hex, sizeof(hex), "%016" PRIx64, cookie);
	json_array_foreach(json_object_get(r->acls, "acls"), i, acl)
		json_array_foreach(json_object_get(acl, "rules"), j, rule)
			if (!strcmp(get_text(rule, "cookie"), hex))
				return xprintf("rule %s of ACL %s", get_text(rule, "name"),
					       get_text(acl, "name"));
	return xprintf("rule %s", hex);
}

static const char *word_of(uint32_t reason)
{
	static const char *const words[] = {
#define WORD(name, word, stage, sentence) word,
		VIFSWITCH_DROP_REASONS(WORD)
#undef WORD
	};

	return reason && reason <= ARRAY_SIZE(words) ? words[reason - 1] : "unknown";
}

/* What the kernel did with the frame, in one line. */
static char *verdict(const struct recording *r, const struct vifswitch_recorded *data)
{
	const bool to = data->flags & VIFSWITCH_RECORDED_TO;
	_cleanup_free_ char *other = data->other ? other_of(r, data->other) : NULL, *rule = NULL;
	const char *way = to ? "to VM" : "from VM", *with = to ? ", from " : ", to ";

	if (data->flags & VIFSWITCH_RECORDED_DELIVERED)
		return xprintf("%s, delivered%s%s", way, other ? with : "", other ?: "");
	if (!data->reason)
		return xprintf("%s, taken by the host itself", way);
	if (data->flags & VIFSWITCH_RECORDED_RULE)
		rule = rule_of(r, data->rule);
	return xprintf("%s, dropped: %s (%s)%s%s%s%s", way, word_of(data->reason),
		       drop_sentence(word_of(data->reason)), rule ? ", " : "", rule ?: "",
		       other ? with : "", other ?: "");
}

static void write_line(struct recording *r, const struct recorded_port *port,
		       const struct vifswitch_recorded *data, const uint8_t *packet, uint32_t len,
		       const char *comment)
{
	const time_t seconds = (time_t)(data->time_ns / 1000000000);
	_cleanup_free_ char *plain = name_of(port->port), *name = safe_text(plain);
	_cleanup_free_ char *said = safe_text(comment);
	_cleanup_free_ char *summary = packet_summary(packet, len, data->frame_len);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(r->v->out, "%s.%06u  %s  %s  %s\n", clock,
		(unsigned int)(data->time_ns % 1000000000 / 1000), name, summary, said);
}

static void keep(struct recording *r, struct recorded_port *port, uint64_t lost,
		 const struct vifswitch_recorded *data, const uint8_t *packet, uint32_t len)
{
	const bool to = data->flags & VIFSWITCH_RECORDED_TO;
	_cleanup_free_ char *comment = verdict(r, data);

	port->kept++;
	r->watch.shown++;
	r->octets += len + strlen(comment) + 100;
	if (!r->file) {
		write_line(r, port, data, packet, len, comment);
		return;
	}
	pcapng_packet(r->file, &(struct pcapng_packet){
		.interface = (uint32_t)(port - r->of), .time_ns = data->time_ns, .data = packet,
		.len = len, .whole = data->frame_len, .lost = lost, .comment = comment,
		.direction = to ? PCAPNG_OUTBOUND : PCAPNG_INBOUND });
}

static bool full(const struct recording *r)
{
	return watch_over(&r->watch) || r->octets >= OCTETS_MAX || (r->file && ferror(r->file));
}

static void take(uint32_t ifindex, const struct vifswitch_recorded *data, const uint8_t *packet,
		 uint32_t len, void *arg)
{
	struct recording *r = arg;
	struct recorded_port *port = port_of(r, ifindex);
	struct pcap_pkthdr header = { .caplen = len, .len = data->frame_len };
	uint64_t missed, lost;

	if (!port || full(r))
		return;
	if (!port->first)
		port->first = data->number;
	port->last = data->number > port->last ? data->number : port->last;
	port->seen++;
	missed = lost_of(port);
	lost = missed > port->missed ? missed - port->missed : 0;
	port->missed += lost;
	if (!r->has_filter || pcap_offline_filter(&r->filter, &header, packet))
		keep(r, port, lost, data, packet, len);
}

/* ---- before and after ---- */

static int compile(struct recording *r)
{
	pcap_t *pcap = r->v->filter_count ? pcap_open_dead(DLT_EN10MB,
							   VIFSWITCH_RECORD_OCTETS_MAX) : NULL;
	int status = VIFCTL_OK;

	if (!pcap)
		return VIFCTL_OK;
	if (r->v->filter_count > 1)
		status = vifctl_fail(VIFCTL_USAGE, "--filter: one is enough; \"and\" joins two");
	else if (pcap_compile(pcap, &r->filter, r->v->filters[0], 1, PCAP_NETMASK_UNKNOWN) < 0)
		status = vifctl_fail(VIFCTL_USAGE, "--filter \"%s\": %s; accepted: see pcap-filter(7)",
				     r->v->filters[0], pcap_geterr(pcap));
	else
		r->has_filter = true;
	pcap_close(pcap);
	return status;
}

static int open_file(struct recording *r)
{
	const char *path = r->v->capture;

	if (!path)
		return VIFCTL_OK;
	if (!strcmp(path, "-") && isatty(STDOUT_FILENO))
		return vifctl_fail(VIFCTL_USAGE, "-w -: a capture is nothing for a terminal");
	r->file = strcmp(path, "-") ? fopen(path, "we") : fdopen(dup(STDOUT_FILENO), "w");
	if (!r->file)
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(errno));
	pcapng_begin(r->file, "vifctl " VIFSWITCH_VERSION);
	for (unsigned int i = 0; i < r->count; i++) {
		_cleanup_free_ char *name = name_of(r->of[i].port);

		pcapng_interface(r->file, get_text(r->of[i].port, "netdev"), name,
				 VIFSWITCH_RECORD_OCTETS_MAX);
	}
	return VIFCTL_OK;
}

static int close_file(struct recording *r, int status)
{
	struct timespec now;

	if (!r->file)
		return status;
	clock_gettime(CLOCK_REALTIME, &now);
	for (unsigned int i = 0; i < r->count; i++)
		pcapng_statistics(r->file, i, (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec,
				  r->of[i].kept + lost_of(&r->of[i]), lost_of(&r->of[i]));
	if ((ferror(r->file) | fclose(r->file)) && status == VIFCTL_OK)
		return vifctl_fail(VIFCTL_FAILED, "%s: cannot be written", r->v->capture);
	return status;
}

static int start(struct recording *r, struct recorder *rec, const json_t *ports)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port) {
		uint32_t ifindex = (uint32_t)json_integer_value(json_object_get(port, "ifindex"));

		if (!ifindex || !json_is_object(json_object_get(port, "counters")))
			continue;
		if (r->count == PORTS_MAX)
			return vifctl_fail(VIFCTL_USAGE, "these are more than %u ports; name fewer",
					   PORTS_MAX);
		if (recorder_add(rec, ifindex, VIFSWITCH_RECORD_OCTETS_MAX,
				 VIFSWITCH_RECORD_FRAMES_MAX) < 0)
			return vifctl_fail(VIFCTL_FAILED, "%s: %s", get_text(port, "netdev"),
					   recorder_error(rec));
		r->of[r->count++] = (struct recorded_port){ .port = port, .ifindex = ifindex };
	}
	if (!r->count)
		return vifctl_fail(VIFCTL_NOT_FOUND, "none of its ports is in a switch now");
	if (recorder_listen(rec) < 0)
		return vifctl_fail(VIFCTL_FAILED, "%s", recorder_error(rec));
	return VIFCTL_OK;
}

static int follow(struct recording *r, struct recorder *rec)
{
	while (!full(r)) {
		struct pollfd fd = { .fd = recorder_fd(rec), .events = POLLIN };
		int n = 0;

		if (poll(&fd, 1, watch_step(&r->watch, STEP_MS)) > 0)
			n = recorder_take(rec, AT_ONCE, take, r);
		if (n < 0 && n != -ENOBUFS)
			return vifctl_fail(VIFCTL_UNAVAILABLE, "%s", strerror(-n));
		fflush(r->file ?: r->v->out);
	}
	return VIFCTL_OK;
}

static void tell(const struct recording *r)
{
	uint64_t kept = 0, lost = 0;

	for (unsigned int i = 0; i < r->count; i++) {
		kept += r->of[i].kept;
		lost += lost_of(&r->of[i]);
	}
	vifctl_say("%" PRIu64 " frames recorded, %" PRIu64 " for which there was no room%s", kept,
		   lost, r->octets >= OCTETS_MAX ? "; the file is as large as it may be" : "");
}

static int record(struct recording *r, const json_t *ports)
{
	_cleanup_(recorder_freep) struct recorder *rec = NULL;
	int status = compile(r);

	if (status)
		return status;
	if (recorder_new(&rec) < 0)
		return vifctl_fail(VIFCTL_UNAVAILABLE, "%s", recorder_error(rec));
	status = start(r, rec, ports);
	if (status == VIFCTL_OK)
		status = open_file(r);
	if (status == VIFCTL_OK) {
		vifctl_say("recording, until interrupted or full");
		status = follow(r, rec);
	}
	status = close_file(r, status);
	if (status == VIFCTL_OK)
		tell(r);
	return status;
}

/* Names of rules, if there is somebody who knows them. */
static json_t *fetch_acls(void)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *acls = NULL;

	if (fetch_open(&c) == VIFCTL_OK)
		fetch_call_optional(&c, "acls", &acls);
	return acls;
}

int run_record(struct vifctl *v)
{
	struct recording r = { .watch = { .v = v }, .v = v };
	json_t *doc, *ports;
	int status = fetch_ports(operand(v, 0), &doc, &ports);

	if (status)
		return status;
	if (!v->count)
		v->count = FRAMES;
	vifctl_catch_stop();
	watch_start(&r.watch, SECONDS);
	r.ports = json_object_get(doc, "ports");
	r.acls = fetch_acls();
	status = record(&r, ports);
	if (r.has_filter)
		pcap_freecode(&r.filter);
	json_decref(r.acls);
	json_decref(ports);
	json_decref(doc);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}
