from __future__ import annotations

import csv
import hashlib
import io
import random
import shutil
import subprocess
import zipfile

import pytest
import zstandard
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from copias.errors import Altered
from copias.package import SinfaPackage, extract_dump, read_inner_manifest, verify_package

DUMP = b"PGDMP" + random.Random(7).randbytes(300_000) + b"predial;1200;Villa Nueva\n" * 40_000


def test_package_holds_what_the_design_lists(pack) -> None:
    path, manifest = pack(DUMP)

    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        assert package.testzip() is None

    assert names == ["sinfa.dump.zst", "globals.sql", "indice.csv", "index.html", "LEEME.txt", "manifest.json"]
    assert [entry.name for entry in manifest.entries] == names[:-1]
    assert manifest.package.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert manifest.package.bytes == path.stat().st_size
    assert manifest.content.sha256 == hashlib.sha256(DUMP).hexdigest()


def test_sound_package_has_no_problem(pack, trusted) -> None:
    path, manifest = pack(DUMP)

    with path.open("rb") as stream:
        assert verify_package(stream, manifest, trusted) == ()


def test_dump_comes_out_as_it_went_in(pack, tmp_path) -> None:
    path, manifest = pack(DUMP)
    seen = []

    with path.open("rb") as stream:
        extract_dump(stream, tmp_path / "d.dump", manifest=manifest, report=seen.append)

    assert (tmp_path / "d.dump").read_bytes() == DUMP
    assert (tmp_path / "d.dump").stat().st_mode & 0o777 == 0o600
    assert sum(seen) == path.stat().st_size


def test_inner_manifest_says_the_same_but_for_the_package(pack) -> None:
    path, manifest = pack(DUMP)

    with path.open("rb") as stream:
        inner = read_inner_manifest(stream)

    assert inner.package is None
    assert inner.with_facts(package=manifest.package).signed_part() == manifest.signed_part()


def test_ordinary_zstd_opens_the_dump(pack) -> None:
    path, _ = pack(DUMP)

    with zipfile.ZipFile(path) as package:
        packed = package.read("sinfa.dump.zst")

    assert zstandard.get_frame_parameters(packed).has_checksum
    if shutil.which("zstd"):
        assert subprocess.run(["zstd", "-dc"], input=packed, capture_output=True, check=True).stdout == DUMP


@pytest.mark.parametrize("program", [["unzip", "-tq"], ["7z", "t"], ["bsdtar", "-tf"]], ids=lambda words: words[0])
def test_other_programs_open_the_package(pack, program) -> None:
    path, _ = pack(DUMP)
    if not shutil.which(program[0]):
        pytest.skip(f"{program[0]} is not installed")

    done = subprocess.run([*program, str(path)], capture_output=True, text=True, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()


def flip(path, offset: int) -> None:
    with path.open("r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)[0]
        stream.seek(offset)
        stream.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("place", [0.01, 0.3, 0.6, 0.9, 0.97, 0.9999])
def test_one_changed_bit_anywhere_is_found(pack, trusted, tmp_path, place) -> None:
    path, manifest = pack(DUMP)
    flip(path, int(path.stat().st_size * place))

    with path.open("rb") as stream:
        problems = verify_package(stream, manifest, trusted)
    with path.open("rb") as stream, pytest.raises(Altered):
        extract_dump(stream, tmp_path / "d.dump", manifest=manifest)

    assert problems
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4),
    tail=st.booleans(),
)
def test_no_damage_is_missed_and_none_crashes_the_reader(pack, trusted, tmp_path, damage, tail) -> None:
    """Half of the damage goes to the last 8 kB, where the zip's own structure lies."""
    path, manifest = pack(DUMP[:3000])
    sound = path.read_bytes()
    content = bytearray(sound)
    for place, mask in damage:
        span = min(len(content), 8000) if tail else len(content)
        content[len(content) - span + int(span * place)] ^= mask
    path.write_bytes(content)
    assume(bytes(content) != sound)  # two flips of one byte can undo each other

    with path.open("rb") as stream:
        assert verify_package(stream, manifest, trusted)
        assert verify_package(stream, manifest.with_facts(package=None), trusted)
    with path.open("rb") as stream, pytest.raises(Altered):
        extract_dump(stream, tmp_path / "d.dump", manifest=manifest)


