# SPDX-License-Identifier: GPL-2.0-or-later
"""Names in the database that want to write to the operator's terminal."""

import json
import os
import re
import subprocess

from world import DB, SQL, TOP, VIFCTL, WEB, check

# A colour, a C1 control, the other direction, a line of its own, and other ends of lines.
NAME = "x\x1b[31m\x9b2J\u202egnp\x85\nFORGED\r\u2028\u2066\x7fy"
SWITCH = "s\x1b[1m\x9b\u202e\nFORGED"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
UNKNOWN = "/nonexistent/" + NAME

# Each command with what makes it show names; the rest of the table is not forgotten: see below.
COMMANDS = {
    "show": [[], ["--dot"]], "port list": [[]], "port show": [[NAME]], "port rates": [[], [NAME]], "fdb list": [[], [NAME]],
    "vf list": [[]],
    "multicast list": [[], [NAME]],
    "drops": [[], [NAME]], "why": [[NAME, "tcp", "1.1.1.1", "2.2.2.2:80"]], "doctor": [[]], "record": [[NAME]], "migrate-check": [[NAME, NAME], [NAME, "elsewhere"]],
    "session list": [[], [NAME], [NAME, NAME]], "session flush": [[NAME], [NAME, NAME]],
    "reload": [[]], "reload confirm": [[]], "uplink adopt": [[NAME]], "uplink confirm": [[NAME]], "uplink release": [[NAME]],
    "takeover ovs": [["--check"]], "takeover confirm": [[]], "takeover show": [[]], "giveback": [[]],
    "uplink stanza": [[NAME, "ifupdown"], [NAME, NAME]],
    "log": [[], [NAME]], "top": [["--count=1"], [NAME]], "events": [["--seconds=1"]], "version": [[]], "help": [[], [NAME]],
    "port policy": [[], [WEB], [NAME]],
    "port set": [[WEB, "mtu=1400"], [WEB, "acl=" + NAME], [WEB, "acl=no" + NAME], [NAME, "mtu=" + NAME]],
    "port clear": [[WEB, "mtu"], [WEB, NAME]],
    "port attach": [["tap" + NAME, SWITCH, "vm-macs=02:00:00:00:00:01"], ["tap0", "no" + NAME, "vm-macs=02:00:00:00:00:01"],
                    ["tap0", SWITCH, "vm-macs=" + NAME], ["tap0", SWITCH, "vm-macs=02:00:00:00:00:01"]],
    "port detach": [["no" + NAME], ["tap0"]],
    "switch list": [[]], "switch add": [["new" + NAME], [SWITCH]], "switch set": [[SWITCH, "mtu=1400"], ["no" + NAME, "mtu=1"]],
    "switch del": [["no" + NAME], [SWITCH]],
    "vm list": [[]], "vm set": [[SQL, "name=" + NAME], ["no" + NAME, "name=z"]], "vm del": [["no" + NAME], [SQL]],
    "acl list": [[]], "acl show": [[NAME], ["no" + NAME]], "acl create": [["new" + NAME], [NAME]],
    "acl set": [[NAME, "comment=" + NAME], ["no" + NAME, "comment=1"], [NAME, NAME + "=" + NAME]],
    "acl rule add": [[NAME, "r2" + NAME, "direction=from-vm", "action=allow"], [NAME, NAME, "direction=from-vm"]],
    "acl rule set": [[NAME, NAME, "action=deny"], [NAME, "no" + NAME, "action=deny"]],
    "acl rule move": [[NAME, "r2" + NAME, "at=1"], [NAME, NAME, "before=no" + NAME]],
    "acl rule del": [[NAME, "r2" + NAME], [NAME, "no" + NAME]],
    "group list": [[]], "group show": [[NAME], ["no" + NAME]], "group create": [["new" + NAME], [NAME]],
    "group set": [[NAME, "comment=" + NAME], [NAME, "address=" + NAME]],
    "group add": [[NAME, "addresses=10.0.0.1"], [NAME, "vms=" + NAME]],
    "group remove": [[NAME, "addresses=10.0.0.1"], [NAME, "addresses=" + NAME]],
    "qos list": [[]], "qos show": [[NAME], ["no" + NAME]], "qos create": [["new" + NAME], [NAME]],
    "qos set": [[NAME, "rate-from-vm=" + NAME]],
    "network list": [[]], "network show": [[NAME], ["no" + NAME]],
    "network add": [["new" + NAME, "switch=br0", "vlan=9", "key=9"], [NAME, NAME],
                    [NAME, "switch=" + NAME]],
    "network set": [[NAME, "remotes=" + NAME], [NAME, "switch=" + NAME, "--dry-run"]],
    "network rename": [[NAME, "plain", "--dry-run"], ["no" + NAME, "plain"]],
    "network del": [["no" + NAME], ["new" + NAME]], "network rekey": [[]], "network unseal": [["no" + NAME, "7"]],
    "mirror list": [[]], "mirror show": [[NAME], ["no" + NAME]],
    "mirror add": [["new" + NAME, "switches=br0", "to-vlan=9"], [NAME, NAME], [NAME, "vms=" + NAME]],
    "mirror set": [[NAME, "to=" + NAME], [NAME, "filter=" + NAME + "x", "--dry-run"]],
    "mirror rename": [[NAME, "plain", "--dry-run"], ["no" + NAME, "plain"]],
    "uplink list": [[]], "uplink show": [[], [NAME]], "uplink add": [["new0", "members=eth8,eth9"], [NAME], ["u0", "vlan=" + NAME]],
    "uplink set": [["u0", "members=" + NAME], [NAME, "rate=1Gbit"]],
    "uplink del": [["no" + NAME], ["new0"]], "oam show": [[], [NAME]], "openflow show": [[], [NAME]],
    "flow list": [[NAME], ["br0", NAME]], "flow add": [["br0", NAME], [NAME, "actions=" + NAME]],
    "flow mod": [["br0", NAME], [NAME, NAME]], "flow del": [[NAME], ["br0", NAME]],
    "flow replace": [["br0", UNKNOWN], ["br0", "FILE"], [NAME, "-"]], "flow diff": [["br0", UNKNOWN], [NAME, "FILE"]],
    "flow why": [["br0", NAME, "arp", NAME, NAME], [NAME, NAME, "arp", "10.0.0.1", "10.0.0.2"]],
    "mirror del": [["no" + NAME], ["new" + NAME]],
    "exporter list": [[]], "exporter show": [[NAME], ["no" + NAME]],
    "exporter add": [["new" + NAME, "format=ipfix", "to=192.0.2.9"], [NAME, NAME],
                     [NAME, "format=sflow", "to=" + NAME]],
    "exporter set": [[NAME, "to=" + NAME], [NAME, "labels=" + NAME + "=" + NAME, "--dry-run"]],
    "exporter rename": [[NAME, "plain", "--dry-run"], ["no" + NAME, "plain"]],
    "exporter del": [["no" + NAME], ["new" + NAME]],
    "batch": [[UNKNOWN], ["FILE"]], "apply": [[UNKNOWN], ["FILE"]], "diff": [[UNKNOWN], ["FILE"]], "export": [[], [NAME]],
    "history": [[], [NAME], ["acl", NAME], ["1"], [NAME, NAME]], "confirm": [[], [NAME], ["1"]],
    "pool status": [[]], "pool leave": [["--dry-run"]], "pool init": [[NAME], ["http://127.0.0.1:1", NAME]],
    "pool join": [[NAME], ["http://127.0.0.1:1"], ["https://127.0.0.1:1", "ca=" + NAME], ["https://127.0.0.1:1"]],
    "rollback": [["1", "--dry-run"], ["999999"], [NAME]],
    "db list": [["ACL"], ["Host"], ["Location"], ["VM"], [NAME]], "db find": [["ACL"], ["ACL", "name=" + NAME]],
    "db get": [["ACL", NAME], ["ACL", NAME, "name"], ["ACL", NAME, NAME]],
    "db set": [["ACL", NAME, NAME + "=" + NAME]], "db add": [["VM", WEB, "labels", f"{NAME}={NAME}"]],
    "db remove": [["VM", WEB, "labels", "no" + NAME]], "db clear": [["ACL", NAME, NAME]],
    "db create": [["Group", "name=" + NAME], [NAME]], "db destroy": [["ACL", "no" + NAME]],
    "db backup": [["-"], [UNKNOWN]], "db restore": [[UNKNOWN]], "monitor": [["--seconds=1"], [NAME]],
    "acl rename": [[NAME, "plain", "--dry-run"], [NAME, NAME], ["no" + NAME, "plain"], [NAME, "x" + NAME]],
    "group rename": [[NAME, "plain", "--dry-run"], ["no" + NAME, "plain"]],
    "qos rename": [[NAME, "plain", "--dry-run"], ["no" + NAME, "plain"]],
    "edit": [["acl", NAME], ["acl", "no" + NAME], [NAME, NAME], ["vm", NAME], ["port", "no" + NAME]],
    "acl delete": [["no" + NAME], ["new" + NAME], [NAME]],
    "group delete": [["no" + NAME], ["new" + NAME], [NAME]],
    "qos delete": [["no" + NAME], ["new" + NAME], [NAME]],
}


