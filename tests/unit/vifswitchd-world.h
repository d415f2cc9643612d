/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts for tests of the planner, and a "kernel" that enters a plan's operations
 * into them as one that obeys would.
 */
#ifndef TESTS_VIFSWITCHD_WORLD_H
#define TESTS_VIFSWITCHD_WORLD_H

#include "vifswitchd/plan.h"

struct world {
	struct facts facts;
	struct wanted wanted;
	struct plan plan;
	const struct wanted_port *extra;	/* wanted as well, or NULL */
	uint64_t now;
	uint64_t generation;
	char trace[1024];	/* of the last run: "3:join 3:up" */
};

extern const struct switch_names world_known;

void world_add_link(struct world *w, uint32_t ifindex, const char *name, bool is_switch);
void world_resolve_all(struct world *w);
/* Judges those that are stale by @ctx; they are not afterwards. */
void world_resolve(struct world *w, const struct resolve_context *ctx);
void world_replace(char **at, const char *value);
struct vif *world_add_vif(struct world *w, uint32_t domid, uint8_t uuid_end, const char *bridge,
			  const char *mac);
/* One plan, in w->plan. */
void world_plan(struct world *w);
const char *world_run(struct world *w);
int world_setup(void **state);
int world_teardown(void **state);
void world_configure(struct world *w);
struct vif *world_plugged(struct world *w);
void world_forget_retries(struct world *w);

#endif /* TESTS_VIFSWITCHD_WORLD_H */
