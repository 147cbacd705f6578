"""The Office and PDF files that documents are exported as: whole, readable, the same each time."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree as ET

import pytest

from copias_sandbox.rooms.drive import office

LINES = ("Año 2026 & <cía>", "línea (2)")
MADE = {
    "docx": lambda: office.document("Título", LINES),
    "pptx": lambda: office.presentation("Título", LINES),
    "xlsx": lambda: office.spreadsheet([('Hoja "1"', [LINES, ("", "3")]), ("Otra", [])]),
}


def package(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def parsed(opened: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(opened.read(name))  # noqa: S314 -- what we have just made


@pytest.mark.parametrize("kind", MADE)
def test_office_file_is_a_package_of_readable_xml_with_the_text(kind):
    with package(MADE[kind]()) as opened:
        assert opened.testzip() is None
        parts = {name: parsed(opened, name) for name in opened.namelist()}

    texts = [node.text for root in parts.values() for node in root.iter() if node.text]
    assert set(LINES) <= set(texts)


@pytest.mark.parametrize("kind", MADE)
def test_each_part_and_relation_of_a_package_is_there(kind):
    with package(MADE[kind]()) as opened:
        names = set(opened.namelist())
        types = parsed(opened, "[Content_Types].xml")
        relations = [name for name in names if name.endswith(".rels")]
        targets = set()
        for name in relations:
            folder = name.rpartition("_rels/")[0]
            for one in parsed(opened, name):
                targets.add(re.sub(r"[^/]+/\.\./", "", folder + one.get("Target")))

    assert {one.get("PartName")[1:] for one in types if one.get("PartName")} <= names
    assert targets <= names


@pytest.mark.parametrize("kind", MADE)
def test_same_text_gives_the_same_bytes(kind):
    assert MADE[kind]() == MADE[kind]()


def test_picture_makes_a_document_larger():
    assert len(office.document("Título", LINES, extra=500_000)) > 500_000


@pytest.mark.parametrize("extra", [0, 1000])
def test_table_of_a_pdf_points_to_its_objects(extra):
    content = office.pdf(LINES, extra=extra)

    start = int(re.search(rb"startxref\n(\d+)\n", content)[1])
    places = [int(line[:10]) for line in re.findall(rb"\d{10} 00000 n ", content[start:])]
    assert content[start : start + 4] == b"xref"
    assert [content[place:].split(b" ", 1)[0] for place in places] == [b"%d" % (n + 1) for n in range(len(places))]
    assert b"l\xednea \\(2\\)" in content
