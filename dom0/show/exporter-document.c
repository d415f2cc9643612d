// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/control.h"
#include "base/json-value.h"
#include "show/exporter-document.h"

static bool all_up(const json_t *collectors)
{
	const json_t *collector;
	size_t i;

	json_array_foreach(collectors, i, collector)
		if (strcmp(json_string_value(json_object_get(collector, "state")), "up") != 0)
			return false;
	return collectors;
}

static const char *state_of(const struct exporter_facts *f, const json_t *collectors)
{
	if (!f->exporter->enabled)
		return "down";
	if (f->exporter->problem)
		return "refused";
	if (!f->all->supported)
		return "module-too-old";
	if (!f->served)
		return "not-served";
	if (!json_array_size(f->ports))
		return "no-source";
	return all_up(collectors) ? "telling" : "waiting";
}

static const char *error_of(const struct exporter_facts *f)
{
	if (!exporter_is_on(f->exporter))
		return f->exporter->problem;
	if (!f->all->supported)
		return "the kernel module that is loaded has no flow records; they are there after a reboot";
	if (f->served)
		return NULL;
	return f->denied ? "vifexportd, which sends to collectors, was refused: it must run as root or as the user " VIFSWITCH_EXPORTER :
	       "vifexportd, which sends to collectors, does not run: systemctl start vifexportd";
}

json_t *exporter_json(const struct exporter_facts *f)
{
	/* What was told of one that is on no more is over. */
	const json_t *collectors = f->served && exporter_is_on(f->exporter) ?
		exporters_collectors(f->all, f->exporter) : NULL;

	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", f->exporter->name,
			 "state", state_of(f, collectors), "error", json_text(error_of(f)),
			 "collectors", collectors ? json_deep_copy(collectors) : json_array(),
			 "ports", f->ports);
}
