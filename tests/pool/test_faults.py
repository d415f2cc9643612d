# SPDX-License-Identifier: GPL-2.0-or-later
"""Three hosts write while their vifdbd and etcd's members are killed, stopped and cut off."""

import random
import signal
import threading
import time

from lab import until
from registry import test
from setting import pool
from test_rules import LIST_ROWS, Appender, in_threads, judge


def kill_host(made, dice):
    host = dice.choice(made.hosts)
    host.server.kill()
    time.sleep(dice.random() * 0.3)
    host.start([]).close()
    return "kill -9 vifdbd"


def kill_member(made, dice):
    member = dice.choice(made.cluster.members)
    member.kill()
    time.sleep(dice.random())
    member.start()
    until("it answers again", lambda: made.cluster.answers(member))
    return "kill -9 etcd"


def stop_member(made, dice):
    member = dice.choice(made.cluster.members)
    member.signal(signal.SIGSTOP)
    time.sleep(1 + dice.random() * 2)
    member.signal(signal.SIGCONT)
    return "etcd stands still"


def cut_host(made, dice):
    host = dice.choice(made.hosts)
    host.cut()
    time.sleep(1 + dice.random() * 3)
    host.mend()
    return "host cut off"


def forget(made, dice):
    made.cluster.compact()
    return "compaction"


FAULTS = [kill_host, kill_member, stop_member, cut_host, forget]


@test
def faults(args):
    """Nothing that was acknowledged is lost, nothing is there twice, one order explains all."""
    dice = random.Random(args.seed)
    with pool(rows=LIST_ROWS, lines=True) as made:
        each = args.transactions // 6
        appenders = [Appender(host, "%s%d" % (host.name, k), random.Random(args.seed * 100 + n * 10 + k), each)
                     for n, host in enumerate(made.hosts) for k in range(2)]
        done = threading.Event()
        happened = []

        def write():
            try:
                in_threads(*[a.run for a in appenders])
            finally:
                done.set()

        def break_things():
            for n in range(args.faults):
                happened.append(FAULTS[n % len(FAULTS)](made, dice))
                if done.wait(0.2 + dice.random() * 0.5):
                    break
        began = time.monotonic()
        in_threads(write, break_things)
        spent = time.monotonic() - began
        transactions = judge(made, appenders)
        refused = sum(a.refused for a in appenders)
        unknown = sum(len(a.unknown) for a in appenders)
        return "%d transactions in %.0f s, %d faults, %d refused, of %d nobody knows; 0 anomalies" % (
            len(transactions), spent, len(happened), refused, unknown)