def table():
    with open(os.path.join(TOP, "dom0/vifctl/cmd/command-table.c")) as f:
        text = f.read()
    return set(re.findall(r'^\t(?:ASK\(|CHANGE\(|CREATE\(|DELETE\(|READ\(|READ_LIST\(|\{ )"([^"]+)"', text, re.M))


def fill(w):
    rule = {"name": NAME, "priority": 1, "direction": "from-vm", "action": "allow"}
    w.transact({"op": "insert", "table": "Switch", "row": {"name": SWITCH}},
               {"op": "insert", "table": "VM", "row": {"uuid": ["uuid", WEB], "name": NAME,
                                                       "labels": ["map", [[NAME, NAME]]]}},
               {"op": "insert", "table": "Group", "row": {"name": NAME}},
               {"op": "insert", "table": "Mirror", "row": {
                   "name": NAME, "vms": WEB, "output_netdev": "mon0"}},
               {"op": "insert", "table": "Exporter", "row": {
                   "name": NAME, "format": "sflow", "collectors": "192.0.2.9",
                   "labels": ["map", [[NAME, NAME]]]}},
               {"op": "insert", "table": "QoS", "row": {"name": NAME}},
               {"op": "insert", "table": "Rule", "uuid-name": "r", "row": rule},
               {"op": "insert", "table": "ACL", "row": {"name": NAME, "rules": ["named-uuid", "r"]}},
               {"op": "insert", "table": "Port", "row": {"vm": ["uuid", WEB], "devid": 0}})


