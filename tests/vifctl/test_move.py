# SPDX-License-Identifier: GPL-2.0-or-later
"""What another object has is refused with its owner's name, or moved when that is said."""

import os

from played import Daemon
from world import SQL, WEB


def port(sw, netdev, role, vm=None, mtu=1500):
    return {"switch": sw, "netdev": netdev, "role": role, "state": "plugged", "mtu": mtu, "devid": 0,
            "vm": vm and {"name": vm[0], "uuid": vm[1]}}


def host(w):
    web, sql = ("web", WEB), ("sql", SQL)
    return Daemon(os.path.join(w.dir, "control"), {"switches": [{"name": "xenbr0"}], "ports": [
        port("xenbr0", "xenbr0", "local"), port("xenbr0", "eth0", "uplink"),
        port("xenbr0", "vif1.0", "vif", web),
        port("xenbr0", "vif2.0", "vif", sql)]})


def switches(w):
    return {row["name"]: (row["uplinks"], row["moved"])
            for row in w.rows("Switch", "name", "uplinks", "moved")}


NONE = ["set", []]


def test_uplink_of_a_running_switch(w):
    host(w)
    for words in (["switch", "add", "lan2", "uplinks=eth0"],
                  ["switch", "add", "lan2", "uplinks=eth0", "--dry-run"]):
        err = w.run(*words, code=1).err
        assert "switch lan2: switch xenbr0, which runs here, has uplink eth0; --move" in err, err
    assert switches(w) == {}
    done = w.run("switch", "add", "lan2", "uplinks=eth0", "--move", "--dry-run")
    assert done.out == ("+ switch lan2: uplinks=eth0 moved=eth0\n! switch xenbr0 loses eth0, its last "
                        "uplink: sql, web, dom0 reach the outside by it no more\n"), done.out
    assert switches(w) == {}
    report = w.run("switch", "add", "lan2", "uplinks=eth0", "--move", "--json").json()
    assert report["losses"] == [{"switch": "xenbr0", "uplink": "eth0", "last": True, "dom0": True,
                                 "vms": ["sql", "web"]}], report
    assert switches(w) == {"lan2": ("eth0", "eth0")}
    # Saying nothing about it changes nothing; giving it up forgets that it was moved.
    policy = w.file("policy.yaml", "switches:\n- name: lan2\n  uplinks: [eth0]\n")
    assert w.run("apply", policy).out == "nothing to change\n"
    w.run("switch", "set", "lan2", "uplinks=eth5")
    assert switches(w) == {"lan2": ("eth5", NONE)}
    err = w.run("switch", "set", "lan2", "uplinks=eth0,eth5", code=1).err
    assert "xenbr0, which runs here, has uplink eth0" in err, err


def test_uplink_of_a_row(w):
    w.run("switch", "add", "a", "uplinks=eth1,eth2")
    err = w.run("switch", "add", "b", "uplinks=eth1", code=1).err
    assert "switch b: switch a has uplink eth1; --move" in err, err
    policy = w.file("policy.yaml", "switches:\n- name: b\n  uplinks: [eth1]\n")
    assert "switch a has uplink eth1" in w.run("apply", policy, code=1).err
    done = w.run("apply", policy, "--move")
    assert "~ switch a uplinks: eth1,eth2 -> eth2\n" in done.out, done.out
    assert switches(w) == {"a": ("eth2", NONE), "b": ("eth1", "eth1")}
    # One transaction that gives and takes is no conflict; two that take are one, whatever is said.
    policy = w.file("policy.yaml", "switches:\n- {name: a, uplinks: [eth3]}\n- {name: b, uplinks: [eth2]}\n")
    w.run("apply", policy)
    assert switches(w) == {"a": ("eth3", NONE), "b": ("eth2", NONE)}
    policy = w.file("policy.yaml", "switches:\n- {name: a, uplinks: [eth4]}\n- {name: b, uplinks: [eth4]}\n")
    assert "both name uplink eth4" in w.run("apply", policy, "--move", code=1).err
    assert "uplink b is itself a switch" in w.run("switch", "set", "a", "uplinks=b", code=1).err
    assert switches(w) == {"a": ("eth3", NONE), "b": ("eth2", NONE)}


def test_name_of_a_netdev(w):
    host(w)
    err = w.run("switch", "add", "lo", code=1).err
    assert "switch lo: a network device of this host has that name" in err, err
    w.run("switch", "add", "xenbr0", "ageing=10s")


NEW = "22222222-2222-3333-4444-555555555555"


def test_what_cannot_be_met(w):
    host(w)
    w.run("vm", "set", NEW, "name=new")
    for words, error, undo in (
            (["mtu=9000"], "mtu=9000: more than uplink eth0 of switch xenbr0 carries, 1500",
             "vifctl port clear new/0 mtu"),
            (["switch=lan9"], "switch=lan9: there is no such switch here; there are xenbr0",
             "vifctl port clear new/0 switch")):
        text = f"port new/0 would not start here: {error}; undo: {undo}"
        done = w.run("port", "set", "new", *words, "--dry-run", code=1)
        assert done.err == f"vifctl: {text}\n", done.err
        for more in ([], ["--no-wait"]):
            done = w.run("port", "set", "new", *words, *more, code=1)
            assert done.err == f"vifctl: saved, not in force: {text}\n" and "saved" not in done.out, done.err
            w.run(*undo.split()[1:])
        done = w.run("port", "set", "new", *words, "--json", code=1).json()
        assert [(u["error"], u["undo"]) for u in done["unmet"]] == [(error, undo)], done
        w.run(*undo.split()[1:])
    w.run("port", "set", "new", "mtu=1400", "switch=xenbr0")
    done = w.run("port", "set", "new", "mtu=9000", code=1)
    assert done.err.endswith("undo: vifctl port set new/0 mtu=1400\n"), done.err
    # A host that has the VM says it itself; of other hosts' switches nothing is known here.
    w.host("two", vms=[(NEW, 0)])
    w.run("port", "set", "new", "mtu=9001", "switch=elsewhere")
