# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: answers that must pass although the port which noted the question is not there
any more, or is another one."""
import wait
from steps_churn import reboot_one
from steps_policy import apply, policy_of_its_own, uuid
from world import check, document, step

PORT, FROM = 5060, 5061
SERVICE, VIP = 8080, "10.0.0.77"

ANSWERS = """acls:
- name: answers
  from-vm-default: deny
  to-vm-default: allow
ports:
- {{vm: {one}, acl: answers}}
"""
BALANCER = """acls:
- name: web
  from-vm-default: allow
  to-vm-default: reject
  rules:
  - {{name: web, direction: to-vm, action: allow, proto: tcp, dst-port: [8080]}}
ports:
- {{vm: {one}, acl: web}}
- {{vm: {mover}, acl: web}}
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


def answered_at(host, name):
    """Of each connection to the service that a VM's port remembers: did the VM answer it there?"""
    return [bool(s["from_vm"]["packets"]) for s in sessions(host, name, f"addr={VIP}")
            if s["begun_by"] == "peer" and s["protocol"] == 6]


@step("balancer", "a balancer passes connections on, their server answers directly; one ACL for both")
def balancer(w):
    with policy_of_its_own(w):
        apply(w, "balancer", BALANCER.format(one=uuid(w, "one"), mover=uuid(w, "mover")))
        w.two.sh(f"ip route add {VIP}/32 via 10.0.0.1")
        w.one.sh("for i in all eth0; do echo 0 > /proc/sys/net/ipv4/conf/$i/send_redirects; done; "
                 f"echo 1 > /proc/sys/net/ipv4/ip_forward; ip route add {VIP}/32 via 10.0.0.6")
        w.mover.sh(f"ip link set lo up; ip addr add {VIP}/32 dev lo")
        try:
            server = w.mover.serve(SERVICE)
            got = w.two.ask("talk", VIP, SERVICE, 5, 0, 20000, timeout=400)
            there, back = answered_at(w.a, "one"), answered_at(w.a, "mover")
            served = server.stop()
        finally:
            w.two.sh(f"ip route del {VIP}/32")
            w.one.sh(f"echo 0 > /proc/sys/net/ipv4/ip_forward; ip route del {VIP}/32")
            w.mover.sh(f"ip addr del {VIP}/32 dev lo")
        check((got["tcp_new"], served["connections"]) == (5, 5),
              f"connections that were answered: {got}, that the server had: {served}")
        check(there and not any(there), f"answers by the balancer's port: {there}")
        check(back and all(back), f"answers by the server's port: {back}")
    return "5 connections; the balancer's port saw their questions alone, the server's both"
