// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "show/mirror-document.h"

static const char *const words[] = {
	[MIRROR_DOWN] = "down", [MIRROR_REFUSED] = "refused", [MIRROR_MODULE_OLD] = "module-too-old",
	[MIRROR_NO_SOURCE] = "no-source", [MIRROR_NO_OUTPUT] = "no-output",
	[MIRROR_FAILED] = "failed", [MIRROR_WAITING] = "waiting", [MIRROR_IN_FORCE] = "in-force",
};

const char *mirror_state_word(enum mirror_state state)
{
	return words[state];
}

static enum mirror_state state_of_use(const struct mirrors *all, const struct mirror_use *use)
{
	if (!all->supported)
		return MIRROR_MODULE_OLD;
	if (use->waits)
		return MIRROR_NO_OUTPUT;
	if (use->retry.error)
		return MIRROR_FAILED;
	if (!mirror_use_in_force(all, use))
		return MIRROR_WAITING;
	return use->sourced ? MIRROR_IN_FORCE : MIRROR_NO_SOURCE;
}

static const char *error_of_use(const struct mirrors *all, const struct mirror_use *use)
{
	if (!all->supported)
		return "the kernel module that is loaded has no mirrors; they are there after a reboot";
	return use->waits ?: use->retry.error;
}

static json_t *stats_json(const struct vifswitch_mirror_stats *s)
{
	if (!s)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
			 "packets", (json_int_t)s->packets, "bytes", (json_int_t)s->octets,
			 "over_rate", (json_int_t)s->over_rate,
			 "no_output", (json_int_t)s->no_output,
			 "failed", (json_int_t)s->failed, "cut", (json_int_t)s->cut);
}

json_t *mirror_use_json(const struct mirror_use_facts *facts)
{
	const struct mirror_use *use = facts->use;
	uint16_t vlan = use->spec.output_vlan;

	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "switch", use->sw,
			 "number", json_number(use->number),
			 "state", words[state_of_use(facts->all, use)],
			 "error", json_text(use->waits && facts->error ? facts->error :
					    error_of_use(facts->all, use)),
			 "output", json_text(facts->output), "output_vlan", json_number(vlan),
			 "host", json_text(use->mirror->away ? use->mirror->place.host : NULL),
			 "from_hosts", use->mirror->inbound,
			 "sources", facts->sources, "copies", stats_json(facts->stats));
}

/* The least of what its uses are: in force is a mirror that is so everywhere here. */
static enum mirror_state state_of(const struct mirrors *all, const struct mirror *m)
{
	enum mirror_state ret = MIRROR_IN_FORCE;
	bool any = false;

	if (!m->enabled)
		return MIRROR_DOWN;
	if (m->problem)
		return MIRROR_REFUSED;
	for (const struct mirror_use *use = all->uses; use; use = use->next) {
		enum mirror_state state = state_of_use(all, use);

		if (!mirror_use_is_of(use, m))
			continue;
		any = true;
		if (state < ret)
			ret = state;
	}
	if (any)
		return ret;
	return all->supported ? MIRROR_NO_SOURCE : MIRROR_MODULE_OLD;
}

json_t *mirror_json(const struct mirrors *all, const struct mirror *m, json_t *notes,
		    json_t *switches)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", m->name,
			 "state", words[state_of(all, m)],
			 "error", json_text(m->problem ? m->problem->text : NULL),
			 "notes", notes, "switches", switches);
}
