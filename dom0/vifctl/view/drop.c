// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "base/mem.h"
#include "show/drops-document.h"
#include "show/event-packet.h"
#include "vifctl/view.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

char *event_rule_text(const json_t *event)
{
	const char *rule = get_text(event, "rule"), *acl = get_text(event, "acl");
	_cleanup_free_ char *text = NULL;

	if (!*rule)
		return xprintf("%s", "");
	text = xprintf("  (rule %s%s%s)", rule, *acl ? " of ACL " : "", acl);
	return safe_text(text);
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
