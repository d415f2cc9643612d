# SPDX-License-Identifier: GPL-2.0-or-later
"""apply, diff, export."""

import json
import os

from world import SQL, TOP, WEB

POLICY = f"""\
switches:
- name: xenbr0
  uplinks: [eth0]
  mtu: 9000
vms:
- uuid: {WEB}
  name: web
  labels: {{role: web}}
groups:
- name: admins
  addresses: [10.0.0.0/8]
  vms: [web]
acls:
- name: web
  to-vm-default: deny
  rules:
  - name: ssh
    direction: to-vm
    action: allow
    proto: tcp
    src-group: admins
    dst-port: 22
  - {{name: web, direction: to-vm, action: allow, proto: tcp, dst-port: [80, 443]}}
qos:
- name: gold
  rate-to-vm: 1Gbit
ports:
- vm: web
  vlan: native-untagged:5+10-20
  acl: web
  qos: gold
  lock-ip: [192.0.2.1, '2001:db8::/64']
- vm: {SQL}
  devid: 3
  state: down
"""


def test_apply(w):
    path = w.file("policy.yaml", POLICY)
    done = w.run("diff", path, code=1)
    assert len(done.out.splitlines()) == 9, done.out
    assert w.rows("Port", "devid") == []
    assert w.run("apply", path, "--dry-run").out == done.out
    w.run("apply", path)
    assert w.next_cfg() == 1
    assert len(w.rows("Rule", "name")) == 2 and len(w.rows("Port", "devid")) == 2
    assert w.rows("Group", "vms") == [{"vms": ["uuid", WEB]}]
    assert w.run("apply", path).out == "nothing to change\n"
    assert w.run("diff", path).out == ""
    assert w.next_cfg() == 1
    changed = POLICY.replace("mtu: 9000", "mtu: 1500").replace("- vm: web", "- vm: " + WEB)
    done = w.run("apply", w.file("changed.yaml", changed))
    assert done.out.startswith("~ switch xenbr0 mtu: 9000 -> 1500\n"), done.out
    assert done.out.count("\n") == 2, done.out


def test_export_round_trip(w):
    w.run("apply", "-", stdin=POLICY)
    for options in ([], ["--json"]):
        text = w.run("export", *options).out
        assert w.run("apply", "--prune", "-", stdin=text).out == "nothing to change\n", text
    everything = w.run("export", "--json").json()       # as its schema has it
    assert everything["acls"][0]["rules"] and everything["qos"] == [
        {"name": "gold", "rate-to-vm": "1Gbit"}] and len(everything["ports"]) == 2
    assert list(w.run("export", "ports", "--json").json()) == ["ports"]
    w.run("export", "pots", code=2)


def test_export_of_others_rows(w):
    """Rows as other clients write them, with what our own commands never write."""
    w.transact({"op": "insert", "table": "Port", "row": {
        "vm": ["uuid", WEB], "devid": 0, "tag": 5, "external_ids": ["map", [["a", "b=c,d"]]]}},
        {"op": "insert", "table": "Port", "row": {
            "vm": ["uuid", WEB], "devid": 1, "trunks": ["set", [1, 2, 3, 9]]}},
        {"op": "insert", "table": "VM", "row": {"uuid": ["uuid", WEB], "name": "~"}},
        {"op": "insert", "table": "VM", "row": {"uuid": ["uuid", SQL], "name": "a: b\u001b#"}})
    text = w.run("export").out
    assert "vlan: 5\n" in text and "vlan: trunk:1-3,9\n" in text, text
    assert w.run("apply", "--prune", "-", stdin=text).out == "nothing to change\n", text


def test_prune(w):
    w.run("apply", "-", stdin=POLICY)
    some = f"ports:\n- vm: {SQL}\n  devid: 3\n  state: down\n"
    assert w.run("diff", "-", stdin=some).out == ""
    assert w.run("diff", "--prune", "-", stdin=some, code=1).out == "- port web/0\n"
    w.run("apply", "--prune", "-", stdin=some)
    assert w.rows("Port", "devid") == [{"devid": 3}]
    assert len(w.rows("ACL", "name")) == 1
    done = w.run("apply", "--prune", "-", stdin="acls: []\nqos: []\ngroups: []\n")
    assert done.out.startswith("- group admins\n- acl web\n- qos gold\n"), done.out
    assert w.rows("Rule", "name") == []


