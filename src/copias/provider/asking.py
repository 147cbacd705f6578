"""The first step of a remote copy: the provider is asked, once, and the case waits for what it delivers."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from copias.business_time import add_business_hours
from copias.case.work import find_work
from copias.provider.letters import ask_for_copy
from copias.provider.request import REQUESTED, find_request, is_awaited, require_configured
from copias.provider.waiting import hold_for_provider, require_request, tell_rejected

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.office import Office
    from copias.provider.request import DeliveryRequest


@dataclass(frozen=True)
class AskPlan:
    """What asking the provider of a case would do.

    Args:
        office: whose case it is.
        story: of the case.
        arrived: something that can be taken lies where the provider delivers.
    """

    office: Office
    story: Story
    arrived: bool

    @property
    def waiting(self) -> bool:
        """Tell whether there is nothing yet that the next step could take."""
        return self.story.copy is None and not (find_request(self.story) and self.arrived)

    @property
    def changes(self) -> bool:
        """Tell whether the provider is to be asked, or the case to be put on hold."""
        return self.waiting and not is_awaited(self.story)

    def run(self) -> None:
        """Ask, unless that was done, and have the case wait.

        Raises:
            NotReady: the case was not started, or is not allowed any more.
            BadConfiguration: the database has no provider any more.
        """
        office, number = self.office, self.story.number
        request = find_request(self.story) or self._record()
        ask_for_copy(office, self.story, request)
        if request.rejected:  # a crash may have come before its provider was told
            tell_rejected(office, number, request.rejected[-1])
        hold_for_provider(office, number)
        office.outbox.deliver_notices(number)

    def _record(self) -> DeliveryRequest:
        """Say in the ledger what is asked and by when, before the mail is queued that says the same."""
        office, story = self.office, self.story
        database = find_work(story, "sinfa").subject
        settings = office.deployment.provider_of(database)
        promised = add_business_hours(datetime.now(UTC), settings.promised_hours, settings.office_hours)
        facts = {
            "provider": office.deployment.database(database).provider,
            "database": database,
            "contract": settings.contract,
            "promised": promised.isoformat(timespec="minutes"),
            "generation": story.generation,
        }
        return require_request(office.book.record(story.number, REQUESTED, facts))

    def describe(self) -> dict[str, t.Any]:
        """Return the request after the step, as far as it is known."""
        story = self.office.book.story(self.story.number)
        return _describe(find_request(story), waiting=is_awaited(story) or self.waiting)

    def diff(self) -> dict[str, t.Any]:
        """Return the request before the step and after it."""
        before = _describe(find_request(self.story), waiting=is_awaited(self.story))
        after = self.describe()
        return {"before": before, "after": after}


def plan_request(office: Office, number: str) -> AskPlan:
    """Read the story and look where the provider delivers; change nothing.

    Raises:
        BadConfiguration: the provider that was asked is not in the deployment any more.
        Unavailable: the place where it is to arrive does not answer.
    """
    story = office.book.story(number)
    request = find_request(story)
    if story.copy is not None or request is None:
        return AskPlan(office, story, arrived=False)
    require_configured(office, request)
    from copias.provider.arrival import look_for_arrival

    return AskPlan(office, story, look_for_arrival(office, number, remember=False).ready)


def _describe(request: DeliveryRequest | None, *, waiting: bool) -> dict[str, t.Any]:
    if request is None:
        return {"provider": "", "database": "", "promised": "", "waiting": waiting}
    return {
        "provider": request.provider,
        "database": request.database,
        "promised": request.promised.isoformat(),
        "waiting": waiting,
    }
