/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture file as Wireshark writes it: pcapng, little endian, times in nanoseconds. */
#ifndef VIFCTL_VIEW_PCAPNG_H
#define VIFCTL_VIEW_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_INBOUND	1U
#define PCAPNG_OUTBOUND	2U

struct pcapng_packet {
	uint32_t interface;	/* in the order in which they were told of */
	uint64_t time_ns;
	const uint8_t *data;
	uint32_t len;
	uint32_t whole;		/* octets of the whole frame */
	unsigned int direction;
	uint64_t lost;		/* before this one, since the last one */
	const char *comment;
};

void pcapng_begin(FILE *f, const char *program);
void pcapng_interface(FILE *f, const char *name, const char *description, uint32_t snaplen);
void pcapng_packet(FILE *f, const struct pcapng_packet *p);
/* How many frames the interface had, and how many of them are not in the file. */
void pcapng_statistics(FILE *f, uint32_t interface, uint64_t time_ns, uint64_t frames,
		       uint64_t lost);

#endif /* VIFCTL_VIEW_PCAPNG_H */
