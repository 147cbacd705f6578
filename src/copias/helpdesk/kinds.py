"""What a request asks for, by configured words; what they leave open is for the agent, never guessed."""

from __future__ import annotations

import typing as t

from copias.helpdesk.model import Guess, Kind, Mode
from copias.helpdesk.words import Phrases, plain

if t.TYPE_CHECKING:
    from copias.helpdesk.settings import HelpDeskSettings

_DOUBT = "doubt"


class Classifier:
    """Reads service and description of a request."""

    def __init__(self, settings: HelpDeskSettings) -> None:
        self._cases = Phrases({"case": settings.case_words})
        kinds = {str(kind): words for kind, words in settings.kinds.items()}
        self._kinds = Phrases({**kinds, _DOUBT: settings.doubtful_words, Kind.SINFA: self._sinfa_words(settings)})
        self._modes = Phrases({str(mode): words for mode, words in settings.modes.items()})
        systems: dict[str, list[str]] = {}
        for word, name in settings.systems.items():
            systems.setdefault(name, []).append(word)
        self._systems = Phrases(systems)

    @staticmethod
    def _sinfa_words(settings: HelpDeskSettings) -> tuple[str, ...]:
        """Return the kind's words and the systems' own names, which say it too."""
        return (*settings.kinds.get(Kind.SINFA, ()), *settings.systems)

    def guess(self, service: str, description: str) -> Guess:
        """Return what the words say."""
        chosen, told = plain(service), plain(description)
        is_case = bool(self._cases.find(chosen) or self._cases.find(told))
        if not is_case:
            return Guess(is_case=False, kind=None, mode=None, system=None)
        both = f"{chosen} | {told}"
        return Guess(
            is_case=True, kind=self._kind(chosen, both), mode=self._mode(both), system=_only(self._systems.find(both))
        )

    def _kind(self, chosen: str, both: str) -> Kind | None:
        if Kind.RECOVERY in self._kinds.find(chosen):
            # The other kinds then say what is to be given back.
            return Kind.RECOVERY
        found = _only(self._kinds.find(both))
        return Kind(found) if found and found != _DOUBT else None

    def _mode(self, both: str) -> Mode | None:
        found = _only(self._modes.find(both))
        return Mode(found) if found else None


def _only(found: frozenset[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
