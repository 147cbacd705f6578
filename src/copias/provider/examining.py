"""Looking at a delivered file: what it is, what is in it, and whether it is whole. Nothing of it is believed or run."""

from __future__ import annotations

import hashlib
import os
import typing as t
from dataclasses import dataclass, field, replace

from copias.progress import Report, ignore
from copias.provider.containers import BLOCK, Container, open_container
from copias.provider.formats import HEAD, TAIL, Format, list_words, recognise
from copias.provider.unfit import Limits, Unfit, show

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from copias.provider.formats import Unpack

DEEPEST: t.Final = 2
"""Archives inside each other: a ``.sql.gz`` in a ``.zip``, and no more."""


@dataclass(frozen=True)
class Layer:
    """An archive on the way to the dump: its kind, and which of its files leads on."""

    kind: Unpack
    number: int


@dataclass(frozen=True)
class Examined:
    """A delivered file that may be used.

    Args:
        format: of the dump in it.
        version: of the server that it was dumped from, as it says; empty when it does not.
        layers: archives that it lies in, the outer one first; none when it lies plain.
        name: of the dump in its archive: hostile; empty when it lies plain.
        bytes: of the dump, unpacked.
        sha256: of the dump, unpacked.
        others: files in the archives beside it.
        database: that it was dumped from, as it says: hostile; empty when it does not.
    """

    format: Format
    version: str
    layers: tuple[Layer, ...]
    name: str
    bytes: int
    sha256: str
    others: int
    database: str = ""


@dataclass
class _Look:
    """What one pass over a file's content shows."""

    head: bytes = b""
    tail: bytes = b""
    size: int = 0
    digest: t.Any = field(default_factory=hashlib.sha256)

    def take(self, block: bytes) -> None:
        self.digest.update(block)
        self.size += len(block)
        if len(self.head) < HEAD:
            self.head += block[: HEAD - len(self.head)]
        self.tail = (self.tail + block)[-TAIL:] if len(block) < TAIL else block[-TAIL:]


def examine(path: Path, limits: Limits, *, spool: Path, report: Report = ignore) -> Examined:
    """Recognise a file by its content, test the archives that it is made of, and see that the dump has its end.

    Args:
        path: a file of ours that nobody else can change.
        limits: used up as it is read.
        spool: a private folder for an archive that lies in another.
        report: told of the bytes of the file that were read.

    Raises:
        Unfit: it cannot be used, and why.
        NotReady: this machine lacks the program to look into it.
        OSError: the spool's disk is full.
    """
    return _examine(path, limits, spool, 0, report)


def copy_dump(path: Path, examined: Examined, target: Path, limits: Limits, *, spool: Path) -> None:
    """Write the dump that was found in a delivered file, unpacked, into ``target``, a new file of mode 0600.

    Raises:
        Unfit: it is not what was examined.
        OSError: the disk is full.
    """
    source = path
    for depth, layer in enumerate(examined.layers):
        inner = target if depth == len(examined.layers) - 1 else spool / f"capa-{depth}"
        write_file(inner, _limited(open_container(layer.kind, source, limits).read(layer.number), limits))
        source = inner
    look = _look_at(_blocks(target))
    if (look.size, look.digest.hexdigest()) != (examined.bytes, examined.sha256):
        raise Unfit("al descomprimirlo otra vez salió otra cosa")


def write_file(target: Path, blocks: Iterable[bytes]) -> None:
    """Write blocks into a new file of mode 0600, whatever lay there before."""
    target.unlink(missing_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as stream:
        for block in blocks:
            stream.write(block)


def _examine(path: Path, limits: Limits, spool: Path, depth: int, report: Report) -> Examined:
    with path.open("rb") as stream:
        found = _recognise(stream.read(HEAD), "el archivo")
    if not found.unpack:
        look = _look_at(_blocks(path, report))
        _check_end(found, look, "el volcado")
        return _describe(found, look, (), "", 0)
    if depth == DEEPEST:
        raise Unfit(f"tiene más de {DEEPEST} archivos comprimidos uno dentro de otro")
    container = open_container(found.unpack, path, limits)
    number, inner, look = _find_dump(container, path.stat().st_size, limits)
    name, layer = container.members[number].name, Layer(found.unpack, number)
    others = len(container.members) - 1
    if inner.unpack:
        below = spool / f"capa-{depth}"
        write_file(below, _limited(container.read(number), limits))
        deep = _examine(below, limits, spool, depth + 1, ignore)
        return replace(deep, layers=(layer, *deep.layers), name=deep.name or name, others=deep.others + others)
    _check_end(inner, look, show(name) if name else "el volcado")
    return _describe(inner, look, (layer,), name, others)


def _describe(known: Format, look: _Look, layers: tuple[Layer, ...], name: str, others: int) -> Examined:
    version, database, sha256 = known.find_version(look.head), known.find_database(look.head), look.digest.hexdigest()
    return Examined(known, version, layers, name, look.size, sha256, others, database)


def _find_dump(container: Container, packed: int, limits: Limits) -> tuple[int, Format, _Look]:
    """Read every file of an archive, and return the one that is a dump, or leads to it."""
    found: list[tuple[int, Format, _Look]] = []
    looks = _look_at_all(container, packed, limits)
    for number, (member, look) in enumerate(zip(container.members, looks, strict=True)):
        known = recognise(look.head)
        if known is not None and known.refused and known.name in {"program", "shortcut", "installer"}:
            raise Unfit(f"{show(member.name)} es {known.words}")
        if known is not None and not known.refused:
            found.append((number, known, look))
    if not found:
        names = ", ".join(show(member.name) for member in container.members[:5]) or "nada"
        raise Unfit(f"no contiene ningún volcado que se reconozca; contiene {names}")
    if len(found) > 1:
        names = ", ".join(show(container.members[number].name) for number, _, _ in found[:5])
        raise Unfit(f"contiene varios volcados y se espera uno solo: {names}")
    return found[0]


def _recognise(head: bytes, what: str) -> Format:
    known = recognise(head)
    if known is None:
        raise Unfit(f"{what} no se reconoce por su contenido; se admiten: {', '.join(list_words())}")
    if known.refused:
        raise Unfit(f"{what} es {known.words}, y no la copia de una base de datos")
    return known


def _check_end(known: Format, look: _Look, what: str) -> None:
    if known.end is not None and not known.end.search(look.tail):
        raise Unfit(f"{what} ({known.words}) está cortado: le falta la línea con que termina un volcado completo")


def _look_at(blocks: Iterable[bytes]) -> _Look:
    look = _Look()
    for block in blocks:
        look.take(block)
    return look


def _look_at_all(container: Container, packed: int, limits: Limits) -> list[_Look]:
    """Read an archive once, whole, and refuse it as soon as it gives more than is admitted."""
    looks, written = [_Look() for _ in container.members], 0
    for number, block in container.sweep():
        limits.take(len(block))
        written += len(block)
        limits.check_ratio(packed, written)
        looks[number].take(block)
    return looks


def _limited(blocks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    for block in blocks:
        limits.take(len(block))
        yield block


def _blocks(path: Path, report: Report = ignore) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            report(len(block))
            yield block
