# SPDX-License-Identifier: GPL-2.0-or-later
"""vifswitchd with the policy database: a real vifdbd, XenStore daemon and netdevs."""
import json
import os
import signal
import time

import abi
import wait
from database import Database
from dom0 import Dom0, HOST, Vif, uuid
from registry import check, same, test
from test_daemon import Stream, numbered
from world import BROADCAST, Tap, deliver, exists, frame, ip, mac, refused, tags_of

MEMORY_LIMIT = 64


def head(vif):
    return abi.header(vif.state().program)


def operations(dom0):
    return dom0.ask("show")["operations"]


def connected(dom0, *vifs):
    for v in vifs:
        dom0.plugged(v)
        v.key("state", 4)
    wait.until("the claims to be active", 20, lambda: all(v.state().claim for v in vifs))


@test(limit=120)
def policy_waits_for_its_vm():
    """rows written before the VM exists are in force from its first frame; status comes back"""
    dom0 = Dom0(database=True)
    db, me = dom0.db, uuid(1)
    db.set_port(me, 0, tag=100, mac_lock=[mac(1), mac(11)], rate_from_vm=8_000_000,
                packets_from_vm=5000, mtu=1400)
    db.applied(HOST)
    dom0.wire.drain()
    vif = Vif(dom0, 1, 0, mac(1))
    dom0.xs.write_many({**dom0.domain_nodes(1), **dom0.vif_nodes(vif, bridge="xenbr0.300",
                                                                 mtu="1500")})
    vif.make_netdev()
    ip(f"link set dev {vif.netdev} up")
    vif.key("state", 2)
    end = time.monotonic() + 20
    while not dom0.is_plugged(vif) and time.monotonic() < end:
        vif.send(frame(BROADCAST, mac(1)))
    for _ in range(20):
        vif.send(frame(BROADCAST, mac(11)))
    frames = dom0.wire.received(0.5)
    check(frames, "nothing came out: nothing proved")
    same({tuple(tags_of(f)) for f in frames}, {(100,)}, "tags of every frame since the netdev")
    refused(vif, frame(BROADCAST, mac(12)), [dom0.wire], "mac-guard")
    program = head(vif)
    same((program["rate_bps"], program["packet_rate"], program["mac_count"]), (8_000_000, 5000, 2),
         "rate, packet rate and addresses of the program")
    same(open("/sys/class/net/vif1.0/mtu").read().strip(), "1400", "MTU")
    vif.key("state", 4)
    row = db.location(me, 0, state="active", netdev="vif1.0", switch="xenbr0", domid=1, host=HOST)
    same(row["last_error"], None, "last_error")
    check(abs(row["since"] - time.time()) < 60, f"since: {row['since']}")
    wait.until("a row with the VM's name", 20, lambda: [v["name"] for v in db.rows("VM")] == ["vm1"])
    host = db.host(HOST)
    check(host["version"] and host["since"] and host["last_error"] is None, f"Host row: {host}")
    entry = dom0.entry(vif)
    same((entry["policy"], dom0.ask("show")["database"]["state"]),
         ({"source": "database"}, "connected"), "show")
    sources = entry["sources"]
    same((sources["switch"], sources["mtu"], sources["rate-from-vm"], sources.get("lock-ip")),
         ("config", "database", "database", None), f"where each field is from: {sources}")
    db.delete("Location", host=HOST)
    db.location(me, 0, state="active", netdev="vif1.0")
    dom0.remove(vif)
    wait.until("its Location row to go", 20, lambda: not db.rows("Location"))
    check(db.rows("Port"), "the policy went with the VM")


