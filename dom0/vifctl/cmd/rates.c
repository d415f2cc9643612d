// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/cmd/rates.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "show/subject.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/text.h"

static json_t *counter(const json_t *port, const char *direction, const char *name)
{
	return json_object_get(json_object_get(json_object_get(port, "counters"), direction), name);
}

/* By how much a counter rose in a second; negative if it is another port's by now. */
static json_int_t per_second(const json_t *before, const json_t *after, const char *direction,
			     const char *name, uint64_t ns)
{
	json_int_t rise = json_integer_value(counter(after, direction, name)) -
			  json_integer_value(counter(before, direction, name));

	return rise < 0 ? -1 : (json_int_t)((double)rise * 1e9 / (double)ns + 0.5);
}

static json_t *direction_of(const json_t *before, const json_t *after, const char *direction,
			    const char *limit, uint64_t ns)
{
	json_int_t bytes = per_second(before, after, direction, "bytes", ns);
	json_int_t packets = per_second(before, after, direction, "packets", ns);
	json_t *most = json_object_get(json_object_get(after, limit), "bits_per_second");

	if (bytes < 0 || packets < 0)
		return NULL;
	return json_pack("{s:I, s:I, s:O?}", "bits_per_second", bytes * 8, "packets_per_second",
			 packets, "limit_bits_per_second", most);
}

/* Of all reasons together, and which of them rose most. */
static json_t *dropped_of(const json_t *before, const json_t *after, uint64_t ns)
{
	const json_t *then = json_object_get(json_object_get(before, "counters"), "drops");
	json_t *now = json_object_get(json_object_get(after, "counters"), "drops"), *count;
	json_int_t sum = 0, most = 0;
	const char *reason, *worst = NULL;

	json_object_foreach(now, reason, count) {
		json_int_t rise = json_integer_value(count) -
				  json_integer_value(json_object_get(then, reason));

		if (rise <= 0)
			continue;
		sum += rise;
		if (rise > most) {
			most = rise;
			worst = reason;
		}
	}
	return json_pack("{s:I, s:s?}", "packets_per_second",
			 (json_int_t)((double)sum * 1e9 / (double)ns + 0.5), "reason", worst);
}

static json_t *rate_of(const json_t *before, const json_t *after, uint64_t ns)
{
	json_t *from = direction_of(before, after, "from_vm", "rate_from_vm", ns);
	json_t *to = direction_of(before, after, "to_vm", "rate_to_vm", ns), *rate;

	if (!from || !to) {
		json_decref(from);
		json_decref(to);
		return NULL;
	}
	json_object_set_new(from, "limit_packets_per_second",
			    json_incref(json_object_get(after, "packets_from_vm")) ?: json_null());
	rate = subject_copy(after);
	json_object_set(rate, "qos", json_object_get(after, "qos") ?: json_null());
	json_object_set_new(rate, "from_vm", from);
	json_object_set_new(rate, "to_vm", to);
	json_object_set_new(rate, "dropped", dropped_of(before, after, ns));
	return rate;
}

json_t *rates_of(const json_t *before, const json_t *after, uint64_t ns)
{
	json_t *list = json_array(), *now, *then;
	size_t i, j;

	json_array_foreach(after, i, now) {
		json_t *ifindex = json_object_get(now, "ifindex");

		if (!json_is_object(json_object_get(now, "counters")))
			continue;
		json_array_foreach(before, j, then) {
			json_t *rate;

			if (!json_equal(json_object_get(then, "ifindex"), ifindex) ||
			    !json_is_object(json_object_get(then, "counters")))
				continue;
			rate = rate_of(then, now, ns);
			if (rate)
				json_array_append_new(list, rate);
			break;
		}
	}
	return list;
}

static char *bits(const json_t *direction, const char *name)
{
	const json_t *n = json_object_get(direction, name);

	return json_is_integer(n) ? text_rate((uint64_t)json_integer_value(n)) : NULL;
}

static char *packets(const json_t *direction, const char *name)
{
	const json_t *n = json_object_get(direction, name);

	return json_is_integer(n) ? xprintf("%lld/s", (long long)json_integer_value(n)) : NULL;
}

void view_rates(const json_t *rates, FILE *out)
{
	static const char *const titles[] = { "NETDEV", "<VM", "~>DEVICE", "~<QOS", ">FROM VM",
					      ">LIMIT", "~>PACKETS", "~>LIMIT", ">TO VM", ">LIMIT",
					      NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *rate;
	size_t i;

	json_array_foreach(rates, i, rate) {
		const json_t *from = json_object_get(rate, "from_vm");
		const json_t *to = json_object_get(rate, "to_vm");
		_cleanup_free_ char *device = text_integer(rate, "devid");
		_cleanup_free_ char *sent = bits(from, "bits_per_second");
		_cleanup_free_ char *sent_most = bits(from, "limit_bits_per_second");
		_cleanup_free_ char *count = packets(from, "packets_per_second");
		_cleanup_free_ char *count_most = packets(from, "limit_packets_per_second");
		_cleanup_free_ char *got = bits(to, "bits_per_second");
		_cleanup_free_ char *got_most = bits(to, "limit_bits_per_second");

		table_row(t, (const char *[]){ get_text(rate, "netdev"), get_vm_label(rate), device,
					       get_text(rate, "qos"), sent, sent_most, count,
					       count_most, got, got_most });
	}
	if (table_rows(t))
		table_print(t, out);
	else
		fputs("no port that was there for the whole second\n", out);
}

static double busy(const json_t *rate)
{
	return (double)json_integer_value(json_object_get(json_object_get(rate, "from_vm"),
							  "bits_per_second")) +
	       (double)json_integer_value(json_object_get(json_object_get(rate, "to_vm"),
							  "bits_per_second"));
}

static int by_traffic(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	double more = busy(y), less = busy(x);

	return more != less ? (more > less) - (more < less) :
	       strcmp(get_text(x, "netdev"), get_text(y, "netdev"));
}

static void top_row(struct table *t, const json_t *rate)
{
	const json_t *from = json_object_get(rate, "from_vm"), *to = json_object_get(rate, "to_vm");
	const json_t *dropped = json_object_get(rate, "dropped");
	_cleanup_free_ char *device = text_integer(rate, "devid");
	_cleanup_free_ char *sent = bits(from, "bits_per_second"), *got = bits(to, "bits_per_second");
	_cleanup_free_ char *out = packets(from, "packets_per_second");
	_cleanup_free_ char *in = packets(to, "packets_per_second");
	_cleanup_free_ char *lost = packets(dropped, "packets_per_second");

	table_row(t, (const char *[]){ get_text(rate, "netdev"), get_vm_label(rate), device, sent,
				       out, got, in, lost, get_text(dropped, "reason") });
}

void view_top(const json_t *rates, FILE *out)
{
	static const char *const titles[] = { "NETDEV", "<VM", "~>DEVICE", ">FROM VM", "~>SENT",
					      ">TO VM", "~>GOT", ">DROPPED", "~REASON", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	size_t count = json_array_size(rates);
	_cleanup_free_ json_t **sorted = xmalloc((count + 1) * sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = json_array_get(rates, i);
	qsort(sorted, count, sizeof(*sorted), by_traffic);
	for (size_t i = 0; i < count; i++)
		top_row(t, sorted[i]);
	table_print(t, out);
}
