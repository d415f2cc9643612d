# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: a live migration between two hosts that share one database, and what arrives."""
import time

import wait
from steps_migration import Migration
from steps_policy import apply, uuid
from steps_session import ANSWERS, sessions
from world import check, document, step

PORT = 6641
RELAY = "/usr/lib/vifswitch-lab/dbrelay.py"
ADDRESSES = {"xen-a": "10.9.9.1", "xen-b": "10.9.9.2"}
SINK, SERVICE, FROM = 5003, 5060, 5061


def share_database(w):
    """Both hosts' daemons use xen-a's; it is reached over the switch itself."""
    for number, host in enumerate((w.a, w.b), 1):
        host.run(f"date -s @{int(time.time())}")      # emulated clocks drift from boot on
        host.run("sed -i 's/^switch xenbr0 {/&\\n local { untagged = 900 }/' /etc/vifswitch/vifswitch.conf"
                 f"; systemctl reload vifswitchd; ip link set xenbr0 address 52:54:00:00:09:0{number}"
                 f" up; ip addr add {ADDRESSES[host.name]}/24 dev xenbr0")
    w.a.spawn("serve", f"exec python3 {RELAY} serve {ADDRESSES['xen-a']} {PORT}")
    w.b.run("systemctl stop vifdbd.socket vifdbd.service", check=False)
    w.b.spawn("use", f"exec python3 {RELAY} use {ADDRESSES['xen-a']} {PORT}")
    wait.until("both hosts to report to one database", 120, lambda: {"xen-a", "xen-b"} == {
        row["name"] for row in document(w.a, "db list Host")["rows"] if row["cur_cfg"] is not None}, 1)


def tcp_from(host, name, port):
    return [s for s in sessions(host, name, f"port={port}") if s["protocol"] == 6]


@step("handover", "a server that may only answer migrates: its connections, counters and policy go along")
def handover(w):
    source, target = w.a, w.b
    share_database(w)
    apply(w, "answers", ANSWERS.format(one=uuid(w, "mover")))
    sink = w.mover.start("sink", SINK, 600)
    stream = w.two.start("send", "10.0.0.6", SINK, 600, 20000)
    server = w.mover.serve(SERVICE)
    asking = w.two.start("talk", "10.0.0.6", SERVICE, 0, 200, 4000, FROM)
    ping = w.two.start("ping", "10.0.0.6", 0, 200, 3000)
    wait.until("the stream's connection", 60, lambda: tcp_from(source, "mover", SINK), 0.5)
    time.sleep(3)
    check(not w.mover.ask("reach", 1, 400, "10.0.0.2")["10.0.0.2"], "it may begin something")
    before = w.port("mover")["counters"]
    old = tcp_from(source, "mover", SINK)[0]
    begin = time.monotonic()
    done = Migration(w.mover, source, target).finish(w.progress)
    if isinstance(done, Exception):
        raise done
    rc, log = target.collect("receive", 15)
    check(done.rc == 0, f"xl migrate: exit {done.rc}: {done.err[-800:]}\n{log[-800:]}")
    w.mover.follow(target)
    story = wait.until("what came with it", 60, lambda: w.port("mover").get("handover"), 0.5)
    after = w.port("mover")["counters"]
    new = tcp_from(target, "mover", SINK)
    time.sleep(8)
    sent, got = stream.stop(60), sink.result(60)
    pings, asked = ping.stop(60), asking.stop(60)
    server.stop()
    w.a.collect("serve", 15)
    check(story["from"] == "xen-a" and story["taken"] and story["counters"]
          and story["connections"]["taken"] >= 2 and not story["problem"], f"what came: {story}")
    for way in ("from_vm", "to_vm"):
        check(after[way]["packets"] >= before[way]["packets"],
              f"{way} went back from {before[way]} to {after[way]}")
    check(new and new[0]["age_ms"] >= old["age_ms"], f"its connection was {old}, is {new}")
    check(not sent["broken"] and not got["bad"] and got["bytes"] == sent["bytes"],
          f"the TCP stream into it did not survive: sent {sent}, received {got}")
    check(pings["received"] and asked["udp"], f"answers: {pings}, {asked}")
    return f"{done.seconds:.0f} s in all, silent for {pings['max_gap_ms'] / 1000:.1f} s;" \
        f" {story['connections']['taken']} connections went along, TCP of {got['bytes']} octets" \
        f" intact, counters went on from {before['from_vm']['packets']} packets"
