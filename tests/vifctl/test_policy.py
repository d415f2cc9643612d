# SPDX-License-Identifier: GPL-2.0-or-later
"""switch, port, vm, acl, group, qos: what they store, print and refuse."""

import threading

from world import SQL, WEB


def test_switch(w):
    done = w.run("switch", "add", "xenbr0", "uplinks=eth1,eth0", "mtu=9000", "ageing=5min",
                 "uplink-rate=10Gbit")
    assert done.out == ("+ switch xenbr0: uplinks=eth0,eth1 mtu=9000 ageing=300s "
                        "uplink-rate=10Gbit\nsaved; no host is connected\n"), done.out
    row = w.rows("Switch", "uplinks", "mtu", "ageing_s", "uplink_rate")
    assert row == [{"uplinks": ["set", ["eth0", "eth1"]], "mtu": 9000, "ageing_s": 300,
                    "uplink_rate": 10000000000}], row
    assert "already" in w.run("switch", "add", "xenbr0", code=1).err
    assert "~ switch xenbr0 mtu: 9000 -> (empty)" in w.run("switch", "set", "xenbr0", "mtu=").out
    assert w.rows("Switch", "mtu") == [{"mtu": ["set", []]}]
    listed = w.run("switch", "list", "--json").json()
    assert listed["switches"] == [{"name": "xenbr0", "uplinks": ["eth0", "eth1"],
                                   "ageing": "300s", "uplink-rate": "10Gbit"}], listed
    w.run("switch", "set", "nosuch", "mtu=1500", code=3)
    w.run("switch", "del", "xenbr0")
    assert w.rows("Switch", "name") == []
    w.run("switch", "del", "xenbr0", code=3)


def test_port_set(w):
    done = w.run("port", "set", WEB, "vlan=100", "rate-from-vm=100Mbit", "lock-ip=192.0.2.1")
    assert done.out.endswith("saved; in force when the VM starts\n"), done.out
    row = w.rows("Port", "vm", "devid", "vlan_mode", "tag", "rate_from_vm", "ip_lock")
    assert row == [{"vm": ["uuid", WEB], "devid": 0, "vlan_mode": "access", "tag": 100,
                    "rate_from_vm": 100000000, "ip_lock": "192.0.2.1"}], row
    before = w.next_cfg()
    assert w.run("port", "set", WEB + "/0", "vlan=100").out == "nothing to change\n"
    assert w.next_cfg() == before
    w.run("port", "set", WEB + "/0", "vlan=200")
    assert w.next_cfg() == before + 1
    done = w.run("port", "set", WEB, "vlan=trunk:10,20-22", "--dry-run")
    assert done.out == f"~ port {WEB}/0 vlan: 200 -> trunk:10,20-22\n", done.out
    assert w.next_cfg() == before + 1
    w.run("port", "set", WEB, "vlan=trunk:10,20-22")
    assert w.rows("Port", "vlan_mode", "tag", "trunks") == [
        {"vlan_mode": "trunk", "tag": ["set", []], "trunks": ["set", [10, 20, 21, 22]]}]
    w.run("port", "clear", WEB, "vlan", "rate-from-vm")
    assert w.run("port", "policy", "--json").json()["ports"] == [
        {"vm": WEB, "devid": 0, "lock-ip": ["192.0.2.1"]}]
    w.run("port", "clear", WEB)
    assert w.rows("Port", "devid") == []
    assert w.run("port", "clear", WEB).out == "nothing to change\n"
    assert w.run("port", "clear", WEB, "mtu").out == "nothing to change\n"
    w.run("port", "policy", WEB, code=3)


