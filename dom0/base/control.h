/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: how vifctl and vif-vifswitch talk to vifswitchd.
 *
 * A Unix stream socket, VIFSWITCH_CONTROL_SOCKET, mode 0600, root only
 * (checked again with SO_PEERCRED). Each message is one JSON object on one
 * line, in the form of JSON-RPC 1.0:
 *
 *   request       {"id": 1, "method": "show", "params": [{...}]}
 *   reply         {"id": 1, "result": {...}, "error": null}
 *   failure       {"id": 1, "result": null,
 *                  "error": {"code": "refused", "message": "..."}}
 *   notification  {"id": null, "method": "event", "params": [{...}]}
 *
 * Error codes: "invalid" (the request is malformed), "not-found", "refused"
 * (policy cannot be applied; the message names VM, field, value and what would
 * be accepted), "timeout", "unavailable" (kernel module or XenStore missing),
 * "internal". A request line is at most VIFSWITCH_CONTROL_REQUEST_MAX octets;
 * a longer one, or one that is not JSON, ends the connection after an error.
 *
 * Methods (params is an array with at most one object):
 *
 * "version"  -> {"format":1, "version":"0.1.0", "abi":1,
 *                "module":"0.1.0"|null}
 * "show"     -> {"format":1, "host":"...", "xenstore":true|false,
 *                "database":{"state":"off|absent|connected|disconnected",
 *                            "error":"..."|null},
 *                "switches":[SWITCH], "ports":[PORT], "operations":n}
 *               ports holds plugged ports and those that wait or failed;
 *               operations counts changes made since the daemon started.
 * "fdb"      -> {"format":1, "entries":[{"switch", "netdev", "ifindex", "mac",
 *                "vlan":0..4094|null (every VLAN of the port), "static":bool,
 *                "guard":bool, "dormant":bool, "local":bool, "age_ms",
 *                "vm":{"name","uuid"}|null, "devid":n|null}]}
 * "acls"     -> {"format":1, "acls":[{"id":n|null (in the kernel), "name",
 *                "ports":n, "error":"..."|null, "octets":n,
 *                "rules":[{"name", "cookie":"16 hex digits", "direction",
 *                          "action", "hits":n}],
 *                "defaults":{"from_vm":{"action","hits":n},
 *                            "to_vm":{"action","hits":n}}}]}
 *               rules in the order they are tried, built-in ones last.
 * "follow"   -> {} and from then on notifications of method "event":
 *               {"time":"2026-01-02T03:04:05.678Z",
 *                "event":"port-joined|port-left|port-opened|port-closed|
 *                         claimed|mac-learned|mac-moved|mac-refused|drop|rule-log|
 *                         plugged|refused|unplugged|announced|lost",
 *                "switch", "netdev", "ifindex", "vm":{"name","uuid"}|null,
 *                "devid":n|null, and where they apply "mac","vlan",
 *                "old_netdev","reason","acl"|null,"rule" (its name: what decided),
 *                "packet" (hex),"length","suppressed",
 *                "message"}
 *               "lost" (with "count") stands for events a slow reader missed.
 * "hotplug"  {"action":"online|offline|add|remove", "type":"vif|tap",
 *             "backend":"/local/domain/0/backend/vif/3/0" or relative,
 *             "netdev":"vif3.0", "timeout_ms":30000}
 *            -> {"state":"plugged"} once the port is in its switch, its program
 *               in force and the netdev up (online, add), or gone (offline,
 *               remove); else an error, at once when policy refuses it.
 *
 * SWITCH: {"name","ifindex":n|null,"state":"up|down|missing","mtu":n,
 *          "ageing_ms":n,"fdb":n,"error":"..."|null}
 * PORT:   {"switch":"xenbr0"|null, "netdev":"vif3.0"|null, "ifindex":n|null,
 *          "role":"vif|tap|uplink|local|other",
 *          "vm":{"name":"web","uuid":"...","domid":3}|null, "devid":0|null,
 *          "identity":"UUID/DEVID"|null, "backend":"/local/..."|null,
 *          "state":"waiting|failed|plugged|active|closed|gone",
 *          "error":"..."|null,
 *          "vlan":{"mode":"access|trunk|native-tagged|native-untagged|none",
 *                  "pvid":100|null, "tagged":["20","30-40"]},
 *          "policy":{"source":"config|database|copy"}|null (no VIF's port,
 *          or not known; copy: the database's, as it last was known here),
 *          "qos":"gold"|null (the name of its QoS row),
 *          "guard":"off"|"mac"|"mac+ip", "mac":["00:16:3e:..."],
 *          "ip":["192.0.2.1","2001:db8::/64"], "mtu":1500|null,
 *          "acl":"web"|null, "connections":n (tracked now),
 *          "rate_from_vm":{"bits_per_second":n,"burst_bytes":n}|null,
 *          "packets_from_vm":n|null (per second),
 *          "rate_to_vm":{"bits_per_second":n}|null,
 *          "counters":{"from_vm":{"packets","bytes"},
 *                      "to_vm":{"packets","bytes"},
 *                      "drops":{"mac-guard":3}}|null}
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
#define VIFSWITCH_CONTROL_REQUEST_MAX	65536
#define VIFSWITCH_CONTROL_CLIENTS_MAX	64
#define VIFSWITCH_OUTPUT_FORMAT		1	/* "format" of every JSON document */

#endif /* VIFSWITCH_CONTROL_H */
