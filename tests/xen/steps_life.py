# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: what happens to a VM beside migration: more VIFs with several queues, a pause, another
name, a save; and a XenStore daemon that dies (make check-xen-life)."""
import re

import packet
import wait
from steps_policy import check_lossless, check_reach, kill, vifctl
from steps_service import SERVICE, main_pid
from steps_traffic import BROADCAST
from world import STABLE, Failure, check, essence, step

QUEUES, FLOWS, ROUNDS = 2, 8, 5
# Of one VM: device number, MAC, VLAN, who hears it.
VIFS = ((1, "00:16:3e:00:00:61", 100, "one"), (2, "00:16:3e:00:00:62", 200, "three"))


def flows(mac):
    """Datagrams to everybody, each of another flow: the VM's queues share them."""
    return [packet.frame(BROADCAST, mac, (), packet.IP4,
                         packet.udp("10.0.9.1", "10.0.9.255", 7000 + n, 7000)).hex()
            for n in range(FLOWS)]


def queues_used(host, netdev):
    """How many queues of a VIF have had a request of the VM."""
    text = host.run("cat /proc/interrupts", 20).out
    rows = re.findall(rf"^ *\d+: +(\d+) .* {re.escape(netdev)}-q\d+-(?:guest-)?tx$", text, re.M)
    check(len(rows) == QUEUES, f"{netdev} has {len(rows)} interrupts of queues: "
          + "; ".join(line for line in text.splitlines() if netdev in line))
    return sum(int(count) > 0 for count in rows)


def attach(w, devid, mac, vlan):
    w.b.run(f"xl network-attach two mac={mac} bridge=xenbr0.{vlan}", 60)
    w.two.sh(f"ip link set eth{devid} up")
    return w.wait_port("two", devid, w.b, ("active",), 60)


def check_vif(w, devid, mac, vlan):
    """Frames of all queues pass in its VLAN, those of the other VIF's MAC from none."""
    port = w.port("two", devid)
    check(port["vlan"]["pvid"] == vlan and port["mac"] == [mac], f"two/{devid} is {port}")
    own = flows(mac)
    stolen = flows(next(m for d, m, _, _ in VIFS if d != devid))
    before = port["counters"]
    for frames in (own, stolen):
        sent = w.two.ask("raw", f"eth{devid}", ROUNDS, 20, *frames)
        check((sent["sent"], sent["refused"]) == (ROUNDS * FLOWS, 0), f"two could not send: {sent}")

    def risen():
        now = w.port("two", devid)["counters"]
        return (now["from_vm"]["packets"] - before["from_vm"]["packets"],
                now["drops"].get("mac-guard", 0) - before["drops"].get("mac-guard", 0))

    wait.until(f"a verdict on all that two/{devid} sent", 60,
               lambda: risen()[0] >= ROUNDS * FLOWS and risen()[1] >= ROUNDS * FLOWS, 0.3)
    check(risen()[1] == ROUNDS * FLOWS, f"{risen()[1]} frames of a foreign MAC dropped")
    used = queues_used(w.b, port["netdev"])
    check(used == QUEUES, f"only {used} of {QUEUES} queues of {port['netdev']} were used")


@step("queues", "two VIFs of one VM with two queues each: every queue obeys its own VIF's policy")
def queues(w):
    w.b.run(f"echo {QUEUES} >/sys/module/xen_netback/parameters/max_queues")
    w.two.sh(f"echo {QUEUES} >/sys/module/xen_netfront/parameters/max_queues")
    mark = w.wire.mark()
    sniffs = {n: w.guests[n].start("sniff", "eth0", 600) for n in ("one", "three")}
    for devid, mac, vlan, _ in VIFS:
        attach(w, devid, mac, vlan)
    for devid, mac, vlan, _ in VIFS:
        check_vif(w, devid, mac, vlan)
    fence = w.two.ask("reach", 6, 400, "10.0.0.1")
    check(fence["10.0.0.1"], "two does not reach one")
    rows = {name: sniff.stop()["rows"] for name, sniff in sniffs.items()}
    for _, mac, vlan, hears in VIFS:
        heard = {n: sum(r[3] for r in rows[n] if r[0] == mac and r[2] == packet.IP4) for n in rows}
        check(heard[hears] and not sum(heard.values()) - heard[hears],
              f"of {mac} in VLAN {vlan} was heard {heard}")
    bad = w.wire.outside({**w.policy, **{mac: {vlan} for _, mac, vlan, _ in VIFS}}, mark)
    check(not bad, f"outside policy on the wire: {bad[:3]}")
    for devid, _, _, _ in VIFS:
        w.b.run(f"xl network-detach two {devid}", 60)
    wait.until("the ports to go", 30, lambda: set(w.ports(w.b, "two")) == {0}, 0.3)
    return f"{ROUNDS * FLOWS} frames of {FLOWS} flows of each VIF passed over {QUEUES} queues," \
        f" as many with the other's MAC were dropped"


