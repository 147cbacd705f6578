"""Office and PDF files of a few lines, made by hand: the same bytes for the same text, and real programs open them."""

from __future__ import annotations

import csv
import io
import random
import typing as t
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_DATE: t.Final = (2026, 1, 1, 0, 0, 0)
_XML: t.Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE: t.Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: t.Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE: t.Final = "application/vnd.openxmlformats-officedocument."
_WORD: t.Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET: t.Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDES: t.Final = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    f'xmlns:r="{_OFFICE}" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_EMPTY_TREE: t.Final = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
_COLOURS: t.Final = ("dk1", "lt1", "dk2", "lt2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
_COLOUR_MAP: t.Final = (
    '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3" '
    'accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>'
)


_PAGE: t.Final = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 << "
    b"/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >> >> >>"
)


def text(lines: Sequence[str]) -> bytes:
    """Return lines as Google writes plain text: with a byte order mark and CRLF."""
    return ("\ufeff" + "\r\n".join(lines)).encode()


def csv_text(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as comma-separated values."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def document(title: str, lines: Sequence[str], *, extra: int = 0) -> bytes:
    """Return a ``.docx`` of a title and paragraphs; ``extra`` bytes that do not compress lie beside the text."""
    paragraphs = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines)
    heading = f"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{escape(title)}</w:t></w:r></w:p>"
    files = {
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{heading}{paragraphs}</w:body></w:document>',
    }
    parts = {"/word/document.xml": f"{_TYPE}wordprocessingml.document.main+xml"}
    return _packed("word/document.xml", files, parts, picture=("word/media/image1.png", extra))


def spreadsheet(sheets: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> bytes:
    """Return an ``.xlsx`` of sheets: a title and rows of texts each."""
    numbered = list(enumerate(sheets, start=1))
    names = "".join(
        f'<sheet name="{escape(title, {chr(34): "&quot;"})[:31]}" sheetId="{number}" r:id="rId{number}"/>'
        for number, (title, _) in numbered
    )
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            [(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml") for number, _ in numbered]
        ),
    }
    parts = {"/xl/workbook.xml": f"{_TYPE}spreadsheetml.sheet.main+xml"}
    for number, (_, rows) in numbered:
        data = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        files[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_SHEET}"><sheetData>{data}</sheetData></worksheet>'
        )
        parts[f"/xl/worksheets/sheet{number}.xml"] = f"{_TYPE}spreadsheetml.worksheet+xml"
    return _packed("xl/workbook.xml", files, parts)


def _cell(value: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>' if value else "<c/>"


def presentation(title: str, lines: Sequence[str]) -> bytes:
    """Return a ``.pptx`` with one slide: a title and lines."""
    files = {
        "ppt/presentation.xml": (
            f'<p:presentation {_SLIDES}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/>'
            '</p:sldMasterIdLst><p:sldIdLst><p:sldId id="256" r:id="rId2"/></p:sldIdLst>'
            '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
        ),
        "ppt/_rels/presentation.xml.rels": _relations(
            [("rId1", "slideMaster", "slideMasters/slideMaster1.xml"), ("rId2", "slide", "slides/slide1.xml")]
        ),
        "ppt/slides/slide1.xml": f"<p:sld {_SLIDES}>{_tree(_box([title, *lines]))}</p:sld>",
        "ppt/slides/_rels/slide1.xml.rels": _relations([("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")]),
        "ppt/slideLayouts/slideLayout1.xml": f'<p:sldLayout {_SLIDES} type="blank">{_tree("")}</p:sldLayout>',
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": _relations(
            [("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")]
        ),
        "ppt/slideMasters/slideMaster1.xml": (
            f"<p:sldMaster {_SLIDES}>{_tree('')}{_COLOUR_MAP}<p:sldLayoutIdLst>"
            '<p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>'
        ),
        "ppt/slideMasters/_rels/slideMaster1.xml.rels": _relations(
            [("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"), ("rId2", "theme", "../theme/theme1.xml")]
        ),
        "ppt/theme/theme1.xml": _theme(),
    }
    kinds = {"presentation": "presentation.main", "slides/slide1": "slide", "slideLayouts/slideLayout1": "slideLayout"}
    kinds["slideMasters/slideMaster1"] = "slideMaster"
    parts = {f"/ppt/{name}.xml": f"{_TYPE}presentationml.{kind}+xml" for name, kind in kinds.items()}
    parts["/ppt/theme/theme1.xml"] = f"{_TYPE}theme+xml"
    return _packed("ppt/presentation.xml", files, parts)


def _tree(shapes: str) -> str:
    return f"<p:cSld><p:spTree>{_EMPTY_TREE}{shapes}</p:spTree></p:cSld>"


def _box(lines: Sequence[str]) -> str:
    paragraphs = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
    place = '<a:xfrm><a:off x="457200" y="457200"/><a:ext cx="8229600" cy="5943600"/></a:xfrm>'
    return (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Texto"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
        f'<p:spPr>{place}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
        f"<p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>"
    )


def _theme() -> str:
    shades = enumerate(_COLOURS)
    colours = "".join(f'<a:{name}><a:srgbClr val="{shade * 131586:06X}"/></a:{name}>' for shade, name in shades)
    font = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3
    line = f"<a:ln>{fill[: len(fill) // 3]}</a:ln>" * 3
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>" * 3
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Sencillo"><a:themeElements>'
        f'<a:clrScheme name="Sencillo">{colours}</a:clrScheme><a:fontScheme name="Sencillo"><a:majorFont>{font}'
        f'</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme><a:fmtScheme name="Sencillo"><a:fillStyleLst>'
        f"{fill}</a:fillStyleLst><a:lnStyleLst>{line}</a:lnStyleLst><a:effectStyleLst>{effect}</a:effectStyleLst>"
        f"<a:bgFillStyleLst>{fill}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )


def _relations(entries: Sequence[tuple[str, str, str]]) -> str:
    inside = "".join(f'<Relationship Id="{one}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for one, kind, to in entries)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _packed(main: str, files: dict[str, str], parts: dict[str, str], *, picture: tuple[str, int] = ("", 0)) -> bytes:
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in parts.items())
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    )
    types = f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{overrides}</Types>'
    every = {"[Content_Types].xml": types, "_rels/.rels": _relations([("rId1", "officeDocument", main)]), **files}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in every.items():
            package.writestr(_entry(name), _XML + content)
        if picture[1]:
            package.writestr(_entry(picture[0]), _noise(picture[1]), zipfile.ZIP_STORED)
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def pdf(lines: Sequence[str], *, extra: int = 0) -> bytes:
    """Return a PDF of one page with the first lines; ``extra`` bytes make it larger."""
    drawn = "".join(f"({_literal(line)}) Tj T*\n" for line in lines[:60]).encode("cp1252", "replace")
    stream = b"BT /F1 10 Tf 40 800 Td 12 TL\n" + drawn + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
    ]
    if extra:
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (extra, _noise(extra)))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return bytes(out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end)


def _literal(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