def test_replace_rules(w):
    w.run("apply", "-", stdin=POLICY)
    text = POLICY.replace("name: ssh", "name: login").replace("to-vm-default: deny",
                                                              "to-vm-default: reject")
    done = w.run("apply", "-", stdin=text)
    assert done.out.splitlines()[:3] == [
        "~ acl web to-vm-default: deny -> reject", "- rule web/ssh",
        "+ rule web/login: direction=to-vm action=allow proto=tcp src-group=admins dst-port=22"
    ], done.out
    assert w.run("apply", "-", stdin=text).out == "nothing to change\n"


def test_errors_have_places(w):
    path = w.file("bad.yaml", f"ports:\n- vm: {WEB}\n  vlan: 5000\n  acl: nosuch\n- vm: nobody\n")
    done = w.run("apply", path, code=2)
    assert f"{path}:3:9: port {WEB}/0: vlan: \"5000\": 100, trunk" in done.err, done.err
    path = w.file("bad.yaml", f"ports:\n- vm: {WEB}\n  acl: nosuch\n")
    done = w.run("apply", path, code=2)
    assert f"{path}:3:8: port {WEB}/0: acl: \"nosuch\": no acl" in done.err, done.err
    path = w.file("bad.yaml", "ports:\n- vm: nobody\n")
    assert f"{path}:2:3: port nobody/0: vm: \"nobody\": no VM" in w.run("diff", path, code=2).err
    assert "this is not YAML" in w.run("apply", "-", stdin="ports: [", code=2).err
    w.run("apply", path + ".none", code=2)
    assert w.next_cfg() == 0


def test_one_transaction(w):
    """The server refuses one object: nothing of the file is there."""
    w.transact({"op": "insert", "table": "Switch", "row": {"name": "xenbr9"}})
    rows = [{"uuid": f"00000000-0000-4000-8000-{n:012d}", "name": f"vm{n}"} for n in range(50)]
    rows[49]["labels"] = {f"key{n}": "" for n in range(300)}    # the schema has at most 256
    done = w.run("apply", "-", stdin=json.dumps({"vms": rows}), code=1)
    assert "refused" in done.err and "VM" in done.err, done.err
    assert w.rows("VM", "name") == [] and w.next_cfg() == 0


def test_large(w):
    """5,000 ports in one file, one transaction, and back."""
    ports = [{"vm": f"00000000-0000-4000-8000-{n:012d}", "devid": n % 2, "vlan": str(n % 4000)}
             for n in range(5000)]
    text = json.dumps({"ports": ports})
    w.run("apply", "-", "--json", stdin=text)
    assert w.next_cfg() == 1
    assert w.run("diff", "--prune", "-", stdin=text).out == ""


def test_man_page(w):
    """The manual page's example is a policy, and each of its parts is stored."""
    with open(os.path.join(TOP, "build/man/vifctl-policy.5")) as f:
        text = f.read().split(".nf\n")[1].split(".fi\n")[0].replace("\\-", "-")
    w.run("apply", "-", stdin=text)
    assert w.run("diff", "--prune", "-", stdin=text).out == ""
    counts = [len(w.rows(table, "_uuid")) for table in
              ("Switch", "VM", "Group", "ACL", "Rule", "QoS", "Port")]
    assert counts == [1, 1, 1, 1, 3, 1, 2], counts


def test_example(w):
    """The example that the package brings: in force as it is, and nothing is left to change."""
    path = os.path.join(TOP, "docs", "examples", "policy.yaml")
    w.run("apply", path, "--no-wait")
    assert w.run("diff", path).out in ("", "nothing to change\n")
    exported = w.file("again.yaml", w.run("export").out)
    w.run("diff", exported)
