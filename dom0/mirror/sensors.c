// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "mirror/sensors.h"

/* By it the kernel's mirror is known again: nobody's row has it, and it is the sensor's. */
static void inbound_uuid(const struct row_vif *vif, uint8_t ret[16])
{
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t word = bytes_sum(vif->vm, 16, bytes_sum(&vif->devid, 4, i));

		memcpy(ret + 4 * i, &word, sizeof(word));
	}
}

static struct mirror *inbound_new(const struct mirror *of)
{
	struct mirror *m = xzalloc(sizeof(*m));

	inbound_uuid(&of->to_vif, m->uuid);
	strcpy(m->name, of->name);
	m->output = MIRROR_TO_VIF;
	m->to_vif = of->to_vif;
	m->direction = MIRROR_FROM;
	m->inbound = true;
	/* What to copy was decided where it was copied. */
	m->spec.dropped = true;
	return m;
}

static struct mirror *inbound_of(const struct mirrors *all, const struct mirror *m)
{
	for (size_t i = all->rows; i < all->count; i++)
		if (mirror_same_sensor(all->list[i], m))
			return all->list[i];
	return NULL;
}

static bool has_sensor(const struct mirror *m)
{
	return mirror_is_on(m) && m->output == MIRROR_TO_VIF;
}

/* As many copies come in as its mirrors may make, whoever sends them. 0: no limit. */
static void add_limits(struct dp_mirror_spec *to, const struct dp_mirror_spec *spec, bool first)
{
	uint32_t packets = to->packet_rate + spec->packet_rate;
	uint64_t bps = to->rate_bps + spec->rate_bps;

	to->packet_rate = packets < to->packet_rate || packets > VIFSWITCH_PPS_MAX ?
			  VIFSWITCH_PPS_MAX : packets;
	if (!spec->rate_bps || (!first && !to->rate_bps) || bps > VIFSWITCH_RATE_MAX_BPS)
		to->rate_bps = 0;
	else
		to->rate_bps = bps;
}

/* The list has room for one for each row. */
static void add_inbound(struct mirrors *all)
{
	for (size_t i = 0; i < all->rows; i++) {
		const struct mirror *m = all->list[i];
		struct mirror *in = has_sensor(m) ? inbound_of(all, m) : NULL;
		bool first = !in;

		if (!has_sensor(m))
			continue;
		if (first)
			in = all->list[all->count++] = inbound_new(m);
		add_limits(&in->spec, &m->spec, first);
	}
}

static bool are_rivals(const struct mirror *m, const struct mirror *other)
{
	return has_sensor(other) && !mirror_same_sensor(m, other) &&
	       relay_key(&m->to_vif) == relay_key(&other->to_vif);
}

/* Copies for one would reach the other. All hosts come to the same answer: it is of names. */
static void refuse_rivals(struct mirrors *all)
{
	for (size_t i = 0; i < all->rows; i++) {
		struct mirror *m = all->list[i];

		for (size_t k = 0; k < i && has_sensor(m); k++)
			if (are_rivals(m, all->list[k]))
				mirror_refuse(m, "to: between hosts, copies for this sensor could not be told from those for the sensor of mirror %s; give one of the two VMs another UUID",
					      all->list[k]->name);
	}
}

static void locate(struct mirror *m, const struct sensor_places *places)
{
	m->place = (struct policy_place){};
	m->relay = (struct relay){};
	if (!m->inbound && places->known)
		places->find(&m->to_vif, &m->place, places->arg);
	if (m->inbound && places->own.family)
		relay_from(&m->relay, &m->to_vif, &places->own);
	else if (m->place.address.family)
		relay_to(&m->relay, &m->to_vif, &m->place.address);
}

void sensors_locate(struct mirrors *all, const struct sensor_places *places)
{
	if (all->located && all->of_places == places->generation &&
	    all->places_known == places->known && prefix_compare(&all->own, &places->own) == 0)
		return;
	if (!all->located) {
		refuse_rivals(all);
		add_inbound(all);
	}
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i]->output == MIRROR_TO_VIF)
			locate(all->list[i], places);
	all->located = true;
	all->of_places = places->generation;
	all->places_known = places->known;
	all->own = places->own;
}

void sensors_forget_here(struct mirrors *all)
{
	for (size_t i = 0; i < all->count; i++)
		all->list[i]->here = false;
}

void sensors_here(struct mirrors *all, const uint8_t vm[16], uint32_t devid)
{
	for (size_t i = 0; i < all->count; i++)
		if (mirror_has_sensor(all->list[i], vm, devid))
			all->list[i]->here = true;
}

static bool is_in_kernel(const struct mirrors *all, const struct mirror *m)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->ours && memcmp(all->kernel[i]->uuid, m->uuid, 16) == 0)
			return true;
	return false;
}

void sensors_settle(struct mirrors *all, bool complete, bool supported)
{
	for (size_t i = 0; i < all->count; i++) {
		struct mirror *m = all->list[i];

		m->away = !m->inbound && complete && !m->here && m->relay.name[0];
		if (m->inbound)
			m->enabled = supported && m->relay.name[0] &&
				     (m->here || (!complete && is_in_kernel(all, m)));
	}
}
