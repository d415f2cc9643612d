# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: VIFs come and go, hostile and impossible configurations, reboot."""
import re
import time

import guest as guests
import packet
import wait
from steps_policy import apply, hits, policy_of_its_own, uuid
from steps_service import SERVICE, WATCH, error_delay, main_pid
from steps_traffic import BROADCAST, PROBE, frame
from world import check, step

LIMIT_RSS_KB = 512
LIMIT_SLAB_KB = 3072
ROUNDS = 40


def memory(host):
    """(resident memory of the service, unreclaimable slab) in KB, once things are quiet."""
    pid = main_pid(host)
    host.run("sleep 1; sync; echo 3 > /proc/sys/vm/drop_caches; sleep 1")
    text = host.run(f"grep VmRSS /proc/{pid}/status; grep SUnreclaim /proc/meminfo").out
    return [int(n) for n in re.findall(r"(\d+) kB", text)]


def check_leak(before, after, what):
    rss, slab = after[0] - before[0], after[1] - before[1]
    check(rss <= LIMIT_RSS_KB, f"the service grew by {rss} KB over {what}")
    check(slab <= LIMIT_SLAB_KB, f"kernel slab grew by {slab} KB over {what}")
    return f"service {rss:+d} KB, slab {slab:+d} KB"


ATTACH = """set -e
for i in $(seq {count}); do
	xl network-attach one mac=00:16:3e:00:00:1{digit},bridge=xenbr0.200
	vifctl show --format json | grep -o '"netdev": *"vif{domid}.1"' >/dev/null || echo missing $i
	xl network-detach one 1
done
sleep 1
ip -o link show | grep -c 'vif{domid}.1[:@]' || true"""


@step("attach", "xl network-attach and network-detach, 20 times")
def attach(w):
    def rounds(count):
        return w.a.run(ATTACH.format(count=count, digit=1, domid=w.one.domid), 30 + 25 * count)

    rounds(2)
    before = memory(w.a)
    done = rounds(20)
    check("missing" not in done.out, f"attached but no port: {done.out}")
    check(done.out.strip() == "0", f"a netdev stayed behind: {done.out}")
    grown = check_leak(before, memory(w.a), "20 attaches and detaches")
    check(1 not in w.ports(w.a, "one"), "the detached VIF still has a port")
    return f"{done.seconds / 20:.1f} s a pair; {grown}"


FLOOD = "> /flood; while [ -e /flood ]; do ip link set eth0 up 2>/dev/null; {frames} done"


@step("hostile", "a guest rewrites its own frontend keys in a loop")
def hostile(w):
    port = w.port("one")
    own, index = w.mac("one"), port["ifindex"]
    before = memory(w.a)
    mark = w.wire.mark()
    bad = [frame(BROADCAST, "00:16:3e:66:66:66", "88b5"), frame(BROADCAST, own, "810000c888b5")]
    fair = frame(BROADCAST, own, "88b5")
    listeners = [w.guests[n].start("sniff", "eth0", 200) for n in ("two", "three")]
    send = f"/guestd raw eth0 5 5 {' '.join(bad)} {fair} >/dev/null 2>&1;"
    sent = port["counters"]["from_vm"]["packets"]
    flood = w.one.start("sh", FLOOD.format(frames=send))
    wait.until("the guest's frames to arrive at its port", 30,
               lambda: w.port("one")["counters"]["from_vm"]["packets"] >= sent + 5, 0.3)
    loop = w.one.ask("xsloop", ROUNDS, 150, timeout=180)
    w.one.sh("rm /flood")
    flood.result(60)
    time.sleep(2)
    rows = [listener.stop()["rows"] for listener in listeners]
    w.check_wire(mark)
    leaked = [row for row in rows[0] + rows[1] if row[0] == "00:16:3e:66:66:66"]
    check(not leaked, f"guests on the other host received {leaked}")
    probes = [row for row in rows[1] if row[2] == PROBE]
    check(not probes, f"the guest in VLAN 200 received {probes}")
    check(loop["done"] == ROUNDS, f"the guest's loop stopped early: {loop}")
    good = sum(row[3] for row in rows[0] if row[2] == PROBE)
    check(good, "no frame of the guest arrived meanwhile: proves nothing")
    # netback leaves the netdev away until somebody writes below the backend again.
    now = w.wait_port("one", 0, w.a, ("plugged", "active", "waiting"), 60)["ifindex"]
    check(now != index, "netback did not take the netdev away: proves nothing")
    grown = check_leak(before, memory(w.a), f"{ROUNDS} rounds of deleted keys")
    w.a.run(f"systemctl is-active {SERVICE}")
    return f"{ROUNDS} rounds, ifindex {index} -> {now}, {good} frames in policy and none" \
        f" outside; {grown}"


