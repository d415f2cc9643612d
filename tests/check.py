#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs test stages side by side and adds up what they report.

Each stage is a make target whose last line of the form
"N passed, N failed[, N skipped]" counts. A stage that prints no such line, or
exits non-zero without a failure of its own, counts as one failure. Output goes
to build/check/STAGE.log; the end of a failed stage's log is shown, and last of all
the lines that name failed tests: who keeps only the end of what is printed has those.

Stages given as "a+b" run one after the other; separate arguments side by side; what
comes behind the argument "beside" takes what the others leave of the CPUs. What comes behind
"apart" does, too, and has a network of its own, if that may be had: no other lane takes a
port there that it has found free.
On two cores emulated machines are better off one kind at a time: side by side they take as
long, and rates and races are measured on what is left over. But they wait often: two hosts
with Xen leave half of the two cores idle.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time

COUNT = re.compile(r"^(?:\w[\w-]*: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$")
FAILURE = re.compile(r"^(?:not ok|FAIL|FAILED|Traceback|\s+FAILED)\b")
LOGS = "build/check"
NAMED = 20
STAGE_LIMIT = int(os.environ.get("CHECK_STAGE_SECONDS", "3000"))
started = time.monotonic()
say_lock = threading.Lock()
running = set()
# Behind "beside" a fifth of the weight that the others have: nothing starves, and what is
# measured on emulated machines has the CPUs.
NICE = ["nice", "-n", "7"]
APART = ["unshare", "--net", "sh", "-c", 'ip link set dev lo up && exec "$@"', "apart"]


def say(text):
    with say_lock:
        print("[%4d s] %s" % (time.monotonic() - started, text), flush=True)


def counts_of(log):
    """The last count line of a log, as (passed, failed, skipped), or None."""
    found = None
    with open(log, errors="replace") as lines:
        for line in lines:
            match = COUNT.match(line)
            if match:
                found = tuple(int(n or 0) for n in match.groups())
    return found


def run_stage(stage, results, how):
    log = os.path.join(LOGS, stage + ".log")
    say(stage + ": started")
    begin = time.monotonic()
    with open(log, "w") as out:
        process = subprocess.Popen([*how, "make", "--no-print-directory", stage],
                                   stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   start_new_session=True)
        running.add(process)
        cpu = None
        while cpu is None:
            cpu, spent = cpu_of(process, 60), time.monotonic() - begin
            if cpu is None and spent > STAGE_LIMIT:
                say("%s: still running after %d s, stopping it" % (stage, spent))
                stop(process)
                cpu = 0
            elif cpu is None:
                say("%s: running for %d s" % (stage, spent))
        running.discard(process)
    counts = counts_of(log)
    if counts is None:
        counts = (0, 1, 0)
    elif process.returncode and not counts[1]:
        counts = (counts[0], 1, counts[2])
    results[stage] = counts
    say("%s: %d passed, %d failed, %d skipped in %d s, %d s of CPU"
        % ((stage,) + counts + (spent, cpu)))


def cpu_of(process, timeout):
    """Seconds of CPU that it took, with what it waited for, once it ended; None if it runs on."""
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
        time.sleep(0.2)
    return None


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        pass


def show_failures(results):
    named = []
    for stage, (_, failed, skipped) in results.items():
        log = os.path.join(LOGS, stage + ".log")
        with open(log, errors="replace") as lines:
            text = lines.read().splitlines()
        if failed:
            print("\n--- %s, last lines of %s" % (stage, log))
            print("\n".join(text[-120:]))
            named += ["%s: %s" % (stage, line.strip()) for line in text if FAILURE.match(line)]
        elif skipped:
            print("\n--- %s, skipped:" % stage)
            print("\n".join(line for line in text if "skip" in line.lower()))
    if named:
        print("\n--- failed:\n" + "\n".join(named[:NAMED]))


def may_be_apart():
    """Root may. Without, a port can be taken between two steps of a test: once in thousands."""
    return subprocess.run([*APART, "true"], stderr=subprocess.DEVNULL).returncode == 0


def lanes_of(arguments):
    """Each lane's stages, and what they run under. A lane may be broken behind a "+"."""
    how = []
    for word in " ".join(arguments).replace("+ ", "+").split():
        if word == "beside":
            how = NICE
        elif word == "apart":
            how = NICE + (APART if may_be_apart() else [])
        else:
            yield word.split("+"), how


def run_lanes(lanes, results):
    """Each lane's stages one after the other, the lanes side by side. What a lane that broke
    never came to is a failure, and has no log of an earlier run."""
    for stages, _ in lanes:
        for stage in stages:
            results[stage] = (0, 1, 0)
            open(os.path.join(LOGS, stage + ".log"), "w").close()

    def lane_run(stages, how):
        for stage in stages:
            run_stage(stage, results, how)

    threads = [threading.Thread(target=lane_run, args=lane) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    if not sys.argv[1:]:
        sys.exit(__doc__)
    os.makedirs(LOGS, exist_ok=True)
    results = {}

    def interrupted(*_):
        for process in list(running):
            stop(process)
        os._exit(130)

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    run_lanes(list(lanes_of(sys.argv[1:])), results)
    show_failures(results)
    passed, failed, skipped = (sum(column) for column in zip(*results.values()))
    print("\n%d s in all" % (time.monotonic() - started))
    print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
    sys.exit(1 if failed else 0)


main()