def look(words, kind, octets):
    text = octets.decode()		# strictly
    found = UNSAFE.search(text)
    assert not found, (words, kind, hex(ord(found[0])), text)
    if kind == "text":
        assert not re.search("^FORGED", text, re.M), (words, text)
    return text


def run(w, words):
    done = subprocess.run([VIFCTL, *words], env=w.environment(), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode >= 0 and b"Sanitizer" not in done.stderr, done.stderr
    is_yaml = words[0] == "export"
    text = look(words, "json" if "--json" in words or is_yaml else "text", done.stdout)
    look(words, "text", done.stderr)
    return done.returncode, text


def test_no_command_prints_unsafe_text(w):
    fill(w)
    w.host(NAME, vms=[(WEB, 0)], error=NAME, port_errors={(WEB, 0): NAME})
    assert set(COMMANDS) == table(), set(COMMANDS) ^ table()
    policy = w.file("policy", json.dumps({"groups": [{"group": NAME + "2", "comment": NAME}]}))
    done = 0
    for name, variants in COMMANDS.items():
        for operands in variants:
            words = name.split() + [policy if word == "FILE" else word for word in operands]
            for more in ([], ["--json"]):
                status, text = run(w, words + more)
                done += status == 0
                if more and name in ("acl list", "group list", "qos list", "mirror list", "switch list",
                                     "exporter list"):
                    assert (SWITCH if name == "switch list" else NAME) in names(json.loads(text)), text
    assert done > 40, done


def names(value):
    if isinstance(value, str):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names(child)


def test_export_of_unsafe_names_is_read_again(w):
    name = "x\u202e\x9by"
    w.transact({"op": "insert", "table": "Group", "row": {"name": name}},
               {"op": "insert", "table": "Group", "row": {"name": "plain"}})
    text = run(w, ["export"])[1]
    path = w.file("exported", text)
    assert run(w, ["diff", path])[0] == 0, text
    w.transact({"op": "delete", "table": "Group", "where": []})
    assert run(w, ["apply", path])[0] == 0
    assert sorted(row["name"] for row in w.rows("Group", "name")) == ["plain", name]


def test_problems_of_unsafe_names(w):
    fill(w)
    assert run(w, ["diff", w.file("exported", run(w, ["export"])[1])])[0] == 2
