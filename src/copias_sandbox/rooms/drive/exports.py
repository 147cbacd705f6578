"""What Google's own documents can be saved as, and the two ways to get it: ``files.export`` and the export links."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from copias_sandbox.core.downloads import Download
from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive import office
from copias_sandbox.rooms.drive.files import DOCUMENT, PRESENTATION, SPREADSHEET
from copias_sandbox.rooms.drive.limits import limits_of
from copias_sandbox.rooms.drive.rights import View, denied, find_file
from copias_sandbox.rooms.sheets.render import shown
from copias_sandbox.rooms.sheets.storage import WorkbookStore

_OFFICE: t.Final = "application/vnd.openxmlformats-officedocument."
FORMATS: t.Final[dict[str, dict[str, str]]] = {
    DOCUMENT: {
        f"{_OFFICE}wordprocessingml.document": "docx",
        "application/pdf": "pdf",
        "text/plain": "txt",
    },
    SPREADSHEET: {
        f"{_OFFICE}spreadsheetml.sheet": "xlsx",
        "application/pdf": "pdf",
        "text/csv": "csv",
    },
    PRESENTATION: {
        f"{_OFFICE}presentationml.presentation": "pptx",
        "application/pdf": "pdf",
        "text/plain": "txt",
    },
}
"""Media types by type of document, with the word that the export links use."""
IMPORTS: t.Final = {"text/plain": [DOCUMENT]}
LINKS: t.Final = {
    DOCUMENT: "/feeds/download/documents/export/Export",
    SPREADSHEET: "/spreadsheets/export",
    PRESENTATION: "/feeds/download/presentations/Export",
}
_WRITERS: t.Final[dict[str, Callable[[Json], bytes]]] = {
    "docx": lambda file: office.document(file["name"], file["_text"], extra=_extra(file)),
    "pptx": lambda file: office.presentation(file["name"], file["_text"]),
    "pdf": lambda file: office.pdf([file["name"], *file["_text"]], extra=_extra(file)),
    "txt": lambda file: office.text(file["_text"]),
}


def export_links(file: Json) -> dict[str, str]:
    """Return the addresses of a document's formats."""
    kind = file["mimeType"]
    return {
        media: f"https://docs.google.com{LINKS[kind]}?id={file['id']}&exportFormat={word}"
        for media, word in FORMATS.get(kind, {}).items()
    }


def export_file(call: Call) -> Download:
    """Do ``files.export``, up to 10 MB.

    Raises:
        GoogleError: 403, it is too large or no document of Google's; 400, there is no such format of it.
    """
    call.query["supportsAllDrives"] = True  # the method has no such parameter, and needs none
    file = find_file(call, View(call), call.path["fileId"], "canDownload")
    formats, media = FORMATS.get(file["mimeType"]), call.query["mimeType"]
    if formats is None:
        raise GoogleError(403, "Export only supports Docs Editors files.", reason="fileNotExportable")
    if media not in formats:
        raise GoogleError(400, "The requested conversion is not supported.", reason="badRequest")
    content = _content(call, file, formats[media])
    if len(content) > limits_of(call.state).exported:
        raise GoogleError(403, "This file is too large to be exported.", reason="exportSizeLimitExceeded")
    return Download(media, content)


def follow_link(call: Call) -> Download:
    """Answer an export link, whatever its size.

    Raises:
        GoogleError: 404 or 403, as of any file; 400, there is no such format.
    """
    call.query["supportsAllDrives"] = True
    file = find_file(call, View(call), str(call.query.get("id", "")))
    if not View(call).capabilities(file).get("canDownload"):
        raise denied()
    words = {word: media for media, word in FORMATS.get(file["mimeType"], {}).items()}
    word = str(call.query.get("exportFormat", ""))
    if word not in words:
        raise GoogleError(400, "The requested conversion is not supported.", reason="badRequest")
    name = f'attachment; filename="{file["id"]}.{word}"'
    return Download(words[word], _content(call, file, word), (("Content-Disposition", name),))


def _content(call: Call, file: Json, word: str) -> bytes:
    if file["mimeType"] != SPREADSHEET:
        return _WRITERS[word]({"_text": [], **file})
    workbook = t.cast("WorkbookStore", call.services["workbooks"]).load(file["id"])
    sheets = [
        (sheet.title, [[shown(cell, workbook.locale) for cell in row] for row in sheet.grid.rows])
        for sheet in workbook.sheets
    ]
    if word == "xlsx":
        return office.spreadsheet(sheets)
    if word == "csv":
        return office.csv_text(sheets[0][1])
    return office.pdf([file["name"], *(" | ".join(row) for _, rows in sheets for row in rows)])


def _extra(file: Json) -> int:
    """Return how many bytes a picture in the document has."""
    return int(file.get("_picture", 0))
