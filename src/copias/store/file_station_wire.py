"""One HTTP request to a NAS at a time, over a line that is a known NAS's or none."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import secrets
import ssl
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from copias.errors import BadConfiguration
from copias.store.file_station_faults import strange_certificate
from copias.store.settings import FINGERPRINT

if t.TYPE_CHECKING:
    from copias.store.settings import StoreSettings


@dataclass(frozen=True)
class Wire:
    """Makes connections to one NAS.

    Args:
        store: the logical name, for errors.
        settings: host, port, whether TLS, and the certificate.
    """

    store: str
    settings: StoreSettings

    def connect(self) -> http.client.HTTPConnection:
        """Return an open connection; with TLS nothing was sent before the certificate was found to be the known one.

        Raises:
            NotReady: the certificate is another.
            OSError: no line.
        """
        host, port, limit = self.settings.host, self.settings.port, self.settings.time_limit
        if not self.settings.tls:
            plain = http.client.HTTPConnection(host, port, timeout=limit)
            plain.connect()
            return plain
        pinned = bool(self.settings.certificate)
        secure = http.client.HTTPSConnection(host, port, timeout=limit, context=_context(pinned=pinned))
        secure.connect()
        if pinned:
            try:
                self._check_certificate(secure.sock)
            except BaseException:
                secure.close()
                raise
        return secure

    def _check_certificate(self, line: ssl.SSLSocket) -> None:
        expected = read_fingerprint(self.settings.certificate, store=self.store)
        found = hashlib.sha256(line.getpeercert(binary_form=True) or b"").hexdigest()
        if not hmac.compare_digest(found, expected):
            raise strange_certificate(self.store, f"se esperaba la huella SHA-256 {expected} y la NAS mostró {found}")


def _context(*, pinned: bool) -> ssl.SSLContext:
    """Return a context; with a pin the certificate itself is compared, so neither its issuer nor its name counts."""
    context = ssl.create_default_context()
    if pinned:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def read_fingerprint(certificate: str, *, store: str) -> str:
    """Return the SHA-256 of a certificate, given as that or as the path of a PEM file.

    Raises:
        BadConfiguration: the file cannot be read or holds none.
    """
    if found := FINGERPRINT.fullmatch(certificate.strip()):
        return found[1].replace(":", "").lower()
    try:
        encoded = ssl.PEM_cert_to_DER_cert(_first_certificate(Path(certificate).read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        raise BadConfiguration(
            "no se pudo leer el certificado de la NAS",
            whose=store,
            why=getattr(error, "strerror", None) or "no es un certificado PEM",
            repair="certificate es la huella SHA-256 del certificado o la ruta de un archivo PEM que lo tenga",
        ) from None
    return hashlib.sha256(encoded).hexdigest()


def _first_certificate(text: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    start, stop = text.find(begin), text.find(end)
    if start < 0 or stop < start:
        raise ValueError("no certificate")
    return text[start : stop + len(end)]


def wait_until(done: t.Callable[[], bool], *, limit: float) -> bool:
    """Ask again and again, slower each time, whether background work is done, for ``limit`` seconds."""
    end, pause = time.monotonic() + limit, 0.05
    while not done():
        if time.monotonic() >= end:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 2)
    return True


def boundary() -> str:
    """Return a delimiter that no content holds, but by a chance of 2^-128."""
    return f"copias{secrets.token_hex(16)}"