@test(limit=150)
def live_changes():
    """a change is one operation on one port of one VM; a new switch is leave and join"""
    dom0 = Dom0(database=True)
    db = dom0.db
    a0, a1 = dom0.vif(1, access=100), dom0.vif(1, mac(21), access=100, devid=1)
    b = dom0.vif(2, access=100)
    connected(dom0, a0, a1, b)
    stream = Stream(a1, b, numbered(b.mac, a1.mac))
    stream.start()
    before, other = operations(dom0), a1.state().program
    ear = dom0.nl.events()
    db.set_port(uuid(1), 0, tag=200)
    db.applied(HOST)
    same(operations(dom0) - before, 1, "operations for a VLAN")
    same(a1.state().program, other, "the program of the VM's other VIF")
    dom0.wire.drain()
    same([tags_of(f) for f in deliver(a0, frame(BROADCAST, a0.mac), [dom0.wire])["eth0p"]
          if f[6:12].hex(":") == a0.mac], [[200]], "tags after the change")
    db.set_port(uuid(1), 0, tag=200, rate_from_vm=8_000_000, guard="mac")
    db.applied(HOST)
    same((operations(dom0) - before, head(a0)["rate_bps"]), (2, 8_000_000), "with a rate")
    db.set_port(uuid(1), 0, rate_from_vm=8_000_000, vif_uuid=["uuid", uuid(7)])
    db.applied(HOST)
    same(operations(dom0) - before, 2, "operations for what changes nothing")
    db.set_port(uuid(1), 0, tag=None, trunks=[10, 20], rate_from_vm=None)
    db.applied(HOST)
    same((operations(dom0) - before, head(a0)["rate_bps"]), (3, 0), "a trunk without a rate")
    refused(a0, frame(BROADCAST, a0.mac), [dom0.wire], "vlan-untagged")
    check(a0.state().claim, "the claim went with the changes")
    same([e["event"] for e in ear.read() if e["port"] == a1.ifindex
          and e["event"].startswith("port-")], [], "events of the VM's other VIF")
    same([e["event"] for e in ear.read() if e["port"] == a0.ifindex
          and e["event"] in ("port-left", "port-joined")], [], "joining for a VLAN")
    # Another switch.
    db.insert("Switch", name="other0")
    wait.until("the new switch", 20, lambda: exists("other0"))
    db.set_port(uuid(1), 0, switch="other0", trunks=None)
    db.applied(HOST)
    db.location(uuid(1), 0, switch="other0", state="active")
    same(a0.state().switch, exists("other0"), "the switch it is in")
    wait.until("its claim in the new switch", 10, lambda: a0.state().claim)
    # Down and up, and guard off.
    db.set_port(uuid(1), 0, admin_state="down")
    db.applied(HOST)
    db.location(uuid(1), 0, state="closed")
    check(a0.state().closed, "a port that is down is open")
    with open("/sys/class/net/vif1.0/flags") as f:
        check(not int(f.read(), 16) & 1, "a port that is down has a netdev that is up")
    db.set_port(uuid(1), 0, admin_state="up", switch=None, guard="off", tag=100)
    db.applied(HOST)
    db.location(uuid(1), 0, state="active", switch="xenbr0")
    same(len(deliver(a0, frame(BROADCAST, mac(99)), [dom0.wire])["eth0p"]) > 0, True,
         "any address passes without the guard")
    seen = dom0.entry(a0)["addresses_seen"]
    check(seen >= 1, f"addresses behind it: {seen}")
    db.set_port(uuid(1), 0, guard="mac")
    db.applied(HOST)
    refused(a0, frame(BROADCAST, mac(99)), [], "mac-guard")
    same(dom0.entry(a0)["addresses_seen"], 0, "addresses behind a guarded port")
    wait.until("the claim of a guard that is back", 10, lambda: a0.state().claim)
    db.clear_port(uuid(1), 0)
    db.applied(HOST)
    same((head(a0)["pvid"], dom0.entry(a0)["policy"]), (100, {"source": "config"}),
         "without a row")
    same(stream.end(), 0, f"frames lost by the other VIF, of {stream.sent}")
    return f"{stream.sent} frames of the other VIF, 0 lost"


