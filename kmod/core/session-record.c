// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob.h"
#include "guard.h"
#include "session-record.h"

#define PAGES_SEEN	8	/* by one call */
#define AGE_MAX_MS	(1000ULL * 86400 * 365)
#define SCALE_MAX	14
#define WINDOW_MAX	(1U << 30)

static const struct blob_form form = {
	.magic = VIFSWITCH_SESSIONS_MAGIC,
	.magic_text = "0x76696673, in the byte order of this host",
	.version = VIFSWITCH_SESSIONS_VERSION,
	.version_text = "1",
	.first = VIFSWITCH_SESSIONS_FIRST_LEN,
	.known = sizeof(struct vifswitch_sessions),
	.max = VIFSWITCH_SESSIONS_CHUNK_MAX,
	.len_text = "24 to 32768 octets",
	.header_text = "a multiple of 8 from 24 to total_len",
	.known_text = "0 to 23",
};

_Static_assert(sizeof(struct vifswitch_sessions) == 24, "known_text says otherwise");
_Static_assert(sizeof(struct vifswitch_session) == VIFSWITCH_SESSION_FIRST_LEN,
	       "entries have no holes");

static u64 ticks_to_ms(u32 ticks)
{
	return ticks * 1000ULL / VS_SESSION_HZ;
}

static void put_address(u8 *p, const u64 *ends, u32 words, bool peer)
{
	if (words == 1) {
		vs_put_be(p, ends[0] >> (peer ? 0 : 32) & 0xffffffff, 4);
		return;
	}
	vs_put_be(p, ends[peer ? 2 : 0], 8);
	vs_put_be(p + 8, ends[peer ? 3 : 1], 8);
}

static void write_tcp(const struct vs_session *s, struct vifswitch_session *ret)
{
	u32 dir;

	for (dir = 0; dir < 2; dir++) {
		ret->scale[dir] = s->scale >> 4 * dir & 15;
		ret->seq_end[dir] = s->tcp.side[dir].end;
		ret->seq_max[dir] = s->tcp.side[dir].max;
		ret->window[dir] = s->tcp.side[dir].window;
	}
}

static void write_session(const struct vs_session *s, u8 family, u32 words, u32 now,
			  struct vifswitch_session *ret)
{
	u32 dir;

	memset(ret, 0, sizeof(*ret));
	ret->family = family;
	ret->proto = vs_session_proto(s);
	ret->begun = (u8)vs_session_begun(s);
	ret->state = s->state;
	ret->vlan = vs_session_vid(s);
	ret->flags = s->flags & VIFSWITCH_SF_ALL;
	put_address(ret->vm_addr, s->ends, words, false);
	put_address(ret->peer_addr, s->ends, words, true);
	ret->vm_port = vs_session_port(s);
	ret->peer_port = vs_session_peer_port(s);
	ret->age_ms = ticks_to_ms(now - s->created);
	ret->idle_ms = ticks_to_ms(now - s->seen);
	for (dir = 0; dir < 2; dir++) {
		ret->packets[dir] = s->packets[dir] | (u64)s->packets_high[dir] << 32;
		ret->octets[dir] = s->octets[dir];
		if (ret->proto == VS_PROTO_SCTP)
			ret->tag[dir] = s->sctp.tag[dir];
	}
	if (ret->proto == VS_PROTO_TCP)
		write_tcp(s, ret);
}

u32 vs_sessions_export(const struct vs_sessions *t, u64 *place, u32 now,
		       struct vifswitch_session *ret, u32 max)
{
	u32 family = (u32)(*place >> 32), ref = (u32)*place, count = 0, seen = 0;

	while (family < 2 && count < max && seen < PAGES_SEEN * 64) {
		const struct vs_session_space *sp = &t->space[family];
		const struct vs_session *s;

		if (ref >> 6 >= sp->pages) {
			family++;
			ref = 0;
			continue;
		}
		seen++;
		if ((ref & 63) < sp->slots) {
			s = vs_session_at(sp, ref + 1, sp->size);
			if (s->state && !vs_session_is_over(s, now, false))
				write_session(s, (u8)family, sp->words, now, &ret[count++]);
		}
		ref++;
	}
	*place = family < 2 ? (u64)family << 32 | ref : VS_SESSIONS_END;
	return count;
}

