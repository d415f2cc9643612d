/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong on this host, and the command that mends it. Documents in,
 * findings out: nothing here talks to anybody.
 */
#ifndef VIFCTL_DOCTOR_DOCTOR_H
#define VIFCTL_DOCTOR_DOCTOR_H

#include <jansson.h>

/*
 * @facts: {"version": vifctl's own, "module":"0.1.0"|null, "daemon": the answer to
 * "version" or null, "show": the document "show", "later": its ports some seconds
 * later, "netdevs":{"vif3.0":{"up":bool,"carrier":bool,"tx_checksum":bool|null}},
 * "mirrors", "exporters", "uplinks", "networks": of the documents of these names, or null,
 * "held_vlans": of the document "networks", or null, "echoes": of vifctl/ask/ask-echo.h, or null,
 * "oam": "links" of that document, or null, "pool": the answer to "pool status", or null,
 * "database":{"error":"..."|null,"next_cfg":n|null,
 *             "hosts":[{"name","cur_cfg":n|null,"last_error","presence"}],
 *             "locations":[{"host","vm","devid","last_error","state"}]}|null (none is used)}.
 *
 * [{"severity":"error|warning|hint","check","subject","text","command"}], the worst
 * first. A hint is something to know, which may well be as it should be.
 */
json_t *doctor_findings(const json_t *facts);
/* Those about uplinks and their members, of "uplinks", "oam" and "show" alone. */
json_t *doctor_uplink_findings(const json_t *facts);

#endif /* VIFCTL_DOCTOR_DOCTOR_H */
