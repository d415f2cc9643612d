# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: policy from the database, by VM identity. Each host has a database of
its own; what must hold on both is written to both."""
import contextlib
import re
import time

import wait
from steps_service import main_pid
from steps_traffic import BROADCAST, frame
from world import check, document, essence, step

DATABASE = "vifdbd"
LOAD = "while :; do vifctl db set Global . labels:load=$RANDOM >/dev/null 2>&1; sleep 0.3; done"


def vifctl(host, *words, timeout=60):
    return host.run("vifctl " + " ".join(words), timeout).out


def uuid(w, name):
    return w.port(name)["vm"]["uuid"]


NOTHING = "qos: []\nacls: []\nports: []\n"


def apply(w, name, text, *words):
    """A file of policy into xen-a's database."""
    w.a.put(f"/run/{name}.yaml", text)
    vifctl(w.a, f"apply /run/{name}.yaml", *words)


@contextlib.contextmanager
def policy_of_its_own(w):
    """Afterwards no port of xen-a has policy, and no guest goes on with what it was asked."""
    try:
        yield
    finally:
        for guest in w.guests.values():
            guest.stop_all()
        apply(w, "nothing", NOTHING, "--prune")


def hits(w, acl):
    """How often each rule of an ACL decided on xen-a."""
    shown = document(w.a, f"acl show {acl} --hits")
    return {rule["name"]: rule["hits"] for rule in shown["acls"][0]["rules"]}


def check_reach(w, name, reached, not_reached):
    got = w.guests[name].ask("reach", 6, 400, *reached, *not_reached)
    wrong = [a for a in reached if not got[a]] + [a for a in not_reached if got[a]]
    check(not wrong, f"{name} reaches {got}; it should reach {reached} and not {not_reached}")


def check_lossless(ping, least, whose):
    got = ping.stop(30)
    check(got["sent"] >= least, f"only {got['sent']} packets of {whose} were sent: proves nothing")
    check(got["received"] == got["sent"],
          f"{got['sent'] - got['received']} of {got['sent']} packets of {whose} lost: {got['lost']}")
    return got["sent"]


def kill(host, service, pid):
    """kill -9, and wait until the service answers again."""
    check(pid, f"{service} does not run")
    host.run(f"kill -9 {pid}")
    answers_again(host, service, pid)


def answers_again(host, service, pid):
    """Until another process of it does than the one that was killed."""
    wait.until(f"{service} to be started again", 90, lambda: main_pid(host, service) not in (0, pid)
               and host.run(f"systemctl -q is-active {service}", 20, check=False).rc == 0, 0.3)


@step("policy", "vifctl port set moves a running guest to another VLAN; others lose nothing",
      star=True)
def policy(w):
    before, since = essence(w.show(w.a)), w.from_vm("two")["packets"]
    ping = w.two.start("ping", "10.0.0.4", 0, 10, 5000)
    w.wait_packets("two", 10)
    begin = time.monotonic()
    vifctl(w.a, "port set one vlan=200")
    took = time.monotonic() - begin
    mark = w.wire.mark()
    w.policy[w.mac("one")] = {200}
    check_reach(w, "one", ["10.0.0.3"], ["10.0.0.2"])
    w.check_wire(mark)
    check(w.wire.seen(mark)[(w.mac("one"), (200,))], "no frame of one in VLAN 200 on the wire")
    vifctl(w.a, "port clear one vlan")
    w.policy[w.mac("one")] = {100}
    check_reach(w, "one", ["10.0.0.2"], ["10.0.0.3"])
    w.wait_packets("two", 400, since)     # two also answers one
    count = check_lossless(ping, 300, "another port")
    after = essence(w.show(w.a))
    changed = {k for k in before if before[k] != after.get(k)}
    check(not changed, f"ports are not what they were: {sorted(changed)}")
    return f"in force after {took:.1f} s, with the command; {count} packets of another port, 0 lost"


@step("dbkill", "kill -9 of the database under load, four times, loses no packet", star=True)
def dbkill(w):
    before, since = essence(w.show(w.a)), w.from_vm("one")["packets"]
    ping = w.one.start("ping", "10.0.0.2", 0, 20, 5000)
    w.a.spawn("load", LOAD)
    for _ in range(4):
        pid = main_pid(w.a, DATABASE)
        time.sleep(1.5)
        kill(w.a, DATABASE, pid)
    w.a.collect("load", 15)
    w.wait_packets("one", 310, since)
    count = check_lossless(ping, 300, "one")
    after = essence(w.show(w.a))
    changed = {k for k in before if before[k] != after.get(k)}
    check(not changed, f"ports changed: {sorted(changed)}")
    vifctl(w.a, "port set one vlan=200")
    check(w.port("one")["vlan"]["pvid"] == 200, "the daemon did not catch up with the database")
    vifctl(w.a, "port clear one vlan")
    return f"{count} packets, 0 lost; the daemon follows the database again"


