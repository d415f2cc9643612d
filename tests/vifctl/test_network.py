# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl network: what is written, what is refused and why, and what is shown without a daemon."""

# (what is typed behind "network", exit status, a part of the answer)
REFUSED = (
    ("add n vlan=100 key=5", 2, "switch is missing"),
    ("add n switch=xenbr0 key=5", 2, "vlan is missing"),
    ("add n switch=xenbr0 vlan=100", 2, "key is missing"),
    ("add n switch=xenbr0 vlan=0 key=5", 2, "vlan=0: "),
    ("add n switch=xenbr0 vlan=100 key=0", 2, "key=0: "),
    ("add n switch=xenbr0 vlan=100 key=16777216", 2, "must be 1 to 16777215"),
    ("add n switch=xenbr0 vlan=100 key=5 kind=stt", 2, "one of vxlan, geneve, gre or lisp is needed"),
    ("add n switch=xenbr0 vlan=100 key=5 map=10.0.0.0/8=192.0.2.1", 2, "map: with kind=lisp alone"),
    ("add n switch=xenbr0 vlan=100 key=5 kind=lisp remotes=192.0.2.1", 2, "not with remotes"),
    ("add n switch=xenbr0 vlan=100 key=5 kind=lisp hosts=none", 2, "not with remotes, hosts"),
    ("add n switch=xenbr0 vlan=100 key=5 kind=lisp encrypt=wireguard", 2, "or encrypt"),
    ("add n switch=xenbr0 vlan=100 key=5 kind=lisp map=10.0.0.1/8=192.0.2.1", 2, "map=10.0.0.1/8=192.0.2.1: "),
    ("add n switch=xenbr0 vlan=100 key=5 kind=lisp map=10.0.0.0/8=224.0.0.1", 2, "224.0.0.1 must be the address of one host"),
    ("add n switch=xenbr0 vlan=100 key=16777216 kind=lisp", 2, "must be 1 to 16777215"),
    ("add n switch=xenbr0 vlan=100 key=5 kind=gre udp-port=9", 2, "udp-port: not with kind gre"),
    ("add n switch=xenbr0 vlan=100 key=5 remotes=192.0.2.300", 2, "remotes=192.0.2.300: "),
    ("add n switch=xenbr0 vlan=100 key=5 vni=7", 2, "a network has no such field"),
    ("set n key=5", 3, "the database has no network \"n\""),
    ("show n", 3, "the database has no network \"n\""),
)


def test_network(w):
    for words, code, answer in REFUSED:
        done = w.run("network", *words.split(), code=code)
        assert answer in done.err, (words, done.err)
    assert not w.rows("Network", "name")
    w.run("network", "add", "blue", "switch=xenbr0", "vlan=100", "key=5100",
          "remotes=192.0.2.2,2001:db8::2")
    w.run("network", "add", "red", "switch=xenbr0", "vlan=200", "key=4294967295", "kind=gre",
          "hosts=none")
    w.run("network", "set", "blue", "remotes-=192.0.2.2", "kind=geneve", "udp-port=6082")
    row, = [r for r in w.rows("Network", "name", "key", "kind", "udp_port", "remotes")
            if r["name"] == "blue"]
    assert row == {"name": "blue", "key": 5100, "kind": "geneve", "udp_port": 6082,
                   "remotes": "2001:db8::2"}, row
    shown, = w.run("network", "show", "blue", "--json").json()["networks"]
    assert shown["here"] is None and shown["vlan"] == "100", shown
    assert "vifswitchd does not know it" in w.run("network", "show", "blue").out
    assert "key=4294967295" in w.run("network", "list").out
    text = w.run("export", "networks").out
    w.run("network", "add", "green", "switch=xenbr0", "vlan=300", "key=7", "kind=lisp",
          "map=10.2.0.0/16=192.0.2.2,2001:db8:2::/48=2001:db8::2")
    w.run("network", "set", "green", "map+=10.3.0.0/16=192.0.2.3")
    w.run("network", "set", "green", "map-=10.2.0.0/16")
    assert "map=10.3.0.0/16=192.0.2.3,2001:db8:2::/48=2001:db8::2" in w.run("network", "list").out
    text = w.run("export", "networks").out
    w.run("network", "del", "green")
    w.run("network", "del", "blue")
    w.run("network", "del", "red")
    assert not w.rows("Network", "name")
    w.run("apply", w.file("networks", text))
    assert w.run("export", "networks").out == text
