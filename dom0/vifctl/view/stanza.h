/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's network on a switch, as its own configuration would say it. */
#ifndef VIFCTL_VIEW_STANZA_H
#define VIFCTL_VIEW_STANZA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct stanza {
	const char *uplink, *sw;
	const char *mac;		/* of the uplink, which the switch keeps */
	const json_t *facts;		/* host_network_facts() */
};

/* @format is ifupdown, networkd or netplan; false: none of them. */
bool stanza_print(const struct stanza *s, const char *format, FILE *out);

#endif /* VIFCTL_VIEW_STANZA_H */
