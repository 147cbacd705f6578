"""The errors of a Takeout's zip files, each with its repair."""

from __future__ import annotations

import zlib

from copias.errors import BadInput, CopyFailed


def cut(name: str, why: str) -> BadInput:
    """Return the error of a part that is no whole zip file."""
    return BadInput(
        "una parte del Takeout está cortada, o no es un .zip",
        whose=name,
        why=why,
        repair="descárguela otra vez de la página de Takeout y reemplácela",
    )


def damaged(name: str, error: Exception) -> CopyFailed:
    """Return the error of a part whose content fails its CRC-32.

    Of the file inside nothing is told, nor what Python says of it: its name is that of a label of somebody.
    """
    return CopyFailed(
        "una parte del Takeout está dañada",
        whose=name,
        why=str(error) if isinstance(error, zlib.error) else "lo que trae adentro está cortado, o no da su CRC-32",
        repair="descárguela otra vez de la página de Takeout y reemplácela",
    )


def hostile(name: str, why: str) -> BadInput:
    """Return the error of a zip file that Google did not make."""
    return BadInput(
        "el .zip no lo hizo Google: no se abre",
        whose=name,
        why=why,
        repair="pida al usuario la descarga original, y avise a seguridad de la información si insiste",
    )


def too_large(name: str, why: str) -> BadInput:
    """Return the error of a zip file that promises more than is admitted."""
    return BadInput(
        "el Takeout dice contener más de lo que se admite",
        whose=name,
        why=why,
        repair="si es legítimo, suba el límite de deliveries en copias.yml",
    )
