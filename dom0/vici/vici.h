/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vici, by which charon, strongSwan's daemon, is told and asked (strongSwan's own page "The VICI
 * Protocol"). A packet has 4 octets of length, big-endian, and then a kind; some kinds have a name
 * of up to 255 octets, some a message. A message is sections of keys with values and lists of
 * values; here it is JSON: an object, an array of strings, a string. No I/O.
 */
#ifndef VICI_VICI_H
#define VICI_VICI_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define VICI_PACKET_MAX	(512U << 10)	/* octets after the length, as charon has it */
#define VICI_NAME_MAX	255
#define VICI_DEPTH_MAX	16		/* sections within each other */

enum vici_kind {
	VICI_REQUEST, VICI_RESPONSE, VICI_UNKNOWN, VICI_REGISTER, VICI_UNREGISTER, VICI_CONFIRM,
	VICI_EVENT_UNKNOWN, VICI_EVENT, VICI_KINDS
};

struct vici_packet {
	enum vici_kind kind;
	char name[VICI_NAME_MAX + 1];	/* of a command or event; empty: the kind has none */
	json_t *message;		/* an object; NULL: the kind has none */
};

/*
 * The packet at the start of @data: how many octets it is, with *ret to be given to
 * vici_packet_deinit(); 0: it is not all there yet. -EBADMSG: it is none, -EMSGSIZE: too large.
 * Values that are not UTF-8 become empty: what is asked here has none.
 */
long vici_take(const uint8_t *data, size_t len, struct vici_packet *ret);
void vici_packet_deinit(struct vici_packet *p);
/*
 * A packet, to be freed, of *ret_len octets. @message may be NULL. -EMSGSIZE: too large for the
 * form; -EINVAL: a value of @message is neither text, list of texts nor section.
 */
int vici_put(enum vici_kind kind, const char *name, const json_t *message, uint8_t **ret,
	     size_t *ret_len);

#endif /* VICI_VICI_H */
