# SPDX-License-Identifier: GPL-2.0-or-later
"""Is there one order of all transactions that explains what each of them saw?

Lists only grow, by one element a transaction, which sees the list that it appends
to. So the versions of a list are known: version n has n elements. That gives the
order of two transactions wherever one saw what the other wrote or did not see it yet;
with the order in which each client had its answers these orders must have no ring.
"""


class Anomaly(Exception):
    pass


class Transaction:
    """saw: {list: frozenset of elements}; appended: (list, element) or None."""

    def __init__(self, client, saw, appended=None):
        self.client, self.saw, self.appended = client, saw, appended

    def __repr__(self):
        return "%s saw %s appended %s" % (
            self.client, {name: len(items) for name, items in self.saw.items()}, self.appended)


def check_versions(transactions, final, unknown):
    """What was acknowledged is there, once, and the versions of a list are a chain."""
    writers = {}
    for t in transactions:
        if not t.appended:
            continue
        name, element = t.appended
        if element not in final[name]:
            raise Anomaly("lost although acknowledged: %s" % t)
        version = (name, len(t.saw[name]))
        if version in writers:
            raise Anomaly("a lost update: %s and %s" % (writers[version], t))
        writers[version] = t
    known = {t.appended for t in transactions} | unknown
    for name, items in final.items():
        for element in items:
            if (name, element) not in known:
                raise Anomaly("from nowhere: %s in %s" % (element, name))
    for name in final:
        states = sorted({t.saw[name] for t in transactions if name in t.saw} | {final[name]}, key=len)
        for less, more in zip(states, states[1:]):
            if not less < more:
                raise Anomaly("%s: two versions of %d and %d elements that are no chain"
                              % (name, len(less), len(more)))
    return writers


def arrows(transactions, writers):
    after = {id(t): [] for t in transactions}
    last = {}
    for t in transactions:
        if t.client in last:
            after[id(last[t.client])].append(t)
        last[t.client] = t
        for name, items in t.saw.items():
            wrote = writers.get((name, len(items) - 1))
            if wrote and wrote is not t:
                after[id(wrote)].append(t)
            overwrites = writers.get((name, len(items)))
            if overwrites and overwrites is not t:
                after[id(t)].append(overwrites)
    return after


def find_ring(transactions, after):
    """Takes away, again and again, what nothing comes before; a ring stays."""
    before = {id(t): 0 for t in transactions}
    for followers in after.values():
        for t in followers:
            before[id(t)] += 1
    free = [t for t in transactions if not before[id(t)]]
    left = len(transactions)
    while free:
        left -= 1
        for t in after[id(free.pop())]:
            before[id(t)] -= 1
            if not before[id(t)]:
                free.append(t)
    return [t for t in transactions if before[id(t)]] if left else []


def check(transactions, final, unknown=frozenset()):
    """final: {list: frozenset}; unknown: (list, element) whose outcome nobody was told."""
    writers = check_versions(transactions, final, set(unknown))
    ring = find_ring(transactions, arrows(transactions, writers))
    if ring:
        raise Anomaly("no order explains these: %s" % ring[:8])
