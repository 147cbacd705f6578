"""Takeouts as Google makes them, and as somebody who means harm would."""

from __future__ import annotations

import zipfile

import pytest

from copias.takeout.settings import DeliverySettings

ACCOUNT = "ana.prueba@alcaldia.example"
MAIL = "Takeout/Correo/Todo el correo, incluido Spam y Papelera.mbox"
STAMP = "20261120T101112Z"


def part_file_name(number: int, *, stamp: str = STAMP) -> str:
    return f"takeout-{stamp}-{number:03}.zip"


@pytest.fixture(scope="session")
def takeout_message():
    """Make a message as it lies in Takeout's mbox: CRLF, Google's line and headers, an empty line at the end."""

    def make(
        key: int = 1828754568043628583,
        content: bytes = b"Subject: acta\r\n\r\nHola\r\n",
        *,
        labels: bytes = b"Inbox,Opened",
        when: str = "Mon Apr 07 14:31:02 +0000 2025",
        thread: int | None = None,
    ) -> bytes:
        head = f"From {key}@xxx {when}\r\nX-GM-THRID: {thread or key}\r\nX-Gmail-Labels: ".encode()
        return head + labels + b"\r\n" + content + b"\r\n"

    return make


@pytest.fixture
def make_zip(tmp_path):
    """Write a zip file with some entries, deflated as Google's are; returns its path."""

    def make(name: str, entries: dict[str, bytes]):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries.items():
                archive.writestr(entry, content)
        return path

    return make


@pytest.fixture
def settings(tmp_path) -> DeliverySettings:
    return DeliverySettings(folder=tmp_path / "entregas", settle_minutes=0)
