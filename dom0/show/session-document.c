// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>

#include "kmod/core/session-table.h"
#include "show/session-document.h"
#include "show/subject.h"

const struct word session_state_words[] = {
#define WORD(name, word, seconds, pressed, sentence) { word, VIFSWITCH_SESSION_##name },
	VIFSWITCH_SESSION_STATES(WORD)
#undef WORD
	{},
};

bool session_is_icmp(const struct vifswitch_session *s)
{
	return s->proto == (s->family == VIFSWITCH_ACL_IP4 ? VS_PROTO_ICMP : VS_PROTO_ICMP6);
}

static json_t *address_json(const struct vifswitch_session *s, const uint8_t *octets)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(s->family == VIFSWITCH_ACL_IP4 ? AF_INET : AF_INET6, octets, text, sizeof(text));
	return json_string(text);
}

static json_t *port_number(const struct vifswitch_session *s, uint16_t port)
{
	return session_is_icmp(s) || !(s->vm_port | s->peer_port) ? json_null() :
								    json_integer(port);
}

static json_t *traffic_json(const struct vifswitch_session *s, int direction)
{
	return json_pack("{s:I, s:I}", "packets", (json_int_t)s->packets[direction], "bytes",
			 (json_int_t)s->octets[direction]);
}

/* As the kernel tells it: a port that has more than 7/8 of what it may have. */
static bool is_pressed(const json_t *port)
{
	json_int_t max = json_integer_value(json_object_get(port, "connections_max"));

	return json_integer_value(json_object_get(port, "connections")) > max - max / 8;
}

/* Until it is forgotten if nothing comes any more; null in a state of a later kernel's. */
static json_t *left_json(const struct vifswitch_session *s, bool pressed)
{
	uint64_t ms;

	if (s->state >= VIFSWITCH_SESSION_COUNT)
		return json_null();
	ms = vs_session_timeout[s->state][pressed] * 1000ULL / VS_SESSION_HZ;
	return json_integer(ms > s->idle_ms ? (json_int_t)(ms - s->idle_ms) : 0);
}

json_t *session_json(const struct vifswitch_session *s, const json_t *port, bool tracked)
{
	json_t *one = subject_copy(port);

	json_object_set_new(one, "of", json_string(tracked ? "flows" : "acl"));
	json_object_set_new(one, "vlan", tracked ? json_null() : json_integer(s->vlan));
	json_object_set_new(one, "zone", tracked ? json_integer(s->vlan) : json_null());
	json_object_set_new(one, "protocol", json_integer(s->proto));
	json_object_set_new(one, "vm_address", address_json(s, s->vm_addr));
	json_object_set_new(one, "vm_port", port_number(s, s->vm_port));
	json_object_set_new(one, "peer_address", address_json(s, s->peer_addr));
	json_object_set_new(one, "peer_port", port_number(s, s->peer_port));
	json_object_set_new(one, "identifier", session_is_icmp(s) ?
			    json_integer(s->vm_port | s->peer_port) : json_null());
	json_object_set_new(one, "begun_by",
			    json_string(s->begun == VIFSWITCH_ACL_FROM ? "vm" : "peer"));
	json_object_set_new(one, "state", json_string(word_of(session_state_words, s->state)));
	json_object_set_new(one, "confirmed", json_boolean(s->flags & VIFSWITCH_SF_CONFIRMED));
	json_object_set_new(one, "age_ms", json_integer((json_int_t)s->age_ms));
	json_object_set_new(one, "idle_ms", json_integer((json_int_t)s->idle_ms));
	json_object_set_new(one, "left_ms", left_json(s, !tracked && is_pressed(port)));
	json_object_set_new(one, "from_vm", traffic_json(s, VIFSWITCH_ACL_FROM));
	json_object_set_new(one, "to_vm", traffic_json(s, VIFSWITCH_ACL_TO));
	return one;
}