@test(limit=150)
def impossible_values():
    """a new VIF stays closed and says why; one in place keeps its last policy and says why"""
    dom0 = Dom0(database=True)
    db = dom0.db
    cases = (({"tag": 5, "trunks": [6]}, ("tag=5", "native-untagged")),
             ({"vlan_mode": "access"}, ("vlan_mode=access", "needs tag")),
             ({"vlan_mode": "trunk", "tag": 9}, ("vlan_mode=trunk", "tag=9")),
             ({"trunks": [0, 5]}, ("trunks=0", "1-4094")),
             ({"vlan_mode": "native-tagged", "tag": 0}, ("tag=0", "1-4094")),
             ({"mac_lock": ["01:00:5e:00:00:01"]}, ("mac_lock=01:00:5e:00:00:01",)),
             ({"mac_lock": ["rubbish rubbish r"]}, ("mac_lock=rubbish", "00:16:3e")),
             ({"burst_from_vm": 100000}, ("burst_from_vm=100000", "rate_from_vm")),
             ({"ip_lock": ["192.0.2.1/8"]}, ("ip_lock=", "192.0.2.1/8", "192.0.0.0/8")),
             ({"guard": "mac+ip"}, ("guard=mac+ip", "ip_lock")),
             ({"burst_to_vm": 100000}, ("burst_to_vm=100000", "rate_to_vm")),
             ({"switch": "a/b"}, ("switch=a/b",)))
    for n, (columns, _) in enumerate(cases, 1):
        db.set_port(uuid(n), 0, **columns)
    db.applied(HOST)
    vifs = [dom0.vif(n, name=f"web{n}") for n in range(1, len(cases) + 1)]
    for v, (_, words) in zip(vifs, cases):
        dom0.refused(v, f"web{v.domid}", "database: ", *words)
        row = db.location(uuid(v.domid), 0, state="failed")
        check(all(w in row["last_error"] for w in words), f"last_error: {row['last_error']}")
    status, said = dom0.hotplug(vifs[0])
    check(status and "tag=5" in said, f"hotplug of a refused VIF: {status}, {said}")
    db.set_port(uuid(1), 0, trunks=None)
    db.applied(HOST)
    dom0.plugged(vifs[0])
    db.location(uuid(1), 0, state="plugged", last_error=None)
    # In place, everything that is impossible leaves it as it is.
    vifs[0].key("state", 4)
    db.location(uuid(1), 0, state="active")
    program, good = vifs[0].state().program, operations(dom0)
    for columns, words in cases:
        db.replace_port(uuid(1), 0, **columns)
        db.applied(HOST)
        row = db.location(uuid(1), 0, state="active")
        check(row["last_error"] and all(w in row["last_error"] for w in words),
              f"{columns}: last_error: {row['last_error']}")
        same(vifs[0].state().program, program, f"the program with {columns}")
        db.replace_port(uuid(1), 0, tag=5)
        db.applied(HOST)
        db.location(uuid(1), 0, state="active", last_error=None)
    same(operations(dom0) - good, 0, "operations of impossible policies")
    # The same address as another VM's; whose is it?
    other = dom0.vif(40, access=5)
    connected(dom0, other)
    db.set_port(uuid(1), 0, tag=5, mac_lock=[mac(40), mac(1)])
    db.applied(HOST)
    check("vm40" in db.location(uuid(1), 0, state="active")["last_error"], "the address's owner")
    same(db.location(uuid(40))["last_error"], None, "last_error of the owner")
    same((vifs[0].state().program, dom0.is_open(other)), (program, True), "both ports")
    # And an impossible policy is no reason for a new daemon to cut anybody off.
    db.set_port(uuid(1), 0, tag=5, mac_lock=None, vlan_mode="trunk")
    db.applied(HOST)
    dom0.kill()
    dom0.start()
    db.location(uuid(1), 0, state="active")
    check("vlan_mode=trunk" in db.location(uuid(1))["last_error"], "last_error after a restart")
    same(vifs[0].state().program, program, "the program after a restart")


@test(limit=120)
def unknown_switch():
    """a row that names a switch there is none of waits, and goes on when it appears"""
    dom0 = Dom0(database=True)
    db = dom0.db
    db.set_port(uuid(1), 0, switch="later0", tag=5)
    db.applied(HOST)
    vif = dom0.vif(1, bridge="nosuch")
    row = db.location(uuid(1), 0, state="waiting")
    check("later0 does not exist" in (row["last_error"] or ""), f"last_error: {row}")
    check(not dom0.is_open(vif), "a VIF without its switch is open")
    db.insert("Switch", name="later0", mtu=1400)
    dom0.plugged(vif)
    same(vif.state().switch, exists("later0"), "the switch it is in")
    db.location(uuid(1), 0, state="plugged", last_error=None, switch="later0")
    # One in place stays where it is meanwhile.
    db.set_port(uuid(1), 0, switch="never0")
    db.applied(HOST)
    row = db.location(uuid(1), 0, state="plugged", switch="later0")
    check("never0 does not exist" in row["last_error"], f"last_error: {row}")
    check(dom0.is_plugged(vif), "it lost its port")


