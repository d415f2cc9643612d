# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl mirror: what is written, what is refused and why, and what is shown without a daemon."""

from world import SQL, WEB

# (what is typed behind "mirror", exit status, a part of the answer)
REFUSED = (
    ("add m to=web", 2, "vms, netdevs or switches is needed"),
    ("add m vms=web", 2, "to, to-netdev, to-vlan or to-remote is needed"),
    ("add m vms=web to=sql to-vlan=9", 2, "to and to-vlan: a mirror has one output"),
    ("add m vms=web to=sql session=7", 2, "session needs to-remote"),
    ("add m vms=web to-vlan=9 snaplen=100", 2, "snaplen: not with to-vlan"),
    ("add m vms=web to-vlan=4095", 2, "to-vlan=4095: "),
    ("add m vms=wbe to-vlan=9", 3, "no VM of that name in the database or running here; near: web"),
    ("add m vms=web/65536 to-vlan=9", 2, "DEVID \"65536\""),
    ("add m vms=web to=sql filter=wbe", 3, "filter=wbe: there is no acl of that name; near: web"),
    ("add m vms=web to=sql snaplen=63", 2, "snaplen=63: "),
    ("add m vms=web to=sql direction=out", 2, "one of from, to or both is needed"),
    ("add m vms=web to=sql fliter=web", 2, "a mirror has no such field; near: filter"),
    ("set m vms=web", 3, "the database has no mirror \"m\""),
    ("show m", 3, "the database has no mirror \"m\""),
    ("lst", 2, "near: mirror list"),
)


def test_mirror(w):
    for vm, name in ((WEB, "web"), (SQL, "sql")):
        w.run("vm", "set", vm, f"name={name}")
    w.run("acl", "create", "web", "from-vm-default=allow")
    for words, code, answer in REFUSED:
        done = w.run("mirror", *words.split(), code=code)
        assert answer in done.err, (words, done.err)
    assert not w.rows("Mirror", "name")
    w.run("mirror", "add", "span", "vms=web,sql/1", "to=sql", "filter=web", "direction=from",
          "copies=5kpps", "dropped")
    row, = w.rows("Mirror", "vms", "output_vif", "direction", "copies", "dropped", "snaplen")
    assert row == {"vms": ["set", sorted([WEB, SQL + "/1"])], "output_vif": SQL + "/0", "copies": 5000,
                   "direction": "from", "dropped": True, "snaplen": ["set", []]}, row
    # An ACL that is a filter stays.
    assert "mirror span uses it" in w.run("acl", "delete", "web", code=1).err
    w.run("mirror", "set", "span", "vms-=sql/1", "filter=", "to=", "to-vlan=999")
    row, = w.rows("Mirror", "vms", "output_vif", "output_vlan", "filter")
    assert row == {"vms": WEB, "output_vif": ["set", []], "output_vlan": 999,
                   "filter": ["set", []]}, row
    # Nobody answers: what the database says is shown all the same.
    shown, = w.run("mirror", "show", "span", "--json").json()["mirrors"]
    assert shown["here"] is None and shown["to-vlan"] == "999" and shown["vms"] == [WEB], shown
    assert "vifswitchd does not know it" in w.run("mirror", "show", "span").out
    assert "to-vlan=999" in w.run("mirror", "list").out
    # As a file, and back.
    text = w.run("export", "mirrors").out
    w.run("mirror", "rename", "span", "other")
    w.run("mirror", "del", "other")
    assert not w.rows("Mirror", "name")
    w.run("apply", w.file("policy", text))
    assert w.run("export", "mirrors").out == text
    bad = text.replace("  to-vlan: 999\n", "")
    done = w.run("apply", w.file("bad", bad), code=2)
    assert "where the copies go is not said" in done.err, (done.err, bad)


def test_mirror_words(w):
    words = w.run("--complete", "mirror").out.split()
    assert {"add", "set", "del", "show", "list"} <= set(words), words
    keys = w.run("--complete", "mirror", "add", "m", "").out.split()
    assert "vms=" in keys and "to-remote=" in keys, keys
    assert w.run("--complete", "mirror", "add", "m", "direction=").out.split() == ["from", "to", "both"]
    for words in (("mirror", "add"), ("mirror", "set"), ("mirror",)):
        assert "mirror" in w.run("help", *words).out
