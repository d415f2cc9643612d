# SPDX-License-Identifier: GPL-2.0-or-later
"""Inside the measuring VM: instructions for each 60-byte packet, by subject.

One instruction is one virtual nanosecond here (-icount shift=0), so pktgen's
own time divided by its packets is an instruction count. pktgen injects fresh
skbs into in0's receive path; what comes out is swallowed by the dummy out0.
Every subject gets a namespace of its own with only its own devices in it.

  [pktgen] -> in0 (dummy) -> the switch -> out0 (dummy)
"""
import json
import os
import re
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "vm"), os.path.join(HERE, "..", "lab")]
import world  # noqa: E402
from genl import Genl, nla, pack, u32  # noqa: E402

SOURCE, TARGET = "00:16:3e:00:00:01", "00:16:3e:00:00:02"
PACKETS = 40000
MODULES = ("dummy", "pktgen", "bridge", "openvswitch", "sch_ingress", "cls_matchall", "act_mirred",
           "nf_conntrack", "nf_reject_ipv4", "nf_reject_ipv6")
OVS = {"in_port": 3, "ethernet": 4, "ethertype": 6, "ipv4": 7}


def devices():
    world.ip("link add name in0 type dummy", "link add name out0 type dummy",
             f"link set dev out0 address {TARGET}", "link set dev in0 up", "link set dev out0 up")


def received(device="out0"):
    with open(f"/sys/class/net/{device}/statistics/tx_packets") as f:
        return int(f.read())


def pktgen(packets, shared=False):
    """Instructions for each packet, as pktgen sees them."""
    def write(name, line):
        with open(f"/proc/net/pktgen/{name}", "w") as f:
            f.write(line + "\n")
    write("kpktgend_0", "rem_device_all")
    write("kpktgend_0", "add_device in0")
    for line in ("xmit_mode netif_receive", f"count {packets}", "pkt_size 60", "delay 0",
                 f"dst_mac {TARGET}", f"src_mac {SOURCE}", "dst 10.0.0.2", "src_min 10.0.0.1",
                 "src_max 10.0.0.1", "udp_src_min 9", "udp_src_max 9"):
        write("in0", line)
    if not shared:
        write("in0", "flag !SHARED")
    write("pgctrl", "start")
    with open("/proc/net/pktgen/in0") as f:
        text = f.read()
    found = re.search(r"Result: OK: (\d+)\(.*?\) \S+, (\d+) ", text)
    if not found or int(found.group(2)) != packets:
        raise RuntimeError("pktgen: " + text[-400:])
    return int(found.group(1)) * 1000 / packets


def no_switch():
    """Ends in the IP stack, which finds the frame is for another host."""


def bridge():
    world.ip("link add name br0 type bridge", "link set dev br0 up",
             "link set dev in0 master br0", "link set dev out0 master br0")
    subprocess.run(["bridge", "fdb", "replace", TARGET, "dev", "out0", "master", "static"],
                   check=True)


def bridge_vlan():
    bridge()
    world.ip("link set dev br0 type bridge vlan_filtering 1")
    for line in ("vlan add dev in0 vid 100 pvid untagged", "vlan add dev out0 vid 100 pvid untagged",
                 "vlan del dev in0 vid 1", "vlan del dev out0 vid 1",
                 f"fdb replace {TARGET} dev out0 master static vlan 100"):
        subprocess.run(["bridge", *line.split()], check=True)


def tc_mirred():
    for line in ("qdisc add dev in0 clsact", "filter add dev in0 ingress matchall action mirred "
                 "egress redirect dev out0"):
        subprocess.run(["tc", *line.split()], check=True)


