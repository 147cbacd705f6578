"""What it means that a dump of unknown make does not load: its own fault, or that of this machine."""

from __future__ import annotations

import re
import typing as t

from copias.errors import NotEqual, NotReady

_PRIVILEGES: t.Final = frozenset({"42501", "58P01", "0A000", "42704"})
"""What the server says where the role may not, or the server cannot: that is no fault of the dump."""
_NOT_ITS_FAULT: t.Final = re.compile(
    r"permission denied|must be (?:superuser|owner|able)|is not available|extension control file"
    r"|(?:role|extension|type|language|function) .{1,200} does not exist"
    r"|unrecognized configuration parameter|collation|locale"
)


class NotLoadable(NotReady):
    """What this machine cannot load; that says nothing against the dump."""


def judge_state(state: str) -> Exception:
    """Return what a refusal of the server means; its words may hold data, its code does not."""
    why = f"el servidor de prueba respondió con el código {state or 'desconocido'}"
    if state == "57014":
        return NotLoadable("la carga no termina", why=why)
    if state in _PRIVILEGES or state.startswith(("53", "57", "58", "XX")):
        return NotLoadable("el servidor de prueba no admite algo que el volcado usa", why=why)
    return not_loaded(why)


def judge_words(words: str) -> Exception:
    """Return what pg_restore's complaint means, without the data that it quotes."""
    said = re.sub(r'"[^"]*"', '"…"', words)
    found = re.search(r"ERROR:\s*([^\n·]{1,200})", said) or re.search(r"error:\s*([^\n·]{1,200})", said)
    why = f"pg_restore: {found[1].strip()}" if found else "pg_restore falló"
    if _NOT_ITS_FAULT.search(words):
        return NotLoadable("el servidor de prueba no admite algo que el volcado usa", why=why)
    return not_loaded(why)


def not_loaded(why: str) -> NotEqual:
    """Return the error of a dump that does not load for a fault of its own."""
    return NotEqual("el volcado no se pudo cargar", why=why, repair="pida al proveedor otro volcado")
