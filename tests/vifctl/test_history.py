# SPDX-License-Identifier: GPL-2.0-or-later
"""history, rollback, apply --confirm and confirm."""

import getpass
import json
import socket
import time

from world import DB, SQL, WEB, check

POLICY = f"""\
vms: [{{uuid: {WEB}, name: web}}]
groups: [{{name: admins, addresses: [10.0.0.0/8]}}]
acls:
- name: web
  rules: [{{name: ssh, direction: to-vm, action: allow, proto: tcp, dst-port: 22}}]
ports: [{{vm: {WEB}, vlan: 100, acl: web}}]
"""


def policy(w):
    w.run("apply", "-", stdin=POLICY)


def entries(w, *words):
    return w.run("history", *words, "--json").json()["entries"]


def export(w):
    return w.run("export").out


def wait(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def test_history_tells_who_when_and_what(w):
    policy(w)
    w.run("port", "set", "web", "vlan=200")
    w.run("acl", "rule", "set", "web", "ssh", "dst-port=2222")
    # What hosts say of themselves is not policy.
    w.host("xen-a", vms=[(WEB, 0)])
    all_of = entries(w)
    assert [e["id"] for e in all_of] == [1, 2, 3], all_of
    for entry in all_of:
        assert entry["who"] == getpass.getuser() and entry["host"] == socket.gethostname(), entry
        assert entry["kept"] and entry["trial"] is None and entry["client"] is None
    assert [e["command"] for e in all_of] == ["apply", "port set", "acl rule set"]
    assert [c["object"] for c in all_of[1]["changes"]] == ["web/0"], all_of[1]
    assert (all_of[1]["changes"][0]["old"], all_of[1]["changes"][0]["new"]) == ("100", "200")
    assert [e["id"] for e in entries(w, "port", "web")] == [1, 2]
    assert [e["id"] for e in entries(w, "acl", "web")] == [1, 3]
    assert [e["id"] for e in entries(w, "2")] == [2]
    # A number is a change's before it is a name.
    w.run("group", "create", "1", "addresses=192.0.2.1")
    assert [e["id"] for e in entries(w, "1")] == [1]
    out = w.run("history", "2").out
    assert out.startswith("change 2 by " + getpass.getuser()) and "~ port web/0 tag: 100 -> 200\n" in out, out
    assert "rule web/ssh" in w.run("history").out
    w.run("history", "acl", "no", code=3)


def test_no_client_writes_history(w):
    policy(w)
    client = w.client()
    try:
        for operation in ({"op": "insert", "row": {"id": 7, "who": "me", "host": "h"}},
                          {"op": "delete", "where": []},
                          {"op": "update", "where": [], "row": {}},
                          {"op": "mutate", "where": [], "mutations": []}):
            done = client.transact({"table": "History", **operation}, db=DB)
            assert done[-1]["error"] == "not allowed", done
    finally:
        client.close()
    assert [e["id"] for e in entries(w)] == [1]


def test_rollback_is_the_inverse(w):
    """Of each kind of change, and of itself."""
    policy(w)
    states = [export(w)]
    for words in (("port", "set", "web", "vlan=200", "mtu=1400"), ("group", "add", "admins", "addresses=192.0.2.0/24"),
                  ("acl", "rule", "add", "web", "http", "direction=to-vm", "action=allow", "proto=tcp", "dst-port=80"),
                  ("acl", "rule", "del", "web", "ssh"), ("port", "clear", "web"), ("acl", "delete", "web"),
                  ("vm", "set", "web", "labels=a=b,c=d"), ("vm", "set", "web", "labels=a=x")):
        w.run(*words)
        states.append(export(w))
    for number in range(len(states), 1, -1):
        diff = w.run("rollback", str(number), "--dry-run").out
        assert diff and export(w) == states[number - 1]
        done = w.run("rollback", str(number))
        assert done.out.startswith(diff), (diff, done.out)
        assert export(w) == states[number - 2], number
        assert w.run("rollback", str(number)).out.startswith("nothing to change")
    # And forward again, by taking back what took it back.
    number = len(states)
    assert entries(w)[number]["command"] == "rollback"
    for back in range(2 * number - 1, number, -1):
        w.run("rollback", str(back))
    assert export(w) == states[-1]


def test_rollback_does_not_touch_what_changed_since(w):
    policy(w)
    w.run("port", "set", "web", "vlan=200", "mtu=1400")
    w.run("port", "set", "web", "vlan=300")
    before = export(w)
    done = w.run("rollback", "2", code=1)
    assert done.err.startswith("vifctl: change 2 is not taken back: port web/0 was changed since, last by change 3 ("), done.err
    assert done.err.count("\n") == 1 and "--overwrite" in done.err and export(w) == before
    # Another element of a list, and another field, are no overlap.
    w.run("group", "add", "admins", "addresses=192.0.2.0/24")
    w.run("group", "add", "admins", "addresses=198.51.100.0/24")
    w.run("rollback", "4")
    assert w.rows("Group", "addresses")[0]["addresses"] == ["set", ["10.0.0.0/8", "198.51.100.0/24"]]
    w.run("rollback", "2", "--overwrite")
    assert w.rows("Port", "tag", "mtu") == [{"tag": 100, "mtu": ["set", []]}]
    w.run("port", "clear", "web")
    assert "port web/0 was changed since" in w.run("rollback", "3", code=1).err.replace(WEB, "web")
    w.run("rollback", "99", code=3)
    w.run("rollback", "x", code=2)


def test_history_is_bounded(w):
    policy(w)
    client = w.client()
    try:
        for i in range(1003):
            check(client.transact({"op": "update", "table": "Port", "where": [], "row": {"mtu": 1000 + i}}, db=DB))
        ids = sorted(row["id"] for row in w.rows("History", "id"))
        assert ids == list(range(5, 1005)), (ids[0], ids[-1], len(ids))
        # By octets as well: entries of some 300 KiB leave room for few.
        many = [f"10.{i // 256}.{i % 256}.0/24" for i in range(16000)]
        check(client.transact({"op": "insert", "table": "Group", "row": {"name": "many"}}, db=DB))
        for _ in range(10):
            for value in (many, []):
                check(client.transact({"op": "update", "table": "Group", "where": [["name", "==", "many"]],
                                       "row": {"addresses": ["set", value]}}, db=DB))
        octets = sum(len(json.dumps(row)) for row in w.rows("History", "id", "changes"))
        assert 2 << 20 < octets < 6 << 20, octets
        # What is too large is known, but not taken back.
        huge = [f"10.{i // 256}.{i % 256}.0/24" for i in range(40000)]
        check(client.transact({"op": "update", "table": "Group", "where": [["name", "==", "many"]],
                               "row": {"addresses": ["set", huge]}}, db=DB))
        newest = max(row["id"] for row in w.rows("History", "id"))
        assert "too large" in w.run("rollback", str(newest), code=1).err
        done = client.transact({"op": "update", "table": "Group", "where": [["name", "==", "many"]],
                                "row": {"addresses": ["set", []]}},
                               {"op": "insert", "table": "Trial", "row": {"seconds": 100}}, db=DB)
        assert "too large to be taken back" in done[-1]["details"], done
        assert len(w.rows("Group", "addresses", where=[["name", "==", "many"]])[0]["addresses"][1]) == 40000
    finally:
        client.close()


def test_unconfirmed_goes_back(w):
    policy(w)
    before = export(w)
    file = w.file("new", f"ports: [{{vm: {WEB}, vlan: 300}}, {{vm: {SQL}, vlan: 7}}]")
    done = w.run("apply", file, "--confirm", "1s")
    assert "vifctl confirm" in done.out, done.out
    number = w.next_cfg()
    wait(lambda: export(w) == before)
    wait(lambda: w.rows("Trial", "entry") == [])
    last = entries(w)[-1]
    assert last["who"] == "vifdbd" and "2 was not confirmed" in last["command"], last
    assert w.next_cfg() == number + 1
    assert "does not wait" in w.run("confirm", "2", code=3).err


def test_confirmed_stays(w):
    policy(w)
    w.run("confirm", code=3)
    file = w.file("new", f"ports: [{{vm: {WEB}, vlan: 300}}]")
    w.run("apply", file, "--confirm=900")
    assert entries(w, "2")[0]["trial"]["seconds"] == 900
    assert "goes back at" in w.run("history").out
    w.file("new", f"ports: [{{vm: {SQL}, vlan: 300}}]")
    w.run("apply", file, "--confirm=900")
    assert "which of the changes 2, 3" in w.run("confirm", code=4).err
    w.run("confirm", "2")
    assert w.run("confirm", "--json").json()["confirmed"] == 3
    w.run("apply", file, "--confirm=1")         # nothing to change: nothing to confirm
    assert w.rows("Trial", "entry") == [] and w.rows("Port", "tag") == [{"tag": 300}]


def test_promise_outlives_the_server(w):
    """Killed before the time is up, it keeps it when it is back; what others changed since stays."""
    policy(w)
    file = w.file("new", f"ports: [{{vm: {WEB}, vlan: 300, mtu: 1400}}]")
    w.run("apply", file, "--confirm=2")
    w.run("port", "set", "web", "mtu=1300")
    w.server.kill()
    time.sleep(0.1)
    w.server.start().close()
    wait(lambda: w.rows("Port", "tag", "mtu") == [{"tag": 100, "mtu": 1300}])
    wait(lambda: w.rows("Trial", "entry") == [])


def test_a_trial_is_of_a_change(w):
    policy(w)
    client = w.client()
    try:
        done = client.transact({"op": "insert", "table": "Trial", "row": {"seconds": 5}}, db=DB)
        assert "changes no policy" in done[-1]["details"], done
    finally:
        client.close()
    assert w.rows("Trial", "entry") == []



def at_once(w, *transactions):
    """In one write, so that nothing can come between them."""
    client = w.client()
    try:
        client.write(b"".join(json.dumps({"method": "transact", "params": [DB, *operations], "id": i}).encode()
                              for i, operations in enumerate(transactions)))
        for i in range(len(transactions)):
            check(client.wait(i)["result"])
    finally:
        client.close()


def uuid(n):
    return f"00000000-0000-4000-8000-{n:012x}"


def rule(n):
    return {"op": "insert", "table": "Rule", "uuid": uuid(n),
            "row": {"name": f"r{n}", "priority": n, "direction": "to-vm", "action": "allow"}}


def acl(name, n, *rules):
    return {"op": "insert", "table": "ACL", "uuid": uuid(n),
            "row": {"name": name, "rules": ["set", [["uuid", uuid(n)] for n in rules]]}}


def of_acl(name, op, **more):
    return {"op": op, "table": "ACL", "where": [["name", "==", name]], **more}


def rules_of(name, how, *rules):
    return of_acl(name, "mutate", mutations=[["rules", how, ["set", [["uuid", uuid(n)] for n in rules]]]])


VLAN_300 = {"op": "update", "table": "Port", "where": [], "row": {"tag": 300}}
SOON = {"op": "insert", "table": "Trial", "row": {"seconds": 1}}


def names(w, table):
    return sorted(row["name"] for row in w.rows(table, "name"))


def back(w):
    wait(lambda: w.rows("Trial", "entry") == [])
    assert w.rows("Port", "tag", where=[["vm", "==", ["uuid", WEB]]]) == [{"tag": 100}]
    with open(w.server.log) as f:
        return f.read()


def test_back_though_an_added_rule_is_in_use(w):
    """Somebody took one of two added rules out: the other one stays, and all else goes back."""
    policy(w)
    more = {"op": "insert", "table": "Group", "row": {"name": "more"}}
    at_once(w, [rule(10), rule(11), rules_of("web", "insert", 10, 11), VLAN_300, more, SOON],
            [rules_of("web", "delete", 10)])
    log = back(w)
    assert names(w, "Rule") == ["r11", "ssh"] and names(w, "Group") == ["admins"]
    assert 'ACL {"name":"web"}: rules did not go back' in log, log
    assert "in parts: 2 was not confirmed" in entries(w)[-1]["command"]


def test_back_though_an_added_acl_is_in_use(w):
    policy(w)
    w.run("port", "set", SQL, "vlan=7")
    web, sql = ([["vm", "==", ["uuid", vm]]] for vm in (WEB, SQL))
    at_once(w, [rule(10), acl("x", 1, 10), rule(11), acl("y", 2, 11), {**VLAN_300, "where": web}, SOON],
            [{"op": "update", "table": "Port", "where": sql, "row": {"acl": ["uuid", uuid(1)]}}])
    log = back(w)
    assert names(w, "ACL") == ["web", "x"] and names(w, "Rule") == ["r10", "ssh"]
    assert 'ACL {"name":"x"} did not go back' in log, log


def test_back_though_a_name_is_taken(w):
    """Of two ACLs that were deleted one was created anew: the other one is back with its rules."""
    policy(w)
    w.transact(rule(10), acl("x", 1, 10), rule(11), acl("y", 2, 11))
    at_once(w, [of_acl("x", "delete"), of_acl("y", "delete"), VLAN_300, rule(13), acl("z", 4, 13), SOON],
            [rule(12), acl("x", 3, 12)])
    log = back(w)
    assert names(w, "ACL") == ["web", "x", "y"] and names(w, "Rule") == ["r11", "r12", "ssh"]
    assert 'ACL {"name":"x"} did not go back' in log and 'ACL {"name":"y"}' not in log, log
    assert w.rows("ACL", "rules", where=[["name", "==", "y"]]) == [{"rules": ["uuid", uuid(11)]}]
    assert "in parts: 3 was not confirmed" in entries(w)[-1]["command"]


def test_rollback_of_a_row_that_others_added_to(w):
    """What nobody had set when it was added is as much a value as any."""
    policy(w)
    w.run("port", "set", SQL, "vlan=10")
    w.run("port", "set", SQL, "acl=web")
    before = export(w)
    assert "was changed since, last by change 3 (" in w.run("rollback", "2", code=1).err
    w.run("acl", "create", "new")
    for n in range(10):
        w.run("acl", "rule", "add", "new", f"r{n}", "direction=to-vm", "action=allow")
    assert "was changed since, last by change 14 (" in w.run("rollback", "4", code=1).err
    assert len(names(w, "Rule")) == 11
    w.run("rollback", "4", "--overwrite")
    w.run("rollback", "3")
    w.run("rollback", "2")
    assert len(w.rows("Port", "tag")) == 1 and "acls:" in before


def many(name, n):
    return {"op": "insert", "table": "Group",
            "row": {"name": name, "addresses": ["set", [f"10.{n}.{i // 256}.{i % 256}" for i in range(25000)]]}}


def test_back_by_what_names_it(w):
    """Rows too large for all of them to be kept: what became of one since cannot be seen in it."""
    policy(w)
    at_once(w, [many("a", 1), many("b", 2)])
    assert any('"keys_only":true' in row["changes"] for row in w.rows("History", "changes"))
    assert "was changed since" in w.run("rollback", "2", code=1).err
    w.run("rollback", "2", "--overwrite")
    assert names(w, "Group") == ["admins"]
    at_once(w, [many("a", 1), many("b", 2), VLAN_300, SOON],
            [{"op": "update", "table": "Group", "where": [["name", "==", "a"]], "row": {"addresses": ["set", []]}}])
    back(w)
    assert names(w, "Group") == ["a", "admins"]
