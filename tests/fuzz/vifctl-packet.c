// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets in words: never outside the frame, and refusals say what is accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vifctl/why/packet-text.h"

#define WORDS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct packet_text pkt;
	const char *words[WORDS_MAX];
	char text[4096], *save = NULL, *problem = NULL;
	int count = 0;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *w = strtok_r(text, " ", &save); w && count < WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	if (packet_text_parse(words, count, &pkt, &problem)) {
		if (!pkt.len || pkt.len > PACKET_TEXT_MAX || problem)
			abort();
		packet_text_set_source(&pkt, (const uint8_t *)"\2\0\0\0\0\1");
	} else if (!problem || !strstr(problem, "accepted")) {
		abort();
	}
	free(problem);
	return 0;
}
