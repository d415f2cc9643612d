/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame in one line of words. */
#ifndef SHOW_PACKET_SUMMARY_H
#define SHOW_PACKET_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

/*
 * "00:16:3e:00:00:01 > 00:16:3e:00:00:02 vlan 5 tcp 10.0.0.1:4000 > 10.0.0.2:80 syn,
 * 74 octets" from the first @len octets, which may be anything, of a frame of @whole. To
 * be freed.
 */
char *packet_summary(const uint8_t *p, size_t len, size_t whole);

#endif /* SHOW_PACKET_SUMMARY_H */
