"""Names of stored files: safe on ext4, SMB, QNAP, Windows and in a URL, checked in this one place."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from copias.errors import BadInput
from copias.store.contract import PART

NAME_LIMIT = 200
"""Longest name: Windows stops at 260 with the folder of the share before it."""
PART_LIMIT = 100
DEPTH_LIMIT = 8

# QNAP's File Station also refuses the prefix ``_sn_``, and tools read a leading ``-`` as an option.
# ``@`` stays inside a name, so that a mailbox's folder is called like its account.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*", re.ASCII)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.ASCII | re.IGNORECASE)


def check_name(name: str) -> str:
    """Return ``name`` when it is a safe relative path of a file to publish.

    Raises:
        BadInput: it is not; the reason is told.
    """
    if name.lower().endswith(PART):
        raise _refuse(name, f"la terminación {PART} está reservada")
    return check_any_name(name)


def check_any_name(name: str) -> str:
    """Return ``name`` when it is safe and may be that of a part too.

    Raises:
        BadInput: it is not; the reason is told.
    """
    if not 0 < len(name) <= NAME_LIMIT + len(PART):
        raise _refuse(name, f"debe tener de 1 a {NAME_LIMIT} caracteres")
    parts = name.split("/")
    if len(parts) > DEPTH_LIMIT:
        raise _refuse(name, f"más de {DEPTH_LIMIT} niveles de carpetas")
    for part in parts:
        if fault := _find_fault(part):
            raise _refuse(name, fault)
    return name


def is_safe(name: str) -> bool:
    """Tell whether :func:`check_any_name` would accept it."""
    try:
        check_any_name(name)
    except BadInput:
        return False
    return True


def safe_part(text: str) -> str:
    """Return one safe path part for any text, distinct texts giving distinct parts.

    What is safe already stays; anything else loses accents and odd characters and gains eight
    hexadecimal digits of its SHA-256.
    """
    if len(text) <= PART_LIMIT // 2 and not _find_fault(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[A-Za-z0-9]+", plain))[: PART_LIMIT // 2 - 9]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{words or 'x'}-{digest}"


def _find_fault(part: str) -> str:
    if not _SAFE.fullmatch(part):
        return "solo letras sin tilde, números, punto, arroba, guion y guion bajo; empieza por letra o número"
    if part.endswith("."):
        return "Windows no abre nombres terminados en punto"
    if _DEVICE.fullmatch(part):
        return "es el nombre de un dispositivo de Windows"
    if len(part) > PART_LIMIT + len(PART):
        return f"una parte tiene más de {PART_LIMIT} caracteres"
    return ""


def _refuse(name: str, why: str) -> BadInput:
    return BadInput(
        "el nombre no se puede usar en un destino de copias",
        whose=ascii(name[:NAME_LIMIT]),
        why=why,
        repair="use safe_part para formar nombres a partir de textos ajenos",
    )
