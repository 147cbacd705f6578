"""A package of a mailbox: what it holds, that it gives it back, and what its pages tell."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copias.errors import BadInput
from copias.package import (
    MailboxPackage,
    check_signature,
    open_mailbox,
    open_package,
    read_inner_manifest,
    read_manifest,
    render_certificate,
    state_of,
    verify_package,
)
from copias.package.mailbox_index import HEADER
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


def test_same_messages_make_the_same_package(pack_mailbox, message) -> None:
    first, _ = pack_mailbox([message("1"), message("2")], name="a.zip")
    second, _ = pack_mailbox([message("1"), message("2")], name="b.zip")

    assert first.read_bytes() == second.read_bytes()
