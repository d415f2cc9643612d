#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests inside the VM: inside.py [--smoke] [--without=FILE,FILE] [--after=TEST] [NAME...]

Each test_*.py of this folder holds functions marked with @test; the docstring's
first line says what is proved. Every test runs in a process of its own, in a
fresh network namespace, and gets one line: ok, skip or not ok with the reason.
The kernel's log is read after each: a warning, a BUG, a refcount complaint
fails the test that caused it. At the end the module must unload. The name of the
test that runs is in $RESULTS/running, for run.py if the kernel dies of it.
"""
import glob
import importlib
import os
import re
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lab")]
import documents  # noqa: E402
import wait  # noqa: E402
import world  # noqa: E402
from registry import Skip, TESTS  # noqa: E402

MODULES = ("veth", "dummy", "8021q", "bridge", "tun", "macvlan", "bonding", "sch_ingress",
           "sch_netem", "sch_tbf", "sch_htb", "sch_fq_codel", "vrf", "pktgen",
           "vxlan", "geneve", "ip_gre", "ip6_gre",
           "cls_flower", "cls_matchall", "act_mirred", "act_vlan", "act_gact", "act_police",
           "act_pedit", "act_csum",
           "wireguard", "xfrm_user", "esp4", "esp6", "gcm", "ctr", "ghash_generic", "aes_generic", "seqiv")
SPLAT = re.compile(
    r"WARNING:|BUG:|BUG |Oops|refcount_t|Call Trace|general protection|KASAN|"
    r"suspicious RCU|possible (circular|recursive)|inconsistent lock state|held lock freed|"
    r"lock held when returning|UBSAN|ODEBUG|unregister_netdevice: waiting|"
    r"list_(add|del) corruption|hw csum failure|double free|use-after-free|"
    r"scheduling while atomic|leaked reference|Objects remaining|kernel NULL pointer")
KMEMLEAK = "/sys/kernel/debug/kmemleak"
# A limit is there to end what hangs: it is this many times what tests say that they take.
PATIENCE = max(5, int(wait.SLOW))
# Said by a slow emulator, not by a bug of ours.
NOISE = re.compile(r"clocksource|Unstable clock|perf: interrupt took|hrtimer: interrupt took")


def load():
    for path in sorted(glob.glob(os.path.join(HERE, "test_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])


def show():
    load()
    for t in TESTS:
        print(f"{t.full:44}{'smoke ' if t.smoke else '      '}{t.cpus} {t.doc}")
    return 0


def known_as(t):
    return (t.full, t.name, t.module, t.module[5:])


def unknown(names):
    """Those that name no test, and the files of tests that there are."""
    load()
    known = {name for t in TESTS for name in known_as(t)}
    return [n for n in names if n not in known], list(dict.fromkeys(t.module[5:] for t in TESTS))


def chosen(arguments):
    load()
    smoke = "--smoke" in arguments
    names = [a for a in arguments if not a.startswith("-")]
    without = [f for a in arguments if a.startswith("--without=") for f in a[10:].split(",")]
    after = [a[8:] for a in arguments if a.startswith("--after=")]
    full_names = [t.full for t in TESTS]
    begin = full_names.index(after[0]) + 1 if after else 0
    out = []
    for t in TESTS[begin:]:
        wanted = not names or any(n in known_as(t) for n in names)
        if wanted and t.module[5:] not in without and (t.smoke or not smoke) and (names or t.default):
            out.append(t)
    return out


class KernelLog:
    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        self.read()

    def read(self):
        lines = []
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BlockingIOError:
                return lines
            except OSError:
                continue
            lines.append(record.split(";", 1)[-1].split("\n")[0])

    def splats(self):
        return [x for x in self.read() if SPLAT.search(x) and not NOISE.search(x)]


def child(t, pipe):
    """In the test's own process: run it, tell why it failed."""
    import world
    try:
        world.isolate()
        note = t.function()
        text = f"ok {note or ''}"
    except Skip as e:
        text = f"skip {e}"
    except BaseException as e:
        frames = [f for f in traceback.extract_tb(e.__traceback__) if f.filename.startswith(HERE)]
        where = "; ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in frames[-3:])
        text = f"not ok {type(e).__name__}: {e} [{where}]"
    os.write(pipe, text.encode()[:60000])
    os._exit(0)