@step("pause", "xl pause: the port stays, also over a kill -9 of the service; xl unpause: it goes on")
def pause(w):
    before, since = essence(w.show(w.a)), w.from_vm("trunk")["packets"]
    ping = w.trunk.start("ping", "10.0.0.2", 0, 10, 5000)
    w.a.run("xl pause one", 30)
    try:
        kill(w.a, SERVICE, main_pid(w.a))
        w.a.run("until vifctl show >/dev/null 2>&1; do sleep 0.1; done", 120)
        w.wait_packets("trunk", 310, since)
        got = w.two.ask("reach", 2, 400, "10.0.0.1")
        check(not got["10.0.0.1"], "a VM that is paused answers")
        paused = essence(w.show(w.a))
        changed = {k for k in before if before[k] != paused.get(k)}
        check(not changed, f"ports changed over the pause: {sorted(changed)}")
    finally:
        w.a.run("xl unpause one", 30)
    check_reach(w, "one", ["10.0.0.2"], ["10.0.0.3"])
    count = check_lossless(ping, 300, "trunk")
    check(essence(w.show(w.a)) == before, "ports changed over the unpause")
    return f"{count} packets of another VM, 0 lost; one goes on with its port"


@step("rename", "xl rename of a running VM: its port shows the new name and keeps its policy")
def rename(w):
    before = w.port("one")

    def renamed(name):
        return wait.until(f"a port of {name}", 30, lambda: w.ports(w.a, name).get(0), 0.3)

    vifctl(w.a, "port set one vlan=200")
    w.a.run("xl rename one uno", 30)
    try:
        port = renamed("uno")
        check(not w.ports(w.a, "one"), "there is still a port of one")
        check((port["ifindex"], port["vm"]["uuid"]) == (before["ifindex"], before["vm"]["uuid"]),
              f"the port was {before}, is {port}")
        check(port["vlan"]["pvid"] == 200, f"the policy of the old name is gone: {port['vlan']}")
        kill(w.a, SERVICE, main_pid(w.a))
        w.a.run("until vifctl show >/dev/null 2>&1; do sleep 0.1; done", 120)
        check(renamed("uno")["vlan"]["pvid"] == 200, "policy or name is gone with the service")
        vifctl(w.a, "port clear uno vlan")
        check_reach(w, "one", ["10.0.0.2"], ["10.0.0.3"])
    finally:
        w.a.run("xl rename uno one", 30)
    after = renamed("one")
    changed = {k: (before[k], after[k]) for k in STABLE if before[k] != after[k]}
    check(not changed, f"not as before: {changed}")
    return "one was uno for a while: same port, same policy, also after a kill -9"


def save_and_restore(w, name):
    """(seconds of save, of restore); the guest afterwards has another domain number."""
    guest, file = w.guests[name], f"/var/tmp/{name}.save"
    old, host = guest.domid, guest.host
    saved = host.run(f"xl save {name} {file}", 300)
    check(host.run(f"xl domid {name}", 20, check=False).rc != 0, f"{name} is still there")
    check(not w.ports(host, name), f"{name} is saved and has a port")
    restored = host.run(f"xl restore {file}", 300)
    host.run(f"rm {file}")
    guest.follow(host)
    if guest.domid == old:
        raise Failure(f"{name} has the number {old} as before")
    return saved.seconds, restored.seconds


@step("save", "xl save and restore under TCP: no port meanwhile, then the same policy at once")
def save(w):
    host = w.mover.host
    vifctl(host, "port set mover vlan=native-untagged:100+300")
    before, mark = w.port("mover"), w.wire.mark()
    sink = w.two.start("sink", 5004, 3600)
    stream = w.mover.start("send", "10.0.0.2", 5004, 3600, 50000)
    w.wait_packets("mover", 20)
    took = save_and_restore(w, "mover")
    after = w.wait_port("mover", 0, host, ("active",), 60)
    w.wait_packets("mover", 50)
    sent, got = stream.stop(60), sink.result(60)
    check(not sent["broken"] and not got["bad"] and got["closed"] and got["bytes"] == sent["bytes"],
          f"the TCP stream did not survive: sent {sent}, received {got}")
    for key in ("identity", "vlan", "mac", "guard", "acl", "rate_from_vm", "switch"):
        check(after[key] == before[key], f"{key} was {before[key]}, is {after[key]}")
    vifctl(host, "port clear mover vlan")
    check_reach(w, "mover", ["10.0.0.2"], ["10.0.0.3"])
    w.check_wire(mark)
    return f"saved in {took[0]:.0f} s, restored in {took[1]:.0f} s; TCP of {got['bytes']} octets" \
        " intact"


@step("store", "kill -9 of the XenStore daemon: ports and traffic stay, and so they do when it is back")
def store(w):
    """Nothing of the toolstack works afterwards on xen-b: run last."""
    before = essence(w.show(w.b))
    ping = w.two.start("ping", "10.0.0.4", 0, 10, 20000)
    w.wait_packets("two", 50)
    pid = int(w.b.run("pidof oxenstored xenstored").out.split()[0])
    command = w.b.run(f"tr '\\0' ' ' </proc/{pid}/cmdline").out.strip()
    w.b.run(f"kill -9 {pid}")
    wait.until("the service to notice", 60, lambda: not w.show(w.b)["xenstore"], 0.3)
    w.wait_packets("two", 300)
    check(essence(w.show(w.b)) == before, "ports changed with the XenStore daemon gone")
    w.b.run(command, 30)
    wait.until("the service to be connected again", 60, lambda: w.show(w.b)["xenstore"], 0.3)
    w.wait_packets("two", 300)
    after = essence(w.show(w.b))
    changed = {k: after.get(k) for k in before if before[k] != after.get(k)}
    count = check_lossless(ping, 600, "two")
    check(not changed, f"ports changed with an empty XenStore: {changed}")
    return f"{count} packets, 0 lost; {len(after)} ports as before ({command})"
