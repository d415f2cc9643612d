// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mac.h"
#include "vifswitchd/acl-users.h"
#include "vifswitchd/status.h"

const char *port_state_word(enum port_state state)
{
	static const char *const words[] = {
		[STATE_WAITING] = "waiting", [STATE_FAILED] = "failed",
		[STATE_PLUGGED] = "plugged", [STATE_ACTIVE] = "active",
		[STATE_CLOSED] = "closed", [STATE_GONE] = "gone", [STATE_FOREIGN] = "foreign",
	};

	return words[state];
}

static void say(struct status *s, const struct vif *vif, enum port_state state, const char *code,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void say(struct status *s, const struct vif *vif, enum port_state state, const char *code,
		const char *fmt, ...)
{
	size_t n;
	va_list ap;

	s->state = state;
	s->code = code;
	if (s->brief)
		return;
	xen_vif_title(&vif->seen, s->text, sizeof(s->text));
	n = strlen(s->text);
	snprintf(s->text + n, sizeof(s->text) - n, ": ");
	n += 2;
	va_start(ap, fmt);
	vsnprintf(s->text + n, sizeof(s->text) - n, fmt, ap);
	va_end(ap);
}

static const char *code_of_errno(int code)
{
	switch (code) {
	case -EPROTONOSUPPORT:
	case -ETIMEDOUT:
		return "unavailable";
	case -ENOMEM:
		return "internal";
	case -ENODEV:
	case -ENOENT:
		return NULL;	/* the netdev went away under us: another may come */
	default:
		return "refused";
	}
}

static enum port_state in_use(const struct vif *vif, enum half half)
{
	return half == HALF_VIF && vif->seen.state == XENBUS_CONNECTED ? STATE_ACTIVE :
	       STATE_PLUGGED;
}

/* Has it a port with a policy of its own, whichever? */
static bool in_place(const struct vif *vif, const struct status *s)
{
	return s->port && s->port->policy && s->link->flags & IFF_UP &&
	       cookie_equal(&vif->wanted.cookie, s->port->cookie, s->port->cookie_len);
}

static void wanted(const struct facts *facts, const struct vif *vif, enum half half,
		   struct status *s)
{
	const struct progress *progress = &vif->progress[half];
	const struct link *sw = links_switch(&facts->links, vif->wanted.sw);
	const struct named_progress *made = named_progress_get(&facts->progress, vif->wanted.sw);
	const struct retry *acl = acl_users_retry(facts, vif);
	char rival[DOMAIN_NAME_MAX + 32] = "";

	if (vif->wanted.rival) {
		const uint8_t *mac = vif->wanted.rival_mac;

		if (!s->brief)
			xen_vif_title(&vif->wanted.rival->seen, rival, sizeof(rival));
		say(s, vif, in_place(vif, s) ? in_use(vif, half) : STATE_FAILED, "refused",
		    port_policy_owns(vif->wanted.policy, mac) ?
		    "mac=" MAC_FORMAT ": %s has that address on switch %s already; each VIF there needs its own" :
		    "mac_lock=" MAC_FORMAT ": it is the own address of %s on switch %s; only addresses that are nobody's own may be listed for several VMs",
		    MAC_OCTETS(mac), rival, vif->wanted.sw);
	} else if (!sw) {
		say(s, vif, in_place(vif, s) ? in_use(vif, half) : STATE_WAITING, "unavailable",
		    "switch %s does not exist: %s", vif->wanted.sw,
		    made && made->progress.retry.error ? made->progress.retry.error :
		    "not created yet");
	} else if (!s->link) {
		say(s, vif, STATE_WAITING, NULL, "no netdev %s%u.%u%s yet", "vif", vif->seen.domid,
		    vif->seen.devid, half == HALF_TAP ? "-emu" : "");
	} else if (progress->ifindex == s->link->ifindex && progress->retry.error) {
		const char *code = code_of_errno(progress->retry.code);

		say(s, vif, code ? STATE_FAILED : STATE_WAITING, code, "%s: %s", s->link->name,
		    progress->retry.error);
	} else if (acl) {
		say(s, vif, in_place(vif, s) ? in_use(vif, half) : STATE_FAILED,
		    acl->code == -EPROTONOSUPPORT ? "unavailable" : "refused", "%s", acl->error);
	} else if (!s->port || s->port->sw != sw->ifindex ||
		   !(s->link->flags & IFF_UP) == !vif->wanted.closed ||
		   !port_policy_equal(vif_policy(vif, half), s->port->policy)) {
		say(s, vif, STATE_WAITING, NULL, "%s is being plugged into %s", s->link->name,
		    vif->wanted.sw);
	} else {
		s->state = vif->wanted.closed ? STATE_CLOSED : in_use(vif, half);
	}
}

static void status(const struct facts *facts, const struct vif *vif, enum half half,
		   struct status *ret)
{
	ret->link = links_by_half(&facts->links, vif->seen.domid, vif->seen.devid, half);
	ret->port = ret->link ? ports_get(&facts->ports, ret->link->ifindex) : NULL;
	if (!vif_is_judged(vif)) {
		say(ret, vif, STATE_WAITING, NULL, "not read from XenStore yet");
		return;
	}
	if (vif->seen.released[half] && vif->wanted.verdict != VIF_FOREIGN) {
		ret->state = STATE_GONE;
		return;
	}
	switch (vif->wanted.verdict) {
	case VIF_FOREIGN:
		ret->state = STATE_FOREIGN;
		break;
	case VIF_LEAVING:
		ret->state = STATE_GONE;
		break;
	case VIF_WAITING:
		say(ret, vif, STATE_WAITING, NULL, "%s", vif->wanted.problem ?
		    vif->wanted.problem->text : "its VM's UUID is not known yet");
		break;
	case VIF_REFUSED:
	case VIF_HELD:
		say(ret, vif, vif->wanted.verdict == VIF_HELD && in_place(vif, ret) ?
		    in_use(vif, half) : STATE_FAILED, "refused", "%s",
		    vif->wanted.problem ? vif->wanted.problem->text : "out of memory");
		break;
	case VIF_WANTED:
		wanted(facts, vif, half, ret);
		break;
	}
}

static void status_init(struct status *s, bool brief)
{
	s->brief = brief;
	s->state = STATE_WAITING;
	s->code = NULL;
	s->text[0] = '\0';
}

void status_of_half(const struct facts *facts, const struct vif *vif, enum half half,
		    struct status *ret)
{
	status_init(ret, false);
	status(facts, vif, half, ret);
}

void status_of_half_brief(const struct facts *facts, const struct vif *vif, enum half half,
			  struct status *ret)
{
	status_init(ret, true);
	status(facts, vif, half, ret);
}
