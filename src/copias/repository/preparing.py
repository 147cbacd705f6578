"""Preparing a repository, as a plan: what would be made, and making it."""

from __future__ import annotations

import typing as t

from copias.repository.opening import expected_id, find_repository, look_for_id, prepare_repository, require_id

if t.TYPE_CHECKING:
    from copias.office import Office


class PreparePlan:
    """What preparing one repository would do; asking it is all that planning does.

    Raises:
        NotReady: another one than the recorded one is there, or none any more.
        StoreUnavailable: the place cannot be reached.
    """

    def __init__(self, office: Office, name: str) -> None:
        self._office = office
        self.name = name
        self.id = expected_id(office.book.ledger.events(), name) or ""
        self._known = bool(self.id)
        repository = find_repository(office, name)
        if self._known:
            require_id(repository, self.id)
        else:
            self.found = look_for_id(repository)

    @property
    def changes(self) -> bool:
        """Tell whether it was not prepared yet."""
        return not self._known

    def run(self) -> None:
        """Make it, or take over the one that is there, and record which it is."""
        self.id, _ = prepare_repository(self._office, self.name)

    def describe(self) -> str:
        """Return how it stands."""
        return f"{self.name}: {self.id or 'sin preparar'}"
