# SPDX-License-Identifier: GPL-2.0-or-later
"""Three members of etcd for the lab's hosts, as processes of this machine.

Each dom0 has a second NIC that leads to the members' addresses, and nowhere else:
qemu starts pipe.py for each connection there, which makes one to the member's port
of this machine's loopback.
"""
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))
import etcd  # noqa: E402

NET, PORT = "10.9.8", 2379
ADDRESSES = [f"{NET}.{10 + n}" for n in range(3)]
URLS = ",".join(f"https://{address}:{PORT}" for address in ADDRESSES)
# This machine is busy: nobody is to be taken for dead too soon.
OPTIONS = ("--heartbeat-interval=500", "--election-timeout=5000")


class Members:
    def __init__(self, directory):
        self.directory = directory
        self.ports = etcd.free_ports(2 * len(ADDRESSES))
        self.cluster = None

    def address(self, host):
        return f"{NET}.{100 + host.number}"

    def arguments(self, host):
        """qemu's, for the NIC."""
        pipe = f"{sys.executable} -I -S {HERE}/pipe.py"
        ways = ",".join(f"guestfwd=tcp:{address}:{PORT}-cmd:{pipe} {port}"
                        for address, port in zip(ADDRESSES, self.ports))
        return ["-netdev", f"user,id=n1,restrict=on,ipv6=off,net={NET}.0/24,host={NET}.2,dns={NET}.3,{ways}",
                "-device", f"virtio-net-pci,netdev=n1,mac=52:54:00:00:08:{host.number:02x},romfile="]

    def start(self, files):
        """With a certificate, its key and the authority's, by their names."""
        names = {"ca.pem": "ca.pem", "cert.pem": "member.pem", "key.pem": "member-key.pem"}
        for name, text in files.items():
            with open(os.path.join(self.directory, names[name]), "w") as f:
                f.write(text)
        self.cluster = etcd.Cluster(self.directory, len(ADDRESSES), OPTIONS, secure=self.directory,
                                    at=[f"{address}:{PORT}" for address in ADDRESSES], ports=self.ports)

    def kill_leader(self):
        """kill -9: the member, which start() of it brings back."""
        member = etcd.until("there is a leader", self.cluster.leader)
        member.kill()
        return member

    def drop(self):
        """They end, and nobody waits for it."""
        for member in self.cluster.members if self.cluster else ():
            member.signal(signal.SIGKILL)

    def close(self):
        if self.cluster:
            self.cluster.close()
