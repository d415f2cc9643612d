// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/openflow-trouble.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/doctor/finding.h"
#include "vifctl/view/text.h"

/* By what vifofd says of a controller that is not connected; the first that fits. */
static const struct {
	const char *part, *check, *text, *command;
} reasons[] = {
	{ "no version of OpenFlow", "controller-version",
	  "they have no version of OpenFlow in common: it is another than protocols= allows",
	  "vifctl switch set %s protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15" },
	{ "answered our hello with an error", "controller-version",
	  "it speaks none of the versions of OpenFlow that protocols= allows",
	  "vifctl switch set %s protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15" },
	{ "refused", "controller", "nothing listens there: the controller does not run, or at another port",
	  "start it, or: vifctl switch set %s controller=tcp:ADDRESS:PORT" },
	{ "oute to host", "controller", "its address is not reached from here",
	  "ip route get ADDRESS; or: vifctl switch set %s controller=tcp:ADDRESS:PORT" },
	{ "imed out", "controller", "its address does not answer: a firewall, or another host",
	  "ip route get ADDRESS; or: vifctl switch set %s controller=tcp:ADDRESS:PORT" },
	{ "not OpenFlow", "controller-tls", "what it sends is not OpenFlow: TLS at one end only, or another service",
	  "vifctl switch set %s controller=ssl:ADDRESS:PORT" },
};

static const char *effect(const json_t *sw)
{
	return is(sw, "fail_mode", "secure") ? "the flows that are there go on" :
	       json_is_true(json_object_get(sw, "alone")) ? "flows rest, and it works as a plain switch" :
	       "it will work as a plain switch in 15 s";
}

static void check_tls(struct doctor *d, const char *sw, const json_t *c)
{
	find(d, WARNING, "controller-tls", sw,
	     xprintf("controller %s: TLS fails (%s): each end must have a certificate of the other's authority",
		     get_text(c, "target"), get_text(c, "error")),
	     xprintf("VIFOFD_OPTIONS of /etc/default/vifofd: --private-key, --certificate, --ca-cert; "
		     "openssl verify -CAfile CA CERTIFICATE; systemctl restart vifofd"));
}

static void check_controller(struct doctor *d, const json_t *sw, const json_t *c)
{
	const char *name = get_text(sw, "switch"), *error = get_text(c, "error");
	size_t i = 0;

	if (!*error || is(c, "state", "connected"))
		return;
	while (i < ARRAY_SIZE(reasons) && !strstr(error, reasons[i].part))
		i++;
	if (i == ARRAY_SIZE(reasons) && strstr(get_text(c, "target"), "ssl:")) {
		check_tls(d, name, c);
	} else if (i == ARRAY_SIZE(reasons)) {
		find(d, WARNING, "controller", name, xprintf("controller %s: %s; %s", get_text(c, "target"),
							     error, effect(sw)),
		     xprintf("vifctl openflow show %s", name));
	} else {
		find(d, WARNING, reasons[i].check, name,
		     xprintf("controller %s (%s): %s; %s", get_text(c, "target"), error, reasons[i].text,
			     effect(sw)),
		     command_with(reasons[i].command, name));
	}
}

/* vifofd has refused some, which vifctl took: a group that is not there, full tables. */
static void check_vm_flows(struct doctor *d, const json_t *sw)
{
	const char *name = get_text(sw, "switch"), *error = get_text(sw, "vm_flows_error");

	if (*error)
		find(d, WARNING, "vm-flows", name, xprintf("flows of VMs are not in its tables: %s", error),
		     xprintf("vifctl edit switch %s has all of them; without those of a VM: vifctl flow del %s "
			     "vm=VM", name, name));
}

static void check_flows(struct doctor *d, const json_t *sw)
{
	const json_t *missing = json_object_get(json_object_get(d->facts, "flow_ports"),
						get_text(sw, "switch")), *one;
	const json_t *flows = json_object_get(sw, "flows");
	const char *name = get_text(sw, "switch");
	size_t i;

	if (is(sw, "fail_mode", "secure") && json_is_integer(flows) && !json_integer_value(flows))
		find(d, ERROR, "no-flows", name,
		     xprintf("fail-mode=secure, and it has no flows: it passes nothing, dom0's own frames neither"),
		     xprintf("vifctl flow add %s actions=NORMAL; or: vifctl switch set %s fail-mode=standalone",
			     name, name));
	json_array_foreach(missing, i, one) {
		json_int_t port = number(one, "port");
		bool in = json_is_true(json_object_get(one, "in"));

		find(d, HINT, "flow-port", name,
		     xprintf("%lld flows name port %lld, which is not there: %s", (long long)number(one, "flows"),
			     (long long)port, get_text(one, "flow")),
		     xprintf("vifctl flow list %s %s=%lld; if they are over: vifctl flow del %s %s=%lld", name,
			     in ? "in_port" : "out_port", (long long)port, name, in ? "in_port" : "out_port",
			     (long long)port));
	}
}

static void check_switch(struct doctor *d, const json_t *sw)
{
	const char *name = get_text(sw, "switch"), *error = get_text(sw, "error");
	const json_t *c;
	size_t i;

	if (strstr(error, "does not run")) {
		find(d, ERROR, "openflow", name,
		     xprintf("it has flow tables, and %s: nobody can change them, and no controller is heard",
			     error), xprintf("apt-get install vifofd; systemctl start vifofd"));
		return;
	}
	if (*error)
		find(d, strstr(error, "--private-key") ? ERROR : WARNING, "openflow", name,
		     xprintf("%s", error), strstr(error, "--private-key") ?
		     xprintf("VIFOFD_OPTIONS of /etc/default/vifofd: --private-key, --certificate, --ca-cert; "
			     "systemctl restart vifofd") : xprintf("vifctl openflow show %s", name));
	json_array_foreach(json_object_get(sw, "controllers"), i, c)
		check_controller(d, sw, c);
	check_vm_flows(d, sw);
	if (!*error)
		check_flows(d, sw);
}

void check_openflow(struct doctor *d)
{
	const json_t *sw;
	size_t i;

	json_array_foreach(json_object_get(d->facts, "openflow"), i, sw)
		check_switch(d, sw);
}
