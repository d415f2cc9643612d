/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs by name where a packet in words wants an address: "tcp SRC db:443", "to=db/1". */
#ifndef VIFCTL_WHY_PACKET_NAMES_H
#define VIFCTL_WHY_PACKET_NAMES_H

#include "vifctl/why/world.h"

#define PACKET_NAMES_WORDS_MAX	32

/* The words of a packet, some of which are ours to free. */
struct packet_words {
	const char *words[PACKET_NAMES_WORDS_MAX + 1];
	char *made[PACKET_NAMES_WORDS_MAX + 1];
	int count;
};

/* Does one of them name a VM? What looks like an address is none. */
bool packet_names_any(const char *const *words, int count);

/*
 * The words with addresses for names: that of the IP lock of the VM's port, and its MAC
 * address behind them unless a word says that. An exit status of vifctl's, having said
 * what is wrong; @ret is to be freed with packet_words_deinit() after VIFCTL_OK.
 */
int packet_names_resolve(const struct why_world *w, const json_t *ports, const char *const *words,
			 int count, struct packet_words *ret);
void packet_words_deinit(struct packet_words *w);

#endif /* VIFCTL_WHY_PACKET_NAMES_H */
