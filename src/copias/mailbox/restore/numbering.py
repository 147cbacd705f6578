"""The numbers by which an agent names messages of a case: once given, a number stays that message's."""

from __future__ import annotations

import re
import typing as t

import orjson

from copias.errors import BadInput
from copias.files import locked, make_private_directory, write_atomically
from copias.mailbox.restore.opening import SourceName

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from copias.office import Office

_PICK: t.Final = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)
MOST_PICKED: t.Final = 100_000


def recoveries_folder(office: Office) -> Path:
    """Return the folder with what recoveries keep here."""
    return office.deployment.state / "recoveries"


class Numbering:
    """The numbered messages of one case: Gmail's ids and nothing else of them.

    A search adds what it found and was not numbered; so a number means the same however often one searches.
    """

    def __init__(self, office: Office, number: str) -> None:
        self._path = recoveries_folder(office) / f"{number}.found.json"

    def add(self, source: SourceName, ids: Iterable[str]) -> dict[str, int]:
        """Give a number to what has none yet, and return id → number of all that were given."""
        make_private_directory(self._path.parent)
        with locked(self._path.with_suffix(".lock")):
            entries = self._read()
            known = {key: place for place, (name, key) in enumerate(entries, 1) if name == source}
            wanted = list(ids)
            for key in wanted:
                if key not in known:
                    entries.append((source, key))
                    known[key] = len(entries)
            self._write(entries)
        return {key: known[key] for key in wanted}

    def pick(self, numbers: Iterable[int]) -> tuple[SourceName, frozenset[str]]:
        """Return the copy and the ids that numbers stand for.

        Raises:
            BadInput: a number is nobody's, or they are of different copies.
        """
        entries = self._read()
        wanted = sorted(set(numbers))
        if strange := [number for number in wanted if not 1 <= number <= len(entries)]:
            raise BadInput(
                "no hay un mensaje con ese número",
                whose=", ".join(map(str, strange[:20])),
                why=f"los números de este caso van de 1 a {len(entries)}" if entries else "todavía no se ha buscado",
                repair="búsquelo con `copias find`, que dice el número de cada mensaje",
            )
        chosen = [entries[number - 1] for number in wanted]
        sources = {source for source, _ in chosen}
        if len(sources) != 1:
            raise BadInput(
                "los números son de copias distintas",
                why="; ".join(sorted(map(str, sources))),
                repair="busque todo en una sola copia, con --copy",
            )
        return sources.pop(), frozenset(key for _, key in chosen)

    def _read(self) -> list[tuple[SourceName, str]]:
        try:
            data = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            return []
        sources = [SourceName.from_dict(one) for one in data["sources"]]
        return [(sources[place], key) for place, key in data["messages"]]

    def _write(self, entries: list[tuple[SourceName, str]]) -> None:
        sources = list(dict.fromkeys(source for source, _ in entries))
        places = {source: place for place, source in enumerate(sources)}
        data = {
            "sources": [source.to_dict() for source in sources],
            "messages": [(places[source], key) for source, key in entries],
        }
        write_atomically(self._path, orjson.dumps(data))


def read_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of ``3,7,10-12``.

    Raises:
        BadInput: it is something else.
    """
    numbers: dict[int, None] = {}
    for part in text.replace(" ", "").split(","):
        found = _PICK.fullmatch(part)
        first = int(found[1]) if found else 0
        last = int(found[2] or first) if found else 0
        if not 1 <= first <= last or last - first > MOST_PICKED:
            raise BadInput("los números no se entienden", whose=ascii(text[:80]), repair="escríbalos así: 3,7,10-12")
        numbers.update(dict.fromkeys(range(first, last + 1)))
    return tuple(numbers)
