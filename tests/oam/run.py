#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vifoamd against peers nobody here wrote: Open vSwitch, FRR, BIRD and lldpd.

    vifoamd -- near0 ====veth==== far0 -- peer          two network namespaces

Intervals are long, so that a slow machine is none that loses messages; what decides are
states and counts. Each peer sees vifoamd killed and started again, and must not notice.
"""
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
import peers  # noqa: E402
import units  # noqa: E402
from daemons import Vifoamd, bfd, cfm  # noqa: E402
from peers import Bird, Frr, Lldpd, Ovs, far  # noqa: E402

NEWNS, NEWNET, PRIVATE = 0x20000, 0x40000000, 0x44000
tests = []


def test(function):
    tests.append(function)
    return function


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: {got!r} instead of {want!r}")


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def isolate():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEWNS | NEWNET):
        raise SystemExit(f"check-oam needs root: {os.strerror(ctypes.get_errno())}")
    libc.mount(b"none", b"/", None, PRIVATE, None)
    libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None)
    libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, None)
    peers.users()


def cable():
    ip("link add name near0 type veth peer name far0", "addr add 10.9.0.1/24 dev near0",
       "link set dev near0 up", "link set dev far0 netns far")
    far("ip", "link", "set", "dev", "lo", "up")
    far("ip", "addr", "add", "10.9.0.2/24", "dev", "far0")
    far("ip", "link", "set", "dev", "far0", "up")


def faults(status):
    return status["cfm"] and status["cfm"]["faults"]


def up(status):
    return status["bfd"] and status["bfd"]["state"] == "up"


@test
def cfm_with_ovs(me, ovs):
    """both hear each other; silence, RDI, another name and an MPID twice are said by both"""
    ovs.set("cfm_mpid=2", "other_config:cfm_interval=1000")
    me.want(cfm=cfm())
    me.until("both ends to hear", lambda s: faults(s) == [] and s["cfm"]["remotes"]
             and s["cfm"]["remotes"][0]["alive"])
    same([r["mpid"] for r in me.status()["cfm"]["remotes"]], [2], "remote ends")
    ovs.until("no fault there", lambda: ovs.get("cfm_fault") == "false"
              and ovs.get("cfm_remote_mpids") == "[1]")
    flaps, mine = ovs.get("cfm_flap_count"), me.status()["cfm"]["flaps"]
    # Killed twice, each time for less than 3.5 intervals.
    for _ in range(2):
        sent = me.status()["cfm"]["sent"]
        me.kill()
        me.start()
        me.until("messages to go on", lambda s: s["cfm"]["sent"] > sent + 3)  # noqa: B023
    same((ovs.get("cfm_flap_count"), ovs.get("cfm_fault")), (flaps, "false"), "there")
    same((me.status()["cfm"]["flaps"], faults(me.status())), (mine, []), "here")
    # It hears nothing of us, and says so.
    me.process.send_signal(signal.SIGSTOP)
    ovs.until("the fault there", lambda: "recv" in ovs.get("cfm_fault_status"))
    me.process.send_signal(signal.SIGCONT)
    ovs.until("its end", lambda: ovs.get("cfm_fault") == "false")
    # We hear nothing of it.
    ovs.vsctl("clear", "Interface", "far0", "cfm_mpid")
    me.until("the fault here", lambda s: faults(s) == ["recv"])
    ovs.set("cfm_mpid=2")
    me.until("its end", lambda s: faults(s) == [])
    ovs.until("no fault there", lambda: ovs.get("cfm_fault") == "false")
    # Who expects an end that is not there says so, and the other side knows.
    me.want(cfm=cfm(remotes=[2, 3]))
    me.until("one of two to be missed", lambda s: faults(s) == ["recv"]
             and [r["alive"] for r in s["cfm"]["remotes"]] == [True, False])
    ovs.until("RDI there", lambda: "rdi" in ovs.get("cfm_fault_status"))
    me.want(cfm=cfm(ma="other"))
    me.until("another name here", lambda s: set(faults(s)) == {"recv", "maid"})
    ovs.until("another name there", lambda: "maid" in ovs.get("cfm_fault_status"))
    me.want(cfm=cfm(mpid=2))
    me.until("an MPID twice", lambda s: "duplicate" in faults(s))
    ovs.until("that there", lambda: "loopback" in ovs.get("cfm_fault_status"))
    me.want(cfm=cfm())
    me.until("all to be well again", lambda s: faults(s) == [])
    ovs.until("all to be well there", lambda: ovs.get("cfm_fault") == "false")


def path(status):
    return status["bfd"] and (status["bfd"]["path_mtu"], status["bfd"]["path_tried"])


def path_is_whole(me, size=1500):
    """A padded poll of that size was answered."""
    me.until(f"packets of {size} octets to get there", lambda s: path(s) == (size, size))


def bfd_restarts(me, state_there, what):
    """Killed, and told to go for another: the far end's state is the same one all the time."""
    before, mine = state_there(), me.status()["bfd"]["flaps"]
    for signum in (9, 9, signal.SIGINT):
        received = me.status()["bfd"]["received"]
        me.kill(signum)
        me.start()
        me.until("packets to go on", lambda s: s["bfd"]["received"] > received + 5)  # noqa: B023
    same(state_there(), before, f"the session of {what} over restarts")
    same((me.status()["bfd"]["flaps"], me.status()["bfd"]["state"]), (mine, "up"), "here")


