"""What the providers file says: contract, obligations, who is written to, what was agreed, and where copies arrive."""

from __future__ import annotations

import typing as t
from datetime import date, time

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from copias.business_time import OfficeHours
from copias.case.notice_settings import Address
from copias.provider.drop_settings import DropSettings

_DOMAIN: t.Final = r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"

ProviderName: t.TypeAlias = t.Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Line: t.TypeAlias = t.Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text for people."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _widen(value: t.Any) -> t.Any:
    """Let an obligation be written as ``true`` or ``false`` where there is nothing to note."""
    return {"in_force": value} if isinstance(value, bool) else value


class Obligation(_Settings):
    """One obligation of the contract: whether it is in force, and what is to be known of it."""

    in_force: bool
    note: t.Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


_Obligation: t.TypeAlias = t.Annotated[Obligation, BeforeValidator(_widen)]


class Obligations(_Settings):
    """The four obligations that the procedure asks of a contract (20-PR-26, condition 6)."""

    hosting: _Obligation
    support: _Obligation
    copies: _Obligation
    recovery: _Obligation

    def missing(self) -> tuple[tuple[str, Obligation], ...]:
        """Return the keys of those that are not in force, each with its obligation."""
        return tuple((name, one) for name in OBLIGATION_WORDS if not (one := getattr(self, name)).in_force)


OBLIGATION_WORDS: t.Final = {
    "hosting": "hosting",
    "support": "soporte",
    "copies": "copias de seguridad",
    "recovery": "recuperación de información",
}


class Contact(_Settings):
    """Who is written to: the only addresses outside the organisation that the product writes to."""

    name: Line
    post: Line = "Contacto"
    addresses: tuple[Address, ...] = Field(min_length=1, max_length=10)
    """The first is written to, the others get a copy."""
    domains: tuple[t.Annotated[str, StringConstraints(to_lower=True, pattern=_DOMAIN)], ...] = ()
    """Domains whose every address may answer for the provider; none: only the addresses above."""

    def may_answer(self, address: str) -> bool:
        """Tell whether mail from an address is taken as the provider's."""
        lower = address.lower()
        return lower in self.addresses or lower.rpartition("@")[2] in self.domains


class Reminders(_Settings):
    """When a provider is reminded, always on a business day."""

    days_before: tuple[t.Annotated[int, Field(ge=1, le=60)], ...] = (1,)
    """Business days before the promised day."""
    on_the_day: bool = True
    late_every: int = Field(default=2, ge=0, le=60)
    """Business days between reminders once the promised day has passed; 0: none."""


class ProviderSettings(_Settings):
    """A company that hosts a system under contract and delivers copies of it."""

    name: Line
    """Of the company, as the contract has it."""
    contract: Line
    """Number of the contract."""
    ends: date
    """Last day of the contract."""
    obligations: Obligations
    contact: Contact
    promised_hours: float = Field(gt=0, le=2000)
    """Business hours in which the contract has a copy delivered."""
    opens: time = time(8)
    closes: time = time(17)
    """Office hours, in Colombia's time, by which those hours are counted."""
    engine: t.Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    """What the system runs on, in the provider's words: it helps to recognise what arrives."""
    drop: DropSettings
    reminders: Reminders = Reminders()

    @model_validator(mode="after")
    def _check_hours(self) -> t.Self:
        if self.opens >= self.closes:
            raise ValueError("opens debe ser antes que closes")
        return self

    @property
    def office_hours(self) -> OfficeHours:
        """Return the hours of a business day."""
        return OfficeHours(self.opens, self.closes)
