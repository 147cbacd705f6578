"""The standards and documents that the copies answer to: versions, clauses, defaults, each of a date, in data files."""

from __future__ import annotations

import typing as t
from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

__all__ = [
    "Against",
    "Clause",
    "Clauses",
    "Documents",
    "RetentionDefaults",
    "Source",
    "clause",
    "clauses",
    "defaults",
    "documents",
]


Against: t.TypeAlias = t.Literal["text", "secondary", "unchecked"]
"""Whether a clause's number was compared with the document itself, with what others publish of it, or not yet."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    """Day on which somebody last went through the file."""
    source: str


class ProcedureVersion(BaseModel):
    """A document by its version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    version: str
    date: date


class Documents(_Data):
    """The procedure and the work instructions in force."""

    procedure: ProcedureVersion
    work_instructions: dict[str, str]
    """By kind of copy."""


class RetentionDefaults(_Data):
    """How long copies are kept where the deployment says nothing else."""

    years: dict[str, int]
    """Calendar years by kind of copy."""
    nights: dict[str, int]
    """``daily``, ``weekly``, ``monthly``, ``yearly``: how many nightly copies of each."""


class Source(BaseModel):
    """A document whose clauses are named, and how their numbers were checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    checked: date
    against: Against
    source: str
    """With what it was compared."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    checked: date | None = None
    """``None`` is the document's day."""
    against: Against | None = None
    """``None`` is as the document's."""


class Clause(BaseModel):
    """One clause of one document, as it was checked on a day."""

    model_config = ConfigDict(frozen=True)

    document: str
    number: str
    title: str
    version: str
    checked: date
    against: Against

    def __str__(self) -> str:
        doubt = "; número por confirmar" if self.against == "unchecked" else ""
        return f"{self.document}, {self.number} ({self.title}{doubt})"


class Clauses(_Data):
    """Clauses by document, and which of them each topic of the audit answers."""

    documents: dict[str, Source]
    clauses: dict[str, _Entry]
    """By ``<document>/<number>``."""
    topics: dict[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _check_names(self) -> t.Self:
        unknown = {name for names in self.topics.values() for name in names} - self.clauses.keys()
        strange = {name for name in self.clauses if name.partition("/")[0] not in self.documents}
        if unknown or strange:
            raise ValueError(f"clauses.yml names what it does not have: {sorted(unknown | strange)}")
        return self

    def of(self, topic: str) -> tuple[Clause, ...]:
        """Return the clauses that a topic answers.

        Raises:
            KeyError: there is no such topic.
        """
        return tuple(self._find(name) for name in self.topics[topic])

    def all(self) -> tuple[Clause, ...]:
        """Return every clause, in the order of the file."""
        return tuple(map(self._find, self.clauses))

    def _find(self, name: str) -> Clause:
        key, _, number = name.partition("/")
        document, entry = self.documents[key], self.clauses[name]
        return Clause(
            document=document.name,
            number=number,
            title=entry.title,
            version=document.version,
            checked=entry.checked or document.checked,
            against=entry.against or document.against,
        )


@cache
def clauses() -> Clauses:
    """Return the clauses and topics of the audit."""
    return Clauses.model_validate(_read("clauses.yml"))


def clause(topic: str) -> str:
    """Return the clauses that a topic of the audit answers, as one text: ``ISO 9001:2015, 7.5.3 (…) · …``.

    Raises:
        KeyError: there is no such topic.
    """
    return " · ".join(map(str, clauses().of(topic)))


@cache
def documents() -> Documents:
    """Return the documents in force."""
    return Documents.model_validate(_read("documents.yml"))


@cache
def defaults() -> RetentionDefaults:
    """Return how long copies are kept unless the deployment says otherwise."""
    return RetentionDefaults.model_validate(_read("retention.yml"))


def _read(name: str) -> t.Any:
    return yaml.safe_load(files(__package__).joinpath(name).read_text(encoding="utf-8"))