@test(limit=120)
def switch_rows():
    """a Switch row makes a switch and plugs uplinks; without it they go; errors are the host's"""
    dom0 = Dom0(database=True)
    db = dom0.db
    ip("link add name eth1 type veth peer name eth1p", "link set dev eth1p up")
    wire = Tap("eth1p")
    db.insert("Switch", name="sw1", uplinks=["eth1", "absent0"], mtu=1400, ageing_s=60)
    db.set_port(uuid(1), 0, switch="sw1", tag=7)
    db.applied(HOST)
    vif = dom0.vif(1)
    dom0.plugged(vif)
    got = deliver(vif, frame(BROADCAST, vif.mac), [wire, dom0.wire])
    same(([tags_of(f) for f in got["eth1p"]], got["eth0p"]), ([[7]], []), "frames on the uplinks")
    with open("/sys/class/net/sw1/mtu") as f:
        same(f.read().strip(), "1400", "MTU of the switch")
    same([s["ageing_ms"] for s in dom0.ask("show")["switches"] if s["name"] == "sw1"], [60000],
         "ageing")
    same(db.host(HOST)["last_error"], None, "an uplink that other hosts have")
    before = operations(dom0)
    db.insert("Switch", name="sw2", uplinks=["eth1"])
    db.applied(HOST)
    check("eth1" in (db.host(HOST)["last_error"] or ""), f"last_error: {db.host(HOST)}")
    db.delete("Switch", name="sw2")
    db.applied(HOST)
    same(db.host(HOST)["last_error"], None, "last_error when it is gone")
    wait.until("its netdev to go", 20, lambda: not os.path.exists("/sys/class/net/sw2"))
    # That is one of them.
    check(operations(dom0) - before <= 4, f"{operations(dom0) - before} operations for sw2")
    # The file's switch, with the database's word.
    db.insert("Switch", name="xenbr0", ageing_s=10)
    db.applied(HOST)
    same([s["ageing_ms"] for s in dom0.ask("show")["switches"] if s["name"] == "xenbr0"], [10000],
         "ageing of the file's switch")
    check(dom0.nl.port(exists("eth0")), "the file's uplink was lost")
    db.delete("Switch", name="sw1")
    wait.until("the uplink to go", 20, lambda: exists("eth1") not in
               [p.ifindex for p in dom0.nl.ports()])
    check(dom0.is_plugged(vif), "a VIF went with the switch's row")


@test(smoke=True, limit=150)
def database_dies_under_traffic():
    """kill -9 of vifdbd: nothing lost, new VIFs by the last policy; it catches up afterwards"""
    dom0 = Dom0(database=True)
    db = dom0.db
    a, b = dom0.vif(1), dom0.vif(2)
    for n in (1, 2, 3):
        db.set_port(uuid(n), 0, tag=100)
    db.applied(HOST)
    connected(dom0, a, b)
    stream = Stream(a, b, numbered(b.mac, a.mac))
    stream.start()
    ear = dom0.nl.events()
    since = db.location(uuid(1), 0, state="active")["since"]
    db.kill()
    wait.until("the loss to be noticed", 20,
               lambda: dom0.ask("show")["database"]["state"] == "disconnected")
    c, d = dom0.vif(3), dom0.vif(4, access=300)
    dom0.plugged(c)
    dom0.plugged(d)
    same((head(c)["pvid"], head(d)["pvid"]), (100, 300), "VLANs of VIFs that came meanwhile")
    time.sleep(1)
    db.start()
    db.set_port(uuid(3), 0, tag=400)
    db.replace_port(uuid(2), 0, tag=100, mtu=1400)
    db.applied(HOST, 40)
    same(head(c)["pvid"], 400, "the VLAN that was changed while the daemon was away")
    row = db.location(uuid(1), 0, state="active", netdev="vif1.0", switch="xenbr0")
    same(row["since"], since, "since of what did not change")
    db.location(uuid(4), 0, state="plugged")
    host = db.host(HOST)
    check(host["version"] and host["since"], f"Host after the restart: {host}")
    same(stream.end(), 0, f"frames lost of {stream.sent}")
    same([e["event"] for e in ear.read() if e["port"] in (a.ifindex, b.ifindex)
          and e["event"] in ("port-left", "port-joined", "port-closed")], [], "events")
    return f"{stream.sent} frames, 0 lost"


