/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons of drops in the numbers that collectors know. */
#ifndef EXPORT_REASONS_H
#define EXPORT_REASONS_H

#include <stdint.h>

#define FORWARDING_FORWARDED	64
#define FORWARDING_DROPPED	128

/* IPFIX' forwardingStatus (RFC 7270), of a drop with that reason. */
uint8_t reason_forwarding(uint32_t reason);
/* sFlow's drop reason (sflow_drops.txt). */
uint32_t reason_sflow(uint32_t reason);
/* Our word for it; it is the reason of a newer module: "unknown". */
const char *reason_told(uint32_t reason);

#endif /* EXPORT_REASONS_H */
