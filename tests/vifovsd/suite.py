#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Open vSwitch's own tests of ovs-vsctl (ovs-vsctl.at of Debian's openvswitch-source), unmodified, with
Debian's ovs-vsctl on vifdbd with our schema. vsctl.list says of every test what must come out.
Last line: "N passed, N failed".
"""
import importlib.util
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests/lab"))
import ovspeer  # noqa: E402

# Unpacking, running and judging are as for ofproto.at.
spec = importlib.util.spec_from_file_location("ofproto_suite", os.path.join(TOP, "tests/vifofd/suite.py"))
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)


def programs():
    """Ours, by the names of those that they stand for; what is none of these is found in PATH."""
    base.suite.stand_ins()
    os.symlink(ovspeer.package() + "/usr/bin/ovs-vsctl", os.path.join(base.BIN, "ovs-vsctl"))
    shutil.copy(os.path.join(TOP, "build/openvswitch.ovsschema"), os.path.join(base.SOURCE, "vswitchd/vswitch.ovsschema"))


if __name__ == "__main__":
    base.place("vsctl-suite", os.path.join(HERE, "vsctl.list"), "ovs-vsctl.at")
    base.programs = programs
    base.VIFDBD = os.environ.get("VIFDBD") or os.path.join(TOP, "build/release/vifdbd")
    sys.exit(base.main())
