// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "base/cleanup.h"
#include "policy/bounds.h"
#include "policy/exporter-shape.h"
#include "policy/fields.h"

#define ONLY(format)	(1U << (format))
#define OF_FLOWS	(ONLY(EXPORT_NETFLOW5) | ONLY(EXPORT_NETFLOW9) | ONLY(EXPORT_IPFIX))

/* What only some formats have a place for. */
static const struct {
	const char *column;
	unsigned int formats;
} places[] = {
	{ "header", ONLY(EXPORT_SFLOW) }, { "polling_s", ONLY(EXPORT_SFLOW) },
	{ "agent", ONLY(EXPORT_SFLOW) },
	{ "active_timeout_s", OF_FLOWS }, { "idle_timeout_s", OF_FLOWS },
	{ "point", ONLY(EXPORT_IPFIX) },
};

static const struct {
	const char *column;
	uint64_t most;
} fields_of_v5[] = {
	{ "sampling", EXPORTER_SAMPLING_V5 }, { "domain", EXPORTER_DOMAIN_V5 },
};

static const char *field_name(const char *column)
{
	return kind_column(&object_kinds[OBJECT_EXPORTER], column, NULL)->name;
}

static int refuse(struct problem *problem, const char *column, unsigned int formats)
{
	struct word words[5] = {};
	char list[64];
	size_t n = 0;

	for (const struct word *w = export_format_words; w->word; w++)
		if (formats & ONLY(w->value))
			words[n++] = *w;
	words_list(words, list, sizeof(list));
	return problem_set(problem, "%s: only with format %s", field_name(column), list);
}

int exporter_shape_check(bool (*number)(const char *column, uint64_t *ret, const void *arg),
			 const void *arg, struct problem *problem)
{
	uint64_t format = 0, n = 0;

	if (!number("format", &format, arg))
		return problem_set(problem, "format is missing");
	if (!number("collectors", &n, arg))
		return problem_set(problem, "to is missing");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (number(places[i].column, &n, arg) && !(places[i].formats & ONLY(format)))
			return refuse(problem, places[i].column, places[i].formats);
	if (number("transport", &n, arg) && n && format != EXPORT_IPFIX)
		return problem_set(problem, "transport=tcp: only with format ipfix");
	for (size_t i = 0; format == EXPORT_NETFLOW5 && i < ARRAY_SIZE(fields_of_v5); i++)
		if (number(fields_of_v5[i].column, &n, arg) && n > fields_of_v5[i].most)
			return problem_set(problem, "%s=%" PRIu64 ": netflow5 has room for %" PRIu64 " at most",
					   field_name(fields_of_v5[i].column), n,
					   fields_of_v5[i].most);
	return 0;
}
