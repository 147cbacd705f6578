"""What a delivered file is, told by its content and never by its name: one table, a row for each format.

A format that has an engine is a database's dump; one with ``unpack`` holds other files; one with ``refused`` is known
well enough to say what it is, and is no copy of a database. What no row knows is refused too.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

HEAD: t.Final = 64 << 10
"""Bytes at the start of a file that it is recognised by."""
TAIL: t.Final = 4 << 10
"""Bytes at its end that tell whether it is whole."""

Unpack: t.TypeAlias = t.Literal["", "zip", "7z", "gz"]


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        name: of the format, for programs; the manifest has it.
        words: for people.
        pattern: matches the head of a file of it, from its first byte.
        engine: of the database that it is a dump of; one of ours, or a word of its own.
        unpack: how what is inside is come by, where it is an archive.
        end: matches the tail of a whole file, where the format has an end that can be told.
        refused: it is no copy of a database.
        version: matches, in the head, the version of the server that it was dumped from.
        database: matches, in the head, the name of the database that it was dumped from, as the last group; where
            there is a group ``length`` before it, the name has as many bytes as that little-endian number says.
    """

    name: str
    words: str
    pattern: re.Pattern[bytes]
    engine: str = ""
    unpack: Unpack = ""
    end: re.Pattern[bytes] | None = None
    refused: bool = False
    version: re.Pattern[bytes] | None = None
    database: re.Pattern[bytes] | None = None

    def find_database(self, head: bytes) -> str:
        """Return the name of the database as the dump says it: hostile; empty when it does not."""
        found = self.database.search(head) if self.database else None
        if found is None:
            return ""
        length = found.groupdict().get("length")
        name = found[found.re.groups][: int.from_bytes(length, "little") if length else None]
        return name.decode("utf-8", "replace").strip()

    def find_version(self, head: bytes) -> str:
        """Return the version of the server as the dump says it, such as ``15.6``; empty when it does not."""
        found = self.version.search(head) if self.version else None
        return found[1].decode("ascii", "replace")[:40] if found else ""


def _p(pattern: bytes, flags: re.RegexFlag = re.DOTALL) -> re.Pattern[bytes]:
    return re.compile(pattern, flags)


_COMMENTS: t.Final = rb"\A(?:\xef\xbb\xbf)?(?:\s|--[^\r\n]*[\r\n]|\\restrict [^\r\n]*[\r\n])*?"
"""What a plain dump may begin with before the line that names its program."""
_PG_VERSION: t.Final = _p(rb"-- Dumped from database version (\d+(?:\.\d+)*)")
_MY_VERSION: t.Final = _p(rb"-- Server version\s+(\d+\.\d+\.\d+(?:-MariaDB)?)")
_MY_DATABASE: t.Final = _p(rb"^-- Host: [^\r\n]*?\bDatabase: ([^\r\n]{1,200})", re.MULTILINE)
_PG_DATABASE: t.Final = _p(
    rb"\APGDMP\x01(?:[\x0a-\x0e].\x04.\x01.{5}|[\x0f-\x1f].\x04.\x01.).{35}\x00(?P<length>[\x01-\xff]\0\0\0)(.{255})"
)
"""Version, sizes, compression (five bytes until 1.14, then one), seven numbers of a moment, and the name."""
_DONE: t.Final = _p(rb"-- Dump completed(?: on [^\r\n]*)?\s*(?:/\*(?:[^*\r\n]|\*(?!/))*\*/;?\s*)*\Z")

