# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for hosts. The database and its protocol are real; hosts are played."""

import time

from world import SQL, WEB


def test_in_force(w):
    w.host("one", vms=[(WEB, 0)])
    w.host("two", vms=[(SQL, 0)], mute=True)
    assert w.run("port", "set", WEB, "vlan=7").out.endswith("in force on one\n")
    done = w.run("port", "set", WEB, "vlan=8", "--json").json()
    assert done["hosts"] == {"one": True} and done["errors"] == [] and done["next_cfg"] == 2, done
    assert done["changes"] == [{"change": "modify", "kind": "port", "object": WEB + "/0",
                                "field": "vlan", "old": "7", "new": "8"}], done


def test_host_is_silent(w):
    w.host("two", vms=[(SQL, 0)], mute=True)
    start = time.monotonic()
    done = w.run("port", "set", SQL, "vlan=7", "--wait=1", code=1)
    assert time.monotonic() - start >= 1
    assert "saved, but within 1 s no word from two" in done.err, done.err
    assert len(w.rows("Port", "tag")) == 1
    assert w.run("port", "set", SQL, "vlan=8", "--no-wait").out.endswith("\nsaved\n")
    w.run("port", "set", SQL, "vlan=9", "--wait=0", code=2)


def test_reports_late(w):
    """The wait ends with the report, not with the time."""
    host = w.host("one", vms=[(WEB, 0)], mute=True)
    process = w.start("port", "set", WEB, "vlan=7", "--wait=50")
    deadline = time.monotonic() + 20
    while w.next_cfg() == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    assert process.poll() is None, process.communicate()
    host.mute = False
    host.port_errors = {}
    w.transact({"op": "update", "table": "Host", "where": [["name", "==", "one"]],
                "row": {"cur_cfg": 1}})
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0 and out.endswith("in force on one\n"), (out, err)


def test_port_error(w):
    w.host("one", vms=[(WEB, 0), (SQL, 0)],
           port_errors={(WEB, 0): "switch xenbr7: no such switch here"})
    w.run("vm", "set", WEB, "name=web", code=1)
    done = w.run("port", "set", "web", "switch=xenbr7", code=1)
    assert "vifctl: one: port web/0 switch xenbr7: no such switch here" in done.err, done.err
    done = w.run("port", "set", "web", "switch=xenbr8", "--json", code=1).json()
    assert done["errors"] == [{"host": "one", "port": "web/0",
                               "error": "switch xenbr7: no such switch here"}], done
    # Another VM's error is none of this change.
    assert w.run("port", "set", SQL, "vlan=7").out.endswith("in force on one\n")


def test_host_error(w):
    w.host("one", error="switch xenbr0: eth7: no such device")
    done = w.run("switch", "add", "xenbr0", "uplinks=eth7", code=1)
    assert "vifctl: one: switch xenbr0: eth7: no such device" in done.err, done.err


def test_switches_concern_every_host(w):
    hosts = [w.host("one", vms=[(WEB, 0)]), w.host("two")]
    assert w.run("switch", "add", "xenbr0").out.endswith("in force on one, two\n")
    # The update that told vifctl may be ahead of the answer that told the host.
    deadline = time.monotonic() + 20
    while [host.reported for host in hosts] != [1, 1] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [host.reported for host in hosts] == [1, 1]


def test_acl_concerns_its_users(w):
    w.host("one", vms=[(WEB, 0)])
    w.host("two", vms=[(SQL, 0)], mute=True)
    w.run("group", "create", "g")
    w.run("acl", "create", "a")
    w.run("acl", "rule", "add", "a", "r", "direction=to-vm", "action=deny", "src-group=g")
    w.run("qos", "create", "q")
    w.run("port", "set", WEB, "acl=a", "qos=q")
    for words in (["acl", "set", "a", "to-vm-default=allow"], ["qos", "set", "q", "dscp=1"],
                  ["acl", "rule", "set", "a", "r", "log"], ["group", "add", "g", "addresses=10.0.0.1"]):
        assert w.run(*words).out.endswith("in force on one\n"), words
    w.run("acl", "create", "b")
    assert w.run("acl", "set", "b", "to-vm-default=allow").out.endswith("no VM is concerned\n")


def test_gone_is_gone(w):
    w.host("one", vms=[(WEB, 0)], mute=True)
    w.transact({"op": "update", "table": "Location", "where": [], "row": {"state": "gone"}})
    assert w.run("port", "set", WEB, "vlan=7").out.endswith("in force when the VM starts\n")
