/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame's way through flow tables, told step by step. No I/O. */
#ifndef VIFCTL_FLOW_WALK_H
#define VIFCTL_FLOW_WALK_H

#include "of/of-run.h"
#include "vifctl/flow/flow-tables.h"

#define FLOW_WALK_FRAME_MAX	(9018 + VS_TAG_LEN)

struct flow_walk;

struct flow_walk_ops {
	/* The frame came to this flow. */
	void (*flow)(void *arg, const struct of_flow *flow);
	/* Something else that is to know; @text is stolen. */
	void (*note)(void *arg, char *text);
	/* It goes out by a port, or by one of OFPP_*: as flow_walk_frame() has it now. */
	void (*out)(void *arg, struct flow_walk *w, uint32_t port);
	bool (*up)(const void *arg, uint32_t port);
};

struct flow_walk {
	const struct flow_walk_ops *ops;
	void *arg;
	const struct flow_tables *tables;
	struct vs_of_run run;
	uint8_t frame[FLOW_WALK_FRAME_MAX];	/* without the outer tag, which is run.tag */
	size_t len;
	bool changed;			/* frame or tag are not as they came */
	uint8_t kept[FLOW_WALK_FRAME_MAX];	/* all of it before a group's bucket */
	size_t kept_len;
	bool kept_changed;
	uint32_t came_tag;
	unsigned int outs, told;	/* how often it was put out; told to controllers */
	const struct vs_of_group *group;	/* that was spoken of last */
};

/*
 * @octets: a frame of at most FLOW_WALK_FRAME_MAX, tag and all, from @in_port. What became of it
 * if it was neither put out nor told to anybody; else 0.
 */
enum vifswitch_drop_reason flow_walk(struct flow_walk *w, const uint8_t *octets, size_t len,
				     uint32_t in_port);
/* The frame as it is now, with its tag; into FLOW_WALK_FRAME_MAX octets. */
size_t flow_walk_frame(const struct flow_walk *w, uint8_t *ret);

#endif /* VIFCTL_FLOW_WALK_H */
