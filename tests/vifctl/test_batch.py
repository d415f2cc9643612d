# SPDX-License-Identifier: GPL-2.0-or-later
"""batch: several commands, one transaction."""

from world import WEB

LINES = f"""# a web server
acl create web from-vm-default=allow
vifctl acl rule add web http direction=to-vm action=allow proto=tcp dst-port=80

group create 'admins' addresses=10.0.0.0/8
acl rule add web ssh before=http direction=to-vm action=allow proto=tcp src-group=admins dst-port=22
vm set {WEB} name="web"
port set web acl=web vlan=100     # by the name of the line above
qos create gold --may-exist
"""


def test_all_at_once(w):
    """Lines build on each other, one number of configuration, one report."""
    before = w.next_cfg() or 0
    done = w.run("batch", w.file("lines", LINES))
    for part in ("+ acl web", "+ group admins", "vlan=100", "saved; in force when the VM starts"):
        assert part in done.out, (part, done.out)
    assert w.next_cfg() == before + 1, (before, w.next_cfg())
    shown = w.run("acl", "show", "web", "--json").json()["acls"][0]
    assert [rule["name"] for rule in shown["rules"]] == ["ssh", "http"], shown
    assert shown["rules"][0]["src-group"] == ["admins"], shown
    assert w.rows("Port", "tag") == [{"tag": 100}]
    # The same again fails in its first line; the other way round in one go.
    again = w.run("batch", w.file("lines", LINES), code=1)
    assert "lines:2: nothing was changed" in again.err, again.err
    undo = "port clear web\nacl delete web\ngroup delete admins\nqos delete gold\nvm del web\n"
    w.run("batch", "-", stdin=undo)
    assert [w.rows(t, "_uuid") for t in ("ACL", "Rule", "Group", "QoS", "Port", "VM")] == [[]] * 6
    assert w.run("batch", "-", stdin="# nothing\n\n").out == "nothing to change\n"


def test_rename_and_more(w):
    """What is renamed is the same object still; what came and went leaves nothing."""
    w.run("acl", "create", "old")
    row = w.rows("ACL", "_uuid")
    w.run("batch", "-", stdin="acl rename old new\nacl rule add new r direction=to-vm action=allow\n"
          "acl create passing\nacl delete passing\n")
    assert w.rows("ACL", "_uuid") == row and w.rows("ACL", "name") == [{"name": "new"}]
    assert w.rows("Rule", "name") == [{"name": "r"}]


def test_none_at_all(w):
    """One line that is wrong, and nothing is changed; the line is named."""
    for line, code, said in (
            ("acl rule add nosuch r direction=to-vm action=allow", 3, 'the database has no acl "nosuch"'),
            ("port set web vlan=9999", 2, "vlan=9999"),
            ("show", 2, '"vifctl show" is not for a batch'), ("db set Global . labels:a=b", 2, "is not for a batch"),
            ("apply x.yaml", 2, "is not for a batch"), ("batch x", 2, "is not for a batch"),
            ("acl create b --no-wait", 2, "--no-wait is for the batch"), ("acl create 'b", 2, "a quote is open"),
            ("acl creat b", 2, 'unknown command "acl creat"')):
        done = w.run("batch", "-", stdin=f"acl create a\nvm set {WEB} name=web\n{line}\nacl create c\n", code=code)
        assert said in done.err, (line, done.err)
        assert "standard input:3: nothing was changed" in done.err, (line, done.err)
        assert w.rows("ACL", "name") == [], line
    done = w.run("batch", "-", "--dry-run", stdin="acl create a\n")
    assert done.out == "+ acl a\n" and w.rows("ACL", "name") == [], done.out


def test_several(w):
    """-- between changes makes them one transaction; everywhere else it ends the options."""
    before = w.next_cfg() or 0
    done = w.run("vm", "set", WEB, "name=web", "--no-wait", "--", "port", "set", "web", "vlan=5", "acl=x",
                 "--", "acl", "create", "y", code=3)
    assert 'acl=x: there is no acl of that name' in done.err, done.err
    assert "command 2 of 3: nothing was changed" in done.err and not w.rows("VM", "_uuid"), done.err
    done = w.run("vm", "set", WEB, "name=web", "--no-wait", "--", "acl", "create", "x", "--",
                 "acl", "rule", "add", "x", "r", "direction=to-vm", "action=allow", "--",
                 "port", "set", "web", "vlan=5", "acl=x")
    assert "+ acl x" in done.out and "vlan=5 acl=x" in done.out, done.out
    assert w.next_cfg() == before + 1
    # Each command has its own --may-exist, and the first the options for all.
    done = w.run("acl", "create", "x", "--may-exist", "--dry-run", "--json", "--", "--may-exist", "acl", "create", "x", "--",
                 "acl", "delete", "--if-exists", "z", "--", "acl", "create", "z")
    assert done.json()["dry_run"], done.out
    for words, said in ((("acl", "create", "a", "--", "acl", "create", "b", "--no-wait"), "goes with the first"),
                        (("acl", "create", "a", "--", "acl", "create", "b", "--format=json"), "--json is for the batch"),
                        (("acl", "create", "a", "--prune", "--", "acl", "create", "b"), "--prune does not go with"),
                        (("acl", "create", "a", "--", "acl", "create", "x"), "command 2 of 2")):
        done = w.run(*words, code=None)
        assert done.code and said in done.err, (words, done.err)
    assert w.rows("ACL", "name") == [{"name": "x"}]
    # The end of options, as before: no whole change before it, or none begins behind it.
    w.run("acl", "create", "--", "acl", "--no-wait", code=2)
    w.run("acl", "create", "--no-wait", "--", "acl")
    w.run("acl", "rename", "acl", "--no-wait", "--", "-odd")
    w.run("port", "set", "web", "--no-wait", "--", "vlan=6")
    assert w.rows("Port", "tag") == [{"tag": 6}]
    w.run("acl", "delete", "--no-wait", "--", "-odd", "--", code=2)
    w.run("acl", "delete", "--no-wait", "--", "-odd")
