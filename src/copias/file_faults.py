"""Why a file that an administrator wrote cannot be used, in Spanish: where in it, and what ought to stand there."""

from __future__ import annotations

import typing as t

import yaml

from copias.nearest import suggest

if t.TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_MAPPING: t.Final = "debe tener claves debajo"
_WORDS: t.Final = {
    "missing": "falta",
    "string_type": "debe ser un texto",
    "int_type": "debe ser un número entero",
    "int_parsing": "debe ser un número entero",
    "int_from_float": "debe ser un número entero",
    "float_type": "debe ser un número",
    "float_parsing": "debe ser un número",
    "bool_type": "debe ser true o false",
    "bool_parsing": "debe ser true o false",
    "path_type": "debe ser una ruta",
    "list_type": "debe ser una lista",
    "tuple_type": "debe ser una lista",
    "set_type": "debe ser una lista",
    "frozen_set_type": "debe ser una lista",
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "literal_error": "debe ser uno de: {expected}",
    "enum": "debe ser uno de: {expected}",
    "union_tag_invalid": "{discriminator} debe ser uno de: {expected_tags}",
    "union_tag_not_found": "falta {discriminator}",
    "greater_than": "debe ser mayor que {gt}",
    "greater_than_equal": "debe ser {ge} o más",
    "less_than": "debe ser menor que {lt}",
    "less_than_equal": "debe ser {le} o menos",
    "string_pattern_mismatch": "no tiene la forma que debe tener: sobran letras o signos",
    "string_too_short": "es demasiado corto",
    "string_too_long": "es demasiado largo",
    "too_short": "tiene menos elementos de los que hacen falta",
    "too_long": "tiene más elementos de los que caben",
    "date_type": "debe ser un día, 2026-12-31",
    "date_parsing": "debe ser un día, 2026-12-31",
    "date_from_datetime_parsing": "debe ser un día, 2026-12-31",
    "time_parsing": "debe ser una hora, 22:00",
}
"""Kind of a fault → what is said of it."""


def say_faults(error: ValidationError, known: t.Collection[str] = ()) -> str:
    """Return what is wrong with a file's content, each fault with its place.

    Args:
        error: of the model that read it.
        known: keys that the file may have at its top, to suggest the one that was meant.
    """
    # What could not be worked out for another fault is none of its own.
    faults = [fault for fault in error.errors(include_url=False) if fault["type"] != "default_factory_not_called"]
    missing = {fault["loc"] for fault in faults if fault["type"] == "missing"}
    return "; ".join(_say(fault, missing, known) for fault in faults)


def say_unreadable(error: OSError | UnicodeDecodeError | yaml.YAMLError) -> str:
    """Return why a file could not be read as YAML."""
    if isinstance(error, UnicodeDecodeError):
        return "no es texto UTF-8"
    if not isinstance(error, yaml.YAMLError):
        return str(error)
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    where = f" en la línea {mark.line + 1}, columna {mark.column + 1}" if mark else ""
    return f"no es YAML{where}; revise la sangría, los dos puntos y las comillas"


def _say(fault: ErrorDetails, missing: t.Collection[tuple[int | str, ...]], known: t.Collection[str]) -> str:
    # Of a name that cannot be one pydantic says that it is the key which is wrong; its words say so here.
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    return f"{place}: {_explain(fault, missing, known)}" if place else _explain(fault, missing, known)


def _explain(fault: ErrorDetails, missing: t.Collection[tuple[int | str, ...]], known: t.Collection[str]) -> str:
    kind, place = fault["type"], fault["loc"]
    if kind == "extra_forbidden":
        # Of a mistyped key that has to be there both are told: it is not known, and it is missing.
        beside = [str(other[-1]) for other in missing if other[:-1] == place[:-1]]
        return suggest(str(place[-1]), [*beside, *(known if len(place) == 1 else ())], "esa clave no existe")
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    words = _WORDS.get(kind)
    return words.format_map(fault.get("ctx", {})).replace(" or ", " o ") if words else fault["msg"]
