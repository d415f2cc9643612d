# SPDX-License-Identifier: GPL-2.0-or-later
"""vifswitchd's end of the control socket, which says what a test gives it.

Its documents are checked against docs/schema. It may hang, or go away; the real
daemon is asked in the plain VM (tests/vm/test_exporter.py).
"""
import contextlib
import json
import os
import socket
import sys
import time
import traceback

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
import documents  # noqa: E402
import ear  # noqa: E402

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d{:03x}"
HOSTILE = '<script>alert("1")</script>\\ "&\''


def run_all(functions, *args):
    """Those that the command line names, or all: how many passed, how many failed."""
    passed = failed = 0
    for function in functions:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        start = time.monotonic()
        try:
            function(*args)
            passed += 1
            print(f"ok {function.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {function.__name__}\n{traceback.format_exc()}", flush=True)
    return passed, failed


def counters(n, **drops):
    return {"from_vm": {"packets": n, "bytes": 100 * n}, "to_vm": {"packets": n + 1, "bytes": 7},
            "drops": {word.replace("_", "-"): count for word, count in drops.items()}}


def least(schema):
    """The least that a schema of a member allows."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    for kind, value in (("null", None), ("array", []), ("integer", 0), ("boolean", False)):
        if kind in kinds:
            return value
    if "enum" in schema:
        return schema["enum"][-1]
    return {name: least(schema["properties"][name]) for name in schema["required"]}


def rest():
    """All that a port's document has, whichever members there are."""
    whole = {}
    for name in ("types.json", "policy.json", "port.json"):
        schema = documents.load(name)
        schema = schema["$defs"]["subject"] if name == "types.json" else schema
        whole.update({member: least(documents.expand(schema["properties"][member], name))
                      for member in schema["required"]})
    return whole


def port(netdev, n=None, role="vif", name="web", state="active", **fields):
    """Of VM number n, or of none."""
    vm = n and {"name": name, "uuid": UUID.format(n), "domid": n}
    return {
        **rest(), "switch": "xenbr0", "netdev": netdev, "ifindex": 5, "vm": vm or None,
        "devid": 0 if n else None, "role": role, "state": state,
        "identity": f"{UUID.format(n)}/0" if n else None, "mtu": 1500,
        "vlan": {"mode": "access", "pvid": 100, "tagged": []}, "guard": "off",
        "multicast_fast_leave": None, "multicast_router": None,
        "connections": 3, "counters": counters(0), **fields}


def show(*ports):
    return {"format": 1, "source": "vifswitchd", "host": "host-a", "xenstore": True,
            "database": {"state": "connected", "error": None},
            "module": {"version": "0.1.0", "lacks": []}, "operations": 12,
            "switches": [{"name": "xenbr0", "ifindex": 4, "state": "up", "mtu": 1500,
                          "ageing_ms": 300000, "fdb": 9, "error": None,
                          "multicast": {"flood_unregistered": True, "querier": "off", "groups_max": 256,
                                        "ageing_s": 300, "members": 12, "refused": 2, "passed_over": 0},
                          "datapath": "openvswitch", "flows": {
                              "now": 7, "masks": 2, "misses": 31, "installed": 9, "by_hand": 3,
                              "evicted": 0, "revoked": 1, "lost": 4, "adopted": 0},
                          "loops": {"closed": 1, "found": 3, "sent": 90, "heard": 4},
                          "uplink_errors": [
                              {"uplink": "eth9", "error": "eth9 is missing"}]}],
            "ports": list(ports)}


def acls(*rules):
    return {"format": 1, "source": "vifswitchd", "acls": [{
        "id": 1, "name": "a\"b", "acls": ["a\"b"], "ports": 1, "error": None, "octets": 99,
        "rules": [{"name": name, "acl": "a\"b", "cookie": f"{hits:016x}", "direction": "from-vm",
                   "action": "allow", "hits": hits} for name, hits in rules],
        "defaults": {way: {"acl": "a\"b", "action": "deny", "hits": 1} for way in ("from_vm", "to_vm")}}]}


def hits(*ports):
    """(netdev, VM's number, {rule: hits}) each."""
    return {"format": 1, "source": "vifswitchd", "ports": [{
        "switch": "xenbr0", "netdev": netdev, "ifindex": 5, "devid": 0,
        "vm": {"name": "web", "uuid": UUID.format(n), "domid": n}, "acl": "web",
        "rules": [{"name": name, "acl": "web", "cookie": name.encode().hex().zfill(16)[:16], "direction": "to-vm",
                   "action": "allow", "hits": count} for name, count in rules.items()]}
        for netdev, n, rules in ports]}


def mirrors(*names):
    """Of one switch each, in force."""
    copies = {"packets": 5, "bytes": 500, "over_rate": 1, "no_output": 2, "failed": 0, "cut": 0}
    return {"format": 1, "source": "vifswitchd", "mirrors": [{
        "name": name, "state": "in-force", "error": None, "notes": [], "switches": [{
            "switch": "xenbr0", "number": 1, "state": "in-force", "error": None, "output": "mon0",
            "output_vlan": None, "host": None, "from_hosts": False, "sources": ["vif1.0", None], "copies": copies}]}
        for name in names]}


