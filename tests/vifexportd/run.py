#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vifexportd: metrics as Prometheus' promtool and the strict OpenMetrics parser read them,
the page as a browser's parser does, and what it must refuse or outlive.

  tests/vifexportd/run.py [NAME...]

$VIFEXPORTD is the program.
"""
import contextlib
import glob
import html.parser
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import judges  # noqa: E402
from daemon import (HOSTILE, UUID, Daemon, acls, counters, documents, exporters, hits, mirrors,  # noqa: E402
                    port, run_all, show)

PROGRAM = os.environ["VIFEXPORTD"]
STATIC = os.path.join(HERE, "..", "..", "dom0", "vifexportd", "static")
OPEN = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
# The parser is Debian's, for Debian's Python.
PARSE = """
import json, sys
from prometheus_client.openmetrics import parser
print(json.dumps([[s.name, s.labels, s.value] for family in
                  parser.text_string_to_metric_families(sys.stdin.read()) for s in family.samples]))
"""
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def check(good, text):
    if not good:
        raise AssertionError(text)


def same(got, wanted, what):
    check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("ignored")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Exporter:
    def __init__(self, folder, *options, activated=False):
        self.unix, self.daemon = os.path.join(folder, "http"), os.path.join(folder, "control")
        probe = socket.create_server(("127.0.0.1", 0))
        self.port = probe.getsockname()[1]
        argv = [PROGRAM, "--foreground", f"--socket={self.daemon}", f"--static={STATIC}", *options]
        how = {}
        if activated:
            given = socket.socket(socket.AF_UNIX)
            given.bind(self.unix)
            given.listen(8)
            os.dup2(given.fileno(), 3)
            os.set_inheritable(3, True)
            how = {"pass_fds": [3]}
            argv = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *argv]
        else:
            # In this order: who reaches the last one reaches both.
            argv += [f"--listen=127.0.0.1:{self.port}", f"--listen=unix:{self.unix}"]
        probe.close()
        self.process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, **how)
        for _ in range(600):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
                s.connect(self.unix)
                return
            check(self.process.poll() is None, "vifexportd ended")
            time.sleep(0.05)
        raise AssertionError("vifexportd does not listen")

    def get(self, path, method="GET", tcp=False, **headers):
        """(status, headers, text)."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60) if tcp else \
            UnixConnection(self.unix)
        with contextlib.closing(c):
            c.request(method, path, headers=headers)
            answer = c.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def raw(self, octets, family=socket.AF_INET, source=None):
        s = socket.socket(family)
        s.settimeout(60)
        if source:
            s.bind((source, 0))
        s.connect(("127.0.0.1", self.port) if family == socket.AF_INET else self.unix)
        s.sendall(octets)
        return s

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.said = self.process.communicate(timeout=60)[1]
        check(self.process.returncode in (0, -signal.SIGKILL), f"it ended by itself: {self.said}")
        return self.said


@contextlib.contextmanager
def world(*options, **how):
    folder = tempfile.mkdtemp(prefix="vifexportd-")
    daemon = Daemon(os.path.join(folder, "control"))
    exporter = Exporter(folder, *options, **how)
    try:
        yield exporter, daemon
        said = exporter.end()
        check("ERROR" not in said and "runtime error" not in said, said)
    finally:
        exporter.process.kill()
        exporter.process.wait()
        shutil.rmtree(folder)


def fresh():
    """An answer is good for a second; the next one will be another."""
    time.sleep(1.1)


SAMPLE = show(
    port("vif3.0", 1, counters=counters(10, mac_guard=2, to_acl=1), name=HOSTILE,
         rate_from_vm={"bits_per_second": 10**7 + 4, "burst_bytes": 10**5}),
    port("vif3.0-emu", 1, role="tap", counters=counters(5, mac_guard=1), name=HOSTILE),
    port("vif4.0", 2, state="failed", error="vlan is 5000; accepted: 1 to 4094", counters=None),
    port("eth0", role="uplink", counters=counters(1000, to_mtu=4), offload={
        "where": "nic", "rules": 12, "from_vm_packets": 9, "to_vm_packets": 8, "refused": False, "why": None,
        "why_to_vm": None}),
    port("eth0_1", role="uplink", counters=counters(0), offload={
        "where": "switch", "rules": 0, "from_vm_packets": 0, "to_vm_packets": 0, "refused": True,
        "why": "its driver refuses a rule: the table is full", "why_to_vm": None}))


