/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random switches, and frames for them, out of dice. */
#ifndef MEGAFLOW_WORLD_H
#define MEGAFLOW_WORLD_H

#include "datapath/ovs/decide.h"
#include "tests/unit/dice.h"

#define WORLD_PORTS	4
#define WORLD_ENTRIES	4
#define WORLD_FRAME_MAX	160

struct world_entry {
	uint64_t mac;
	uint16_t vid;
	uint8_t port;
	bool fixed;
};

#define WORLD_BLOB_MAX	2048

struct world {
	struct dp_world dp;
	struct dp_world_port ports[WORLD_PORTS];
	const struct dp_world_port *all[WORLD_PORTS];
	struct vs_program programs[WORLD_PORTS];
	struct world_entry entries[WORLD_ENTRIES];
	uint32_t dormant;	/* ports whose claims are */
	uint8_t blobs[WORLD_PORTS][WORLD_BLOB_MAX];	/* what the programs were made of */
	size_t blob_len[WORLD_PORTS];
};

/* Its pointers lead into *ret. */
void world_make(struct dice *dice, struct world *ret);

/* What a frame is made of. What does not fit together makes one that is cut or odd. */
enum frame_field {
	FIELD_DST, FIELD_SRC, FIELD_TAGS, FIELD_TCI, FIELD_INNER_TCI, FIELD_TYPE, FIELD_SRC_IP,
	FIELD_DST_IP, FIELD_PROTO, FIELD_FRAGMENT, FIELD_EXTENSION, FIELD_L4_SRC, FIELD_L4_DST,
	FIELD_FLAGS, FIELD_ODD, FIELD_CUT, FIELD_FLIP_AT, FIELD_FLIP,
	FRAME_FIELDS
};

struct world_frame {
	uint32_t field[FRAME_FIELDS];
	uint8_t octets[WORLD_FRAME_MAX];
	size_t len;
};

/* Its octets, of its fields. */
void world_frame_render(struct world_frame *f);
void world_frame_make(struct dice *dice, struct world_frame *ret);
/* Some of the fields of @f anew: two frames that are alike. */
void world_frame_vary(struct dice *dice, struct world_frame *f);

#endif /* MEGAFLOW_WORLD_H */
