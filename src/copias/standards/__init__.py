"""The standards and documents that the copies answer to: versions, clauses, defaults, each of a date, in data files."""

from __future__ import annotations

import typing as t
from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

__all__ = ["Clause", "Clauses", "Documents", "RetentionDefaults", "clause", "clauses", "defaults", "documents"]


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


class Clause(BaseModel):
    """One clause of one document."""

    model_config = ConfigDict(frozen=True)

    document: str
    number: str
    title: str

    def __str__(self) -> str:
        return f"{self.document}, {self.number} ({self.title})"


class Clauses(_Data):
    """Clauses by document, and which of them each topic of the audit answers."""

    documents: dict[str, str]
    clauses: dict[str, str]
    """``<document>/<number>`` → title."""
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

    def _find(self, name: str) -> Clause:
        document, _, number = name.partition("/")
        return Clause(document=self.documents[document], number=number, title=self.clauses[name])


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