FORMATS: t.Final[tuple[Format, ...]] = (
    Format(
        "pg_custom",
        "volcado de PostgreSQL (formato custom)",
        _p(rb"\APGDMP\x01"),
        engine="postgresql",
        database=_PG_DATABASE,
    ),
    Format("pg_tar", "volcado de PostgreSQL (formato tar)", _p(rb"\Atoc\.dat\x00.{249}ustar"), engine="postgresql"),
    Format(
        "pg_cluster_sql",
        "volcado SQL de todo un servidor PostgreSQL (pg_dumpall)",
        _p(_COMMENTS + rb"-- PostgreSQL database cluster dump\s"),
        engine="postgresql_cluster",
        end=_p(rb"-- PostgreSQL database cluster dump complete\s"),
        version=_PG_VERSION,
    ),
    Format(
        "pg_sql",
        "volcado SQL de PostgreSQL",
        _p(_COMMENTS + rb"-- PostgreSQL database dump\s"),
        engine="postgresql",
        end=_p(rb"-- PostgreSQL database dump complete\s"),
        version=_PG_VERSION,
    ),
    Format(
        "mariadb_sql",
        "volcado SQL de MariaDB o MySQL",
        _p(rb"\A(?:\xef\xbb\xbf)?(?:/\*M?!999999\\- enable the sandbox mode \*/\s*)?-- (?:MariaDB|MySQL) dump "),
        engine="mariadb",
        end=_DONE,
        version=_MY_VERSION,
        database=_MY_DATABASE,
    ),
    # Its first record is of kind "burp" and begins with the format's number.
    Format("gbak", "respaldo gbak de Firebird", _p(rb"\A\x00\x02\x04[\x06-\x10]\x00\x00\x00"), engine="firebird"),
    # The Microsoft Tape Format begins with a TAPE block; its size and kind follow.
    Format("mssql_bak", "respaldo de SQL Server (.bak)", _p(rb"\ATAPE.{4}.{44}"), engine="sqlserver"),
    Format("mssql_bak", "respaldo comprimido de SQL Server (.bak)", _p(rb"\AMSSQLBAK"), engine="sqlserver"),
    Format("oracle_exp", "exportación de Oracle (exp)", _p(rb"\A\x03..EXPORT:V\d"), engine="oracle"),
    Format(
        "oracle_datapump",
        "exportación de Oracle (Data Pump)",
        _p(rb"\A[\x01-\x0a][\x01-\x0a].{0,4000}\"[A-Z0-9_$#]{1,128}\"\.\"[A-Z0-9_$#]{1,128}\""),
        engine="oracle",
    ),
    Format("zip", "archivo .zip", _p(rb"\APK(?:\x03\x04|\x05\x06|\x07\x08)"), unpack="zip"),
    Format("7z", "archivo .7z", _p(rb"\A7z\xbc\xaf\x27\x1c"), unpack="7z"),
    Format("gz", "archivo .gz", _p(rb"\A\x1f\x8b\x08"), unpack="gz"),
    Format("program", "un programa de Windows", _p(rb"\AMZ"), refused=True),
    Format("program", "un programa de Linux", _p(rb"\A\x7fELF"), refused=True),
    Format(
        "program", "un programa de macOS", _p(rb"\A(?:\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe)"), refused=True
    ),
    Format("program", "un programa (guion de órdenes)", _p(rb"\A(?:#!|@echo off|<\?php|<script)"), refused=True),
    Format("shortcut", "un acceso directo de Windows", _p(rb"\AL\x00\x00\x00\x01\x14\x02\x00"), refused=True),
    Format(
        "installer", "un documento o instalador de Microsoft", _p(rb"\A\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), refused=True
    ),
    Format("rar", "un archivo .rar, que no se puede comprobar aquí: use .zip", _p(rb"\ARar!\x1a\x07"), refused=True),
    Format("pdf", "un documento PDF", _p(rb"\A%PDF-"), refused=True),
    Format("html", "una página web", _p(rb"\A(?:\xef\xbb\xbf)?\s*(?i:<!doctype html|<html)"), refused=True),
)


def recognise(head: bytes) -> Format | None:
    """Return the format of a file by its first bytes, ``None`` for what is not known."""
    start = head[:HEAD]
    return next((known for known in FORMATS if known.pattern.match(start)), None)


def has_end(name: str) -> bool:
    """Tell whether a whole file of a format shows its end, so that one that was cut is known by itself."""
    return any(known.name == name and known.end is not None for known in FORMATS)


def list_words() -> tuple[str, ...]:
    """Return what may be delivered, for people."""
    return tuple(dict.fromkeys(known.words for known in FORMATS if not known.refused))