@test(limit=150)
def daemon_restarts_without_the_database():
    """the copy on disk: ports in place are not touched, new VIFs get the database's policy"""
    dom0 = Dom0(database=True)
    db = dom0.db
    a, b = dom0.vif(1), dom0.vif(2)
    for n in (1, 2, 3):
        db.set_port(uuid(n), 0, tag=100)
    db.insert("Switch", name="sw1")
    db.applied(HOST)
    connected(dom0, a, b)
    wait.until("the copy to be written", 20, lambda: os.path.exists(dom0.copy))
    wait.until("the copy to have three rows", 20,
               lambda: len(json.load(open(dom0.copy))["Port"]) == 3)
    same(os.stat(dom0.copy).st_mode & 0o777, 0o600, "mode of the copy")
    stream = Stream(a, b, numbered(b.mac, a.mac))
    stream.start()
    before = [(p.ifindex, p.program, p.cookie, p.claim) for p in dom0.nl.ports()]
    ear = dom0.nl.events()
    db.kill()
    dom0.kill(signal.SIGKILL)
    dom0.start()
    c, d = dom0.vif(3), dom0.vif(4, access=300)
    dom0.plugged(c)
    dom0.plugged(d)
    same((head(c)["pvid"], dom0.entry(c)["policy"]), (100, {"source": "copy"}), "a new VIF's VLAN")
    same((head(d)["pvid"], dom0.entry(d)["policy"]), (300, {"source": "config"}),
         "VLAN of a VIF that the database does not know")
    same([(p.ifindex, p.program, p.cookie, p.claim) for p in dom0.nl.ports()
          if p.ifindex not in (c.ifindex, d.ifindex)], before, "ports after the restart")
    # Without a copy that can be read nothing is known: what is in place stays.
    dom0.kill(signal.SIGKILL)
    with open(dom0.copy, "w") as f:
        f.write('{"format": 1, "Port": [')
    dom0.start()
    wait.until("the wait for the database to end", 20,
               lambda: "not answered" in ((dom0.entry(a) or {}).get("error") or ""))
    same((dom0.entry(a)["state"], dom0.entry(a)["policy"]), ("active", None), "a port in place")
    same([(p.ifindex, p.program, p.cookie, p.claim) for p in dom0.nl.ports()
          if p.ifindex not in (c.ifindex, d.ifindex)], before, "ports without a copy")
    check("policy.json" in dom0.log(), f"the log does not name the copy: {dom0.log()}")
    same([e["event"] for e in ear.read() if e["port"] in (a.ifindex, b.ifindex)
          and e["event"].startswith("port-")], [], "events of ports in place")
    db.start()
    db.set_port(uuid(1), 0, tag=100, mtu=1400)
    db.set_port(uuid(2), 0, tag=100, mtu=1400)
    db.applied(HOST, 40)
    same(stream.end(), 0, f"frames lost of {stream.sent}")
    same(dom0.entry(a)["policy"], {"source": "database"}, "source at the end")
    return f"{stream.sent} frames, 0 lost"


