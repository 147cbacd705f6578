"""What the deployment says of notices: from whom they come, and to whom they may go."""

from __future__ import annotations

import re
import typing as t

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_ATOM: t.Final = r"[a-z0-9_+'-]+"
_LABEL: t.Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: t.Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII)
_LONGEST_LOCAL: t.Final = 64
_LONGEST: t.Final = 254


def is_address(text: str) -> bool:
    """Tell whether a text is one plain address in lower case, safe in a header: no quotes, comments or line breaks."""
    local, _, _ = text.partition("@")
    return len(text) <= _LONGEST and len(local) <= _LONGEST_LOCAL and _ADDRESS.fullmatch(text) is not None


def domain_of(address: str) -> str:
    """Return what follows the ``@``."""
    return address.rpartition("@")[2]


def _checked(text: str) -> str:
    address = text.strip().lower()
    if not is_address(address):
        raise ValueError("no es una dirección de correo")
    return address


Address: t.TypeAlias = t.Annotated[str, AfterValidator(_checked)]


class NoticeSettings(BaseModel):
    """Mail to requesters, and to the administrator of Google Workspace; without it nobody is written to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: Address
    """The help desk's account, which is acted for with ``gmail.send``, and ``gmail.readonly`` to look for a notice
    whose answer was lost."""
    reply_to: Address | None = None
    administrator: Address | None = None
    """The super administrator, who is asked to reactivate suspended accounts."""
    any_recipient: bool = False
    """Also write to requesters outside the organisation's domains."""
    settle_seconds: float = Field(default=60, ge=0)
    """How long a message that was sent without an answer may take to be found in the sender's mailbox."""
