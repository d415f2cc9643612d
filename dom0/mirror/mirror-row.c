// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "mirror/mirror-row.h"
#include "policy/mirror-shape.h"

void mirror_refuse(struct mirror *m, const char *fmt, ...)
{
	va_list ap;

	if (m->problem)
		return;
	m->problem = xzalloc(sizeof(*m->problem));
	va_start(ap, fmt);
	vsnprintf(m->problem->text, sizeof(m->problem->text), fmt, ap);
	va_end(ap);
}

static void read_sources(struct mirror *m, const struct policy_row *row)
{
	const void *filter = row_octets(row, "filter", NULL);

	m->direction = (unsigned int)row_number(row, "direction", MIRROR_FROM | MIRROR_TO);
	port_choice_read(&m->sources, row);
	m->has_filter = filter;
	if (filter)
		memcpy(m->filter, filter, sizeof(m->filter));
}

static void read_remote(struct mirror *m, const struct policy_row *row)
{
	struct erspan *e = &m->remote;

	e->remote = *(const struct prefix *)row_octets(row, "output_remote", NULL);
	e->type = (uint8_t)row_number(row, "erspan_type", 2);
	/* Type 1 has no place for it. */
	e->session = e->type == 1 ? 0 : (uint16_t)row_number(row, "erspan_session", 1);
	e->ttl = (uint8_t)row_number(row, "erspan_ttl", MIRROR_TTL_DEFAULT);
	if (e->remote.len != prefix_bits(&e->remote) || !prefix_is_source(&e->remote)) {
		char text[PREFIX_TEXT_MAX];

		prefix_format(&e->remote, text);
		mirror_refuse(m, "to-remote=%s: must be the address of one host", text);
		return;
	}
	if (e->type == 1 && e->remote.family == PREFIX_IP6) {
		mirror_refuse(m, "erspan=1: the kernel sends it over IPv4 alone; accepted for an IPv6 to-remote: 2, 3");
		return;
	}
	erspan_finish(e);
}

static void read_output(struct mirror *m, const struct policy_row *row)
{
	if (row_given(row, "output_vif")) {
		m->output = MIRROR_TO_VIF;
		m->to_vif = *(const struct row_vif *)row_octets(row, "output_vif", NULL);
	} else if (row_given(row, "output_netdev")) {
		m->output = MIRROR_TO_NETDEV;
		strcpy(m->to_netdev, row_octets(row, "output_netdev", NULL));
	} else if (row_given(row, "output_vlan")) {
		m->output = MIRROR_TO_VLAN;
		m->spec.output_vlan = (uint16_t)row_number(row, "output_vlan", 0);
	} else {
		m->output = MIRROR_TO_REMOTE;
		read_remote(m, row);
	}
}

static void read_spec(struct mirror *m, const struct policy_row *row)
{
	const void *vlans = row_octets(row, "vlans", NULL);

	m->spec.dropped = row_number(row, "dropped", 0);
	m->spec.snaplen = (uint32_t)row_number(row, "snaplen", 0);
	m->spec.rate_bps = row_number(row, "rate", 0);
	m->spec.packet_rate = (uint32_t)row_number(row, "copies", MIRROR_COPIES_DEFAULT);
	m->spec.some_vlans = vlans;
	if (vlans)
		memcpy(m->spec.vlans, vlans, sizeof(m->spec.vlans));
}

static bool given(const char *column, const void *arg)
{
	return row_given(arg, column);
}

struct mirror *mirror_read(const uint8_t uuid[16], const struct policy_row *row)
{
	struct mirror *m = xzalloc(sizeof(*m));
	struct problem problem;

	memcpy(m->uuid, uuid, sizeof(m->uuid));
	strcpy(m->name, row->name);
	m->enabled = !row_number(row, "admin_state", 0);
	if (row->problem)
		mirror_refuse(m, "%s", row->problem);
	else if (mirror_shape_check(given, row, &problem) < 0)
		mirror_refuse(m, "%s", problem.text);
	if (m->problem)
		return m;
	read_sources(m, row);
	read_spec(m, row);
	read_output(m, row);
	return m;
}

void mirror_free(struct mirror *m)
{
	port_choice_deinit(&m->sources);
	free(m->problem);
	free(m);
}

const char *mirror_netdev(const struct mirror *m)
{
	if (m->away)
		return m->relay.name;
	return m->output == MIRROR_TO_NETDEV ? m->to_netdev :
	       m->output == MIRROR_TO_REMOTE ? m->remote.name : NULL;
}

bool mirror_has_sensor(const struct mirror *m, const uint8_t vm[16], uint32_t devid)
{
	return m->output == MIRROR_TO_VIF && m->to_vif.devid == devid &&
	       memcmp(m->to_vif.vm, vm, 16) == 0;
}

bool mirror_same_sensor(const struct mirror *a, const struct mirror *b)
{
	return b->output == MIRROR_TO_VIF && mirror_has_sensor(a, b->to_vif.vm, b->to_vif.devid);
}

bool mirror_same_output(const struct mirror *a, const struct mirror *b)
{
	if (a == b)
		return true;
	if (mirror_goes(a) != mirror_goes(b))
		return false;
	if (mirror_goes(a) == MIRROR_TO_VIF)
		return mirror_same_sensor(a, b);
	return mirror_netdev(a) && strcmp(mirror_netdev(a), mirror_netdev(b)) == 0;
}
