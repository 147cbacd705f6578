"""Why a delivered file cannot be used, and what of it is admitted."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field

from copias.errors import BadInput

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.provider.drop_settings import DropSettings

SMALL: t.Final = 1 << 20
"""Bytes below which a ratio says nothing."""
SHOWN: t.Final = 120


class Unfit(BadInput):
    """What was delivered cannot be used: it is rejected, with this reason, which its provider is told.

    Args:
        reason: in Spanish, without a final stop; it may name what the provider knows, and nothing of this machine.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            "lo que entregó el proveedor no se puede usar", why=reason, repair="espere la entrega corregida"
        )
        self.reason = reason


@dataclass
class Limits:
    """What is admitted of one delivery; the bytes and the time are used up as it is read.

    Args:
        content: bytes that may still come out of archives.
        ratio: how many times its size an archive may hold.
        entries: files in one archive.
        seconds: for all of it.
        password_file: whose first line opens encrypted archives.
    """

    content: int
    ratio: int
    entries: int
    seconds: float = 12 * 3600
    password_file: Path | None = None
    _begun: float = field(default_factory=time.monotonic)

    def take(self, size: int) -> None:
        """Count bytes that came out of an archive.

        Raises:
            Unfit: they are more than is admitted, or it takes too long.
        """
        self.content -= size
        if self.content < 0:
            raise Unfit("contiene más de lo que se admite una vez descomprimido: puede ser una bomba de compresión")
        self.check_time()

    def check_time(self) -> None:
        """Refuse to go on for ever.

        Raises:
            Unfit: it takes too long.
        """
        if time.monotonic() - self._begun > self.seconds:
            raise Unfit(f"descomprimirlo tarda más de {self.seconds:.0f} segundos")

    def check_ratio(self, packed: int, content: int) -> None:
        """Refuse what holds far more than it weighs.

        Raises:
            Unfit: it does.
        """
        if content > max(SMALL, packed * self.ratio):
            raise Unfit(f"es una bomba de compresión: {packed} bytes se vuelven más de {content}")


def limits_of(drop: DropSettings) -> Limits:
    """Return what a provider's deliveries may be, unused."""
    return Limits(drop.largest_content, drop.largest_ratio, drop.most_entries, password_file=drop.archive_password_file)


def show(name: str) -> str:
    """Return a hostile name for messages."""
    return ascii(name[:SHOWN])
