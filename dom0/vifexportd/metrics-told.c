// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifexportd/exporting.h"
#include "vifexportd/metrics-told.h"

/* ---- mirrors ---- */

/* Begins a sample of one, on one switch: of what is here, or of copies that other hosts send. */
static void mirror_labels(struct out *o, const json_t *mirror, const json_t *use)
{
	sample_begin(o);
	sample_label(o, "mirror", json_text_of(mirror, "name"), true);
	sample_label(o, "switch", json_text_of(use, "switch"), false);
	sample_label(o, "from", sample_number(use, "from_hosts", NULL) ? "hosts" : "here", false);
}

static void mirror_state(struct out *o, const json_t *mirror, const json_t *use)
{
	mirror_labels(o, mirror, use);
	sample_end(o, true, sample_is(use, "state", "in-force"));
}

static void mirror_packets(struct out *o, const json_t *mirror, const json_t *use)
{
	mirror_labels(o, mirror, use);
	sample_end(o, true, sample_number(use, "copies", "packets"));
}

static void mirror_bytes(struct out *o, const json_t *mirror, const json_t *use)
{
	mirror_labels(o, mirror, use);
	sample_end(o, true, sample_number(use, "copies", "bytes"));
}

static void mirror_losses(struct out *o, const json_t *mirror, const json_t *use)
{
	static const char *const reasons[] = { "over_rate", "no_output", "failed", "cut", NULL };

	for (const char *const *reason = reasons; *reason; reason++) {
		mirror_labels(o, mirror, use);
		sample_label(o, "reason", *reason, false);
		sample_end(o, true, sample_number(use, "copies", *reason));
	}
}

static bool same_use(const json_t *a, const json_t *b)
{
	return json_is_true(json_object_get(a, "from_hosts")) &&
	       json_is_true(json_object_get(b, "from_hosts")) &&
	       json_equal(json_object_get(a, "switch"), json_object_get(b, "switch")) &&
	       json_equal(json_object_get(a, "number"), json_object_get(b, "number"));
}

/* What other hosts send is the sensor's: all its mirrors show it, and the first has it here. */
static bool is_of_earlier(const json_t *mirrors, size_t before, const json_t *its)
{
	const json_t *use;
	size_t i, j;

	for (i = 0; i < before; i++)
		json_array_foreach(json_object_get(json_array_get(mirrors, i), "switches"), j, use)
			if (same_use(use, its))
				return true;
	return false;
}

static void of_mirrors(struct out *o, bool counted,
		       void (*samples)(struct out *, const json_t *, const json_t *))
{
	const json_t *mirrors = json_object_get(o->mirrors, "mirrors"), *mirror, *use;
	size_t i, j;

	json_array_foreach(mirrors, i, mirror)
		json_array_foreach(json_object_get(mirror, "switches"), j, use)
			if ((!counted || json_is_object(json_object_get(use, "copies"))) &&
			    !is_of_earlier(mirrors, i, use))
				samples(o, mirror, use);
}

FAMILY(mirror_in_force, of_mirrors, false, mirror_state)
FAMILY(mirror_copies, of_mirrors, true, mirror_packets)
FAMILY(mirror_octets, of_mirrors, true, mirror_bytes)
FAMILY(mirror_lost, of_mirrors, true, mirror_losses)

/* ---- exporters ---- */

/* But for those that the operator put down. */
void exporter_up(struct out *o)
{
	const json_t *exporter;
	size_t i;

	json_array_foreach(json_object_get(o->exporters, "exporters"), i, exporter) {
		const char *state = json_text_of(exporter, "state") ?: "";

		if (strcmp(state, "down") == 0)
			continue;
		sample_begin(o);
		sample_label(o, "exporter", json_text_of(exporter, "name"), true);
		sample_end(o, true, strcmp(state, "telling") == 0);
	}
}

static void of_collectors(struct out *o, const char *what)
{
	const json_t *exporter, *collector;
	size_t i, j;

	json_array_foreach(json_object_get(o->exporters, "exporters"), i, exporter) {
		json_array_foreach(json_object_get(exporter, "collectors"), j, collector) {
			sample_begin(o);
			sample_label(o, "exporter", json_text_of(exporter, "name"), true);
			sample_label(o, "collector", json_text_of(collector, "to"), false);
			sample_end(o, true, sample_number(collector, what, NULL));
		}
	}
}

FAMILY(exporter_records, of_collectors, "records")
FAMILY(exporter_lost, of_collectors, "lost")
FAMILY(exporter_left_out, of_collectors, "left_out")

void flow_overruns(struct out *o)
{
	sample_plain(o, (json_int_t)o->counts->overruns);
}
void flow_unclaimed(struct out *o)
{
	sample_plain(o, (json_int_t)o->counts->unclaimed);
}
