// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/json-value.h"
#include "base/log.h"
#include "base/random.h"
#include "vifoamd/oam-links.h"

#define TICK_US		1000000ULL
#define COUNTERS_S	5		/* between two times that counters are told */

enum { ASK_TOLD, ASK_STATUS };

/* ---- what vifswitchd wants ---- */

static struct oam_link *find(struct oam_links *all, const char *netdev)
{
	for (size_t i = 0; i < OAM_LINKS_MAX; i++)
		if (all->links[i].slot && strcmp(all->links[i].slot->netdev, netdev) == 0)
			return &all->links[i];
	return NULL;
}

static void tell(struct oam_links *all, struct oam_link *link)
{
	control_asker_ask(&all->asker, ASK_STATUS, "oam-status", oam_link_status(link), true);
	link->told = all->asker.client.fd >= 0;
}

static void on_change(struct oam_link *link, void *arg)
{
	struct oam_links *all = arg;

	/* To connect may take a while: that has its time each second. */
	if (all->asker.client.fd >= 0)
		tell(all, link);
}

static struct oam_link *enter(struct oam_links *all)
{
	for (size_t i = 0; i < OAM_LINKS_MAX; i++) {
		struct oam_link *link = &all->links[i];

		if (link->slot)
			continue;
		*link = (struct oam_link){ .changed = on_change, .arg = all };
		oam_link_open(link, &all->slots[i], all->asker.event);
		return link;
	}
	return NULL;
}

/* Not 0, and nobody else's on this host. */
static uint32_t new_discriminator(const struct oam_links *all)
{
	uint32_t disc = 0;
	bool taken = true;

	while (taken) {
		random_bytes(&disc, sizeof(disc));
		taken = !disc;
		for (size_t i = 0; i < OAM_LINKS_MAX; i++)
			taken |= all->slots[i].used && all->slots[i].bfd.my_disc == disc;
	}
	return disc;
}

static void leave(struct oam_link *link, bool say)
{
	struct oam_slot *slot = link->slot;

	oam_link_close(link, say);
	/* First of all it is not used: we may be killed in between. */
	slot->used = false;
	memset(slot, 0, sizeof(*slot));
}

static bool is_among(const char *netdev, const struct oam_wanted *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(wanted[i].netdev, netdev) == 0)
			return true;
	return false;
}

static void hold_port(struct oam_links *all)
{
	bool needed = false;

	for (size_t i = 0; i < OAM_LINKS_MAX; i++)
		needed |= all->slots[i].used && all->slots[i].bfd_on;
	if (needed && all->bfd_port < 0) {
		all->bfd_port = oam_socket_hold_bfd_port();
	} else if (!needed && all->bfd_port >= 0) {
		close(all->bfd_port);
		all->bfd_port = -1;
	}
}

static void set_links(struct oam_links *all, const json_t *links)
{
	static struct oam_wanted wanted[OAM_LINKS_MAX];
	size_t count = 0, i;
	json_t *json;

	json_array_foreach((json_t *)links, i, json) {
		if (count == OAM_LINKS_MAX)
			log_warning("more than %d links: the others are left out", OAM_LINKS_MAX);
		if (count == OAM_LINKS_MAX)
			break;
		if (oam_wanted_read(json, &wanted[count]))
			count++;
		else
			log_warning("what vifswitchd wants of link %s makes no sense",
				    json_text_of(json, "netdev") ?: "?");
	}
	for (i = 0; i < OAM_LINKS_MAX; i++)
		if (all->links[i].slot && !is_among(all->links[i].slot->netdev, wanted, count))
			leave(&all->links[i], true);
	for (i = 0; i < count; i++) {
		struct oam_link *link = find(all, wanted[i].netdev) ?: enter(all);

		/* One is drawn when BFD begins; a session that runs keeps its own. */
		if (link)
			oam_link_set(link, &wanted[i], wanted[i].bfd_on && !link->slot->bfd_on ?
						       new_discriminator(all) : 0);
	}
	hold_port(all);
}

static void on_answer(unsigned int question, const json_t *result, const char *error, void *arg)
{
	struct oam_links *all = arg;
	const json_t *links = json_object_get(result, "links");

	if (question != ASK_TOLD)
		return;
	if (!result && !all->complained)
		log_warning("vifswitchd does not say what is to be watched: %s",
			    error ?: "its answer makes no sense");
	all->complained = !result;
	if (!json_is_array(links))
		return;
	all->generation = json_integer_value(json_object_get(result, "generation"));
	set_links(all, links);
}

/* Another one counts anew, and knows nothing of us. */
static void on_lost(void *arg)
{
	struct oam_links *all = arg;

	all->generation = 0;
	for (size_t i = 0; i < OAM_LINKS_MAX; i++)
		all->links[i].told = false;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	struct oam_links *all = arg;
	bool counters = ++all->seconds % COUNTERS_S == 0;

	control_asker_ask(&all->asker, ASK_TOLD, "oam-told",
			  json_pack("{s:I}", "since", all->generation), false);
	for (size_t i = 0; i < OAM_LINKS_MAX; i++) {
		struct oam_link *link = &all->links[i];

		if (!link->slot)
			continue;
		oam_link_mend(link);
		if (!link->told || counters)
			tell(all, link);
	}
	sd_event_source_set_time_relative(source, TICK_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int oam_links_start(struct oam_links *all, struct oam_kept *kept, sd_event *event,
		    const char *path)
{
	*all = (struct oam_links){
		.asker = { .event = event, .path = path, .client = CONTROL_CLIENT_INIT,
			   .answer = on_answer, .lost = on_lost, .arg = all },
		.slots = oam_kept_slots(kept), .bfd_port = -1,
	};
	for (size_t i = 0; i < OAM_LINKS_MAX; i++) {
		if (!all->slots[i].used)
			continue;
		all->links[i] = (struct oam_link){ .changed = on_change, .arg = all };
		oam_link_open(&all->links[i], &all->slots[i], event);
	}
	hold_port(all);
	return sd_event_add_time_relative(event, &all->timer, CLOCK_MONOTONIC, 0, 0, on_tick, all);
}

void oam_links_stop(struct oam_links *all, bool say)
{
	all->timer = sd_event_source_disable_unref(all->timer);
	for (size_t i = 0; i < OAM_LINKS_MAX; i++) {
		if (!all->links[i].slot)
			continue;
		if (say)
			leave(&all->links[i], true);
		else
			oam_link_close(&all->links[i], false);
	}
	control_asker_close(&all->asker);
	if (all->bfd_port >= 0)
		close(all->bfd_port);
}