@test(limit=150)
def rows_of_its_vms_only():
    """a database too large to be followed whole: VIFs wait for their rows, those in place never change"""
    dom0 = Dom0(database=True, start=False)
    db = dom0.db
    dom0.options.append("--whole-database=0")
    dom0.start()
    for n in range(1, 8):
        db.set_port(uuid(n), 0, tag=100 + n // 3)
    db.applied(HOST)
    a, b = dom0.vif(1), dom0.vif(2)
    connected(dom0, a, b)
    stream = Stream(a, b, numbered(b.mac, a.mac))
    stream.start()
    before = [(p.ifindex, p.program, p.cookie, p.claim) for p in dom0.nl.ports()]
    ear = dom0.nl.events()
    more = [dom0.vif(n) for n in range(3, 6)]
    for n, vif in enumerate(more, 3):
        dom0.plugged(vif)
        same((head(vif)["pvid"], dom0.entry(vif)["policy"]), (100 + n // 3, {"source": "database"}), vif.netdev)
    # Of a VM that was never here nothing is known without the database, of the others all is.
    wait.until("the copy to have five VMs", 20, lambda: len(json.load(open(dom0.copy)).get("vms", [])) == 5)
    db.kill()
    stranger = dom0.vif(6)
    wait.until("the stranger to be told why", 20,
               lambda: "were not here lately" in ((dom0.entry(stranger) or {}).get("error") or ""))
    check(not dom0.is_open(stranger), "a VIF of unknown policy is open")
    dom0.kill(signal.SIGKILL)
    dom0.start()
    wait.until("the wait for the database to end", 20,
               lambda: "were not here lately" in ((dom0.entry(stranger) or {}).get("error") or ""))
    check(not dom0.is_open(stranger), "a VIF of unknown policy is open after a restart")
    same(dom0.entry(a)["policy"], {"source": "copy"}, "a port in place")
    db.start()
    dom0.plugged(stranger)
    same(head(stranger)["pvid"], 102, "its VLAN")
    db.applied(HOST)
    same([(p.ifindex, p.program, p.cookie, p.claim) for p in dom0.nl.ports()
          if p.ifindex in (a.ifindex, b.ifindex)],
         [p for p in before if p[0] in (a.ifindex, b.ifindex)], "ports in place")
    same([e["event"] for e in ear.read() if e["port"] in (a.ifindex, b.ifindex)
          and e["event"].startswith("port-")], [], "events of ports in place")
    same(stream.end(), 0, f"frames lost of {stream.sent}")
    return f"{stream.sent} frames, 0 lost"


@test(limit=90)
def never_a_database():
    """no socket, no copy, no option: as ever, with one notice; one that comes later is found"""
    dom0 = Dom0()
    a = dom0.vif(1, access=100)
    dom0.plugged(a)
    same((dom0.ask("show")["database"]["state"], dom0.entry(a)["policy"]),
         ("absent", {"source": "config"}), "show")
    time.sleep(1)
    log = dom0.log(10000)
    same(log.count("database"), 1, f"notices about the database in: {log}")
    check(not os.path.exists(dom0.copy), "a copy of a database that never was")
    os.makedirs("/run/vifswitch", exist_ok=True)
    db = Database(dom0.dir, "/run/vifswitch/db.sock")
    try:
        db.start()
        db.set_port(uuid(1), 0, tag=200, packets_from_vm=100)
        db.applied(os.uname().nodename, 40)
    finally:
        os.unlink(db.socket)
    entry = dom0.entry(a)
    same((head(a)["pvid"], entry["policy"], entry["packets_from_vm"]),
         (200, {"source": "database"}, 100), "with the database that came later")
    wait.until("a copy of the database that came later", 20, lambda: os.path.exists(dom0.copy))
    dom0.kill(signal.SIGTERM)
    same(dom0.daemon.returncode, 0, "exit status")


@test(limit=240)
def thousand_rows():
    """1,000 Port rows, 50 VIFs: rows of others cost nothing here, one changed row is one operation"""
    dom0 = Dom0(database=True)
    db = dom0.db
    rows = [{"op": "insert", "table": "Port", "row": {"vm": ["uuid", uuid(n)], "devid": 0,
                                                      "tag": 100 + n % 50}}
            for n in range(1, 1001)]
    for at in range(0, 1000, 250):
        db.transact(*rows[at:at + 250])
    db.applied(HOST, 60)
    memory = dom0.memory()
    vifs = [dom0.vif(n) for n in range(1, 51)]
    for v in vifs:
        dom0.plugged(v, 60)
    wait.until("50 Location rows", 40, lambda: len(db.rows("Location")) == 50)
    db.applied(HOST, 60)
    before, cpu = operations(dom0), dom0.cpu()
    for n in range(501, 601):
        db.set_port(uuid(n), 0, tag=4000)
    db.applied(HOST, 60)
    same(operations(dom0) - before, 0, "operations for rows of VMs that are not here")
    others = dom0.cpu() - cpu
    cpu = dom0.cpu()
    for n in range(1, 21):
        db.set_port(uuid(n), 0, tag=4001)
    db.applied(HOST, 60)
    same(operations(dom0) - before, 20, "operations for 20 rows")
    own = dom0.cpu() - cpu
    check(dom0.memory() < MEMORY_LIMIT, f"{dom0.memory()} MB")
    return (f"CPU: {others * 10:.1f} ms a foreign row, {own * 50:.1f} ms an own one;"
            f" {memory:.1f} MB with 1,000 rows")
