# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/from-ovs-vsctl.md: what it says of vifctl is accepted and stored, what it says of Open vSwitch
is in that one's manual, and none of the manual's options of bonds, tunnels, CFM, BFD, LLDP is left out.

Which is which: in the first column `column`, `map:key` and `map:key=VALUE`; in the second KEY=VALUE.
"""
import gzip
import os
import re

import fetch
from world import TOP

MANUAL = "usr/share/man/man5/ovs-vswitchd.conf.db.5.gz"
GROUPS = re.compile(r"VLAN Configuration|Bonding Configuration|Link Failure|LACP Config|Rebalancing|Tunnel Options"
                    r"|Plaintext Tunnel|Bidirectional|BFD|Connectivity|LLDP|Auto Attach")
# Of Auto Attach's own table; and what only makes rows, or says what the tables beside say.
OTHERS = {"bindings", "mappings", "system_name", "system_description", "auto_attach"}
# What stands for it in a row, by the field that it is given to.
LIKE = {"members": "e1,e2", "updelay": "200", "downdelay": "200", "miimon": "50", "primary": "e1",
        "lacp-system-id": "00:16:3e:aa:bb:cc", "lacp-system-priority": "7", "lacp-port-priority": "e1=10,e2=20",
        "lacp-aggregation-key": "5", "uplinks": "u", "cfm-mpid": "3", "cfm-interval": "100", "cfm-level": "2",
        "cfm-md": "dc", "cfm-ma": "east", "remotes": "192.0.2.2,192.0.2.3", "own": "192.0.2.1", "key": "7",
        "udp-port": "4790", "vlan": "9", "bfd-min-rx": "200", "bfd-min-tx": "300", "bfd-mult": "4",
        "bfd-src": "10.9.0.1", "bfd-dst": "10.9.0.2", "bfd-mac": "02:00:00:00:00:02",
        "map": "10.2.0.0/16=192.0.2.2"}
# What a field needs beside it.
NEEDS = (("lacp", ["bond-mode=balance-tcp"]), ("fallback", ["bond-mode=balance-tcp"]), ("cfm-", ["cfm-mpid=1"]),
         ("bfd-", ["bfd=true"]), ("map", ["kind=lisp"]))


def tables():
    """(heading, words of the first column, of the second, of the third) of each row"""
    heading = None
    with open(os.path.join(TOP, "docs/from-ovs-vsctl.md")) as f:
        for line in f:
            if line.startswith("## "):
                heading = line[3:].strip()
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if not line.startswith("|") or set(cells[0]) <= {"-", " "} or cells[0].startswith("ovs-vsctl"):
                continue
            yield heading, *([re.findall(r"`([^`]+)`", c) for c in cells] + [[]])[:3]


def manual():
    """{key or column: the group of the manual's summary}"""
    root = fetch.package("openvswitch-switch")
    with gzip.open(os.path.join(root, MANUAL), "rt") as f:
        text = f.read()
    found, group = {}, ""
    for line in text.splitlines():
        title = re.match(r"\\fI(.*):\\fR", line)
        entry = re.match(r"\\fB(?:(\w+) : )?([\w-]+)\\fR", line)
        if title or line.startswith(".SH"):
            group = title[1] if title else ""
        elif entry and GROUPS.search(group):
            # Of what only tells, the column is enough.
            found[entry[1] if entry[1] in ("cfm_fault_status", "bfd_status") else entry[2]] = group
    return found


def key_of(word):
    """`other_config:bond-primary=IF` is bond-primary."""
    return word.split("=")[0].split(":")[-1].split()[-1]


def value(word):
    field, _, given = word.partition("=")
    return f"{field}={LIKE[field] if re.search('[A-Z]', given) or not given else given}"


def fields(words):
    """Those that are a field with a value, for `vifctl uplink set` and its kin."""
    for word in words:
        for part in word.split():
            if part in LIKE or re.match(r"^[a-z-]*[a-z]=\S+$", part):
                yield value(part)


def test_vifctl_takes_it(w):
    nouns = {"Bonds": ("uplink", ["members=e1,e2"]), "CFM, BFD, LLDP": ("uplink", []),
             "Tunnels": ("network", ["switch=xenbr0", "vlan=100", "key=5100"])}
    w.run("switch", "add", "xenbr0", "uplinks=eth0")
    tried = 0
    for heading, _, ours, _ in tables():
        if heading not in nouns:
            continue
        noun, base = nouns[heading]
        for field in fields(ours):
            name, own = f"p{tried}", field.split("=")[0]
            if own == "uplinks":
                w.run("switch", "set", "xenbr0", field)
                continue
            needs = [n for prefix, some in NEEDS if own.startswith(prefix) for n in some]
            given = {f.split("=")[0]: f for f in [*base, *needs, field]}
            w.run(noun, "add", name, *given.values())
            shown = w.run(noun, "list", "--json").json()[noun + "s"]
            entry, = [x for x in shown if x["name"] == name]
            assert entry.get(own) or own in str(entry), (field, entry)
            tried += 1
    assert tried >= 38, tried


def test_open_vswitch_has_it(w):
    known, told = manual(), set()
    assert len(known) > 60, known
    for heading, theirs, _, _ in tables():
        for word in theirs:
            told.add(key_of(word))
            if heading in ("Bonds", "CFM, BFD, LLDP", "Tunnels") and re.search(r"(other_config|options|bfd|lldp):", word):
                assert key_of(word) in known, f"the manual of Open vSwitch has no {word}"
    missing = sorted(k for k in known if k not in told and k not in OTHERS)
    assert not missing, f"docs/from-ovs-vsctl.md lacks {missing}"
