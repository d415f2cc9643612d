# SPDX-License-Identifier: GPL-2.0-or-later
"""What one database promises holds for the pool: indexes, references, what is seen at once."""

import threading

from history import Transaction, check
from lab import Gone, until
from registry import test
from setting import error_of, pool, stored

LISTS = ["L0", "L1", "L2"]


def in_threads(*functions):
    """Runs all at once; the first error is raised."""
    errors = []

    def guarded(function):
        try:
            function()
        except Exception as error:  # of any kind: it is raised below
            errors.append(error)
    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@test
def unique(args):
    """Each name is given once, whichever hosts ask for it at the same moment."""
    with pool() as made:
        won = []

        def grab(host):
            client = host.client()
            for n in range(40):
                out = stored(client, {"op": "insert", "table": "Name",
                                      "row": {"name": "n%d" % n, "owner": host.name}})
                if "error" not in out[-1]:
                    won.append(("n%d" % n, host.name))
                elif not error_of(out).startswith("it is not known"):
                    assert out[-1]["error"] == "constraint violation", out
        in_threads(*[lambda h=host: grab(h) for host in made.hosts])
        rows = [(row["name"], row["owner"]) for row in made.same()["Name"] if row["name"] != "mark"]
        assert len(rows) == 40 and len(set(won)) == len(won) and set(won) <= set(rows), (won, rows)


@test
def bank(args):
    """Transfers between two tables; every sum that anybody sees at any time is the same."""
    with pool(rows=BANK_ROWS) as made:
        done = threading.Event()
        sums = set()

        def total(client):
            out = client.transact(*[{"op": "select", "table": table, "where": []}
                                    for table in ("Bank0", "Bank1")])
            return sum(row["balance"] for result in out for row in result["rows"])

        def watch(host):
            client = host.client()
            while not done.is_set():
                sums.add(total(client))

        def move(host, first):
            client = host.client()
            for n in range(40):
                source, sink = (first + n) % 6, (first + n * n + 1) % 6
                stored(
                    client, {"op": "mutate", "table": "Bank%d" % (source % 2), "where": [["name", "==", "k%d" % source]],
                     "mutations": [["balance", "-=", 7]]},
                    {"op": "mutate", "table": "Bank%d" % (sink % 2), "where": [["name", "==", "k%d" % sink]],
                     "mutations": [["balance", "+=", 7]]})

        def all_moves():
            try:
                in_threads(*[lambda h=host, f=n: move(h, f) for n, host in enumerate(made.hosts)])
            finally:
                done.set()
        in_threads(all_moves, *[lambda h=host: watch(h) for host in made.hosts])
        assert sums == {600}, sums
        end = made.same()
        assert sum(row["balance"] for table in ("Bank0", "Bank1") for row in end[table]) == 600


def append(client, host, n, saw, to):
    """One transaction that sees some lists and appends to one of them, or to none."""
    ops = [{"op": "select", "table": name, "where": [], "columns": ["items"]} for name in saw]
    element = "%s-%d" % (host, n)
    if to:
        ops.append({"op": "mutate", "table": to, "where": [], "mutations": [["items", "insert", element]]})
    out = client.transact(*ops)
    if "error" in out[-1] or len(out) > len(ops):
        raise RuntimeError(out)
    seen = {name: items(result["rows"][0]["items"]) for name, result in zip(saw, out)}
    return Transaction(host, seen, (to, element) if to else None)


def items(value):
    return frozenset(value[1]) if isinstance(value, list) else frozenset([value])


def error_in(out):
    return next((result["error"] for result in out if "error" in (result or {})), None)


class Player:
    """A client that goes on through whatever happens to its host: play() is one transaction of
    it, unknown() is told of each of which it heard no end."""

    def __init__(self, host, name, random, count):
        self.host, self.name, self.random, self.count = host, name, random, count
        self.refused = 0

    def connect(self):
        try:
            return self.host.client()
        except OSError:
            return None

    def run(self):
        client = None
        for n in range(self.count):
            client = client or until("its host is back", self.connect)
            try:
                self.play(client, n)
            except RuntimeError as error:
                # Refused, or not known.
                self.refused += 1
                if "not known" in str(error):
                    self.unknown(n)
                elif "not stored" not in str(error):
                    raise
            except (Gone, OSError):
                # Its host was killed: the next client may see an older copy than this one did.
                self.unknown(n)
                self.name = self.name + "'"
                client = None

    def unknown(self, n):
        pass


