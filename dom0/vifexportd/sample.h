/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a sample of /metrics is written, in either format. */
#ifndef VIFEXPORTD_SAMPLE_H
#define VIFEXPORTD_SAMPLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/json-value.h"

struct exporting_counts;

struct out {
	FILE *to;
	bool openmetrics;
	const char *name;   /* of the family */
	const char *suffix; /* of its samples */
	const json_t *show, *acls, *mirrors, *exporters, *uplinks, *oam, *networks;
	const struct exporting_counts *counts;
	json_t *interfaces; /* "UUID/DEVID": [port, ...] */
	json_t *interface_hits; /* likewise, with what rules of its ACL decided there */
};

/* A sample: its beginning, its labels, its end. */
void sample_begin(struct out *o);
void sample_label(struct out *o, const char *name, const char *value, bool first);
void sample_end(struct out *o, bool labels, json_int_t value);
/* The first labels of one of a VM's interface: whose it is. */
void sample_interface(struct out *o, const json_t *port);
/* All of one without labels. */
void sample_plain(struct out *o, json_int_t value);

/* A boolean is 0 or 1; 0 where there is none. */
json_int_t sample_number(const json_t *object, const char *outer, const char *inner);
/* Is that member the word? */
bool sample_is(const json_t *object, const char *key, const char *word);

/* Defines what writes a family: samples of all that @of_all goes through, which it tells how. */
#define FAMILY(function, of_all, ...)                                                              \
	void function(struct out *o)                                                               \
	{                                                                                          \
		of_all(o, __VA_ARGS__);                                                            \
	}

#endif /* VIFEXPORTD_SAMPLE_H */
