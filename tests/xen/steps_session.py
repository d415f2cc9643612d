# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: answers that must pass although the port which noted the question is there no more."""
import wait
from steps_churn import reboot_one
from steps_policy import apply, policy_of_its_own, uuid
from world import check, document, step

PORT, FROM = 5060, 5061

ANSWERS = """acls:
- name: answers
  from-vm-default: deny
  to-vm-default: allow
ports:
- {{vm: {one}, acl: answers}}
"""


def sessions(host, name, *words):
    return document(host, f"session list {name} {' '.join(words)}")["sessions"]


@step("answers", "xl reboot of a VM that may only answer: it goes on, and its peer never pauses")
def answers(w):
    with policy_of_its_own(w):
        apply(w, "answers", ANSWERS.format(one=uuid(w, "one")))
        server = w.one.serve(PORT)
        talk = ("talk", "10.0.0.1", PORT)
        before = w.two.ask(*talk, 5, 0, 10000, FROM, timeout=120)
        check(before["udp"] == before["tcp_new"] == 5, f"before the reboot: {before}")
        server.stop()
        check(not w.one.ask("reach", 1, 400, "10.0.0.2")["10.0.0.2"], "it may begin something")
        # nobody serves it, but it asks on from the same port until the very end
        asking = w.two.start(*talk, 0, 100, 2000, FROM)
        reboot_one(w)
        w.set_up(w.one)
        w.one.serve(PORT)
        others = w.trunk.ask("talk", "10.0.0.1", PORT, 10, 200, 10000, timeout=180)
        wait.until("answers to the peer that never paused", 90, lambda: {6, 17} == {
            s["protocol"] for s in sessions(w.a, "one", f"port={FROM}") if s["confirmed"]}, 0.5)
        after = asking.stop(60)
        check(others["udp"] == others["tcp_new"] == 10, f"another peer after the reboot: {others}")
        check(after["udp"] and after["tcp_new"], f"the peer that never paused: {after}")
    return f"{after['udp']} datagrams and {after['tcp_new']} connections from one port were" \
        f" answered after the reboot, of {after['rounds']} rounds without a pause"