static bool is_all_zero(const u8 *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

static bool is_unicast(const struct vifswitch_session *e, const u8 *address)
{
	if (e->family == VIFSWITCH_ACL_IP4)
		return !is_all_zero(address, 4) && address[0] < 0xe0 &&
		       is_all_zero(address + 4, 12);
	return !is_all_zero(address, 16) && address[0] != 0xff;
}

static bool is_icmp(const struct vifswitch_session *e)
{
	return e->proto == (e->family == VIFSWITCH_ACL_IP4 ? VS_PROTO_ICMP : VS_PROTO_ICMP6);
}

static bool has_ports(const struct vifswitch_session *e)
{
	return e->proto == VS_PROTO_TCP || e->proto == VS_PROTO_UDP ||
	       e->proto == VS_PROTO_UDPLITE || e->proto == VS_PROTO_SCTP ||
	       e->proto == VS_PROTO_DCCP;
}

/* Ports as the protocol has them; ICMP has one, at who asks. */
static bool ports_sane(const struct vifswitch_session *e)
{
	if (is_icmp(e))
		return !(e->begun == VIFSWITCH_ACL_FROM ? e->peer_port : e->vm_port);
	return has_ports(e) || !(e->vm_port | e->peer_port);
}

static bool state_sane(const struct vifswitch_session *e)
{
	switch (e->state) {
	case VIFSWITCH_SESSION_NEW:
	case VIFSWITCH_SESSION_ANSWERED:
		return e->proto != VS_PROTO_TCP && !is_icmp(e);
	case VIFSWITCH_SESSION_ECHO:
		return is_icmp(e);
	case VIFSWITCH_SESSION_TCP_CLOSED:
		return e->proto == VS_PROTO_TCP || e->proto == VS_PROTO_SCTP;
	default:
		return e->proto == VS_PROTO_TCP && e->state < VIFSWITCH_SESSION_COUNT;
	}
}

/* Flags that the state may have. */
static bool flags_sane(const struct vifswitch_session *e)
{
	u16 seen = e->flags & (VIFSWITCH_SF_SEEN_FROM | VIFSWITCH_SF_SEEN_TO);
	u16 tcp = VIFSWITCH_SF_FIN_FROM | VIFSWITCH_SF_FIN_TO | VIFSWITCH_SF_LOOSE;
	bool both = seen == (VIFSWITCH_SF_SEEN_FROM | VIFSWITCH_SF_SEEN_TO);

	if ((e->flags & ~VIFSWITCH_SF_ALL) || !seen)
		return false;
	if (e->proto != VS_PROTO_TCP && (e->flags & tcp))
		return false;
	if ((e->flags & VIFSWITCH_SF_CONFIRMED) && !both)
		return false;
	if (e->state == VIFSWITCH_SESSION_NEW && both)
		return false;
	if (e->state == VIFSWITCH_SESSION_ANSWERED && !both)
		return false;
	return e->state != VIFSWITCH_SESSION_TCP_ESTABLISHED ||
	       (e->flags & VIFSWITCH_SF_CONFIRMED);
}

/* What only TCP and SCTP have; windows are at most as wide as they can be told. */
static bool protocol_sane(const struct vifswitch_session *e)
{
	bool settled = e->state != VIFSWITCH_SESSION_TCP_OPENING ||
		       ((e->flags & VIFSWITCH_SF_SEEN_FROM) && (e->flags & VIFSWITCH_SF_SEEN_TO));
	u32 dir, used = 0;

	for (dir = 0; dir < 2; dir++) {
		if (e->proto != VS_PROTO_SCTP && e->tag[dir])
			return false;
		used |= e->scale[dir] | e->seq_end[dir] | e->seq_max[dir] | e->window[dir];
		if (e->window[dir] > WINDOW_MAX ||
		    e->scale[dir] > SCALE_MAX + !settled)
			return false;
	}
	return e->proto == VS_PROTO_TCP || !used;
}

/* In the order of their fields; the first that is wrong is told. */
static const struct {
	const char *field, *accepted;
	bool (*sane)(const struct vifswitch_session *e);
} checks[] = {
	{ "ports of entry", "those that the protocol has", ports_sane },
	{ "state of entry", "one of the protocol's", state_sane },
	{ "flags of entry", "those that the state can have", flags_sane },
	{ "windows or tags of entry", "those that the protocol can have", protocol_sane },
};

static int check_entry(const struct reader *r, const struct vifswitch_session *e, u32 index,
		       u16 vlan_max)
{
	u32 i;

	if (e->family > VIFSWITCH_ACL_IP6)
		return refuse(r, -EINVAL, "family of entry", index, "0 (IPv4) or 1 (IPv6)");
	if (e->begun >= VIFSWITCH_ACL_DIRECTIONS)
		return refuse(r, -EINVAL, "begun of entry", index, "0 (from) or 1 (to)");
	if (e->vlan > vlan_max)
		return refuse(r, -ERANGE, "vlan of entry", index, "0 to 4094");
	if (e->reserved[0] | e->reserved[1])
		return refuse(r, -EINVAL, "reserved octets of entry", index, "0");
	if (!is_unicast(e, e->vm_addr) || !is_unicast(e, e->peer_addr))
		return refuse(r, -EINVAL, "address of entry", index, "unicast, not all zero");
	for (i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		if (!checks[i].sane(e))
			return refuse(r, -EINVAL, checks[i].field, index, checks[i].accepted);
	if (e->age_ms > AGE_MAX_MS || e->idle_ms > e->age_ms)
		return refuse(r, -ERANGE, "age_ms or idle_ms of entry", index,
			      "at most a year, and idle no longer than it is old");
	return 0;
}

/* Entry @index; what a shorter one lacks is 0. */
static const u8 *read_entry(const u8 *blob, u32 index, struct vifswitch_session *ret,
			    u32 *ret_len)
{
	struct vifswitch_sessions h;
	const u8 *entry;

	memcpy(&h, blob, sizeof(h));
	entry = blob + h.header_len + (size_t)index * h.entry_len;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, entry, h.entry_len < sizeof(*ret) ? h.entry_len : sizeof(*ret));
	*ret_len = h.entry_len;
	return entry;
}

static int check_record(const void *blob, size_t len, u16 vlan_max, u32 *ret_count,
			struct vs_program_error *err)
{
	struct reader r = { .err = err };
	struct vifswitch_session e;
	struct vifswitch_sessions h;
	int rc = vs_blob_header(&r, &form, blob, len, &h);
	const u8 *entry;
	u32 i, known;

	if (rc)
		return rc;
	if (h.reserved)
		return refuse(&r, -EINVAL, "reserved", h.reserved, "0");
	if (h.entry_len < VIFSWITCH_SESSION_FIRST_LEN || h.entry_len % 8 ||
	    h.entry_len > VIFSWITCH_SESSIONS_CHUNK_MAX)
		return refuse(&r, -EINVAL, "entry_len", h.entry_len,
			      "a multiple of 8 from 128 to 32768");
	if ((u64)h.entry_count * h.entry_len != len - r.header)
		return refuse(&r, -EINVAL, "entry_count", h.entry_count,
			      "as many as there are behind the header");
	for (i = 0; i < h.entry_count; i++) {
		entry = read_entry(blob, i, &e, &known);
		if (known > sizeof(e) && !is_all_zero(entry + sizeof(e), known - sizeof(e)))
			return refuse(&r, -EINVAL, "octets in use of entry", i,
				      "those that this release knows");
		rc = check_entry(&r, &e, i, vlan_max);
		if (rc)
			return rc;
	}
	*ret_count = h.entry_count;
	return 0;
}

int vs_sessions_check(const void *blob, size_t len, u32 *ret_count, struct vs_program_error *err)
{
	return check_record(blob, len, VIFSWITCH_VID_MAX, ret_count, err);
}

int vs_sessions_check_tracked(const void *blob, size_t len, u32 *ret_count,
			      struct vs_program_error *err)
{
	return check_record(blob, len, 0xffff, ret_count, err);
}

static void read_address(const struct vifswitch_session *e, const u8 *p, union vs_address *ret)
{
	if (e->family == VIFSWITCH_ACL_IP4) {
		ret->ip4 = vs_get_be32(p);
		return;
	}
	ret->ip6[0] = vs_get_be64(p);
	ret->ip6[1] = vs_get_be64(p + 8);
}

/* A packet of the direction that began it, as rules see it. */
static void packet_of(const struct vifswitch_session *e, struct vs_packet *ret)
{
	bool from = e->begun == VIFSWITCH_ACL_FROM;

	*ret = (struct vs_packet){
		.family = e->family,
		.proto = e->proto,
		.type = e->family == VIFSWITCH_ACL_IP4 ? VS_TYPE_IP4 : VS_TYPE_IP6,
		.l4_src = VIFSWITCH_ACL_ABSENT,
		.l4_dst = VIFSWITCH_ACL_ABSENT,
		.tcp_flags = e->proto == VS_PROTO_TCP ? VS_TCP_ACK : VIFSWITCH_ACL_ABSENT,
	};
	read_address(e, from ? e->vm_addr : e->peer_addr, &ret->src);
	read_address(e, from ? e->peer_addr : e->vm_addr, &ret->dst);
	if (is_icmp(e)) {
		ret->l4_src = e->family == VIFSWITCH_ACL_IP4 ? 8 : 128;
		ret->l4_dst = 0;
	} else if (has_ports(e)) {
		ret->l4_src = from ? e->vm_port : e->peer_port;
		ret->l4_dst = from ? e->peer_port : e->vm_port;
	}
}

static bool is_wanted(const struct vs_program *prog, const struct vs_acl *acl,
		      const struct vifswitch_session *e)
{
	union vs_address vm;
	struct vs_packet pkt;

	read_address(e, e->vm_addr, &vm);
	if ((prog->flags & VIFSWITCH_PF_IP_GUARD) && !vs_guard_owns(prog, e->family, &vm))
		return false;
	if (!acl)
		return true;
	if (!vs_bit(prog->allowed, e->vlan))
		return false;
	packet_of(e, &pkt);
	return vs_session_may_begin(acl, (enum vifswitch_acl_direction)e->begun, &pkt, e->vlan);
}

static void name_of(const struct vifswitch_session *e, struct vs_session_key *key)
{
	union vs_address vm, peer;

	read_address(e, e->vm_addr, &vm);
	read_address(e, e->peer_addr, &peer);
	key->name = vs_session_name(e->proto, e->vlan, e->vm_port, e->peer_port);
	vs_session_set_ends(key, e->family, &vm, &peer);
}

/* What ticks_to_ms() makes of ticks becomes the same ticks again. */
static u32 ms_to_ticks(u64 ms)
{
	return (u32)vs_div64(ms * VS_SESSION_HZ + 999, 1000);
}

static void read_session(const struct vifswitch_session *e, u32 now, struct vs_session *s)
{
	u32 dir;

	s->flags = e->flags | (e->begun == VIFSWITCH_ACL_TO ? VS_SF_BEGUN_TO : 0);
	s->state = e->state;
	s->created = now - ms_to_ticks(e->age_ms);
	s->seen = now - ms_to_ticks(e->idle_ms);
	for (dir = 0; dir < 2; dir++) {
		s->octets[dir] = e->octets[dir];
		s->packets[dir] = (u32)e->packets[dir];
		s->packets_high[dir] = (u16)(e->packets[dir] >> 32);
		if (e->proto == VS_PROTO_SCTP)
			s->sctp.tag[dir] = e->tag[dir];
		if (e->proto != VS_PROTO_TCP)
			continue;
		s->scale |= (u8)(e->scale[dir] << 4 * dir);
		s->tcp.side[dir].end = e->seq_end[dir];
		s->tcp.side[dir].max = e->seq_max[dir];
		s->tcp.side[dir].window = e->window[dir];
		if (e->begun == dir)
			s->tcp.claim = e->seq_end[dir];
	}
}

void vs_session_enter(struct vs_sessions *t, const struct vifswitch_session *e, u32 now,
		      struct vs_session_import *result)
{
	struct vs_session_key key;
	struct vs_session *s;

	name_of(e, &key);
	s = vs_session_find(t, e->family, &key);
	if (s && !vs_session_is_over(s, now, false)) {
		result->known++;
		return;
	}
	/* nothing makes room for what somebody says was elsewhere */
	if (!s && t->count < t->max)
		s = vs_session_insert(t, e->family, &key, now);
	if (!s) {
		result->excess++;
		return;
	}
	vs_session_wipe(s);
	read_session(e, now, s);
	result->taken++;
}

void vs_session_import(struct vs_sessions *t, const struct vs_program *prog,
		       const struct vs_acl *acl, const void *blob, u32 index, u32 now,
		       struct vs_session_import *result)
{
	struct vifswitch_session e;
	u32 len;

	read_entry(blob, index, &e, &len);
	if (is_wanted(prog, acl, &e))
		vs_session_enter(t, &e, now, result);
	else
		result->refused++;
}

bool vs_session_forget(struct vs_sessions *t, const void *blob, u32 index)
{
	struct vifswitch_session e;
	struct vs_session_key key;
	u32 len;

	read_entry(blob, index, &e, &len);
	name_of(&e, &key);
	return vs_session_remove(t, e.family, &key);
}
