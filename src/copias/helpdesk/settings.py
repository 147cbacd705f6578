"""What the deployment says of its help desk: which sheets, by which headers, in which words."""

from __future__ import annotations

import re
import typing as t

from pydantic import BaseModel, ConfigDict, Field, field_validator

from copias.helpdesk import vocabulary
from copias.helpdesk.model import Kind, Mode, SheetStatus

_ADDRESS = re.compile(r"/d/([A-Za-z0-9_-]+)")
_SPREADSHEET = re.compile(r"[A-Za-z0-9_-]{1,200}")


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadLimits(_Settings):
    """More than this is no help desk, and is refused before it fills the memory."""

    rows: int = Field(default=200_000, ge=1)
    """Rows of one tab."""
    header_rows: int = Field(default=20, ge=1)
    """First rows of a tab among which the header is looked for."""


class HelpDeskSettings(_Settings):
    """One town hall's help desk. ``responses_tab: null`` is the layout with one tab for requests and responses."""

    spreadsheet: str
    """Id, or the address in the browser."""
    requests_tab: str = Field(min_length=1)
    responses_tab: str | None = None
    control_spreadsheet: str | None = None
    """``None``: the control tab is in ``spreadsheet``."""
    control_tab: str | None = None

    aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Field → headers; a field given here replaces its default, an empty list says that the sheet has none."""
    optional: frozenset[str] = vocabulary.OPTIONAL
    """Fields whose column may be absent."""
    status_words: dict[str, SheetStatus] = Field(
        default_factory=lambda: {word: SheetStatus(status) for word, status in vocabulary.STATUS_WORDS.items()}
    )
    case_words: tuple[str, ...] = vocabulary.CASE_WORDS
    """Words in service or description that make a request a copy case."""
    kinds: dict[Kind, tuple[str, ...]] = Field(
        default_factory=lambda: {Kind(kind): words for kind, words in vocabulary.KIND_WORDS.items()}
    )
    doubtful_words: tuple[str, ...] = vocabulary.DOUBTFUL_WORDS
    """Words that leave the kind open whatever else is said."""
    modes: dict[Mode, tuple[str, ...]] = Field(
        default_factory=lambda: {Mode(mode): words for mode, words in vocabulary.MODE_WORDS.items()}
    )
    systems: dict[str, str] = Field(default_factory=dict)
    """Word → name of a database of the inventory."""

    update_request_status: bool = False
    """Also write the status cell of the request's own row."""
    settle_seconds: float = Field(default=60, ge=0)
    """How long an append whose answer was lost may still take to appear."""
    read_limits: ReadLimits = ReadLimits()

    @field_validator("spreadsheet", "control_spreadsheet")
    @classmethod
    def _take_id(cls, given: str | None) -> str | None:
        """Accept the address that people copy from the browser."""
        if given is None:
            return None
        found = _ADDRESS.search(given)
        identifier = found[1] if found else given.strip()
        if not _SPREADSHEET.fullmatch(identifier):
            raise ValueError("no es el id ni la dirección de una hoja de cálculo de Google")
        return identifier

    @field_validator("aliases", "optional")
    @classmethod
    def _check_fields(cls, given: t.Any) -> t.Any:
        unknown = sorted(set(given) - set(vocabulary.ALIASES))
        if unknown:
            raise ValueError(f"campos desconocidos: {', '.join(unknown)}; hay: {', '.join(sorted(vocabulary.ALIASES))}")
        return given

    def headers_of(self, field: str) -> tuple[str, ...]:
        """Return the headers under which a field may appear."""
        return self.aliases.get(field, vocabulary.ALIASES[field])
