// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/address-text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <net/ethernet.h>
#include <netinet/ether.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#define ADDRESS_TEXT_MAX	64

char *mac_text(const char *text)
{
	static const struct ether_addr zero;
	struct ether_addr mac;
	size_t colons = 0;

	/* ether_aton_r() takes what follows the address, and digits of any number. */
	for (const char *p = text; *p; p++) {
		colons += *p == ':';
		if (*p != ':' && !isxdigit((unsigned char)*p))
			return NULL;
	}
	if (colons != 5 || strlen(text) > 17 || !ether_aton_r(text, &mac))
		return NULL;
	if ((mac.ether_addr_octet[0] & 1) || !memcmp(&mac, &zero, sizeof(mac)))
		return NULL;
	return xprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac.ether_addr_octet[0],
		       mac.ether_addr_octet[1], mac.ether_addr_octet[2], mac.ether_addr_octet[3],
		       mac.ether_addr_octet[4], mac.ether_addr_octet[5]);
}

static bool parse_length(const char *text, unsigned int max, unsigned int *ret)
{
	unsigned int n = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		n = n * 10 + (unsigned int)(*text - '0');
		if (n > max)
			return false;
	}
	*ret = n;
	return !*text;
}

/* Clears what is behind the prefix; true if there was something. */
static bool mask(unsigned char *octets, unsigned int bytes, unsigned int length)
{
	bool lost = false;

	for (unsigned int i = 0; i < bytes; i++) {
		unsigned int keep = length >= 8 * (i + 1) ? 8 : length > 8 * i ? length - 8 * i : 0;
		unsigned char m = (unsigned char)(0xff00 >> keep);

		lost |= (octets[i] & ~m) != 0;
		octets[i] &= m;
	}
	return lost;
}

char *prefix_text(const char *text, char **ret_problem)
{
	char address[ADDRESS_TEXT_MAX], canonical[INET6_ADDRSTRLEN];
	unsigned char octets[16];
	size_t len = strcspn(text, "/");
	unsigned int bits, length;
	int family;
	bool lost;

	if (len >= sizeof(address))
		goto malformed;
	memcpy(address, text, len);
	address[len] = '\0';
	family = strchr(address, ':') ? AF_INET6 : AF_INET;
	bits = family == AF_INET6 ? 128 : 32;
	length = bits;
	if (inet_pton(family, address, octets) != 1 ||
	    (text[len] && !parse_length(text + len + 1, bits, &length)))
		goto malformed;
	lost = mask(octets, bits / 8, length);
	inet_ntop(family, octets, canonical, sizeof(canonical));
	if (lost) {
		*ret_problem = xprintf("the address has bits behind the prefix; the prefix is %s/%u",
				       canonical, length);
		return NULL;
	}
	return length == bits ? xprintf("%s", canonical) : xprintf("%s/%u", canonical, length);
malformed:
	*ret_problem = xprintf("%s", "an address or prefix is needed, like 192.0.2.1, 10.0.0.0/8 or "
			       "2001:db8::/64");
	return NULL;
}
