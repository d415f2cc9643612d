# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the server is: what people write, and the TLS context for it."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass

from .errors import BadRemote, shorten

DEFAULT_REMOTE = "unix:/run/vifswitch/db.sock"
REMOTE_ENV = "VIFDB"

_FORMS = "unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT (an IPv6 address in brackets)"


@dataclass(frozen=True)
class Remote:
    """kind is unix, tcp or ssl; path for unix, host and port for the others."""

    kind: str
    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.kind == "unix":
            return "unix:" + self.path
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}:{host}:{self.port}"


def parse_remote(text: str | None = None) -> Remote:
    """None: the environment's VIFDB, else the default. BadRemote if it is none."""
    if text is None:
        text = os.environ.get(REMOTE_ENV) or DEFAULT_REMOTE
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest and "\0" not in rest:
        if len(os.fsencode(rest)) > 107:
            raise BadRemote(f"remote {shorten(text)}: the path of a Unix socket has at most "
                            "107 octets")
        return Remote(kind, path=rest)
    host, colon, port = rest.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if kind not in ("tcp", "ssl") or not host or not colon or not port.isascii() \
            or not port.isdigit() or len(port) > 5 or not 0 < int(port) < 65536:
        raise BadRemote(f"remote {shorten(text)}: expected {_FORMS}")
    return Remote(kind, host=host, port=int(port))


def tls_context(remote: Remote, private_key: str | None, certificate: str | None,
                ca_certificate: str | None) -> ssl.SSLContext | None:
    """
    None unless the remote is ssl:. The server must show a certificate of the authority
    in ca_certificate; its name is not compared, as databases are known by address.
    """
    if remote.kind != "ssl":
        return None
    if not private_key or not certificate or not ca_certificate:
        raise BadRemote(f"remote {remote}: needs private_key, certificate and ca_certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    try:
        context.load_cert_chain(certificate, private_key)
    except OSError as e:        # ssl.SSLError is one
        raise BadRemote(f"certificate {certificate} with private key {private_key}: {e}") from None
    try:
        context.load_verify_locations(ca_certificate)
    except OSError as e:
        raise BadRemote(f"CA certificate {ca_certificate}: {e}") from None
    return context
