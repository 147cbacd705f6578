"""What a case asked a provider for, folded from the case's events: asked, promised, reminded, arrived, rejected.

========================  ===========================================================================
``provider.requested``    ``provider``, ``database``, ``contract``, ``promised`` (ISO 8601)
``provider.promised``     ``promised`` (ISO 8601), ``note``
``provider.reminded``     ``reminder`` (see :mod:`copias.provider.reminding`), ``promised``
``provider.late``         ``promised``, ``told``: whether there was an administrator to tell
``provider.mail``         one mail that was kept, or passed over: see :mod:`copias.provider.mails`
``provider.arrived``      what was taken in
``provider.rejected``     ``reason``
``provider.retried``      ``reason``: what was rejected before is looked at again
========================  ===========================================================================
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from copias.case.states import TRANSITIONS
from copias.errors import BadConfiguration

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.ledger import Event
    from copias.office import Office

REQUESTED: t.Final = "provider.requested"
PROMISED: t.Final = "provider.promised"
REMINDED: t.Final = "provider.reminded"
LATE: t.Final = "provider.late"
ARRIVED: t.Final = "provider.arrived"
REJECTED: t.Final = "provider.rejected"
RETRIED: t.Final = "provider.retried"
AWAITED: t.Final = "provider_awaited"
"""Cause of a hold, and of the resumption that ends it, when both are ours and not a person's."""


@dataclass(frozen=True)
class DeliveryRequest:
    """What was asked of a provider for a case, in the case's present generation.

    Args:
        number: the case.
        provider: its name in the providers file.
        database: the database that is asked for.
        requested_at: when it was asked for, with zone.
        promised: by when the provider is to deliver, with zone: by contract, or as an agent recorded it.
        promised_at: when that was recorded.
        promise: number of the event that recorded it, which tells one promise from another.
        reminders: names of those that were sent for this promise.
        late_told: that it is late was told for this promise.
        arrived: something was taken in after the request, and was not rejected since.
        rejected: reasons for which deliveries were rejected, the oldest first.
    """

    number: str
    provider: str
    database: str
    requested_at: datetime
    promised: datetime
    promised_at: datetime
    promise: int
    reminders: tuple[str, ...] = ()
    late_told: bool = False
    arrived: bool = False
    rejected: tuple[str, ...] = ()


def find_request(story: Story) -> DeliveryRequest | None:
    """Return what the case asked its provider for; nothing before it asked, nor after it was reopened."""
    found: DeliveryRequest | None = None
    for event in story.events:
        if event.event == "case.reopened":
            found = None
        elif event.event == REQUESTED:
            found = _begin(event)
        elif found is not None:
            found = _follow(found, event)
    return found


def is_configured(office: Office, request: DeliveryRequest) -> bool:
    """Tell whether the deployment still has the provider and the database that a request names."""
    deployment = office.deployment
    return request.provider in deployment.providers and request.database in deployment.databases


def require_configured(office: Office, request: DeliveryRequest) -> DeliveryRequest:
    """Return a request whose provider and database the deployment still has.

    Raises:
        BadConfiguration: it has one of them no more.
    """
    if not is_configured(office, request):
        raise BadConfiguration(
            "el caso le pidió la copia a un proveedor que ya no está en el inventario",
            whose=f"caso {request.number}",
            why=f"se le pidió {request.database} a {request.provider}",
            repair="vuelva a ponerlos en copias.yml, o cancele el caso y reábralo para pedirla de nuevo",
        )
    return request


def is_awaited(story: Story) -> bool:
    """Tell whether a case is on hold because we wait for its provider, and not because a person decided it."""
    return story.hold is not None and story.hold.data.get("cause") == AWAITED


def is_resumed(story: Story) -> bool:
    """Tell whether a case was resumed because a delivery arrived, and did not start since."""
    last = next((event for event in reversed(story.events) if event.event in TRANSITIONS), None)
    return last is not None and last.event == "case.resumed" and last.data.get("cause") == AWAITED


def _begin(event: Event) -> DeliveryRequest:
    data, when = event.data, event.when
    promised = datetime.fromisoformat(data["promised"])
    return DeliveryRequest(event.case or "", data["provider"], data["database"], when, promised, when, event.n)


def _follow(found: DeliveryRequest, event: Event) -> DeliveryRequest:
    data = event.data
    if event.event == PROMISED:
        promised = datetime.fromisoformat(data["promised"])
        found = replace(found, promised=promised, promised_at=event.when, promise=event.n)
        return replace(found, reminders=(), late_told=False)
    if event.event == REMINDED:
        return replace(found, reminders=(*found.reminders, data["reminder"]))
    if event.event == LATE:
        return replace(found, late_told=True)
    if event.event == ARRIVED:
        return replace(found, arrived=True)
    if event.event == REJECTED:
        return replace(found, arrived=False, rejected=(*found.rejected, data["reason"]))
    return found
