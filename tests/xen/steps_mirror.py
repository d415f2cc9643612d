# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: mirrors in a pool. A sensor on the host of what is copied, and on the other one, by GRE
and by a VLAN; and, in make check-xen-life, after either of them migrates under traffic.

What a sensor hears is told frame by frame: echo requests and replies have numbers."""
import contextlib
import json
import time

import wait
from steps_migration import move
from steps_policy import uuid, vifctl
from steps_pool import ADDRESSES, give_address
from world import check, document, step

REQUEST, REPLY = 8, 0
RSPAN = 950
# Of each sensor, a second VIF: its MAC. It has a VLAN in which nobody else is.
SENSORS = {"trunk": "00:16:3e:00:00:71", "three": "00:16:3e:00:00:72"}
SENSOR_VLAN = 960
ASK = """import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/vifswitch/control")
s.sendall(json.dumps({"id": 1, "method": sys.argv[1], "params": [{}]}).encode() + b"\\n")
data = b""
while not data.endswith(b"\\n"):
    data += s.recv(1 << 16)
print(data.decode())
"""


def reach_each_other(w):
    """Both hosts tell by which address copies reach them."""
    for host in (w.a, w.b):
        give_address(host)

    def told():
        rows = document(w.a, "db list Host")["rows"]
        return {row["name"]: row["address"] for row in rows} == ADDRESSES
    wait.until("both hosts' addresses in the database", 60, told, 0.5)


def attach(w, name):
    """Its second VIF, and the sniffer there."""
    guest = w.guests[name]
    guest.host.run(f"xl network-attach {name} mac={SENSORS[name]} bridge=xenbr0.{SENSOR_VLAN}", 60)
    wait.until(f"{name}'s second interface", 60,
               lambda: guest.sh("ip link set eth1 up", check=False) is not None and
               guest.ask("sh", "grep -q 1 /sys/class/net/eth1/carrier")["rc"] == 0, 0.3)


def mirror(host, name):
    """What a mirror does on a host, by its vifswitchd; before that knows of it nothing."""
    host.put("/run/ask.py", ASK)
    found = json.loads(host.run("python3 /run/ask.py mirrors", 30).out)["result"]["mirrors"]
    return next((m for m in found if m["name"] == name), {"switches": []})


def copied(w, name):
    """Frames that a mirror was to copy, on both hosts: (copies that were sent, those that failed)."""
    uses = [s for host in (w.a, w.b) for s in mirror(host, name)["switches"]
            if s["copies"] and not s["from_hosts"]]
    return (sum(s["copies"]["packets"] for s in uses),
            sum(s["copies"][k] for s in uses for k in ("over_rate", "no_output", "failed")))


def in_force(on, name, **wanted):
    """Until one of the mirror's switches on that host is as wanted, and in force."""
    def look():
        uses = mirror(on, name)["switches"]
        return any(u["state"] == "in-force" and all(u[k] == v for k, v in wanted.items())
                   for u in uses)
    try:
        wait.until(f"mirror {name} on {on.name} to have {wanted}", 60, look, 0.3)
    except wait.Timeout as e:
        raise wait.Timeout(f"{e}: {mirror(on, name)}") from None


@contextlib.contextmanager
def mirrors(w, *rows):
    """Mirrors of the pool for a while. Each is "NAME word=value ..."."""
    try:
        for row in rows:
            vifctl(w.a, f"mirror add {row}")
        yield
    finally:
        for row in rows:
            vifctl(w.a, f"mirror del {row.split()[0]}")


class Heard:
    """What a sensor hears from now on."""

    def __init__(self, guest, netdev):
        self.guest, self.netdev = guest, netdev
        sockets = self.number("wc -l </proc/net/packet")
        self.running = guest.start("hear", netdev, 3600)
        wait.until("the sensor to listen", 60,
                   lambda: self.number("wc -l </proc/net/packet") > sockets, 0.3)

    def number(self, command):
        return int(self.guest.sh(command))

    def frames(self):
        return self.number(f"cat /sys/class/net/{self.netdev}/statistics/rx_packets")

    def end(self):
        """{(MAC, type): {...}}, when nothing more comes."""
        last = -1
        while (now := self.frames()) != last:
            last = now
            time.sleep(1)
        got = self.running.stop(90)
        check(not got["late"], f"the sensor was too slow for {got['late']} frames: proves nothing")
        names = ("frames", "repeated", "disordered", "first", "last", "vlan", "missing", "absent")
        return {(row[0], row[1]): dict(zip(names, row[2:])) for row in got["rows"]}


def check_whole(row, what, count, vlan=-1):
    """All of so many frames, numbered from 0, once and in order."""
    check(row and (row["frames"], row["first"], row["last"]) == (count, 0, count - 1) and
          not row["repeated"] and not row["disordered"] and row["vlan"] == vlan,
          f"of {count} {what} the sensor heard {row}")


