"""The help desk: cases read from its Google Sheet by header names, statuses appended as the response form does.

Names are loaded at their first use, so that a command that needs one error does not load settings and readers.
"""

from __future__ import annotations

import importlib
import typing as t

if t.TYPE_CHECKING:
    from copias.helpdesk.desk import HelpDesk, Waiting, open_help_desk
    from copias.helpdesk.gateway import WriteUncertain
    from copias.helpdesk.model import (
        CaseList,
        Guess,
        HelpDeskCase,
        Kind,
        Mode,
        Problem,
        ProblemCode,
        ResponseRow,
        SheetStatus,
    )
    from copias.helpdesk.outgoing import Change, ControlRow, Delivered, Response, StatusChange
    from copias.helpdesk.settings import HelpDeskSettings

__all__ = [
    "CaseList",
    "Change",
    "ControlRow",
    "Delivered",
    "Guess",
    "HelpDesk",
    "HelpDeskCase",
    "HelpDeskSettings",
    "Kind",
    "Mode",
    "Problem",
    "ProblemCode",
    "Response",
    "ResponseRow",
    "SheetStatus",
    "StatusChange",
    "Waiting",
    "WriteUncertain",
    "open_help_desk",
]

_MODULES: t.Final = {
    "HelpDesk": "desk",
    "HelpDeskSettings": "settings",
    "Waiting": "desk",
    "WriteUncertain": "gateway",
    "open_help_desk": "desk",
    **dict.fromkeys(("Change", "ControlRow", "Delivered", "Response", "StatusChange"), "outgoing"),
}


def __getattr__(name: str) -> t.Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"copias.helpdesk.{_MODULES.get(name, 'model')}"), name)
