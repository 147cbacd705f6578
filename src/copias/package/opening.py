"""Opening a package that lies in a folder: its zip files and its manifest."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack, contextmanager

from copias.errors import Altered, BadInput
from copias.package.manifest import BESIDE, Manifest, read_manifest_from
from copias.package.reader import read_inner_manifest
from copias.store.names import is_safe

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.package.facts import PackageFacts


class OpenPackage(t.NamedTuple):
    """A package's zip files in order, as far as they are there, and its manifest."""

    streams: list[t.BinaryIO]
    manifest: Manifest


@contextmanager
def open_package(path: Path) -> Iterator[OpenPackage]:
    """Open a package: its further parts are looked for beside the first, and its manifest beside it, else inside.

    Args:
        path: the zip file, the first when there are several.

    Raises:
        BadInput: there is no such file, or its manifest is of a version that this program does not know.
        Altered: it is no zip file, or damaged.
    """
    with ExitStack() as stack:
        first = stack.enter_context(_open(path))
        manifest = _read_beside(path) or read_inner_manifest(first)
        streams = [first]
        for part in manifest.parts:
            beside = path.with_name(_check_name(part))
            if not beside.is_file():
                break  # whoever needs it says what is missing
            streams.append(stack.enter_context(_open(beside)))
        yield OpenPackage(streams, manifest)


def _read_beside(path: Path) -> Manifest | None:
    beside = path.with_name(path.name + BESIDE)
    if not beside.is_file():
        return None
    with _open(beside) as stream:
        return read_manifest_from(stream)


def _check_name(part: PackageFacts) -> str:
    if not is_safe(part.name) or "/" in part.name:
        raise Altered("el manifiesto nombra un archivo que no puede ser", whose=ascii(part.name[:200]))
    return part.name


def _open(path: Path) -> t.BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadInput(
            "no se puede abrir el paquete",
            whose=str(path),
            why=error.strerror or str(error),
            repair="revise la ruta y el nombre: es el archivo .zip, o el primero si son varios",
        ) from error
