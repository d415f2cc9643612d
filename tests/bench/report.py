#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmark report: rows from several producers, one file, one table.

  report.write("datapath", [("datapath", "access VLAN", "vifswitch",
                             "instructions/packet", 512), ...])

A producer (a part of the benches: datapath, storm, plug ...) writes its rows
with write(), replacing what it wrote before. merge() puts the rows of all
producers into build/bench/report.json

  {"results": [{"group", "case", "subject", "unit", "value"}, ...]}

where a row that was also measured in nanoseconds has them beside its value, as "ns":
{"median", "low", "high"} of several rounds. It returns them; run as a program it does
that, prints the table, and puts it into build/bench/report.txt and a picture of it into
report.svg. GROUPS and SUBJECTS are the words allowed; anything else is refused.
"""
import json
import os
import subprocess
import sys

import chart

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(TOP, "build", "bench")
GROUPS = ("plug", "datapath", "newflow", "attack", "memory", "storm", "database", "flows",
          "failover")
# vifswitch-flows: our switch in openvswitch.ko; openvswitch: the one of ovs-vswitchd.
SUBJECTS = ("vifswitch", "vifswitch-flows", "bridge", "openvswitch", "tc", "nftables", "vif-bridge",
            "vif-openvswitch", "ovsdb-server", "fdatasync", "a socket and fdatasync",
            "a loop that only sends", "libvifdb", "python3-openvswitch")
NANOSECONDS = "ns/packet over no switch"


def finish(rows, bad):
    """A producer's last lines, and its exit status; @bad: what failed, a line each."""
    for text in bad:
        print("not ok " + text)
    print(f"{len(rows)} passed, {len(bad)} failed")
    return 1 if bad else 0


def measured_in_vm(name, *arguments):
    """What tests of tests/vm leave in build/vm, counted there; ends this process if they fail."""
    path = os.path.join(TOP, "build", "vm", name)
    if os.path.exists(path):
        os.unlink(path)
    done = subprocess.run([sys.executable, os.path.join(TOP, "tests", "vm", "run.py"), "--icount", *arguments])
    if done.returncode or not os.path.exists(path):
        sys.exit(done.returncode or 1)
    with open(path) as f:
        return json.load(f)


def row(group, case, subject, unit, value, **spread):
    if group not in GROUPS:
        raise ValueError(f"bench: group {group!r}: one of {', '.join(GROUPS)}")
    if subject not in SUBJECTS:
        raise ValueError(f"bench: subject {subject!r}: one of {', '.join(SUBJECTS)}")
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError(f"bench: value {value!r} of {case}: a number")
    if set(spread) not in (set(), {"low", "high"}):
        raise ValueError(f"bench: {', '.join(spread)} of {case}: low and high, or neither")
    return {"group": group, "case": case, "subject": subject, "unit": unit,
            "value": round(value, 3), **spread}


def save(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w") as f:
        json.dump(data, f, indent=1)
        f.write("\n")
    os.rename(path + ".new", path)


def write(producer, rows):
    save(os.path.join(BENCH, "rows", producer + ".json"),
         [r if isinstance(r, dict) else row(*r) for r in rows])


def fold(rows):
    """Nanoseconds go beside the instructions of the same case and subject, if there are any."""
    def key(r):
        return r["group"], r["case"], r["subject"]

    timed, out = {key(r): r for r in rows if r["unit"] == NANOSECONDS}, []
    counted = {key(r) for r in rows if r["unit"] != NANOSECONDS}
    for r in rows:
        if r["unit"] == NANOSECONDS and key(r) in counted:
            continue
        n = timed.get(key(r))
        out.append({k: v for k, v in r.items() if k not in ("low", "high")} | (
            {"ns": {"median": n["value"], "low": n["low"], "high": n["high"]}} if n else {}))
    return out


def merge():
    rows = []
    directory = os.path.join(BENCH, "rows")
    for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
        if name.endswith(".json"):
            with open(os.path.join(directory, name)) as f:
                rows += [row(**r) for r in json.load(f)]
    rows = fold(rows)
    rows.sort(key=lambda r: (GROUPS.index(r["group"]), r["case"], r["value"]))
    save(os.path.join(BENCH, "report.json"), {"results": rows})
    return rows


def table(rows):
    lines = [("group", "case", "subject", "value", "unit", "ns", "lowest to highest")]
    for r in rows:
        ns = r.get("ns")
        lines.append((r["group"], r["case"], r["subject"], f"{r['value']:,.6g}"
                      if abs(r["value"]) < 1e6 else f"{r['value']:,.0f}", r["unit"],
                      f"{ns['median']:,.0f}" if ns else "",
                      f"{ns['low']:,.0f} to {ns['high']:,.0f}" if ns else ""))
    columns = 7 if any("ns" in r for r in rows) else 5
    width = [max(len(line[i]) for line in lines) for i in range(columns)]
    for line in lines:
        yield "  ".join(c.rjust(width[i]) if i in (3, 5) else c.ljust(width[i])
                        for i, c in enumerate(line[:columns])).rstrip()


if __name__ == "__main__":
    found = merge()
    text = "\n".join(table(found))
    print(text)
    for name, data in (("report.txt", text + "\n"), ("report.svg", chart.svg(found))):
        with open(os.path.join(BENCH, name), "w") as f:
            f.write(data)
    print(f"{len(found)} rows in build/bench/report.json, report.txt and report.svg")
    sys.exit(0 if found else 1)