def frames_whole(w, sensor, ways=(REQUEST, REPLY), vlan=-1):
    """one pings two: the sensor hears each frame of that once, in order."""
    heard = Heard(w.guests[sensor], "eth1")
    ping = w.one.start("ping", "10.0.0.2", 100, 20, 3000)
    got = ping.result(120)
    check(got["received"] == got["sent"], f"one's ping: {got}")
    rows = heard.end()
    for kind, sender, what in ((REQUEST, "one", "requests of one"), (REPLY, "two", "replies to it")):
        row = rows.get((w.mac(sender), kind))
        if kind in ways:
            check_whole(row, what, 100, vlan)
        else:
            check(not row, f"{what} are not mirrored, and heard: {row}")
    return 100 * len(ways)


@step("mirror", "a sensor hears all frames of a VM once, in order: on its host, on the other one by"
      " GRE, by a VLAN", needs=("pool",))
def mirror_step(w):
    one, near, far = uuid(w, "one"), uuid(w, "trunk"), uuid(w, "three")
    reach_each_other(w)
    mark, total = w.wire.mark(), 0
    try:
        with mirrors(w, f"near vms={one}/0 to={near}/1", f"far vms={one}/0 to={far}/1"):
            for name in SENSORS:
                attach(w, name)
            in_force(w.a, "near", host=None, from_hosts=False)
            in_force(w.a, "far", host="xen-b")
            in_force(w.b, "far", from_hosts=True)
            total += frames_whole(w, "trunk") + frames_whole(w, "three")
        w.policy[w.mac("one")] = {100, RSPAN}
        with mirrors(w, f"out vms={one}/0 direction=from to-vlan={RSPAN}",
                     f"in netdevs=eth0 direction=from vlan={RSPAN} to={far}/1"):
            in_force(w.a, "out", output_vlan=RSPAN)
            in_force(w.b, "in", host=None, from_hosts=False)
            total += frames_whole(w, "three", ways=(REQUEST,), vlan=RSPAN)
        w.policy[w.mac("one")] = {100}
    finally:
        for name in SENSORS:
            w.guests[name].host.run(f"xl network-detach {name} 1", 60, check=False)
    check(w.wire.seen(mark)[(w.mac("one"), (RSPAN,))], "no copy in the VLAN was on the wire")
    return f"{total} copies, none missing, repeated or out of order"


def in_order(row, sent, what):
    """None twice, none out of order, the first and the last of them; how many are missing."""
    check(row and (row["first"], row["last"]) == (0, sent - 1) and not row["repeated"]
          and not row["disordered"], f"of {sent} {what} the sensor heard {row}")
    check(row["frames"] + row["absent"] == sent, f"{what}: {row}")
    return row["absent"]


def passed(w, name):
    counters = w.port(name)["counters"]
    return sum(counters[way]["packets"] for way in ("from_vm", "to_vm"))


def moves_under_traffic(w, source, sensor, heard, before):
    """source pings two while mover goes to the other host: how many of its frames are missing
    at the sensor, of how many that it sent."""
    ping = w.guests[source].start("ping", "10.0.0.2", 0, 100, 3000)
    w.wait_packets(source, 20)
    _, seconds = move(w, w.b if w.mover.host is w.a else w.a)
    in_force(w.guests[source].host, "moves",
             host=None if w.guests[sensor].host is w.guests[source].host
             else w.guests[sensor].host.name)
    w.wait_packets(source, 50)
    got = ping.stop(90)
    wait.until("as many copies as frames passed the source's port", 60,
               lambda: sum(copied(w, "moves")) == passed(w, source) - before, 1)
    rows = heard.end()
    absent = in_order(rows.get((w.mac(source), REQUEST)), got["sent"], "requests")
    replies = rows.get((w.mac("two"), REPLY))
    check(replies and not replies["repeated"] and not replies["disordered"], f"replies: {replies}")
    return absent, got, replies, seconds


@step("follow", "a mirror follows source and sensor: each migrates under traffic, what is copied is"
      " whole but for the blackout", needs=("pool",))
def follow(w):
    reach_each_other(w)
    with mirrors(w, f"moves vms={uuid(w, 'mover')}/0 to={uuid(w, 'trunk')}/1"):
        attach(w, "trunk")
        in_force(w.mover.host, "moves")
        before = passed(w, "mover") - sum(copied(w, "moves"))
        heard = Heard(w.trunk, "eth1")
        absent, got, replies, took = moves_under_traffic(w, "mover", "trunk", heard, before)
        failed = copied(w, "moves")[1]
    w.trunk.host.run("xl network-detach trunk 1", 60)
    lost = got["sent"] - got["received"]
    check(absent <= lost and replies["frames"] >= got["received"] and not failed,
          f"{absent} of the source's frames were not heard, {lost} not answered: {got}, {replies}")
    text = f"source: {got['sent']} sent, {lost} lost in the blackout, {absent} of them not heard"
    with mirrors(w, f"moves vms={uuid(w, 'one')}/0 to={uuid(w, 'mover')}/0"):
        in_force(w.one.host, "moves")
        before = passed(w, "one") - sum(copied(w, "moves"))
        heard = Heard(w.mover, "eth0")
        absent, got, replies, again = moves_under_traffic(w, "one", "mover", heard, before)
        failed = copied(w, "moves")[1]
    check(got["sent"] == got["received"], f"the source lost some: {got}")
    return text + f"; sensor: {got['sent']} sent, {absent} not heard in the blackout, of them" \
        f" {failed} without an output; {took:.0f} s, {again:.0f} s"
