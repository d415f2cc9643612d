// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "oam/lldp-frame.h"

#define VERSION_TEXT	"vifswitch " VIFSWITCH_VERSION

enum { TLV_END, TLV_CHASSIS, TLV_PORT, TLV_TTL, TLV_PORT_DESCR, TLV_SYSTEM_NAME,
       TLV_SYSTEM_DESCR, TLV_CAPABILITIES, TLV_MANAGEMENT, TLV_ORGANISATION = 127 };
/* Subtypes of what has a name: those that are an address, in the two lists differently. */
enum { CHASSIS_MAC = 4, CHASSIS_NETWORK = 5, PORT_MAC = 3, PORT_NETWORK = 4, PORT_NAME = 5 };
enum { FAMILY_IP4 = 1, FAMILY_IP6 = 2 };	/* of IANA's address family numbers */

#define OUI_8021	0x0080c2
#define OUI_8023	0x00120f
enum { DOT1_PVID = 1, DOT1_VLAN_NAME = 3, DOT3_MAX_FRAME = 4 };

#define CAPABILITY_BRIDGE	4

struct tlv {
	unsigned int type;
	const uint8_t *value;
	size_t len;
};

/* Steps over the next one. */
static bool take_tlv(const uint8_t **p, size_t *left, struct tlv *ret)
{
	uint16_t head;

	if (*left < 2)
		return false;
	head = get_be16(*p);
	*ret = (struct tlv){ .type = head >> 9, .value = *p + 2, .len = head & 0x1ff };
	if (ret->len > *left - 2)
		return false;
	*p += 2 + ret->len;
	*left -= 2 + ret->len;
	return true;
}

static void set_text(struct lldp_text *t, const void *text, size_t len)
{
	t->len = (uint8_t)(len < LLDP_TEXT_MAX ? len : LLDP_TEXT_MAX);
	memcpy(t->text, text, t->len);
}

static void set_mac(struct lldp_text *t, const uint8_t *mac)
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	set_text(t, text, strlen(text));
}

/* A family and an address; nothing if it is of another kind. */
static void set_address(struct lldp_text *t, const uint8_t *p, size_t len)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (len == 5 && p[0] == FAMILY_IP4)
		inet_ntop(AF_INET, p + 1, text, sizeof(text));
	else if (len == 17 && p[0] == FAMILY_IP6)
		inet_ntop(AF_INET6, p + 1, text, sizeof(text));
	set_text(t, text, strlen(text));
}

static bool read_name(const struct tlv *tlv, uint8_t mac, uint8_t network, struct lldp_text *ret)
{
	if (tlv->len < 2 || tlv->len > 256)
		return false;
	if (tlv->value[0] == mac && tlv->len == 1 + ETHER_ADDR_LEN)
		set_mac(ret, tlv->value + 1);
	else if (tlv->value[0] == network)
		set_address(ret, tlv->value + 1, tlv->len - 1);
	else
		set_text(ret, tlv->value + 1, tlv->len - 1);
	return ret->len;
}

/* The first one is enough. */
static void read_management(const struct tlv *tlv, struct lldp_told *ret)
{
	size_t len = tlv->len ? tlv->value[0] : 0;

	if (len && len < tlv->len && !ret->management.len)
		set_address(&ret->management, tlv->value + 1, len);
}

static void add_vlan(struct lldp_told *t, uint16_t vid)
{
	for (size_t i = 0; i < t->vlan_count; i++)
		if (t->vlans[i] == vid)
			return;
	if (t->vlan_count < LLDP_VLANS_MAX)
		t->vlans[t->vlan_count++] = vid;
	else
		t->vlans_cut = true;
}

static void read_organisation(const struct tlv *tlv, struct lldp_told *ret)
{
	const uint8_t *p = tlv->value;
	uint32_t oui;

	if (tlv->len < 6)
		return;
	oui = get_be32(p) >> 8;
	if (oui == OUI_8023 && p[3] == DOT3_MAX_FRAME) {
		ret->max_frame = get_be16(p + 4);
	} else if (oui == OUI_8021 && p[3] == DOT1_PVID) {
		ret->pvid = get_be16(p + 4) & 0xfff;
		ret->has_pvid = true;
	} else if (oui == OUI_8021 && p[3] == DOT1_VLAN_NAME && tlv->len >= 7) {
		add_vlan(ret, get_be16(p + 4) & 0xfff);
	}
}

