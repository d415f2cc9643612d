// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include <vifswitch/network-abi.h>

#include "policy/network-shape.h"
#include "policy/words.h"

int network_shape_check(bool (*number_of)(const char *column, uint64_t *ret, const void *arg),
			const void *arg, struct problem *problem)
{
	uint64_t kind = NETWORK_VXLAN, key = 0, encrypt = NETWORK_CLEAR, hosts = 0, n;

	if (!number_of("switch", &n, arg))
		return problem_set(problem, "switch is needed: whose VLAN goes on behind the tunnel");
	if (!number_of("vlan", &n, arg))
		return problem_set(problem, "vlan is needed: the VLAN on the switch");
	if (!number_of("key", &key, arg))
		return problem_set(problem, "key is needed: what the network is called on the way");
	number_of("kind", &kind, arg);
	if (kind != NETWORK_GRE && key > VIFSWITCH_NETWORK_KEY_MAX)
		return problem_set(problem, "key=%llu: must be 1 to %u, beyond that for kind gre alone",
				   (unsigned long long)key, VIFSWITCH_NETWORK_KEY_MAX);
	if (kind == NETWORK_GRE && number_of("udp_port", &n, arg))
		return problem_set(problem, "udp-port: not with kind gre, which has none");
	number_of("encrypt", &encrypt, arg);
	number_of("hosts", &hosts, arg);
	if (kind == NETWORK_LISP && (hosts || number_of("remotes", &n, arg) || encrypt != NETWORK_CLEAR))
		return problem_set(problem, "kind=lisp: map says where packets go: not with remotes, hosts or encrypt");
	if (kind == NETWORK_LISP && number_of("bfd", &n, arg) && n)
		return problem_set(problem, "bfd: not with kind=lisp, which carries no frames of Ethernet");
	if (kind != NETWORK_LISP && number_of("eid_map", &n, arg))
		return problem_set(problem, "map: with kind=lisp alone; others have remotes");
	if (encrypt != NETWORK_WIREGUARD)
		return 0;
	if (hosts || number_of("remotes", &n, arg) || number_of("own", &n, arg))
		return problem_set(problem, "encrypt=wireguard is between the hosts of the pool: not with hosts=none, remotes or own");
	return 0;
}

int network_eid_parse(const char *prefix, const char *host, struct network_eid *ret,
		      struct problem *problem)
{
	int r = prefix_parse(prefix, strlen(prefix), &ret->prefix, problem);

	if (r < 0)
		return problem_set(problem, "map=%s=%s: must be a prefix of IPv4 or IPv6 without bits behind its length, and a host's address",
				   prefix, host);
	if (!prefix_parse_host(host, &ret->host))
		return problem_set(problem, "map=%s=%s: %s must be the address of one host", prefix,
				   host, host);
	return 0;
}
