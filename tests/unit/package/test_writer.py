from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import zipfile
import zlib
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.errors import BadInput
from copias.package import Entry, PackageWriter, SealedPackage
from copias.package.dump_entry import DumpEntry
from copias.package.entry_names import check_entry_name, is_entry_name

WHEN = datetime(2026, 11, 20, 8, 5, 30)  # noqa: DTZ001 - zip knows no zones

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(is_entry_name)
files = st.dictionaries(names, st.binary(max_size=2000), max_size=8)


def write(contents: dict[str, bytes], *, way: str) -> tuple[bytes, SealedPackage, list[Entry]]:
    sink, entries = io.BytesIO(), []
    writer = PackageWriter(sink.write, when=WHEN)
    for name, content in contents.items():
        if way == "whole":
            entries.append(writer.add(name, content))
            continue
        entry = writer.open_entry(name, deflate=way == "deflated")
        for start in range(0, len(content), 700):
            entry.write(content[start : start + 700])
        entries.append(entry.close())
    sealed = writer.close()
    return sink.getvalue(), sealed, entries


@given(files, st.sampled_from(["whole", "streamed", "deflated"]))
def test_what_goes_in_comes_out(contents, way) -> None:
    contents = {
        name: content
        for name, content in contents.items()
        if [*map(str.casefold, contents)].count(name.casefold()) == 1
    }

    data, sealed, entries = write(contents, way=way)

    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        assert {name: package.read(name) for name in package.namelist()} == contents
        assert all(info.date_time == (2026, 11, 20, 8, 5, 30) for info in package.infolist())
    assert sealed.bytes == len(data)
    assert sealed.sha256 == hashlib.sha256(data).hexdigest()
    assert sealed.count == len(contents)
    assert {entry.name: entry.sha256 for entry in entries} == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
    }


def test_deflated_data_is_packed_as_it_is() -> None:
    content = b"From: rosalba@example.org\r\n" * 50
    packer = zlib.compressobj(1, wbits=-15)
    packed = packer.compress(content) + packer.flush()
    sink = io.BytesIO()

    writer = PackageWriter(sink.write, when=WHEN)
    writer.add_deflated(
        "2026/11/á.eml",
        packed,
        crc=zlib.crc32(content),
        content_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    writer.close()

    with zipfile.ZipFile(sink) as package:
        assert package.read("2026/11/á.eml") == content
        assert package.getinfo("2026/11/á.eml").compress_size == len(packed)
        assert package.getinfo("2026/11/á.eml").flag_bits == 0x800


def test_names_are_marked_as_utf8_and_sizes_agree_in_both_headers() -> None:
    data, _, _ = write({"ñ.txt": b"a" * 5000}, way="streamed")

    with zipfile.ZipFile(io.BytesIO(data)) as package:
        info = package.getinfo("ñ.txt")

    assert info.flag_bits == 0x808
    assert info.extract_version == 45
    assert data[4:6] == b"\x2d\x00"
    assert info.compress_type == zipfile.ZIP_STORED


def test_more_entries_than_sixteen_bits_count(tmp_path) -> None:
    path = tmp_path / "many.zip"
    with path.open("wb") as sink:
        writer = PackageWriter(sink.write, when=WHEN)
        for number in range(66_000):
            writer.add_deflated(
                f"{number}.eml", b"\3\0", crc=0, content_bytes=0, sha256=hashlib.sha256(b"").hexdigest()
            )
        writer.close()

    with zipfile.ZipFile(path) as package:
        assert len(package.namelist()) == 66_000
        assert package.read("65999.eml") == b""
    if shutil.which("unzip"):
        assert subprocess.run(["unzip", "-tq", str(path)], capture_output=True).returncode == 0


def test_entry_left_open_is_a_mistake() -> None:
    writer = PackageWriter(io.BytesIO().write, when=WHEN)
    writer.open_entry("a.bin")

    for call in (lambda: writer.add("b.txt", b""), writer.close):
        with pytest.raises(ValueError, match=r"a\.bin"):
            call()


def test_names_that_windows_cannot_tell_apart_are_refused() -> None:
    writer = PackageWriter(io.BytesIO().write, when=WHEN)
    writer.add("Índice.csv", b"")

    with pytest.raises(BadInput):
        writer.add("índice.CSV", b"")


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/", "a//b", "../a", "a/./b", "a\\b", "C:a", "a?", "a\0b", "a\nb", "fin.", " a", "a ", "con", "NUL.txt",
     "lpt¹", "a\u202egpj.exe", "a\u200b", "\ud800", "x" * 121, "á" * 600],
)  # fmt: skip
def test_hostile_entry_names_are_refused(name) -> None:
    with pytest.raises(BadInput):
        check_entry_name(name)


@pytest.mark.parametrize("name", ["2026/11/Acta de reunión (1).eml", "ñ.txt", "a'b;c.csv", "日本.pdf"])
def test_ordinary_names_are_accepted(name) -> None:
    assert check_entry_name(name) == name


@given(st.lists(st.binary(max_size=5000), max_size=20))
def test_dump_is_counted_before_and_after_compression(chunks) -> None:
    sink = io.BytesIO()
    writer = PackageWriter(sink.write, when=WHEN)
    dump = DumpEntry(writer.open_entry("d.zst"))
    for chunk in chunks:
        dump.write(chunk)
    packed = dump.close()
    writer.close()
    whole = b"".join(chunks)

    with zipfile.ZipFile(sink) as package:
        stored = package.read("d.zst")
    import zstandard

    assert zstandard.ZstdDecompressor().stream_reader(stored).read() == whole
    assert (packed.raw_bytes, packed.raw_sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert (packed.entry.bytes, packed.entry.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())


def test_year_that_zip_cannot_write_is_refused() -> None:
    with pytest.raises(BadInput):
        PackageWriter(io.BytesIO().write, when=WHEN.replace(year=1970))
    writer = PackageWriter(io.BytesIO().write, when=WHEN)
    with pytest.raises(BadInput):
        writer.add_deflated("a", b"\3\0", crc=0, content_bytes=0, sha256="", when=WHEN.replace(year=2108))


def test_an_entry_can_have_its_own_date() -> None:
    sink = io.BytesIO()
    writer = PackageWriter(sink.write, when=WHEN)
    writer.add_deflated("a.eml", b"\3\0", crc=0, content_bytes=0, sha256="", when=WHEN.replace(year=1999))
    writer.add("b.txt", b"")
    writer.close()

    with zipfile.ZipFile(sink) as package:
        assert [info.date_time[0] for info in package.infolist()] == [1999, 2026]


def test_sink_gets_few_large_chunks() -> None:
    chunks: list[bytes] = []
    writer = PackageWriter(chunks.append, when=WHEN)
    for number in range(3000):
        writer.add_deflated(f"{number}.eml", bytes(1000), crc=0, content_bytes=0, sha256="")
    writer.close()

    assert len(chunks) < 8
