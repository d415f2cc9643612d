/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: how vifctl and vif-vifswitch talk to vifswitchd.
 *
 * A Unix stream socket, VIFSWITCH_CONTROL_SOCKET, for root; members of
 * VIFSWITCH_GROUP may call what only reads (both asked of each connection:
 * SO_PEERCRED, SO_PEERGROUPS), and a member's next request is handled once its
 * last reply was read. Anybody else gets an error and is gone. Each message is
 * one JSON object on one line, in the form of JSON-RPC 1.0:
 *
 *   request       {"id": 1, "method": "show", "params": [{...}]}
 *   reply         {"id": 1, "result": {...}, "error": null}
 *   failure       {"id": 1, "result": null,
 *                  "error": {"code": "refused", "message": "..."}}
 *   notification  {"id": null, "method": "event", "params": [{...}]}
 *
 * Error codes: "invalid" (the request is malformed), "denied", "not-found", "refused"
 * (policy cannot be applied; the message names VM, field, value and what would
 * be accepted), "timeout", "unavailable" (kernel module or XenStore missing),
 * "internal". A request line is at most VIFSWITCH_CONTROL_REQUEST_MAX octets;
 * a longer one, or one that is not JSON, ends the connection after an error.
 *
 * Methods (params is an array with at most one object):
 *
 * "version"  -> {"format":1, "version":"0.1.0", "abi":1,
 *                "module":"0.1.0"|null}
 * "show"     -> the document of docs/schema/show.json: ports that are plugged,
 *               and those that wait or failed.
 * "fdb"      -> docs/schema/fdb.json
 * "multicast" -> docs/schema/multicast.json
 * "acls"     -> docs/schema/acls.json
 * "hits"     -> docs/schema/hits.json
 * "log"      {"level":"debug|info|..."}, or {} to ask -> {"format":1, "level":"info"}
 *            until the daemon ends
 * "mirrors"  -> docs/schema/mirrors.json
 * "exporters" -> docs/schema/exporters.json
 * "networks" -> docs/schema/networks.json
 * "vfs"      -> docs/schema/vfs.json
 * "rekey"    -> docs/schema/rekey.json; this host's older key of networks with
 *               encrypt=wireguard is renewed. Root
 * "unseal"   {"switch":"xenbr0", "vlan":100} -> docs/schema/unseal.json; uplinks carry that VLAN
 *               of a network that was encrypted again. Root
 * "told"     {"since":5} -> {"generation":6, "exporters":[...], "ports":[...]}: what is told
 *            to collectors, and of which ports; without the lists if nothing is new, or
 *            the database was not heard yet. Like the next two for root and
 *            VIFSWITCH_EXPORTER alone
 * "flow-socket" -> {}, and with it the descriptor of a socket that flow records and
 *            samples come to (datapath/ko/flow-reader.h)
 * "exporter-status" {"uuid":"...", "collectors":[...]}: how an exporter's collectors do
 * "oam"      -> docs/schema/oam.json
 * "oam-told" {"since":5} -> {"generation":6, "links":[...]}: what vifoamd is to do; without the
 *            list if nothing is new, or not all is known yet. Like the next for root and
 *            VIFSWITCH_OAM alone
 * "oam-status" {"netdev":"eth0", "error":..., "cfm":..., "bfd":..., "lldp":...}: how the sessions
 *            of a link do (dom0/oam/oam-status.h)
 * "openflow" -> docs/schema/openflow.json
 * "openflow-told" {"since":5} -> {"generation":6, "switches":[...]}: the switches that have flow
 *            tables, and what is said of their controllers; without the list if nothing is new.
 *            Like the next two for root and VIFSWITCH_OPENFLOW alone
 * "openflow-socket" {"ifindex":5} -> {"family":28, "ifindex":5}, and with it the descriptor of a
 *            socket that may change that switch's tables (vifswitch/openflow-abi.h, OF_GRANT)
 * "openflow-status" {"switch":"xenbr0", "controllers":[...], ...}: how a switch's controllers do
 * "follow"   -> {} and from then on notifications of method "event", whose
 *               parameter is docs/schema/event.json. "lost" stands for events
 *               that a slow reader missed.
 * "hotplug"  {"action":"online|offline|add|remove", "type":"vif|tap",
 *             "backend":"/local/domain/0/backend/vif/3/0" or relative,
 *             "netdev":"vif3.0", "timeout_ms":30000}
 *            -> {"state":"plugged"} once the port is in its switch, its program
 *               in force and the netdev up (online, add), or gone (offline,
 *               remove); else an error, at once when policy refuses it.
 *
 * "adopt"    {"uplink":"eth0", "confirm_s":60} -> docs/schema/uplink.json: the
 *            addresses and routes of the uplink are on its switch now, and go back
 *            when that time is up, unless
 * "confirm"  {"uplink":"eth0"} came. The way back at any time is
 * "release"  {"uplink":"eth0"}
 *
 * States of a port: waiting (the backend exists, the netdev or the VM's
 * identity does not yet), failed (policy refused; the port is closed), plugged
 * (program in force, netdev up), active (the frontend is connected), closed
 * (without a program, because its policy says so or it is none of the daemon's),
 * gone (being removed). A port that is plugged or active and has an error keeps
 * the policy it had, because the new one is impossible.
 */
#ifndef VIFSWITCH_CONTROL_H
#define VIFSWITCH_CONTROL_H

#define VIFSWITCH_RUNDIR		"/run/vifswitch"
#define VIFSWITCH_CONTROL_SOCKET	VIFSWITCH_RUNDIR "/control"
#define VIFSWITCH_CONTROL_SOCKET_ENV	"VIFSWITCH_CONTROL"	/* overrides the path */
#define VIFSWITCH_GROUP			"vifswitch"
#define VIFSWITCH_EXPORTER		"vifexportd"	/* the user that vifexportd runs as */
#define VIFSWITCH_OAM			"vifoamd"	/* the user that vifoamd runs as */
#define VIFSWITCH_OPENFLOW	"vifofd"	/* the user that vifofd runs as */
#define VIFSWITCH_CONTROL_REQUEST_MAX	65536
#define VIFSWITCH_CONTROL_CLIENTS_MAX	64
#define VIFSWITCH_OUTPUT_FORMAT		1	/* "format" of every JSON document */

#endif /* VIFSWITCH_CONTROL_H */
