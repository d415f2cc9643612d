#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics of the ways to elsewhere: uplinks, links that vifoamd watches, networks' remotes.

  tests/vifexportd/watched.py [NAME...]

$VIFEXPORTD is the program.
"""
import sys

from daemon import HOSTILE, acls, documents, exporters, mirrors, networks, oam, remote, run_all, uplinks
from run import OPEN, SAMPLE, parsed, same, world


def uplinks_are_counted():
    """failovers, LACP, and of each member whether it is up, its flaps and octets"""
    with world() as (exporter, daemon):
        said = uplinks(HOSTILE, "e1", "e2")
        documents.check("uplinks.json", said)
        daemon.say(show=SAMPLE, acls=acls(), mirrors=mirrors(), exporters=exporters(), uplinks=said)
        samples = [(n, had.get("member"), v) for n, had, v in parsed(exporter.get("/metrics", **OPEN)[2])
                   if had.get("uplink") == HOSTILE]
        same(sorted(samples, key=str), sorted([
            ("vifswitch_uplink_up", None, 1), ("vifswitch_uplink_looped", None, 1),
            ("vifswitch_uplink_failovers_total", None, 4),
            ("vifswitch_uplink_lacp_partner", None, 1), ("vifswitch_uplink_aggregated", None, 2),
            *((f"vifswitch_uplink_member_{what}", member, n if "flaps" in what else 7 if "bytes" in what else 1)
              for n, member in enumerate(("e1", "e2"))
              for what in ("up", "flaps_total", "received_bytes_total", "sent_bytes_total"))], key=str), "samples")


def links_are_watched():
    """what CFM, BFD and LLDP say of a link; what is not known yet has no sample, nor what is off"""
    with world() as (exporter, daemon):
        said = oam("bond0", HOSTILE, bfd="down")
        said["links"].append({**said["links"][0], "netdev": "e2", "error": "vifoamd does not run",
                              **dict.fromkeys(("cfm", "bfd", "lldp"))})
        said["links"].append({**said["links"][1], "netdev": "e3", "asked_for": False})
        documents.check("oam.json", said)
        daemon.say(show=SAMPLE, acls=acls(), mirrors=mirrors(), exporters=exporters(),
                   uplinks=uplinks("bond0"), oam=said)
        samples = [(n.removeprefix("vifswitch_link_"), had["link"], v) for n, had, v in
                   parsed(exporter.get("/metrics", **OPEN)[2]) if "link" in had and had.get("uplink") == "bond0"]
        same(sorted(samples), sorted([("unwatched", "e2", 1), *((what, HOSTILE, n) for what, n in (
            ("unwatched", 0), ("cfm_faults", 2), ("cfm_flaps_total", 3), ("bfd_up", 0), ("bfd_flaps_total", 1),
            ("lldp_neighbours", 1)))]), "samples")


def networks_are_watched():
    """each remote is up or not, as its way, ESP or WireGuard say; when keys change; what was in clear"""
    esp = {"reason": None, "cipher": None, "rekey_in": None, "nat": False}
    with world() as (exporter, daemon):
        said = networks(HOSTILE, remote("192.0.2.2", ipsec={**esp, "state": "up", "rekey_in": 300}),
                        remote("192.0.2.3", ipsec={**esp, "state": "failed"}), remote("192.0.2.4"),
                        remote("192.0.2.5", error="there is no way to it"),
                        remote("192.0.2.6", session="up", handshake_ago=40),
                        remote("192.0.2.7", session="waiting"), remote("192.0.2.8", silent=True))
        said["networks"] += networks("down", state="down")["networks"] + networks("alone", state="no-remote")["networks"]
        documents.check("networks.json", said)
        daemon.say(show=SAMPLE, acls=acls(), mirrors=mirrors(), exporters=exporters(),
                   uplinks=uplinks("bond0"), oam=oam("bond0", "e1"), networks=said)
        samples = [(n.removeprefix("vifswitch_network_"), had.get("network") or had["way"],
                    had.get("remote", "")[-1:], v) for n, had, v in parsed(exporter.get("/metrics", **OPEN)[2])
                   if n.startswith("vifswitch_network_")]
        same(sorted(samples), sorted([
            ("in_force", HOSTILE, "", 1), ("in_force", "alone", "", 0),
            *(("remote_up", HOSTILE, n, up) for n, up in zip("2345678", (1, 0, 1, 0, 1, 0, 0))),
            ("rekey_seconds", HOSTILE, "2", 300), ("handshake_age_seconds", HOSTILE, "6", 40),
            ("sealed_drops_total", "out", "", 5), ("sealed_drops_total", "in", "", 2)]), "samples")


def main():
    passed, failed = run_all((uplinks_are_counted, links_are_watched, networks_are_watched))
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
