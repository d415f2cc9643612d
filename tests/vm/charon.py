# SPDX-License-Identifier: GPL-2.0-or-later
"""strongSwan's charon in a namespace, and certificates for it.

  c = Charon(namespace or None); c.load(text of swanctl.conf); c.ctl("--rekey", ...)
"""
import os
import shutil
import socket
import struct
import subprocess
import tempfile

import wait

LOAD = ("random nonce aes sha1 sha2 hmac kdf gcm openssl pem pkcs1 pkcs8 x509 pubkey constraints "
        "revocation kernel-netlink socket-default vici")
CONF = """swanctl {{
	load = pem pkcs1 pkcs8 x509 openssl random nonce
}}
charon-systemd {{
	load = {load}
	install_routes = no
	retransmit_timeout = 1
	retransmit_base = 1.2
	plugins {{
		vici {{
			socket = unix://{dir}/charon.vici
		}}
	}}
	filelog {{
		all {{
			path = {dir}/log
			default = 1
			flush_line = yes
		}}
	}}
}}
"""
CA = """[ca]
default_ca = all
[all]
dir = {dir}
new_certs_dir = {dir}
database = {dir}/index
serial = {dir}/serial
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
[any]
commonName = supplied
"""


class Charon:
    def __init__(self, namespace=None):
        self.namespace, self.dir = namespace, tempfile.mkdtemp(prefix="charon-")
        self.socket = os.path.join(self.dir, "charon.vici")
        with open(os.path.join(self.dir, "strongswan.conf"), "w") as f:
            f.write(CONF.format(load=LOAD, dir=self.dir))
        self.process = None
        self.start()

    def start(self):
        def begin():
            self.process = subprocess.Popen(
                ["/usr/sbin/charon-systemd"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, "STRONGSWAN_CONF": os.path.join(self.dir, "strongswan.conf")})
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        if self.namespace:
            with self.namespace:
                begin()
        else:
            begin()
        wait.until("charon", 60, lambda: os.path.exists(self.socket), 0.1)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ctl(self, *words, fail=True):
        done = subprocess.run(["/usr/sbin/swanctl", *words, "--uri", "unix://" + self.socket],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "SWANCTL_DIR": self.dir, "STRONGSWAN_CONF":
                                   os.path.join(self.dir, "strongswan.conf")},
                              timeout=wait.limit(60))
        if done.returncode and fail:
            raise RuntimeError(f"swanctl {words}: {done.stdout}; log: {self.log()}")
        return done.stdout

    def vici(self, command, **values):
        """One request, without the work of a swanctl: what the answer says, of its uppermost level."""
        body = b"".join(struct.pack(">BB", 3, len(k)) + k.encode() + struct.pack(">H", len(v)) + v.encode()
                        for k, v in values.items())
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(wait.limit(60))
            s.connect(self.socket)
            packet = bytes([0, len(command)]) + command.encode() + body
            s.sendall(struct.pack(">I", len(packet)) + packet)
            with s.makefile("rb") as answer:
                size, kind = struct.unpack(">IB", answer.read(5))
                left, found = answer.read(size - 1), {}
        if kind != 1:
            raise RuntimeError(f"charon does not know {command}")
        while left:
            name = left[2:2 + left[1]]
            length, = struct.unpack_from(">H", left, 2 + left[1])
            at = 4 + left[1]
            found[name.decode()], left = left[at:at + length].decode(), left[at + length:]
        return found

    def load(self, text, key=None):
        """@key: the file of a private key; swanctl reads those of a folder of its own alone."""
        os.makedirs(os.path.join(self.dir, "private"), exist_ok=True)
        if key:
            shutil.copy(key, os.path.join(self.dir, "private", "key.pem"))
        path = os.path.join(self.dir, "swanctl.conf")
        with open(path, "w") as f:
            f.write(text)
        self.ctl("--load-all", "--clear", "--noprompt", "--file", path)

    def log(self, size=1500):
        with open(os.path.join(self.dir, "log")) as f:
            return f.read()[-size:]


class Authority:
    """A CA; issue() makes a key and a certificate for an address, valid now or long ago."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="ca-")
        self.conf = os.path.join(self.dir, "conf")
        with open(self.conf, "w") as f:
            f.write(CA.format(dir=self.dir))
        open(os.path.join(self.dir, "index"), "w").close()
        self.key, self.certificate = self.path("ca.key"), self.path("ca.pem")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-days", "30000", "-subj", "/CN=ca", "-keyout", self.key, "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.dir, name)

    def run(self, *words):
        subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def issue(self, name, address, end="20991231000000Z"):
        """(certificate, key), paths"""
        key, request, out = (self.path(f"{name}.{e}") for e in ("key", "csr", "pem"))
        extra = self.path(name + ".ext")
        with open(extra, "w") as f:
            f.write(f"subjectAltName = IP:{address}\n")
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self.run("ca", "-batch", "-config", self.conf, "-cert", self.certificate, "-keyfile",
                 self.key, "-startdate", "20150101000000Z", "-enddate", end, "-extfile", extra,
                 "-notext", "-in", request, "-out", out)
        os.chmod(key, 0o600)
        return out, key
