"""The parts of a manifest."""

from __future__ import annotations

import typing as t
from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Text: t.TypeAlias = t.Annotated[str, StringConstraints(max_length=10_000)]
Hash: t.TypeAlias = t.Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CaseNumber: t.TypeAlias = t.Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]
Count: t.TypeAlias = t.Annotated[int, Field(ge=0)]
Time: t.TypeAlias = t.Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class Facts(BaseModel):
    """What all parts of a manifest share: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class CaseFacts(Facts):
    """The case that asked for the copy; ``number`` is null for a package that no case asked for."""

    number: CaseNumber | None
    kind: t.Literal["mailbox", "drive", "sinfa", "manual", "recovery"]
    mode: t.Literal["remote", "on_site"]
    subject: Text
    requester: Text = ""
    department: Text
    record_series: Text


class AuthorisationFacts(Facts):
    """Who allowed the copy, in which post, by which document and why."""

    authoriser: Text
    post: Text
    document: Text
    motive: Text
    standing: bool = False


class SourceFacts(Facts):
    """What was copied: a system, its version, the logical name of its host, and the name within it."""

    system: Text
    version: Text
    host: Text
    name: Text


class Scope(Facts):
    """What the copy holds, and what it honestly does not."""

    included: tuple[Text, ...]
    excluded: tuple[Text, ...]


class Period(Facts):
    """The first and the last date of what was copied, where they are known."""

    first: date | None = None
    last: date | None = None


class Content(Facts):
    """The copied data: its entry, how it is compressed there, and what it is once decompressed."""

    entry: Text
    encoding: t.Literal["zstd", "none"]
    bytes: Count
    sha256: Hash


class TableFacts(Facts):
    """The digest of one table, as :class:`copias.database.contract.TableDigest`."""

    schema_name: Text = Field(alias="schema", serialization_alias="schema")
    table: Text
    rows: Count
    xor: Text
    total: Text


class LargeObjectFacts(Facts):
    """The objects kept outside of tables."""

    count: Count
    digest: Text


class DumpFacts(Facts):
    """What proves a restore equal: :meth:`copias.database.contract.DumpRecord.to_dict`."""

    method: Text
    tables: tuple[TableFacts, ...]
    sequences: dict[Text, Text]
    schema_objects: dict[Text, Text] = Field(alias="schema", serialization_alias="schema")
    schema_sha256: Text
    large_objects: LargeObjectFacts
    engine: Text
    version: Text
    major: int
    client_version: Text
    database: Text
    encoding: Text
    collation: Text
    ctype: Text
    bytes: Count
    sha256: Hash
    source_bytes: Count
    started: Time
    finished: Time
    extensions: dict[Text, Text]
    roles: dict[Text, bool]
    left_out: tuple[Text, ...]


class EntryFacts(Facts):
    """A file of the package: size and SHA-256 of what one gets when extracting it."""

    name: Text
    bytes: Count
    sha256: Hash


class Versions(Facts):
    """The program and the documents that the copy followed."""

    tool: Text
    procedure: Text
    work_instruction: Text


class Times(Facts):
    """When it was asked for, begun and sealed; UTC."""

    requested: Time | None = None
    started: Time
    sealed: Time


class Agent(Facts):
    """Who ran it: the operating system's account, and the person it stands for."""

    account: Text
    name: Text


class ProofLevel(StrEnum):
    """How far the copy is proven. ``pending`` is what the manifest inside a package can say."""

    PENDING = "pending"
    RECEIVED = "received"
    """Kept as it came: it had no checksum, and nothing in it shows that it is whole."""
    INTACT = "intact"
    DELIVERED = "delivered"
    """Intact and equal to what a user delivered, which nothing here can compare with its source."""
    LOADED = "loaded"
    """Loaded into a server and counted; what a provider delivered cannot be compared with its source."""
    RESTORED = "restored"

    @property
    def text(self) -> str:
        """Return the words that people read."""
        return {
            ProofLevel.PENDING: "sellada; la prueba consta en el manifiesto que acompaña al paquete",
            ProofLevel.RECEIVED: "guardada tal como llegó; ni que esté completa ni su restauración se pudieron probar",
            ProofLevel.INTACT: "íntegra; restauración no probada",
            ProofLevel.DELIVERED: "íntegra, igual a lo entregado; conciliación con el origen no posible",
            ProofLevel.LOADED: "íntegra; cargada en un servidor de prueba, sin comparar con el origen",
            ProofLevel.RESTORED: "probada por restauración",
        }[self]


class Proof(Facts):
    """The level, its words, and when it was reached."""

    level: ProofLevel
    text: Text
    when: Time | None = None

    @classmethod
    def at(cls, level: ProofLevel, when: datetime | None = None) -> t.Self:
        """Return the proof of a level, with its words."""
        return cls(level=level, text=level.text, when=when)


class Encryption(Facts):
    """Whether the data lies plain, or to whom it is encrypted."""

    method: t.Literal["none", "age"] = "none"
    recipients: tuple[Text, ...] = ()


class PackageFacts(Facts):
    """The zip file itself; null in the manifest that lies inside it."""

    name: Text
    bytes: Count
    sha256: Hash


class Signature(Facts):
    """A signature of the canonical form of everything else."""

    algorithm: t.Literal["Ed25519"]
    key_id: t.Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    value: t.Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")]