@test
def bfd_with_ovs(me, ovs):
    """up, and down when either is silent; restarts are not seen; AdminDown when it is ended"""
    ovs.set("bfd:enable=true", "bfd:min_rx=300", "bfd:min_tx=300", "bfd:mult=10")
    me.want(bfd=bfd(src="169.254.1.1", dst="169.254.1.0", any_peer=True))
    me.until("the session", up)
    ovs.until("it there", lambda: ovs.get("bfd_status:state") == "up")
    path_is_whole(me)
    bfd_restarts(me, lambda: (ovs.get("bfd_status:state"), ovs.get("bfd_status:flap_count")),
                 "Open vSwitch")
    ovs.set("bfd:enable=false")
    me.until("the end", lambda s: s["bfd"]["state"] == "down")
    ovs.set("bfd:enable=true")
    me.until("it again", up)
    me.want()
    ovs.until("that it was meant",
              lambda: "Neighbor Signaled" in ovs.get("bfd_status:diagnostic"))


def up_for_good(me, diagnostic):
    """Its peer was silent, then speaks again."""
    me.until("silence", lambda s: s["bfd"]["state"] == "down")
    same(me.status()["bfd"]["diagnostic"], diagnostic, "why")


@test
def bfd_with_frr(me, frr):
    """up with FRR, also when killed; its silence is a timeout, its shutdown a word; not from elsewhere"""
    frr.start("10.9.0.2", "10.9.0.1")
    me.want(bfd=bfd(dst="10.9.0.3"))
    me.until("the stranger", lambda s: s["bfd"] and s["bfd"]["refused"] == "address")
    same((me.status()["bfd"]["refused_from"], me.status()["bfd"]["state"]), ("10.9.0.2", "down"), "who it is")
    me.want(bfd=bfd())
    me.until("the session", up)
    frr.until("it there", lambda: frr.peer().get("status") == "up")
    path_is_whole(me)
    bfd_restarts(me, frr.flaps, "FRR")
    same(frr.peer()["status"], "up", "its state")
    frr.daemons[-1].send_signal(signal.SIGSTOP)
    up_for_good(me, "timeout")
    frr.daemons[-1].send_signal(signal.SIGCONT)
    me.until("it again", up)
    frr.until("it there", lambda: frr.peer().get("status") == "up")
    me.kill(signal.SIGTERM)
    frr.until("that we ended it", lambda: frr.peer().get("status") == "down" and
              "admin" in frr.peer().get("remote-diagnostic", ""))


@test
def bfd_with_bird(me, bird):
    """up with BIRD, also when killed; not while it authenticates"""
    bird.start("10.9.0.2", "10.9.0.1", 'authentication simple; password "x";')
    me.want(bfd=bfd())
    me.until("what is not spoken here", lambda s: s["bfd"] and s["bfd"]["refused"] == "authenticated")
    bird.configure("10.9.0.2", "10.9.0.1")
    bird.ask("configure")
    me.until("the session", up)
    bird.until("it there", lambda: (bird.state() or [""])[0] == "Up")
    same(me.status()["bfd"]["refused"], None, "what is refused")
    path_is_whole(me)
    bfd_restarts(me, bird.state, "BIRD")


@test
def a_path_narrows(me, frr):
    """what is larger than a port between takes is lost silently, and FRR answers the rest: the size is found"""
    ip("link set dev near0 mtu 9000")
    frr.start("10.9.0.2", "10.9.0.1")
    me.want(bfd=bfd(), mtu=9000)
    me.until("the session", up)
    # veth, as a bridge's port, takes four octets more, for a tag.
    me.until("the size to be found", lambda s: path(s) == (1504, 9000), 120)
    flaps = me.status()["bfd"]["flaps"]
    far("ip", "link", "set", "dev", "far0", "mtu", "4000")
    me.want(bfd=bfd(), mtu=4000)
    path_is_whole(me, 4000)
    same(me.status()["bfd"]["flaps"], flaps, "flaps")


