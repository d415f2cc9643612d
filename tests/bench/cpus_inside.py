# SPDX-License-Identifier: GPL-2.0-or-later
"""Inside a VM with two CPUs: packets a second of one CPU, then of both at once.

  CPU 0: [pktgen] -> in0 -> the switch -> out0
  CPU 1: [pktgen] -> in1 -> the switch -> out1

Each CPU has ports of its own in one switch, and one flow. The clock is a real one, so
every subject is measured in turns, ROUNDS times over; a round's ratio is of two
measurements next to each other.
"""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "vm"), os.path.join(HERE, "..", "lab")]
import datapath_inside  # noqa: E402
import world  # noqa: E402
from genl import Genl  # noqa: E402
from peers import run  # noqa: E402

PACKETS, ROUNDS = 200000, int(os.environ.get("ROUNDS") or 5)
PAIRS = (0, 1)


def mac(end, n):
    return f"00:16:3e:00:{n:02x}:{end:02x}"


def devices():
    for n in PAIRS:
        world.ip(f"link add name in{n} type dummy", f"link add name out{n} type dummy",
                 f"link set dev in{n} up", f"link set dev out{n} up")


def vifswitch():
    import abi
    world.ip("link add name sw0 type vifswitch", "link set dev sw0 up")
    nl, switch = Genl(), world.index("sw0")
    for n in PAIRS:
        for end, name in ((1, "in"), (2, "out")):
            nl.port_new(switch, world.index(f"{name}{n}"),
                        abi.program(abi.PF_GUARD, 100, macs=[mac(end, n)]),
                        f"{name}/{n}".encode(), 1)


def bridge():
    world.ip("link add name br0 type bridge mcast_snooping 0 vlan_filtering 1",
             "link set dev br0 up")
    for n in PAIRS:
        for end, name in ((1, "in"), (2, "out")):
            device = f"{name}{n}"
            world.ip(f"link set dev {device} master br0")
            for line in (f"vlan add dev {device} vid 100 pvid untagged",
                         f"vlan del dev {device} vid 1",
                         f"fdb replace {mac(end, n)} dev {device} master static vlan 100"):
                run("bridge", *line.split())


def tc():
    for n in PAIRS:
        run("tc", *f"qdisc add dev in{n} clsact".split())
        run("tc", *f"filter add dev in{n} ingress matchall action mirred egress redirect "
            f"dev out{n}".split())


SUBJECTS = {"vifswitch": vifswitch, "bridge": bridge, "tc": tc}


def write(name, *lines):
    for line in lines:
        with open(f"/proc/net/pktgen/{name}", "w") as f:
            f.write(line + "\n")


def rate(pairs):
    """Packets a second of all those pairs together."""
    for n in PAIRS:
        write(f"kpktgend_{n}", "rem_device_all")
    for n in pairs:
        write(f"kpktgend_{n}", f"add_device in{n}")
        write(f"in{n}", "xmit_mode netif_receive", f"count {PACKETS}", "pkt_size 60",
              "flag !SHARED", "delay 0", f"src_mac {mac(1, n)}", f"dst_mac {mac(2, n)}",
              f"src_min 10.0.{n}.1", f"src_max 10.0.{n}.1", f"dst_min 10.0.{n}.2",
              f"dst_max 10.0.{n}.2")
    write("pgctrl", "start")
    total = 0
    for n in pairs:
        with open(f"/proc/net/pktgen/in{n}") as f:
            text = f.read()
        found = re.search(r"Result: OK: (\d+)\(", text)
        if not found:
            raise RuntimeError("pktgen: " + text[-400:])
        total += PACKETS * 1000000 / int(found.group(1))
    return total


def one(subject):
    world.isolate()
    devices()
    SUBJECTS[subject]()
    before = datapath_inside.received("out0"), datapath_inside.received("out1")
    rate((0,))
    alone = rate((0,))
    both = rate(PAIRS)
    passed = [datapath_inside.received(f"out{n}") - before[n] for n in PAIRS]
    if passed != [3 * PACKETS, PACKETS]:
        raise RuntimeError(f"{subject}: {passed} packets came out")
    return alone, both


def apart(subject):
    """one() in a namespace of its own."""
    done = subprocess.run([sys.executable, __file__, subject], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"{subject}: exit status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    for module in ("dummy", "pktgen", "bridge", "sch_ingress", "cls_matchall", "act_mirred"):
        subprocess.run(["modprobe", module], check=True)
    world.insert()
    found = {subject: [] for subject in SUBJECTS}
    for turn in range(ROUNDS):
        for subject in SUBJECTS:
            alone, both = apart(subject)
            print(f"# {turn} {subject}: {alone:.0f} packets/s on one CPU, {both:.0f} on two",
                  flush=True)
            found[subject].append(both / alone)
    with open(os.path.join(os.environ["RESULTS"], "cpus.json"), "w") as f:
        json.dump(found, f)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(one(sys.argv[1])))
    else:
        main()
