"""All rooms; a new one is a folder of handlers and a line here."""

from __future__ import annotations

from copias_sandbox.core.room import Room
from copias_sandbox.rooms.directory.room import DIRECTORY
from copias_sandbox.rooms.drive.room import DRIVE
from copias_sandbox.rooms.gmail.room import GMAIL
from copias_sandbox.rooms.sheets.room import SHEETS

ROOMS: tuple[Room, ...] = (SHEETS, DRIVE, DIRECTORY, GMAIL)