def test_error_names_both_hashes(pack, trusted) -> None:
    path, manifest = pack(DUMP)
    flip(path, 5000)

    with path.open("rb") as stream:
        problems = " ".join(verify_package(stream, manifest, trusted))

    assert manifest.package.sha256 in problems
    assert hashlib.sha256(path.read_bytes()).hexdigest() in problems


def test_cut_package_is_found(pack, trusted, tmp_path) -> None:
    path, manifest = pack(DUMP)
    path.write_bytes(path.read_bytes()[:-3000])

    with path.open("rb") as stream:
        assert verify_package(stream, manifest, trusted)
    with path.open("rb") as stream, pytest.raises(Altered):
        extract_dump(stream, tmp_path / "d.dump", manifest=manifest)


def test_foreign_file_in_the_package_is_found(pack, trusted) -> None:
    path, manifest = pack(DUMP)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("otro.exe", b"MZ")

    with path.open("rb") as stream:
        problems = verify_package(stream, manifest.with_facts(package=None), trusted)

    assert any("otro.exe" in problem for problem in problems)


def test_dump_of_another_package_is_refused(pack, tmp_path) -> None:
    _, manifest = pack(DUMP)
    other, _ = pack(DUMP[:-1], name="otro.zip")

    with other.open("rb") as stream, pytest.raises(Altered, match=manifest.content.sha256):
        extract_dump(stream, tmp_path / "d.dump", manifest=manifest.with_facts(package=None))


def test_bomb_stops_at_the_promised_size(pack, tmp_path) -> None:
    path, manifest = pack(bytes(50_000_000))
    smaller = manifest.content.model_copy(update={"bytes": 1000})

    with path.open("rb") as stream, pytest.raises(Altered, match="pasa de los 1000 bytes"):
        extract_dump(stream, tmp_path / "d.dump", manifest=manifest.with_facts(content=smaller))

    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_index_is_safe_for_excel(pack) -> None:
    path, _ = pack(DUMP)

    with zipfile.ZipFile(path) as package:
        content = package.read("indice.csv")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))

    assert content.startswith(b"\xef\xbb\xbf")
    assert rows == [
        ["esquema", "tabla", "filas", "huella"],
        ["public", "predial", "1200", "xor -17 suma 9223372036854775808123"],
        ["nómina", "'=HYPERLINK(1)", "3", "xor 5 suma -8"],
    ]


def test_page_shows_hostile_text_as_text(pack) -> None:
    path, manifest = pack(DUMP)

    with zipfile.ZipFile(path) as package:
        page = package.read("index.html").decode()
        readme = package.read("LEEME.txt").decode("utf-8-sig")

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "20/11/2026 08:05" in page
    assert manifest.content.sha256 in page
    assert manifest.signature.key_id in page
    assert "\r\n" in readme
    assert "\n" not in readme.replace("\r\n", "")
    assert "pg_restore" in readme


@pytest.mark.parametrize(
    ("engine", "words", "others"),
    [
        ("postgresql", "pg_restore -j 2", "mariadb"),
        ("mariadb", "mariadb --binary-mode --comments RESTAURADA < ARCHIVO.dump", "pg_restore"),
        ("mysql", "CREATE DATABASE RESTAURADA CHARACTER SET UTF8", "pg_restore"),
    ],
)
def test_notes_say_how_this_engine_is_restored_by_hand(tmp_path, draft, key, engine, words, others) -> None:
    told = draft.model_copy(update={"dump": draft.dump.model_copy(update={"engine": engine})})

    with (tmp_path / "a.zip").open("wb") as stream:
        package = SinfaPackage(stream.write, database="sinfa", when=told.times.sealed)
        package.write(DUMP)
        package.seal(told, file_name="a.zip", globals_sql=b"-- nada\n", key=key)

    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        notes = opened.read("LEEME.txt").decode("utf-8-sig")
    assert words in notes
    assert others not in notes


def test_same_input_makes_the_same_package(pack) -> None:
    first, _ = pack(DUMP, name="a.zip")
    second, _ = pack(DUMP, name="b.zip")

    assert first.read_bytes() == second.read_bytes()
