#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plan of the house: which folder may include which, and no rings of files.

A room is a file NAME.c with its NAME.h. Rooms of one folder may not include each
other in a ring, a folder may include only itself and those above it in LAYERS,
holds at most FILES_MAX C files, and no two files of the product share a name.
"""
import collections
import os
import re
import subprocess
import sys

# From the ground up: a folder includes what stands before it.
LAYERS = """
    include/vifswitch include/vifdb
    kmod/core kmod/core/of kmod kmod/acl kmod/openflow kmod/tunnel kmod/snoop kmod/loop kmod/netlink
    dom0/base dom0/oam
    hotplug
    dom0/libvifdb
    dom0/vifdbd/ovsdb dom0/vifdbd/storage dom0/vifdbd/txn dom0/vifdbd/etcd dom0/vifdbd/net dom0/vifdbd
    dom0/policy dom0/policy/acl dom0/policy/spec
    dom0/datapath dom0/datapath/ko dom0/datapath/tc dom0/datapath/links dom0/datapath/ovs dom0/datapath/flower dom0/datapath/pair
    dom0/xapi dom0/xen dom0/policydb dom0/uplink dom0/handover dom0/mirror dom0/mesh dom0/vici dom0/ipsec dom0/network
    dom0/exporter dom0/config dom0/vf dom0/export dom0/show dom0/vifswitchd dom0/vifswitchd/told dom0/vifswitchd/vf dom0/vifswitchd/flower
    dom0/vifexportd/page dom0/vifexportd
    dom0/openflow dom0/openflow/text dom0/openflow/client dom0/openflow/ko dom0/vifofd
    dom0/ovs dom0/ovs/spec dom0/vifovsd
    dom0/vifoamd dom0/vifxapid
    dom0/vifctl dom0/vifctl/view dom0/vifctl/ask dom0/vifctl/policy dom0/vifctl/flow dom0/vifctl/why dom0/vifctl/doctor
    dom0/vifctl/db dom0/vifctl/history dom0/vifctl/pool dom0/vifctl/here dom0/vifctl/takeover dom0/vifctl/cmd
""".split()
FILES_MAX = 25
# Found from the top of the tree, or beside the file that includes them.
ROOTS = ("", "dom0/", "kmod/core/", "include/")
SAME_NAME = {"main.c"}          # each program has one
# Findings that work in progress still has to remove; no new ones.
OPEN = """
""".strip().splitlines()


def sources():
    out = subprocess.run(["git", "ls-files", "--", "*.c", "*.h"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [path for path in out.splitlines()
            if not path.startswith("tests/") and os.path.exists(path)]


def includes(path, known):
    with open(path, encoding="utf-8") as source:
        wanted = re.findall(r'^#include ["<]([^">]+)[">]', source.read(), re.M)
    for name in wanted:
        for root in (os.path.dirname(path) + "/",) + ROOTS:
            if root + name in known:
                yield root + name
                break


def check_folders(paths, findings):
    files = collections.Counter(os.path.dirname(path) for path in paths if path.endswith(".c"))
    for folder in sorted({os.path.dirname(path) for path in paths} - set(LAYERS)):
        findings.append("%s: not among the LAYERS of tests/layers.py" % folder)
    findings.extend("%s: %d C files, more than %d" % (folder, count, FILES_MAX)
                    for folder, count in sorted(files.items()) if count > FILES_MAX)
    names = collections.defaultdict(list)
    for path in paths:
        names[os.path.basename(path)].append(path)
    findings.extend("%s: one name" % ", ".join(same) for name, same in sorted(names.items())
                    if len(same) > 1 and name not in SAME_NAME)


def ring_from(start, arrows):
    """The shortest way from a room back to itself, or None."""
    ways = collections.deque([[start]])
    seen = set()
    while ways:
        way = ways.popleft()
        for room in sorted(arrows[way[-1]]):
            if room == start:
                return way + [start]
            if room not in seen:
                seen.add(room)
                ways.append(way + [room])
    return None


def check_rings(arrows, findings):
    told = set()
    for room in sorted(arrows):
        ring = ring_from(room, arrows)
        if ring and not told & set(ring):
            told.update(ring)
            findings.append("ring: " + " -> ".join(ring))


def check_all():
    findings = []
    paths = sources()
    known = set(paths)
    arrows = collections.defaultdict(set)
    check_folders(paths, findings)
    for path in paths:
        folder, room = os.path.dirname(path), path[:-2]
        for other in includes(path, known):
            there = os.path.dirname(other)
            if there == folder and other[:-2] != room:
                arrows[room].add(other[:-2])
            elif (there in LAYERS and folder in LAYERS and
                  LAYERS.index(there) > LAYERS.index(folder)):
                findings.append("%s: includes %s, which is above it" % (path, other))
    check_rings(arrows, findings)
    return findings


def check(findings):
    findings.extend(finding for finding in check_all() if finding not in OPEN)


def main():
    findings = []
    check(findings)
    print("\n".join(findings))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
