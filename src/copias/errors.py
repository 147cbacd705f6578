"""Every error that the package raises, in one tree.

::

    BackupError                    exit 1   the work failed
    ├── BadInput                   exit 2   what was given cannot be used as it is
    │   ├── BadConfiguration                the deployment's files
    │   └── BadSheet                        the help desk's sheet
    ├── NotReady                   exit 3   a condition of operation is not met
    │   └── NotAllowed                      this account's role may not do that
    ├── AlreadyRunning             exit 4   somebody else runs it
    ├── Unavailable                exit 75  transient: try later
    │   ├── HelpDeskUnavailable             Google Sheets, or the way to it
    │   ├── SourceUnavailable               the database server
    │   └── StoreUnavailable                the NAS, or the way to it
    ├── CopyFailed                 exit 1   no copy was made
    ├── NotEqual                   exit 1   the copy is not what the source was
    ├── Doubtful                   exit 1   it is, but what it holds cannot be right
    ├── StoreFull                  exit 1
    ├── Altered                    exit 1   what is kept is not what was stored
    └── LedgerBroken               exit 1   the chain of evidence does not hold

A message tells an agent, in Spanish, four things: what happened, to whose copy, why, and what to do.
"""

from __future__ import annotations

import typing as t

from copias.system_errors import in_spanish

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_READY = 3
EXIT_RUNNING = 4
EXIT_LATER = 75


class BackupError(Exception):
    """The work failed.

    Args:
        what: what happened, one sentence in Spanish without a final stop.
        whose: the case, account, database or file that it happened to.
        why: the cause as far as it is known; never a secret. People read it with the system's own words in Spanish.
        repair: what the reader can do about it.
    """

    exit_code: t.ClassVar[int] = EXIT_FAILED
    transient: t.ClassVar[bool] = False

    def __init__(self, what: str, *, whose: str = "", why: str = "", repair: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.whose = whose
        self.why = why
        self.repair = repair

    def __str__(self) -> str:
        """Return the four parts as one line."""
        subject = f"{self.whose}: " if self.whose else ""
        cause = f": {in_spanish(self.why)}" if self.why else ""
        repair = f". Qué hacer: {self.repair}" if self.repair else ""
        return f"{subject}{self.what}{cause}{repair}"

    def facts(self) -> dict[str, t.Any]:
        """Return the parts as plain data, for a module's result or ``--json``."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "whose": self.whose,
            "why": in_spanish(self.why),
            "repair": self.repair,
            "exit_code": self.exit_code,
            "transient": self.transient,
        }


class BadInput(BackupError):
    """What was given cannot be used as it is."""

    exit_code = EXIT_USAGE


class BadConfiguration(BadInput):
    """A file of the deployment is missing, malformed or contradicts itself."""


class BadSheet(BadInput):
    """The help desk's sheet does not look as configured."""


class NotReady(BackupError):
    """A condition of operation is not met, so nothing was started."""

    exit_code = EXIT_NOT_READY


class NotAllowed(NotReady):
    """The role of the account that asks does not include the act."""


class AlreadyRunning(BackupError):
    """Another run holds what this one needs."""

    exit_code = EXIT_RUNNING


class Unavailable(BackupError):
    """Something outside does not answer; the same call may work later."""

    exit_code = EXIT_LATER
    transient = True


class HelpDeskUnavailable(Unavailable):
    """The help desk's sheet cannot be reached, or refuses for now."""


class SourceUnavailable(Unavailable):
    """The server that holds the data cannot be reached."""


class StoreUnavailable(Unavailable):
    """The place that keeps the copies cannot be reached."""


class CopyFailed(BackupError):
    """No copy was made, or none that can be trusted."""


class NotEqual(BackupError):
    """The copy is not what the source was; the differences are named."""


class Doubtful(BackupError):
    """The copy equals its source, and what it holds cannot be right; it counts once a person accepts it."""


class StoreFull(BackupError):
    """The place that keeps the copies has no room."""


class Altered(BackupError):
    """What is kept is not what was stored."""


class LedgerBroken(BackupError):
    """The chain of evidence does not hold; the line is named."""
