# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl uplink: what is written, what is refused and why, and what asks for --yes."""

# (what is typed behind "uplink", exit status, a part of the answer)
REFUSED = (
    ("add b0 bond-mode=balance-tcp", 2, "bond-mode needs members"),
    ("add b0 members=e1 bond-mode=balance-rr", 2, "one of active-backup, balance-tcp or balance-slb is needed"),
    ("add b0 members=e1 lacp=active", 2, "lacp=active: needs bond-mode=balance-tcp"),
    ("add b0 members=e1 updelay=150", 2, "updelay=150: must be a multiple of miimon, which is 100"),
    ("add b0 members=e1 lacp-time=fast", 2, "lacp-time needs LACP"),
    ("add b0 members=e1 fallback=false", 2, "fallback needs LACP"),
    ("add b0 members=e1 bond-mode=balance-tcp lacp=off lacp-aggregation-key=1", 2, "lacp-aggregation-key needs LACP"),
    ("add b0 members=e1 bond-mode=balance-tcp lacp-system-id=01:00:00:00:00:01", 2, "lacp-system-id="),
    ("add b0 members=e1 bond-mode=balance-tcp lacp-system-priority=65536", 2, "lacp-system-priority="),
    ("add b0 members=e1/2", 2, "members=e1/2"),
    ("add b0 vlan=trunk:0-5000", 2, "vlan="),
    ("add b0 member=e1", 2, "has no such field; near: members"),
    ("add a-name-that-is-too-long members=e1", 2, "1 to 15"),
    ("set b0 members=e1", 3, "the database has no uplink \"b0\""),
)


def test_uplink(w):
    for words, code, answer in REFUSED:
        done = w.run("uplink", *words.split(), code=code)
        assert answer in done.err, (words, done.err)
    assert not w.rows("Uplink", "name")
    w.run("uplink", "add", "b0", "members=e1,e2", "bond-mode=balance-tcp", "lacp-time=fast",
          "vlan=native-untagged:5+10,20-22", "rate=10Gbit")
    row, = w.rows("Uplink", "members", "bond_mode", "lacp_time", "vlan_mode", "tag", "rate", "lacp")
    assert row == {"members": ["set", ["e1", "e2"]], "bond_mode": "balance-tcp", "lacp_time": "fast",
                   "vlan_mode": "native-untagged", "tag": 5, "rate": 10_000_000_000,
                   "lacp": ["set", []]}, row
    assert "members=e1,e2" in w.run("uplink", "list").out
    # What interrupts nothing is done; what does is asked about first, also in a file.
    w.run("uplink", "set", "b0", "updelay=200", "members+=e3", "lacp=active", "transit=true")
    for words, why in ((("set", "b0", "lacp-time=slow"), "LACP while the bond is down"),
                       (("set", "b0", "bond-mode=", "lacp=", "lacp-time="), "another mode takes its members out"),
                       (("set", "b0", "lacp-system-id=00:16:3e:00:00:09"), "its members become others"),
                       (("set", "b0", "lacp-port-priority=e1=7"), "its members become others"),
                       (("set", "b0", "fallback=false"), "without an LACP partner it is closed"),
                       (("set", "b0", "members=e7,e8"), "none of its members stays in"),
                       (("del", "b0"), "the bond goes")):
        done = w.run("uplink", *words, code=1)
        assert why in done.err and "--yes does it all the same" in done.err, (words, done.err)
        w.run("uplink", *words, "--yes", "--dry-run")
    w.run("switch", "add", "xenbr9", "uplinks=b0,eth9", "--no-wait")
    for words in (("set", "xenbr9", "uplinks-=b0"), ("del", "xenbr9")):
        done = w.run("switch", *words, code=1)
        assert "switch xenbr9: the bond b0 goes" in done.err and "--yes" in done.err, (words, done.err)
    w.run("switch", "set", "xenbr9", "uplinks-=eth9", "--no-wait")
    w.run("switch", "del", "xenbr9", "--yes", "--no-wait")
    text = w.run("export", "uplinks").out
    done = w.run("apply", w.file("slow", text.replace("lacp-time: fast", "lacp-time: slow")), code=1)
    assert "uplink b0: the kernel changes LACP while the bond is down" in done.err, done.err
    w.run("uplink", "del", "b0", "--yes")
    assert not w.rows("Uplink", "name")
    w.run("apply", w.file("policy", text))
    assert w.run("export", "uplinks").out == text
