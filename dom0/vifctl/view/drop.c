// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "base/hex.h"
#include "base/mem.h"
#include "show/drops-document.h"
#include "vifctl/view.h"
#include "show/packet-summary.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

size_t event_packet(const json_t *event, uint8_t *ret, size_t max)
{
	const char *hex = get_text(event, "packet");
	size_t len = 0;

	for (; len < max && hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0; hex += 2)
		ret[len++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
	return len;
}

char *event_rule_text(const json_t *event)
{
	const char *rule = get_text(event, "rule"), *acl = get_text(event, "acl");
	_cleanup_free_ char *text = NULL;

	if (!*rule)
		return xprintf("%s", "");
	text = xprintf("  (rule %s%s%s)", rule, *acl ? " of ACL " : "", acl);
	return safe_text(text);
}

char *event_packet_text(const json_t *event)
{
	const json_int_t whole = json_integer_value(json_object_get(event, "length"));
	uint8_t octets[EVENT_PACKET_MAX];
	size_t len = event_packet(event, octets, sizeof(octets));

	return len ? packet_summary(octets, len, whole > 0 ? (size_t)whole : len) :
		     xprintf("%s", "");
}

void view_drop_event(const json_t *event, FILE *out)
{
	const json_t *devid = json_object_get(event, "devid");
	_cleanup_free_ char *vm = safe_text(get_vm_label(event));
	_cleanup_free_ char *netdev = safe_text(get_text(event, "netdev"));
	_cleanup_free_ char *reason = safe_text(get_text(event, "reason"));
	_cleanup_free_ char *rule = event_rule_text(event), *packet = event_packet_text(event);
	_cleanup_free_ char *time = text_local_time(get_text(event, "time"));

	fprintf(out, "%s  ", time);
	if (*vm && json_is_integer(devid))
		fprintf(out, "%s/%lld (%s)", vm, (long long)json_integer_value(devid), netdev);
	else
		fputs(netdev, out);
	fprintf(out, "  %s: %s%s", reason, drop_sentence(get_text(event, "reason")), rule);
	fprintf(out, "%s%s\n", *packet ? "  " : "", packet);
}