static void read_other(const struct tlv *tlv, struct lldp_told *ret)
{
	switch (tlv->type) {
	case TLV_PORT_DESCR:
		set_text(&ret->port_descr, tlv->value, tlv->len);
		break;
	case TLV_SYSTEM_NAME:
		set_text(&ret->system_name, tlv->value, tlv->len);
		break;
	case TLV_SYSTEM_DESCR:
		set_text(&ret->system_descr, tlv->value, tlv->len);
		break;
	case TLV_MANAGEMENT:
		read_management(tlv, ret);
		break;
	case TLV_ORGANISATION:
		read_organisation(tlv, ret);
		break;
	}
}

int lldp_parse(const uint8_t *frame, size_t len, struct lldp_told *ret)
{
	const uint8_t *p = frame + ETHER_HEADER_LEN;
	size_t left = len - ETHER_HEADER_LEN;
	struct lldp_told told = {};
	struct tlv tlv;

	if (len < ETHER_HEADER_LEN || get_be16(frame + 2 * ETHER_ADDR_LEN) != LLDP_TYPE)
		return -EBADMSG;
	memcpy(told.source, frame + ETHER_ADDR_LEN, ETHER_ADDR_LEN);
	/* These three, in this order, once each. */
	if (!take_tlv(&p, &left, &tlv) || tlv.type != TLV_CHASSIS ||
	    !read_name(&tlv, CHASSIS_MAC, CHASSIS_NETWORK, &told.chassis) ||
	    !take_tlv(&p, &left, &tlv) || tlv.type != TLV_PORT ||
	    !read_name(&tlv, PORT_MAC, PORT_NETWORK, &told.port) ||
	    !take_tlv(&p, &left, &tlv) || tlv.type != TLV_TTL || tlv.len < 2)
		return -EBADMSG;
	told.ttl = get_be16(tlv.value);
	while (take_tlv(&p, &left, &tlv) && tlv.type != TLV_END) {
		if (tlv.type <= TLV_TTL)
			return -EBADMSG;
		read_other(&tlv, &told);
	}
	*ret = told;
	return 0;
}

/* ---- ours ---- */

static uint8_t *put_tlv(uint8_t *p, unsigned int type, const void *value, size_t len)
{
	put_be16(p, (uint16_t)(type << 9 | len));
	memcpy(p + 2, value, len);
	return p + 2 + len;
}

static uint8_t *put_text(uint8_t *p, unsigned int type, const char *text)
{
	return *text ? put_tlv(p, type, text, strlen(text)) : p;
}

static uint8_t *put_organisation(uint8_t *p, uint32_t oui, uint8_t subtype, uint16_t n)
{
	uint8_t value[6];

	put_be32(value, oui << 8 | subtype);
	put_be16(value + 4, n);
	return put_tlv(p, TLV_ORGANISATION, value, sizeof(value));
}

size_t lldp_format(const struct lldp_self *self, uint16_t ttl, uint8_t ret[LLDP_FRAME_MAX])
{
	static const uint8_t group[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e };
	uint8_t chassis[1 + ETHER_ADDR_LEN] = { CHASSIS_MAC };
	uint8_t port[1 + sizeof(self->port)] = { PORT_NAME };
	uint8_t seconds[2], capabilities[4];
	uint8_t *p = ret + ETHER_HEADER_LEN;

	memcpy(ret, group, sizeof(group));
	memcpy(ret + ETHER_ADDR_LEN, self->mac, ETHER_ADDR_LEN);
	put_be16(ret + 2 * ETHER_ADDR_LEN, LLDP_TYPE);
	memcpy(chassis + 1, self->chassis, ETHER_ADDR_LEN);
	memcpy(port + 1, self->port, strlen(self->port));
	put_be16(seconds, ttl);
	p = put_tlv(p, TLV_CHASSIS, chassis, sizeof(chassis));
	p = put_tlv(p, TLV_PORT, port, 1 + strlen(self->port));
	p = put_tlv(p, TLV_TTL, seconds, sizeof(seconds));
	if (ttl) {
		put_be16(capabilities, CAPABILITY_BRIDGE);
		put_be16(capabilities + 2, CAPABILITY_BRIDGE);
		p = put_text(p, TLV_PORT_DESCR, self->description);
		p = put_text(p, TLV_SYSTEM_NAME, self->system);
		p = put_text(p, TLV_SYSTEM_DESCR, VERSION_TEXT);
		p = put_tlv(p, TLV_CAPABILITIES, capabilities, sizeof(capabilities));
		if (self->pvid)
			p = put_organisation(p, OUI_8021, DOT1_PVID, self->pvid);
		if (self->max_frame)
			p = put_organisation(p, OUI_8023, DOT3_MAX_FRAME, self->max_frame);
	}
	p = put_tlv(p, TLV_END, "", 0);
	return (size_t)(p - ret);
}
