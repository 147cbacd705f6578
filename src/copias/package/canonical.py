"""The one byte form of a JSON value, so that a signature means the same to everybody.

Keys sorted by code point, UTF-8, no spaces, no escapes but those JSON demands, no floating point:
``json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))`` writes the same.
"""

from __future__ import annotations

import json
import typing as t

from copias.errors import BadInput

JSON: t.TypeAlias = "dict[str, JSON] | list[JSON] | str | int | bool | None"


def to_canonical(value: t.Any) -> bytes:
    """Return the canonical bytes of plain data.

    Raises:
        BadInput: something in it has no canonical form: a float, a key that is no text, broken Unicode.
    """
    _check(value)
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise _no_form("un texto con Unicode roto") from error


def parse_strictly(content: bytes) -> t.Any:
    """Read JSON that has one meaning only: a repeated key, ``NaN`` or a float is an error.

    Raises:
        BadInput: it has another meaning to other readers, or is no JSON.
    """
    try:
        return json.loads(
            content.decode("utf-8"), object_pairs_hook=_refuse_repeats, parse_float=_refuse, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise BadInput("el archivo no es JSON válido", why=str(error)) from error


def _check(value: t.Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _no_form(f"una clave de tipo {type(key).__name__}")
            _check(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif value is not None and not isinstance(value, (str, int)):
        raise _no_form(f"un valor de tipo {type(value).__name__}")


def _no_form(what: str) -> BadInput:
    return BadInput("los datos no tienen forma canónica", why=what)


def _refuse_repeats(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("hay una clave repetida")
    return found


def _refuse(number: str) -> t.NoReturn:
    raise ValueError(f"el número {number} no es un entero")
