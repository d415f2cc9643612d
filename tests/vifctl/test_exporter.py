# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl exporter: what is written, what is refused and why, and what is shown without a daemon."""

from world import WEB

# (what is typed behind "exporter", exit status, a part of the answer)
REFUSED = (
    ("add e to=192.0.2.9", 2, "format is missing"),
    ("add e format=sflow", 2, "to is missing"),
    ("add e format=netflow to=192.0.2.9", 2, "one of sflow, netflow5, netflow9 or ipfix is needed"),
    ("add e format=ipfix to=collector", 2, "to=collector: an IP address is needed"),
    ("add e format=ipfix to=192.0.2.9:65536", 2, "an IP address is needed"),
    ("add e format=ipfix to=[192.0.2.9]:1", 2, "an IP address is needed"),
    ("add e format=ipfix to=192.0.2.9 header=128", 2, "header: only with format sflow"),
    ("add e format=sflow to=192.0.2.9 active-timeout=60s", 2,
     "active-timeout: only with format netflow5, netflow9 or ipfix"),
    ("add e format=netflow9 to=192.0.2.9 point=7", 2, "point: only with format ipfix"),
    ("add e format=netflow9 to=192.0.2.9 transport=tcp", 2, "transport=tcp: only with format ipfix"),
    ("add e format=netflow5 to=192.0.2.9 sampling=16384", 2,
     "sampling=16384: netflow5 has room for 16383 at most"),
    ("add e format=netflow5 to=192.0.2.9 domain=256", 2, "netflow5 has room for 255 at most"),
    ("add e format=sflow to=192.0.2.9 header=63", 2, "header=63: "),
    ("add e format=sflow to=192.0.2.9 sampling=0", 2, "sampling=0: "),
    ("add e format=sflow to=" + ",".join(f"192.0.2.{n}" for n in range(9)), 2, "9 are too many; 8"),
    ("add e format=sflow to=192.0.2.9 vms=wbe", 3, "no VM of that name in the database or running here"),
    ("set e domain=1", 3, "the database has no exporter \"e\""),
    ("show e", 3, "the database has no exporter \"e\""),
    ("lst", 2, "near: exporter list"),
)


def test_exporter(w):
    w.run("vm", "set", WEB, "name=web", "labels=env=prod")
    for words, code, answer in REFUSED:
        done = w.run("exporter", *words.split(), code=code)
        assert answer in done.err, (words, done.err)
    assert not w.rows("Exporter", "name")
    w.run("exporter", "add", "flows", "format=ipfix", "to=192.0.2.9,[2001:DB8::9]:9995",
          "transport=tcp", "vms=web/1", "labels=env=prod", "domain=7", "point=9", "idle-timeout=10s")
    row, = w.rows("Exporter", "format", "collectors", "vms", "labels", "transport", "domain",
                  "idle_timeout_s", "sampling")
    assert row == {"format": "ipfix", "collectors": ["set", ["192.0.2.9", "[2001:db8::9]:9995"]],
                   "vms": WEB + "/1", "labels": ["map", [["env", "prod"]]], "transport": "tcp",
                   "domain": 7, "idle_timeout_s": 10, "sampling": ["set", []]}, row
    # What only IPFIX has is in the way of another format.
    assert "point: only with format ipfix" in w.run(
        "exporter", "set", "flows", "format=netflow9", "transport=", code=2).err
    w.run("exporter", "set", "flows", "format=netflow9", "transport=", "point=", "to+=127.0.0.1:2055")
    row, = w.rows("Exporter", "format", "collectors")
    assert row == {"format": "netflow9", "collectors": ["set", [
        "127.0.0.1:2055", "192.0.2.9", "[2001:db8::9]:9995"]]}, row
    shown, = w.run("exporter", "show", "flows", "--json").json()["exporters"]
    assert shown["name"] == "flows" and shown["format"] == "netflow9", shown
    text = w.run("export", "exporters").out
    w.run("exporter", "rename", "flows", "other")
    w.run("exporter", "del", "other")
    assert not w.rows("Exporter", "name")
    w.run("apply", w.file("policy", text))
    assert w.run("export", "exporters").out == text
