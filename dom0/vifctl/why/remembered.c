// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/remembered.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "kmod/core/session-proto.h"
#include "kmod/core/session-record.h"
#include "show/session-document.h"

#define NOW	0x40000000U	/* of the copy; only differences count */

static const char *const words[] = {
	[WHY_STATE_TABLE] = "table", [WHY_STATE_NEW] = "new",
	[WHY_STATE_ESTABLISHED] = "established", [WHY_STATE_UNKNOWN] = "unknown",
};

bool why_state_parse(const char *word, enum why_state *ret)
{
	if (strcmp(word, words[WHY_STATE_NEW]) && strcmp(word, words[WHY_STATE_ESTABLISHED]))
		return false;
	*ret = strcmp(word, words[WHY_STATE_NEW]) ? WHY_STATE_ESTABLISHED : WHY_STATE_NEW;
	return true;
}

const char *why_state_word(enum why_state state)
{
	return words[state];
}

static void feed(struct vs_sessions *t)
{
	while (vs_sessions_hungry(t)) {
		void *page = xmalloc(VS_SESSION_PAGE);

		memset(page, 0, VS_SESSION_PAGE);
		vs_sessions_give(t, page);
	}
}

static void starve(struct vs_sessions *t)
{
	void *page;

	while ((page = vs_sessions_take(t)))
		free(page);
}

/* An entry of a later kernel's may have what this one's code cannot handle. */
static bool is_sound(const struct vifswitch_session *s)
{
	struct {
		struct vifswitch_sessions head;
		struct vifswitch_session entry;
	} record = { .head = { .magic = VIFSWITCH_SESSIONS_MAGIC,
			       .version = VIFSWITCH_SESSIONS_VERSION,
			       .header_len = sizeof(record.head), .total_len = sizeof(record),
			       .entry_len = sizeof(record.entry), .entry_count = 1 },
		     .entry = *s };
	struct vs_program_error err;
	uint32_t count;

	return vs_sessions_check(&record, sizeof(record), &count, &err) == 0;
}

/* A table with these sessions and room for more. */
static void copy_table(struct vs_sessions *t, const struct why_sessions *sessions)
{
	static const uint64_t key[2] = { 1, 3 };
	struct vs_session_import result = {};

	vs_sessions_init(t, key, (uint32_t)(8 * sessions->count + 8), NOW);
	for (size_t i = 0; i < sessions->count; i++) {
		if (!is_sound(&sessions->entries[i]))
			continue;
		feed(t);
		vs_session_enter(t, &sessions->entries[i], NOW, &result);
	}
	feed(t);
}

static bool is_icmp(const struct vs_packet *pkt)
{
	return pkt->proto == (pkt->family == VIFSWITCH_ACL_IP4 ? VS_PROTO_ICMP : VS_PROTO_ICMP6);
}

/* Types of ICMP that ask; what has a session and is none of them answers. */
static bool is_question(const struct vs_packet *pkt)
{
	return pkt->l4_src == 8 || pkt->l4_src == 13 || pkt->l4_src == 17 || pkt->l4_src == 128 ||
	       pkt->l4_src == 139;
}

/* The identifier of a question and its answer; any, if the packet is of words. */
static bool identifier_fits(const struct vifswitch_session *s, const struct vs_packet *pkt,
			    const struct why_frame *frame)
{
	return !frame->exact || frame->len < pkt->l4 + 6U ||
	       vs_get_be16(frame->octets + pkt->l4 + 4) == (s->vm_port | s->peer_port);
}

static bool ports_fit(const struct vifswitch_session *s, enum vifswitch_acl_direction dir,
		      const struct vs_packet *pkt, const struct why_frame *frame)
{
	bool from = dir == VIFSWITCH_ACL_FROM;

	if (is_icmp(pkt))
		return s->begun == (is_question(pkt) ? dir : !dir) &&
		       identifier_fits(s, pkt, frame);
	if (pkt->l4_src == VIFSWITCH_ACL_ABSENT)
		return !(s->vm_port | s->peer_port);
	return (from ? s->vm_port : s->peer_port) == pkt->l4_src &&
	       (from ? s->peer_port : s->vm_port) == pkt->l4_dst;
}

