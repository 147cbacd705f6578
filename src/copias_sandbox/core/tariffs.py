"""What calls cost in Google's quota units, and how many units a minute and a day there are.

Gmail changed on 1 May 2026: a project keeps the old table if it used the API in the half year before. Drive charges in
units since the same day. Sources: Google's limits pages; prices of methods that a copy does not call are the older
documentation's.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from copias_sandbox.core.errors import Json


@dataclass(frozen=True)
class Tariff:
    """The prices and limits of one API.

    Args:
        api: the API's name, as in method ids.
        name: what the admin port calls it.
        prices: units by a pattern of method ids; the first that fits counts.
        per_user_minute: units; ``per_project_minute`` and ``per_project_day`` likewise, nothing is no limit.
        refusal: the status of a refusal: Google uses 403 and 429.
    """

    api: str
    name: str
    prices: Mapping[str, int]
    per_user_minute: int
    per_project_minute: int
    per_project_day: int | None = None
    refusal: int = 403

    def price(self, method: str) -> int:
        """Return the units of a call; a download is priced as the method ``<api>.download``."""
        exact = self.prices.get(method)
        if exact is not None:
            return exact
        return next((units for pattern, units in self.prices.items() if fnmatchcase(method, pattern)), 5)


_GMAIL: t.Final = {
    "gmail.users.getProfile": 1,
    "gmail.users.history.list": 2,
    "gmail.users.labels.get": 1,
    "gmail.users.labels.list": 1,
    "gmail.users.labels.*": 5,
    "gmail.users.messages.list": 5,
    "gmail.users.messages.import": 25,
    "gmail.users.messages.insert": 25,
    "gmail.users.messages.send": 100,
    "gmail.users.messages.modify": 5,
    "gmail.users.messages.untrash": 5,
    "gmail.users.messages.delete": 10,
    "gmail.users.messages.batch*": 50,
    "gmail.users.threads.delete": 20,
    "gmail.users.drafts.list": 5,
    "gmail.users.drafts.send": 100,
    "gmail.users.drafts.update": 15,
    "gmail.users.stop": 50,
    "gmail.users.watch": 100,
}
_LEGACY_GMAIL: t.Final = {
    "gmail.users.messages.get": 5,
    "gmail.users.messages.attachments.get": 5,
    "gmail.users.drafts.get": 5,
    "gmail.users.messages.trash": 5,
    "gmail.users.threads.get": 10,
}
_NEW_GMAIL: t.Final = {
    "gmail.users.messages.get": 20,
    "gmail.users.messages.attachments.get": 20,
    "gmail.users.drafts.get": 20,
    "gmail.users.messages.trash": 20,
    "gmail.users.threads.get": 40,
}
_OTHERS: t.Final = {"gmail.users.threads.*": 10, "gmail.users.drafts.*": 10}
_DRIVE: t.Final = {
    "drive.download": 200,
    "drive.files.export": 200,
    "drive.files.download": 200,
    "drive.about.get": 5,
    "drive.*.get": 5,
    "drive.*.list": 100,
    "drive.*.create": 50,
    "drive.*.update": 50,
    "drive.*.copy": 50,
    "drive.*.delete": 50,
    "drive.*": 5,
}

TARIFFS: t.Final = (
    Tariff("gmail", "legacy", {**_GMAIL, **_LEGACY_GMAIL, **_OTHERS}, 15_000, 1_200_000),
    Tariff("gmail", "new", {**_GMAIL, **_NEW_GMAIL, **_OTHERS}, 6_000, 1_200_000, 80_000_000),
    Tariff("drive", "legacy", {"drive.*": 1}, 12_000, 12_000),
    Tariff("drive", "new", _DRIVE, 325_000, 1_000_000, 400_000_000),
    # Google publishes no limit of the project's for the Directory.
    Tariff("admin", "directory", {"*": 1}, 2_400, 2**63),
)


def tariff_of(api: str, setting: str | Json) -> Tariff:
    """Return a tariff by name, or by ``{"tariff": name, "per_user_minute": 100, ...}`` with other limits.

    Raises:
        ValueError: there is none of that name for that API.
        TypeError: a limit that does not exist.
    """
    changes = {"tariff": setting} if isinstance(setting, str) else dict(setting)
    name = changes.pop("tariff", "new")
    for tariff in TARIFFS:
        if (tariff.api, tariff.name) == (api, name):
            return replace(tariff, **changes)
    raise ValueError(f"no tariff {name!r} of {api!r} among {[f'{one.api} {one.name}' for one in TARIFFS]}")