def parsed(text):
    done = subprocess.run(["/usr/bin/python3", "-c", PARSE], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(done.returncode == 0, f"not OpenMetrics: {done.stderr[-500:]}")
    return json.loads(done.stdout)


@test
def documents_are_as_the_daemon_makes_them():
    """what the tests say in the daemon's place is what the schemas allow"""
    documents.reply("show", SAMPLE)
    documents.reply("acls", acls(("web", 5)))
    documents.reply("hits", hits(("vif1.0", 1, {"ssh": 4})))
    documents.check("exporters.json", exporters("flows"))


@test
def both_formats():
    """promtool takes the one, the strict parser the other, and they say the same"""
    with world() as (exporter, daemon):
        # An ACL, and a list that has it too: its rules are there twice, and told apart.
        alone = acls(("web in", 5), ('q"\\', 6))["acls"][0]
        several = {**alone, "id": 2, "name": 'a"b,c', "acls": ['a"b', "c"]}
        daemon.say(show=SAMPLE, acls={**acls(), "acls": [alone, several]},
                   mirrors=mirrors("m"), exporters=exporters(HOSTILE), hits=hits(
                       ("vif1.0", 1, {"ssh": 4, "dns": 1}), ("vif1.0-emu", 1, {"ssh": 3, "ntp": 2})))
        same((exporter.get("/")[0], daemon.methods & {"acls", "hits"}), (200, {"acls"}), "what a page asks for")
        status, headers, classic = exporter.get("/metrics")
        same(classic.count('list="a\\"b,c"'), 2, "rules of the list")
        same((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), "answer")
        done = subprocess.run(["promtool", "check", "metrics"], input=classic, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        same((done.returncode, done.stdout), (0, ""), "promtool")
        status, headers, text = exporter.get("/metrics", **OPEN)
        same(headers["Content-Type"],
             "application/openmetrics-text; version=1.0.0; charset=utf-8", "its type")
        samples = parsed(text)
        lines = [line for line in classic.splitlines() if line[0] != "#"]
        same(len(samples), len(lines), "samples of the two formats")
        same([(s[1]["vm_uuid"], s[1]["rule"], s[2]) for s in samples if s[0] == "vifswitch_port_rule_packets_total"],
             [(UUID.format(1), *of) for of in (("ssh", 7), ("dns", 1), ("ntp", 2))], "rules at both halves")
        same([s[0] for s in samples], [line.split("{")[0].split(" ")[0] for line in lines], "names")


@test
def mirrors_are_counted():
    """copies and what was lost, of what is here and of what other hosts send; where they go"""
    with world() as (exporter, daemon):
        said = mirrors("span")
        use, = said["mirrors"][0]["switches"]
        use["host"] = HOSTILE
        said["mirrors"][0]["switches"].append({**use, "host": None, "from_hosts": True, "copies": None})
        documents.check("mirrors.json", said)
        daemon.say(show=SAMPLE, acls=acls(), mirrors=said, exporters=exporters())
        samples = [(n, had.get("from"), had.get("reason"), v) for n, had, v in
                   parsed(exporter.get("/metrics", **OPEN)[2]) if had.get("mirror") == "span"]
        same(sorted(samples, key=str), sorted([
            ("vifswitch_mirror_in_force", "here", None, 1), ("vifswitch_mirror_in_force", "hosts", None, 1),
            ("vifswitch_mirror_copies_total", "here", None, 5),
            ("vifswitch_mirror_copied_bytes_total", "here", None, 500),
            *(("vifswitch_mirror_lost_total", "here", why, n) for why, n in
              (("over_rate", 1), ("no_output", 2), ("failed", 0), ("cut", 0)))], key=str), "samples")
        page = exporter.get("/")[2]
        check("alert(" in page and "<script>alert" not in page, "where they go, on the page")
    # What other hosts send to one sensor is shown by all its mirrors, and counted once.
    with world() as (exporter, daemon):
        said = mirrors("a", "b")
        for one in said["mirrors"]:
            use, = one["switches"]
            one["switches"].append({**use, "number": 2, "host": None, "from_hosts": True})
        daemon.say(show=SAMPLE, acls=acls(), mirrors=said, exporters=exporters())
        counted = [(had["mirror"], had["from"]) for n, had, v in
                   parsed(exporter.get("/metrics", **OPEN)[2]) if n == "vifswitch_mirror_copies_total"]
        same(sorted(counted), [("a", "here"), ("a", "hosts"), ("b", "here")], "copies counted")


@test
def exporters_are_shown():
    """what their collectors were told and lost, in metrics and on the page"""
    with world() as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls(), mirrors=mirrors("m"), exporters=exporters("flows", HOSTILE))
        text = exporter.get("/metrics")[2]
        for name, value in (("records", 7), ("lost", 3), ("left_out", 1)):
            line = f'vifswitch_exporter_{name}_total{{exporter="flows",collector="192.0.2.9:4739"}} {value}\n'
            check(line in text, f"{line} is not in the metrics")
        check('vifswitch_exporter_telling{exporter="flows"} 1\n' in text, "that it tells")
        for name in ("overruns", "unclaimed"):
            check(f"\nvifswitch_flow_{name}_total 0\n" in text, f"{name} of records")
        page = exporter.get("/")[2]
        check("192.0.2.9:4739" in page and "<script>alert" not in page, "the page")
        same(len(json.loads(exporter.get("/exporters.json")[2])["exporters"]), 2, "the document")


def pool_host(name, presence="present", in_force=True, error=None):
    return {"name": name, "presence": presence, "version": "0.1.0", "in_force": in_force, "error": error}


@test
def pool_is_shown():
    """the hosts of the pool: those that are gone, and those that are behind"""
    with world() as (exporter, daemon):
        said = json.loads(json.dumps(SAMPLE))
        said["database"]["hosts"] = [pool_host("host-a"), pool_host("host-b", "absent", False),
                                     pool_host(HOSTILE, in_force=False, error=HOSTILE)]
        documents.check("show.json", said)
        daemon.say(show=said, acls=acls(), mirrors=mirrors("m"), exporters=exporters())
        text = exporter.get("/metrics")[2]
        for name, value in (("hosts", 3), ("hosts_absent", 1), ("hosts_behind", 1)):
            check(f"\nvifswitch_pool_{name} {value}\n" in text, f"{name} in the metrics")
        page = exporter.get("/")[2]
        check('id="pool"' in page and "absent" in page and "not yet in force" in page, "the page")
        check("<script>alert" not in page, "a host's name on the page")


def told_again(daemon, times=2):
    """So many more answers to what vifexportd asks each second were given."""
    wanted, deadline = daemon.told + times, time.monotonic() + 60
    while daemon.told < wanted:
        check(time.monotonic() < deadline, "vifexportd asks no more")
        time.sleep(0.05)


@test
def a_disabled_exporter_is_no_fault():
    """down is bad for a collector, and what was wanted of an exporter"""
    with world() as (exporter, daemon):
        said = exporters("off", "on")
        off, on = said["exporters"]
        off.update(state="down", collectors=[])
        on.update(state="waiting")
        on["collectors"][0]["state"] = "down"
        documents.check("exporters.json", said)
        daemon.say(show=SAMPLE, acls=acls(), mirrors=mirrors("m"), exporters=said)
        text = exporter.get("/metrics")[2]
        check('telling{exporter="on"} 0\n' in text, "one that does not tell")
        check('exporter="off"' not in text, "one that shall not tell")
        rows = {n: row for row in exporter.get("/")[2].split("<tr")
                for n in ("off", "on") if f'data-port="exporter {n} ' in row}
        same({n: 'class="state bad"' in row for n, row in rows.items()}, {"off": False, "on": True}, "bad")


@test
def a_refusal_is_logged():
    """once when it is not told what to tell, and again when that comes back"""
    with world() as (exporter, daemon):
        told_again(daemon, 3)
        daemon.say(told={"generation": 1, "exporters": [], "ports": []})
        told_again(daemon)
        daemon.say()
        told_again(daemon)
    same(exporter.said.count("what collectors are to be told: not now"), 2, "lines of the log")


@test
def values():
    """halves are added, what is not known is left out, names are whole and in one place"""
    with world() as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls(("web in", 5)))
        samples = parsed(exporter.get("/metrics", **OPEN)[2])
        one, two = UUID.format(1), UUID.format(2)

        def value(name, **labels):
            found = [v for n, had, v in samples if n == name
                     and all(had.get(k) == w for k, w in labels.items())]
            return found[0] if len(found) == 1 else found
        same(value("vifswitch_port_from_vm_packets_total", vm_uuid=one, devid="0"), 15, "packets")
        same(value("vifswitch_port_from_vm_bytes_total", vm_uuid=one), 1500, "octets")
        same(value("vifswitch_port_to_vm_packets_total", vm_uuid=one), 17, "packets to it")
        same(value("vifswitch_port_drops_total", vm_uuid=one, reason="mac-guard"), 3, "drops")
        same(value("vifswitch_port_drops_total", vm_uuid=one, reason="to-acl"), 1, "drops")
        same(value("vifswitch_port_from_vm_packets_total", vm_uuid=two), [], "of one without any")
        same([value("vifswitch_port_error", vm_uuid=vm) for vm in (one, two)], [0, 1], "problems")
        same(value("vifswitch_port_active", vm_uuid=two), 0, "a port that is not active")
        same(value("vifswitch_port_rate_from_vm_bytes_per_second"), 1250000.5, "a rate")
        same(value("vifswitch_port_info", vm_uuid=one, half="tap", vm_name=HOSTILE, netdev="vif3.0-emu", host="host-a"), 1, "who")
        same(value("vifswitch_netdev_drops_total", netdev="eth0", reason="to-mtu"), 4, "uplink")
        same(value("vifswitch_switch_errors", switch="xenbr0"), 1, "problems of the switch")
        same(value("vifswitch_multicast_refused_total", switch="xenbr0"), 2, "joins refused")
        same(value("vifswitch_switch_flow_misses_total", switch="xenbr0"), 31, "misses of flows")
        same(value("vifswitch_switch_offloaded_ports", switch="xenbr0"), 1, "ports of which the NIC has some")
        same([value("vifswitch_offload_rules", netdev=n) for n in ("eth0", "eth0_1", "vif3.0")], [12, 0, []], "rules")
        same([value("vifswitch_offload_refused", netdev=n) for n in ("eth0", "eth0_1")], [0, 1], "refused")
        same(value("vifswitch_loops_found_total", switch="xenbr0"), 3, "loops found")
        same(value("vifswitch_rule_packets_total", acl='a"b', rule="web in"), 5, "a rule's hits")
        check(not any(HOSTILE in had.values() for n, had, _ in samples
                      if n != "vifswitch_port_info"), "a name is in another series")


