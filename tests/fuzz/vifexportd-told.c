// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What vifexportd reads: the first octet says whether the rest is what vifswitchd tells of
 * exporters and ports, or a sampled packet. Nothing goes out: no outlet is opened.
 */
#include <string.h>

#include "vifexportd/flow-of-sample.h"
#include "vifexportd/target.h"
#include "vifexportd/told-ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_told(const uint8_t *data, size_t size)
{
	static const uint8_t host[16];
	json_t *told = json_loadb((const char *)data, size, 0, NULL), *exporter;
	struct told_ports ports = {};
	static const struct target_places places;
	size_t queued = 0, i;

	json_array_foreach(json_object_get(told, "exporters"), i, exporter) {
		struct target *t = target_new(exporter, NULL, host, &queued);

		if (t)
			json_decref(target_status(t));
		target_free(t);
	}
	for (int n = 0; n < 2; n++)
		told_ports_read(&ports, json_object_get(told, "ports"), &places, 1000);
	told_ports_deinit(&ports);
	json_decref(told);
}

static void read_sample(const uint8_t *data, size_t size)
{
	struct vifswitch_sample sample;
	struct vifswitch_flow flow;

	if (size < sizeof(sample))
		return;
	memcpy(&sample, data, sizeof(sample));
	flow_of_sample(&sample, data + sizeof(sample), size - sizeof(sample), 1, &flow);
	if (flow.octets_l3 > sample.frame_len)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] & 1)
		read_sample(data + 1, size - 1);
	else if (size)
		read_told(data + 1, size - 1);
	return 0;
}