def openvswitch():
    """One datapath, two ports, one flow that matches: what ovs-dpctl would set up."""
    datapath = Genl("ovs_datapath")
    datapath.request(1, struct.pack("=I", 0) + pack({1: b"dp0\0", 2: u32(0), 5: u32(2)}),
                     version=2)
    dp = struct.pack("=I", world.index("dp0"))
    vport = Genl("ovs_vport")
    for number, name in ((1, b"in0\0"), (2, b"out0\0")):
        vport.request(1, dp + pack({1: u32(number), 2: u32(1), 3: name, 5: u32(0)}), version=1)
    full, none = b"\xff", b"\0"
    key = pack({OVS["in_port"]: u32(1), OVS["ethernet"]: none * 12,
                OVS["ethertype"]: b"\x08\0", OVS["ipv4"]: none * 12})
    mask = pack({OVS["in_port"]: full * 4, OVS["ethernet"]: none * 12,
                 OVS["ethertype"]: full * 2, OVS["ipv4"]: none * 12})
    Genl("ovs_flow").request(1, dp + nla(1, key) + nla(7, mask) + nla(2, nla(1, u32(2))),
                             version=1)


def vifswitch(limits=None, **out):
    import abi
    world.ip("link add name sw0 type vifswitch", "link set dev sw0 up")
    nl = Genl()
    switch = world.index("sw0")
    nl.port_new(switch, world.index("in0"),
                abi.program(abi.PF_GUARD, 100, macs=[SOURCE], **(limits or {})), b"vm-a/0", 1)
    nl.port_new(switch, world.index("out0"),
                abi.program(abi.PF_GUARD, 100, macs=[TARGET], **out), b"vm-b/0", 1)


def vifswitch_police():
    vifswitch({"rate": 10 ** 11, "burst": 10 ** 9})


def vifswitch_uplink():
    """From a VM in VLAN 100 to a MAC behind the uplink: the tag is put on."""
    import abi
    world.ip("link add name sw0 type vifswitch", "link set dev sw0 up")
    nl = Genl()
    switch = world.index("sw0")
    nl.port_new(switch, world.index("in0"), abi.program(abi.PF_GUARD, 100, macs=[SOURCE]),
                b"vm-a/0", 1)
    nl.port_new(switch, world.index("out0"), abi.program(
        abi.PF_UPLINK | abi.PF_LEARN | abi.PF_FLOOD, 0, range(4095), {0}, fdb_max=100))
    nl.fdb_add(world.index("out0"), TARGET, 100)


SUBJECTS = (("no switch", None, no_switch), ("tc mirred redirect", "tc", tc_mirred),
            ("bridge", "bridge", bridge), ("access VLAN", "bridge", bridge_vlan),
            ("one hit flow", "openvswitch", openvswitch),
            ("access VLAN with MAC guard", "vifswitch", vifswitch),
            ("access VLAN with MAC guard and police", "vifswitch", vifswitch_police),
            ("access VLAN with MAC guard to tagged uplink", "vifswitch", vifswitch_uplink))


def one(build):
    """In a child with a namespace of its own: [instructions, packets that came out]."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            world.isolate()
            devices()
            build()
            pktgen(1000)
            before = received()
            cost = pktgen(PACKETS)
            answer = [cost, received() - before]
        except BaseException as e:
            answer = [f"{type(e).__name__}: {e}", 0]
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    answer = json.loads(os.read(reader, 65536) or '["died", 0]')
    os.waitpid(pid, 0)
    os.close(reader)
    return answer


def main():
    for module in MODULES:
        subprocess.run(["modprobe", module], check=True)
    have = os.path.exists(os.environ["MODULE"])
    if have:
        subprocess.run(["insmod", os.environ["MODULE"]], check=True)
    out = []
    for case, subject, build in SUBJECTS:
        if subject == "vifswitch" and not have:
            continue
        start = time.time()
        cost, arrived = one(build)
        out.append({"case": case, "subject": subject, "cost": cost, "arrived": arrived})
        print(f"# {subject or '-'} {case}: {cost} in all, {arrived} of {PACKETS} came out"
              f" ({time.time() - start:.0f} emulated s)", flush=True)
    with open(os.path.join(os.environ["RESULTS"], "datapath.json"), "w") as f:
        json.dump({"packets": PACKETS, "results": out}, f)


if __name__ == "__main__":
    main()
