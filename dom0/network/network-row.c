// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/endpoint.h"
#include "base/mem.h"
#include "network/network-row.h"
#include "policy/network-shape.h"

/* The first problem stays. */
static __attribute__((format(printf, 2, 3))) void refuse(struct network *n, const char *fmt, ...)
{
	va_list ap;

	if (n->problem)
		return;
	va_start(ap, fmt);
	n->problem = xvprintf(fmt, ap);
	va_end(ap);
}

static bool number_of(const char *column, uint64_t *ret, const void *arg)
{
	if (!row_given(arg, column))
		return false;
	*ret = row_number(arg, column, 0);
	return true;
}

/* A whole address that a host may have; what shape says of its family is said of the kind. */
static void check_address(struct network *n, const char *field, const struct prefix *address)
{
	char text[PREFIX_TEXT_MAX];

	prefix_format(address, text);
	if (address->len != prefix_bits(address) || !prefix_is_source(address))
		refuse(n, "%s=%s: must be the address of one host", field, text);
	else if (!network_takes(n, address))
		refuse(n, "%s=%s: kind gre goes over IPv4 or IPv6, and remotes has both; accepted for both: vxlan, geneve",
			       field, text);
}

static void read_remotes(struct network *n, const struct policy_row *row)
{
	size_t size;
	const struct endpoint *ends = row_octets(row, "remotes", &size);

	n->remotes = xzalloc((size / sizeof(*ends) + 1) * sizeof(*n->remotes));
	for (size_t i = 0; i < size / sizeof(*ends); i++) {
		struct prefix *to = &n->remotes[n->remote_count++];

		to->family = ends[i].family == AF_INET6 ? PREFIX_IP6 : PREFIX_IP4;
		n->ip6 |= n->kind == NETWORK_GRE && to->family == PREFIX_IP6;
		to->len = (uint8_t)prefix_bits(to);
		memcpy(to->addr, ends[i].addr, sizeof(to->addr));
		if (ends[i].has_port)
			refuse(n, "remotes: port %u: must be addresses alone; udp-port says which",
			       ends[i].port);
	}
	for (size_t i = 0; i < n->remote_count; i++)
		check_address(n, "remotes", &n->remotes[i]);
}

/* Pairs of texts, each with a NUL; @remotes has none of its own then. */
static void read_map(struct network *n, const struct policy_row *row)
{
	size_t size, i = 0;
	const char *at = row_octets(row, "eid_map", &size), *end = at + size;

	if (n->kind != NETWORK_LISP || !size)
		return;
	n->map = xzalloc(VIFSWITCH_NETWORK_EIDS_MAX * sizeof(*n->map));
	free(n->remotes);
	n->remotes = xzalloc(VIFSWITCH_NETWORK_EIDS_MAX * sizeof(*n->remotes));
	for (; at < end && i < VIFSWITCH_NETWORK_EIDS_MAX; i++) {
		const char *host = at + strlen(at) + 1;
		struct problem problem;

		if (network_eid_parse(at, host, &n->map[i], &problem) < 0)
			refuse(n, "%s", problem.text);
		else
			n->remotes[i] = n->map[i].host;
		at = host + strlen(host) + 1;
	}
	n->map_count = n->remote_count = n->problem ? 0 : i;
}

struct network *network_read(const uint8_t uuid[16], const struct policy_row *row)
{
	static const uint16_t ports[] = {
		[NETWORK_VXLAN] = NETWORK_VXLAN_PORT, [NETWORK_GENEVE] = NETWORK_GENEVE_PORT,
		[NETWORK_GRE] = 0, [NETWORK_LISP] = NETWORK_LISP_PORT,
	};
	struct network *n = xzalloc(sizeof(*n));
	struct problem problem;
	const void *own;

	memcpy(n->uuid, uuid, sizeof(n->uuid));
	strcpy(n->name, row->name);
	n->enabled = !row_number(row, "admin_state", 0);
	if (row->problem)
		refuse(n, "%s", row->problem);
	else if (network_shape_check(number_of, row, &problem) < 0)
		refuse(n, "%s", problem.text);
	/* Whatever else is wrong, what is to be encrypted does not leave by uplinks. */
	n->sealed = row_number(row, "encrypt", NETWORK_CLEAR) == NETWORK_WIREGUARD;
	n->ipsec = row_number(row, "encrypt", NETWORK_CLEAR) == NETWORK_IPSEC;
	n->vlan = (uint16_t)row_number(row, "vlan", 0);
	if (row_given(row, "switch"))
		strcpy(n->sw, row_octets(row, "switch", NULL));
	if (n->problem)
		return n;
	n->kind = (enum network_kind)row_number(row, "kind", NETWORK_VXLAN);
	n->key = (uint32_t)row_number(row, "key", 0);
	n->bfd = row_number(row, "bfd", 0);
	n->bfd_min_rx = (uint32_t)row_number(row, "bfd_min_rx", BFD_MIN_RX_DEFAULT);
	n->bfd_min_tx = (uint32_t)row_number(row, "bfd_min_tx", BFD_MIN_TX_DEFAULT);
	n->bfd_mult = (uint32_t)row_number(row, "bfd_mult", BFD_MULT_DEFAULT);
	n->port = (uint16_t)row_number(row, "udp_port", ports[n->kind]);
	n->pool = !n->sealed && n->kind != NETWORK_LISP && !row_number(row, "hosts", 0);
	n->ip6 = n->kind == NETWORK_GRE && n->sealed;
	read_remotes(n, row);
	read_map(n, row);
	own = row_octets(row, "own", NULL);
	if (own)
		n->own = *(const struct prefix *)own;
	n->ip6 |= n->kind == NETWORK_GRE && !n->remote_count && n->own.family == PREFIX_IP6;
	if (own)
		check_address(n, "own", &n->own);
	return n;
}

void network_free(struct network *n)
{
	retry_reset(&n->retry);
	retry_reset(&n->tell_retry);
	free(n->places);
	free(n->addresses);
	free(n->waits);
	free(n->eids);
	free(n->map);
	free(n->remotes);
	free(n->problem);
	free(n);
}
