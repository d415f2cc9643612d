// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions as a table: the VM's end first, an arrow from who began it. */
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/words.h"
#include "vifctl/view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/text.h"

/* "999", "1.2k", "45M": at most four characters below a thousand E. */
static char *short_number(uint64_t n, unsigned int step)
{
	static const char units[] = " kMGTPE";
	size_t i = 0;
	double v = (double)n;

	while (v >= 999.5 && units[i + 1]) {
		v /= step;
		i++;
	}
	if (!i)
		return xprintf("%llu", (unsigned long long)n);
	return xprintf("%.*f%c", v < 9.95 ? 1 : 0, v, units[i]);
}

static char *short_time(uint64_t ms)
{
	static const struct {
		unsigned int seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' } };
	uint64_t s = ms / 1000;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (s >= 2 * units[i].seconds)
			return xprintf("%llu%c", (unsigned long long)(s / units[i].seconds),
				       units[i].unit);
	return xprintf("%llus", (unsigned long long)s);
}

static char *text_time(const json_t *session, const char *key)
{
	const json_t *ms = json_object_get(session, key);

	return json_is_integer(ms) ? short_time((uint64_t)json_integer_value(ms)) : NULL;
}

static char *text_end(const json_t *session, const char *address, const char *port)
{
	const json_t *number = json_object_get(session, port);
	const char *text = get_text(session, address);

	if (!json_is_integer(number))
		return xprintf("%s", text);
	return xprintf(strchr(text, ':') ? "[%s]:%lld" : "%s:%lld", text,
		       (long long)json_integer_value(number));
}

static char *text_protocol(const json_t *session)
{
	uint32_t number = (uint32_t)json_integer_value(json_object_get(session, "protocol"));
	const json_t *identifier = json_object_get(session, "identifier");
	const struct word *word = protocol_words;

	while (word->word && word->value != number)
		word++;
	if (!word->word)
		return xprintf("%u", number);
	if (!json_is_integer(identifier))
		return xprintf("%s", word->word);
	return xprintf("%s/%lld", word->word, (long long)json_integer_value(identifier));
}

static char *text_counts(const json_t *session, const char *direction)
{
	const json_t *one = json_object_get(session, direction);
	_cleanup_free_ char *packets = short_number(
		(uint64_t)json_integer_value(json_object_get(one, "packets")), 1000);
	_cleanup_free_ char *bytes = short_number(
		(uint64_t)json_integer_value(json_object_get(one, "bytes")), 1024);

	return xprintf("%s/%s", packets, bytes);
}

/* Only where it is not the one that the port's untagged frames are in; of flow tables the zone. */
static char *text_other_vlan(const json_t *session, const json_t *port)
{
	const json_t *pvid = json_object_get(json_object_get(port, "vlan"), "pvid");
	const json_t *zone = json_object_get(session, "zone");

	if (json_is_integer(zone))
		return xprintf("zone %lld", (long long)json_integer_value(zone));
	return json_equal(json_object_get(session, "vlan"), pvid) ? NULL :
								   text_integer(session, "vlan");
}

void view_sessions(const json_t *sessions, const json_t *port, FILE *out)
{
	static const char *const titles[] = { "PROTO", "VLAN", "VM", "", "PEER", "STATE", "~>AGE",
					      ">LEFT", "~>FROM VM", "~>TO VM", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *session;
	size_t i;

	json_array_foreach(sessions, i, session) {
		_cleanup_free_ char *protocol = text_protocol(session);
		_cleanup_free_ char *vlan = text_other_vlan(session, port);
		_cleanup_free_ char *vm = text_end(session, "vm_address", "vm_port");
		_cleanup_free_ char *peer = text_end(session, "peer_address", "peer_port");
		_cleanup_free_ char *age = text_time(session, "age_ms");
		_cleanup_free_ char *left = text_time(session, "left_ms");
		_cleanup_free_ char *from = text_counts(session, "from_vm");
		_cleanup_free_ char *to = text_counts(session, "to_vm");
		bool by_vm = !strcmp(get_text(session, "begun_by"), "vm");

		table_row(t, (const char *[]){ protocol, vlan, vm, by_vm ? ">" : "<", peer,
					       get_text(session, "state"), age, left, from, to });
	}
	table_print(t, out);
}
