# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys and certificates by the names that the suite's own makefile gives them."""

import os
import subprocess


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, stderr=subprocess.DEVNULL)


def make(directory):
    if os.path.exists(os.path.join(directory, "testpki-cert2.pem")):
        return
    openssl(directory, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=testpki",
            "-keyout", "testpki-ca.key", "-out", "testpki-cacert.pem")
    for suffix in ("", "2"):
        key, request, certificate = (f"testpki-{name}{suffix}.pem" for name in ("privkey", "req", "cert"))
        openssl(directory, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN=test{suffix or '1'}",
                "-keyout", key, "-out", request)
        openssl(directory, "x509", "-req", "-days", "3650", "-in", request, "-CA", "testpki-cacert.pem",
                "-CAkey", "testpki-ca.key", "-CAcreateserial", "-out", certificate)
