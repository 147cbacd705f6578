"""Comparing words as people type them: without case, accents, double or non-breaking spaces."""

from __future__ import annotations

import re
import typing as t
import unicodedata
from functools import lru_cache

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_HIDDEN = frozenset({"Mn", "Cf", "Cc"})


class _Dropped(dict[int, int | None]):
    """A table for ``str.translate`` that drops accents and invisible characters, filled as it is used."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        kept = character.isspace() or unicodedata.category(character) not in _HIDDEN
        self[code] = code if kept else None
        return self[code]


_DROPPED = _Dropped()


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return the text as it is compared: «  En  TRÁMITE » becomes ``en tramite``."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).translate(_DROPPED)
    return " ".join(text.casefold().split())


class Phrases:
    """Finds whole words and phrases in a text and tells what they stand for.

    Of two phrases that begin at one place the longer counts, and what it covers is not looked at again: «google drive»
    is not also «drive».

    Args:
        meanings: meaning → phrases; a phrase may have several meanings.
    """

    def __init__(self, meanings: Mapping[str, Iterable[str]]) -> None:
        self._meanings: dict[str, set[str]] = {}
        for meaning, phrases in meanings.items():
            for phrase in filter(None, map(plain, phrases)):
                self._meanings.setdefault(phrase, set()).add(meaning)
        longest_first = sorted(self._meanings, key=len, reverse=True)
        alternatives = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._pattern = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")

    def find(self, text: str) -> frozenset[str]:
        """Return the meanings of the phrases in a text that went through :func:`plain`."""
        found: set[str] = set()
        for phrase in self._pattern.findall(text):
            found |= self._meanings[phrase]
        return frozenset(found)
