/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ipsec.h has to say, said to charon, and what charon says, told it: over charon's socket, by
 * a timer of its own. A restart changes nothing at charon, which is told the same again.
 */
#ifndef IPSEC_IPSEC_HERE_H
#define IPSEC_IPSEC_HERE_H

#include "ipsec/charon.h"
#include "ipsec/ipsec.h"

#define IPSEC_FILE_NAME	"ipsec.conf"

struct ipsec_here {
	struct ipsec all;
	sd_event *event;		/* NULL: nobody is asked or told */
	sd_event_source *timer;
	struct charon charon;
	char *path, *text;		/* of ipsec.conf; as it was read last */
	char *certificate, *ca, *key;	/* in PEM, of the files that it names */
	bool used;			/* charon may have connections of ours */
	bool telling;			/* it is being told all of them */
	uint64_t open_at, file_at, list_at;	/* microseconds, CLOCK_MONOTONIC; 0: at once */
};

/* @path of vifswitch.conf, beside which ipsec.conf lies. */
void ipsec_here_start(struct ipsec_here *h, sd_event *event, const char *path);
void ipsec_here_stop(struct ipsec_here *h);
/* After ipsec_want_end() said that something is other than before, or for the first time. */
void ipsec_here_turn(struct ipsec_here *h);

#endif /* IPSEC_IPSEC_HERE_H */
