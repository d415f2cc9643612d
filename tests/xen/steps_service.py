# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: the service is killed, stopped, and comes back."""
import re
import time

import wait
from world import check, essence, step

SERVICE = "vifswitchd"


def main_pid(host, service=SERVICE):
    return int(host.run(f"systemctl show -P MainPID {service}").out)


@step("restart", "kill -9 of the service under 100 packets/s loses nothing", star=True)
def restart(w):
    before, pid = w.show(w.a), main_pid(w.a)
    count = w.from_vm("one")["packets"]
    ping = w.one.start("ping", "10.0.0.2", 0, 10, 5000)
    w.wait_packets("one", 100)
    w.a.spawn("links", "ip -o monitor link")
    time.sleep(1)
    w.a.run(f"kill -9 {pid}")
    new = wait.until("the service to be started again", 120,
                     lambda: main_pid(w.a) not in (0, pid) and main_pid(w.a), 0.3)
    w.a.run("until vifctl show >/dev/null 2>&1; do sleep 0.1; done", 120)
    w.wait_packets("one", 510, count)
    _, links = w.a.collect("links", 15)
    got = ping.stop(30)
    after = w.show(w.a)
    check(got["sent"] > 500, f"only {got['sent']} packets were sent: proves nothing")
    check(got["received"] == got["sent"],
          f"{got['sent'] - got['received']} of {got['sent']} packets lost: {got['lost']}")
    changed = {k for k in essence(before) if essence(before)[k] != essence(after).get(k)}
    check(not changed, f"ports changed over the restart: {sorted(changed)}")
    check(not links.strip(), f"links were changed: {links.strip()[:300]}")
    check(w.from_vm("one")["packets"] > count, "the port's counters started again: it was not adopted")
    return f"{got['sent']} packets, 0 lost; pid {pid} -> {new}; {len(after['ports'])} ports adopted"


def error_delay(log, domid, devid):
    """Milliseconds from backend state 2 to hotplug-error, and that error's text."""
    start = None
    for line in log.splitlines():
        found = re.match(r"(\d+) \S*/vif/(\d+)/(\d+)/(\S+) (.*)", line)
        if not found or (found.group(2), found.group(3)) != (str(domid), str(devid)):
            continue
        stamp, key, value = int(found.group(1)), found.group(4), found.group(5)
        if key == "state" and value == "2" and start is None:
            start = stamp
        if key == "hotplug-error" and value not in ("", "(gone)") and start is not None:
            return (stamp - start) / 1000, value
    return None, None


PLUG = "/usr/lib/vifswitch-lab/plug"
WATCH = f"exec {PLUG} watch /local/domain/0/backend/vif"


@step("down", "while the service is down a new VIF stays closed; it is plugged when it is back",
      star=True)
def down(w):
    domid = w.one.domid
    w.a.run(f"systemctl stop {SERVICE}", 30)
    try:
        w.a.spawn("watch", WATCH)
        w.a.run(f"{PLUG} add {domid} 5 00:16:3e:00:00:51 xenbr0.200", 30)
        failed = w.a.run("xl network-attach one mac=00:16:3e:00:00:52,bridge=xenbr0.200", 60,
                         check=False)
        _, log = w.a.collect("watch", 15)
        check(failed.rc != 0, "xl network-attach succeeded with the service stopped")
        delay, error = error_delay(log, domid, 1)
        check(error and "not running" in error,
              f"hotplug-error is {error}; xl said: {failed.err[-400:]}")
        link = w.a.run(f"ip -d link show vif{domid}.5").out
        check("master" not in link and "state UP" not in link and ",UP" not in link,
              f"the VIF without a service is not closed: {link}")
    finally:
        w.a.run(f"systemctl start {SERVICE}", 30)
    port = w.wait_port("one", 5, w.a, ("plugged", "active"))
    check(port["vlan"]["pvid"] == 200, f"plugged in VLAN {port['vlan']}, not 200")
    w.a.run(f"{PLUG} del {domid} 5", 30)
    # libxl leaves the keys of an attach that failed, so that VIF was plugged, too
    w.a.run("xl network-detach one 1", 60)
    wait.until("the ports to go", 15, lambda: not {1, 5} & set(w.ports(w.a, "one")), 0.3)
    return f"attach failed {delay:.0f} ms after state 2 with \"{error[:100]}\"; the waiting VIF" \
        " was plugged when the service was back"


def label(host, service):
    return host.run(f"cat /proc/{main_pid(host, service)}/attr/apparmor/current").out.strip()


@step("confined", "all that ran before, ran under AppArmor's profiles, and nothing was denied")
def confined(w):
    seen = set()
    for host in (w.a, w.b):
        for service in (SERVICE, "vifdbd", "vifexportd", "vifofd"):
            # The database of both may be on the other host; the exporter is optional.
            if service != SERVICE and not main_pid(host, service):
                continue
            check(label(host, service) == f"{service} (enforce)",
                  f"{service} on {host.name} is {label(host, service)}")
            seen.add(service)
        denied = host.run("journalctl -b -o cat | grep -E 'apparmor=\"(DENIED|ALLOWED)\".*profile=\"vif'",
                          60, check=False).out
        check(not denied.strip(), f"denied on {host.name}: {denied[:1500]}")
    check(seen >= {SERVICE, "vifdbd"}, f"only {seen} ran")
    return f"{', '.join(sorted(seen))}, wherever they run"