def run_one(t):
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        os.close(reader)
        child(t, writer)
    os.close(writer)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(pid, signal.SIGKILL))
    signal.alarm(t.limit * PATIENCE)
    text = b""
    while True:
        part = os.read(reader, 65536)
        if not part:
            break
        text += part
    os.close(reader)
    signal.alarm(0)
    try:
        os.killpg(pid, signal.SIGKILL)  # helpers it left behind
    except ProcessLookupError:
        pass
    _, status = os.waitpid(pid, 0)
    if not text:
        return f"not ok no result within {t.limit * PATIENCE} s (status {status})"
    return text.decode(errors="replace")


def running(name):
    with open(os.path.join(os.environ["RESULTS"], "running"), "w") as f:
        f.write(name)


def unreferenced():
    """What kmemleak finds that nothing points to, where the kernel has it; [] where it has not.

    An object is found when two scans see it, and not before it is five seconds old."""
    if not os.path.exists(KMEMLEAK):
        return []
    for _ in range(2):
        time.sleep(6)
        with open(KMEMLEAK, "w") as f:
            f.write("scan\n")
    with open(KMEMLEAK) as f:
        return f.read().split("unreferenced object ")[1:]


def prepare():
    subprocess.run(["mount", "-t", "debugfs", "debugfs", "/sys/kernel/debug"],
                   stderr=subprocess.DEVNULL)
    for module in MODULES:
        subprocess.run(["modprobe", module], stderr=subprocess.DEVNULL)
    for path, value in (("/proc/sys/kernel/watchdog_thresh", "60"),
                        ("/proc/sys/kernel/printk", "4")):
        with open(path, "w") as f:
            f.write(value)
    try:
        world.insert()
    except (RuntimeError, subprocess.CalledProcessError) as e:
        print(f"not ok {e}")
        print("0 passed, 1 failed")
        sys.exit(1)
    unreferenced()
    if os.path.exists(KMEMLEAK):
        with open(KMEMLEAK, "w") as f:
            f.write("clear\n")     # of the boot


def read_schemas():
    """Once, not by each test's process: where time is counted, each answer of the share jumps."""
    documents.commands()
    for name in ("show.json", "why.json"):
        documents.validator(name).is_valid({})


def main(arguments):
    if not os.environ.get("VIFSWITCH_VM"):
        raise SystemExit("inside.py runs in the VM: use tests/vm/run.py")
    tests = chosen(arguments)
    if not tests and not any(a.startswith("--after=") for a in arguments):
        print("not ok: no such test: " + " ".join(arguments) + "\n0 passed, 1 failed")
        return 1
    prepare()
    read_schemas()
    log = KernelLog()
    count = {"ok": 0, "skip": 0, "not ok": 0}

    def report(name, text, seconds):
        splats = log.splats()
        kind = "not ok" if text.startswith("not ok") else text.split()[0]
        detail = text[len(kind):].strip()
        if splats:
            kind, detail = "not ok", f"kernel log: {' | '.join(splats[:4])} {detail}"
        count[kind] += 1
        print(f"{kind} {name} ({seconds:.1f} s){': ' + detail if detail else ''}", flush=True)

    for t in tests:
        running(t.full)
        start = time.monotonic()
        text = run_one(t)
        report(t.full, text, time.monotonic() - start)
    running("")
    if os.path.exists(KMEMLEAK):
        start, lost = time.monotonic(), unreferenced()
        report("no-memory-lost", f"not ok {len(lost)} objects: {' | '.join(lost[:5])}" if lost
               else "ok", time.monotonic() - start)
    start = time.monotonic()
    done = subprocess.run(["timeout", "60", "rmmod", "vifswitch"], text=True,
                          stderr=subprocess.PIPE)
    report("unload-at-the-end", "not ok " + done.stderr.strip() if done.returncode else "ok",
           time.monotonic() - start)
    print("{ok} passed, {not ok} failed".format(**count)
          + (f", {count['skip']} skipped" if count["skip"] else ""), flush=True)
    return 1 if count["not ok"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
