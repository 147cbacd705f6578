"""The line to a NAS: its certificate is its own, so the deployment says which one it is."""

from __future__ import annotations

import hashlib
import ssl

import pytest

from copias.errors import BadConfiguration, NotReady
from copias.store.file_station import FileStationStore
from copias_sandbox.transport.certificates import tls_context
from tests.integration.store.nas import Nas


@pytest.fixture
def secure(tmp_path):
    """A NAS that speaks https with a certificate that nobody vouches for."""
    made = Nas(tmp_path, tls=tls_context(tmp_path))
    yield made
    made.server.close()


@pytest.fixture
def pem(secure, tmp_path):
    """The NAS's own certificate, as an administrator exports it."""
    text = (tmp_path / "tls/server.pem").read_text(encoding="ascii")
    path = tmp_path / "nas.pem"
    path.write_text(text[text.index("-----BEGIN CERTIFICATE-----") :], encoding="ascii")
    return path


@pytest.fixture
def fingerprint(pem) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read_text(encoding="ascii"))).hexdigest()


def open_store(secure, certificate: str) -> FileStationStore:
    return FileStationStore("nas", secure.settings(tls=True, certificate=certificate))


def test_known_certificate_is_accepted_by_fingerprint_or_file(secure, pem, fingerprint) -> None:
    shown = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()

    for certificate in (fingerprint, f"sha256:{shown}", str(pem)):
        open_store(secure, certificate).prepare()

    assert (secure.root / ".copias-store").read_text(encoding="utf-8") == "nas\n"


def test_copy_goes_and_comes_over_tls(secure, fingerprint) -> None:
    store, content = open_store(secure, fingerprint), bytes(range(256)) * 9000
    store.prepare()

    with store.create("a.zip", expected_bytes=len(content)) as upload:
        upload.write(content)
        upload.finish()
    store.publish("a.zip")

    with store.open("a.zip") as stream:
        assert stream.read() == content


def test_other_certificate_gets_no_password(secure, fingerprint) -> None:
    other = fingerprint[:-1] + ("0" if fingerprint[-1] != "0" else "1")

    with pytest.raises(NotReady, match=fingerprint):
        open_store(secure, other).prepare()

    assert secure.server.log_ins == 0


def test_certificate_that_nobody_vouches_for_gets_no_password(secure) -> None:
    with pytest.raises(NotReady, match="certificado"):
        open_store(secure, "").prepare()

    assert secure.server.log_ins == 0


def test_file_without_a_certificate_is_a_matter_of_configuration(secure, tmp_path) -> None:
    path = tmp_path / "empty.pem"
    path.write_text("nothing\n", encoding="ascii")

    with pytest.raises(BadConfiguration, match="certificado"):
        open_store(secure, str(path)).prepare()
