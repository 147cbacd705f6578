"""The standing authorisation: by whose leave mailboxes are mirrored that no open case names."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from copias.helpdesk.words import plain


class StandingAuthorisation(BaseModel):
    """An act of the entity that orders its mailboxes to be mirrored; it says whose, and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    authoriser: str = Field(min_length=1)
    post: str = Field(min_length=1)
    document: str = Field(min_length=1)
    """The act: its kind, number and date."""
    motive: str = Field(min_length=1)
    until: date
    """Its last day, in Colombia; a standing leave always ends."""
    accounts: tuple[str, ...] = ()
    """Primary addresses that it covers."""
    departments: tuple[str, ...] = ()
    """Departments whose accounts it covers, as the Directory names them; case and accents do not matter."""

    @field_validator("accounts")
    @classmethod
    def _lower(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(account.strip().lower() for account in accounts)

    @model_validator(mode="after")
    def _check_scope(self) -> StandingAuthorisation:
        if not (self.accounts or self.departments):
            raise ValueError("la autorización permanente no dice a qué cuentas o dependencias cubre")
        if not all(map(plain, self.departments)):
            raise ValueError("una dependencia de la autorización permanente está en blanco")
        return self

    @property
    def in_force(self) -> bool:
        """Tell whether it still counts today."""
        from copias.local_time import today

        return self.until >= today()

    def covers_department(self, department: str) -> bool:
        """Tell whether it covers the accounts of a department."""
        return plain(department) in {plain(name) for name in self.departments}
