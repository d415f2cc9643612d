# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl with a real daemon, and with the kernel alone when the daemon is gone."""
import select
import signal
import threading
import time

import ctl
import documents
import wait
from dom0 import CONFIG, Dom0, uuid
from registry import check, same, test
from world import BROADCAST, frame, mac


def agree(kernel, daemon, what):
    """Both tell the same members, and the kernel alone the same of what it tells at all."""
    if isinstance(kernel, dict) and isinstance(daemon, dict):
        same(sorted(kernel), sorted(daemon), f"members of {what}")
        for name, value in kernel.items():
            agree(value, daemon[name], f"{name} of {what}")
    elif kernel is not None:
        same(kernel, daemon, f"{what} as the kernel tells it")


@test(limit=90)
def vifctl_names_ports():
    """a port by VM name, UUID, domid and netdev; daemon and kernel tell the same about it"""
    dom0 = Dom0()
    a = dom0.vif(1, access=100, name="web", rate="125000,50000")
    b = dom0.vif(2, bridge="xenbr0:100:200", name="db")
    for v in (a, b):
        dom0.plugged(v)
    a.send(frame(BROADCAST, mac(9)))
    for word in ("web", "web/0", uuid(1), uuid(1).upper() + "/0", "1", "domid:1", "vif1.0"):
        ports = ctl.document(dom0, "port", "show", word)["ports"]
        same([p["netdev"] for p in ports], ["vif1.0"], f"port show {word}")
    said = ctl.run(dom0, "port", "show", "wbe", status=(3,)).said
    check("near: web" in said, said)
    tree = ctl.run(dom0, "show").out
    for text in ("├─ web  domain 1\n", "vif1.0 (device 0)", "20 Mbit/s",
                 "tagged 100,200", "eth0"):
        check(text in tree, f"{text!r} is not in:\n{tree}")
    check(uuid(1) not in tree + ctl.run(dom0, "port", "show", "web").out, "UUIDs without -v")
    for words in (("show", "-v"), ("port", "show", "web", "--verbose")):
        check(uuid(1) in ctl.run(dom0, *words).out, f"no UUID with {words}")
    drops = ctl.document(dom0, "drops", "web")["drops"]
    same([(d["reason"], d["count"]) for d in drops], [("mac-guard", 1)], "drops")
    entries = ctl.document(dom0, "fdb", "list", "web")["entries"]
    same([e["mac"] for e in entries], [a.mac], "fdb list web")

    before, fdb = ctl.document(dom0, "show"), ctl.document(dom0, "fdb", "list")
    dom0.kill(signal.SIGKILL)
    after = ctl.document(dom0, "show")
    same((before.pop("source"), after.pop("source")), ("vifswitchd", "kernel"), "sources")
    by_name = {p["netdev"]: p for p in before.pop("ports")}
    for port in after.pop("ports"):
        told = by_name.pop(port["netdev"])
        for fact in ("mtu", "identity", "counters"):
            check(port[fact] or port["role"] in ("uplink", "local"), f"no {fact}: {port}")
        agree(port, told, port["netdev"])
    same(by_name, {}, "ports that the kernel does not tell")
    agree(after, before, "show")
    by_mac = {(e["mac"], e["netdev"]): e for e in fdb["entries"]}
    for entry in ctl.document(dom0, "fdb", "list")["entries"]:
        told = by_mac.pop((entry["mac"], entry["netdev"]))
        told["age_ms"] = entry["age_ms"]
        agree(entry, told, entry["mac"])
    same(by_mac, {}, "entries that the kernel does not tell")
    shown = ctl.run(dom0, "show")
    check("kernel view" in shown.said and uuid(1) in shown.out, str(shown))
    ctl.run(dom0, "port", "show", uuid(1) + "/0")
    ctl.run(dom0, "events", status=(5,))


