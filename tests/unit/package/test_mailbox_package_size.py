"""What a package of a large mailbox costs to make and to read."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from copias.package import open_mailbox, seal_mailbox, verify_package


def test_reading_one_message_reads_little_of_the_package(pack_mailbox, message, key, mailbox_draft, tmp_path) -> None:
    noise = hashlib.shake_256(b"x").digest(200_000)
    path, _ = pack_mailbox([message(f"{n:x}", content=noise[n * 1000 :]) for n in range(20)])

    with open_mailbox(path) as package:
        listed = list(package.messages())[7]
        stream = package.directories[0]._stream
        read = []
        real, stream = stream, Counting(stream, read)
        package.directories[0]._stream = stream
        package.read(listed)

    assert real.name == str(path)
    assert sum(read) < listed.bytes + 2000


class Counting:
    """A stream that tells how much is read of it."""

    def __init__(self, stream, read) -> None:
        self._stream, self._read, self.seek = stream, read, stream.seek

    def read(self, size):
        data = self._stream.read(size)
        self._read.append(len(data))
        return data


def test_mailbox_of_twenty_thousand_messages_is_packed_and_verified(
    message, mailbox_draft, key, trusted, tmp_path
) -> None:
    one = message()
    many = (one._replace(id=f"{n:x}", internal_date=n * 10**7) for n in range(20_000))

    sealed = seal_mailbox(
        tmp_path, "x.zip", many, draft=mailbox_draft, key=key, when=datetime(2026, 11, 20, tzinfo=UTC)
    )

    assert sealed.messages == 20_000
    with (tmp_path / "x.zip").open("rb") as stream:
        assert verify_package(stream, sealed.manifest, trusted) == ()
    with zipfile.ZipFile(tmp_path / "x.zip") as package:
        assert len(package.namelist()) == 20_004
        assert package.getinfo("index.html").file_size < 5_000_000


@pytest.mark.slow
def test_sixty_thousand_messages_are_packed_in_little_memory(mailbox_draft, key_file, tmp_path) -> None:
    facts = {"counts": {}, "period": {}, "messages": None}
    (tmp_path / "draft.json").write_bytes(mailbox_draft(facts).to_json())

    done = subprocess.run(
        [sys.executable, "-c", PACK_MANY, str(tmp_path), str(key_file)], capture_output=True, text=True, check=True
    )

    assert int(done.stdout) < 90 << 20


PACK_MANY = """
import hashlib, sys, zlib
from datetime import datetime
from pathlib import Path
from copias.package import PackedMessage, load_key, read_manifest, seal_mailbox
folder = Path(sys.argv[1])
draft = read_manifest((folder / "draft.json").read_bytes())
packer = zlib.compressobj(wbits=-15)
content, packed = b"x" * 4000, packer.compress(b"x" * 4000) + packer.flush()
digest, crc = hashlib.sha256(content).hexdigest(), zlib.crc32(content)
messages = (
    PackedMessage(
        id=f"18c5e1a2{n:08x}", thread_id=f"{n:x}", labels=("INBOX", f"Caso {n % 500}"), state="",
        internal_date=n * 10**7,
        date="Wed, 18 Nov 2026 06:06:40 -0500", sender=f"Persona {n % 5000} <p{n % 5000}@x.example>",
        recipients=f"Persona {n} <p{n}@x.example>", subject=f"Asunto {n} de una solicitud como tantas otras",
        message_id=f"<{n}@x.example>", content_bytes=4000, crc=crc, sha256=digest, deflated=packed,
    )
    for n in range(60_000)
)
make = lambda facts: draft.with_facts(**facts)
seal_mailbox(folder, "x.zip", messages, draft=make, key=load_key(Path(sys.argv[2])), when=datetime(2026, 11, 20))
# Not getrusage: what that gives begins with the peak of the process that started this one.
print(next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