class Appender(Player):
    """Appends to lists, and writes down what it saw."""

    def __init__(self, *args):
        super().__init__(*args)
        self.transactions, self.unheard, self.to = [], set(), None

    def play(self, client, n):
        saw = self.random.sample(LISTS, 2)
        self.to = saw[0] if self.random.random() < 0.75 else None
        self.transactions.append(append(client, self.name, n, saw, self.to))

    def unknown(self, n):
        if self.to:
            self.unheard.add((self.to, "%s-%d" % (self.name, n)))


class Teller(Player):
    """Moves money between two tables, and writes down which sums it saw."""

    def __init__(self, *args):
        super().__init__(*args)
        self.sums = set()

    def play(self, client, n):
        source, sink = self.random.sample(range(6), 2)
        looks = [{"op": "select", "table": table, "where": []} for table in ("Bank0", "Bank1")]
        out = client.transact(*looks, *[
            {"op": "mutate", "table": "Bank%d" % (k % 2), "where": [["name", "==", "k%d" % k]],
             "mutations": [["balance", how, 7]]} for k, how in ((source, "-="), (sink, "+="))])
        error = error_in(out)
        if error == "constraint violation":     # there is not so much
            return
        if error:
            raise RuntimeError(out)
        self.sums.add(sum(row["balance"] for look in out[:2] for row in look["rows"]))


class Grabber(Player):
    """Wants names that everybody wants, and writes down which it got."""

    def __init__(self, *args):
        super().__init__(*args)
        self.won = []

    def play(self, client, n):
        out = client.transact({"op": "insert", "table": "Name", "row": {"name": "n%d" % n, "owner": self.name}})
        error = error_in(out)
        if not error:
            self.won.append(("n%d" % n, self.name))
        elif error != "constraint violation":
            raise RuntimeError(out)


def judge(made, appenders):
    end = made.same()
    final = {name: items(end[name][0]["items"]) for name in LISTS}
    transactions = [t for a in appenders for t in a.transactions]
    check(transactions, final, {u for a in appenders for u in a.unheard})
    return transactions


LIST_ROWS = [(name, {"name": name}) for name in LISTS]
BANK_ROWS = [("Bank%d" % (n % 2), {"name": "k%d" % n, "balance": 100}) for n in range(6)]


@test
def lists(args):
    """Append to lists of three tables from three hosts, two clients each: one order explains all."""
    import random
    with pool(rows=LIST_ROWS) as made:
        appenders = [Appender(host, "%s%d" % (host.name, k), random.Random(args.seed * 100 + n * 10 + k), 60)
                     for n, host in enumerate(made.hosts) for k in range(2)]
        in_threads(*[a.run for a in appenders])
        return "%d transactions" % len(judge(made, appenders))


@test
def references(args):
    """References come and go on three hosts: no row without a reference, none to nowhere."""
    rows = [("Parent", {"name": "p%d" % n}) for n in range(4)]
    with pool(rows=rows) as made:
        def play(host, seed):
            import random
            dice = random.Random(seed)
            client = host.client()
            for n in range(40):
                parent = [["name", "==", "p%d" % dice.randrange(4)]]
                child = client.transact({"op": "select", "table": "Child", "where": []})[0]["rows"]
                pick = dice.choice(child)["_uuid"] if child else None
                kind = dice.randrange(3)
                if kind == 0 or not pick:
                    client.transact(
                        {"op": "insert", "table": "Child", "uuid-name": "c", "row": {"n": n}},
                        {"op": "mutate", "table": "Parent", "where": parent,
                         "mutations": [["kids", "insert", ["set", [["named-uuid", "c"]]]]]})
                else:
                    client.transact({"op": "mutate", "table": "Parent", "where": parent, "mutations": [
                        ["kids", "insert" if kind == 1 else "delete", ["set", [pick]]]]})
        in_threads(*[lambda h=host, n=n: play(h, args.seed * 10 + n) for n, host in enumerate(made.hosts)])
        end = made.same()
        kids = set()
        for row in end["Parent"]:
            value = row["kids"]
            kids.update(u[1] for u in (value[1] if value[0] == "set" else [value]))
        assert kids == {row["_uuid"][1] for row in end["Child"]}, (kids, end["Child"])
        stored = {key.rsplit("/", 1)[1] for key in made.cluster.keys("r/Child/")}
        assert stored == kids
