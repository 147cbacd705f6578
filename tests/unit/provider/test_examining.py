"""Delivered files are recognised by their content, tested to their end, and refused with a reason; nothing crashes."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import subprocess
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copias.errors import CopyFailed
from copias.provider.examining import copy_dump, examine
from copias.provider.formats import FORMATS, recognise
from copias.provider.seven_zip import SevenZip
from copias.provider.unfit import Limits, Unfit
from tests.unit.provider.archives import make_zip
from tests.walls import NOBODY_ELSES, NOTHING, look_at

PG_SQL = (
    b"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.6\n"
    + b"SELECT 1;\n" * 3000
    + b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n\n"
)
MARIADB = b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n-- Server version\t10.11.6-MariaDB\n"
HEADS = {
    "pg_custom": b"PGDMP\x01\x0e\x00\x04",
    "pg_tar": b"toc.dat".ljust(257, b"\0") + b"ustar\x0000",
    "pg_sql": PG_SQL,
    "pg_cluster_sql": b"--\n-- PostgreSQL database cluster dump\n--\n",
    "mariadb_sql": MARIADB,
    "gbak": bytes.fromhex("0002040a0000000404010000000504010000000604000004"),
    "mssql_bak": b"TAPE" + bytes(100),
    "oracle_exp": b"\x03\x03\x69EXPORT:V11.02.00\n",
    "oracle_datapump": b"\x03\x01" + bytes(30) + b'"SYSTEM"."SYS_EXPORT_SCHEMA_01"\0',
    "zip": b"PK\x03\x04",
    "7z": b"7z\xbc\xaf\x27\x1c\0\4",
    "gz": b"\x1f\x8b\x08\0",
    "program": b"MZ\x90\0",
}


def limits(**changes: object) -> Limits:
    return Limits(**{"content": 64 << 20, "ratio": 300, "entries": 50, **changes})


def write(folder: Path, content: bytes, name: str = "x.bak") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def make_7z(folder: Path, *options: str, **files: bytes) -> bytes:
    for name, content in files.items():
        write(folder, content, name)
    done = [write(folder, b"", "x.7z")]
    done[0].unlink()
    command = ["7z", "a", "-bd", *options, str(done[0]), *(str(folder / name) for name in files)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return done[0].read_bytes()


@pytest.mark.parametrize("name", HEADS)
def test_every_format_is_told_by_its_content(name: str) -> None:
    known = recognise(HEADS[name])

    assert known is not None
    assert known.name == name


def test_every_database_s_format_of_the_table_is_tried_here() -> None:
    assert {known.name for known in FORMATS if known.engine or known.unpack} <= HEADS.keys()


@given(st.binary(max_size=4096))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_any_bytes_are_recognised_or_not(content: bytes) -> None:
    recognise(content)


HEADS_OF_FILES = [HEADS["zip"], HEADS["7z"], HEADS["gz"], PG_SQL[:300], make_zip(a=PG_SQL), gzip.compress(PG_SQL)]


@given(
    head=st.sampled_from(HEADS_OF_FILES),
    noise=st.binary(max_size=300),
    cut=st.integers(0, 400),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_file_is_fit_or_unfit(tmp_path: Path, head: bytes, noise: bytes, cut: int) -> None:
    path = write(tmp_path, head[: len(head) - cut] + noise)

    try:
        found = examine(path, limits(), spool=tmp_path).format.name
    except Unfit as unfit:
        found = unfit.reason

    assert found == "pg_sql" or " " in found


@pytest.mark.parametrize("layers", [[], ["gz"], ["zip"], ["7z"], ["zip", "gz"], ["7z", "zip"]], ids=str)
def test_dump_is_found_in_its_archives_and_comes_out_byte_by_byte(tmp_path: Path, layers: list[str]) -> None:
    content = PG_SQL
    for layer in reversed(layers):
        content = {
            "gz": gzip.compress,
            "zip": lambda inner: make_zip(**{"a/ñ.sql": inner, "LEEME.txt": b"hola"}),
            "7z": lambda inner: make_7z(tmp_path, **{"sinfa.x": inner, "nota.txt": b""}),
        }[layer](content)
    path = write(tmp_path, content)

    examined = examine(path, limits(), spool=tmp_path)

    assert (examined.format.name, examined.version) == ("pg_sql", "15.6")
    assert [layer.kind for layer in examined.layers] == layers
    if layers:
        copy_dump(path, examined, tmp_path / "fuera", limits(), spool=tmp_path)
        assert (tmp_path / "fuera").read_bytes() == PG_SQL


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MZ" + bytes(100), "programa de Windows"),
        (b"\x7fELF" + bytes(100), "programa de Linux"),
        (b"#!/bin/sh\nrm -rf /\n", "guion"),
        (b"", "no se reconoce"),
        (b"hola", "no se reconoce"),
        (PG_SQL[:-80], "cortado"),
        (MARIADB + b"INSERT INTO t VALUES (1", "cortado"),
        (make_zip(a=PG_SQL)[:-30], "cortado"),
        (make_zip(a=PG_SQL)[:90], "cortado"),
        (gzip.compress(PG_SQL)[:-9], "cortado"),
        (gzip.compress(PG_SQL) + b"basura que no es gzip", "dañado"),
        (make_zip(a=make_zip(a=make_zip(a=PG_SQL))), "uno dentro de otro"),
        (make_zip(a=b"hola", b=b"hola"), "ningún volcado"),
        (make_zip(a=PG_SQL, b=PG_SQL), "varios volcados"),
        (make_zip(**{"a.sql": PG_SQL, "b.exe": b"MZ"}), "programa"),
        (make_zip(**{"../a.sql": PG_SQL}), "sale de la carpeta"),
        (make_zip(**{f"a{number}": b"" for number in range(51)}), "51 archivos"),
        (make_zip(a=PG_SQL + bytes(20 << 20)), "bomba"),
        (gzip.compress(PG_SQL + bytes(20 << 20)), "bomba"),
    ],
)
def test_unfit_file_is_refused_with_its_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(Unfit) as caught:
        examine(write(tmp_path, content), limits(), spool=tmp_path)

    assert reason in caught.value.reason


def test_zip_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    content = make_zip(a=PG_SQL + b" " * (5 << 20))
    true = (len(PG_SQL) + (5 << 20)).to_bytes(4, "little")
    lie = content.replace(true, (1000).to_bytes(4, "little"))

    with pytest.raises(Unfit):
        examine(write(tmp_path, lie), limits(), spool=tmp_path)


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    packed = zlib.compress(PG_SQL, wbits=-15)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", PG_SQL)
        for number in range(10):  # each entry of the directory points to the same bytes
            copied = zipfile.ZipInfo(f"b{number}")
            first = archive.infolist()[0]
            copied.header_offset, copied.CRC, copied.compress_type = 0, first.CRC, zipfile.ZIP_DEFLATED
            copied.compress_size, copied.file_size = len(packed), len(PG_SQL)
            archive.filelist.append(copied)

    with pytest.raises(Unfit, match=r"unos sobre otros|cortado|dañado"):
        examine(write(tmp_path, stream.getvalue()), limits(), spool=tmp_path)


def test_content_is_counted_over_all_archives_together(tmp_path: Path) -> None:
    path = write(tmp_path, make_zip(a=gzip.compress(PG_SQL)))

    with pytest.raises(Unfit, match="más de lo que se admite"):
        examine(path, limits(content=20_000), spool=tmp_path)


@pytest.mark.parametrize("kind", ["-t7z", "-tzip"])
def test_encrypted_archive_is_refused_without_its_password_and_opened_with_it(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, make_7z(tmp_path, kind, "-psecreto", **{"a.sql": PG_SQL}), "cifrado")
    right, wrong = write(tmp_path, b"secreto\n", "clave"), write(tmp_path, b"otra\n", "otra")

    examined = examine(path, limits(password_file=right), spool=tmp_path)

    assert examined.format.name == "pg_sql"
    for password in (None, wrong):
        with pytest.raises(Unfit, match="cifrado"):
            examine(path, limits(password_file=password), spool=tmp_path)


def test_damaged_7z_is_refused(tmp_path: Path) -> None:
    content = make_7z(tmp_path, **{"a.sql": PG_SQL})

    for damaged in (content[:-40], content[:60] + b"\xff" * 9 + content[69:]):
        with pytest.raises(Unfit, match="cortado o dañado"):
            examine(write(tmp_path, damaged, "d.7z"), limits(), spool=tmp_path)


def test_method_that_takes_any_memory_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", PG_SQL)

    with pytest.raises(Unfit, match="método"):
        examine(write(tmp_path, stream.getvalue()), limits(), spool=tmp_path)


def test_bzip2_is_no_archive_of_the_table(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="no se reconoce"):
        examine(write(tmp_path, bz2.compress(PG_SQL)), limits(), spool=tmp_path)


@pytest.mark.parametrize("end", [b"-- Dump completed\n", b"-- Dump completed on 2026-11-26\n"], ids=["bare", "dated"])
def test_dump_with_any_comments_at_its_end_is_judged_at_once(tmp_path: Path, end: bytes) -> None:
    comments = b"/**/" * 900
    begun = time.monotonic()

    with pytest.raises(Unfit, match="cortado"):
        examine(write(tmp_path, MARIADB + end + comments + b"x"), limits(), spool=tmp_path)
    whole = examine(write(tmp_path, MARIADB + end + comments), limits(), spool=tmp_path)

    assert whole.format.name == "mariadb_sql"
    assert time.monotonic() - begun < 20


def test_gzip_of_nothing_but_empty_members_is_read_no_longer_than_admitted(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"", mtime=0) * 5000)

    with pytest.raises(Unfit, match="tarda más"):
        examine(path, limits(seconds=0), spool=tmp_path)


def test_gzip_of_many_members_is_whole(tmp_path: Path) -> None:
    pieces = (PG_SQL[start : start + 100] for start in range(0, len(PG_SQL), 100))

    found = examine(write(tmp_path, b"".join(map(gzip.compress, pieces))), limits(), spool=tmp_path)

    assert found.bytes == len(PG_SQL)


def bzip2_zip(content: bytes, *, said: int) -> bytes:
    """Return a zip file whose directory says another size than is in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.sql", content)
    made = bytearray(stream.getvalue())
    for place in (made.index(b"PK\x01\x02") + 24, 22):
        struct.pack_into("<I", made, place, said)
    return bytes(made)


