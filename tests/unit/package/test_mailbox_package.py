from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from copias.errors import Altered, BadInput
from copias.package import (
    MailboxPackage,
    check_signature,
    open_mailbox,
    open_package,
    read_inner_manifest,
    read_manifest,
    render_certificate,
    seal_mailbox,
    state_of,
    verify_package,
)
from copias.package.mailbox_index import HEADER
from copias.package.manifest import LARGEST
from copias.package.message_list import join_labels, split_labels
from copias.package.schema import PATH

ids = st.integers(0, 2**64 - 1).map(lambda number: f"{number:x}")
texts = st.text(max_size=40)
facts = st.fixed_dictionaries(
    {
        "content": st.binary(max_size=300),
        "thread_id": ids,
        "labels": st.lists(texts, max_size=3, unique=True).map(tuple),
        "state": st.sampled_from(["", "draft", "spam", "trash", "chat"]),
        "internal_date": st.integers(-(2**63), 2**63 - 1),
        "date": texts,
        "sender": texts,
        "recipients": texts,
        "subject": texts,
        "message_id": texts,
        "deleted_at": st.none() | st.integers(0, 4_000_000_000).map(float),
    }
)
mailboxes = st.dictionaries(ids, facts, max_size=6)
slow = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def find(path, trusted):
    """Verify a package as it lies there."""
    with open_package(path) as package:
        first, *parts = package.streams
        return verify_package(first, package.manifest, trusted, parts=parts)


def read_all(path):
    with open_mailbox(path) as package:
        return {message.id: (message, package.read(message)) for message in package.messages()}


@slow
@given(mailboxes, st.integers(1, 3000))
def test_what_goes_in_comes_out(pack_mailbox, message, trusted, tmp_path, mailbox, split_bytes) -> None:
    path, sealed = pack_mailbox([message(key, **known) for key, known in mailbox.items()], split_bytes=split_bytes)

    found = read_all(path)

    assert {key: content for key, (_, content) in found.items()} == {
        key: known["content"] for key, known in mailbox.items()
    }
    for key, (listed, _) in found.items():
        for name in ("thread_id", "state", "internal_date", "deleted_at"):
            assert getattr(listed, name) == mailbox[key][name]
    assert find(path, trusted) == ()
    assert sealed.messages == len(mailbox)
    for part in sealed.parts:
        with zipfile.ZipFile(tmp_path / part.name) as package:
            assert package.testzip() is None
        assert hashlib.sha256((tmp_path / part.name).read_bytes()).hexdigest() == part.sha256


def test_package_holds_what_the_design_lists(pack_mailbox, message, tmp_path) -> None:
    path, sealed = pack_mailbox([message("b2", internal_date=1_795_000_000_000), message("a1", internal_date=0)])

    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        dates = [info.date_time for info in package.infolist()]

    assert names == [
        "2026/11/20261118-060640-Acta-de-reunión-b2.eml",
        "1980/01/19800101-000000-Acta-de-reunión-a1.eml",
        "indice.csv",
        "index.html",
        "LEEME.txt",
        "manifest.json",
    ]
    assert dates[0] == (2026, 11, 18, 6, 6, 40)
    assert [entry.name for entry in sealed.manifest.entries] == names[2:-1]
    assert sealed.manifest.package == sealed.parts[0]
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, path.name + ".manifest.json"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_manifest_counts_what_there_is(pack_mailbox, message, key, trusted) -> None:
    messages = [
        message("1", content=b"a", labels=("INBOX", "UNREAD"), internal_date=1_000_000_000_000),
        message("2", content=b"bb", labels=("SPAM",), state="spam", thread_id="1"),
        message("3", content=b"", labels=("INBOX",), deleted_at=5.5),
    ]

    _, sealed = pack_mailbox(messages)
    manifest = sealed.manifest

    lines = "".join(f"{one.id} {one.sha256}\n" for one in messages)
    assert manifest.counts == {"messages": 3, "threads": 2, "labels": 3, "messages_spam": 1, "messages_deleted": 1}
    assert (manifest.messages.count, manifest.messages.bytes) == (3, 3)
    assert manifest.messages.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert str(manifest.period.first), str(manifest.period.last) == ("2001-09-08", "2026-11-18")
    assert check_signature(manifest, trusted) == key.key_id
    assert read_manifest(manifest.to_json()) == manifest
    jsonschema.validate(json.loads(manifest.to_json()), json.loads(PATH.read_text(encoding="utf-8")))


def test_mailbox_of_no_message_is_a_package_too(pack_mailbox, trusted) -> None:
    path, sealed = pack_mailbox([])

    assert sealed.messages == 0
    assert find(path, trusted) == ()
    assert read_all(path) == {}
    assert b"De" in render_certificate(sealed.manifest)


