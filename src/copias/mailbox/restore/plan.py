"""What a recovery is to give back and to where: decided by the agent, kept whole here and by its hash in the ledger."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from copias.errors import Altered, BadInput
from copias.files import make_private_directory, write_atomically
from copias.mailbox.restore.numbering import recoveries_folder
from copias.mailbox.restore.opening import SourceName

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.case.story import RestoreRecord
    from copias.office import Office

LONGEST_LABEL: t.Final = 225
"""Characters of a label's name, by Gmail."""
_SYSTEM: t.Final = frozenset(
    {"inbox", "sent", "drafts", "draft", "spam", "trash", "unread", "starred", "important", "chat", "chats"}
)


class PlannedMessage(t.NamedTuple):
    """A message that is to be given back: its id in the copy, and SHA-256 and size of its bytes."""

    id: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Target:
    """Where messages go: under a label of an account, or as files into a folder."""

    account: str = ""
    label: str = ""
    folder: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return plain data."""
        return asdict(self)

    def __str__(self) -> str:
        """Return it for people."""
        return f"la etiqueta «{self.label}» de {self.account}" if self.account else f"la carpeta {self.folder}"


@dataclass(frozen=True)
class RestorePlan:
    """A recovery as it was planned."""

    restore_id: str
    account: str
    source: SourceName
    target: Target
    messages: tuple[PlannedMessage, ...]

    @property
    def bytes(self) -> int:
        """Return the size of all messages."""
        return sum(message.bytes for message in self.messages)

    @property
    def hashes(self) -> dict[str, str]:
        """Return id → SHA-256."""
        return {message.id: message.sha256 for message in self.messages}

    def to_event(self) -> dict[str, t.Any]:
        """Return what the ledger gets: counts and hashes, nothing of any message."""
        return {
            "restore": self.restore_id,
            "account": self.account,
            "source": self.source.to_dict(),
            "target": self.target.to_dict(),
            "messages": len(self.messages),
            "bytes": self.bytes,
            "list_sha256": digest_list(self.messages),
        }


class RecoveryFolder:
    """What is kept here of one recovery: its list and its journal."""

    def __init__(self, office: Office, restore_id: str) -> None:
        self._path = recoveries_folder(office) / restore_id

    @property
    def journal(self) -> Path:
        """Return the file of the journal."""
        return self._path / "journal.jsonl"

    def write_list(self, messages: Iterable[PlannedMessage]) -> None:
        """Keep the list of messages."""
        make_private_directory(self._path)
        write_atomically(self._path / "messages.json", orjson.dumps([tuple(message) for message in messages]))

    def read_plan(self, record: RestoreRecord) -> RestorePlan:
        """Return the plan that the ledger names.

        Raises:
            Altered: the list kept here is lost, or another.
        """
        try:
            content = orjson.loads((self._path / "messages.json").read_bytes())
            messages = tuple(PlannedMessage(*message) for message in content)
        except (OSError, ValueError, TypeError) as error:
            raise _altered(record, "no se puede leer") from error
        if digest_list(messages) != record.data["list_sha256"]:
            raise _altered(record, "no es la que quedó en la bitácora")
        return RestorePlan(
            record.restore_id,
            str(record.data["account"]),
            SourceName.from_dict(record.data["source"]),
            Target(**record.data["target"]),
            messages,
        )


def digest_list(messages: Iterable[PlannedMessage]) -> str:
    r"""Return the SHA-256 of the lines ``<id> <SHA-256>\n``, sorted, as in a package's manifest."""
    lines = sorted(f"{message.id} {message.sha256}\n".encode() for message in messages)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def check_label(name: str) -> str:
    """Return the name of a label that a recovery may use.

    Raises:
        BadInput: Gmail cannot have it, or it is one of Gmail's own, where nothing could be told apart.
    """
    fault = ""
    if not 0 < len(name) <= LONGEST_LABEL or name != name.strip() or not name.isprintable():
        fault = f"debe tener de 1 a {LONGEST_LABEL} caracteres visibles, sin espacios a los lados"
    elif name.casefold() in _SYSTEM or name.upper().startswith("CATEGORY_"):
        fault = "es una etiqueta propia de Gmail, y allí no se distinguiría lo devuelto de lo demás"
    elif name.startswith("/") or name.endswith("/") or "//" in name:
        fault = "entre dos barras tiene que haber un nombre"
    if fault:
        raise BadInput("no se puede usar esa etiqueta", whose=ascii(name[:80]), why=fault, repair="dé otra con --under")
    return name


def _altered(record: RestoreRecord, why: str) -> Altered:
    return Altered(
        "la lista de lo que se devuelve no sirve",
        whose=record.restore_id,
        why=why,
        repair="elija otra vez qué devolver con `copias restore`",
    )
