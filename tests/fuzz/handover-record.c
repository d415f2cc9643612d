// SPDX-License-Identifier: GPL-2.0-or-later
/* A handover's record of whatever octets: refused with a sentence, or read within bounds. */
#include <stdlib.h>
#include <string.h>

#include "handover/record.h"
#include "handover/story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct handover_record *r)
{
	if (r->sessions.count > HANDOVER_SESSIONS_MAX || r->tracked.count > HANDOVER_TRACKED_MAX ||
	    r->address_count > HANDOVER_ADDRESSES_MAX || r->hits_count > HANDOVER_HITS_MAX)
		abort();
	/* each rule once, in order, as the kernel wants them */
	for (uint32_t i = 0; i < r->hits_count; i++)
		if (!r->hits[i].packets || r->hits[i].packets > VIFSWITCH_STATE_COUNT_MAX ||
		    (i && r->hits[i - 1].cookie >= r->hits[i].cookie))
			abort();
	for (size_t i = 0; i < 4; i++)
		if (r->state.counters[i] > VIFSWITCH_STATE_COUNT_MAX)
			abort();
	for (size_t i = VIFSWITCH_DROP_COUNT; i < 64; i++)
		if (r->state.drops[i])
			abort();
	for (uint32_t i = 0; i < r->sessions.count; i++)
		if (r->sessions.v[i].idle_ms > r->sessions.v[i].age_ms)
			abort();
	for (uint32_t i = 0; i < r->address_count; i++)
		if (r->addresses[i].vlan > VIFSWITCH_VID_MAX)
			abort();
}

static void read_story(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct handover_story story;

	handover_story_read(text, &story);
	json_decref(handover_story_json(&story));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct handover_record r = {}, again = {};
	struct problem problem = {};
	char *text;

	read_story(data, size);
	if (handover_record_read((const char *)data, size, 1000, &r, &problem) < 0) {
		if (!problem.text[0] || r.sessions.v || r.tracked.v || r.addresses || r.hits)
			abort();
		return 0;
	}
	check(&r);
	/* What was read can be offered on. */
	text = handover_record_write(&r);
	if (!text || handover_record_read(text, strlen(text), 0, &again, &problem) < 0 ||
	    again.sessions.count != r.sessions.count || again.tracked.count != r.tracked.count ||
	    again.address_count != r.address_count ||
	    memcmp(&again.state, &r.state, sizeof(r.state)) != 0 ||
	    again.hits_count != r.hits_count ||
	    (r.hits_count && memcmp(again.hits, r.hits, r.hits_count * sizeof(*r.hits)) != 0))
		abort();
	free(text);
	handover_record_deinit(&again);
	handover_record_deinit(&r);
	return 0;
}