@test
def lldp_with_lldpd(me, lldpd):
    """each knows the other's name, port, MTU; who goes is forgotten at once"""
    lldpd.start()
    me.want(lldp="on", mtu=9000, pvid=5)
    lldpd.until("us there", lldpd.neighbour)
    seen = lldpd.neighbour()
    text = str(seen)
    for word in ("host-a", "02:00:00:00:00:07", "near0", "uplink of xenbr0", "9018"):
        assert word in text, f"{word} is missing in {text}"
    # Whether it says that it goes, or is silent, it is forgotten soon.
    lldpd.cli("configure", "lldp", "tx-interval", "2")
    lldpd.cli("configure", "lldp", "tx-hold", "3")
    lldpd.cli("configure", "system", "hostname", "leaf1")
    me.until("lldpd here", lambda s: s["lldp"]["neighbours"]
             and s["lldp"]["neighbours"][0]["system"] == "leaf1")
    n = me.status()["lldp"]["neighbours"][0]
    same((n["description"], n["port_description"]), ("a switch", "far0"), "neighbour")
    me.kill()
    me.start()
    time.sleep(1)
    same([n["system"] for n in me.status()["lldp"]["neighbours"]], ["leaf1"], "neighbours kept")
    me.kill()
    me.keep_as_before()
    me.start()
    time.sleep(1)
    same([n["system"] for n in me.status()["lldp"]["neighbours"]], ["leaf1"], "neighbours of the release before")
    assert "another form" not in me.text(), me.text()
    me.kill(signal.SIGTERM)
    lldpd.until("us to be forgotten", lambda: not lldpd.neighbour())
    me.start()
    lldpd.until("us again", lldpd.neighbour)
    me.until("what it says now", lambda s: any(
        n["ttl_s"] < 20 for n in s["lldp"]["neighbours"]))
    lldpd.stop()
    lldpd.daemons.clear()
    me.until("it to be forgotten", lambda s: s["lldp"]["neighbours"] == [])


@test
def vifswitchd_goes_and_comes(me, _ovs):
    """what was wanted goes on without vifswitchd; a link that went comes back; nonsense is left out"""
    me.want(cfm=cfm(), lldp="rx")
    me.until("the link", lambda s: s["cfm"] and s["lldp"])
    for connection in me.control.connections:
        connection.shutdown(2)
    sent = me.status()["cfm"]["sent"]
    me.until("messages to go on", lambda s: s["cfm"]["sent"] > sent + 2)
    far("ip", "link", "del", "dev", "far0")
    me.until("the link to be missed", lambda s: s["error"])
    cable()
    me.want(cfm=cfm())
    me.until("the new one", lambda s: s["error"] is None and s["lldp"] is None)
    me.control.want({"netdev": "near0"})
    time.sleep(2)
    assert "makes no sense" in me.text(), me.text()


@test
def inside_tunnels(me, _none):
    """BFD inside VXLAN, Geneve and GRE, of both families, with another vifoamd; keys and kinds that differ"""
    ip("addr add fd00::1/64 dev near0 nodad")
    far("ip", "addr", "add", "fd00::2/64", "dev", "far0", "nodad")
    other = Vifoamd(inside=("ip", "netns", "exec", "far"))
    try:
        other.start()
        for own, remote in (("10.9.0.1", "10.9.0.2"), ("fd00::1", "fd00::2")):
            for kind, port in (("vxlan", 4789), ("geneve", 6081), ("gre", 0)):
                me.want_tunnel(own, remote, kind, udp_port=port)
                other.want_tunnel(None, own, kind, udp_port=port)
                for end in (me, other):
                    end.until(f"{kind} to {remote}", lambda s: up(s) and s["bfd"]["remote_state"] == "up")
                path_is_whole(me, 1400)
        # Killed, it goes on where it was, by sockets that are new.
        flaps = other.status()["bfd"]["flaps"]
        me.kill()
        me.start()
        time.sleep(2)
        same((me.status()["bfd"]["state"], other.status()["bfd"]["flaps"]), ("up", flaps), "over a restart")
        other.want_tunnel(None, own, kind, key=5101, udp_port=port)
        me.until("it to be missed", lambda s: s["bfd"]["state"] != "up")
        assert not me.status()["error"], me.status()
    finally:
        other.stop()


@test
def unit_is_confined(me, _none):
    """systemd takes the unit, and finds little that it leaves open; tests/vm runs vifoamd by its limits"""
    text = units.confined("vifoamd.service", {"vifoamd": os.environ["VIFOAMD"]}, 19)
    for line in ("CPUSchedulingPolicy=rr", "LimitMEMLOCK=64M", "CapabilityBoundingSet=CAP_NET_RAW"):
        assert f"\n{line}\n" in text, line


def run(function):
    peers = {"ovs": Ovs, "frr": Frr, "bird": Bird, "lldpd": Lldpd}
    name = function.__code__.co_varnames[1]
    peer = peers[name]() if name in peers else None
    me = Vifoamd()
    subprocess.run(["ip", "netns", "add", "far"], check=True)
    try:
        cable()
        if name == "ovs":
            peer.start()
        me.start()
        function(me, peer)
    finally:
        if peer:
            peer.stop()
        try:
            me.stop()
        finally:
            subprocess.run(["ip", "netns", "del", "far"], check=True)
            subprocess.run(["ip", "link", "del", "near0"], stderr=subprocess.DEVNULL)
            for _ in range(100):
                if not os.path.exists("/sys/class/net/near0"):
                    break
                time.sleep(0.05)


def main():
    passed = failed = 0
    isolate()
    for function in tests:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        start = time.monotonic()
        try:
            run(function)
            passed += 1
            print(f"ok {function.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {function.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
