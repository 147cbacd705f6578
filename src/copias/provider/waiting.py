"""A case that waits for its provider: on hold with the promised time, told to the help desk, and taken off again."""

from __future__ import annotations

import typing as t
from contextlib import suppress

from copias.case.notices import tell_held
from copias.case.rows import queue_status, row_key
from copias.case.states import State
from copias.errors import BackupError, NotReady
from copias.local_time import say_moment
from copias.provider.letters import tell_unfit
from copias.provider.request import AWAITED, find_request, is_awaited, require_configured

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.office import Office
    from copias.provider.request import DeliveryRequest


class AwaitingProvider(NotReady):
    """The provider has not delivered yet: the case goes on by itself once it has."""


def hold_for_provider(office: Office, number: str) -> Story:
    """Put a case that asked its provider on hold and tell that; of one that is on hold nothing is repeated.

    Raises:
        NotReady: the case is resolved or cancelled, or asked nobody.
    """
    request = require_request(office.book.story(number))
    with office.book.adding(number) as page:
        if page.story.state is not State.ON_HOLD:
            facts = {"provider": request.provider, "promised": request.promised.isoformat()}
            hold = {"reason": _say_wait(office, request), "cause": AWAITED, **facts}
            page.add("case.held", {**hold, "generation": page.story.generation})
        story = page.story
    tell_wait(office, story)
    return office.book.story(number)


def tell_wait(office: Office, story: Story) -> None:
    """Tell the help desk and the requester of a hold of ours, each once, also after a crash in between."""
    held, told = story.hold, len(story.queued)
    if held is None or not is_awaited(story):
        return
    reason = str(held.data["reason"])
    if row_key(story, "on_hold", str(held.n)) not in story.queued:
        story = queue_status(office, story, "on_hold", done=reason, mark=str(held.n))
    if not _is_told(story):
        # Once a request: that a file was refused and another is awaited is no news to who asked for a copy.
        tell_held(office, story, reason=reason, mark="provider")
    if len(office.book.story(story.number).queued) > told or story.waiting or story.unsent:
        office.outbox.deliver_case(story.number)


def resume_for_delivery(office: Office, number: str) -> Story:
    """Take a case off a hold of ours because something arrived, and tell the help desk.

    Raises:
        NotReady: it is not on hold any more.
    """
    data = {"reason": "llegó la copia que entregó el proveedor", "cause": AWAITED}
    story = office.book.record(number, "case.resumed", data)
    queue_status(office, story, "assigned", done=data["reason"], mark=str(story.events[-1].n))
    office.outbox.deliver_rows(number)
    return office.book.story(number)


def resume_if_arrived(office: Office, story: Story) -> None:
    """Take a case off a hold of ours, if its delivery arrived: an agent need not wait for the next ``copias poll``.

    Raises:
        AwaitingProvider: nothing that can be taken arrived yet.
        BadConfiguration: the provider that was asked is not in the deployment any more.
        Unavailable: the place where it is to arrive does not answer.
    """
    if not is_awaited(story):
        return
    from copias.provider.answers import collect_answers
    from copias.provider.arrival import look_for_arrival

    require_configured(office, require_request(story))
    arrival = look_for_arrival(office, story.number)
    if not arrival.ready:
        raise say_awaited(story, arrival.why)
    with suppress(BackupError):  # the package is to have what the provider wrote, and waits for no mail
        collect_answers(office, story.number)
    resume_for_delivery(office, story.number)


def say_awaited(story: Story, why: str = "") -> AwaitingProvider:
    """Return the error of a run that does not begin because the provider has not delivered."""
    request = require_request(story)
    again = f"copias provider retry {story.number} --reason …"
    return AwaitingProvider(
        f"el caso espera la copia del proveedor, prometida para el {say_moment(request.promised)}",
        whose=f"caso {story.number}",
        why=why or "todavía no ha llegado",
        repair="cuando llegue, el caso sigue solo con `copias poll`; si el proveedor cambia la fecha: "
        f"copias provider promise {story.number} DD/MM/AAAA"
        f"{f'; si lo que se rechazó servía y faltaba algo de este lado: {again}' if request.rejected else ''}",
    )


def tell_rejected(office: Office, number: str, reason: str) -> Story:
    """Tell the provider why what it delivered cannot be used, and have the case wait for another delivery.

    Call it once ``provider.rejected`` is recorded, with words for people; called again for the same rejection it
    repeats nothing. Of a case that was cancelled meanwhile nothing is told.
    """
    story = office.book.story(number)
    if story.state is State.CANCELLED:
        return story  # meanwhile: the provider was told that no copy is needed, and shall not hear the contrary
    tell_unfit(office, story, require_configured(office, require_request(story)), reason=reason)
    story = hold_for_provider(office, number)
    office.outbox.deliver_notices(number)
    return office.book.story(story.number)


def require_request(story: Story) -> DeliveryRequest:
    """Return what the case asked its provider for.

    Raises:
        NotReady: it asked nobody.
    """
    request = find_request(story)
    if request is None:
        raise NotReady(
            "el caso no le ha pedido nada a un proveedor",
            whose=f"caso {story.number}",
            repair=f"si la copia es remota: copias run {story.number}",
        )
    return request


def _say_wait(office: Office, request: DeliveryRequest) -> str:
    settings = office.deployment.providers.get(request.provider)
    company = settings.name if settings else request.provider
    return f"se espera la copia que entrega el proveedor {company}, prometida para el {say_moment(request.promised)}"


def _is_told(story: Story) -> bool:
    key = row_key(story, "notice-on_hold", "provider")
    skipped = any(event.event == "notice.skipped" and event.data["key"] == key for event in story.events)
    return key in story.queued or skipped