def test_bzip2_in_a_zip_never_takes_more_memory_than_a_block(tmp_path: Path) -> None:
    bomb = write(tmp_path, bzip2_zip(PG_SQL + bytes(100 << 20), said=100_000))
    tracemalloc.start()

    with pytest.raises(Unfit, match=r"cortado|más de lo que su lista dice"):
        examine(bomb, limits(), spool=tmp_path)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20


def test_bzip2_in_a_zip_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, bzip2_zip(PG_SQL, said=len(PG_SQL)))

    found = examine(path, limits(ratio=3000), spool=tmp_path)
    copy_dump(path, found, tmp_path / "volcado", limits(), spool=tmp_path)

    assert (tmp_path / "volcado").read_bytes() == PG_SQL


def test_program_that_reads_an_archive_sees_nothing_else_of_this_machine(tmp_path: Path) -> None:
    archive = write(tmp_path, make_7z(tmp_path, "-mx0", **{"a.sql": PG_SQL + bytes(16 << 20)}), "a.7z")
    reading = SevenZip("7z", archive, limits()).sweep()
    next(reading)

    (program,) = [one for one in psutil.Process().children(recursive=True) if one.name() == "7z"]
    seen = look_at(program.pid, archive, Path("/etc/shadow"))
    reading.close()

    assert not NOBODY_ELSES & seen.names
    assert (seen.visible, "net" in seen.shared) == ({archive}, False)
    assert (seen.capabilities, seen.filtered) == ({NOTHING}, True)
    assert seen.limits == {"seconds", "memory", "file"}
    assert not program.is_running()


def test_program_that_is_killed_says_nothing_against_the_archive(tmp_path: Path) -> None:
    archive = write(tmp_path, make_7z(tmp_path, "-mx0", **{"a.sql": PG_SQL + bytes(16 << 20)}), "a.7z")
    reading = SevenZip("7z", archive, limits()).sweep()
    next(reading)
    (program,) = [one for one in psutil.Process().children(recursive=True) if one.name() == "7z"]

    program.kill()

    with pytest.raises(CopyFailed, match="señal 9"):
        list(reading)
