# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: vifoamd as systemd runs it, on the wire between the hosts."""
import wait
from steps_policy import vifctl
from steps_service import label, main_pid
from world import check, document, step

UPLINK, SERVICE = "eth0", "vifoamd"
CONF = "/etc/vifswitch/vifswitch.conf"


def link(host):
    links = document(host, f"oam show {UPLINK}")["links"]
    return links[0] if links else {"cfm": None, "bfd": None}


def carries(host):
    """Both ends of CFM and of BFD hear each other."""
    now = link(host)
    return now["cfm"] and now["bfd"] and not now["cfm"]["faults"] and now["bfd"]["state"] == "up" and \
        any(r["alive"] for r in now["cfm"]["remotes"]) and now


def flaps(host):
    now = link(host)
    return now["cfm"]["flaps"], now["bfd"]["flaps"]


def goes_on(host, what):
    """By another process: another message of each is sent after it came."""
    sent = link(host)["cfm"]["sent"]
    wait.until(f"CFM and BFD to go on after {what}", 180, lambda: carries(host) and
               link(host)["cfm"]["sent"] > sent + 1, 1)


@step("oam", "CFM and BFD between both hosts by vifoamd of systemd, confined; kill -9 and restart are not seen",
      needs=("pair", "pool"))
def oam(w):
    # Who is which end is of the host; what both do alike is in the database.
    for host in (w.a, w.b):
        host.run(f"sed -i 's/uplink {UPLINK} {{/& cfm_mpid = {host.number} cfm_interval = 10000/' {CONF};"
                 f" systemctl reload vifswitchd; systemctl start {SERVICE}", 60)
    vifctl(w.a, f"uplink add {UPLINK} bfd=true bfd-min-rx=1000 bfd-min-tx=1000 bfd-mult=30")
    for host in (w.a, w.b):
        wait.until(f"CFM and BFD on {host.name}", 180, lambda h=host: carries(h), 1)
        check(label(host, SERVICE) == f"{SERVICE} (enforce)", f"it is {label(host, SERVICE)} on {host.name}")
    status = w.a.run(f"cat /proc/{main_pid(w.a, SERVICE)}/status").out
    check(f"CapEff:\t{1 << 13:016x}" in status and f"CapBnd:\t{1 << 13:016x}" in status, f"more than CAP_NET_RAW: {status}")
    policy = w.a.run(f"chrt -p {main_pid(w.a, SERVICE)}").out
    check("SCHED_RR" in policy, policy)
    before, pid = [flaps(h) for h in (w.a, w.b)], main_pid(w.a, SERVICE)
    w.a.run(f"kill -9 {pid}")
    wait.until("another process", 60, lambda: main_pid(w.a, SERVICE) not in (0, pid), 0.3)
    goes_on(w.a, "kill -9")
    # As a package's upgrade does.
    w.a.run(f"systemctl restart {SERVICE}", 60)
    goes_on(w.a, "restart")
    check(carries(w.b), f"the other host: {link(w.b)}")
    after = [flaps(h) for h in (w.a, w.b)]
    check(after == before, f"flaps of CFM and BFD at both hosts were {before}, are {after}")
    for host in (w.a, w.b):
        denied = host.run(f"journalctl -b -o cat | grep -E 'apparmor=\"DENIED\".*profile=\"{SERVICE}'", 60,
                          check=False).out
        check(not denied.strip(), f"denied on {host.name}: {denied[:800]}")
    vifctl(w.a, f"uplink del {UPLINK}")
    for host in (w.a, w.b):
        host.run(f"sed -i 's/ cfm_mpid = {host.number} cfm_interval = 10000//' {CONF}; systemctl reload vifswitchd")
    return f"up on both hosts; kill -9 and restart at {w.a.name}: flaps of CFM and BFD {after} as before"
