/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IP address with a port, as people write it: ADDRESS[:PORT], [ADDRESS6]:PORT. */
#ifndef BASE_ENDPOINT_H
#define BASE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ENDPOINT_TEXT_MAX	54	/* octets with the NUL */

struct endpoint {
	uint8_t addr[16];	/* an IPv4 address is in the first 4, the rest 0 */
	uint8_t family;		/* AF_INET or AF_INET6 */
	bool has_port;
	uint16_t port;
};

/* @text need not end with a NUL. */
bool endpoint_parse(const char *text, size_t len, struct endpoint *ret);
void endpoint_format(const struct endpoint *e, char ret[ENDPOINT_TEXT_MAX]);
socklen_t endpoint_address(const struct endpoint *e, struct sockaddr_storage *ret);

#endif /* BASE_ENDPOINT_H */
