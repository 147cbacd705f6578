"""What the deployment says of mailboxes: whose, where their copies go, and what of them is copied."""

from __future__ import annotations

import re
import typing as t
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from copias.helpdesk.words import Phrases, plain
from copias.mailbox.standing import StandingAuthorisation

_ADDRESS = re.compile(r"[a-z0-9][a-z0-9._+'-]{0,63}@[a-z0-9][a-z0-9.-]{0,250}\.[a-z]{2,63}", re.ASCII)


class MailboxSettings(BaseModel):
    """The mailboxes of a deployment: Ansible's group ``mailboxes``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domains: tuple[str, ...] = Field(min_length=1)
    """Mail domains of the organisation; an account of any other is refused."""
    administrator: str
    """An account that may read the Directory; it is acted for with ``admin.directory.user.readonly`` only."""
    store: str
    """Logical name of the store that gets the packages."""
    record_series: str = "Correo electrónico institucional"
    owner_requests: bool = False
    """The form collects verified addresses, so an owner's own request is an authorisation."""
    spam_and_trash: bool = True
    chats: bool = True
    """Messages of the old chat, which lie in the mailbox."""
    split_bytes: int = Field(default=50 << 30, ge=1 << 20)
    """Size above which a package is split into parts."""
    segment_bytes: int = Field(default=1 << 30, ge=1 << 16)
    """Size at which the mirror begins a new segment."""
    settle_seconds: float = Field(default=60, ge=0)
    """How long a message that was given back without an answer may take to be found in the mailbox."""
    connections: int = Field(default=50, ge=1, le=200)
    """Requests in flight, of all accounts together."""
    accounts_at_once: int = Field(default=10, ge=1, le=100)
    time_limit: timedelta = Field(default=timedelta(hours=12), gt=timedelta(0))
    """Longest that bringing one mirror up to date may take; the next run goes on where it stopped."""
    standing: StandingAuthorisation | None = None
    """Whose mailboxes are mirrored without a case; ``None`` is nobody's."""
    dispose_after: timedelta = Field(default=timedelta(days=30), ge=timedelta(0), le=timedelta(days=3660))
    """How long after a case was closed the mirror that was made for it is disposed of, when nothing else allows it."""
    leaver_words: tuple[str, ...] = (
        *("retiro", "se retira", "se retiró", "retirado", "retirada", "desvinculación", "desvinculado", "desvinculada"),
        *("renuncia", "renunció", "pensionado", "pensionada", "ya no trabaja", "entrega del cargo"),
        *("terminación de contrato", "terminación del contrato", "fin de contrato", "fin del contrato"),
    )
    """Words of a request by which its account's owner leaves, so that a day of retirement is asked for."""

    @field_validator("domains")
    @classmethod
    def _lower(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.strip().lower() for domain in domains)

    @model_validator(mode="after")
    def _check_standing(self) -> t.Self:
        named = self.standing.accounts if self.standing else ()
        strange = [ascii(account) for account in named if not self.is_account(account)]
        if strange:
            raise ValueError(f"standing.accounts: {', '.join(strange[:5])} no es una cuenta de los dominios de domains")
        return self

    def is_account(self, text: str) -> bool:
        """Tell whether a text is an address of the organisation, in lower case and with nothing strange in it."""
        return bool(_ADDRESS.fullmatch(text)) and text.partition("@")[2] in self.domains

    def says_leaving(self, text: str) -> bool:
        """Tell whether a request says that the owner of the account leaves."""
        return bool(Phrases({"leaver": self.leaver_words}).find(plain(text)))


def find_addresses(text: str) -> tuple[str, ...]:
    """Return the mail addresses in free text, in lower case, each once, in order."""
    return tuple(dict.fromkeys(found[0] for found in _ADDRESS.finditer(text.lower())))
