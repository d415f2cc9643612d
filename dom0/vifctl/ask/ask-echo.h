/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the remotes of networks that go in clear, and that BFD says nothing of, how large packets
 * to them may be: by ICMP, from this host itself, for which the caller must be root. Some forty
 * packets to each at most, to ECHO_REMOTES_MAX of them.
 */
#ifndef VIFCTL_ASK_ASK_ECHO_H
#define VIFCTL_ASK_ASK_ECHO_H

#include <jansson.h>

#define ECHO_REMOTES_MAX	32

/*
 * @networks: of that document. Takes @ms, whoever answers: {"192.0.2.2": {"mtu": 9000, "passes":
 * 1500}} of each remote that answered anything. What the kernel takes the path for is "mtu".
 */
json_t *ask_echo(const json_t *networks, int ms);

#endif /* VIFCTL_ASK_ASK_ECHO_H */