HELD_PORT = 7008
HELD = """acls:
- name: held
  from-vm-default: allow
  rules:
  - {{name: two-udp, direction: to-vm, action: allow, proto: udp, src: 10.0.0.2, dst-port: 7008}}
  - {{name: two-tcp, direction: to-vm, action: allow, proto: tcp, src: 10.0.0.2, dst-port: 7008}}
  - {{name: not-trunk, direction: to-vm, action: deny, src: 10.0.0.4}}
ports:
- {{vm: {one}, acl: held}}
- {{vm: {mover}, acl: held}}
"""


class Held:
    """An ACL of one: two may begin, trunk may not, one may begin with both. mover shares it, so
    that its hits go on while one is away. Datagrams of two and of trunk keep coming, as raw
    frames, so that they need nobody's answer."""

    def __init__(self, w):
        self.w = w
        apply(w, "held", HELD.format(one=uuid(w, "one"), mover=uuid(w, "mover")))
        self.streams = [self.stream("two", "10.0.0.2", ()), self.stream("trunk", "10.0.0.4", (100,))]
        wait.until("rules of both to have decided", 20, lambda: all(self.both()), 0.3)
        self.before = self.both()

    def stream(self, name, address, tags):
        data = packet.frame(self.w.mac("one"), self.w.mac(name), tags, packet.IP4,
                            packet.udp(address, "10.0.0.1", 5, HELD_PORT))
        return self.w.guests[name].start("raw", "eth0", 1000000, 40, data.hex())

    def both(self):
        now = hits(self.w, "held")
        return now["two-udp"], now["not-trunk"]

    def booted(self):
        """one runs again and its interface is down still: listen from the first packet on."""
        self.sniff, self.at_boot = self.w.one.start("sniff", "eth0", 600), self.both()

    def check(self):
        w = self.w
        wait.until("rules of both to have decided again", 60,
                   lambda: all(now > was for now, was in zip(self.both(), self.at_boot)), 0.3)
        w.two.ask("reach", 6, 400, "10.0.0.1")     # behind them, on the same way
        sent = [stream.stop()["sent"] for stream in self.streams]
        rows = self.sniff.stop()["rows"]
        heard = {n: sum(r[3] for r in rows if r[0] == w.mac(n) and r[2] == packet.IP4)
                 for n in ("two", "trunk")}
        denied = w.drops("one").get("to-acl", 0)
        risen = [now - was for now, was in zip(self.both(), self.before)]
        text = f"of {sent} sent {heard} arrived since the boot, {denied} were denied; hits +{risen}"
        check(heard["two"] and not heard["trunk"] and denied, text)
        check(risen[0] >= heard["two"] and risen[1] >= denied, text)
        servers = {n: w.guests[n].serve(HELD_PORT) for n in ("one", "trunk")}
        for source, address, rounds, fine in (("two", 1, 5, True), ("one", 4, 5, True),
                                              ("trunk", 1, 1, False)):
            got = w.guests[source].ask("talk", f"10.0.0.{address}", HELD_PORT, rounds, 0,
                                       10000 if fine else 1000, timeout=90)
            answered = [got[kind] for kind in ("udp", "udp_new", "tcp_new")]
            check(answered == [rounds if fine else 0] * 3, f"{source} with 10.0.0.{address}: {got}")
        served = [servers[n].stop() for n in ("one", "trunk")]
        check(served == [{"datagrams": 10, "connections": 5}] * 2, f"one and trunk served {served}")
        check(w.drops("one").get("to-acl", 0) > denied, "the last attempts were not counted")
        return text