@pytest.mark.parametrize("program", [["unzip", "-tq"], ["7z", "t"], ["bsdtar", "-tf"]], ids=lambda words: words[0])
def test_other_programs_open_the_package(pack_mailbox, message, program) -> None:
    if not shutil.which(program[0]):
        pytest.skip(f"{program[0]} is not installed")
    path, sealed = pack_mailbox([message(f"{n:x}", content=b"x" * 500) for n in range(40)], split_bytes=1000)

    assert len(sealed.parts) > 1
    for part in sealed.parts:
        done = subprocess.run([*program, str(path.with_name(part.name))], capture_output=True)
        assert done.returncode == 0, done.stdout


def test_inner_manifest_says_the_same_but_for_the_package(pack_mailbox, message) -> None:
    path, sealed = pack_mailbox([message(f"{n:x}") for n in range(9)], split_bytes=300)

    with path.open("rb") as stream:
        inner = read_inner_manifest(stream)

    assert inner.package is None
    assert inner.with_facts(package=sealed.manifest.package).signed_part() == sealed.manifest.signed_part()
    assert inner.parts == sealed.parts[1:]


def test_split_package_has_one_index_and_names_that_count(pack_mailbox, message, trusted, tmp_path) -> None:
    path, sealed = pack_mailbox([message(f"{n:x}") for n in range(9)], split_bytes=300)

    assert [part.name for part in sealed.parts[:3]] == [
        "correo-ana-1234.zip",
        "correo-ana-1234-parte-2.zip",
        "correo-ana-1234-parte-3.zip",
    ]
    with zipfile.ZipFile(tmp_path / sealed.parts[1].name) as package:
        assert all(name.endswith(".eml") for name in package.namelist())
    assert find(path, trusted) == ()


def test_missing_part_is_named_and_the_rest_is_still_read(pack_mailbox, message, trusted, tmp_path) -> None:
    path, sealed = pack_mailbox([message(f"{n:x}") for n in range(9)], split_bytes=300)
    (tmp_path / sealed.parts[-1].name).unlink()

    problems = find(path, trusted)

    assert any(sealed.parts[-1].name in problem for problem in problems)
    with open_mailbox(path) as package:
        messages = list(package.messages())
        assert package.read(messages[0])
        with pytest.raises(Altered, match="falta una parte"):
            package.read(next(one for one in messages if one.part == len(sealed.parts)))


def test_message_that_comes_twice_is_refused_and_leaves_nothing(pack_mailbox, message, tmp_path) -> None:
    with pytest.raises(BadInput):
        pack_mailbox([message("1", subject="a"), message("1", subject="b")])

    assert list(tmp_path.iterdir()) == []


def test_what_is_not_sealed_leaves_nothing(message, tmp_path) -> None:
    when = datetime(2026, 11, 20, tzinfo=UTC)
    with MailboxPackage(tmp_path, "x.zip", when=when, split_bytes=100) as package:
        package.add(message("1"))
        package.add(message("2"))
        assert [file.name for file in tmp_path.glob("*.zip.part")]

    assert list(tmp_path.iterdir()) == []


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


@slow
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4), st.booleans()
)
def test_no_damage_is_missed_and_none_crashes_the_reader(pack_mailbox, message, trusted, damage, tail) -> None:
    """Half of the damage goes to the last 4 kB, where the zip's own structure lies."""
    path, sealed = pack_mailbox([message(f"{n:x}", content=bytes([n]) * 900) for n in range(20)])
    sound = path.read_bytes()
    content = bytearray(sound)
    for place, mask in damage:
        span = min(len(content), 4000) if tail else len(content)
        content[len(content) - span + int(span * place)] ^= mask
    assume(bytes(content) != sound)
    path.write_bytes(content)

    with path.open("rb") as stream:
        assert verify_package(stream, sealed.manifest, trusted)
        verify_package(stream, sealed.manifest.with_facts(package=None), None)  # must not crash


def test_damaged_message_is_named_and_not_given(pack_mailbox, message, trusted) -> None:
    path, _ = pack_mailbox(
        [message("a1", content=b"x" * 50), message("b2", content=hashlib.shake_256(b"").digest(999))]
    )
    content = bytearray(path.read_bytes())
    content[content.index(b"b2.eml") + 200] ^= 1
    path.write_bytes(content)

    problems = find(path, trusted)

    assert len([problem for problem in problems if "'b2'" in problem]) == 1
    assert not [problem for problem in problems if "'a1'" in problem]
    with open_mailbox(path) as package, pytest.raises(Altered, match=r"CRC-32|descomprime"):
        package.read(next(one for one in package.messages() if one.id == "b2"))


def repack(path, change) -> None:
    """Make the zip anew with other contents, as a forger would who has no key."""
    with zipfile.ZipFile(path) as package:
        contents = {name: package.read(name) for name in package.namelist()}
    change(contents)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in contents.items():
            package.writestr(name, content)


def name_of(contents, key: str) -> str:
    return next(name for name in contents if name.endswith(f"{key}.eml"))


def put_another(contents) -> None:
    contents[name_of(contents, "a1")] = b"otra cosa"


def drop_one(contents) -> None:
    del contents[name_of(contents, "a1")]


