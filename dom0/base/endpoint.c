// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/number.h"

static bool parse_address(const char *text, size_t len, struct endpoint *ret)
{
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host) || memchr(text, '\0', len))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, ret->addr) == 1)
		ret->family = AF_INET;
	else if (inet_pton(AF_INET6, host, ret->addr) == 1)
		ret->family = AF_INET6;
	return ret->family;
}

/* Where the port begins that stands behind ':', or NULL: an IPv6 address has many. */
static const char *port_of(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len), *last = memrchr(text, ':', len);

	if (*text == '[') {
		const char *end = memchr(text, ']', len);

		return end && end + 1 < text + len && end[1] == ':' ? end + 2 : NULL;
	}
	return colon && colon == last ? colon + 1 : NULL;
}

bool endpoint_parse(const char *text, size_t len, struct endpoint *ret)
{
	const char *port = len ? port_of(text, len) : NULL;
	bool brackets = len && *text == '[';
	struct endpoint e = {};
	uint64_t n;

	if (port && !number_parse(port, (size_t)(text + len - port), 0, 65535, &n))
		return false;
	if (port) {
		e.has_port = true;
		e.port = (uint16_t)n;
		len = (size_t)(port - text) - 1;
	}
	if (brackets && (len < 2 || text[len - 1] != ']'))
		return false;
	if (!parse_address(text + brackets, len - 2 * brackets, &e) ||
	    (brackets && e.family != AF_INET6))
		return false;
	*ret = e;
	return true;
}

void endpoint_format(const struct endpoint *e, char ret[ENDPOINT_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(e->family, e->addr, host, sizeof(host));
	if (!e->has_port)
		snprintf(ret, ENDPOINT_TEXT_MAX, "%s", host);
	else
		snprintf(ret, ENDPOINT_TEXT_MAX, e->family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
			 e->port);
}

socklen_t endpoint_address(const struct endpoint *e, struct sockaddr_storage *ret)
{
	struct sockaddr_in *ip4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *ip6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = e->family;
	if (e->family == AF_INET) {
		memcpy(&ip4->sin_addr, e->addr, 4);
		ip4->sin_port = htons(e->port);
		return sizeof(*ip4);
	}
	memcpy(&ip6->sin6_addr, e->addr, 16);
	ip6->sin6_port = htons(e->port);
	return sizeof(*ip6);
}
