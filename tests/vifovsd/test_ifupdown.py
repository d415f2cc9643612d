# SPDX-License-Identifier: GPL-2.0-or-later
"""What /etc/network/interfaces says with ovs_type, by the script of Debian's openvswitch-switch."""

import os
import subprocess

from bed import there


def ifupdown(bed, mode, **words):
    """As ifup and ifdown call it; with more time than its five seconds."""
    tools = os.path.join(bed.dir, "tools")
    if not os.path.exists(tools):
        os.mkdir(tools)
        with open(os.path.join(tools, "ovs-vsctl"), "w", encoding="utf-8") as f:
            f.write(f'#!/bin/sh\nshift\nexec {bed.tools}/ovs-vsctl --db=unix:{bed.ovs.socket} --timeout=100 -vtimeval:off "$@"\n')
        os.chmod(os.path.join(tools, "ovs-vsctl"), 0o755)
        for name in ("systemctl", "service"):
            os.symlink("/bin/false", os.path.join(tools, name))
    script = bed.tools.removesuffix("/usr/bin") + "/usr/share/openvswitch/scripts/ifupdown.sh"
    done = subprocess.run(["sh", script], text=True, capture_output=True,
                          env={"PATH": f"{tools}:{os.environ['PATH']}:/sbin", "MODE": mode, **words})
    return done.stdout + done.stderr


def test_ifupdown(bed):
    """a bridge, a port with a tag, a tunnel, an interface of dom0's; down again"""
    bridge = {"IFACE": "br0", "IF_OVS_TYPE": "OVSBridge"}
    port = {"IFACE": "a0", "IF_OVS_TYPE": "OVSPort", "IF_OVS_BRIDGE": "br0", "IF_OVS_OPTIONS": "tag=5"}
    tunnel = {"IFACE": "vx1", "IF_OVS_TYPE": "OVSTunnel", "IF_OVS_BRIDGE": "br0", "IF_OVS_OPTIONS": "tag=7",
              "IF_OVS_TUNNEL_TYPE": "vxlan", "IF_OVS_TUNNEL_OPTIONS": "options:remote_ip=192.0.2.2 options:key=9"}
    internal = {"IFACE": "int0", "IF_OVS_TYPE": "OVSIntPort", "IF_OVS_BRIDGE": "br0", "IF_OVS_OPTIONS": "tag=9"}
    for one in (bridge, port, tunnel, internal):
        said = ifupdown(bed, "start", **one)
        assert not said, said
    assert bed.rows("Switch")["br0"]["uplinks"] == ["a0", "int0-sw"]
    its = bed.rows("Uplink")["int0-sw"]
    assert (its["dom0_device"], its["tag"], its["transit"]) == ("int0", 9, True), its
    assert there("int0")
    bed.until("it to be up", lambda: bed.vsctl("get interface int0 admin_state") == "up")
    assert bed.rows("Uplink")["a0"]["tag"] == 5
    assert bed.rows("Network")["br0.7.9.vxlan"]["remotes"] == "192.0.2.2"
    for one in (internal, tunnel, port, bridge):
        said = ifupdown(bed, "stop", **one)
        assert not said, said
    assert (bed.rows("Switch"), bed.rows("Uplink"), bed.rows("Network")) == ({}, {}, {})