def uplinks(name, *members):
    """A bond that speaks LACP; its members are up, and failed as often as their place says."""
    counts = {f"{way}_{what}": 7 for way in ("rx", "tx") for what in ("packets", "bytes", "dropped", "errors")}
    return {"format": 1, "source": "vifswitchd", "uplinks": [{
        "uplink": name, "switch": "xenbr0", "state": "up", "ours": True, "transit": False, "mtu": 1500,
        "speed_mbps": 1000, "bond": True, "bond_mode": "balance-tcp", "active": None, "failovers": 4,
        "lacp": {"partner": "02:00:00:00:00:01", "aggregated": len(members), "active": True, "time": "slow",
                 "fallback": True, "system_id": None, "system_priority": 65535, "aggregation_key": 0},
        "members": [{"netdev": member, "state": "active", "mtu": 1500, "speed_mbps": 1000, "duplex": "full",
                     "flaps": n, "carrier_changes": 2, "counters": counts, "lacp": None, "error": None}
                    for n, member in enumerate(members)],
        "loop": {"closed": True, "other": "eth9", "count": 1, "hold_s": 10}, "error": None}]}


def oam(uplink, netdev, bfd="up"):
    """A link with all three: CFM has a fault, its health is not known yet, one neighbour of LLDP."""
    neighbour = dict.fromkeys(("mac", "chassis", "port", "port_description", "system", "description",
                               "management", "ttl_s", "max_frame", "pvid"))
    return {"format": 1, "source": "vifswitchd", "links": [{
        "switch": "xenbr0", "uplink": uplink, "netdev": netdev, "member": True, "mtu": 1500, "pvid": 0,
        "asked_for": True, "error": None, "wanted": {"lldp": "on", "cfm": None, "bfd": None},
        "cfm": {"faults": ["recv", "maid"], "flaps": 3, "health": None, "sent": 9, "bad": 0, "remotes": [],
                "wrong": None},
        "bfd": {"state": bfd, "diagnostic": "none", "remote_state": "up", "remote_diagnostic": "none",
                "flaps": 1, "patience_ms": 900, "sent": 9, "received": 9, "bad": 0, "discriminator": 7,
                "mac": None, "refused": None, "refused_from": None, "path_mtu": 1500,
                "path_tried": 1500},
        "lldp": {"sent": 9, "received": 9, "bad": 0, "left_out": 0, "neighbours": [{**neighbour, "vlans": []}]}}]}


def remote(address, **fields):
    return {"address": address, "error": None, "mtu": 1416, "narrowed": False,
            **dict.fromkeys(("host", "outer", "session", "netdev", "handshake_ago", "ipsec", "bfd", "bfd_error")),
            "silent": False, **fields}


def networks(name, *remotes, **fields):
    """An encrypted one."""
    return {"format": 1, "source": "vifswitchd", "held_vlans": [], "networks": [{
        "name": name, "state": "in-force", "error": None, "switch": "xenbr0", "vlan": 100, "kind": "vxlan",
        "key": 5100, "udp_port": 4789, "netdev": "vsnet-v4789", "mtu": 1416, "own": None, "encrypt": "ipsec",
        "keys": [], "refused": [], "remotes": list(remotes), "map": [], "netdev_drops": None,
        "told": None, "sealed_drops": {"out": 5, "in": 2}, **fields}]}


def exporters(*names):
    """Of one collector each, which was told something and has lost something."""
    return {"format": 1, "source": "vifswitchd", "exporters": [{
        "name": name, "state": "telling", "error": None, "ports": ["vif1.0", None], "collectors": [{
            "to": "192.0.2.9:4739", "state": "up", "records": 7, "messages": 2, "lost": 3,
            "left_out": 1, "error": "Connection refused"}]} for name in names]}


def drop(netdev, n, name, reason="acl", **fields):
    """A frame of VM number n that was dropped."""
    return {"format": 1, "time": "2026-11-29T07:00:00.123Z", "event": "drop", "switch": "xenbr0",
            "netdev": netdev, "ifindex": 5, "vm": {"name": name, "uuid": UUID.format(n), "domid": n},
            "devid": 0, "reason": reason, "acl": "web", "rule": "no-telnet", "length": 60,
            "packet": "00163e00000200163e0000010800" + "45" + "00" * 19, "suppressed": 0, **fields}


class Daemon:
    def __init__(self, path):
        self.path, self.answers, self.asked, self.hang = path, {}, 0, False
        self.told = 0   # answers to vifexportd's own questions
        self.methods = set()    # of all questions
        self.followers = []
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(64)
        self.end = ear.serve(listener, self.talk)

    def say(self, **answers):
        self.answers = answers

    def talk(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rw") as stream:
            for line in stream:
                request = json.loads(line)
                self.asked += request["method"] != "told"
                self.methods.add(request["method"])
                if self.hang:
                    continue
                answer = self.answers.get(request["method"])
                if request["method"] == "follow":
                    answer = {"format": 1}
                    self.followers.append(stream)
                error = None if answer else {"code": "unavailable", "message": "not now"}
                stream.write(json.dumps({"id": 1, "result": answer, "error": error}) + "\n")
                stream.flush()
                self.told += request["method"] == "told"

    def tell(self, event):
        """To all who follow."""
        for stream in self.followers:
            stream.write(json.dumps({"id": None, "method": "event", "params": [event]}) + "\n")
            stream.flush()

    def close(self):
        self.end()
        os.unlink(self.path)
