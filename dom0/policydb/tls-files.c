// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A database on another host. The daemon's loop must not wait for a name server, so the
 * remote has an IP address. Files that are missing are no reason not to start: the copy
 * is in force, and each try to connect says what is wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "policydb/follow.h"

/* "ADDRESS:PORT", IPv6 in brackets. */
static bool is_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool brackets = len > 2 && *text == '[' && text[len - 1] == ']';
	char host[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (brackets) {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)len, text);
	return inet_pton(brackets ? AF_INET6 : AF_INET, host, &address) == 1;
}

int policy_db_prepare_tls(struct vifdb *db, const char *remote,
			  const struct policy_db_options *options)
{
	if (!is_address(remote + strlen("ssl:")))
		return -EINVAL;
	if (vifdb_set_tls(db, options->private_key ?: DATABASE_FILES "key.pem",
			  options->certificate ?: DATABASE_FILES "cert.pem",
			  options->ca_certificate ?: DATABASE_FILES "ca.pem") < 0)
		log_error("policy database %s: %s", remote, vifdb_error(db));
	return 0;
}