static bool addresses_fit(const struct vifswitch_session *s, enum vifswitch_acl_direction dir,
			  const struct vs_packet *pkt)
{
	const uint8_t *src = dir == VIFSWITCH_ACL_FROM ? s->vm_addr : s->peer_addr;
	const uint8_t *dst = dir == VIFSWITCH_ACL_FROM ? s->peer_addr : s->vm_addr;

	if (pkt->family == VIFSWITCH_ACL_IP4)
		return vs_get_be32(src) == pkt->src.ip4 && vs_get_be32(dst) == pkt->dst.ip4;
	return vs_get_be64(src) == pkt->src.ip6[0] && vs_get_be64(src + 8) == pkt->src.ip6[1] &&
	       vs_get_be64(dst) == pkt->dst.ip6[0] && vs_get_be64(dst + 8) == pkt->dst.ip6[1];
}

/* The one that the packet is of, whatever its sequence numbers. */
static const struct vifswitch_session *find(const struct why_sessions *sessions,
					    enum vifswitch_acl_direction dir,
					    const struct vs_verdict *v,
					    const struct why_frame *frame)
{
	const struct vs_packet *pkt = &v->packet;

	for (size_t i = 0; i < sessions->count; i++) {
		const struct vifswitch_session *s = &sessions->entries[i];

		if (s->family == pkt->family && s->proto == pkt->proto && s->vlan == v->vid &&
		    addresses_fit(s, dir, pkt) && ports_fit(s, dir, pkt, frame))
			return s;
	}
	return NULL;
}

/* Would the numbers that a packet in words does not have decide? */
static bool has_numbers(const struct vs_packet *pkt)
{
	if (pkt->proto == VS_PROTO_TCP)
		return vs_session_tcp_sane(pkt->tcp_flags) &&
		       (pkt->tcp_flags & (VS_TCP_SYN | VS_TCP_ACK)) != VS_TCP_SYN;
	return pkt->proto == VS_PROTO_SCTP || is_icmp(pkt);
}

static enum vifswitch_drop_reason settle(const struct why_sessions *sessions,
					 const struct why_port *port,
					 enum vifswitch_acl_direction dir,
					 const struct vs_verdict *v, const struct why_frame *frame,
					 const struct vs_access *access)
{
	struct vs_session_packet in = {
		.pkt = &v->packet, .p = frame->octets, .len = frame->len, .octets = frame->len,
		.packets = 1, .now = NOW, .vid = v->vid, .dir = dir,
		.allowed = access->track == VS_TRACK_ALLOWED,
	};
	enum vifswitch_drop_reason reason;
	struct vs_sessions t;

	copy_table(&t, sessions);
	reason = vs_session_settle(&t, &port->acl->view, access, &in);
	starve(&t);
	return reason;
}

enum vifswitch_drop_reason why_remembered(const struct why_world *w, const struct why_port *port,
					  enum vifswitch_acl_direction dir,
					  const struct vs_verdict *v, const struct why_frame *frame,
					  const struct vs_access *access, struct why_memory *ret)
{
	_cleanup_(why_sessions_deinit) struct why_sessions sessions = {};
	const struct vifswitch_session *s = NULL;

	*ret = (struct why_memory){ .asked = frame->state };
	if (frame->state == WHY_STATE_ESTABLISHED)
		return vs_access_tracked(access, dir, VS_CONNECTION_REPLY);
	if (frame->state == WHY_STATE_TABLE &&
	    !(w->sessions && w->sessions(port, &v->packet, &sessions)))
		ret->asked = WHY_STATE_UNKNOWN;
	if (ret->asked == WHY_STATE_UNKNOWN)
		return (enum vifswitch_drop_reason)access->reason;
	s = find(&sessions, dir, v, frame);
	if (s)
		ret->session = word_of(session_state_words, s->state);
	ret->begins = !s && frame->state == WHY_STATE_TABLE && access->track == VS_TRACK_ALLOWED &&
		      port->connections >= port->program->connections_max;
	if (s && !frame->exact && has_numbers(&v->packet))
		return vs_access_tracked(access, dir, s->begun == dir ? VS_CONNECTION_ORIGINAL :
									VS_CONNECTION_REPLY);
	return settle(&sessions, port, dir, v, frame, access);
}