@test(limit=240)
def vifctl_follows():
    """events until SIGINT, exit status 0; a reader that goes away ends it without a word"""
    dom0 = Dom0()
    a = dom0.vif(1, access=100, name="web")
    dom0.plugged(a)

    def happens():
        """An event, again and again: a follower tells of those after it has connected."""
        a.send(frame(BROADCAST, mac(9)))
    follower = ctl.start(dom0, "events", "--follow", "--format", "json")
    wait.until("the first event", 60,
               lambda: happens() or select.select([follower.stdout], [], [], 0.3)[0])
    b = dom0.vif(2, access=100, name="db")
    dom0.plugged(b)
    for _ in range(1000):
        event, = documents.read(["events"], follower.stdout.readline())
        if event["event"] == "plugged":
            break
    same((event["netdev"], event["vm"]["name"]), ("vif2.0", "db"), "the event")
    dom0.kill(signal.SIGKILL)
    dom0.start()
    wait.until("the follower to follow the next daemon", 60,
               lambda: happens() or select.select([follower.stdout], [], [], 0.3)[0])
    documents.read(["events"], follower.stdout.readline())
    follower.send_signal(signal.SIGINT)
    same(follower.wait(wait.limit(30)), 0, "exit status after SIGINT")
    check("waiting for it to come back" in follower.stderr.read(), "nothing of the daemon's death")
    reader = ctl.start(dom0, "events", "--follow")
    reader.stdout.close()
    wait.until("vifctl to end with its reader", 60, lambda: happens() or reader.poll() is not None,
               0.3)
    same(reader.stderr.read(), "", "its last words")


@test(limit=90)
def hotplug_survives_a_restart():
    """the daemon dies while vif-vifswitch waits for a netdev: the next one answers, connected"""
    dom0 = Dom0()
    vif = dom0.vif(1, access=100, netdev=False)
    answer = []
    helper = threading.Thread(target=lambda: answer.append(dom0.hotplug(vif)), daemon=True)
    helper.start()
    time.sleep(1)
    dom0.kill(signal.SIGKILL)
    time.sleep(0.5)
    dom0.start()
    time.sleep(0.5)
    check(not answer, f"it answered before the netdev was there: {answer}")
    vif.make_netdev()
    vif.key("state", 2)
    helper.join(30)
    same(answer, [(0, "")], "vif-vifswitch")
    same(dom0.xs.read(vif.path + "/hotplug-status"), "connected", "hotplug-status")
    same(dom0.hotplug(vif, "offline")[0], 0, "offline")


@test(limit=150)
def reload_on_trial():
    """--confirm: what was in force comes back by itself, also past a kill -9; confirmed it stays"""
    dom0 = Dom0()

    def write(uplink):
        with open(dom0.config, "w") as f:
            f.write(CONFIG if uplink else "switch xenbr0 {\n}\n")

    def uplinks(count):
        wait.until(f"{count} uplinks", 40, lambda: count == sum(
            p["role"] == "uplink" for p in dom0.ask("show")["ports"]))

    def again():
        dom0.kill(signal.SIGKILL)
        dom0.start()

    uplinks(1)
    write(False)
    text = ctl.run(dom0, "reload", "--confirm=3600").out
    check("vifctl reload confirm" in text, text)
    uplinks(0)
    said = ctl.run(dom0, "reload", "--confirm=60", status=(1,)).said
    check("waits to be confirmed" in said, said)
    again()
    same(ctl.document(dom0, "reload", "confirm")["waits"], False, "confirmed")
    again()
    uplinks(0)
    said = ctl.run(dom0, "reload", "confirm", status=(1,)).said
    check("no configuration file waits" in said, said)
    # Nobody confirms, and the service dies in between.
    write(True)
    same(ctl.document(dom0, "reload", "--confirm=5")["waits"], True, "a trial")
    again()
    wait.until("the deadline", 40, lambda: "nobody confirmed" in dom0.log(9000))
    uplinks(0)
    again()
    check("was not confirmed" in dom0.log(9000), "the file that nobody confirmed is told at the next start")
    uplinks(0)
    same(ctl.document(dom0, "reload")["waits"], False, "reload")
    uplinks(1)
    with open(dom0.config, "w") as f:
        f.write("switch {\n")
    said = ctl.run(dom0, "reload", "--confirm=60", status=(1, 2)).said
    check("vifswitch.conf:" in said, said)
    uplinks(1)
