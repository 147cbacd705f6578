"""The help desk: cases read from its Google Sheet by header names, statuses appended as the response form does.

The settings are light to import; Google's libraries are loaded at the first call.
"""

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
