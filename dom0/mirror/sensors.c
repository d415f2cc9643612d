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

/* The list has room for one for each row. */
static void add_inbound(struct mirrors *all)
{
	for (size_t i = 0; i < all->rows; i++)
		if (mirror_is_on(all->list[i]) && all->list[i]->output == MIRROR_TO_VIF &&
		    !inbound_of(all, all->list[i]))
			all->list[all->count++] = inbound_new(all->list[i]);
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
	if (!all->located)
		add_inbound(all);
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
