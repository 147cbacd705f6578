"""What files in a case's folder amount to: nothing yet, still on the way, refused unread, or one to take in."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.delivery.place import DeliveredFile, ServerFolder
from copias.provider.arrival import Arrival, identify, judge_files
from copias.provider.checksum import find_sum
from copias.provider.drop_settings import DropSettings
from copias.provider.unfit import Unfit

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SUM = "ab" * 32


def file(name: str, *, size: int = 100, minutes: float = 60, **changes: t.Any) -> DeliveredFile:
    return DeliveredFile(name, size, NOW - timedelta(minutes=minutes), f"{size}-{minutes}", **changes)


def judge(
    *files: DeliveredFile,
    rejected: t.Iterable[DeliveredFile] = (),
    unlike: DeliveredFile | None = None,
    **changes: t.Any,
) -> Arrival:
    drop = DropSettings(kind="folder", path=Path("/entregas"), **changes)
    return judge_files(
        ServerFolder(drop.path, "1"),
        files,
        drop,
        since={identify(one): one.arrived for one in files},
        rejected={(identify(one),): identify(unlike) if unlike else "" for one in rejected},
        now=NOW,
    )


def test_one_settled_file_is_taken_in() -> None:
    found = judge(file("sinfa.bak"), file("Thumbs.db"))

    assert (found.ready, found.fault, found.checksum) == (True, "", None)
    assert found.data == file("sinfa.bak")


@pytest.mark.parametrize("name", ["x.bak.part", "x.bak.filepart", "x.zip.crdownload", "x.zip.PART"])
def test_unfinished_upload_is_waited_for(name: str) -> None:
    found = judge(file("sinfa.bak"), file(name))

    assert (found.ready, "en camino" in found.why) == (False, True)


def test_young_file_is_waited_for_and_so_is_a_young_checksum() -> None:
    assert not judge(file("sinfa.bak", minutes=9)).ready
    assert not judge(file("sinfa.bak"), file("sinfa.bak.md5", minutes=9)).ready
    assert judge(file("sinfa.bak", minutes=9), settle_minutes=5).ready


@pytest.mark.parametrize("name", ["sinfa.bak.sha256", "sinfa.md5", "SHA256SUMS", "sinfa.bak.sha256.txt"])
def test_checksum_file_is_no_second_delivery(name: str) -> None:
    found = judge(file("sinfa.bak"), file(name))

    assert found.ready
    assert found.checksum == file(name)


def test_checksum_alone_is_waited_with() -> None:
    assert not judge(file("sinfa.bak.sha256")).ready


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ([file("a.bak"), file("b.bak")], "2 archivos"),
        ([file("a.bak", size=0)], "está vacío"),
        ([file("a.bak", fault="es un enlace")], "es un enlace"),
        ([file("a.bak", size=101)], "se admiten 100"),
    ],
)
def test_what_is_refused_unread_says_why(files: list[DeliveredFile], fault: str) -> None:
    found = judge(*files, largest_bytes=100)

    assert found.ready
    assert fault in found.fault


def test_rejected_file_is_passed_over_and_its_successor_is_not() -> None:
    bad = file("sinfa.bak")

    assert not judge(bad, rejected=[bad]).ready
    assert judge(bad, file("otra.bak"), rejected=[bad]).data == file("otra.bak")
    assert judge(file("sinfa.bak", size=101), rejected=[bad]).ready


def test_file_whose_checksum_was_put_right_is_looked_at_again_where_there_is_no_other() -> None:
    bad, wrong, right = file("sinfa.bak"), file("SHA256SUMS"), file("SHA256SUMS", size=99)

    assert not judge(bad, wrong, rejected=[bad], unlike=wrong).ready
    assert judge(bad, right, rejected=[bad], unlike=wrong).data == bad
    assert judge(bad, right, file("otra.bak"), rejected=[bad], unlike=wrong).data == file("otra.bak")


def test_new_version_of_a_rejected_file_is_its_successor_whatever_its_size() -> None:
    bad, good = (file("sinfa.bak", sha256=one * 32) for one in ("ab", "cd"))

    assert not judge(bad, rejected=[bad]).ready
    assert judge(good, rejected=[bad]).data == good


@pytest.mark.parametrize(
    "content",
    [
        SUM.encode(),
        f"{SUM}  sinfa.bak\n".encode(),
        f"SHA256 hash of sinfa.bak:\r\n{' '.join([SUM[i : i + 2] for i in range(0, 64, 2)])}\r\nCertUtil\r\n".encode(),
        f"{'cd' * 32}  otra.bak\n{SUM.upper()} *sinfa.bak\n".encode(),
        f"{SUM}\r\n".encode("utf-16"),
    ],
)
def test_checksum_is_read_in_any_tool_s_form(content: bytes) -> None:
    assert find_sum(content, "sinfa.bak") == ("sha256", SUM)


@pytest.mark.parametrize("content", [b"", b"hola", f"{SUM}\n{'cd' * 32}\n".encode(), b"a" * 70_000])
def test_checksum_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(Unfit):
        find_sum(content, "sinfa.bak")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"kind": "sftp", "path": "/d", "host": "h"}, "user, identity_file, known_hosts"),
        ({"kind": "folder"}, "path"),
        ({"kind": "folder", "path": "/d", "host": "h"}, "host"),
        ({"kind": "shared_drive", "drive": "x", "folder": "a/b"}, "una sola carpeta"),
    ],
)
def test_drop_says_what_it_lacks(settings: dict[str, t.Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        DropSettings(**settings)
