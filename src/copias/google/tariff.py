"""Gmail's prices and limits, in Google's quota units.

Google changed both on 1 May 2026: projects that had used the API in the half year before keep the old ones. Which of
them a project has stands in its Google Cloud console, at the quotas of the Gmail API.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from types import MappingProxyType

if t.TYPE_CHECKING:
    from collections.abc import Mapping

TariffName: t.TypeAlias = t.Literal["legacy", "new"]

_COMMON: t.Final = {
    "gmail.users.getProfile": 1,
    "gmail.users.history.list": 2,
    "gmail.users.labels.create": 5,
    "gmail.users.labels.get": 1,
    "gmail.users.labels.list": 1,
    "gmail.users.messages.batchDelete": 50,
    "gmail.users.messages.batchModify": 50,
    "gmail.users.messages.import": 25,
    "gmail.users.messages.insert": 25,
    "gmail.users.messages.list": 5,
    "gmail.users.messages.modify": 5,
    "gmail.users.messages.send": 100,
}
_DEAREST: t.Final = 100
"""What a method of Gmail without a known price is taken for: too slow is safe, too fast is refused."""


@dataclass(frozen=True)
class Tariff:
    """What each call costs and how much may be spent.

    Args:
        name: how the configuration calls it.
        per_user_minute: units for each user of the project, a minute.
        per_project_minute: units for all of its users.
        per_project_day: units a day, when there is such a limit.
        prices: units by method id.
    """

    name: str
    per_user_minute: int
    per_project_minute: int
    per_project_day: int | None
    prices: Mapping[str, int]

    def price(self, method: str) -> int:
        """Return the units of one call; 0 for other APIs, whose limits are counted otherwise."""
        known = self.prices.get(method)
        if known is not None:
            return known
        return _DEAREST if method.startswith("gmail.") else 0


LEGACY: t.Final = Tariff(
    name="legacy",
    per_user_minute=15_000,
    per_project_minute=1_200_000,
    per_project_day=None,
    prices=MappingProxyType(
        _COMMON
        | {
            "gmail.users.drafts.get": 5,
            "gmail.users.messages.attachments.get": 5,
            "gmail.users.messages.get": 5,
            "gmail.users.messages.trash": 5,
            "gmail.users.threads.get": 10,
        }
    ),
)

NEW: t.Final = Tariff(
    name="new",
    per_user_minute=6_000,
    per_project_minute=1_200_000,
    per_project_day=80_000_000,
    prices=MappingProxyType(
        _COMMON
        | {
            "gmail.users.drafts.get": 20,
            "gmail.users.messages.attachments.get": 20,
            "gmail.users.messages.get": 20,
            "gmail.users.messages.trash": 20,
            "gmail.users.threads.get": 40,
        }
    ),
)


def tariff_named(name: TariffName) -> Tariff:
    """Return a tariff by its name in the configuration."""
    return {"legacy": LEGACY, "new": NEW}[name]
