// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifexportd/metrics-networks.h"

static const json_t *all_of(const struct out *o)
{
	return json_object_get(o->networks, "networks");
}

void network_in_force(struct out *o)
{
	const json_t *network;
	size_t i;

	json_array_foreach(all_of(o), i, network) {
		if (sample_is(network, "state", "down") || sample_is(network, "state", "no-switch"))
			continue;
		sample_begin(o);
		sample_label(o, "network", json_text_of(network, "name"), true);
		sample_end(o, true, sample_is(network, "state", "in-force"));
	}
}

/* Of one remote; false: it has no such sample. */
typedef bool (*value_fn)(const json_t *remote, json_int_t *ret);

static void of_remotes(struct out *o, value_fn value)
{
	const json_t *network, *remote;
	json_int_t n = 0;
	size_t i, k;

	json_array_foreach(all_of(o), i, network)
		json_array_foreach(json_object_get(network, "remotes"), k, remote) {
			if (!value(remote, &n))
				continue;
			sample_begin(o);
			sample_label(o, "network", json_text_of(network, "name"), true);
			sample_label(o, "remote", json_text_of(remote, "address"), false);
			sample_end(o, true, n);
		}
}

/* There is a way, whoever encrypts on it agreed with the other side, and BFD has no doubt. */
static bool up(const json_t *remote, json_int_t *ret)
{
	const json_t *ipsec = json_object_get(remote, "ipsec");

	*ret = !json_text_of(remote, "error") &&
	       !json_is_true(json_object_get(remote, "silent")) &&
	       !sample_is(remote, "session", "waiting") &&
	       (!json_is_object(ipsec) || sample_is(ipsec, "state", "up"));
	return true;
}

static bool rekey(const json_t *remote, json_int_t *ret)
{
	const json_t *n = json_object_get(json_object_get(remote, "ipsec"), "rekey_in");

	*ret = json_integer_value(n);
	return json_is_integer(n);
}

static bool handshake(const json_t *remote, json_int_t *ret)
{
	const json_t *n = json_object_get(remote, "handshake_ago");

	*ret = json_integer_value(n);
	return json_is_integer(n);
}

FAMILY(network_remote_up, of_remotes, up)
FAMILY(network_rekey, of_remotes, rekey)
FAMILY(network_handshake, of_remotes, handshake)

/* They are the host's, and each encrypted network tells them. */
void network_sealed_drops(struct out *o)
{
	static const char *const ways[] = { "out", "in" };
	const json_t *network, *drops = NULL;
	size_t i;

	json_array_foreach(all_of(o), i, network)
		if (json_is_object(json_object_get(network, "sealed_drops")))
			drops = json_object_get(network, "sealed_drops");
	for (i = 0; drops && i < 2; i++) {
		sample_begin(o);
		sample_label(o, "way", ways[i], true);
		sample_end(o, true, sample_number(drops, ways[i], NULL));
	}
}
