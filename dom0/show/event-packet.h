/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of an event (docs/schema/event.json), of which the first octets are in it. */
#ifndef SHOW_EVENT_PACKET_H
#define SHOW_EVENT_PACKET_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_PACKET_MAX	1024

/* As many octets as are valid. */
size_t event_packet(const json_t *event, uint8_t *ret, size_t max);
/* The frame in words, or "": to be freed. */
char *event_packet_text(const json_t *event);

#endif /* SHOW_EVENT_PACKET_H */
