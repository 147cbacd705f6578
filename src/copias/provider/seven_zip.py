"""7z archives, and zip files encrypted or of bzip2, read by the program ``7z``, which writes to nothing but a pipe.

It is a large old program that reads what a stranger made, so it stands within the walls of a scratch server: of this
machine it sees the archive, and no network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
import typing as t
from contextlib import contextmanager, suppress
from pathlib import Path

from copias.database.children import child_environment, find_interruption, memory_file, spawn, stop, tail_of
from copias.database.confinement import Allowance, Confinement
from copias.delivery.zip_checks import find_name_fault
from copias.errors import BadConfiguration, CopyFailed, NotReady
from copias.provider.containers import BLOCK, Member
from copias.provider.unfit import Limits, Unfit, show

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database.children import Process
    from copias.provider.formats import Unpack

PROGRAMS: t.Final = ("7z", "7zz", "7za")
_FIELD: t.Final = re.compile(r"^(Path|Size|Attributes|Encrypted|Folder) = (.*)$", re.MULTILINE)
_WRAPPER: t.Final = re.compile(rb'#! ?/bin/sh\s+exec (/usr/lib/[\w./-]+) "\$@"\s*\Z')
_LISTING_LIMIT: t.Final = 64 << 20
_LIST_SECONDS: t.Final = 600


class SevenZip:
    """An archive of kind ``7z`` or ``zip``.

    Files are taken out by their place, never by name: the program writes all of them one after the other.
    """

    def __init__(self, kind: Unpack, path: Path, limits: Limits) -> None:
        self._kind = kind
        self._path = path
        self._limits = limits
        self._program = _find_program()
        self.members = self._list()
        if len(self.members) > limits.entries:
            raise Unfit(f"tiene {len(self.members)} archivos, y se admiten {limits.entries}")
        limits.check_ratio(path.stat().st_size, self._total)

    @property
    def _total(self) -> int:
        return sum(member.bytes or 0 for member in self.members)

    def read(self, number: int) -> Iterator[bytes]:
        """Yield the content of a file; the others are read over, for their sums too."""
        return (block for place, block in self.sweep() if place == number)

    def sweep(self) -> Iterator[tuple[int, bytes]]:
        """Yield all content in order, cut where the listing says that one file ends and the next begins."""
        sizes = [member.bytes or 0 for member in self.members]
        number, left = 0, sizes[0]
        for block in self._start("x", "-so", seconds=self._limits.seconds, most=self._total):
            rest = memoryview(block)
            while rest:
                while not left:
                    number += 1
                    if number == len(sizes):
                        raise Unfit("el archivo comprimido contiene más de lo que su lista dice")
                    left = sizes[number]
                taken = bytes(rest[:left])
                yield number, taken
                left, rest = left - len(taken), rest[len(taken) :]
            self._limits.check_time()
        if left or any(sizes[number + 1 :]):
            raise Unfit("el archivo comprimido está cortado: contiene menos de lo que su lista dice")

    def _list(self) -> tuple[Member, ...]:
        listing = b"".join(self._start("l", "-slt", "-ba", seconds=_LIST_SECONDS, most=_LISTING_LIMIT))
        members = []
        for block in re.split(r"\n\s*\n", listing.decode("utf-8", "replace")):
            fields = dict(_FIELD.findall(block))
            if "Path" in fields and not _is_folder(fields):
                members.append(_read_member(fields, has_password=self._limits.password_file is not None))
        if not members:
            raise Unfit("el archivo comprimido está vacío, o dañado")
        return tuple(members)

    def _start(self, verb: str, *options: str, seconds: float, most: int) -> Iterator[bytes]:
        """Yield what the program writes; its end is judged by its exit code."""
        with memory_file() as complaints, self._password() as password:
            process = spawn(
                [self._program, verb, *options, *self._options()],
                environment=child_environment(),
                stdin=password,
                stdout=subprocess.PIPE,
                stderr=complaints,
                confinement=self._confine(seconds),
            )
            written, begun = 0, time.monotonic()
            try:
                stream = t.cast("t.IO[bytes]", process.stdout)
                while block := stream.read(BLOCK):
                    written += len(block)
                    if written > most:
                        raise Unfit("el archivo comprimido contiene más de lo que su lista dice")
                    yield block
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                raise Unfit(f"descomprimirlo tarda más de {seconds:.0f} segundos") from None
            finally:
                stop(process)
                with suppress(OSError):
                    t.cast("t.IO[bytes]", process.stdout).close()
            if code != 0 and time.monotonic() - begun > seconds:  # killed: its processor's time was up
                raise Unfit(f"descomprimirlo tarda más de {seconds:.0f} segundos")
            if code != 0:
                raise self._judge(process, tail_of(complaints))

    def _confine(self, seconds: float) -> Confinement:
        # The memory too: an archive may ask for a dictionary of any size.
        return Confinement((Path(self._program),), writes=(), reads=(self._path,), allowance=Allowance(seconds))

    def _judge(self, process: Process, words: str) -> Exception:
        """Return what a failure of the program means: the archive's fault, or this machine's."""
        if interruption := find_interruption(process, words):
            return CopyFailed("se interrumpió la revisión de la entrega", why=f"7z: {interruption}")
        if re.search(r"password|encrypted", words, re.IGNORECASE):
            if self._limits.password_file is None:
                return Unfit("está cifrado con contraseña, y aquí no se tiene")
            return Unfit("está cifrado y la contraseña acordada no lo abre")
        return Unfit("el archivo comprimido está cortado o dañado, o es solo una de las partes en que se dividió")

    def _options(self) -> list[str]:
        return [f"-t{self._kind}", "-sccUTF-8", "-bd", "--", str(self._path)]

    @contextmanager
    def _password(self) -> Iterator[t.Any]:
        """Yield what the program reads its password from: never an argument, which every account can see."""
        path = self._limits.password_file
        if path is None:
            yield subprocess.DEVNULL
            return
        try:
            line = path.read_bytes().partition(b"\n")[0].rstrip(b"\r")
        except OSError as error:
            raise BadConfiguration(
                "no se pudo leer la contraseña de las entregas",
                whose=str(path),
                why=error.strerror or str(error),
                repair="corrija archive_password_file del proveedor",
            ) from error
        with memory_file(line + b"\n") as stream:
            yield stream


def _find_program() -> str:
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        raise NotReady(
            "llegó un archivo .7z o cifrado, que aquí no se puede comprobar",
            why="no está el programa 7z",
            repair="instale el paquete p7zip-full y ejecute el caso otra vez",
        )
    # Debian's is a line of shell that starts the program, and within the walls there is no shell.
    with Path(found).open("rb") as stream:
        started = _WRAPPER.match(stream.read(1 << 10))
    return started[1].decode() if started else found


def _is_folder(fields: dict[str, str]) -> bool:
    return fields.get("Folder") == "+" or fields.get("Attributes", "").startswith("D")


def _read_member(fields: dict[str, str], *, has_password: bool) -> Member:
    name = fields["Path"]
    if fault := find_name_fault(name):
        raise Unfit(f"{show(name)}: {fault}")
    if fields.get("Encrypted") == "+" and not has_password:
        raise Unfit("está cifrado con contraseña, y aquí no se tiene")
    if re.search(r"(?:^|\s)l[r-][w-]", fields.get("Attributes", "")):
        raise Unfit(f"{show(name)} es un enlace simbólico")
    size = fields.get("Size", "")
    if not re.fullmatch(r"\d{1,18}", size):
        raise Unfit(f"{show(name)} no dice cuánto mide")
    return Member(name, int(size))
