"""The name that somebody meant who mistyped one."""

from __future__ import annotations

import difflib
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``word``, if one is like it at all; case does not matter."""
    by_plain = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_plain, n=1, cutoff=0.7)
    return by_plain[found[0]] if found else None


def suggest(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return a repair that asks for the known name most like ``word``, if one is; then says what else to do."""
    meant = nearest(word, known)
    return f"¿quiso decir «{meant}»? Si no, {otherwise}" if meant else otherwise
