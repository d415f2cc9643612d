/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets as the decision core takes them: read already, or as frames. */
#ifndef POLICY_FRAME_H
#define POLICY_FRAME_H

#include "packet.h"
#include "policy-random.h"

#define FRAME_MAX	400

/* The fields alone, as vs_packet_parse() would leave them; and back. */
void packet_fields(struct vs_packet *ret, const struct acl_packet *packet);
void packet_from_fields(struct acl_packet *ret, const struct vs_packet *fields, uint16_t vlan);
/*
 * Make @packet one that a frame can be: no IPv6 protocol that is an extension
 * header, ICMP only in its own IP version.
 */
void packet_sane(struct acl_packet *packet);
/*
 * A frame with IP options, extension headers, fragments, as @dice fall, and with
 * a tag inside or beside it (@ret_hwtag; NULL: no tags). Its length; the frame's
 * octets only, in memory that ends with it, for the caller to free.
 */
size_t frame_make(const struct acl_packet *packet, struct dice *dice, uint8_t **ret,
		  uint32_t *ret_hwtag);

#endif /* POLICY_FRAME_H */
