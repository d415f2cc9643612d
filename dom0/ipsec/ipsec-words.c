// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "ipsec/ipsec-words.h"

/* As charon 5.9 writes them, at the level that it logs by itself: the first say it best. */
static const struct {
	const char *part, *words;
} lines[] = {
	{ "but MAC mismatched", "wrong PSK: what the remote proves does not fit this host's for it" },
	{ "no shared key found", "no PSK for the identity that the remote has: psk and id of its lines in ipsec.conf" },
	{ "subject certificate invalid", "a certificate expired, or is not valid yet: renew it, or set the clock" },
	{ "certificate was revoked", "the remote's certificate was revoked" },
	{ "no issuer certificate found", "the remote's certificate is not of the CA of ipsec.conf" },
	{ "no trusted", "the remote's certificate is not of the CA of ipsec.conf, or is not valid" },
	{ "no private key found", "charon has no private key for this host's certificate: key of ipsec.conf" },
	{ "does not match to", "the remote has another identity than ipsec.conf says" },
	{ "constraint check failed", "the remote has another identity than ipsec.conf says, or proves it in another way" },
	{ "no matching peer config found", "the remote has another identity than ipsec.conf says, or takes this host for another" },
	{ "NO_PROPOSAL_CHOSEN", "no proposal in common: this host offers aes256gcm16-prfsha256 with ecp256 or modp2048" },
	{ "no acceptable proposal", "no proposal in common: this host accepts aes256gcm16-prfsha256 with ecp256 or modp2048" },
	{ "no proposal found", "no proposal in common: this host accepts aes256gcm16-prfsha256 with ecp256 or modp2048" },
	{ "received AUTHENTICATION_FAILED", "the remote refuses what this host proves: another PSK, or a certificate or identity that it does not take" },
	{ "TS_UNACCEPTABLE", "the remote has no such tunnel: other traffic selectors, or another mode than transport" },
	{ "traffic selectors", "the remote asks for other traffic than the networks are" },
	{ "unable to install", "the kernel does not take the SA: modules esp4, esp6, xfrm_user" },
	{ "retransmit 2 of", "it does not answer: UDP ports 500 and 4500 on the way, and strongSwan there" },
	{ "giving up after", "it does not answer: UDP ports 500 and 4500 on the way, and strongSwan there" },
	{ "peer not responding", "it does not answer: UDP ports 500 and 4500 on the way, and strongSwan there" },
};

const char *ipsec_words_text(int what)
{
	return lines[what].words;
}

int ipsec_words(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (strstr(line, lines[i].part))
			return (int)i;
	return IPSEC_WORDS;
}
