// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/stanza.h"

#include <string.h>

#include "base/cleanup.h"
#include "vifctl/view/text.h"

static bool is_family(const json_t *item, int family)
{
	return json_integer_value(json_object_get(item, "family")) == family;
}

/* Given by DHCP or a router, so that whoever configures it has to ask again. */
static bool is_dynamic(const struct stanza *s, int family)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(s->facts, "addresses"), i, item)
		if (is_family(item, family) && json_is_true(json_object_get(item, "dynamic")))
			return true;
	return false;
}

/* "" if there is none. */
static const char *gateway(const struct stanza *s, int family)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(s->facts, "gateways"), i, item)
		if (is_family(item, family) && !is_dynamic(s, family))
			return get_text(item, "gateway");
	return "";
}

/* The next address to be written, from *at on; NULL: no more. */
static const char *next_address(const struct stanza *s, int family, size_t *at)
{
	const json_t *addresses = json_object_get(s->facts, "addresses"), *item;

	while (*at < json_array_size(addresses)) {
		item = json_array_get(addresses, (*at)++);
		if (is_family(item, family) && !json_is_true(json_object_get(item, "dynamic")))
			return get_text(item, "address");
	}
	return NULL;
}

/* ---- ifupdown ---- */

static void ifupdown_family(const struct stanza *s, int family, FILE *out)
{
	const char *inet = family == 6 ? "inet6" : "inet", *address;
	const char *router = gateway(s, family);
	size_t at = 0;

	if (is_dynamic(s, family))
		fprintf(out, "iface %s %s %s\n\thwaddress %s\n", s->sw, inet,
			family == 6 ? "auto" : "dhcp", s->mac);
	while ((address = next_address(s, family, &at))) {
		fprintf(out, "iface %s %s static\n\taddress %s\n", s->sw, inet, address);
		if (*router)
			fprintf(out, "\tgateway %s\n", router);
		fprintf(out, "\thwaddress %s\n", s->mac);
		router = "";
	}
}

static void ifupdown(const struct stanza *s, FILE *out)
{
	fprintf(out, "# In /etc/network/interfaces, instead of what is there for %s:\n", s->uplink);
	fprintf(out, "allow-hotplug %s\niface %s inet manual\n\n", s->uplink, s->uplink);
	fprintf(out, "allow-hotplug %s\n", s->sw);
	ifupdown_family(s, 4, out);
	ifupdown_family(s, 6, out);
}

/* ---- networkd ---- */

static void networkd(const struct stanza *s, FILE *out)
{
	static const int families[] = { 4, 6 };
	bool four = is_dynamic(s, 4), six = is_dynamic(s, 6);

	fprintf(out, "# /etc/systemd/network/10-%s.network\n", s->uplink);
	fprintf(out, "[Match]\nName=%s\n\n[Network]\nLinkLocalAddressing=no\n\n", s->uplink);
	fprintf(out, "# /etc/systemd/network/10-%s.network\n", s->sw);
	fprintf(out, "[Match]\nName=%s\n\n[Link]\nMACAddress=%s\n\n[Network]\n", s->sw, s->mac);
	if (four || six)
		fprintf(out, "DHCP=%s\n", four && six ? "yes" : four ? "ipv4" : "ipv6");
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		const char *address;
		size_t at = 0;

		while ((address = next_address(s, families[f], &at)))
			fprintf(out, "Address=%s\n", address);
		if (*gateway(s, families[f]))
			fprintf(out, "Gateway=%s\n", gateway(s, families[f]));
	}
}

/* ---- netplan ---- */

static void netplan(const struct stanza *s, FILE *out)
{
	static const int families[] = { 4, 6 };
	const char *between = "[";

	fprintf(out, "# In /etc/netplan, instead of what is there for %s:\n", s->uplink);
	fprintf(out, "network:\n  version: 2\n  ethernets:\n    %s:\n", s->uplink);
	fputs("      dhcp4: false\n      dhcp6: false\n      link-local: []\n", out);
	fprintf(out, "    %s:\n      macaddress: \"%s\"\n      optional: true\n", s->sw, s->mac);
	fprintf(out, "      dhcp4: %s\n", is_dynamic(s, 4) ? "true" : "false");
	fprintf(out, "      dhcp6: %s\n", is_dynamic(s, 6) ? "true" : "false");
	fputs("      addresses: ", out);
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		const char *address;
		size_t at = 0;

		while ((address = next_address(s, families[f], &at))) {
			fprintf(out, "%s\"%s\"", between, address);
			between = ", ";
		}
	}
	fputs(*between == '[' ? "[]\n" : "]\n", out);
	if (*gateway(s, 4) || *gateway(s, 6))
		fputs("      routes:\n", out);
	for (size_t f = 0; f < ARRAY_SIZE(families); f++)
		if (*gateway(s, families[f]))
			fprintf(out, "      - to: \"%s\"\n        via: \"%s\"\n",
				families[f] == 6 ? "::/0" : "0.0.0.0/0", gateway(s, families[f]));
}

bool stanza_print(const struct stanza *s, const char *format, FILE *out)
{
	static const struct {
		const char *format;
		void (*print)(const struct stanza *s, FILE *out);
	} printers[] = { { "ifupdown", ifupdown }, { "networkd", networkd }, { "netplan", netplan } };

	for (size_t i = 0; i < ARRAY_SIZE(printers); i++) {
		if (strcmp(printers[i].format, format) == 0) {
			printers[i].print(s, out);
			return true;
		}
	}
	return false;
}
