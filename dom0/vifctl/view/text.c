// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define WORD_MAX	63

/* Three digits are enough to compare by; whole numbers have no fraction. */
static char *scaled(uint64_t value, uint64_t step, const char *const *units, size_t count)
{
	double v = (double)value;
	size_t i = 0;

	while (i + 1 < count && v >= (double)step) {
		v /= (double)step;
		i++;
	}
	if (v >= 100 || v == (double)(uint64_t)v)
		return xprintf("%.0f %s", v, units[i]);
	return xprintf("%.*f %s", v >= 10 ? 1 : 2, v, units[i]);
}

char *text_rate(uint64_t bits_per_second)
{
	static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" };

	return scaled(bits_per_second, 1000, units, ARRAY_SIZE(units));
}

char *text_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

	return scaled(bytes, 1024, units, ARRAY_SIZE(units));
}

char *text_age(uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s < 60)
		return xprintf("%llu s", (unsigned long long)s);
	return xprintf("%llu min %llu s", (unsigned long long)s / 60, (unsigned long long)s % 60);
}

char *text_local_time(const char *utc)
{
	struct tm tm = {};
	char text[32];
	const char *rest = strptime(utc, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t at = timegm(&tm);

	if (!rest || !localtime_r(&at, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		return xprintf("%s", utc);
	return xprintf("%s%.*s", text, (int)strcspn(rest, "Z"), rest);
}

static bool ids;

void text_ids_set(bool shown)
{
	ids = shown;
}

bool text_ids(void)
{
	return ids;
}

const char *get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

const char *get_vm_word(const json_t *port)
{
	const char *label = get_vm_label(port);

	return label[strspn(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ||
	       strlen(label) > WORD_MAX ? get_text(json_object_get(port, "vm"), "uuid") : label;
}

const char *get_vm_label(const json_t *port)
{
	const json_t *vm = json_object_get(port, "vm");
	const char *name = get_text(vm, "name");

	return *name ? name : get_text(vm, "uuid");
}

char *text_integer(const json_t *object, const char *key)
{
	const json_t *n = json_object_get(object, key);

	return json_is_integer(n) ? xprintf("%lld", (long long)json_integer_value(n)) : NULL;
}

char *text_join(const json_t *strings, const char *between)
{
	size_t size = 1, at = 0, i;
	const char *word;
	json_t *item;
	char *text;

	json_array_foreach(strings, i, item)
		size += strlen(between) + strlen(json_string_value(item) ?: "?");
	text = xmalloc(size);
	*text = '\0';
	json_array_foreach(strings, i, item) {
		word = json_string_value(item) ?: "?";
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? between : "", word);
	}
	return text;
}

json_t *text_split(const char *text)
{
	json_t *items = json_array();

	for (;;) {
		size_t len = strcspn(text, ",");

		if (json_array_append_new(items, json_stringn(text, len))) {
			json_decref(items);
			return NULL;
		}
		if (!text[len])
			return items;
		text += len + 1;
	}
}

bool text_among(const json_t *strings, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(strings, i, item)
		if (!strcmp(json_string_value(item) ?: "", text))
			return true;
	return false;
}

char *text_vlan(const json_t *port)
{
	const json_t *vlan = json_object_get(port, "vlan"), *pvid = json_object_get(vlan, "pvid");
	const char *mode = get_text(vlan, "mode");
	_cleanup_free_ char *tagged = NULL;
	int native = (int)json_integer_value(pvid);

	if (!*mode || !strcmp(mode, "none"))
		return NULL;
	tagged = text_join(json_object_get(vlan, "tagged"), ",");
	if (!json_is_integer(pvid))
		return xprintf("tagged %s", tagged);
	if (!strcmp(mode, "native-tagged"))
		return xprintf("native %d, tagged %s", native, tagged);
	if (!*tagged && native)
		return xprintf("%d%s", native, strcmp(mode, "access") ? ", also tagged" : "");
	if (!*tagged)
		return xprintf("untagged");
	return native ? xprintf("%d, tagged %s", native, tagged) :
			xprintf("untagged, tagged %s", tagged);
}

char *text_port_rate(const json_t *port, const char *member)
{
	const json_t *rate = json_object_get(port, member);

	if (!json_is_object(rate))
		return NULL;
	return text_rate((uint64_t)json_integer_value(json_object_get(rate, "bits_per_second")));
}

char *text_traffic(const json_t *port, const char *direction)
{
	const json_t *one = json_object_get(json_object_get(port, "counters"), direction);

	if (!json_is_object(one))
		return NULL;
	return text_bytes((uint64_t)json_integer_value(json_object_get(one, "bytes")));
}

uint64_t total_drops(const json_t *port)
{
	json_t *drops = json_object_get(json_object_get(port, "counters"), "drops"), *value;
	uint64_t sum = 0;
	const char *reason;

	json_object_foreach(drops, reason, value)
		sum += (uint64_t)json_integer_value(value);
	return sum;
}

char *text_path_mtu(const json_t *bfd)
{
	_cleanup_free_ char *octets = text_integer(bfd, "path_mtu");

	return octets ? xprintf("; packets of up to %s octets get there", octets) : xstrdup("");
}