class Reader(html.parser.HTMLParser):
    """Elements, attributes and text of a page; all that opens is closed."""

    VOID = {"meta", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text = [], [], ""
        self.feed(text)
        self.close()
        same(self.open, [], "elements that were not closed")

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        same(self.open.pop(), tag, "the element that ends")

    def handle_data(self, data):
        self.text += data


@test
def a_page_without_script():
    """the tables are there without script; names are text; nothing comes from elsewhere"""
    with world() as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls())
        status, headers, text = exporter.get("/")
        same((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"), "answer")
        check("script-src 'self'" in headers["Content-Security-Policy"], "no policy")
        page = Reader(text)
        check(HOSTILE in page.text, "the VM's name is not there")
        scripts = [a for tag, a in page.elements if tag == "script"]
        same(scripts, [{"src": "page.js", "defer": None}], "scripts")
        check(all(not name.startswith("on") and name != "style" for _, a in page.elements
                  for name in a), "an attribute that the policy forbids")
        linked = [v for _, a in page.elements for k, v in a.items() if k in ("src", "href")]
        same([v for v in linked if "//" in v], [], "from elsewhere")
        for word in ("eth9 is missing", "vlan is 5000", "mac-guard 2", "host-a", "vif4.0"):
            check(word in page.text, f"{word} is not there")
        lines = page.text[page.text.index("Interfaces of virtual machines"):]
        check(lines.index("vif4.0") < lines.index("vif3.0"), "faults do not come first")
        tables = sum(tag == "table" for tag, _ in page.elements)
        same(sum(tag == "caption" for tag, _ in page.elements), tables, "captions")
        for name in ("page.js", "page.css"):
            status, _, text = exporter.get("/" + name)
            with open(os.path.join(STATIC, name)) as f:
                same((status, text), (200, f.read()), name)
        same(json.loads(exporter.get("/show.json")[2]), SAMPLE, "the document")
        same(json.loads(exporter.get("/acls.json")[2]), acls(), "the ACLs")
        same(exporter.get("/mirrors.json")[0], 503, "of a daemon that knows of no mirrors")


@test
def only_for_this_host():
    """a request that names another host is refused over TCP (DNS rebinding)"""
    with world("--name=dom0.example") as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls())
        for host in ("127.0.0.1", "localhost:9797", "[::1]", "[::1]:80", "DOM0.example:1"):
            same(exporter.get("/metrics", tcp=True, Host=host)[0], 200, host)
        for host in ("evil.example", "", "127.0.0.1.evil.example", "[::1", "localhost.", ":80",
                     "x" * 300):
            same(exporter.get("/metrics", tcp=True, Host=host)[0] in (400, 403), True, host)
        with exporter.raw(b"GET /metrics HTTP/1.0\r\n\r\n") as s:
            check(b" 403 " in s.recv(100), "without a Host")
        with exporter.raw(b"GET /metrics HTTP/1.0\r\n\r\n", socket.AF_UNIX) as s:
            check(b" 200 " in s.recv(100), "without a Host, at the local socket")


@test
def what_is_not_there():
    """other methods and paths are refused, with what is accepted"""
    with world() as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls())
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            status, headers, text = exporter.get("/metrics", method)
            same((status, headers["Allow"]), (405, "GET, HEAD"), method)
        same(exporter.get("/metrics", "HEAD")[::2], (200, ""), "HEAD")
        for path in ("/etc/passwd", "/../main.c", "/%2e%2e/main.c", "/page.js/", "//metrics", "/x"):
            same(exporter.get(path)[0], 404, path)
        c = UnixConnection(exporter.unix)
        c.request("POST", "/metrics", body=b"x" * 1000000)
        check(c.getresponse().status in (405, 413), "a body")
        c.close()
        for octets in (b"\0" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n",
                       b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                       b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n"):
            with contextlib.suppress(OSError), exporter.raw(octets) as s:
                check(b" 200 " not in s.recv(100), f"{octets[:20]} was answered")
        same(exporter.get("/metrics")[0], 200, "afterwards")


@test
def the_daemon_is_away():
    """it says so, in metrics and on the page, and goes on when the daemon is back"""
    with world() as (exporter, daemon):
        same(parsed(exporter.get("/metrics", **OPEN)[2])[0][::2], ["vifswitch_up", 0], "refused")
        status, _, text = exporter.get("/")
        same(status, 503, "the page")
        check("not now" in text, "the reason is not on the page")
        daemon.close()
        fresh()
        same(parsed(exporter.get("/metrics", **OPEN)[2])[0][::2], ["vifswitch_up", 0], "away")
        check("cannot be asked" in exporter.get("/show.json")[2], "the reason")
        again = Daemon(exporter.daemon)
        again.say(show=SAMPLE, acls=acls())
        fresh()
        same(parsed(exporter.get("/metrics", **OPEN)[2])[0][::2], ["vifswitch_up", 1], "back")


@test
def a_daemon_that_hangs():
    """readers get an answer all the same, and the daemon no more than a question each time"""
    with world() as (exporter, daemon):
        daemon.hang = True
        for _ in range(3):
            same(parsed(exporter.get("/metrics", **OPEN)[2])[0][::2], ["vifswitch_up", 0], "hung")
        check(daemon.asked <= 3, f"{daemon.asked} questions")
        daemon.hang = False
        daemon.say(show=SAMPLE, acls=acls())
        fresh()
        before = daemon.asked
        for _ in range(50):
            same(exporter.get("/metrics")[0], 200, "answer")
        check(daemon.asked - before <= 50, f"{daemon.asked - before} questions for 50 readers")


@test
def slow_readers():
    """who opens connections and says nothing keeps others from nothing"""
    with world() as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls())
        idle = [exporter.raw(b"GET / HT") for _ in range(40)]
        with exporter.raw(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                          source="127.0.0.2") as s:
            check(b" 200 " in s.recv(100), "another address is not answered")
        same(exporter.get("/metrics")[0], 200, "the local socket")
        for s in idle:
            s.close()