def test_port_refused(w):
    for words, code, part in (
            (["port", "set", WEB, "vlan=4095"], 2, "vlan=4095: 100, trunk"),
            (["port", "set", WEB, "rate-from-vm=100"], 2, "with its unit"),
            (["port", "set", WEB, "colour=red"], 2, "it has switch, vlan"),
            (["port", "set", WEB + "/70000", "vlan=1"], 2, "from 0 to 65535"),
            (["port", "set", "nobody", "vlan=1"], 3, "\"nobody\": no VM of that name"),
            (["port", "set", WEB, "acl=none"], 3, "no acl of that name"),
            (["port", "set", WEB, "qos=none"], 3, "no qos of that name"),
            (["port", "clear", WEB, "vlan=1"], 2, "without values"),
            (["port", "clear", WEB, "vlna"], 2, "vlna"),
            (["port", "set", WEB], 2, "more is needed")):
        done = w.run(*words, code=code)
        assert part in done.err and not done.out, (words, done.err)
    assert w.rows("Port", "devid") == [] and w.next_cfg() == 0


def test_vm_names(w):
    w.run("vm", "set", WEB, "name=web", "labels=role=web,tier=front")
    w.run("port", "set", "web/1", "vlan=7")
    assert w.rows("Port", "vm", "devid") == [{"vm": ["uuid", WEB], "devid": 1}]
    assert "web/1" in w.run("port", "policy", "web").out
    w.run("vm", "set", SQL, "name=web")
    done = w.run("port", "set", "web", "vlan=7", code=4)
    assert WEB in done.err and SQL in done.err, done.err
    w.run("vm", "del", SQL)
    w.run("port", "set", "name:web", "vlan=8")
    assert len(w.rows("Port", "devid")) == 2


def order(w, acl="web"):
    rules = w.run("acl", "show", acl, "--json").json()["acls"][0]["rules"]
    return [rule["name"] for rule in rules]


def test_acl_in_force(w):
    """which hosts have it, from their Location rows; hits are the daemon's to tell"""
    w.run("acl", "create", "web", "from-vm-default=allow")
    w.run("acl", "create", "idle")
    for vm in (WEB, SQL):
        w.run("port", "set", vm, "acl=web", "--no-wait")
    for host, vm, state in (("h1", WEB, "active"), ("h1", SQL, "failed"), ("h2", SQL, "plugged")):
        w.run("db", "create", "Location", f"host={host}", f"vm={vm}", "devid=0", f"state={state}",
              "--no-wait")
    found = {a["name"]: a for a in w.run("acl", "list", "--json").json()["acls"]}
    assert found["web"]["in_force"] == {"h1": 1, "h2": 1}, found
    assert found["idle"]["in_force"] == {}, found
    text = w.run("acl", "list").out
    assert "h1: 1 port, h2: 1 port" in text and "from-vm-default=allow" in text, text
    done = w.run("acl", "show", "web", "--hits", code=5)
    assert "vifswitchd is not running" in done.err, done.err
    assert "--hits" in w.run("acl", "list", "--hits", code=2).err


def acls_of(w, vm=WEB):
    """Names, by the places that the row has them in."""
    names = {r["_uuid"][1]: r["name"] for r in w.rows("ACL", "_uuid", "name")}
    row = w.rows("Port", "acl", "more_acls", where=[["vm", "==", ["uuid", vm]]])[0]
    first = names[row["acl"][1]] if row["acl"][0] == "uuid" else None
    return [first, *(names[u[1]] for _, u in sorted(row["more_acls"][1]))]


