/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD's control packet (RFC 5880, 4.1) over one hop of IPv4 (RFC 5881), as a frame. */
#ifndef OAM_BFD_FRAME_H
#define OAM_BFD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oam/octets.h"

#define BFD_PORT		3784
#define BFD_SOURCE_PORT_MIN	49152
#define BFD_SOURCE_PORTS	16384
#define BFD_FRAME_LEN		(ETHER_HEADER_LEN + 20 + 8 + 24)

enum bfd_state { BFD_ADMIN_DOWN, BFD_DOWN, BFD_INIT, BFD_UP };

/* X(NAME, word): RFC 5880, 4.1, in its order. */
#define BFD_DIAGNOSTICS(X) \
	X(NONE, "none") X(TIMEOUT, "timeout") X(ECHO, "echo-failed") \
	X(NEIGHBOUR, "neighbour-down") X(FORWARDING, "forwarding-reset") X(PATH, "path-down") \
	X(CONCATENATED, "concatenated-path-down") X(ADMIN, "admin-down") \
	X(REVERSE, "reverse-path-down")

#define X(name, word) BFD_DIAG_##name,
enum bfd_diagnostic { BFD_DIAGNOSTICS(X) BFD_DIAG_COUNT };
#undef X

struct bfd_control {
	uint8_t state;			/* enum bfd_state */
	uint8_t diag, mult;
	bool poll, final, demand;
	uint32_t my_disc, your_disc;
	uint32_t min_tx, min_rx;	/* microseconds */
};

struct bfd_frame {
	struct bfd_control control;
	uint8_t src_mac[ETHER_ADDR_LEN], dst_mac[ETHER_ADDR_LEN];
	uint8_t src[4], dst[4];
	uint16_t src_port;
	uint16_t size;			/* octets of IP, to which it is padded (RFC 9764); 0: not */
};

/*
 * -EBADMSG: it is no packet for BFD's port by one hop, or RFC 5880, 6.8.6 discards it
 * whatever session it is for; -EACCES: it is authenticated, which nobody here can check.
 * The checksum of UDP is not looked at: the kernel may not have made it yet.
 */
int bfd_frame_parse(const uint8_t *frame, size_t len, struct bfd_frame *ret);
/* How long the frame is. */
static inline size_t bfd_frame_len(const struct bfd_frame *frame)
{
	size_t len = ETHER_HEADER_LEN + (size_t)frame->size;

	return len > BFD_FRAME_LEN ? len : BFD_FRAME_LEN;
}

/* @ret: of bfd_frame_len() octets. */
void bfd_frame_format(const struct bfd_frame *frame, uint8_t *ret);
const char *bfd_state_word(uint8_t state);
const char *bfd_diagnostic_word(uint8_t diag);

#endif /* OAM_BFD_FRAME_H */