@test
def many_vms():
    """500 VMs: whole, in both formats and on the page"""
    with world() as (exporter, daemon):
        daemon.say(show=show(*(port(f"vif{n}.0", n, name=f"vm{n}", counters=counters(n))
                               for n in range(1, 501))), acls=acls())
        samples = parsed(exporter.get("/metrics", **OPEN)[2])
        same(sum(v for n, _, v in samples if n == "vifswitch_port_from_vm_packets_total"),
             sum(range(1, 501)), "packets of all")
        rows = [a for tag, a in Reader(exporter.get("/")[2]).elements
                if tag == "tr" and "/vif" in a.get("data-port", "")]
        same(len({a["data-port"] for a in rows}), 500, "lines of the table")


@test
def given_a_socket():
    """systemd may give it the socket; kill -9 leaves nothing behind that is in the way"""
    with world(activated=True) as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls())
        same(exporter.get("/metrics")[0], 200, "answer")
    folder = tempfile.mkdtemp(prefix="vifexportd-")
    first = Exporter(folder)
    first.end(signal.SIGKILL)
    second = Exporter(folder)
    same(second.get("/metrics")[0], 200, "the next one")
    second.end()
    shutil.rmtree(folder)


@test
def options():
    """what is wrong on the command line is said in one line"""
    for words, text in ((["--listen=nowhere"], "accepted: unix:PATH"),
                        (["--listen=1.2.3.4:99999"], "accepted: unix:PATH"),
                        (["--listen=unix:"], "accepted: unix:PATH"),
                        (["--bogus"], "Usage:"), (["more"], "Usage:"),
                        (["--listen=unix:/nonexistent/socket"], "No such file")):
        done = subprocess.run([PROGRAM, "--foreground", *words], stderr=subprocess.PIPE, text=True,
                              timeout=60)
        same(done.returncode, 1, words)
        check(text in done.stderr, f"{words}: {done.stderr}")
    help_text = subprocess.run([PROGRAM, "--help"], stdout=subprocess.PIPE, text=True).stdout
    check("/metrics" in help_text, help_text)


@test
def a_file_in_the_way():
    """a stale socket makes way for the next one; a file stays, and is a reason not to start"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "http")
        with open(path, "w") as f:
            f.write("somebody's")
        done = subprocess.run([PROGRAM, "--foreground", f"--listen=unix:{path}"], text=True,
                              stderr=subprocess.PIPE, timeout=60)
        same(done.returncode, 1, done.stderr)
        check("Address already in use" in done.stderr, done.stderr)
        with open(path) as f:
            same(f.read(), "somebody's", "the file")
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        Exporter(folder).end()


def main():
    for path in glob.glob("/tmp/vifexportd-*"):
        shutil.rmtree(path, ignore_errors=True)
    passed, failed = run_all(TESTS + judges.TESTS)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
