"""In what words a server tells its definitions: the same in the source as in what is restored of it.

A server writes a constant as the session is set: a date with the source's time zone, a backslash as its settings have
it. Neither has to be so on the server that the copy is proved on, and the definition is the same all the same.
"""

from __future__ import annotations

import codecs
import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIXED: t.Final = {"timezone": "UTC", "bytea_output": "hex", "quote_all_identifiers": "off"}
"""Set for every dump. None of them makes a dump that another server would read in another way."""
OLD_STRINGS: t.Final = {**FIXED, "standard_conforming_strings": "off"}
"""Of a source that still writes strings as before: its dump says so, and functions that it restores count on it."""
OLD_STRINGS_UNTIL: t.Final = 19
"""The version from which on no server does."""
BYTES: t.Final = "SQL_ASCII"
"""Of a database that knows no encoding: names and texts are the bytes that somebody once sent."""
AS_BYTES: t.Final = "LATIN1"
"""What reads each byte as one character, and writes it as the same byte."""


def fixed(environment: dict[str, str], settings: dict[str, str] = FIXED) -> dict[str, str]:
    """Return the environment of a dump program whose sessions have these settings, whatever the database's own are."""
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {**environment, "PGOPTIONS": options}


def find_wording(
    recorded: dict[str, str], major: int, read: Callable[[dict[str, str]], dict[str, str]]
) -> dict[str, str]:
    """Return the definitions of a restored copy in the words that come nearest to those of its source.

    Args:
        recorded: the source's; nothing where nobody knows them.
        major: the server's version.
        read: reads the copy's with these settings.
    """
    found: list[dict[str, str]] = []
    for settings in _settings(major):
        found.append(read(settings))
        if not recorded or found[-1] == recorded:
            break
    return min(found, key=lambda schema: len(schema.items() ^ recorded.items()))


def _settings(major: int) -> Iterator[dict[str, str]]:
    yield FIXED
    if major < OLD_STRINGS_UNTIL:
        yield OLD_STRINGS
    yield {}  # as dumps were made before the settings were fixed


def readable(name: str, encoding: str) -> str:
    """Return a name that was read as UTF-8, bytes that are none kept, as what it is in the database's encoding."""
    return name.encode("utf-8", "surrogateescape").decode(_codec_of(encoding), "backslashreplace")


def _codec_of(encoding: str) -> str:
    name = AS_BYTES if encoding == BYTES else encoding
    try:
        return codecs.lookup(re.sub("^WIN", "cp", name)).name
    except LookupError:
        return "utf-8"