def test_acl_order(w):
    """several ACLs of a port: the order counts, += adds behind, one alone is written as before"""
    for name in "abcdefghi":
        w.run("acl", "create", name, "--no-wait")
    done = w.run("port", "set", WEB, "acl=b,a", "--no-wait")
    assert f"+ port {WEB}/0: acl=b,a" in done.out, done.out
    assert acls_of(w) == ["b", "a"]
    assert w.run("port", "set", WEB, "acl=b,a").out == "nothing to change\n"
    assert "acl: b,a -> a,b" in w.run("port", "set", WEB, "acl=a,b", "--no-wait").out
    w.run("port", "set", WEB, "acl+=c,b", "--no-wait")
    assert acls_of(w) == ["a", "b", "c"]
    assert w.run("port", "policy", "--json").json()["ports"][0]["acl"] == ["a", "b", "c"]
    exported = w.run("export").out
    assert "acl: [a, b, c]" in exported, exported
    w.run("port", "set", WEB, "acl-=a", "--no-wait")
    assert acls_of(w) == ["b", "c"]
    assert "port" in w.run("acl", "del", "c", code=1).err
    w.run("acl", "rename", "c", "last", "--no-wait")
    assert w.run("port", "set", WEB, "acl=b,last").out == "nothing to change\n"
    w.run("port", "set", WEB, "acl-=last", "--no-wait")
    assert w.run("port", "policy", "--json").json()["ports"][0]["acl"] == "b"
    for value, code, part in (("acl=a,a", 2, "is there twice"), ("acl=a,nosuch", 3, "no acl of that name"),
                              ("acl=a,b,d,e,f,g,h,i,last", 2, "9 are too many; 8 is the most"),
                              ("acl-=b", 2, "nothing would be left"), ("acl-=d", 2, "it has b")):
        done = w.run("port", "set", WEB, value, code=code)
        assert part in done.err, (value, done.err)
    w.run("port", "clear", WEB, "acl", "--no-wait")
    w.run("port", "set", WEB, "acl+=d", "--no-wait")  # none is no ACL, not all of them
    assert acls_of(w) == ["d"]
    w.run("apply", "-", "--no-wait", stdin=exported.replace("name: c", "name: z").replace("b, c", "b, z"))
    assert acls_of(w) == ["a", "b", "z"]
    told = w.run("history", "port", WEB).out
    number = told.splitlines()[-1].split()[0]
    told = w.run("history", number).out
    assert "more-acls" in told and "b,z" in told, told


def test_acl_rules(w):
    w.run("acl", "create", "web", "from-vm-default=allow")
    allow = ["direction=to-vm", "action=allow"]
    w.run("acl", "rule", "add", "web", "b", *allow, "proto=tcp", "dst-port=80,443,1000-2000")
    w.run("acl", "rule", "add", "web", "c", *allow, "proto=icmp", "icmp=8/0", "log")
    w.run("acl", "rule", "add", "web", "a", "before=b", *allow, "proto=tcp",
          "tcp-flags=syn,!ack", "stateless")
    w.run("acl", "rule", "add", "web", "d", "at=2", "direction=from-vm", "action=deny",
          "ethertype=arp", "vlan=100")
    assert order(w) == ["a", "d", "b", "c"], order(w)
    w.run("acl", "rule", "move", "web", "a", "after=c")
    assert order(w) == ["d", "b", "c", "a"], order(w)
    w.run("acl", "rule", "move", "web", "a", "at=1")
    assert order(w) == ["a", "d", "b", "c"], order(w)
    rows = w.rows("Rule", "dst_ports", "icmp_type", "icmp_code", "log", "tcp_flags_set",
                  "tcp_flags_clear", where=[["name", "==", "b"]])
    assert rows[0]["dst_ports"] == ["map", [[80, 80], [443, 443], [1000, 2000]]], rows
    w.run("acl", "rule", "set", "web", "b", "dst-port=", "action=reject")
    w.run("acl", "rule", "del", "web", "d")
    assert order(w) == ["a", "b", "c"] and len(w.rows("Rule", "name")) == 3
    for words, code, part in (
            (["add", "web", "a", *allow], 1, "already"),
            (["add", "web", "x", "direction=to-vm"], 2, "action is missing"),
            (["add", "web", "x", *allow, "dst-port=80"], 2, "dst-port needs proto=tcp"),
            (["add", "web", "x", *allow, "src-group=none"], 3, "no group \"none\""),
            (["add", "web", "x", "before=y", *allow], 3, "no other rule"),
            (["add", "web", "x", "at=9", *allow], 2, "from 1 to 4"),
            (["move", "web", "a", "to=3"], 2, "before=RULE"),
            (["set", "web", "x", "log"], 3, "no rule \"x\""),
            (["del", "nosuch", "x"], 3, "no acl")):
        done = w.run("acl", "rule", *words, code=code)
        assert part in done.err, (words, done.err)
    w.run("port", "set", WEB, "acl=web")
    assert f"port {WEB}/0 uses it" in w.run("acl", "delete", "web", code=1).err
    w.run("port", "clear", WEB, "acl")
    w.run("acl", "delete", "web")
    assert w.rows("Rule", "name") == []


