"""Names inside a package: any language, but nothing that Windows cannot create or that leaves the folder."""

from __future__ import annotations

import re
import unicodedata

from copias.errors import BadInput

_BYTES_LIMIT = 1024
_PART_LIMIT = 120
_FORBIDDEN = re.compile(r'[<>:"\\|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE)
_PLAIN = re.compile(r"(?:[0-9][\w-]{0,99}/)*[0-9][\w-]{0,99}\.[a-z]{1,5}")
"""Names of which nothing more need be asked, as those of messages: a digit first is no device's name."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def check_entry_name(name: str) -> str:
    """Return ``name`` when it is a safe relative path inside a package.

    Raises:
        BadInput: it is not; the reason is told.
    """
    if fault := _find_fault(name):
        raise BadInput(
            "un archivo no puede llevar ese nombre dentro del paquete", whose=ascii(name[:_BYTES_LIMIT]), why=fault
        )
    return name


def is_entry_name(name: str) -> bool:
    """Tell whether :func:`check_entry_name` would accept it."""
    return not _find_fault(name)


def _find_fault(name: str) -> str:
    if len(name) <= _BYTES_LIMIT // 4 and _PLAIN.fullmatch(name):
        return ""
    # ``isprintable`` is quick and refuses all of these, and odd spaces as well.
    if not name.isprintable() and any(unicodedata.category(character) in _INVISIBLE for character in name):
        return "tiene caracteres invisibles o de control"
    if not 0 < len(name.encode()) <= _BYTES_LIMIT:
        return f"debe tener de 1 a {_BYTES_LIMIT} bytes"
    return next((fault for part in name.split("/") if (fault := _find_part_fault(part))), "")


def _find_part_fault(part: str) -> str:
    if part in {"", ".", ".."}:
        return "la ruta sale de la carpeta o tiene una parte vacía"
    if len(part) > _PART_LIMIT:
        return f"una parte tiene más de {_PART_LIMIT} caracteres"
    if _FORBIDDEN.search(part):
        return 'Windows no admite < > : " \\ | ? *'
    if part != part.strip() or part.endswith("."):
        return "empieza o termina en espacio, o termina en punto"
    if _DEVICE.fullmatch(part):
        return "es el nombre de un dispositivo de Windows"
    return ""