@step("offline", "policy written while the VM is off is in force from its first packet",
      star=True)
def offline(w):
    identity = uuid(w, "one")
    w.one.destroy()
    wait.until("one's port to go", 30, lambda: not w.ports(w.a, "one"), 0.3)
    said = vifctl(w.a, f"port set {identity} vlan=200")
    check(re.search("when the VM starts", said), f"vifctl said only: {said}")
    w.policy[w.mac("one")] = {200}
    mark = w.wire.mark()
    w.one.extra = f"uuid='{identity}'"
    w.one.lines.clear()
    w.one.create()
    w.set_up(w.one)
    check_reach(w, "one", ["10.0.0.3"], ["10.0.0.2"])
    w.check_wire(mark)
    seen = w.wire.seen(mark)
    check(seen[(w.mac("one"), (200,))], "no frame of one was captured: proves nothing")
    vifctl(w.a, "port clear one vlan")
    w.policy[w.mac("one")] = {100}
    check_reach(w, "one", ["10.0.0.2"], ["10.0.0.3"])
    return f"{seen[(w.mac('one'), (200,))]} frames, every one in the VLAN of the database"


ACL = """acls:
- name: mover
  from-vm-default: allow
  to-vm-default: deny
  rules:
  - {{name: ping-two, direction: to-vm, action: allow, proto: icmp, src: 10.0.0.2}}
ports:
- vm: {identity}
  vlan: native-untagged:100+300
  lock-ip: 10.0.0.6
  acl: mover
"""


def datagram(own, source, ports):
    """From an address, to everybody; all but the MAC as hex digits."""
    return frame(BROADCAST, own, "0800" "450000200001000040110000" + source + "ffffffff" + ports
                 + "000c000000000000")


def lies(own):
    """Packets of mover with somebody else's addresses, or as a DHCP server, by reason."""
    plain, other, mine = own.replace(":", ""), "0a000002", "0a000006"
    return {
        "arp-guard": frame(BROADCAST, own, "0806" "0001080006040002" + plain + other
                           + plain + other),
        "ip-guard": datagram(own, other, "0fa00035"),
        "dhcp-server": datagram(own, mine, "00430044"),
    }


def check_acl(w):
    """What holds with ACL mover: only two may begin, mover may begin with everybody."""
    check_reach(w, "two", ["10.0.0.6"], [])
    check_reach(w, "one", [], ["10.0.0.6"])
    check_reach(w, "mover", ["10.0.0.1", "10.0.0.2"], [])


@step("acl", "a stateful ACL and an address lock on a running guest, changed under traffic",
      star=True)
def acl(w):
    text = ACL.format(identity=uuid(w, "mover"))
    check_reach(w, "one", ["10.0.0.6"], [])
    for host in (w.a, w.b):
        host.put("/run/mover.yaml", text)
        vifctl(host, "apply /run/mover.yaml")
        check("nothing" in vifctl(host, "apply /run/mover.yaml").lower(),
              "applied twice, the file changes something again")
    check_acl(w)
    since = w.from_vm("two")["packets"]
    ping = w.two.start("ping", "10.0.0.6", 0, 20, 5000)
    w.wait_packets("two", 10)
    rule = "acl rule add mover ping-one direction=to-vm action=allow proto=icmp src=10.0.0.1"
    vifctl(w.a, rule)
    check_reach(w, "one", ["10.0.0.6"], [])
    vifctl(w.a, "acl rule del mover ping-one")
    check_reach(w, "one", [], ["10.0.0.6"])
    for service in ("vifswitchd", DATABASE):
        kill(w.a, service, main_pid(w.a, service))
    check_acl(w)
    w.wait_packets("two", 300, since)     # two also answers mover
    count = check_lossless(ping, 200, "the guest that is allowed")
    before = w.drops("mover")
    check(before.get("to-acl"), f"nothing is counted under to-acl: {before}")
    frames = lies(w.mac("mover"))
    w.mover.ask("raw", "eth0", 5, 20, *frames.values())

    def risen():
        now = w.drops("mover")
        return {r: now.get(r, 0) - before.get(r, 0) for r in frames}
    wait.until("a verdict on all lies", 30, lambda: sum(risen().values()) >= 5 * len(frames), 0.3)
    more = risen()
    check(more == {r: 5 for r in frames}, f"drop counters rose by {more}, not by 5 each")
    return f"{count} packets of the allowed guest, 0 lost over two changes and two kill -9; " \
        f"dropped and counted: {', '.join(more)}"