def test_group_and_qos(w):
    w.run("vm", "set", WEB, "name=web")
    w.run("group", "create", "admins", "addresses=10.0.0.0/8", "vms=web")
    w.run("group", "add", "admins", "addresses=2001:db8::/64,192.0.2.0/24")
    w.run("group", "remove", "admins", "addresses=10.0.0.0/8", "vms=web")
    assert w.rows("Group", "addresses", "vms") == [
        {"addresses": ["set", ["192.0.2.0/24", "2001:db8::/64"]], "vms": ["set", []]}]
    w.run("acl", "create", "a")
    w.run("acl", "rule", "add", "a", "r", "direction=to-vm", "action=allow", "src-group=admins")
    assert "rule a/r uses it" in w.run("group", "delete", "admins", code=1).err
    w.run("qos", "create", "gold", "rate-to-vm=1Gbit", "storm-broadcast=1kpps", "trust=dscp")
    w.run("port", "set", WEB, "qos=gold")
    w.run("qos", "set", "gold", "dscp=46", "trust=")
    assert w.rows("QoS", "rate_to_vm", "storm_broadcast", "dscp", "trust") == [
        {"rate_to_vm": 1000000000, "storm_broadcast": 1000, "dscp": 46, "trust": ["set", []]}]
    w.run("qos", "set", "gold", "uplink-min=2Gbit", "uplink-max=1Gbit", code=2)


def test_two_writers(w):
    """Every one of many concurrent changes of the same rows is there at the end."""
    w.run("group", "create", "g")
    w.run("acl", "create", "a")
    failures = []

    def writer(number):
        for i in range(10):
            try:
                w.run("group", "add", "g", f"addresses=10.{number}.{i}.0/24", "--no-wait")
                w.run("acl", "rule", "add", "a", f"r{number}-{i}", "direction=to-vm",
                      "action=deny", "--no-wait")
            except AssertionError as e:
                failures.append(e)

    threads = [threading.Thread(target=writer, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert len(w.rows("Group", "addresses")[0]["addresses"][1]) == 20
    rules = w.rows("Rule", "name", "priority")
    assert len({r["name"] for r in rules}) == 20 == len({r["priority"] for r in rules}), rules
    assert w.next_cfg() == 2 + 40


def test_no_database(w):
    w.server.stop()
    done = w.run("port", "set", WEB, "vlan=1", code=5)
    assert "does not answer" in done.err, done.err
    assert "none of unix:PATH" in w.run("switch", "list", "--db=nonsense", code=2).err


def test_tables(w):
    for name, rules in (("web", 2), ("db", 11), ("mail", 0)):
        w.run("acl", "create", name)
        for i in range(rules):
            w.run("acl", "rule", "add", name, f"r{i}", "direction=to-vm", "action=allow")
    done = w.run("acl", "list", "--columns", "rules,name", "--sort", "-rules", "--filter", "rules!=0")
    assert [line.split() for line in done.out.splitlines()] == [
        ["RULES", "NAME"], ["11", "db"], ["2", "web"]], done.out
    for name in ("web", "db", "mail"):
        w.run("acl", "delete", name)


def test_watch(w):
    """Again and again, until it is interrupted; no control characters where there is no screen."""
    process = w.start("acl", "list", "--watch=1")
    lines = [process.stdout.readline() for _ in range(2)]
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and not err, (process.returncode, err)
    assert lines[0] == lines[1] and "\x1b" not in "".join(lines) + out, (lines, out)
