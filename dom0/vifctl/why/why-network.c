// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/why-network.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "kmod/core/eid.h"
#include "kmod/core/lisp.h"
#include "kmod/core/network.h"
#include "network/network-address.h"
#include "vifctl/view/text.h"

static const uint8_t lisp_mac[6] = VIFSWITCH_LISP_MAC;

const struct why_network *why_network_at(const struct why_world *w, const struct why_port *to,
					 unsigned int vid)
{
	for (size_t i = 0; i < w->network_count; i++)
		if (w->networks[i].port == to->ifindex && w->networks[i].vlan == vid)
			return &w->networks[i];
	return NULL;
}

/* What the daemon says of it; NULL without one. */
static const json_t *document_of(const struct why_world *w, const struct why_network *n)
{
	const struct why_port *port = why_port(w, n->port);
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(w->networks_doc, "networks"), i, one)
		if (port && !strcmp(get_text(one, "netdev"), port->name) &&
		    json_integer_value(json_object_get(one, "vlan")) == n->vlan)
			return one;
	return NULL;
}

/* "network blue, key 5100"; without a daemon nobody knows the name. */
static char *name_of(const struct why_world *w, const struct why_network *n)
{
	const json_t *one = document_of(w, n);

	return one ? xprintf("network %s, key %u", get_text(one, "name"), n->key) :
		     xprintf("the network with key %u", n->key);
}

static bool word_is(const json_t *object, const char *key, const char *word)
{
	return strcmp(get_text(object, key), word) == 0;
}

/* What keeps packets from a remote once they have left by the tunnel; NULL: nothing is known. */
static char *trouble_of(const json_t *remote)
{
	const json_t *ipsec = json_object_get(remote, "ipsec");
	const char *reason = get_text(ipsec, "reason");

	if (*get_text(remote, "error"))
		return xprintf("%s", get_text(remote, "error"));
	if (json_is_object(ipsec) && !word_is(ipsec, "state", "up"))
		return xprintf("ESP is %s%s%s, and nothing leaves in clear", get_text(ipsec, "state"),
			       *reason ? ": " : "", reason);
	if (json_is_true(json_object_get(remote, "silent")))
		return xprintf("BFD inside the tunnel is %s (%s), so it is sent nothing",
			       get_text(json_object_get(remote, "bfd"), "state"),
			       get_text(json_object_get(remote, "bfd"), "diagnostic"));
	if (word_is(remote, "session", "waiting"))
		return xprintf("host %s does not answer at %s by WireGuard", get_text(remote, "host"),
			       get_text(remote, "outer"));
	return NULL;
}

/* "; but 192.0.2.2: ESP is blocked"; of all remotes where @to is NULL. */
static char *troubles(const struct why_world *w, const struct why_network *n, const char *to)
{
	const json_t *remote;
	char *all = xstrdup("");
	size_t i;

	json_array_foreach(json_object_get(document_of(w, n), "remotes"), i, remote) {
		_cleanup_free_ char *trouble = trouble_of(remote), *before = all;

		if (trouble && (!to || word_is(remote, "address", to)))
			all = xprintf("%s; but %s: %s", before, get_text(remote, "address"), trouble);
		else
			TAKE_PTR(before);
	}
	return all;
}

static const struct why_fdb *entry_of(const struct why_world *w, const struct why_network *n,
				      const uint8_t *mac)
{
	for (size_t i = 0; i < w->fdb_count; i++) {
		const struct why_fdb *e = &w->fdb[i];

		if (e->port == n->port && e->vlan == n->vlan && e->has_remote &&
		    !memcmp(e->mac, mac, 6))
			return e;
	}
	return NULL;
}

static char *seen_way(const struct why_world *w, const struct why_network *n,
		      const struct vs_verdict *v, const uint8_t *mac)
{
	const struct why_fdb *e = v->frame.dst_group ? NULL : entry_of(w, n, mac);
	_cleanup_free_ char *name = name_of(w, n);
	_cleanup_free_ char *but = NULL;
	char text[PREFIX_TEXT_MAX];

	if (e)
		network_address_text(e->remote, text);
	but = troubles(w, n, e ? text : NULL);
	return e ? xprintf("%s: to %s, where the address was seen or put%s", name, text, but) :
	       xprintf("%s: to each of its %u remotes%s", name, n->remote_count, but);
}

/* Where the map says; the module's own answer to who asks. */
static char *mapped_way(const struct why_world *w, const struct why_network *n,
			const struct vs_verdict *v, const uint8_t *octets, size_t len,
			enum vifswitch_drop_reason *ret_reason)
{
	_cleanup_free_ struct vs_eid *list = xmalloc((n->eid_count + 1) * sizeof(*list));
	_cleanup_free_ char *name = name_of(w, n);
	char text[PREFIX_TEXT_MAX];
	const struct vs_eid *e = NULL;
	enum vs_lisp_what what;
	uint8_t address[16];
	uint64_t half[2];

	what = vs_lisp_look(octets + v->frame.l3, (u32)(len - v->frame.l3), v->frame.type,
			    address);
	vs_eids_read(n->eids, n->eid_count, list);
	if (what != VS_LISP_OTHER) {
		vs_eid_load(half, address);
		e = vs_eids_find(list, n->eid_count, half);
	}
	if (!e || e->remote == VIFSWITCH_EID_HERE ||
	    (what == VS_LISP_ROUTED && memcmp(octets, lisp_mac, 6) != 0)) {
		*ret_reason = VIFSWITCH_DROP_TO_EID;
		return NULL;
	}
	network_address_text(n->remotes[e->remote], text);
	return what == VS_LISP_ASKS ?
	       xprintf("%s: the address is behind %s, and the switch answers for it", name, text) :
	       xprintf("%s: to %s, as the map says", name, text);
}

char *why_network_way(const struct why_world *w, const struct why_network *n,
		      const struct vs_verdict *v, const uint8_t *octets, size_t len,
		      enum vifswitch_drop_reason *ret_reason)
{
	const struct why_port *port = why_port(w, n->port);

	*ret_reason = VIFSWITCH_DROP_NONE;
	if (!port || !n->remote_count) {
		*ret_reason = VIFSWITCH_DROP_TO_REMOTE;
		return NULL;
	}
	return n->eid_count ? mapped_way(w, n, v, octets, len, ret_reason) :
			      seen_way(w, n, v, octets);
}
