// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/ko/features.h"
#include "kmod/core/program.h"

#define MEMBER(m)	.offset = offsetof(struct vifswitch_program, m), \
			.size = sizeof(((struct vifswitch_program *)0)->m)

static const struct feature features[] = {
	{ .bit = VIFSWITCH_FEATURE_HEADERS, .name = "headers",
	  .words = "what later releases add to a program" },
	{ .bit = VIFSWITCH_FEATURE_STORM_BURST, .name = "storm-burst",
	  .words = "storm_burst of a QoS row", MEMBER(storm_burst) },
	{ .bit = VIFSWITCH_FEATURE_SESSIONS, .name = "sessions",
	  .words = "a table of connections for each port" },
};

const struct feature *feature_at(size_t i)
{
	return i < ARRAY_SIZE(features) ? &features[i] : NULL;
}

static bool uses(const struct feature *f, const struct vifswitch_program *header)
{
	const uint8_t *octets = (const uint8_t *)header + f->offset;
	bool used = header->flags & f->flags;

	for (size_t i = 0; i < f->size; i++)
		used |= octets[i];
	return used;
}

uint64_t features_of(const void *program, uint32_t len)
{
	struct vifswitch_program header;
	uint64_t needed = 0;

	if (!vs_program_header(program, len, &header))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (uses(&features[i], &header))
			needed |= features[i].bit;
	}
	return needed;
}

static void list(uint64_t bits, char *ret, size_t size)
{
	size_t len = 0;

	*ret = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(features) && len < size; i++) {
		if (features[i].bit & bits)
			len += snprintf(ret + len, size - len, "%s%s (%s)", len ? ", " : "",
					features[i].name, features[i].words);
	}
}

int features_need(const struct dp_module *module, uint64_t bits, struct problem *problem)
{
	uint64_t lacking = bits & ~module->features;
	char text[200];

	if (!lacking)
		return 0;
	list(lacking, text, sizeof(text));
	problem_set(problem, "needs %s, which the kernel module that is loaded, %s, lacks; it is there after a reboot",
		    text, module->version);
	return -EOPNOTSUPP;
}

int features_check(const struct dp_module *module, const void *program, uint32_t len,
		   struct problem *problem)
{
	return features_need(module, features_of(program, len), problem);
}

void features_lacking(const struct dp_module *module, char *ret, size_t size)
{
	list(~module->features, ret, size);
}