def reboot_one(w):
    """Until it is up again, with its interface down."""
    old = w.one.domid
    w.a.run("xl reboot one", 30)

    def rebooted():
        done = w.a.run("xl domid one", 20, check=False)
        return done.rc == 0 and int(done.out) != old

    wait.until("one to have a new domid", 90, rebooted, 0.5)
    w.one.lines.clear()
    wait.until("one's console", 60, lambda: w.a.run(
        "xenstore-read /local/domain/$(xl domid one)/console/tty", 20, check=False).rc == 0, 0.5)
    w.one.attach()
    w.one.wait_ready()


@step("reboot", "xl reboot: a new domid, the same policy, a stateful ACL from the first packet on")
def reboot(w):
    with policy_of_its_own(w):
        held = Held(w)
        before = w.port("one")
        old = w.one.domid
        reboot_one(w)
        held.booted()
        w.set_up(w.one)
        port = w.port("one")
        for key in ("identity", "vlan", "mac", "guard", "acl", "rate_from_vm", "switch"):
            check(port[key] == before[key], f"{key} was {before[key]}, is {port[key]}")
        check(port["vm"]["domid"] == w.one.domid != old, f"domid {old} -> {port['vm']['domid']}")
        text = held.check()
        got = w.one.ask("reach", 5, 400, "10.0.0.2", "10.0.0.3")
        check(got["10.0.0.2"] and not got["10.0.0.3"], f"reaches {got}, not only 10.0.0.2")
    return f"domid {old} -> {w.one.domid}, identity {port['identity']}; {text}"


# name, vifs, words that the message must hold
IMPOSSIBLE = (
    ("vlan5000", ["mac=00:16:3e:00:00:21,bridge=xenbr0.5000"], ("bridge", "5000", "4094")),
    ("nosuch", ["mac=00:16:3e:00:00:22,bridge=nosuch"], ("bridge", "nosuch", "xenbr0")),
    ("twins", ["mac=00:16:3e:00:00:23,bridge=xenbr0.100"] * 2, ("mac", "00:16:3e:00:00:23")),
    ("slow", ["mac=00:16:3e:00:00:24,bridge=xenbr0.100,rate=1b/s"], ("rate",)),
)


def try_impossible(w, name, vifs, words):
    journal = f"journalctl -b -o cat -u {SERVICE}"
    w.b.spawn("watch", WATCH)
    guest = guests.Guest(w.b, name, vifs)
    done = guest.try_create(120)
    _, log = w.b.collect("watch", 15)
    check(done.rc != 0, f"xl create {name} ({vifs[-1]}) succeeded")
    domid = re.search(r"/vif/(\d+)/0/state", log)
    check(domid, f"{name}: xl create failed before the hotplug step: {done.err[-500:]}")
    delay, error = error_delay(log, domid.group(1), len(vifs) - 1)
    if error is None and len(vifs) > 1:
        delay, error = error_delay(log, domid.group(1), 0)
    check(error, f"{name}: no hotplug-error in XenStore; xl said {done.err[-500:]}")
    for place, text in (("hotplug-error", error), ("xl's output", done.err),
                        ("the journal", w.b.run(journal + " | tail -40", 30).out)):
        for word in (name, *words):
            check(word in text, f"{name}: \"{word}\" is not in {place}: {text[-400:]}")
    gone = w.b.run(f"xl domid {name}", 20, check=False)
    check(gone.rc != 0, f"{name} still exists")
    return delay, error


@step("refuse", "impossible configurations fail at once, with a message that says all")
def refuse(w):
    delays = [try_impossible(w, *row)[0] for row in IMPOSSIBLE]
    return f"{len(delays)} refused {min(delays):.0f} to {max(delays):.0f} ms after state 2"
