# SPDX-License-Identifier: GPL-2.0-or-later
"""What doctor finds in a real database. Hosts are played: this machine needs no module."""

from world import SQL, WEB


def findings(w):
    """[(severity, subject, text, command)] about policy and database; others are this machine's."""
    done = w.run("doctor", "--json", f"--db=unix:{w.server.socket}", code=1)
    return [(f["severity"], f["subject"], f["text"], f["command"]) for f in done.json()["findings"]
            if f["check"] in ("policy", "database")]


def test_doctor_pending(w):
    """A host that has not applied the last change, until it has."""
    w.host("one", vms=[(WEB, 0)])
    slow = w.host("two", vms=[(SQL, 0)], mute=True)
    assert findings(w) == [], findings(w)
    w.run("port", "set", WEB, "vlan=7")
    w.run("port", "set", SQL, "vlan=7", "--no-wait")
    found = findings(w)
    assert found == [("warning", "two", "it has applied change 0, the last one is 2",
                      "on two: systemctl restart vifswitchd")], found
    slow.mute = False
    w.run("port", "set", SQL, "vlan=8")
    assert findings(w) == [], findings(w)


def test_doctor_failed(w):
    """A host's own error, and a VM's; each ends with the change that mends it."""
    bad = w.host("one", vms=[(WEB, 0), (SQL, 1)], error="switch xenbr0: eth7: no such device")
    w.run("switch", "add", "xenbr0", "uplinks=eth7", code=1)
    assert findings(w) == [("error", "one", "switch xenbr0: eth7: no such device",
                            "vifctl switch list; on one: journalctl -u vifswitchd")], findings(w)
    bad.error = None
    bad.port_errors = {(SQL, 1): "switch=xenbr7: no such switch here"}
    w.run("switch", "set", "xenbr0", "uplinks=eth0", code=None)
    found = findings(w)
    assert found == [("error", SQL + "/1", "on one: switch=xenbr7: no such switch here",
                      f"vifctl port policy {SQL}/1")], found
    bad.port_errors = {(SQL, 1): ["set", []]}
    w.run("port", "set", SQL + "/1", "switch=xenbr0")
    assert w.run(*found[0][3].split()[1:]).out.count("xenbr0") == 1
    assert findings(w) == [], findings(w)


def test_doctor_unreachable(w):
    assert findings(w) == [], findings(w)
    w.server.kill()
    found = findings(w)
    assert [f[:2] + f[3:] for f in found] == [("warning", "vifctl", "systemctl start vifdbd")], found
    w.server.start().close()
    assert findings(w) == [], findings(w)
