# SPDX-License-Identifier: GPL-2.0-or-later
"""Three hosts write while their vifdbd and etcd's members are killed, stopped and cut off."""

import random
import signal
import threading
import time

from lab import until
from registry import test
from setting import pool
from test_rules import BANK_ROWS, LIST_ROWS, Appender, Grabber, Teller, in_threads, judge


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


def stop_leader(made, dice):
    """Until the others have chosen another, which it does not know of when it goes on."""
    leader = until("there is a leader", made.cluster.leader)
    leader.signal(signal.SIGSTOP)
    until("there is another", lambda: made.cluster.leader(but=leader))
    leader.signal(signal.SIGCONT)
    return "the leader stands still"


def lonely_leader(made, dice):
    """The leader is cut from its peers alone, until they have chosen another; who asks it meanwhile
    reaches it."""
    leader = until("there is a leader", made.cluster.leader)
    made.cluster.cut_from_peers(leader)
    until("there is another", lambda: made.cluster.leader(but=leader))
    time.sleep(dice.random())
    made.cluster.mend(leader)
    return "the leader is cut from its peers"


def deaf_member(made, dice):
    """Its peers reach it no more, and it reaches them."""
    line = dice.choice(made.cluster.lines)
    line.cut()
    time.sleep(1 + dice.random() * 2)
    line.mend()
    return "a member is cut off in one direction"


def slow_member(made, dice):
    """For its peers and for who asks it."""
    at = dice.randrange(len(made.cluster.members))
    lines = [made.cluster.lines[at]] + [host.lines[at] for host in made.hosts]
    for line in lines:
        line.delay = 0.05 + dice.random() * 0.3
    time.sleep(1 + dice.random() * 2)
    for line in lines:
        line.delay = 0
    return "a member is slow"


def full_disk(made, dice):
    """A member dies of it; then there is room again."""
    member = dice.choice(made.cluster.members)
    member.fill_disk()
    until("it has died", lambda: member.process.poll() is not None)
    member.start()
    until("it answers again", lambda: made.cluster.answers(member))
    return "a member's disk is full"


def cut_host(made, dice):
    host = dice.choice(made.hosts)
    host.cut()
    time.sleep(1 + dice.random() * 3)
    host.mend()
    return "host cut off"


def forget(made, dice):
    made.cluster.compact()
    return "compaction"


FAULTS = [kill_host, lonely_leader, full_disk, cut_host, slow_member, deaf_member, stop_leader, kill_member,
          stop_member, forget]
HOUR = 3600


def judge_the_rest(end, tellers, grabbers):
    """Sums and names: no sum was another at any time, no name was given twice or taken back."""
    sums = {seen for t in tellers for seen in t.sums}
    sums.add(sum(row["balance"] for table in ("Bank0", "Bank1") for row in end[table]))
    assert sums == {600}, sums
    won = [pair for g in grabbers for pair in g.won]
    rows = {row["name"]: row["owner"] for row in end["Name"]}
    assert len({name for name, _ in won}) == len(won), won
    lost = [pair for pair in won if rows.get(pair[0]) != pair[1]]
    assert not lost, lost


@test
def faults(args):
    """Nothing that was acknowledged is lost, nothing is there twice, one order explains all: of
    lists that grow, of money that moves, of names that everybody wants. One host's clock is an hour
    ahead, another's an hour behind."""
    dice = random.Random(args.seed)
    with pool(rows=LIST_ROWS + BANK_ROWS, lines=True, clocks={"b": HOUR, "c": -HOUR}) as made:
        def players(kind, count, number):
            return [kind(host, "%s%d" % (host.name, number), random.Random(args.seed * 100 + n * 10 + number), count)
                    for n, host in enumerate(made.hosts)]
        each = args.transactions // 12
        appenders = players(Appender, each, 0) + players(Appender, each, 1)
        tellers, grabbers = players(Teller, each, 2), players(Grabber, each, 3)
        all_players = appenders + tellers + grabbers
        done = threading.Event()
        happened = []

        def write():
            try:
                in_threads(*[player.run for player in all_players])
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
        judge_the_rest(made.same(), tellers, grabbers)
        refused = sum(player.refused for player in all_players)
        unknown = sum(len(a.unheard) for a in appenders)
        return "%d transactions in %.0f s, of them %d of lists, %d faults, %d refused, of %d of lists nobody" \
            " knows; 0 anomalies" % (each * 12, spent, len(transactions), len(happened), refused, unknown)