def add_one(contents) -> None:
    contents["2026/11/ajeno.eml"] = b"x"


def swap_two(contents) -> None:
    one, other = name_of(contents, "a1"), name_of(contents, "b2")
    contents[one], contents[other] = contents[other], contents[one]


def shorten_list(contents) -> None:
    lines = contents["indice.csv"].splitlines(keepends=True)
    del contents[name_of(contents, "a1")]
    contents["indice.csv"] = b"".join(line for line in lines if b"a1.eml" not in line)


@pytest.mark.parametrize("change", [put_another, drop_one, add_one, swap_two, shorten_list])
@pytest.mark.parametrize("beside", [True, False], ids=["manifest beside", "manifest inside"])
def test_forged_package_is_found(pack_mailbox, message, trusted, change, beside) -> None:
    path, _ = pack_mailbox([message("a1"), message("b2", content=b"otro")])
    repack(path, change)
    if not beside:
        path.with_name(path.name + ".manifest.json").unlink()

    assert find(path, trusted)


def test_package_repacked_without_change_is_sound_by_its_inner_manifest(pack_mailbox, message, trusted) -> None:
    path, _ = pack_mailbox([message("a1"), message("b2")])
    repack(path, lambda _: None)
    path.with_name(path.name + ".manifest.json").unlink()

    assert find(path, trusted) == ()


def test_reader_refuses_a_list_that_was_not_signed(pack_mailbox, message) -> None:
    path, _ = pack_mailbox([message("a1"), message("b2")])
    repack(path, shorten_list)

    with open_mailbox(path) as package, pytest.raises(Altered, match="no es la que se selló"):
        package.check_index()


def test_index_is_safe_for_excel_and_reads_back(pack_mailbox, message) -> None:
    path, _ = pack_mailbox(
        [message("a1", subject="=HYPERLINK(1)", sender="@ana", labels=("-x", 'a, "b"; c'), recipients="'=x\ny")]
    )

    with zipfile.ZipFile(path) as package:
        content = package.read("indice.csv")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    (listed, _), *_ = read_all(path).values()

    assert content.startswith(b"\xef\xbb\xbf")
    assert tuple(rows[0]) == HEADER
    assert not [cell for cell in rows[1] if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert (listed.subject, listed.sender, listed.recipients) == ("=HYPERLINK(1)", "@ana", "'=x y")
    assert listed.labels == ("-x", 'a, "b"; c')


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))).map(tuple))
def test_labels_joined_are_split_again(labels) -> None:
    assert split_labels(join_labels(labels)) == labels


@pytest.mark.parametrize(
    ("labels", "state"),
    [
        ((), ""),
        (("INBOX", "x"), ""),
        (("DRAFT",), "draft"),
        (("DRAFT", "TRASH"), "trash"),
        (("SPAM",), "spam"),
        (["CHAT"], "chat"),
    ],
)
def test_state_is_that_of_the_system_labels(labels, state) -> None:
    assert state_of(labels) == state


def test_certificate_tells_account_counts_dates_hash_and_proof(pack_mailbox, message) -> None:
    path, sealed = pack_mailbox([message(f"{n:x}") for n in range(9)], split_bytes=300)

    page = render_certificate(sealed.manifest).decode()

    for text in ("ana@villanueva.example", "Mensajes", sealed.manifest.messages.sha256, "18/11/2026", path.name):
        assert text in page
    assert sealed.parts[1].sha256 in page
    assert sealed.manifest.proof.text in page


def test_notes_tell_how_to_open_a_message_and_what_is_missing(pack_mailbox, message) -> None:
    path, _ = pack_mailbox([message()])

    with zipfile.ZipFile(path) as package:
        notes = package.read("LEEME.txt").decode("utf-8-sig")

    for text in ("Thunderbird", "index.html", "certutil", "indice.csv", "llave "):
        assert text in notes
    assert "\n" not in notes.replace("\r\n", "")


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


def test_same_messages_make_the_same_package(pack_mailbox, message) -> None:
    first, _ = pack_mailbox([message("1"), message("2")], name="a.zip")
    second, _ = pack_mailbox([message("1"), message("2")], name="b.zip")

    assert first.read_bytes() == second.read_bytes()


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


def test_entry_that_was_swapped_for_a_larger_one_is_refused_before_it_is_read(pack_mailbox, message) -> None:
    path, _ = pack_mailbox([message("a1")])
    with open_mailbox(path) as package:
        (listed,) = package.messages()

        with pytest.raises(Altered, match="no es el que se selló"):
            package.read(listed._replace(bytes=listed.bytes - 1))


def test_manifest_beside_a_package_is_not_read_without_end(pack_mailbox, message) -> None:
    path, _ = pack_mailbox([message("a1")])
    with path.with_name(path.name + ".manifest.json").open("wb") as beside:
        beside.truncate(LARGEST + 1)

    with pytest.raises(BadInput, match="no se entiende"), open_mailbox(path):
        pass
